"""A list that corrects a NIP: nobody gets two seats, and nobody is sent by a number that the list gave up (rule 19)."""

from dataclasses import replace

import pytest
from builders import angkatan, candidate, entry, nip, placement
from placements import CONFIRMED, PLANNED, PUSHED, REVIEW, WAITLISTED, WITHDRAWN, roster_after, standing

from latsar_sync.domain.decision import Outcome
from latsar_sync.domain.entry import Admission, Entry
from latsar_sync.domain.in_class import PushKind
from latsar_sync.domain.participant import Enrolment, Participant, Person
from latsar_sync.domain.stages import NEEDS
from latsar_sync.rules.holding_back import hold_back_as_shown, may_be_sent
from latsar_sync.rules.imported_list import OffTheList, off_the_list
from latsar_sync.rules.placement import Placement

OLD, OTHER = nip(7), "200001012025012009"


def listed(who: str, name: str, number: str | None, enrolment: Enrolment = Enrolment.ACTIVE) -> Participant:
    place = 1 if who == "old" else 2 if who == "new" else 0
    return Participant(who, Person(place, name, number or "", enrolment=enrolment), number)


def anew(
    name: str, number: str | None, before: Entry | None, merged: bool = False, held: bool = False
) -> frozenset[str]:
    """Return who may be one who left: of those on the list the new one, and somebody of another name and number."""
    gone = listed("old", "Budi Santoso, S.Kom", OLD, Enrolment.ENDED)._replace(merged_into="new" if merged else None)
    people = [gone, listed("new", name, number), listed("was there before", "Budi Santoso", "199912312025012001")]
    found = off_the_list(people, {"old": before} if before else {}, {"old"} if held else set())
    assert found.left == (frozenset() if merged else {"old"})
    return found.anew


@pytest.mark.parametrize(
    ("name", "number", "is_told"),
    [
        ("BUDI SANTOSO", OTHER, True),
        ("Dr. Budi Santoso", OTHER, True),
        ("Budi Santoso", None, True),
        ("Budi Santosa", nip(8), True),
        ("Budi S. Nugroho", OLD[:-4] + "1088", False),
        ("Wahyuni", nip(8), False),
        ("Citra Lestari", OTHER, False),
    ],
)
def test_whoever_has_the_name_or_nearly_the_nip_of_one_who_left_may_be_the_same(
    name: str, number: str | None, is_told: bool
) -> None:
    assert anew(name, number, entry("old", CONFIRMED)) == ({"new"} if is_told else frozenset())


@pytest.mark.parametrize(
    ("before", "is_told"),
    [
        (entry("old", PLANNED), True),
        (entry("old", REVIEW, reason="target_account_missing"), True),
        (entry("old", WITHDRAWN, reason="target_removed"), True),
        (entry("old", WITHDRAWN, reason="gave_way"), False),
        (entry("old", REVIEW, None, "no_angkatan"), False),
        (entry("old", WAITLISTED), False),
        (None, False),
    ],
)
def test_nobody_is_held_for_one_who_left_without_a_seat(before: Entry | None, is_told: bool) -> None:
    assert anew("Budi Santoso", OTHER, before) == ({"new"} if is_told else frozenset())


def test_whoever_a_person_held_is_not_let_in_under_another_nip() -> None:
    assert anew("Budi Santoso", OTHER, None, held=True) == {"new"}


@pytest.mark.parametrize(
    ("name", "number", "is_told"),
    [
        ("Budi Santoso", OLD[:-1] + "9", True),
        ("BUDI SANTOSO, S.Kom", OLD[:-2] + "99", True),
        ("Budi Santoso", OTHER, False),
        ("Budi Santosa", OLD[:-1] + "9", False),
        ("Budi Santoso", None, False),
    ],
)
def test_of_one_name_with_nearly_one_nip_on_the_list_twice_the_later_is_held(
    name: str, number: str | None, is_told: bool
) -> None:
    people = [listed("old", "Budi Santoso", OLD), listed("new", name, number)]

    assert off_the_list(people, {}, set()) == (frozenset(), {"new"} if is_told else frozenset())


