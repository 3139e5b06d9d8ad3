"""Whom the site's signals let an incremental run pass over; in doubt everybody is asked."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from builders import NOW, REQUIRED, done, evidence, nip, person
from last_reading import LAST_READ, told

from latsar_sync.domain.decision import Outcome, Standing
from latsar_sync.domain.entry import Entry, EntryState
from latsar_sync.domain.evidence import Attempts, Evidence, Grade, GradeStatus, Materials
from latsar_sync.domain.known_people import Brief, JudgedBy
from latsar_sync.domain.participant import Enrolment, Participant
from latsar_sync.domain.records import Record
from latsar_sync.domain.source_as_read import Signals
from latsar_sync.rules.signals import (
    OVERLAP,
    STILL_THERE,
    VISIT_LAG,
)
from latsar_sync.rules.whom_to_ask_again import (
    IN_TURN,
    attempts_to_read,
    grades_to_read,
    in_turn,
    is_confirmed,
    lacks_material,
    materials_to_read,
    perhaps_changed,
    restless,
)

NEVER = datetime(1970, 1, 1, tzinfo=UTC)
ANNA = person(1)
CMIDS = [activity.cmid for activity in REQUIRED]


def record(seen: Evidence | None = None, read_at: datetime = LAST_READ.site_time) -> Record:
    participant = Participant("anna", ANNA, ANNA.raw_key)
    return Record(participant, seen or evidence(), None, NOW, read_at, read_at, read_at, 1, 1, 1, 1)


def is_asked(signals: Signals, known: Record | None, entries: dict[str, Entry] | None = None) -> bool:
    return bool(grades_to_read([ANNA], {1: known} if known else {}, entries or {}, signals))


def test_somebody_who_was_never_there_is_passed_over() -> None:
    assert not is_asked(told(NEVER), record())


def test_a_visit_counts_to_the_second_from_the_overlap_and_moodles_lag_on() -> None:
    edge = LAST_READ.site_time - OVERLAP - VISIT_LAG
    assert is_asked(told(edge), record())
    assert not is_asked(told(edge - timedelta(seconds=1)), record())


def test_somebody_not_read_since_an_old_visit_is_asked_though_runs_went_by() -> None:
    visit = LAST_READ.site_time - timedelta(hours=3)
    assert is_asked(told(visit), record(read_at=visit - timedelta(hours=1)))
    assert not is_asked(told(visit), record(read_at=visit + timedelta(hours=1)))


def test_a_visit_shortly_before_the_reading_counts_to_the_second() -> None:
    read_at = LAST_READ.site_time - timedelta(hours=3)
    edge = read_at - OVERLAP - VISIT_LAG
    assert is_asked(told(edge), record(read_at=read_at))
    assert not is_asked(told(edge - timedelta(seconds=1)), record(read_at=read_at))
    assert not is_asked(told(LAST_READ.site_time - timedelta(hours=2)), record(read_at=LAST_READ.site_time))


def test_the_difference_of_the_clocks_is_taken_into_account() -> None:
    visit = LAST_READ.site_time - timedelta(hours=3)
    read_by_our_slow_clock = visit - timedelta(hours=1)
    assert not is_asked(told(visit, ahead=timedelta(hours=2)), record(read_at=read_by_our_slow_clock))


def test_somebody_new_or_never_read_is_asked() -> None:
    assert is_asked(told(), None)
    assert not is_confirmed(None, {})
    assert is_asked(told(), record()._replace(grade_as_of=None))


@pytest.mark.parametrize(
    "status", [status for status in GradeStatus if status not in (GradeStatus.GRADED, GradeStatus.NO_GRADE)]
)
def test_a_grade_that_could_not_be_told_is_asked_for_again(status: GradeStatus) -> None:
    assert is_asked(told(), record(evidence()._replace(grade=Grade(status))))


def test_somebody_who_is_back_in_the_course_is_asked() -> None:
    gone = record()._replace(participant=Participant("anna", ANNA._replace(enrolment=Enrolment.ENDED), ANNA.raw_key))
    assert is_asked(told(), gone)


def test_a_change_of_the_evaluation_that_visitors_do_not_explain_asks_everybody_but_the_confirmed() -> None:
    confirmed = {"anna": Entry("anna", EntryState.CONFIRMED, "I")}
    assert is_asked(told(evaluation=True), record())
    assert not is_asked(told(NOW, evaluation=True), record(), confirmed)
    assert is_asked(told(NOW), record(), {"anna": Entry("anna", EntryState.PUSHED, "I")})


@pytest.mark.parametrize(
    ("attempts", "expected"),
    [(None, True), (Attempts(1, ungraded=1), True), (Attempts(1), False)],
)
def test_attempts_never_read_or_not_yet_marked_are_asked_for(attempts: Attempts | None, expected: bool) -> None:
    assert attempts_to_read(ANNA, record(evidence()._replace(attempts=attempts)), told()) is expected


def test_attempts_are_asked_for_after_a_visit_or_an_unexplained_change_or_of_somebody_new() -> None:
    read = record(evidence()._replace(attempts=Attempts(1)))
    assert attempts_to_read(ANNA, read, told(NOW))
    assert attempts_to_read(ANNA, read, told(evaluation=True))
    assert attempts_to_read(ANNA, None, told())


def test_completion_that_stands_as_it_was_read_is_not_asked_for() -> None:
    assert not materials_to_read(ANNA, record(), CMIDS, told())
    assert not materials_to_read(ANNA, record(evidence(materials=done(0))), CMIDS, told(touched=frozenset({99})))


@pytest.mark.parametrize(
    ("seen", "signals"),
    [
        pytest.param(evidence()._replace(materials=None), told(), id="never read"),
        pytest.param(evidence(materials=Materials(3, unknown=(11,))), told(), id="an activity did not show"),
        pytest.param(evidence(materials=Materials(2)), told(), id="another number of required activities"),
        pytest.param(evidence(), told(NOW), id="visited"),
        pytest.param(evidence(), told(settings=frozenset({12})), id="settings of a required activity saved"),
        pytest.param(evidence(materials=done(0)), told(touched=frozenset({13})), id="waits, and something happened"),
        pytest.param(evidence(materials=done(3)), told(touched=frozenset({13})), id="failed, and something happened"),
    ],
)
def test_completion_that_may_have_changed_is_asked_for(seen: Evidence, signals: Signals) -> None:
    assert materials_to_read(ANNA, record(seen), CMIDS, signals)


def test_course_completion_is_asked_for_until_it_is_there() -> None:
    waiting, finished = evidence(materials=Materials(1, open=(0,))), evidence(materials=Materials(1))
    assert materials_to_read(ANNA, record(waiting), [0], told())
    assert not materials_to_read(ANNA, record(finished), [0], told())
    assert materials_to_read(ANNA, None, [0], told())


def test_whoever_waits_and_was_there_some_hours_ago_may_still_be_at_it() -> None:
    edge = LAST_READ.site_time - OVERLAP - STILL_THERE
    waiting, finished = record(evidence(materials=done(0)), read_at=NOW), record(read_at=NOW)
    assert materials_to_read(ANNA, waiting, CMIDS, told(edge))
    assert not materials_to_read(ANNA, waiting, CMIDS, told(edge - timedelta(seconds=1)))
    assert not materials_to_read(ANNA, finished, CMIDS, told(edge))


def test_those_who_wait_for_material_are_asked_in_turn_the_longest_unread_first() -> None:
    waiting = evidence(materials=done(0))
    people = [(person(n), record(waiting, NOW - timedelta(minutes=n))) for n in range(1, IN_TURN + 3)]
    others = [(person(90), record()), (person(91), None), (person(92), record(waiting)._replace(materials_as_of=None))]

    chosen = in_turn([*others, *people])

    assert [each.user_id for each in chosen] == list(range(IN_TURN + 2, 2, -1))


# By a line of each, where there are very many


BY = JudgedBy(1, 1, 1, "1")


def brief(number: int = 1, codes: str = "", stands: dict[str, Any] | None = None, **told: Any) -> Brief:
    standing = Standing(f"p{number}", number, nip(number), outcome=Outcome.QUALIFIED, score=Decimal(80))
    standing = standing._replace(**(stands or {}))
    at = datetime(2026, 11, 24, number % 24, tzinfo=UTC)
    known = Brief(number, nip(number), "Ani", standing, BY, codes, GradeStatus.GRADED, "row", at, False, at)
    return known._replace(**told)


def looked_at(*people: Brief, decided_about: tuple[str, ...] = (), merged_into: tuple[str, ...] = ()) -> set[int]:
    return set(restless({each.user_id: each for each in people}, BY, decided_about, merged_into))


def test_whoever_was_read_and_judged_by_the_same_is_left_as_known() -> None:
    below = brief(2, " score_below_threshold ", {"outcome": Outcome.NOT_YET})

    assert looked_at(brief(1), below, brief(3, " grade_overridden ")) == set()


UNREADABLE: dict[str, Any] = {"nip": None, "outcome": Outcome.UNDETERMINED}


def test_whose_number_is_none_is_left_as_known_until_it_reads_otherwise_or_a_person_gives_them_one() -> None:
    one, other = (brief(each, " nip_invalid materials_incomplete ", UNREADABLE, raw_key="2000001") for each in (1, 2))
    corrected = brief(3, " nip_invalid ", {"outcome": Outcome.UNDETERMINED}, raw_key="2000003")
    undone = brief(4, "", UNREADABLE, raw_key="2000004")
    without_a_row = brief(5, " nip_invalid ", UNREADABLE, raw_key=" - ")
    missing = brief(6, " nip_missing ", UNREADABLE, raw_key=None)
    held = brief(7, " nip_invalid ", {"nip": None, "outcome": Outcome.HELD}, raw_key="2000007")

    assert looked_at(one, other, corrected, undone, without_a_row, missing, held) == {3, 4, 5, 6, 7}


@pytest.mark.parametrize(
    "told",
    [
        {"judged_by": BY._replace(threshold=2)},
        {"judged_by": BY._replace(rules="0")},
        {"stands": {"outcome": Outcome.UNDETERMINED}},
        {"stands": {"outcome": None}},
        {"stands": {"nip": None}},
        {"stands": {"merged": True}},
        {"grade": GradeStatus.GRADE_HIDDEN},
        {"grade": None},
        {"ungraded": True},
        {"raw_key": ""},
        {"codes": " score_imported "},
        {"codes": " held_by_override "},
    ],
)
def test_whoever_may_be_judged_otherwise_though_nothing_is_told_of_them_is_looked_at(told: dict[str, Any]) -> None:
    assert looked_at(brief(1, **told), brief(2)) == {1}


def test_whoever_shares_a_number_stands_for_another_account_or_was_decided_about_is_looked_at() -> None:
    twin = brief(3, stands={"nip": nip(1)})

    found = looked_at(brief(1), brief(2), twin, brief(4), brief(5), decided_about=("p4",), merged_into=("p5",))

    assert found == {1, 3, 4, 5}


@pytest.mark.parametrize(
    ("codes", "lacks"),
    [
        (" materials_incomplete ", True),
        (" materials_failed enrolment_suspended ", True),
        (" no_grade materials_incomplete ", False),
        ("", False),
    ],
)
def test_nothing_but_material_lacks_where_no_score_is_told_of(codes: str, lacks: bool) -> None:
    assert lacks_material(Outcome.NOT_YET, codes) is lacks
    assert not lacks_material(Outcome.UNDETERMINED, codes)


def test_a_visit_tells_of_whom_a_value_may_be_another_one_than_was_read() -> None:
    began = datetime(2026, 11, 25, 12, tzinfo=UTC)
    lacks = {"outcome": Outcome.NOT_YET}
    read = {"score_as_of": began, "materials_as_of": began}
    visits = {
        1: began,
        2: began - timedelta(hours=7),
        3: began - timedelta(hours=7),
        4: began - timedelta(hours=9),
        5: began - timedelta(days=2),
        6: began - timedelta(days=2),
        7: began - timedelta(days=2),
    }
    people = [
        brief(1, **read),
        brief(2, **read),
        brief(3, " materials_incomplete ", lacks, **read),  # may still be at what they opened
        brief(4, " materials_incomplete ", lacks, **read),
        brief(5, **{**read, "materials_as_of": began - timedelta(days=3)}),
        brief(6, " score_below_threshold ", lacks, **{**read, "materials_as_of": began - timedelta(days=3)}),
        brief(7, **{**read, "score_as_of": began - timedelta(days=3)}),
        brief(8, **read),  # nothing is told of their visits
        brief(9, **{**read, "score_as_of": None, "materials_as_of": None}),
    ]

    found = perhaps_changed(people, Signals(began, timedelta(0), {**visits, 9: began - timedelta(days=9)}))

    assert [each.user_id for each in found] == [1, 3, 5, 7, 8, 9]
