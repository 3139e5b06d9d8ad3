"""Who is due which message on which day: from what is known, without a Moodle and without a clock."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from latsar_sync.domain import language
from latsar_sync.domain.decision import Decision, Outcome, Reason
from latsar_sync.domain.entry import Entry, EntryState, Origin
from latsar_sync.domain.evidence import Evidence
from latsar_sync.domain.participant import Enrolment, Participant, Person
from latsar_sync.domain.records import Record
from latsar_sync.rules import sent_messages, whom_to_write_to
from latsar_sync.rules.message_texts import InClassPhase
from latsar_sync.rules.sent_messages import Message, MessageState, SentMessage, is_told_otherwise, told_last

NIP = "199508232025031007"
DEADLINE = date(2026, 11, 30)
TITLE = "Latsar CPNS Golongan III 2026"
BELOW = Reason("score_below_threshold", {"score": "69.99600", "threshold": "70.00000"})
OPEN = Reason("materials_incomplete", {"done": "10", "total": "12", "names": "Modul 1, Modul 2"})
LONGEST = 4096


@pytest.fixture(autouse=True)
def _indonesian() -> Iterator[None]:
    with language.speaking("id"):
        yield


def record(
    outcome: Outcome = Outcome.NOT_YET,
    *reasons: Reason,
    enrolment: Enrolment = Enrolment.ACTIVE,
    name: str = "Wulan Wibowo, S.Stat.",
    number: int = 7,
) -> Record:
    """Return somebody with a decision, not yet there unless said otherwise."""
    person = Person(number, name, NIP, ("Angkatan I",), "Pemkab Kudus", enrolment)
    decision = Decision(outcome, reasons or (BELOW, OPEN))
    known = Participant(f"p{number}", person, NIP)
    return Record(known, Evidence(), decision, datetime(2026, 11, 1, tzinfo=UTC))


def confirmed(number: int = 7, **changes: object) -> Entry:
    """Return a roster entry of somebody whom the service brought into the course."""
    entry = Entry(
        f"p{number}",
        EntryState.CONFIRMED,
        "I",
        origin=Origin.PUSHED,
        site="kelas",
        course_id=5,
        course="KLS-I",
        target_user_id=100 + number,
        group="Angkatan I",
    )
    return entry._replace(**changes)  # type: ignore[arg-type]


def remind(
    who: Record, today: date, days: tuple[int, ...] = (7, 3), deadline: date | None = DEADLINE
) -> Message | None:
    """Ask for the reminder of one person."""
    return whom_to_write_to.reminder(who, "mooc", TITLE, deadline, days, today, LONGEST)


def test_whom_a_person_admits_is_not_reminded_of_what_they_need_no_more_unless_a_person_asks_for_it() -> None:
    admitted, today = record(Outcome.NOT_YET, Reason("admitted_by_override"), OPEN), date(2026, 11, 23)

    assert remind(admitted, today) is None
    assert whom_to_write_to.asked_reminder(admitted, "mooc", TITLE, DEADLINE, "x", today, LONGEST) is not None


def test_a_reminder_says_what_is_missing_and_by_when_and_holds_no_nip() -> None:
    message = remind(record(), date(2026, 11, 23))

    assert message is not None
    assert (message.site, message.user_id, message.recipient) == ("mooc", 7, "p7")
    assert message.key == ("reminder", "p7", "2026-11-30/7")
    assert "\n- Nilai evaluasi" in message.text
    assert message.text.count("\n- ") == 2
    assert "Nilai evaluasi 69,996 belum mencapai batas kelulusan 70." in message.text
    assert "Modul 1, Modul 2" in message.text
    assert message.text.count("30 November 2026") == 2
    assert message.text.startswith("Yth. Wulan Wibowo, S.Stat.,")
    assert NIP not in message.text
    assert "gagal" not in message.text.lower()


@pytest.mark.parametrize(
    ("today", "occasion"),
    [
        (date(2026, 11, 22), None),
        (date(2026, 11, 23), "2026-11-30/7"),
        (date(2026, 11, 26), "2026-11-30/7"),
        (date(2026, 11, 27), "2026-11-30/3"),
        (date(2026, 11, 30), "2026-11-30/3"),
        (date(2026, 12, 1), None),
    ],
)
def test_of_the_days_that_have_come_the_last_one_counts_until_the_deadline(today: date, occasion: str | None) -> None:
    message = remind(record(), today)

    assert (message.occasion if message else None) == occasion


@pytest.mark.parametrize(
    "who",
    [
        record(Outcome.QUALIFIED),
        record(Outcome.UNDETERMINED, Reason("grade_unread")),
        record(Outcome.HELD, Reason("held_by_override"), BELOW),
        record(enrolment=Enrolment.ENDED),
        record(enrolment=Enrolment.SUSPENDED),
        record(name=""),
        record(Outcome.NOT_YET, Reason("materials_unread")),
    ],
    ids=["qualified", "undetermined", "held", "ended", "suspended", "erased", "nothing of their own to do"],
)
def test_nobody_else_is_reminded(who: Record) -> None:
    assert remind(who, date(2026, 11, 27)) is None


def test_without_a_deadline_nobody_is_reminded() -> None:
    assert remind(record(), date(2026, 11, 27), deadline=None) is None


def remind_as_asked(who: Record, deadline: date | None = DEADLINE, today: date = date(2026, 11, 2)) -> Message | None:
    """Return the reminder that somebody asked for."""
    return whom_to_write_to.asked_reminder(
        who, "mooc", TITLE, deadline, whom_to_write_to.asked_occasion(today), today, LONGEST
    )


def test_a_reminder_that_was_asked_for_goes_on_any_day_and_tells_the_deadline_while_it_is_to_come() -> None:
    before = remind_as_asked(record())
    after = remind_as_asked(record(), today=date(2026, 12, 1))
    on_it = remind_as_asked(record(), today=DEADLINE)
    without = remind_as_asked(record(), deadline=None)

    assert before is not None
    assert before.key == ("reminder", "p7", "asked/2026-11-02")
    assert before.text.count("30 November 2026") == 2
    assert on_it is not None
    assert "30 November 2026" in on_it.text
    for each in (after, without):
        assert each is not None
        assert "2026" not in each.text.replace(TITLE, "")
        assert each.text.count("\n- ") == 2
        assert "Mohon segera dilengkapi" in each.text


@pytest.mark.parametrize("who", [record(Outcome.QUALIFIED), record(name=""), record(enrolment=Enrolment.ENDED)])
def test_nobody_is_reminded_as_asked_who_could_do_nothing(who: Record) -> None:
    assert remind_as_asked(who) is None


def test_an_account_that_was_merged_is_not_reminded() -> None:
    who = record()
    merged = who._replace(participant=who.participant._replace(merged_into="p8"))

    assert remind_as_asked(merged) is None
    assert remind_as_asked(record()._replace(decision=None)) is None


def test_what_was_asked_for_goes_whenever_the_next_run_comes() -> None:
    asked = SentMessage(1, ("reminder", "p7", "asked/2026-11-02"), MessageState.ASKED, 0, None)

    assert asked.may_go_again(datetime(2026, 11, 2, tzinfo=UTC))


def admit(
    who: Record, entry: Entry | None, ends: date | None = None, starts: date | None = date(2026, 12, 7)
) -> Message | None:
    """Ask for the message of one person who was seen in class."""
    group = InClassPhase("I", "Angkatan I", starts, ends)
    return whom_to_write_to.admitted(who, entry, group, "mooc", TITLE, date(2026, 12, 1), LONGEST)


def test_whoever_was_seen_in_class_is_told_where_and_from_when() -> None:
    message = admit(record(Outcome.QUALIFIED), confirmed())

    assert message is not None
    assert message.key == ("admitted", "p7", "I")
    assert (message.site, message.user_id) == ("mooc", 7)
    assert "\n- Kelas: KLS-I, Angkatan I\n" in message.text
    assert "\n- Hari pertama: 7 Desember 2026\n" in message.text


def test_on_the_last_day_of_a_course_an_admission_is_still_told() -> None:
    assert admit(record(Outcome.QUALIFIED), confirmed(), date(2026, 12, 1)) is not None


def test_a_course_without_a_first_day_is_told_without_one() -> None:
    message = admit(record(Outcome.QUALIFIED), confirmed(), starts=None)

    assert message is not None
    assert "KLS-I, Angkatan I" in message.text
    assert "Hari pertama" not in message.text


@pytest.mark.parametrize(
    ("who", "entry", "ends"),
    [
        (record(Outcome.QUALIFIED), None, None),
        (record(Outcome.QUALIFIED), confirmed(state=EntryState.PLANNED), None),
        (record(Outcome.QUALIFIED), confirmed(state=EntryState.REVIEW), None),
        (record(Outcome.HELD), confirmed(), None),
        (record(Outcome.UNDETERMINED, Reason("account_handed_over")), confirmed(), None),
        (record(Outcome.QUALIFIED), confirmed(reason="nip_changed"), None),
        (record(Outcome.QUALIFIED, enrolment=Enrolment.ENDED), confirmed(), None),
        (record(Outcome.QUALIFIED, name=""), confirmed(), None),
        (record(Outcome.QUALIFIED), confirmed(), date(2026, 11, 30)),
    ],
    ids=[
        "not on the roster",
        "planned",
        "review",
        "held",
        "undetermined",
        "whose account?",
        "ended",
        "erased",
        "the in-class course is over",
    ],
)
def test_nobody_else_is_told_of_an_admission(who: Record, entry: Entry | None, ends: date | None) -> None:
    assert admit(who, entry, ends) is None


def test_who_cannot_be_judged_is_told_where_a_person_let_them_in() -> None:
    by_a_person = record(Outcome.UNDETERMINED, Reason("admitted_by_override"), Reason("grade_unread"))

    assert admit(by_a_person, confirmed()) is not None


def test_a_digest_tells_each_manager_of_everybody_new_and_of_nobody_twice() -> None:
    records = {f"p{number}": record(number=number, name=f"Orang {number}") for number in (1, 2, 3, 4)}
    records["p4"] = record(number=4, name="")
    entries = [confirmed(1), confirmed(2), confirmed(3, origin=Origin.FOUND), confirmed(4)]

    found = whom_to_write_to.arrivals(records, entries, {("kelas", 5): frozenset({"p2"})})
    [first, second] = whom_to_write_to.digest(found["kelas", 5], records, [31, 32], TITLE, date(2026, 11, 24), LONGEST)

    assert [entry.participant_id for entry in found["kelas", 5]] == ["p1"]
    assert (first.recipient, first.occasion, first.covers) == ("kelas:31", "5/2026-11-24", ("p1",))
    assert second.user_id == 32
    assert "Orang 1 (Angkatan I)" in first.text
    assert "Orang 2" not in first.text
    assert NIP not in first.text


def test_a_manager_whom_a_digest_did_not_reach_is_told_of_who_stood_in_it_with_who_is_new() -> None:
    records = {f"p{number}": record(number=number, name=f"Orang {number}") for number in (1, 2, 3)}
    entries = [confirmed(1), confirmed(2), confirmed(3)]
    told, owed = {("kelas", 5): frozenset({"p2", "p3"})}, {("kelas", 5): {32: frozenset({"p3", "gone"})}}

    [news] = whom_to_write_to.news_of_courses(records, entries, told, owed).values()
    nothing_new = whom_to_write_to.news_of_courses(records, entries[1:], told, {})

    assert [[each.participant_id for each in news.of(manager)] for manager in (31, 32)] == [["p1"], ["p1", "p3"]]
    assert [each.participant_id for each in news.of_any] == ["p1", "p3"]
    assert nothing_new == {}


def test_whoever_is_not_told_of_hides_nobody_after_them_and_no_digest_need_have_been_before() -> None:
    records = {f"p{number}": record(number=number, name=f"Orang {number}") for number in (1, 3)}
    entries = [confirmed(9), confirmed(2, origin=Origin.FOUND), confirmed(4, site=None), confirmed(1), confirmed(3)]

    found = whom_to_write_to.arrivals(records, entries, {})

    assert {where: [each.participant_id for each in those] for where, those in found.items()} == {
        ("kelas", 5): ["p1", "p3"]
    }


def test_a_digest_lists_by_group_and_name_for_the_site_of_the_course() -> None:
    names = {1: "Citra", 2: "Budi", 3: "Ani"}
    records = {f"p{number}": record(number=number, name=name) for number, name in names.items()}
    entries = [confirmed(1), confirmed(2), confirmed(3, group="Angkatan II")]

    [message] = whom_to_write_to.digest(entries, records, [31], TITLE, date(2026, 11, 24), LONGEST)

    assert "\n- Budi (Angkatan I)\n- Citra (Angkatan I)\n- Ani (Angkatan II)\n" in message.text
    assert (message.event, message.site) == (sent_messages.MessageEvent.ARRIVALS, "kelas")


def test_a_text_of_exactly_the_longest_length_is_not_cut() -> None:
    records = {f"p{number}": record(number=number, name=f"Orang {number}") for number in (1, 2)}
    entries = [confirmed(1), confirmed(2)]
    [whole] = whom_to_write_to.digest(entries, records, [31], TITLE, date(2026, 11, 24), LONGEST)
    length = len(whole.text.encode())

    assert whom_to_write_to.digest(entries, records, [31], TITLE, date(2026, 11, 24), length) == [whole]
    [cut] = whom_to_write_to.digest(entries, records, [31], TITLE, date(2026, 11, 24), length - 1)
    assert "Orang 2" not in cut.text


def test_a_list_that_moodle_would_not_take_is_cut_and_says_by_how_many() -> None:
    records = {f"p{number}": record(number=number, name=f"Désirée Müller {number}") for number in range(300)}
    entries = [confirmed(number) for number in range(300)]

    [message] = whom_to_write_to.digest(entries, records, [31], TITLE, date(2026, 11, 24), LONGEST)

    assert LONGEST - 100 < len(message.text.encode()) <= LONGEST
    listed = message.text.count("- Désirée")
    assert f"dan {300 - listed} lagi" in message.text
    assert len(message.covers) == 300


NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("state", "attempts", "hours", "again"),
    [
        (MessageState.REFUSED, 9, 0, True),
        (MessageState.REJECTED, 4, 20, True),
        (MessageState.REJECTED, 4, 19, False),
        (MessageState.REJECTED, 5, 20, False),
        (MessageState.REJECTED, 1, None, False),
        (MessageState.UNKNOWN, 1, 99, False),
        (MessageState.SENT, 1, 99, False),
        (MessageState.SENDING, 1, 99, False),
    ],
)
def test_only_what_is_known_not_to_have_arrived_goes_again_after_twenty_hours_and_five_times_at_most(
    state: MessageState, attempts: int, hours: int | None, again: bool
) -> None:
    settled = None if hours is None else NOON - timedelta(hours=hours)

    assert SentMessage(1, ("reminder", "ani", "x"), state, attempts, settled).may_go_again(NOON) is again


def test_of_whoever_was_told_of_two_angkatan_only_the_word_that_came_last_holds() -> None:
    def sent(
        occasion: str, run_id: int, state: MessageState = MessageState.SENT, event: str = "admitted"
    ) -> SentMessage:
        return SentMessage(run_id, (event, "ani", occasion), state, 1, NOON, run_id)

    first, second = sent("I", 1), sent("II", 2, MessageState.UNKNOWN)
    not_delivered, reminded = sent("III", 3, MessageState.REJECTED), sent("I", 4, event="reminder")
    last = told_last([second, first, not_delivered, reminded])

    assert last == {"ani": second}
    assert [is_told_otherwise(each, last) for each in (first, second, not_delivered, reminded)] == [True] + [False] * 3


def test_who_was_told_by_an_account_that_was_merged_is_told_and_what_never_came_is_not() -> None:
    sent, refused = sent_messages.MessageState.SENT, sent_messages.MessageState.REFUSED

    def message(number: int, to: str, state: sent_messages.MessageState, occasion: str) -> sent_messages.SentMessage:
        return sent_messages.SentMessage(number, ("admitted", to, occasion), state, 1, None)

    known = [
        message(1, "old", sent, "I"),
        message(2, "new", sent, "II"),
        message(3, "old", sent, "II"),
        message(4, "old", refused, "III"),
        replace(message(5, "old", sent, "IV"), to_another=True),
    ]

    found = sent_messages.of_one_person(known, {"old": "new", "new": None})

    assert {key: each.id for key, each in found.items()} == {
        ("admitted", "new", "I"): 1,
        ("admitted", "new", "II"): 2,
    }