def test_nobody_is_held_once_both_are_said_to_be_one_person() -> None:
    assert anew("Budi Santoso", OTHER, entry("old", WITHDRAWN, reason="gave_way"), merged=True) == frozenset()


HOW = replace(placement(), off_the_list=OffTheList(frozenset({"old"}), frozenset({"new"})))


def test_neither_of_two_who_may_be_one_person_is_sent_and_only_one_has_a_seat() -> None:
    people = candidate("old", 1), candidate("new", 2), candidate("another", 3)

    roster = roster_after(*people, entries=(entry("old", PLANNED),), how=HOW)

    assert standing(roster) == {
        "old": (PLANNED, "I", "left_the_list"),
        "new": (REVIEW, None, "listed_anew"),
        "another": (PLANNED, "I", None),
    }
    assert standing(roster_after(*people, entries=tuple(roster.values()), how=HOW)) == standing(roster)
    back = roster_after(*people, entries=tuple(roster.values()))
    assert {each.reason for each in back.values()} == {None}


@pytest.mark.parametrize("before", [entry("new", PLANNED), None])
def test_whom_a_person_admits_is_sent_though_somebody_of_their_name_left(before: Entry | None) -> None:
    how = replace(HOW, approval_needed=True)
    held = roster_after(candidate("new"), entries=(before,) if before else (), how=how)["new"]
    admitted = candidate("new", outcome=Outcome.QUALIFIED, admitted=True)

    after = roster_after(admitted, entries=(held,), how=how)["new"]

    assert held.reason == "listed_anew"
    assert (after.state, after.angkatan, after.reason) == (PLANNED, "I", "awaiting_approval")


def test_whoever_left_the_list_and_waits_gets_no_seat_until_they_are_on_it_again() -> None:
    waits, gone = entry("old", WAITLISTED, reason="over_capacity"), candidate("old", 1)

    after = roster_after(gone, entries=(waits,), how=HOW)["old"]

    assert standing({"old": after}) == {"old": (WAITLISTED, "I", "left_the_list")}
    asked = [{"outcome": "qualified", "state": each, "reason": "left_the_list"} for each in (PLANNED, WAITLISTED)]
    assert [NEEDS["list"].concerns(row, in_a_group=True) for row in asked] == [True, False]  # called planned there
    assert roster_after(gone, entries=(after,), how=HOW) == {"old": after}
    assert roster_after(gone, how=HOW) == {}
    assert roster_after(gone, entries=(after,))["old"].state is PLANNED


def test_whoever_left_the_list_keeps_the_planned_seat_though_their_group_is_another_angkatans_now() -> None:
    planned, next_one = entry("old", PLANNED, "II"), candidate("another", 3, groups=("Angkatan II",))

    roster = roster_after(
        candidate("old", 1), next_one, entries=(planned,), courses=(angkatan("I"), angkatan("II", 1)), how=HOW
    )

    assert standing(roster) == {
        "old": (PLANNED, "II", "left_the_list"),
        "another": (WAITLISTED, "II", "over_capacity"),
    }


@pytest.mark.parametrize("before", [(), (entry("old", WAITLISTED, reason="left_the_list"),)])
def test_whom_a_person_admits_gets_a_seat_though_the_list_names_them_no_more(before: tuple[Entry, ...]) -> None:
    after = roster_after(candidate("old", 1, admitted=True), entries=before, how=HOW)["old"]

    assert (after.state, after.angkatan, after.reason) == (PLANNED, "I", None)


@pytest.mark.parametrize(("admission", "reason"), [(Admission.RULE, "left_the_list"), (Admission.OVERRIDE, None)])
def test_whom_a_list_names_no_more_is_not_put_into_the_group_after_the_enrolment_either(
    admission: Admission, reason: str | None
) -> None:
    enrolled = entry("old", PUSHED).having(admission=admission)

    def shown(before: Entry, how: Placement) -> Entry:
        return hold_back_as_shown(before, PushKind.MEMBERSHIP, angkatan("I"), how, Outcome.QUALIFIED)

    after = shown(enrolled, HOW)

    assert after == enrolled.having(reason=reason)
    assert may_be_sent(after, Outcome.QUALIFIED) is (reason is None)
    assert shown(after, placement()) == enrolled  # the list names them again
