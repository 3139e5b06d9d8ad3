"""Which angkatan somebody is placed in (rule 11)."""

from datetime import date

import pytest
from builders import YESTERDAY, angkatan, candidate, day, entry, placement
from placements import CONFIRMED, COURSES, PLANNED, PUSHED, REVIEW, WAITLISTED, place, roster_after, standing

from latsar_sync.domain import many_people
from latsar_sync.domain.decision import Outcome
from latsar_sync.domain.entry import Entry, EntryState
from latsar_sync.domain.packed_ids import Ids
from latsar_sync.rules import order_of_seats as rule


@pytest.mark.parametrize(
    ("groups", "expected"),
    [
        (("Angkatan I",), (PLANNED, "I", None)),
        (("Angkatan II", "Panitia"), (PLANNED, "II", None)),
        ((), (REVIEW, None, "no_angkatan")),
        (("Angkatan III",), (REVIEW, None, "no_angkatan")),
        (("angkatan i",), (REVIEW, None, "no_angkatan")),
        (("Angkatan I ",), (REVIEW, None, "no_angkatan")),
        (("Angkatan I", "Angkatan II"), (REVIEW, None, "two_angkatan")),
    ],
)
def test_the_source_group_names_the_angkatan_exactly(
    groups: tuple[str, ...], expected: tuple[EntryState, str | None, str | None]
) -> None:
    assert standing(roster_after(candidate("ani", groups=groups))) == {"ani": expected}


@pytest.mark.parametrize(
    ("listed", "expected"),
    [("II", (PLANNED, "II", None)), (None, (REVIEW, None, "no_angkatan")), ("V", (REVIEW, None, "no_angkatan"))],
)
def test_the_placement_list_names_the_angkatan_whatever_the_group(
    listed: str | None, expected: tuple[EntryState, str | None, str | None]
) -> None:
    roster = roster_after(candidate("ani", listed=listed), how=placement("list"))

    assert standing(roster) == {"ani": expected}


def test_first_qualified_fills_one_angkatan_after_the_other() -> None:
    people = [candidate(name, number, at=day(number), groups=()) for number, name in enumerate("abcd", start=1)]
    roster = roster_after(*people, courses=(angkatan("I", 1), angkatan("II", 2)), how=placement("first_qualified"))

    assert standing(roster) == {
        "a": (PLANNED, "I", None),
        "b": (PLANNED, "II", None),
        "c": (PLANNED, "II", None),
        "d": (WAITLISTED, None, "over_capacity"),
    }


def test_first_qualified_passes_over_an_angkatan_that_is_closed() -> None:
    courses = (angkatan("I", closes=YESTERDAY), angkatan("II"))

    assert standing(roster_after(candidate("ani"), courses=courses, how=placement("first_qualified"))) == {
        "ani": (PLANNED, "II", None)
    }


def test_a_new_entry_says_since_when_and_in_which_turn() -> None:
    [placed] = roster_after(candidate("ani", 7, at=day(3))).values()

    assert placed == Entry("ani", PLANNED, "I", reached_at=day(3), source_user_id=7)


@pytest.mark.parametrize("kind", ["group", "list", "first_qualified"])
def test_an_angkatan_without_an_in_class_phase_has_no_roster(kind: str) -> None:
    """Rule 13."""
    assert roster_after(candidate("ani", listed="I"), courses=(angkatan("I", course=None),), how=placement(kind)) == {}


def test_an_unplaced_person_is_placed_once_the_group_is_mended() -> None:
    before = entry("ani", REVIEW, None, "two_angkatan")

    assert standing(roster_after(candidate("ani"), entries=(before,))) == {"ani": (PLANNED, "I", None)}


def test_an_unplaced_person_whose_cause_changes_is_told_the_new_cause() -> None:
    before = entry("ani", REVIEW, None, "two_angkatan")

    assert standing(roster_after(candidate("ani", groups=()), entries=(before,))) == {
        "ani": (REVIEW, None, "no_angkatan")
    }


def test_whoever_is_planned_follows_the_group_and_frees_the_seat() -> None:
    roster = roster_after(
        candidate("ani", 1, groups=("Angkatan II",)),
        candidate("budi", 2),
        entries=(entry("ani", PLANNED), entry("budi", WAITLISTED, reason="over_capacity")),
        courses=(angkatan("I", 1), angkatan("II", 1)),
    )

    assert standing(roster) == {"ani": (PLANNED, "II", None), "budi": (PLANNED, "I", None)}


@pytest.mark.parametrize("state", [PUSHED, CONFIRMED])
def test_whoever_was_sent_stays_in_the_angkatan_even_if_the_group_changes(state: EntryState) -> None:
    before = entry("ani", state)

    assert roster_after(candidate("ani", groups=("Angkatan II",)), entries=(before,)) == {"ani": before}


