"""The depth of a run, whom a night reads exactly, and what it may not believe on its own."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from builders import NOW, day, done, evidence, graded, person, reading_of, rules, threshold

from latsar_sync.domain.decision import Decision, Outcome
from latsar_sync.domain.entry import Entry, EntryState
from latsar_sync.domain.evidence import Evidence, Grade, GradeStatus, Materials
from latsar_sync.domain.participant import Enrolment, Participant
from latsar_sync.domain.records import Checkpoint, Record
from latsar_sync.domain.request import Depth, Request
from latsar_sync.rules import reading_once_more
from latsar_sync.rules.deciding import decide
from latsar_sync.rules.guard_limits import GuardLimits
from latsar_sync.rules.reading_depth import (
    depth_of,
    exact_tonight,
    may_change_unseen,
    of_angkatan,
    read_exactly,
    read_exactly_at,
)
from latsar_sync.rules.reading_once_more import costs_somebody, sample_loses, sample_of

LIMIT = threshold()


def record(
    number: int,
    seen: Evidence | None = None,
    read_at: datetime | None = NOW,
    enrolment: Enrolment = Enrolment.ACTIVE,
    groups: tuple[str, ...] = (),
) -> Record:
    who = person(number)._replace(enrolment=enrolment, groups=groups)
    seen = seen or evidence()
    decision = decide(seen, rules())
    return Record(Participant(f"p{number}", who, who.raw_key), seen, decision, NOW, read_at, read_at, None, 1, 1, 1, 1)


def confirmed(*numbers: int) -> dict[str, Entry]:
    return {f"p{number}": Entry(f"p{number}", EntryState.CONFIRMED, "I") for number in numbers}


# The depth


@pytest.mark.parametrize(
    ("full", "night_at", "night", "nights", "expected"),
    [
        pytest.param(timedelta(days=1), None, True, 14, Depth.NIGHT, id="the night after everything was read"),
        pytest.param(timedelta(days=6), timedelta(days=1), True, 14, Depth.NIGHT, id="six days after"),
        pytest.param(timedelta(days=6, hours=20), timedelta(1), True, 14, Depth.FULL, id="a week, some hours early"),
        pytest.param(timedelta(days=1), None, True, 1, Depth.FULL, id="every night everything"),
        pytest.param(timedelta(days=1), None, True, 2, Depth.NIGHT, id="everybody within two nights"),
        pytest.param(timedelta(0), None, True, 14, Depth.NIGHT, id="the moment in which everything was read"),
        pytest.param(timedelta(0), None, False, 14, Depth.INCREMENTAL, id="the same moment by day"),
        pytest.param(timedelta(days=-1), None, True, 14, Depth.FULL, id="read in the future"),
        pytest.param(
            timedelta(days=6), timedelta(hours=36), False, 14, Depth.INCREMENTAL, id="a night a day and a half ago"
        ),
        pytest.param(timedelta(days=6), timedelta(hours=37), False, 14, Depth.NIGHT, id="a night failed"),
        pytest.param(timedelta(hours=37), None, False, 1, Depth.FULL, id="a night failed, all in each"),
        pytest.param(
            timedelta(days=9), timedelta(hours=1), False, 14, Depth.INCREMENTAL, id="the next night reads everything"
        ),
        pytest.param(timedelta(days=9), timedelta(hours=-1), False, 14, Depth.FULL, id="a night in the future"),
    ],
)
def test_the_depth_at_which_a_run_begins(
    full: timedelta, night_at: timedelta | None, night: bool, nights: int, expected: Depth
) -> None:
    checkpoint = Checkpoint(4, 13, 7, NOW, NOW - full, NOW - night_at if night_at is not None else None)
    assert depth_of(Request("run", night=night), checkpoint, NOW, nights, doubtful=False) is expected


def test_where_it_is_not_known_when_everything_was_read_a_night_reads_it() -> None:
    assert depth_of(Request("run", night=True), None, NOW, 14, doubtful=False) is Depth.FULL
    assert depth_of(Request("run"), None, NOW, 14, doubtful=False) is Depth.INCREMENTAL


def test_what_is_doubtful_or_asked_for_is_read_whole_but_one_participant_alone_never() -> None:
    lately = Checkpoint(4, 13, 7, NOW, NOW)

    assert depth_of(Request("run"), lately, NOW, 14, doubtful=True) is Depth.FULL
    assert depth_of(Request("sync", full=True), lately, NOW, 14, doubtful=False) is Depth.FULL
    assert depth_of(Request("sync", nip="199508172025042001", full=True), lately, NOW, 14, True) is Depth.INCREMENTAL


# Whom


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        pytest.param(evidence("69.99"), True, id="a hundredth below the limit"),
        pytest.param(evidence("69.98999"), False, id="further below"),
        pytest.param(evidence("70.01", done(0)), True, id="waits for material"),
        pytest.param(evidence("90"), True, id="qualified and not confirmed"),
        pytest.param(evidence("40", done(0)), False, id="far from everything"),
        pytest.param(Evidence(Grade(GradeStatus.NO_GRADE), done()), False, id="no grade"),
        pytest.param(Evidence(Grade(GradeStatus.RECORD_UNREADABLE), done(0)), True, id="a grade that cannot be read"),
        pytest.param(evidence("90")._replace(materials=None), True, id="material not read"),
        pytest.param(evidence("90", done(0)), True, id="far above and lacks material"),
        pytest.param(evidence("70.5", done(0)), True, id="half a point above and lacks material"),
    ],
)
def test_whoever_is_near_the_limit_or_waits_is_read_in_every_night(seen: Evidence, expected: bool) -> None:
    assert may_change_unseen(record(1, seen), {}, LIMIT) is expected


def test_whoever_is_confirmed_waits_for_nothing_but_may_be_near_the_limit() -> None:
    people = {number: record(number, evidence(raw)) for number, raw in enumerate(("70.01", "70.01001", "90"), 1)}
    people[4] = record(4, evidence("40"), day(1))

    tonight = exact_tonight(people, confirmed(*people), LIMIT, 14)

    assert tonight == ({1, 4}, {1})


def test_whose_grade_alone_is_read_for_being_near_the_limit_comes_in_turn_with_all_they_completed() -> None:
    people = {number: record(number, evidence("70"), day(number)) for number in (1, 2, 3)}
    people = {number: each._replace(grade_as_of=NOW) for number, each in people.items()}
    in_turn = []

    for night in range(3):
        exactly, by_grade = exact_tonight(people, confirmed(*people), LIMIT, 3)
        assert exactly == people.keys()
        [whole] = exactly - by_grade
        in_turn.append(whole)
        people[whole] = people[whole]._replace(materials_as_of=NOW + timedelta(night))

    assert in_turn == [1, 2, 3]


def test_whoever_was_not_judged_is_read() -> None:
    assert may_change_unseen(record(1)._replace(decision=None), confirmed(1), LIMIT)
    assert not may_change_unseen(record(1, evidence("40")), {}, None)
    assert may_change_unseen(record(1, evidence("90")), {}, None)


def test_the_others_come_in_turn_the_longest_unread_first_and_each_within_so_many_nights() -> None:
    people = {number: record(number, evidence("40"), day(number)) for number in range(1, 29)}
    seen: set[int] = set()
    for night in range(14):
        chosen, _by_grade = exact_tonight(people, {}, LIMIT, 14)
        assert chosen == exact_tonight(people, {}, LIMIT, 14).exactly
        assert chosen == {2 * night + 1, 2 * night + 2}
        seen |= chosen
        people |= {number: people[number]._replace(grade_as_of=NOW + timedelta(night + 30)) for number in chosen}
        people |= {number: people[number]._replace(materials_as_of=people[number].grade_as_of) for number in chosen}
    assert seen == people.keys()


def test_whoever_waits_takes_nobody_s_turn_and_whoever_left_is_not_read() -> None:
    people = {
        1: record(1, evidence("90"), day(1)),
        2: record(2, evidence("40"), day(2), Enrolment.ENDED),
        3: record(3, evidence("40"), day(3)),
        4: record(4, evidence("40"), day(4)),
    }
    assert exact_tonight(people, {}, LIMIT, 14).exactly == {1, 3}


def test_a_value_that_never_was_read_makes_nobody_older() -> None:
    assert read_exactly_at(record(1)._replace(materials_as_of=day(2))) == day(2)
    unread = record(1, evidence("40")._replace(materials=None))._replace(materials_as_of=day(2))
    assert read_exactly_at(unread) == NOW
    assert read_exactly_at(record(1, read_at=None)) < day(1)


def test_an_angkatan_is_whoever_has_a_place_in_it_else_whoever_is_in_its_group() -> None:
    people = {
        1: record(1, groups=("Angkatan II",)),
        2: record(2, groups=("Angkatan I",)),
        3: record(3, groups=("Angkatan I",)),
        4: record(4),
    }
    entries = {"p1": Entry("p1", EntryState.PLANNED, "I"), "p3": Entry("p3", EntryState.PLANNED, "II")}
    assert of_angkatan(people, entries, "I", "Angkatan I", {}) == {1, 2}
    assert of_angkatan(people, entries, "I", "Angkatan I", {"p2": "II", "p4": "I"}) == {1, 4}
    assert of_angkatan(people, entries, "I", None, {}) == {1}

    second = people[3].participant._replace(merged_into=people[1].participant.id)
    people[3] = people[3]._replace(participant=second)
    assert of_angkatan(people, entries, "I", None, {}) == {1, 3}


def test_beside_the_signals_a_night_reads_whoever_is_due_and_an_angkatan_asked_for_is_read_whole() -> None:
    people = {number: record(number, evidence(raw)) for number, raw in ((1, "95"), (2, "95"), (3, "70.005"), (5, "95"))}
    people[4] = record(4, groups=("Angkatan I",))
    entries = {**confirmed(1, 2, 5), "p3": Entry("p3", EntryState.CONFIRMED, "II")}

    def read(depth: Depth, turn_nights: int = 3, **how: Any) -> frozenset[int]:
        groups = {"I": "Angkatan I", "II": None}
        return read_exactly(Request("uji", **how), depth, people, entries, LIMIT, turn_nights, groups, {}).exactly

    tonight = exact_tonight(people, entries, LIMIT, 3).exactly
    assert tonight == {1, 2, 3, 4}
    assert read(Depth.NIGHT) == tonight
    assert read(Depth.INCREMENTAL) == set()
    assert read(Depth.INCREMENTAL, angkatan="II") == {3}
    assert read(Depth.INCREMENTAL, angkatan="I") == {1, 2, 4, 5}
    assert read(Depth.NIGHT, angkatan="I") == tonight | {5}
    assert read(Depth.FULL, angkatan="II") == read(Depth.INCREMENTAL, nip=person(1).raw_key) == set()


# What a part of everybody may not conclude


def test_a_loss_is_seen_in_what_was_read_only(monkeypatch: pytest.MonkeyPatch) -> None:
    known = {number: record(number) for number in (1, 2)}
    people = tuple(each.participant.person for each in known.values())

    def costs(depth: Depth, *read: Any, **materials: Any) -> bool:
        return costs_somebody(known, reading_of(people, *read, **materials), rules(), depth, GuardLimits())

    for depth in (Depth.INCREMENTAL, Depth.NIGHT):
        assert not costs(depth, {1: graded("80")})
        assert costs(depth, {2: graded("60")})
        assert costs(depth, materials={2: done(0)})
    assert costs(Depth.NIGHT, materials={2: None})
    assert not costs(Depth.INCREMENTAL, materials={2: None})
    assert not costs(Depth.FULL, {2: graded("60")})
    assert costs(Depth.FULL, {2: Grade(GradeStatus.NO_GRADE)})
    monkeypatch.setattr(reading_once_more, "LEFT_MEANWHILE", 2)
    assert costs(Depth.FULL, dict.fromkeys((1, 2), Grade(GradeStatus.NO_GRADE)))
    monkeypatch.setattr(reading_once_more, "LEFT_MEANWHILE", 1)
    assert not costs(Depth.FULL, dict.fromkeys((1, 2), Grade(GradeStatus.NO_GRADE)))
    assert costs(Depth.NIGHT, dict.fromkeys((1, 2), Grade(GradeStatus.NO_GRADE)))


def test_of_very_many_a_sample_of_the_qualified_tells_whether_everybody_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    known = {number: record(number) for number in range(1, 26)}
    known[7] = record(7)._replace(decision=Decision(Outcome.NOT_YET))
    known[8] = record(8, enrolment=Enrolment.ENDED)
    monkeypatch.setattr(reading_once_more, "SAMPLE", 6)

    assert not sample_of(known, 5000, Depth.INCREMENTAL)
    assert not sample_of(known, 5001, Depth.NIGHT)
    assert sample_of(known, 5001, Depth.INCREMENTAL) == {1, 5, 11, 15, 19, 23}

    people = tuple(each.participant.person for each in known.values())
    sample = frozenset(known) - {7, 8}
    limits = GuardLimits(max_lost=2, max_lost_share=0.1)
    few, many = (
        reading_of(people, {number: graded("60" if number < lost else "80") for number in sample}) for lost in (3, 4)
    )
    assert not sample_loses(known, few, rules(), sample, limits)
    assert sample_loses(known, many, rules(), sample, limits)
    assert not sample_loses(known, many, rules(), sample - {1}, limits)


def test_what_another_limit_costs_and_whoever_was_not_qualified_are_no_loss() -> None:
    unqualified = record(2)._replace(decision=Decision(Outcome.NOT_YET))
    known = {1: record(1), 2: unqualified}
    people = (*(each.participant.person for each in known.values()), person(3))
    stricter = rules(threshold("90", version=2))

    fallen = reading_of(people, {2: graded("10"), 3: graded("10")})
    assert not costs_somebody(known, reading_of(people, {1: graded("80")}), stricter, Depth.NIGHT, GuardLimits())
    assert not costs_somebody(known, fallen, rules(), Depth.NIGHT, GuardLimits())


@pytest.mark.parametrize("depth", [Depth.INCREMENTAL, Depth.NIGHT])
@pytest.mark.parametrize(
    ("grade", "materials", "falls_back"),
    [
        pytest.param(Grade(GradeStatus.NO_GRADE), None, True, id="the grade is gone"),
        pytest.param(graded("39.99"), None, True, id="the score is less"),
        pytest.param(None, done(0, 0), True, id="less is done"),
        pytest.param(graded("40"), done(0), False, id="as it was"),
        pytest.param(graded("41"), Materials(99, open=tuple(range(98))), False, id="more is required"),
        pytest.param(Grade(GradeStatus.GRADE_UNREAD), None, False, id="nothing could be read"),
        pytest.param(None, replace(done(0, 0), open=(), unknown=done(0, 0).open), False, id="what is done is not told"),
    ],
)
def test_many_open_people_who_fall_back_together_make_a_run_read_everybody(
    depth: Depth, grade: Grade | None, materials: Materials | None, falls_back: bool
) -> None:
    """A reset of the course shows in those who are asked, though none of them has a qualification to lose."""
    known = {number: record(number, evidence("40", done(0))) for number in range(1, 101)}
    people = tuple(each.participant.person for each in known.values())

    def costs(number: int, limits: GuardLimits) -> bool:
        some = range(1, number + 1)
        grades = dict.fromkeys(known, graded("40")) | (dict.fromkeys(some, grade) if grade else {})
        completion = dict.fromkeys(some, materials) if materials else {}
        return costs_somebody(known, reading_of(people, grades, completion), rules(), depth, limits)

    assert costs(6, GuardLimits(max_lost=5, max_lost_share=0.05)) == falls_back
    assert not costs(5, GuardLimits(max_lost=5, max_lost_share=0.05))
    assert not costs(6, GuardLimits(max_lost=5, max_lost_share=0.06))
