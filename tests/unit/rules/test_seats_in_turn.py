"""In which turn seats are given, within which capacity, and until when (rule 11)."""

from dataclasses import replace
from datetime import date

import pytest
from builders import TODAY, TOMORROW, YESTERDAY, angkatan, candidate, day, entry, placement
from placements import CONFIRMED, COURSES, PLANNED, PUSHED, REVIEW, WAITLISTED, WITHDRAWN, place, roster_after, standing

from latsar_sync.domain.decision import Outcome
from latsar_sync.domain.entry import Entry, EntryState


def test_seats_go_by_the_time_the_limit_was_reached_then_by_id() -> None:
    roster = roster_after(
        candidate("late", 1, at=day(3)),
        candidate("never", 2),
        candidate("tied_high", 9, at=day(2)),
        candidate("tied_low", 8, at=day(2)),
        candidate("early", 10, at=day(1)),
        courses=(angkatan("I", 3),),
    )

    assert {name for name, each in roster.items() if each.state is PLANNED} == {"early", "tied_low", "tied_high"}
    assert {name for name, each in roster.items() if each.state is WAITLISTED} == {"late", "never"}


def test_without_a_time_the_lower_id_goes_first() -> None:
    roster = roster_after(candidate("b", 2), candidate("a", 1), courses=(angkatan("I", 1),))

    assert standing(roster) == {"a": (PLANNED, "I", None), "b": (WAITLISTED, "I", "over_capacity")}


def test_whoever_sits_there_already_comes_first() -> None:
    roster = roster_after(
        candidate("early", 1, at=day(1)), candidate("sitting", 2, at=day(9), seated="I"), courses=(angkatan("I", 1),)
    )

    assert standing(roster) == {"sitting": (PLANNED, "I", None), "early": (WAITLISTED, "I", "over_capacity")}


@pytest.mark.parametrize(("foreign", "state"), [(0, PLANNED), (1, PLANNED), (2, WAITLISTED), (9, WAITLISTED)])
def test_students_of_others_take_seats_too(foreign: int, state: EntryState) -> None:
    roster = roster_after(candidate("ani"), courses=(angkatan("I", 2),), foreign={"I": foreign, "II": 0})

    assert roster["ani"].state is state


@pytest.mark.parametrize(
    ("holder", "holds"),
    [
        (entry("old", PLANNED), True),
        (entry("old", PUSHED), True),
        (entry("old", CONFIRMED), True),
        (entry("old", REVIEW, reason="no_longer_qualifies"), True),
        (entry("old", REVIEW, reason="target_account_missing"), True),
        (entry("old", REVIEW, None, "two_angkatan"), False),
        (entry("old", WITHDRAWN, reason="target_removed"), False),
    ],
)
def test_a_seat_is_taken_by_planned_pushed_confirmed_and_review(holder: Entry, holds: bool) -> None:
    groups = ("Angkatan I", "Angkatan II") if holder.angkatan is None else ("Angkatan I",)
    roster = roster_after(
        candidate("old", 1, groups=groups),
        candidate("new", 2),
        entries=(holder,),
        courses=(angkatan("I", 1), COURSES[1]),
    )

    assert roster["new"].state is (WAITLISTED if holds else PLANNED)


def test_without_a_capacity_everybody_sits() -> None:
    roster = roster_after(*(candidate(str(number), number) for number in range(300)))

    assert {each.state for each in roster.values()} == {PLANNED}


def test_whoever_waits_moves_up_when_a_seat_frees() -> None:
    people = candidate("first", 1, at=day(1)), candidate("second", 2, at=day(2)), candidate("third", 3, at=day(3))
    waiting = tuple(entry(name, WAITLISTED, reason="over_capacity") for name in ("second", "third"))
    full, freed = entry("first", CONFIRMED), entry("first", WITHDRAWN, reason="target_removed")
    one_seat = (angkatan("I", 1),)

    assert standing(roster_after(*people, entries=(full, *waiting), courses=one_seat)) == {
        "first": (CONFIRMED, "I", None),
        "second": (WAITLISTED, "I", "over_capacity"),
        "third": (WAITLISTED, "I", "over_capacity"),
    }
    assert standing(roster_after(*people, entries=(freed, *waiting), courses=one_seat)) == {
        "first": (WITHDRAWN, "I", "target_removed"),
        "second": (PLANNED, "I", None),
        "third": (WAITLISTED, "I", "over_capacity"),
    }


