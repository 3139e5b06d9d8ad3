"""What becomes of roster entries where two accounts are one person's, or one is somebody else's. Pure (rule 19)."""

from latsar_sync.domain.entry import (
    MERGED,
    REMOVED,
    Admission,
    Entry,
    EntryState,
)
from latsar_sync.rules.entry_against_course import to_be_compared
from latsar_sync.rules.moves import waiting_anew


def hand_over(entry: Entry) -> Entry:
    """Return the entry of an account that is somebody else's now, once a person said whose: no seat was theirs.

    What was seen in a course is told by that course.
    """
    if entry.origin is not None or entry.state is EntryState.WITHDRAWN:
        return to_be_compared(entry).having(approved_by=None)
    return waiting_anew(entry).having(angkatan=None, admission=Admission.RULE)


def take_over(own: Entry | None, other: Entry, participant_id: str, moved: str | None = None) -> Entry | None:
    """Return the entry of somebody, now ``own``, to whom ``other``, that of a second account of theirs, gives way.

    The better place of the two is the person's: in the course before a seat, a seat before none; of two alike the one
    in the angkatan that a person ``moved`` the other account to. Whether the account there is the one that they are
    found by is told by the course. Whom a manager took out by one account, and who is not there by the other, is sent
    by neither (rule 5).
    """
    if own is not None and _was_taken_out(own) and _rank(other) < IN_CLASS:
        return own
    if _was_taken_out(other) and _rank(own) < IN_CLASS:
        return other.having(participant_id=participant_id)
    as_moved = moved is not None and own is not None and other.angkatan == moved != own.angkatan
    if _rank(other) < _rank(own) or (_rank(other) == _rank(own) and not (as_moved and _rank(own))):
        return own
    return to_be_compared(other.having(participant_id=participant_id))


IN_CLASS = 2
"""The rank of who is in the course, and may be more."""


def _rank(entry: Entry | None) -> int:
    if entry is None or entry.state is EntryState.WITHDRAWN:
        return 0
    if entry.origin is not None:  # in a review or without a seat, too: they would be sent there by the other account
        return IN_CLASS + (entry.state in (EntryState.PUSHED, EntryState.CONFIRMED))
    return 0 if entry.seat_in is None else 1


def _was_taken_out(entry: Entry) -> bool:
    return entry.state is EntryState.WITHDRAWN and entry.reason == REMOVED


def give_way(entry: Entry) -> Entry:
    """Return the entry of an account that was merged into another: it holds no seat any more."""
    return entry.having(state=EntryState.WITHDRAWN, reason=MERGED)


def give_back(own: Entry | None, other: Entry) -> tuple[Entry | None, Entry]:
    """Return the entries of two accounts whose merge was undone: the place that was ``other``'s is theirs again.

    ``own`` is of the account that counted for both, ``other`` of the one that gave way. What became of the place
    meanwhile goes along; one in which the person sits by another account, or of another angkatan, stays ``own``.
    """
    if own is None or other.reason != MERGED or _place_of(own) != _place_of(other):
        return own, wait_again(other)
    without = waiting_anew(own).having(admission=Admission.RULE, reached_at=None, source_user_id=0)
    return without, to_be_compared(own.having(participant_id=other.participant_id))


def _place_of(entry: Entry) -> tuple[int, str | None, int | None]:
    """Tell a place by whose it was first, its angkatan and the account in class."""
    return entry.source_user_id, entry.angkatan, entry.target_user_id


def wait_again(entry: Entry) -> Entry:
    """Return the entry of an account whose merge was undone: it waits to be placed; others stay.

    In which group it was is kept: whom a manager took out of it meanwhile is not put back.
    """
    if entry.reason != MERGED:
        return entry
    return waiting_anew(entry).having(group_id=entry.group_id)
