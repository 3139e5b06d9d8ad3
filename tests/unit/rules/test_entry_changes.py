"""What a person's action makes of an entry is the same at once and after a run."""

import pytest
from builders import day

from latsar_sync.domain.entry import Admission, Entry, EntryState, Origin
from latsar_sync.rules.entry_changes import (
    ChangeKind,
    EntryChange,
    changed,
    is_left_for_another,
    leaves_wrong_account,
    stays_in_old_course,
)
from latsar_sync.rules.merged_entries import give_back, give_way, take_over

CONFIRMED = Entry("ani", EntryState.CONFIRMED, "I", origin=Origin.PUSHED, target_user_id=7)
IN_REVIEW = CONFIRMED.having(state=EntryState.REVIEW, reason="no_longer_qualifies")


def change(kind: ChangeKind, **more: str) -> EntryChange:
    return EntryChange("ani", kind, "Rina", **more)


def test_an_approval_counts_only_for_who_waits_for_it() -> None:
    waits = Entry("ani", EntryState.PLANNED, "I", reason="awaiting_approval")

    assert changed(waits, change(ChangeKind.APPROVE)) == waits._replace(reason=None, approved_by="Rina")
    assert changed(CONFIRMED, change(ChangeKind.APPROVE)) is CONFIRMED


@pytest.mark.parametrize("kind", [ChangeKind.APPROVE, ChangeKind.TAKE_IN])
def test_a_place_that_a_run_changed_meanwhile_is_neither_approved_nor_decreed(kind: ChangeKind) -> None:
    waits = Entry("ani", EntryState.PLANNED, "II", reason="awaiting_approval")

    assert changed(waits, change(kind, angkatan="I")) is waits
    assert changed(waits, change(kind, angkatan="II")).approved_by == "Rina"


def test_a_decree_sends_who_is_planned_and_keeps_an_earlier_approval() -> None:
    newcomer = Entry("ani", EntryState.PLANNED, "I", reason="awaiting_amendment", approved_by="Budi")

    assert changed(newcomer, change(ChangeKind.TAKE_IN)) == newcomer._replace(reason=None)
    assert changed(CONFIRMED, change(ChangeKind.TAKE_IN)) is CONFIRMED


@pytest.mark.parametrize(
    ("kind", "state"),
    [
        (ChangeKind.ADMIT, EntryState.CONFIRMED),
        (ChangeKind.COMPARE, EntryState.CONFIRMED),
        (ChangeKind.BEGIN_ANEW, EntryState.PLANNED),
        (ChangeKind.GIVE_WAY, EntryState.WITHDRAWN),
        (ChangeKind.WAIT_AGAIN, EntryState.CONFIRMED),
    ],
)
def test_each_change_leaves_its_own_state(kind: ChangeKind, state: EntryState) -> None:
    assert changed(CONFIRMED, change(kind)).state is state


def test_an_admission_is_marked_as_one() -> None:
    assert changed(CONFIRMED, change(ChangeKind.ADMIT)).admission is Admission.OVERRIDE


def test_of_an_account_handed_over_the_course_tells_the_place_and_no_seat_or_approval_is_theirs() -> None:
    sits = CONFIRMED.having(approved_by="Budi")
    waits = Entry("ani", EntryState.PLANNED, "I", Admission.OVERRIDE, approved_by="Budi")

    handed_over = [changed(each, change(ChangeKind.HAND_OVER)) for each in (sits, waits)]

    assert handed_over == [CONFIRMED.having(reason="nip_changed"), Entry("ani", EntryState.WAITLISTED, None)]


def test_a_move_leaves_the_old_course_and_is_told_where_somebody_stays() -> None:
    move = change(ChangeKind.MOVE, angkatan="II", course="KLS-II")

    assert changed(CONFIRMED, move) == Entry("ani", EntryState.PLANNED, "II")
    assert stays_in_old_course(CONFIRMED, move)
    assert not stays_in_old_course(CONFIRMED._replace(origin=None), move)
    assert not leaves_wrong_account(CONFIRMED, changed(CONFIRMED, move), move)


@pytest.mark.parametrize(
    ("before", "is_left"),
    [
        (CONFIRMED, True),
        (CONFIRMED.having(course_id=9, target_user_id=8), False),  # the very account whose place is taken over
        (CONFIRMED._replace(state=EntryState.WITHDRAWN), False),
        (Entry("ani", EntryState.PLANNED, "I"), False),
    ],
)
def test_who_takes_over_a_place_stays_in_a_course_by_the_account_that_sits_there(before: Entry, is_left: bool) -> None:
    after = CONFIRMED.having(course_id=9, target_user_id=8)

    assert is_left_for_another(before, after) is is_left


