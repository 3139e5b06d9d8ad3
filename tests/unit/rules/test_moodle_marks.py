"""What a course manager reads inside Moodle: who, when, on what ground, by which decree, and no NIP."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from latsar_sync.domain import language
from latsar_sync.domain.actions import Finalisation
from latsar_sync.domain.decision import Decision, Outcome, Scale, Threshold
from latsar_sync.domain.entry import Admission, Entry, EntryState, Origin
from latsar_sync.domain.evidence import Evidence
from latsar_sync.domain.participant import Enrolment, Participant, Person
from latsar_sync.domain.records import Record
from latsar_sync.rules import moodle_marks
from latsar_sync.rules.moodle_marks import MarkedAngkatan, MarkFacts

NIP, SENT, TODAY = "199508232025031007", datetime(2026, 11, 29, 9, tzinfo=UTC), date(2026, 11, 30)
LIMIT = Threshold(1, Decimal(70), Scale.POINTS, "SK 12/2026", SENT, "Ani", SENT)
FIRST = MarkedAngkatan("I", date(2026, 12, 7), "https://latsar.example.go.id/classes/p/I")


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    with language.speaking("en"):
        yield


def record(decision: Decision | None = None, name: str = "Siti Aminah", threshold: int | None = 1) -> Record:
    person = Person(7, name, NIP, ("Angkatan I",), "", Enrolment.ACTIVE)
    found = decision or Decision(Outcome.QUALIFIED, score=Decimal("82.50000"))
    return Record(Participant("p7", person, NIP), Evidence(), found, SENT, threshold_version=threshold)


def entry(**changes: object) -> Entry:
    there = Entry(
        "p7", EntryState.CONFIRMED, "I", origin=Origin.PUSHED, site="kelas", course_id=5, course="KLS-I",
        target_user_id=107, group_id=9, group="Angkatan I",
    )  # fmt: skip
    return there._replace(**changes)  # type: ignore[arg-type]


def known(who: Record | None = None, *decrees: Finalisation, limit: Threshold = LIMIT, pages: str = "") -> MarkFacts:
    return MarkFacts("Latsar 2026", {limit.version: limit}, decrees, {"p7": who or record()}, {"p7": SENT}, pages)


def text_of(there: Entry, about: MarkFacts, with_score: bool = False) -> str:
    [note] = moodle_marks.notes([there], about, with_score)
    return note.line.text


def test_a_note_says_where_when_and_on_what_ground_and_holds_no_nip_and_no_score() -> None:
    [note] = moodle_marks.notes([entry()], known(), with_score=False)

    assert note.line.key == ("note", "p7", "I")
    assert (note.line.site, note.line.user_id, note.course_id) == ("kelas", 107, 5)
    assert note.line.text.splitlines() == [
        "Put into the group Angkatan I of KLS-I by latsar-sync on 29 November 2026.",
        "Programme: Latsar 2026.",
        "Ground: meets the condition of the MOOC, threshold 70 (SK 12/2026).",
    ]


def test_score_decree_and_page_stand_in_a_note_where_they_are_asked_for_or_known() -> None:
    decrees = [
        Finalisation(1, "I", "SK-1", date(2026, 11, 20), "Ani", SENT, ("p7",)),
        Finalisation(2, "II", "SK-2", date(2026, 11, 21), "Ani", SENT, ("p7",)),
        Finalisation(3, "I", "SK-3", date(2026, 11, 22), "Ani", SENT, ("p8",)),
    ]
    text = text_of(entry(), known(None, *decrees, pages="https://x.example/people/"), with_score=True)

    assert text.splitlines()[3:] == [
        "Decree SK-1 of 20 November 2026.",
        "Score: 82.5.",
        "More: https://x.example/people/p7",
    ]


@pytest.mark.parametrize(
    ("there", "who", "said"),
    [
        (entry(admission=Admission.OVERRIDE), record(), "a decision of the committee"),
        (entry(admission=Admission.FILLED), record(), "without meeting the condition"),
        (entry(), record(threshold=None), "meets the conditions of the programme"),
    ],
)
def test_the_ground_is_the_one_by_which_somebody_was_admitted(there: Entry, who: Record, said: str) -> None:
    assert said in text_of(there, known(who))


def test_a_threshold_in_per_cent_is_told_so_and_no_score_without_one() -> None:
    per_cent = Threshold(1, Decimal(70), Scale.PERCENT, "SK", SENT, "Ani", SENT)
    text = text_of(entry(), known(record(Decision(Outcome.QUALIFIED)), limit=per_cent), with_score=True)

    assert "threshold 70 % (SK)" in text
    assert "Score" not in text


@pytest.mark.parametrize(
    "there",
    [
        entry(state=EntryState.PUSHED),
        entry(origin=Origin.FOUND),
        entry(group_id=None),
        entry(target_user_id=None),
        entry(participant_id="p8"),
    ],
)
def test_nobody_else_has_a_note(there: Entry) -> None:
    assert moodle_marks.notes([there], known(), with_score=False) == []


def test_whoever_was_erased_or_never_sent_has_no_note() -> None:
    unsent = MarkFacts("Latsar 2026", {1: LIMIT}, (), {"p7": record()}, {})

    assert moodle_marks.notes([entry()], known(record(name="")), with_score=False) == []
    assert moodle_marks.notes([entry()], unsent, with_score=False) == []


def test_each_filled_group_has_one_description_with_the_page_of_its_list() -> None:
    other = entry(participant_id="p8", angkatan=None)
    found = moodle_marks.descriptions(
        [other, entry(), entry(participant_id="p9")], [FIRST, MarkedAngkatan("II")], known()
    )
    [plain] = moodle_marks.descriptions([entry()], [MarkedAngkatan("I")], known())

    assert [(each.line.key, each.group_id, each.title) for each in found] == [
        (("description", "kelas:group:9", "I"), 9, "Angkatan I")
    ]
    assert found[0].line.text == (
        "<p>latsar-sync fills this group: Latsar 2026, angkatan I.</p>"
        '<p><a href="https://latsar.example.go.id/classes/p/I">The list</a></p>'
    )
    assert "href" not in plain.line.text


def test_an_event_begins_on_the_first_day_and_none_is_entered_afterwards_or_without_one() -> None:
    [event] = moodle_marks.events([entry()], [FIRST], known(), FIRST.starts or TODAY)

    assert event.line.key == ("event", "kelas:group:9", "2026-12-07")
    assert (event.title, event.starts) == ("Latsar 2026: the in-class phase begins (Angkatan I)", FIRST.starts)
    assert moodle_marks.events([entry()], [FIRST], known(), date(2026, 12, 8)) == []
    assert moodle_marks.events([entry()], [MarkedAngkatan("I")], known(), TODAY) == []
