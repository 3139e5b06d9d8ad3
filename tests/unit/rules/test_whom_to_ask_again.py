"""Whom the site's signals let an incremental run pass over; in doubt everybody is asked."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from builders import NOW, REQUIRED, done, evidence, person

from latsar_sync.domain.entry import Entry, EntryState
from latsar_sync.domain.evidence import Attempts, Evaluation, Evidence, Grade, GradeStatus, Materials
from latsar_sync.domain.participant import Enrolment, Participant
from latsar_sync.domain.records import Checkpoint, Record
from latsar_sync.domain.request import Depth
from latsar_sync.domain.source_as_read import Signals
from latsar_sync.rules.whom_to_ask_again import (
    CLOCKS_AGREE_WITHIN,
    IN_TURN,
    OVERLAP,
    STILL_THERE,
    VISIT_LAG,
    Changes,
    attempts_to_read,
    explained,
    grades_to_read,
    in_turn,
    is_confirmed,
    materials_to_read,
    may_have_changed,
    next_checkpoint,
    signals_of,
    signals_of_report,
    visitors,
    with_visits,
)

READ_WHOLLY = NOW - timedelta(hours=9)
CURSOR = Checkpoint(4, 13, quiz_id=7, site_time=NOW - timedelta(minutes=15), full_at=READ_WHOLLY)
NEVER = datetime(1970, 1, 1, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=2)
ANNA = person(1)
CMIDS = [activity.cmid for activity in REQUIRED]
QUIZ = Evaluation(13, 7, "quiz", "Evaluasi", None, None)


def record(seen: Evidence | None = None, read_at: datetime = CURSOR.site_time) -> Record:
    participant = Participant("anna", ANNA, ANNA.raw_key)
    return Record(participant, seen or evidence(), None, NOW, read_at, read_at, read_at, 1, 1, 1, 1)


def told(visit: datetime = LONG_AGO, **more: object) -> Signals:
    signals = signals_of(CURSOR, 4, NOW, NOW, {1: visit})
    assert signals is not None
    return replace(signals, **more)  # type: ignore[arg-type]


def is_asked(signals: Signals, known: Record | None, entries: dict[str, Entry] | None = None) -> bool:
    return bool(grades_to_read([ANNA], {1: known} if known else {}, entries or {}, signals))


# Trust


def test_the_signals_look_back_behind_the_last_run() -> None:
    assert told().since == CURSOR.site_time - OVERLAP


@pytest.mark.parametrize(
    ("checkpoint", "course_id", "site_time", "visit"),
    [
        pytest.param(None, 4, NOW, LONG_AGO, id="no good run before"),
        pytest.param(CURSOR, 5, NOW, LONG_AGO, id="another course"),
        pytest.param(CURSOR, 4, None, LONG_AGO, id="a site that tells no time"),
        pytest.param(CURSOR, 4, CURSOR.site_time - timedelta(seconds=1), LONG_AGO, id="the site's clock went back"),
        pytest.param(CURSOR, 4, NOW, None, id="visits are hidden"),
        pytest.param(CURSOR, 4, NOW, NOW + timedelta(minutes=6), id="a visit from the future"),
    ],
)
def test_signals_that_cannot_be_trusted_are_none(
    checkpoint: Checkpoint | None, course_id: int, site_time: datetime | None, visit: datetime | None
) -> None:
    assert signals_of(checkpoint, course_id, site_time, NOW, {1: LONG_AGO, 2: visit}) is None


def test_a_clock_that_stands_still_and_a_visit_just_within_the_difference_of_clocks_are_trusted() -> None:
    assert signals_of(CURSOR, 4, CURSOR.site_time, NOW, {1: LONG_AGO}) is not None
    assert signals_of(CURSOR, 4, NOW, NOW, {1: NOW + CLOCKS_AGREE_WITHIN}) is not None
    assert signals_of(CURSOR, 4, NOW, NOW, {1: NOW + CLOCKS_AGREE_WITHIN + timedelta(seconds=1)}) is None


# Grades


def test_somebody_who_was_never_there_is_passed_over() -> None:
    assert not is_asked(told(NEVER), record())


def test_a_visit_counts_to_the_second_from_the_overlap_and_moodles_lag_on() -> None:
    edge = CURSOR.site_time - OVERLAP - VISIT_LAG
    assert is_asked(told(edge), record())
    assert not is_asked(told(edge - timedelta(seconds=1)), record())


def test_somebody_not_read_since_an_old_visit_is_asked_though_runs_went_by() -> None:
    visit = CURSOR.site_time - timedelta(hours=3)
    assert is_asked(told(visit), record(read_at=visit - timedelta(hours=1)))
    assert not is_asked(told(visit), record(read_at=visit + timedelta(hours=1)))


def test_a_visit_shortly_before_the_reading_counts_to_the_second() -> None:
    read_at = CURSOR.site_time - timedelta(hours=3)
    edge = read_at - OVERLAP - VISIT_LAG
    assert is_asked(told(edge), record(read_at=read_at))
    assert not is_asked(told(edge - timedelta(seconds=1)), record(read_at=read_at))
    assert not is_asked(told(CURSOR.site_time - timedelta(hours=2)), record(read_at=CURSOR.site_time))


def test_the_difference_of_the_clocks_is_taken_into_account() -> None:
    visit = CURSOR.site_time - timedelta(hours=3)
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
    ("attempts", "grades", "expected"),
    [
        pytest.param({31, 32}, 1, True, id="both attempts and the one grade are the visitors'"),
        pytest.param(set(), 0, True, id="nothing changed"),
        pytest.param({31, 99}, 1, False, id="an attempt of somebody who was not there"),
        pytest.param({31, 32}, 2, False, id="a grade more than finished attempts"),
        pytest.param({32}, 1, False, id="a grade though the attempt is still running"),
    ],
)
def test_visitors_explain_a_change_only_if_every_attempt_and_grade_can_be_theirs(
    attempts: set[int], grades: int, expected: bool
) -> None:
    assert explained(Changes(frozenset(attempts), grades), {31: True, 32: False}) is expected


def test_visitors_are_those_who_were_there_since_the_last_run() -> None:
    signals = Signals(NOW, timedelta(0), {3: NOW, 1: NOW - VISIT_LAG, 2: LONG_AGO})
    assert visitors(signals) == [1, 3]


# Attempts


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


# Materials


def test_completion_that_stands_as_it_was_read_is_not_asked_for() -> None:
    assert not materials_to_read(ANNA, record(), CMIDS, 1, told())
    assert not materials_to_read(ANNA, record(evidence(materials=done(0))), CMIDS, 1, told(touched=frozenset({99})))


@pytest.mark.parametrize(
    ("seen", "version", "signals"),
    [
        pytest.param(evidence()._replace(materials=None), 1, told(), id="never read"),
        pytest.param(evidence(materials=Materials(3, unknown=(11,))), 1, told(), id="an activity did not show"),
        pytest.param(evidence(materials=Materials(2)), 1, told(), id="another number of required activities"),
        pytest.param(evidence(), 2, told(), id="judged by another limit before"),
        pytest.param(evidence(), 1, told(NOW), id="visited"),
        pytest.param(evidence(), 1, told(settings=frozenset({12})), id="settings of a required activity saved"),
        pytest.param(evidence(materials=done(0)), 1, told(touched=frozenset({13})), id="waits, and something happened"),
        pytest.param(
            evidence(materials=done(3)), 1, told(touched=frozenset({13})), id="failed, and something happened"
        ),
    ],
)
def test_completion_that_may_have_changed_is_asked_for(seen: Evidence, version: int, signals: Signals) -> None:
    assert materials_to_read(ANNA, record(seen), CMIDS, version, signals)


def test_course_completion_is_asked_for_until_it_is_there() -> None:
    waiting, finished = evidence(materials=Materials(1, open=(0,))), evidence(materials=Materials(1))
    assert materials_to_read(ANNA, record(waiting), [0], 1, told())
    assert not materials_to_read(ANNA, record(finished), [0], 1, told())
    assert materials_to_read(ANNA, None, [0], 1, told())


def test_whoever_waits_and_was_there_some_hours_ago_may_still_be_at_it() -> None:
    edge = CURSOR.site_time - OVERLAP - STILL_THERE
    waiting, finished = record(evidence(materials=done(0)), read_at=NOW), record(read_at=NOW)
    assert materials_to_read(ANNA, waiting, CMIDS, 1, told(edge))
    assert not materials_to_read(ANNA, waiting, CMIDS, 1, told(edge - timedelta(seconds=1)))
    assert not materials_to_read(ANNA, finished, CMIDS, 1, told(edge))


def test_those_who_wait_for_material_are_asked_in_turn_the_longest_unread_first() -> None:
    waiting = evidence(materials=done(0))
    people = [(person(n), record(waiting, NOW - timedelta(minutes=n))) for n in range(1, IN_TURN + 3)]
    others = [(person(90), record()), (person(91), None), (person(92), record(waiting)._replace(materials_as_of=None))]

    chosen = in_turn([*others, *people])

    assert [each.user_id for each in chosen] == list(range(IN_TURN + 2, 2, -1))


# The checkpoint


def following(
    before: Checkpoint | None,
    evaluation: Evaluation | None,
    site_time: datetime | None,
    now: datetime,
    depth: Depth = Depth.INCREMENTAL,
) -> Checkpoint | None:
    return next_checkpoint(before, 4, evaluation, site_time, now, depth)


def test_the_earlier_of_the_two_clocks_counts() -> None:
    earlier = NOW - timedelta(minutes=3)
    for clocks in ((NOW, earlier), (earlier, NOW)):
        read = following(None, QUIZ, *clocks, depth=Depth.FULL)
        assert read == Checkpoint(4, 13, 7, earlier, clocks[1])


def test_the_checkpoint_goes_back_only_with_the_sites_own_clock() -> None:
    before, back = CURSOR.site_time, CURSOR.site_time - timedelta(hours=1)
    kept = following(CURSOR, QUIZ, NOW, back)  # our clock was set back
    assert kept is not None
    assert kept.site_time == before
    stood_still = following(CURSOR, QUIZ, before, back)
    assert stood_still is not None
    assert stood_still.site_time == before
    moved = following(CURSOR, QUIZ, back, NOW)
    assert moved is not None
    assert moved.site_time == back


def test_another_evaluation_starts_its_own_checkpoint() -> None:
    back = CURSOR.site_time - timedelta(hours=1)
    moved = following(CURSOR, replace(QUIZ, cmid=14, instance=8), NOW, back)
    assert moved == Checkpoint(4, 14, 8, back, READ_WHOLLY)


@pytest.mark.parametrize(
    ("evaluation", "site_time"),
    [(None, NOW), (replace(QUIZ, modname="assign"), NOW), (QUIZ, None)],
)
def test_without_a_quiz_or_the_sites_time_there_is_no_checkpoint(
    evaluation: Evaluation | None, site_time: datetime | None
) -> None:
    assert following(CURSOR, evaluation, site_time, NOW) is None


def test_a_checkpoint_keeps_when_everything_and_when_a_night_was_last_read() -> None:
    read = [following(CURSOR, QUIZ, NOW, NOW, depth) for depth in (Depth.FULL, Depth.NIGHT, Depth.INCREMENTAL)]
    told = [(each.full_at, each.night_at) for each in read if each]
    assert told == [(NOW, None), (READ_WHOLLY, NOW), (READ_WHOLLY, None)]

    after_a_night = following(replace(CURSOR, night_at=READ_WHOLLY), QUIZ, NOW, NOW)
    assert after_a_night is not None
    assert after_a_night.night_at == READ_WHOLLY

    first = following(None, QUIZ, NOW, NOW)
    assert first is not None
    assert (first.full_at, first.night_at) == (NEVER, None)


# A report


def test_by_a_report_whose_row_changed_was_there_now_and_nobody_else_since_ever() -> None:
    happened = Changes(settings=frozenset({13}), touched=frozenset({11}))
    found = signals_of_report(CURSOR, 4, NOW, NOW, [1, 2], {2}, happened)

    assert found is not None
    assert (found.visits, found.evaluation, found.settings, found.touched) == ({1: NEVER, 2: NOW}, True, {13}, {11})
    assert not may_have_changed(found, 1, CURSOR.site_time)
    assert may_have_changed(found, 2, CURSOR.site_time)


def test_by_a_report_signals_are_trusted_no_further_than_by_visits() -> None:
    assert signals_of_report(None, 4, NOW, NOW, [1], (), Changes()) is None
    assert signals_of_report(CURSOR, 5, NOW, NOW, [1], (), Changes()) is None


def test_whoever_s_row_changed_counts_as_there_beside_the_visits_that_are_told() -> None:
    signals = told()
    assert with_visits(signals, {1}, NOW).visits == {1: NOW}
    assert with_visits(signals, (), NOW) is signals
    assert with_visits(signals, {1}, None) is signals