def test_a_write_without_an_answer_pins_the_angkatan() -> None:
    before = entry("ani", PLANNED, reason="push_unknown")

    after = roster_after(candidate("ani", groups=("Angkatan II",)), entries=(before,), pinned=("ani",))

    assert after == {"ani": before}


@pytest.mark.parametrize(
    ("outcome", "closes", "approval_needed"),
    [(Outcome.UNDETERMINED, None, False), (Outcome.QUALIFIED, YESTERDAY, False), (Outcome.QUALIFIED, None, True)],
)
def test_a_write_without_an_answer_pins_the_angkatan_while_the_entry_is_held_back(
    outcome: Outcome, closes: date | None, approval_needed: bool
) -> None:
    """Rule 8, no double enrolment: the write may have arrived, whatever holds the entry back since."""
    before = entry("ani", PLANNED, reason="push_unknown")
    courses, how = (angkatan("I", closes=closes), COURSES[1]), placement(approval_needed=approval_needed)
    held = candidate("ani", outcome=outcome)
    meanwhile = roster_after(held, entries=(before,), courses=courses, how=how, pinned=("ani",))
    moved = candidate("ani", groups=("Angkatan II",))
    after = roster_after(moved, entries=tuple(meanwhile.values()), pinned=("ani",))

    assert after["ani"].angkatan == "I"


def test_whoever_moves_to_another_angkatan_leaves_the_old_course_behind() -> None:
    """Listings show course and group beside the angkatan: they must not be those of the course that was left."""
    before = entry("ani", PLANNED, reason="push_rejected")._replace(
        site="kelas",
        course_id=9,
        course="KLS-I",
        group="Angkatan I",
        target_user_id=501,
    )
    after = roster_after(candidate("ani", groups=("Angkatan II",)), entries=(before,))["ani"]

    assert (after.state, after.angkatan) == (PLANNED, "II")
    assert after.course_id != before.course_id
    assert after.course != before.course
    assert after.group != before.group


def test_whoever_moves_to_an_angkatan_without_a_course_takes_no_seat_in_the_old_one() -> None:
    """Rules 11 and 13: one seat, one holder; nobody is sent to an angkatan that they left."""
    roster = roster_after(
        candidate("ani", 1, groups=("Angkatan III",)),
        candidate("budi", 2),
        entries=(entry("ani", PLANNED),),
        courses=(angkatan("I", 1), angkatan("III", course=None)),
    )

    assert [name for name, each in roster.items() if (each.state, each.angkatan) == (PLANNED, "I")] == ["budi"]


def test_whoever_comes_to_an_angkatan_without_a_course_is_no_longer_without_angkatan() -> None:
    """A mendable review clears by itself when mended."""
    before = entry("ani", REVIEW, None, "no_angkatan")
    roster = roster_after(candidate("ani"), entries=(before,), courses=(angkatan("I", course=None),))

    assert standing(roster) == {"ani": (WAITLISTED, "I", "no_class")}


@pytest.mark.parametrize("reason", ["over_capacity", "no_class"])
def test_whoever_waits_is_told_that_the_angkatan_has_no_course_and_gets_a_seat_when_it_has_one(reason: str) -> None:
    waiting = entry("ani", WAITLISTED, reason=reason)
    without = roster_after(candidate("ani"), entries=(waiting,), courses=(angkatan("I", course=None),))
    with_course = roster_after(candidate("ani"), entries=tuple(without.values()))

    assert standing(without) == {"ani": (WAITLISTED, "I", "no_class")}
    assert standing(with_course) == {"ani": (PLANNED, "I", None)}


def test_a_roster_that_is_held_packed_is_placed_like_any_other() -> None:
    people = [candidate(name, number, at=day(number)) for number, name in enumerate(("a" * 32, "b" * 32), start=1)]
    before = {"b" * 32: entry("b" * 32, REVIEW, None, "no_angkatan")}
    packed = many_people.by_id(Entry, Ids(before))
    packed.update(before)
    courses = (angkatan("I", 1), angkatan("II"))

    plain = place(people, before, courses, placement("first_qualified"), {})
    placed = place(people, packed, courses, placement("first_qualified"), {})

    assert type(placed) is type(packed)
    assert dict(placed) == plain
    assert standing(placed) == {"a" * 32: (PLANNED, "I", None), "b" * 32: (PLANNED, "II", None)}


def test_an_account_that_was_merged_into_another_takes_no_seat() -> None:
    who = candidate("ani").standing

    assert dict(rule.give_seats({who.participant_id: who}, {}, COURSES, placement(), {}, {})).keys() == {"ani"}
    assert dict(rule.give_seats({"ani": who._replace(merged=True)}, {}, COURSES, placement(), {}, {})) == {}
