"""The order of seats, criterion by criterion: each decides only among those whom the ones before it leave equal."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from itertools import pairwise, permutations

import pytest
from builders import Candidate, angkatan, candidate, day, entry, placement
from placements import place

from latsar_sync.domain.decision import Outcome
from latsar_sync.domain.entry import HOLDS_A_SEAT, Admission, Entry, EntryState, Origin
from latsar_sync.rules.order_of_seats import beyond_capacity
from latsar_sync.store.listings import _rank

NOT_YET = Outcome.NOT_YET


def seated_first(people: list[Candidate], seats: int = 1) -> list[str]:
    """Return who gets the seats of a course with so many, when those who lack something may fill what is left."""
    roster = place(people, {}, (angkatan("I", seats),), placement(effect="warn"), {})
    return sorted(name for name, each in roster.items() if each.state in HOLDS_A_SEAT)


IN_ORDER: dict[str, list[Candidate]] = {
    "a person before the rule, the rule before an effect, whatever the time": [
        candidate("by a person", 9, outcome=NOT_YET, admitted=True, at=None),
        candidate("by the rule", 5, at=day(20)),
        candidate("by an effect", 1, outcome=NOT_YET, at=day(1), score="69"),
    ],
    "the time before the id, and no time last": [
        candidate("first", 9, at=day(1)),
        candidate("second", 5, at=day(2)),
        candidate("never", 1, at=None),
    ],
    "the time before the score among those let in by an effect": [
        candidate("earlier", 9, outcome=NOT_YET, at=day(1), score="10"),
        candidate("later", 1, outcome=NOT_YET, at=day(2), score="90"),
    ],
    "the score before the id among those let in by an effect": [
        candidate("better", 9, outcome=NOT_YET, score="69"),
        candidate("worse", 5, outcome=NOT_YET, score="0.5"),
        candidate("nought", 2, outcome=NOT_YET, score="0"),
    ],
    "no score counts as nought": [
        candidate("nought", 2, outcome=NOT_YET, score="0"),
        candidate("none", 9, outcome=NOT_YET),
    ],
    "the id, not the score, among those who qualified at one time": [
        candidate("lower id", 1, at=day(1), score="71"),
        candidate("higher id", 2, at=day(1), score="99"),
    ],
}


@pytest.mark.parametrize("people", IN_ORDER.values(), ids=IN_ORDER)
def test_seats_are_given_in_this_order(people: list[Candidate]) -> None:
    for first, second in pairwise(people):
        for shuffled in permutations([first, second]):
            assert seated_first(list(shuffled)) == [first.participant_id]


def test_whoever_sits_in_the_group_comes_before_whom_a_person_admits() -> None:
    sits = candidate("sits", 9, at=day(20), seated="I")
    by_a_person = candidate("by a person", 1, outcome=NOT_YET, admitted=True)
    roster = place([by_a_person, sits], {}, (angkatan("I", 1),), placement(), {})

    assert (roster["sits"].sat_there_before, roster["by a person"].sat_there_before) == (True, False)
    assert beyond_capacity(1, 2, [(each._replace(admission=Admission.RULE), None) for each in roster.values()]) == [
        roster["by a person"]._replace(admission=Admission.RULE, reason="over_capacity")
    ]


def test_whoever_sits_in_another_group_of_the_programme_comes_before_who_sits_in_none() -> None:
    people = [candidate("sits", 9, at=day(20), seated="II"), candidate("sits nowhere", 1, at=day(1))]

    roster = place(people, {}, (angkatan("I", 1), angkatan("II")), placement(), {})

    assert {name: each.state for name, each in roster.items()} == {
        "sits": EntryState.PLANNED,
        "sits nowhere": EntryState.WAITLISTED,
    }


def test_whoever_is_planned_by_the_placement_list_stays_planned() -> None:
    before = {"ani": entry("ani", EntryState.PLANNED, "II")._replace(source_user_id=1, admission=Admission.RULE)}
    courses = (angkatan("I"), angkatan("II", 0))

    assert place([candidate("ani", listed="II")], before, courses, placement("list"), {}) == {}


def test_whoever_is_on_a_finalised_list_is_no_late_comer() -> None:
    fixed = replace(placement(), finalised={"I": frozenset({"on it"})})

    roster = place([candidate("on it", 1), candidate("new", 2)], {}, (angkatan("I"),), fixed, {})

    assert {name: each.late for name, each in roster.items()} == {"on it": False, "new": True}


def planned(
    name: str, at: datetime | None = None, admission: Admission = Admission.RULE, source_user_id: int = 1
) -> Entry:
    return entry(name, EntryState.PLANNED)._replace(reached_at=at, admission=admission, source_user_id=source_user_id)


@pytest.mark.parametrize(
    ("taken", "waiting"), [(3, []), (4, ["third"]), (5, ["second", "third"]), (9, ["first", "second", "third"])]
)
def test_the_last_in_order_are_not_sent_into_a_course_that_is_too_full(taken: int, waiting: list[str]) -> None:
    ready = [(planned("third", day(3)), None), (planned("first", day(1)), None), (planned("second", day(2)), None)]

    held = beyond_capacity(3, taken, ready)

    assert sorted(each.participant_id for each in held) == waiting
    assert {each.reason for each in held} <= {"over_capacity"}
    assert beyond_capacity(None, taken, ready) == []


def test_who_must_wait_is_told_by_the_same_order_as_who_gets_a_seat() -> None:
    def last(*ready: tuple[Entry, str | None]) -> str:
        people = [(each, None if score is None else Decimal(score)) for each, score in ready]
        [one], [other] = beyond_capacity(1, 2, people), beyond_capacity(1, 2, people[::-1])
        assert one == other
        return one.participant_id

    sits = planned("sits", day(20), source_user_id=9)._replace(sat_there_before=True)
    warned = Admission.WARNED
    assert last((sits, None), (planned("sits nowhere", day(1)), None)) == "sits nowhere"
    assert last((planned("low", None, warned, 1), "60"), (planned("high", None, warned, 2), "69")) == "low"
    assert last(
        (planned("lower id", day(1), source_user_id=1), None), (planned("higher id", day(1), source_user_id=2), None)
    ) == ("higher id")


def test_whom_a_person_admits_is_sent_into_a_full_course() -> None:
    ready = [(planned("by a person", admission=Admission.OVERRIDE), None), (planned("by the rule", day(1)), None)]

    assert [each.participant_id for each in beyond_capacity(1, 9, ready)] == ["by the rule"]


@pytest.mark.parametrize("outcome", Outcome)
def test_a_review_of_a_kind_that_is_not_known_any_more_is_left_to_a_person(outcome: Outcome) -> None:
    old = entry("ani", EntryState.REVIEW, reason="of_an_older_version")

    assert place([candidate("ani", outcome=outcome)], {"ani": old}, (angkatan("I"),), placement(), {}) == {}


@pytest.mark.parametrize("outcome", [Outcome.UNDETERMINED, Outcome.HELD])
def test_whom_a_person_admits_is_sent_whatever_the_rule_cannot_tell(outcome: Outcome) -> None:
    before = {"ani": entry("ani", EntryState.PLANNED)._replace(admission=Admission.OVERRIDE)}

    changed = place([candidate("ani", outcome=outcome, admitted=True)], before, (angkatan("I"),), placement(), {})

    assert {**before, **changed}["ani"].reason is None


def test_each_who_sits_in_the_group_without_a_seat_of_theirs_takes_one() -> None:
    sitting = [candidate(f"sits {number}", number, outcome=Outcome.HELD, seated="I") for number in (1, 2)]
    waiting = [candidate(f"waits {number}", number, at=day(number)) for number in (3, 4)]

    roster = place([*sitting, *waiting], {}, (angkatan("I", 3),), placement(), {})

    assert {name: each.state for name, each in roster.items()} == {
        "waits 3": EntryState.PLANNED,
        "waits 4": EntryState.WAITLISTED,
    }


def test_what_is_known_of_the_same_course_is_kept_when_somebody_gets_a_seat_and_of_another_it_is_not() -> None:
    known = {
        "origin": Origin.FOUND,
        "site": "kelas",
        "course_id": 9,
        "course": "KLS-2026",
        "target_user_id": 501,
        "group_id": 31,
        "group": "Angkatan I",
        "lifted_from": "target_removed",
    }
    waits = entry("ani", EntryState.WAITLISTED, reason="over_capacity")._replace(**known)  # type: ignore[arg-type]

    def placed(*groups: str, admitted: bool) -> Entry:
        one = candidate("ani", groups=groups, admitted=admitted)
        return place([one], {"ani": waits}, (angkatan("I"), angkatan("II")), placement(), {})["ani"]

    here, there = placed("Angkatan I", admitted=True), placed("Angkatan II", admitted=True)
    released = placed("Angkatan I", admitted=False)

    assert released == waits.having(state=EntryState.WITHDRAWN, reason="target_removed", lifted_from=None)
    assert (here.state, {name: getattr(here, name) for name in known}) == (EntryState.PLANNED, known)
    assert (there.origin, there.site, there.target_user_id, there.lifted) == (None, None, None, False)


@pytest.mark.parametrize("people", IN_ORDER.values(), ids=IN_ORDER)
def test_the_roster_lists_people_in_the_order_in_which_seats_are_given(people: list[Candidate]) -> None:
    entries = place(people, {}, (angkatan("I", len(people)),), placement(effect="warn"), {})
    given = ((each, entries[each.participant_id]) for each in people)
    rows = [
        entry._asdict() | {"order_id": entry.source_user_id, "seated": entry.sat_there_before, "score": each.score}
        for each, entry in given
    ]

    for shuffled in permutations(rows):
        assert sorted(shuffled, key=_rank) == rows
