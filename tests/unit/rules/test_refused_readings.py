"""Who was refused an answer rests for an hour, unless something about them changed or somebody asks."""

from datetime import timedelta

import pytest
from builders import NOW, evidence, person

from latsar_sync.domain.evidence import Grade, GradeStatus
from latsar_sync.domain.participant import Enrolment, Participant
from latsar_sync.domain.records import Record
from latsar_sync.domain.source_as_read import Signals
from latsar_sync.rules.refused_readings import remembered, resting, unanswered_last
from latsar_sync.rules.whom_to_ask_again import attempts_to_read, grades_to_read, materials_to_read

ANNA = person(1)
KNOWN = {1: Record(Participant("anna", ANNA, ANNA.raw_key), evidence(), None, NOW)}
LONG_AGO = NOW - timedelta(days=2)
LATELY = int((NOW - timedelta(minutes=59)).timestamp())


def told(visit: timedelta = timedelta(days=2)) -> Signals:
    return Signals(NOW - timedelta(minutes=10), timedelta(0), {1: NOW - visit})


def test_whoever_was_refused_an_answer_within_the_hour_rests() -> None:
    assert resting([ANNA, person(2)], KNOWN, {1: LATELY}, told(), (), NOW) == {1}


@pytest.mark.parametrize(
    ("somebody", "known", "asked_at", "signals", "exactly"),
    [
        (ANNA, KNOWN, LATELY - 60, told(), ()),
        (ANNA, KNOWN, int(NOW.timestamp()) + 60, told(), ()),
        (ANNA, KNOWN, LATELY, told(timedelta(minutes=5)), ()),
        (ANNA, KNOWN, LATELY, told(), (1,)),
        (ANNA, {}, LATELY, told(), ()),
        (ANNA._replace(groups=("Angkatan II",)), KNOWN, LATELY, told(), ()),
    ],
    ids=["an hour ago", "in the future", "was there since", "on demand", "not known", "another group"],
)
def test_they_are_asked_again_where_something_may_be_otherwise(
    somebody: object, known: object, asked_at: int, signals: Signals, exactly: tuple[int, ...]
) -> None:
    assert not resting([somebody], known, {1: asked_at}, signals, exactly, NOW)  # type: ignore[list-item, arg-type]


def test_an_enrolment_that_is_not_told_and_a_visit_that_is_not_shown_wake_nobody() -> None:
    suspended = ANNA._replace(enrolment=Enrolment.SUSPENDED)
    untold = Signals(NOW, timedelta(0), {})

    assert resting([suspended], KNOWN, {1: LATELY}, untold, (), NOW) == {1}


def test_who_was_answered_or_is_gone_is_forgotten_and_who_was_refused_now_is_remembered_from_now() -> None:
    before = {1: LATELY, 2: LATELY, 3: LATELY, 4: LATELY}

    after = remembered(before, here={1, 2, 3}, answered={2}, refused={3}, now=NOW)

    assert after == ((1, LATELY), (3, int(NOW.timestamp())))


def test_they_are_asked_behind_all_others() -> None:
    people = [person(number) for number in (3, 1, 2)]

    assert [each.user_id for each in unanswered_last(people, {3})] == [1, 2, 3]


def test_of_whom_nothing_was_told_nothing_is_asked_while_they_rest() -> None:
    unread = KNOWN[1]._replace(evidence=evidence()._replace(materials=None, attempts=None))

    assert attempts_to_read(ANNA, unread, told())
    assert not attempts_to_read(ANNA, unread, told(), left_alone=True)
    assert materials_to_read(ANNA, unread, [1], told())
    assert not materials_to_read(ANNA, unread, [1], told(), left_alone=True)


@pytest.mark.parametrize(
    ("status", "asked"), [(GradeStatus.RECORD_UNREADABLE, False), (GradeStatus.GRADE_HIDDEN, True)]
)
def test_a_grade_that_was_told_to_be_hidden_is_asked_again_and_one_that_was_refused_is_not(
    status: GradeStatus, asked: bool
) -> None:
    known = {1: KNOWN[1]._replace(evidence=evidence()._replace(grade=Grade(status)))}

    assert bool(grades_to_read([ANNA], known, {}, told(), left_alone={1})) is asked