@pytest.mark.parametrize(
    ("own", "other", "is_taken_over"),
    [
        (None, CONFIRMED, True),
        (Entry("ani", EntryState.WAITLISTED, "I"), CONFIRMED, True),
        (Entry("ani", EntryState.REVIEW, "I", reason="target_account_missing"), CONFIRMED, True),
        (Entry("ani", EntryState.REVIEW, None, reason="no_angkatan"), Entry("budi", EntryState.PLANNED, "I"), True),
        (Entry("ani", EntryState.PLANNED, "I"), IN_REVIEW, True),  # who is in the course is not sent by the other, too
        (Entry("ani", EntryState.PLANNED, "I"), IN_REVIEW.having(state=EntryState.WAITLISTED, reason=None), True),
        (CONFIRMED, IN_REVIEW, False),
        (IN_REVIEW, CONFIRMED, True),
        (CONFIRMED, CONFIRMED, False),
        (Entry("ani", EntryState.PLANNED, "II"), Entry("budi", EntryState.PLANNED, "I"), False),
        (None, Entry("budi", EntryState.WAITLISTED, "I"), False),
    ],
)
def test_the_better_place_of_two_accounts_is_the_persons(own: Entry | None, other: Entry, is_taken_over: bool) -> None:
    after = take_over(own, other._replace(participant_id="budi"), "ani")

    if is_taken_over:
        assert after is not None
        assert (after.participant_id, after.state, after.angkatan) == ("ani", other.state, other.angkatan)
        # the course tells whose account it is
        assert after.reason == ("nip_changed" if other.state is EntryState.CONFIRMED else other.reason)
    else:
        assert after is own


@pytest.mark.parametrize(
    ("own", "moved", "is_taken_over"),
    [
        (Entry("ani", EntryState.CONFIRMED, "II", origin=Origin.FOUND, target_user_id=8), "I", True),
        (Entry("ani", EntryState.CONFIRMED, "II", origin=Origin.FOUND, target_user_id=8), None, False),
        (Entry("ani", EntryState.CONFIRMED, "II", origin=Origin.FOUND, target_user_id=8), "III", False),
        (Entry("ani", EntryState.CONFIRMED, "I", origin=Origin.FOUND, target_user_id=8), "I", False),
    ],
)
def test_of_two_places_alike_the_one_that_a_person_moved_them_to_is_theirs(
    own: Entry, moved: str | None, is_taken_over: bool
) -> None:
    after = take_over(own, CONFIRMED._replace(participant_id="budi"), "ani", moved)

    assert after is not None
    assert after.target_user_id == (7 if is_taken_over else 8)


def test_a_place_that_was_taken_over_goes_back_when_two_accounts_are_parted() -> None:
    theirs = CONFIRMED._replace(
        participant_id="budi", source_user_id=9, admission=Admission.OVERRIDE, reached_at=day(3)
    )
    gone, taken = give_way(theirs), take_over(None, theirs, "ani")
    assert taken is not None
    removed = taken._replace(state=EntryState.WITHDRAWN, reason="target_removed")

    own, back = give_back(taken, gone)
    assert (back.participant_id, back.state, back.target_user_id) == ("budi", EntryState.CONFIRMED, 7)
    assert own == Entry("ani", EntryState.WAITLISTED, "I")
    assert give_back(removed, gone)[1] == removed._replace(participant_id="budi")  # what a manager did meanwhile stays
    sent_to_an_own_account = taken._replace(target_user_id=8)
    for stays in (None, sent_to_an_own_account, taken._replace(angkatan="II"), taken._replace(source_user_id=3)):
        own, back = give_back(stays, gone)
        assert own is stays
        assert (back.state, back.participant_id) == (EntryState.WAITLISTED, "budi")
    assert give_back(CONFIRMED, theirs) == (CONFIRMED, theirs)  # something else was decided since


def test_whoever_is_left_in_a_course_by_another_account_is_told() -> None:
    another = CONFIRMED._replace(reason="target_account_changed")
    admit, give_way = change(ChangeKind.ADMIT), change(ChangeKind.GIVE_WAY)

    assert leaves_wrong_account(another, changed(another, admit), admit)
    assert not leaves_wrong_account(CONFIRMED, changed(CONFIRMED, admit), admit)
    assert leaves_wrong_account(CONFIRMED, changed(CONFIRMED, give_way), give_way)


def test_whom_a_manager_took_out_by_one_account_is_not_sent_by_another_that_is_theirs() -> None:
    removed = CONFIRMED.having(state=EntryState.WITHDRAWN, reason="target_removed")
    theirs = removed.having(participant_id="second")
    planned, there = Entry("second", EntryState.PLANNED, "I"), CONFIRMED.having(participant_id="second")

    assert [take_over(own, removed, "second") for own in (None, planned, there)] == [theirs, theirs, there]
    assert [take_over(theirs, each, "second") for each in (planned, removed)] == [theirs, theirs]
    assert take_over(theirs, CONFIRMED, "second") == there.having(reason="nip_changed")
