"""Who gets which seat (rules 2, 4, 5, 11, 13, 14, 17): in turn, within capacity, nothing taken."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from random import Random

import pytest
from builders import TODAY, TOMORROW, YESTERDAY, angkatan, candidate, day, entry, placement
from hypothesis import given
from hypothesis import strategies as st

from latsar_sync.domain.decision import Gate, Outcome
from latsar_sync.domain.entry import HOLDS_A_SEAT, Admission, Entry, EntryState, Origin
from latsar_sync.domain.in_class import Angkatan
from latsar_sync.rules.placement import NOT_SENT, Candidate, Placement, hold_back, place, why_no_seat

PLANNED, PUSHED, CONFIRMED = EntryState.PLANNED, EntryState.PUSHED, EntryState.CONFIRMED
WAITLISTED, REVIEW, WITHDRAWN = EntryState.WAITLISTED, EntryState.REVIEW, EntryState.WITHDRAWN
COURSES = (angkatan("I"), angkatan("II"))


def roster_after(
    *people: Candidate,
    entries: tuple[Entry, ...] = (),
    courses: tuple[Angkatan, ...] = COURSES,
    how: Placement | None = None,
    foreign: Mapping[str, int] | None = None,
    pinned: tuple[str, ...] = (),
) -> dict[str, Entry]:
    """Return the whole roster after placement."""
    before = {each.participant_id: each for each in entries}
    return {**before, **place(people, before, courses, how or placement(), foreign or {}, pinned)}


def standing(roster: Mapping[str, Entry]) -> dict[str, tuple[EntryState, str | None, str | None]]:
    return {name: (each.state, each.angkatan, each.reason) for name, each in roster.items()}


# Which angkatan: rule 11


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

    assert placed == Entry("ani", PLANNED, "I", reached_at=day(3), order_id=7)


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


# In which turn, and within which capacity: rule 11


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
    courses = (replace(angkatan("I"), admission_closes=closes),)

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


# What a decision does to each state

OVER, ACCOUNT, GONE = "over_capacity", "target_account_missing", "no_longer_qualifies"


@pytest.mark.parametrize(
    ("before", "outcome", "state", "reason"),
    [
        (None, Outcome.QUALIFIED, PLANNED, None),
        (entry("ani", WAITLISTED, reason=OVER), Outcome.QUALIFIED, PLANNED, None),
        (entry("ani", WAITLISTED, reason=OVER), Outcome.UNDETERMINED, WAITLISTED, OVER),
        (entry("ani", WAITLISTED, reason=OVER), Outcome.HELD, WAITLISTED, "held"),
        (entry("ani", WAITLISTED, reason="held"), Outcome.QUALIFIED, PLANNED, None),
        (entry("ani", PLANNED), Outcome.QUALIFIED, PLANNED, None),
        (entry("ani", PLANNED, reason="push_unknown"), Outcome.QUALIFIED, PLANNED, "push_unknown"),
        (entry("ani", PLANNED, reason="push_rejected"), Outcome.QUALIFIED, PLANNED, "push_rejected"),
        (entry("ani", PLANNED, reason="undetermined"), Outcome.QUALIFIED, PLANNED, None),
        (entry("ani", PLANNED), Outcome.NOT_YET, REVIEW, GONE),
        (entry("ani", PLANNED), Outcome.UNDETERMINED, PLANNED, "undetermined"),
        (entry("ani", PUSHED), Outcome.QUALIFIED, PUSHED, None),
        (entry("ani", PUSHED), Outcome.NOT_YET, REVIEW, GONE),
        (entry("ani", PUSHED), Outcome.UNDETERMINED, PUSHED, None),
        (entry("ani", PUSHED), Outcome.HELD, PUSHED, None),
        (entry("ani", CONFIRMED), Outcome.QUALIFIED, CONFIRMED, None),
        (entry("ani", CONFIRMED), Outcome.NOT_YET, REVIEW, GONE),
        (entry("ani", CONFIRMED), Outcome.UNDETERMINED, CONFIRMED, None),
        (entry("ani", CONFIRMED), Outcome.HELD, CONFIRMED, None),
        (entry("ani", REVIEW, reason=ACCOUNT), Outcome.QUALIFIED, REVIEW, ACCOUNT),
        (entry("ani", REVIEW, reason=ACCOUNT), Outcome.NOT_YET, REVIEW, GONE),
        (entry("ani", REVIEW, reason=ACCOUNT), Outcome.UNDETERMINED, REVIEW, ACCOUNT),
        (entry("ani", REVIEW, reason=ACCOUNT), Outcome.HELD, REVIEW, ACCOUNT),
        (entry("ani", REVIEW, reason=GONE), Outcome.QUALIFIED, PLANNED, None),
        (entry("ani", REVIEW, reason=GONE), Outcome.NOT_YET, REVIEW, GONE),
        (entry("ani", REVIEW, reason=GONE), Outcome.UNDETERMINED, REVIEW, GONE),
        (entry("ani", WITHDRAWN, reason="target_removed"), Outcome.QUALIFIED, WITHDRAWN, "target_removed"),
        (entry("ani", WITHDRAWN, reason="target_removed"), Outcome.NOT_YET, WITHDRAWN, "target_removed"),
        (entry("ani", WITHDRAWN, reason="target_removed"), Outcome.UNDETERMINED, WITHDRAWN, "target_removed"),
    ],
)
def test_a_decision_moves_an_entry(
    before: Entry | None, outcome: Outcome, state: EntryState, reason: str | None
) -> None:
    roster = roster_after(candidate("ani", outcome=outcome), entries=(before,) if before else ())

    assert standing(roster) == {"ani": (state, "I", reason)}


def test_whoever_only_waited_for_a_seat_takes_none_by_losing_the_right_to_it() -> None:
    """Review holds a seat of its angkatan (rule 11): without one it keeps nobody else out."""
    before = entry("ani", WAITLISTED, reason=OVER)
    people = (candidate("ani", 1, Outcome.NOT_YET), candidate("budi", 2))
    roster = roster_after(*people, entries=(before,), courses=(angkatan("I", 1),))

    assert standing(roster) == {"ani": (REVIEW, None, GONE), "budi": (PLANNED, "I", None)}


@pytest.mark.parametrize(("capacity", "after"), [(1, (WAITLISTED, "I", OVER)), (2, (PLANNED, "I", None))])
def test_who_lost_the_right_while_waiting_waits_again_once_it_is_back(capacity: int, after: object) -> None:
    entries = (entry("ani", REVIEW, None, GONE), entry("budi", CONFIRMED))
    people = (candidate("ani", 1), candidate("budi", 2))
    roster = roster_after(*people, entries=entries, courses=(angkatan("I", capacity),))

    assert standing(roster)["ani"] == after


def test_an_unplaced_person_who_cannot_be_told_for_sure_stays_as_listed() -> None:
    before = entry("ani", REVIEW, None, "no_angkatan")

    assert roster_after(candidate("ani", outcome=Outcome.UNDETERMINED), entries=(before,)) == {"ani": before}


@pytest.mark.parametrize("outcome", [Outcome.NOT_YET, Outcome.UNDETERMINED, Outcome.HELD])
def test_nobody_who_did_not_qualify_gets_an_entry(outcome: Outcome) -> None:
    assert roster_after(candidate("ani", outcome=outcome)) == {}


def test_whoever_is_held_is_not_sent() -> None:
    """Rule 15: a hold beats the rule; a planned person who is held must not be enrolled."""
    after = roster_after(candidate("ani", outcome=Outcome.HELD), entries=(entry("ani", PLANNED),))["ani"]

    assert after.state is not PLANNED or after.reason in NOT_SENT


# When the rule is unmet: rule 14


@pytest.mark.parametrize(
    ("effect", "fill_from", "admission"),
    [
        ("block", None, None),
        ("block", YESTERDAY, None),
        ("prioritise", None, None),
        ("prioritise", TOMORROW, None),
        ("prioritise", TODAY, Admission.FILLED),
        ("prioritise", YESTERDAY, Admission.FILLED),
        ("warn", None, Admission.WARNED),
    ],
)
@pytest.mark.parametrize("outcome", [Outcome.NOT_YET, Outcome.UNDETERMINED, Outcome.HELD])
def test_the_effect_admits_only_who_was_fully_read(
    effect: str, fill_from: date | None, admission: Admission | None, outcome: Outcome
) -> None:
    how = replace(placement(effect=effect), fill_from=fill_from)
    roster = roster_after(candidate("ani", outcome=outcome), how=how)

    if admission is None or outcome is not Outcome.NOT_YET:
        assert roster == {}
    else:
        assert (roster["ani"].state, roster["ani"].admission) == (PLANNED, admission)


def test_others_fill_only_what_the_qualified_leave_and_the_best_first() -> None:
    roster = roster_after(
        candidate("weak", 1, Outcome.NOT_YET, score="50"),
        candidate("none", 2, Outcome.NOT_YET),
        candidate("strong", 3, Outcome.NOT_YET, score="69"),
        candidate("open_materials", 4, Outcome.NOT_YET, at=day(20), score="90"),
        candidate("qualified", 5, at=day(23), score="70"),
        courses=(angkatan("I", 3),),
        how=placement(effect="prioritise", fill_from=TODAY),
    )

    assert {name for name, each in roster.items() if each.state is PLANNED} == {
        "qualified",
        "open_materials",
        "strong",
    }


def test_the_qualified_are_not_ranked_by_score() -> None:
    roster = roster_after(
        candidate("best", 2, at=day(2), score="99"),
        candidate("first", 1, at=day(1), score="70"),
        courses=(angkatan("I", 1),),
    )

    assert roster["first"].state is PLANNED


def test_whoever_filled_a_seat_and_then_qualifies_sits_by_the_rule() -> None:
    before = entry("ani", PLANNED)._replace(admission=Admission.FILLED)

    assert roster_after(candidate("ani"), entries=(before,))["ani"].admission is Admission.RULE


def test_whoever_filled_a_seat_keeps_it() -> None:
    before = tuple(
        entry(name, state)._replace(admission=Admission.FILLED)
        for name, state in (("ani", PLANNED), ("budi", CONFIRMED))
    )
    people = (candidate("ani", 1, Outcome.NOT_YET), candidate("budi", 2, Outcome.NOT_YET), candidate("citra", 3))
    how = placement(effect="prioritise", fill_from=TODAY)
    roster = roster_after(*people, entries=before, courses=(angkatan("I", 2),), how=how)

    assert standing(roster) == {
        "ani": (PLANNED, "I", None),
        "budi": (CONFIRMED, "I", None),
        "citra": (WAITLISTED, "I", "over_capacity"),
    }


@pytest.mark.parametrize("state", [PLANNED, PUSHED, CONFIRMED])
def test_whoever_sat_by_the_rule_and_lost_it_is_reviewed_not_refilled(state: EntryState) -> None:
    how = placement(effect="prioritise", fill_from=TODAY)
    roster = roster_after(candidate("ani", outcome=Outcome.NOT_YET), entries=(entry("ani", state),), how=how)

    assert standing(roster) == {"ani": (REVIEW, "I", "no_longer_qualifies")}


def test_with_a_mere_warning_nobody_is_reviewed_for_the_rule() -> None:
    people = (candidate("ani", 1, Outcome.NOT_YET), candidate("budi", 2, Outcome.NOT_YET))
    before = (entry("ani", PLANNED), entry("budi", CONFIRMED))
    roster = roster_after(*people, entries=before, how=placement(effect="warn"))

    assert standing(roster) == {"ani": (PLANNED, "I", None), "budi": (CONFIRMED, "I", None)}
    assert roster["ani"].admission is Admission.WARNED


def test_a_filled_seat_goes_to_review_when_the_effect_is_blocked_again() -> None:
    before = entry("ani", CONFIRMED)._replace(admission=Admission.FILLED)

    assert standing(roster_after(candidate("ani", outcome=Outcome.NOT_YET), entries=(before,))) == {
        "ani": (REVIEW, "I", "no_longer_qualifies")
    }


# Several gates: rules 12 to 14


@pytest.mark.parametrize(
    ("lacks", "effect", "clearance_effect", "admission"),
    [
        ([Gate.CLEARANCE], "block", None, None),
        ([Gate.CLEARANCE], "block", "warn", Admission.WARNED),
        ([Gate.CLEARANCE], "warn", "block", None),
        ([Gate.CLEARANCE], "block", "prioritise", Admission.FILLED),
        ([Gate.MOOC], "prioritise", "block", Admission.FILLED),
        ([Gate.MOOC], "block", "warn", None),
        ([Gate.MOOC, Gate.CLEARANCE], "prioritise", None, Admission.FILLED),
        ([Gate.MOOC, Gate.CLEARANCE], "prioritise", "block", None),
        ([Gate.MOOC, Gate.CLEARANCE], "prioritise", "warn", Admission.FILLED),
        ([Gate.MOOC, Gate.CLEARANCE], "warn", "warn", Admission.WARNED),
        ([Gate.MOOC, Gate.CLEARANCE], "warn", None, Admission.WARNED),
    ],
)
def test_of_several_unmet_gates_the_strictest_effect_counts(
    lacks: list[Gate], effect: str, clearance_effect: str | None, admission: Admission | None
) -> None:
    how = replace(placement(effect=effect, fill_from=TODAY), clearance_effect=clearance_effect)
    roster = roster_after(candidate("ani", outcome=Outcome.NOT_YET, lacks=lacks), how=how)

    assert {name: each.admission for name, each in roster.items()} == ({"ani": admission} if admission else {})


PAPERS = [Gate.CLEARANCE]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (entry("ani", PLANNED), (REVIEW, "I", "clearance_unmet")),
        (entry("ani", CONFIRMED)._replace(origin=Origin.PUSHED), (REVIEW, "I", "clearance_unmet")),
        (entry("ani", REVIEW, reason=ACCOUNT), (REVIEW, "I", "clearance_unmet")),
        (entry("ani", WAITLISTED, reason=OVER), (WAITLISTED, "I", "clearance_unmet")),
        (entry("ani", REVIEW, reason=GONE), (REVIEW, "I", "clearance_unmet")),
    ],
)
def test_whoever_lacks_only_a_clearance_is_reviewed_or_waits_on(
    before: Entry, after: tuple[EntryState, str | None, str | None]
) -> None:
    roster = roster_after(candidate("ani", outcome=Outcome.NOT_YET, lacks=PAPERS), entries=(before,))

    assert standing(roster) == {"ani": after}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (entry("ani", REVIEW, reason="clearance_unmet"), (PLANNED, "I", None)),
        (entry("ani", REVIEW, reason=GONE), (PLANNED, "I", None)),
        (entry("ani", REVIEW, reason=GONE)._replace(origin=Origin.PUSHED), (PUSHED, "I", None)),
        (entry("ani", REVIEW, reason="clearance_unmet")._replace(origin=Origin.FOUND), (PUSHED, "I", None)),
        (entry("ani", WAITLISTED, reason="clearance_unmet"), (PLANNED, "I", None)),
    ],
)
def test_a_review_for_want_of_qualification_ends_by_itself_and_the_course_tells_the_rest(
    before: Entry, after: tuple[EntryState, str | None, str | None]
) -> None:
    assert standing(roster_after(candidate("ani"), entries=(before,))) == {"ani": after}


def test_a_seat_stays_with_whoever_waits_for_a_clearance() -> None:
    people = (candidate("ani", 1, Outcome.NOT_YET, lacks=PAPERS), candidate("budi", 2))
    roster = roster_after(*people, entries=(entry("ani", PLANNED),), courses=(angkatan("I", 1),))

    assert standing(roster)["budi"] == (WAITLISTED, "I", OVER)


def test_whoever_lost_the_score_too_is_in_review_for_both() -> None:
    before = entry("ani", REVIEW, reason="clearance_unmet")
    lost = candidate("ani", outcome=Outcome.NOT_YET, lacks=Gate)

    assert standing(roster_after(lost, entries=(before,))) == {"ani": (REVIEW, "I", GONE)}


def test_an_angkatan_without_its_own_clearance_is_passed_over_by_the_rule_but_not_by_a_person() -> None:
    how = replace(placement("first_qualified"), barred=frozenset({"I"}))
    people = (candidate("ani", 1), candidate("budi", 2, admitted=True))

    assert standing(roster_after(*people, how=how)) == {"ani": (PLANNED, "II", None), "budi": (PLANNED, "I", None)}


def test_where_every_angkatan_lacks_its_clearance_people_wait_for_it() -> None:
    how = replace(placement("first_qualified"), barred=frozenset({"I", "II"}))

    assert standing(roster_after(candidate("ani"), how=how)) == {"ani": (WAITLISTED, None, "clearance_unmet")}


# Moved by a person (pindah angkatan)


@pytest.mark.parametrize("kind", ["group", "list", "first_qualified"])
def test_a_move_beats_every_placement(kind: str) -> None:
    moved = candidate("ani", groups=("Angkatan I",), listed="I", moved="II")

    assert standing(roster_after(moved, how=placement(kind))) == {"ani": (PLANNED, "II", None)}


def test_a_planned_entry_that_was_moved_stays_where_it_was_moved() -> None:
    before = entry("ani", PLANNED, "II")

    assert roster_after(candidate("ani", moved="II"), entries=(before,)) == {"ani": before}


def test_whoever_was_moved_to_an_angkatan_that_left_the_configuration_needs_a_person() -> None:
    assert standing(roster_after(candidate("ani", moved="IX"))) == {"ani": (REVIEW, None, "no_angkatan")}


# Finalised and late: rules 15 and 17


def test_after_the_decree_newcomers_are_seated_but_wait_for_an_amendment() -> None:
    how = replace(placement(), finalised={"I": frozenset({"ani"})})
    roster = roster_after(candidate("ani", 1), candidate("budi", 2), entries=(entry("ani", PLANNED),), how=how)

    assert standing(roster) == {"ani": (PLANNED, "I", None), "budi": (PLANNED, "I", "awaiting_amendment")}
    assert (roster["ani"].late, roster["budi"].late) == (False, True)


def test_whoever_an_amendment_took_in_is_sent() -> None:
    waiting = entry("budi", PLANNED, reason="awaiting_amendment")._replace(late=True)
    how = replace(placement(), finalised={"I": frozenset({"budi"})})

    assert roster_after(candidate("budi"), entries=(waiting,), how=how) == {"budi": waiting._replace(reason=None)}


def test_whoever_a_person_admits_after_the_last_day_is_a_late_comer() -> None:
    closed = angkatan("I", closes=YESTERDAY)
    people = (candidate("ani", 1, admitted=True), candidate("budi", 2), candidate("citra", 3, seated="I"))
    roster = roster_after(*people, courses=(closed,))

    assert {name: each.late for name, each in roster.items()} == {"ani": True, "budi": False, "citra": False}
    assert roster["budi"].state is WAITLISTED


@pytest.mark.parametrize(
    ("in_class_course", "reason"),
    [
        (angkatan("I"), None),
        (angkatan("I", 2), None),
        (angkatan("I", 1), OVER),
        (angkatan("I", closes=TODAY), None),
        (angkatan("I", closes=YESTERDAY), "admission_closed"),
    ],
)
def test_an_angkatan_says_why_it_has_no_seat(in_class_course: Angkatan, reason: str | None) -> None:
    entries = (
        entry("ani", PLANNED),
        entry("budi", WAITLISTED),
        entry("citra", CONFIRMED, "II"),
        entry("dewi", CONFIRMED, "II"),
        entry("eka", WITHDRAWN),
    )

    assert why_no_seat(in_class_course, entries, TODAY) == reason


# A human may confirm: rule 17


def test_with_push_confirmed_a_planned_entry_waits_for_approval() -> None:
    how = placement(approval_needed=True)
    waiting = roster_after(candidate("ani"), how=how)
    approved = waiting["ani"]._replace(approved_by="Sari")

    assert standing(waiting) == {"ani": (PLANNED, "I", "awaiting_approval")}
    assert standing(roster_after(candidate("ani"), entries=(approved,), how=how)) == {"ani": (PLANNED, "I", None)}


def test_with_push_auto_again_nobody_waits_for_approval() -> None:
    before = entry("ani", PLANNED, reason="awaiting_approval")

    assert standing(roster_after(candidate("ani"), entries=(before,))) == {"ani": (PLANNED, "I", None)}


@pytest.mark.parametrize(
    ("closes", "approved_by", "outcome", "reason"),
    [
        (YESTERDAY, None, Outcome.UNDETERMINED, "undetermined"),
        (YESTERDAY, None, Outcome.HELD, "held"),
        (YESTERDAY, None, Outcome.QUALIFIED, "admission_closed"),
        (TODAY, None, Outcome.QUALIFIED, "awaiting_approval"),
        (TODAY, "Sari", Outcome.QUALIFIED, None),
    ],
)
def test_the_gravest_cause_holds_a_planned_entry_back(
    closes: date | None, approved_by: str | None, outcome: Outcome, reason: str | None
) -> None:
    planned = entry("ani", PLANNED, reason="awaiting_approval")._replace(approved_by=approved_by)
    in_class_course = replace(angkatan("I"), admission_closes=closes)

    assert hold_back(planned, in_class_course, placement(approval_needed=True), outcome).reason == reason


def test_an_angkatan_that_left_the_configuration_closes_nothing() -> None:
    assert hold_back(entry("ani", PLANNED, "IX"), None, placement()).reason is None


# Students of others


# For any roster


@st.composite
def programmes(
    draw: st.DrawFn,
) -> tuple[list[Candidate], dict[str, Entry], tuple[Angkatan, ...], Placement, dict[str, int]]:
    """Draw a programme of two courses and an angkatan without one, with people in every standing that can be."""
    people, entries = [], {}
    for order_id in range(1, draw(st.integers(1, 7)) + 1):
        name = f"p{order_id}"
        people.append(
            candidate(
                name,
                order_id,
                outcome=draw(st.sampled_from(Outcome)),
                at=draw(st.none() | st.integers(1, 4).map(day)),
                groups=draw(st.sampled_from(MEMBERSHIPS)),
                score=draw(st.sampled_from([None, "50", "69.99999", "80"])),
                listed=draw(st.sampled_from([None, "I", "II", "III"])),
                seated=draw(st.sampled_from([None, "I", "II"])),
                moved=draw(st.sampled_from([None, None, None, "I", "II", "III", "IX"])),
                lacks=draw(st.sets(st.sampled_from(Gate), min_size=1)),
            )
        )
        known = draw(st.none() | st.sampled_from(STANDINGS))
        if known is not None:
            entries[name] = known._replace(participant_id=name, admission=draw(st.sampled_from(Admission)))
    capacities = st.none() | st.integers(1, 3)
    closings = st.sampled_from([None, YESTERDAY, TODAY])
    courses = (
        angkatan("I", draw(capacities), draw(closings)),
        angkatan("II", draw(capacities), draw(closings)),
        angkatan("III", course=None),
    )
    how = Placement(
        kind=draw(st.sampled_from(["group", "list", "first_qualified"])),
        effect=draw(st.sampled_from(["block", "prioritise", "warn"])),
        today=TODAY,
        fill_from=draw(st.sampled_from([None, YESTERDAY, TOMORROW])),
        approval_needed=draw(st.booleans()),
        clearance_effect=draw(st.sampled_from([None, "block", "prioritise", "warn"])),
        finalised=draw(st.sampled_from([{}, {"I": frozenset({"p1"})}, {"I": frozenset(), "II": frozenset({"p2"})}])),
        barred=draw(st.sampled_from([frozenset(), frozenset({"I"}), frozenset({"I", "II"})])),
    )
    foreign = {name: draw(st.integers(0, 2)) for name in ("I", "II")}
    return people, entries, courses, how, foreign


MEMBERSHIPS = [("Angkatan I",), ("Angkatan II",), ("Angkatan III",), (), ("Angkatan I", "Angkatan II")]
STANDINGS = [
    *(
        entry("", PLANNED, angkatan, reason)
        for angkatan in ("I", "II")
        for reason in (None, "push_unknown", "push_rejected", *sorted(NOT_SENT))
    ),
    *(
        entry("", state, angkatan)._replace(origin=Origin.PUSHED)
        for angkatan in ("I", "II")
        for state in (PUSHED, CONFIRMED)
    ),
    *(entry("", WAITLISTED, angkatan, "over_capacity") for angkatan in ("I", "II", None)),
    entry("", WAITLISTED, "I", "admission_closed"),
    entry("", WAITLISTED, "III", "no_class"),
    entry("", REVIEW, None, "no_angkatan"),
    entry("", REVIEW, None, "two_angkatan"),
    entry("", REVIEW, "I", "target_account_missing"),
    entry("", REVIEW, "II", "target_other_group"),
    entry("", REVIEW, "II", "no_longer_qualifies"),
    entry("", REVIEW, "I", "clearance_unmet"),
    entry("", REVIEW, "II", "clearance_unmet")._replace(origin=Origin.PUSHED),
    entry("", WAITLISTED, "I", "clearance_unmet"),
    entry("", WITHDRAWN, "I", "target_removed"),
]

Programme = tuple[list[Candidate], dict[str, Entry], tuple[Angkatan, ...], Placement, dict[str, int]]


@given(programmes())
def test_placing_twice_changes_nothing(programme: Programme) -> None:
    """Rule 8."""
    people, entries, courses, how, foreign = programme
    after = {**entries, **place(people, entries, courses, how, foreign)}
    # whoever sat in a group by hand and got a seat elsewhere is counted there among the others from now on
    left = [each for each in people if each.seated and each.participant_id not in entries]
    for each in left:
        at = after[each.participant_id].angkatan if each.participant_id in after else None
        if at not in (None, each.seated):
            foreign[each.seated or ""] += 1

    assert place(people, after, courses, how, foreign) == {}


@given(programmes(), st.randoms(use_true_random=False))
def test_the_order_in_which_people_are_read_seats_nobody(programme: Programme, random: Random) -> None:
    people, entries, courses, how, foreign = programme
    shuffled = people[:]
    random.shuffle(shuffled)

    assert place(shuffled, entries, courses, how, foreign) == place(people, entries, courses, how, foreign)


@given(programmes())
def test_no_new_seat_is_given_beyond_capacity(programme: Programme) -> None:
    """Rule 11: seats that are held already and students of others count; nobody new sits beyond the capacity."""
    people, entries, courses, how, foreign = programme
    after = {**entries, **place(people, entries, courses, how, foreign)}

    sitting = {each.participant_id for each in people if each.seated is not None}
    held = Counter(each.angkatan for name, each in after.items() if each.state in HOLDS_A_SEAT and name not in sitting)
    new = {
        each.angkatan
        for name, each in after.items()
        if each.state is PLANNED
        and (name not in entries or not _holds(entries[name], each.angkatan))
        and name not in sitting
    }
    for in_class_course in courses:
        if in_class_course.id in new and in_class_course.capacity is not None:
            assert held[in_class_course.id] + foreign[in_class_course.id] <= in_class_course.capacity


def _has_a_seat(each: Entry | None) -> bool:
    return each is not None and each.state in HOLDS_A_SEAT


def _holds(each: Entry, angkatan: str | None) -> bool:
    return each.state in HOLDS_A_SEAT and each.angkatan == angkatan


@given(programmes())
def test_nobody_loses_a_seat_for_somebody_else(programme: Programme) -> None:
    """Rule 5: whoever holds a seat fares as if they were alone, and whoever was sent leaves it only for review."""
    people, entries, courses, how, foreign = programme
    after = {**entries, **place(people, entries, courses, how, foreign)}

    for each in people:
        before = entries.get(each.participant_id)
        if before is not None and before.state in (PUSHED, CONFIRMED):
            now = after[each.participant_id]
            alone = place([each], {each.participant_id: before}, courses, how, foreign)
            assert now == alone.get(each.participant_id, before)
            assert now.angkatan == before.angkatan
            assert now.state is before.state or (now.state is REVIEW and each.outcome is Outcome.NOT_YET)
            assert now.origin is before.origin


@given(programmes())
def test_nobody_is_seated_without_a_ground(programme: Programme) -> None:
    """Rules 4 and 14: only the qualified, or the fully read where the effect lets them, get a seat or a turn."""
    people, entries, courses, how, foreign = programme
    outcomes = {each.participant_id: each.outcome for each in people}
    lacks = {each.participant_id: each.lacks for each in people}

    for name, each in place(people, entries, courses, how, foreign).items():
        if each.state in (PLANNED, WAITLISTED) and (name not in entries or entries[name].state is not each.state):
            by_effect = outcomes[name] is Outcome.NOT_YET and "block" not in how.effects_on(lacks[name])
            assert outcomes[name] is Outcome.QUALIFIED or by_effect
            assert (each.admission is Admission.RULE) == (outcomes[name] is Outcome.QUALIFIED)


@given(programmes())
def test_no_one_waits_while_a_seat_is_free(programme: Programme) -> None:
    people, entries, courses, how, foreign = programme
    after = {**entries, **place(people, entries, courses, how, foreign)}
    held = Counter(each.angkatan for each in after.values() if each.state in HOLDS_A_SEAT)
    held.update(each.seated for each in people if each.seated and not _has_a_seat(after.get(each.participant_id)))

    for each in people:
        now = after.get(each.participant_id)
        if now is not None and now.state is WAITLISTED and each.outcome is Outcome.QUALIFIED:
            for in_class_course in courses[:2]:
                if now.angkatan in (None, in_class_course.id):
                    full = (
                        in_class_course.capacity is not None
                        and held[in_class_course.id] + foreign[in_class_course.id] >= in_class_course.capacity
                    )
                    closed = in_class_course.admission_closes == YESTERDAY
                    assert (
                        full
                        or closed
                        or in_class_course.id in how.barred
                        or each.moved not in (None, in_class_course.id)
                    )


@given(programmes())
def test_a_gate_that_blocks_lets_nobody_in(programme: Programme) -> None:
    """Rules 12 and 14: whoever lacks something that blocks gets no new seat, whatever the other gates say."""
    people, entries, courses, how, foreign = programme
    after = place(people, entries, courses, how, foreign)

    for each in people:
        now, before = after.get(each.participant_id), entries.get(each.participant_id)
        if each.outcome is Outcome.NOT_YET and "block" in how.effects_on(each.lacks) and now is not None:
            assert now.state not in (PLANNED, PUSHED, CONFIRMED) or (before is not None and now.state is before.state)
            assert now.state is not PLANNED


@given(programmes())
def test_nobody_new_is_sent_into_a_finalised_roster(programme: Programme) -> None:
    """Rule 17: newcomers wait for an amendment."""
    people, entries, courses, how, foreign = programme
    after = {**entries, **place(people, entries, courses, how, foreign)}

    for each in people:
        now = after.get(each.participant_id)
        if now is not None and now.state is PLANNED and how.is_newcomer(now.participant_id, now.angkatan):
            assert now.reason in NOT_SENT