@pytest.mark.parametrize("outcome", Outcome)
@pytest.mark.parametrize("known", [None, entry("sits", WAITLISTED, reason="over_capacity")])
def test_whoever_sits_in_the_group_without_a_seat_of_theirs_takes_one(outcome: Outcome, known: Entry | None) -> None:
    """Waiting, held, not judged or without an entry: put into the group by hand, they take up a seat all the same."""
    people = (candidate("sits", 1, outcome=outcome, seated="I"), candidate("next", 2, at=day(1)))
    roster = roster_after(*people, entries=(known,) if known else (), courses=(angkatan("I", 1),))

    assert (roster["next"].state, roster["next"].reason) == (WAITLISTED, "over_capacity")


def test_a_smaller_capacity_takes_no_seat_away() -> None:
    before = (entry("ani", PLANNED), entry("budi", CONFIRMED))
    people = (candidate("ani", 1), candidate("budi", 2), candidate("citra", 3))
    roster = roster_after(*people, entries=before, courses=(angkatan("I", 1),))

    assert standing(roster) == {
        "ani": (PLANNED, "I", None),
        "budi": (CONFIRMED, "I", None),
        "citra": (WAITLISTED, "I", "over_capacity"),
    }


def test_a_roster_that_stands_is_no_change() -> None:
    """Rule 8: place returns only what is new or changed, so nothing is written for whoever stays as listed."""
    people = [candidate(name, number, at=day(number)) for number, name in enumerate(["ani", "budi", "citra"], start=1)]
    people.append(candidate("dewi", 4, groups=()))
    courses = (angkatan("I", 2), angkatan("II"))
    first = place(people, {}, courses, placement(), {})

    assert [first[name].state for name in ("ani", "budi", "citra", "dewi")] == [PLANNED, PLANNED, WAITLISTED, REVIEW]
    assert place(people, first, courses, placement(), {}) == {}


# Until when: rule 11


@pytest.mark.parametrize(
    ("closes", "expected"),
    [
        (None, (PLANNED, "I", None)),
        (TOMORROW, (PLANNED, "I", None)),
        (TODAY, (PLANNED, "I", None)),
        (YESTERDAY, (WAITLISTED, "I", "admission_closed")),
    ],
)
def test_nobody_new_gets_a_seat_after_the_last_day_of_admission(
    closes: date | None, expected: tuple[EntryState, str | None, str | None]
) -> None:
    courses = (replace(angkatan("I"), admit_until=closes),)

    assert standing(roster_after(candidate("ani"), courses=courses)) == {"ani": expected}


def test_a_full_and_open_angkatan_is_full_not_closed() -> None:
    courses = (angkatan("I", closes=YESTERDAY), angkatan("II", 1))
    roster = roster_after(candidate("ani"), courses=courses, how=placement("first_qualified"), foreign={"II": 1})

    assert standing(roster) == {"ani": (WAITLISTED, None, "over_capacity")}


def test_whoever_was_planned_keeps_the_seat_but_is_not_sent_after_the_last_day() -> None:
    closed = roster_after(
        candidate("ani"), entries=(entry("ani", PLANNED),), courses=(angkatan("I", closes=YESTERDAY),)
    )
    reopened = roster_after(candidate("ani"), entries=tuple(closed.values()), courses=(angkatan("I", closes=TODAY),))

    assert standing(closed) == {"ani": (PLANNED, "I", "admission_closed")}
    assert standing(reopened) == {"ani": (PLANNED, "I", None)}


def test_whoever_waited_for_a_later_last_day_gets_a_seat_then() -> None:
    before = entry("ani", WAITLISTED, reason="admission_closed")

    assert standing(roster_after(candidate("ani"), entries=(before,))) == {"ani": (PLANNED, "I", None)}
