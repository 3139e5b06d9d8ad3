"""What the site tells of the time since the last good run, and how far a run had read by its clock."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from builders import NOW
from last_reading import LAST_READ, LONG_AGO, READ_WHOLLY, told

from latsar_sync.domain.evidence import Evaluation
from latsar_sync.domain.records import Checkpoint
from latsar_sync.domain.request import Depth
from latsar_sync.domain.source_as_read import Signals
from latsar_sync.rules.signals import (
    CLOCKS_AGREE_WITHIN,
    OVERLAP,
    VISIT_LAG,
    Changes,
    explained,
    may_have_changed,
    next_checkpoint,
    signals_of,
    signals_of_report,
    visitors,
    with_visits,
)

NEVER = datetime(1970, 1, 1, tzinfo=UTC)
QUIZ = Evaluation(13, 7, "quiz", "Evaluasi", None, None)


def test_the_signals_look_back_behind_the_last_run() -> None:
    assert told().since == LAST_READ.site_time - OVERLAP


@pytest.mark.parametrize(
    ("checkpoint", "course_id", "site_time", "visit"),
    [
        pytest.param(None, 4, NOW, LONG_AGO, id="no good run before"),
        pytest.param(LAST_READ, 5, NOW, LONG_AGO, id="another course"),
        pytest.param(LAST_READ, 4, None, LONG_AGO, id="a site that tells no time"),
        pytest.param(
            LAST_READ, 4, LAST_READ.site_time - timedelta(seconds=1), LONG_AGO, id="the site's clock went back"
        ),
        pytest.param(LAST_READ, 4, NOW, None, id="visits are hidden"),
        pytest.param(LAST_READ, 4, NOW, NOW + timedelta(minutes=6), id="a visit from the future"),
    ],
)
def test_signals_that_cannot_be_trusted_are_none(
    checkpoint: Checkpoint | None, course_id: int, site_time: datetime | None, visit: datetime | None
) -> None:
    assert signals_of(checkpoint, course_id, site_time, NOW, {1: LONG_AGO, 2: visit}) is None


def test_a_clock_that_stands_still_and_a_visit_just_within_the_difference_of_clocks_are_trusted() -> None:
    assert signals_of(LAST_READ, 4, LAST_READ.site_time, NOW, {1: LONG_AGO}) is not None
    assert signals_of(LAST_READ, 4, NOW, NOW, {1: NOW + CLOCKS_AGREE_WITHIN}) is not None
    assert signals_of(LAST_READ, 4, NOW, NOW, {1: NOW + CLOCKS_AGREE_WITHIN + timedelta(seconds=1)}) is None


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
    before, back = LAST_READ.site_time, LAST_READ.site_time - timedelta(hours=1)
    kept = following(LAST_READ, QUIZ, NOW, back)  # our clock was set back
    assert kept is not None
    assert kept.site_time == before
    stood_still = following(LAST_READ, QUIZ, before, back)
    assert stood_still is not None
    assert stood_still.site_time == before
    moved = following(LAST_READ, QUIZ, back, NOW)
    assert moved is not None
    assert moved.site_time == back


def test_another_evaluation_starts_its_own_checkpoint() -> None:
    back = LAST_READ.site_time - timedelta(hours=1)
    moved = following(LAST_READ, replace(QUIZ, cmid=14, instance=8), NOW, back)
    assert moved == Checkpoint(4, 14, 8, back, READ_WHOLLY)


@pytest.mark.parametrize(
    ("evaluation", "site_time"),
    [(None, NOW), (replace(QUIZ, modname="assign"), NOW), (QUIZ, None)],
)
def test_without_a_quiz_or_the_sites_time_there_is_no_checkpoint(
    evaluation: Evaluation | None, site_time: datetime | None
) -> None:
    assert following(LAST_READ, evaluation, site_time, NOW) is None


def test_a_checkpoint_keeps_when_everything_and_when_a_night_was_last_read() -> None:
    read = [following(LAST_READ, QUIZ, NOW, NOW, depth) for depth in (Depth.FULL, Depth.NIGHT, Depth.INCREMENTAL)]
    told = [(each.full_at, each.night_at) for each in read if each]
    assert told == [(NOW, None), (READ_WHOLLY, NOW), (READ_WHOLLY, None)]

    after_a_night = following(replace(LAST_READ, night_at=READ_WHOLLY), QUIZ, NOW, NOW)
    assert after_a_night is not None
    assert after_a_night.night_at == READ_WHOLLY

    first = following(None, QUIZ, NOW, NOW)
    assert first is not None
    assert (first.full_at, first.night_at) == (NEVER, None)


def test_by_a_report_whose_row_changed_was_there_now_and_nobody_else_since_ever() -> None:
    happened = Changes(settings=frozenset({13}), touched=frozenset({11}))
    found = signals_of_report(LAST_READ, 4, NOW, NOW, [1, 2], {2}, happened)

    assert found is not None
    assert (found.visits, found.evaluation, found.settings, found.touched) == ({1: NEVER, 2: NOW}, True, {13}, {11})
    assert not may_have_changed(found, 1, LAST_READ.site_time)
    assert may_have_changed(found, 2, LAST_READ.site_time)


def test_by_a_report_signals_are_trusted_no_further_than_by_visits() -> None:
    assert signals_of_report(None, 4, NOW, NOW, [1], (), Changes()) is None
    assert signals_of_report(LAST_READ, 5, NOW, NOW, [1], (), Changes()) is None


def test_whoever_s_row_changed_counts_as_there_beside_the_visits_that_are_told() -> None:
    signals = told()
    assert with_visits(signals, {1}, NOW).visits == {1: NOW}
    assert with_visits(signals, (), NOW) is signals
    assert with_visits(signals, {1}, None) is signals
