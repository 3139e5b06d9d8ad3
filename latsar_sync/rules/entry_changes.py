"""What a named person's action makes of a roster entry. Pure (rules 15, 17, 19).

The same change is made at once, or, where a run is under way that works on the entries, when that has ended.
"""

from dataclasses import dataclass
from enum import StrEnum

from latsar_sync.domain.entry import Entry, EntryState
from latsar_sync.domain.in_class import Angkatan
from latsar_sync.rules import whose_account_in_class
from latsar_sync.rules.admissions import admit_again
from latsar_sync.rules.entry_against_course import to_be_compared
from latsar_sync.rules.merged_entries import give_way, hand_over, wait_again
from latsar_sync.rules.moves import begin_anew, move_to


class ChangeKind(StrEnum):
    """What is done to an entry."""

    ADMIT = "admit"
    APPROVE = "approve"
    TAKE_IN = "take_in"
    MOVE = "move"
    COMPARE = "compare"
    HAND_OVER = "hand_over"
    BEGIN_ANEW = "begin_anew"
    TAKE_OVER = "take_over"
    GIVE_WAY = "give_way"
    WAIT_AGAIN = "wait_again"


@dataclass(frozen=True, slots=True)
class EntryChange:
    """One change of one entry in a person's name. A move tells the ``angkatan`` with its ``course``, None where it has
    no in-class phase, whether it came ``late``, and its ``version`` among the participant's moves; an approval and a
    decree tell in which angkatan somebody stood.
    """

    participant_id: str
    kind: ChangeKind
    by: str
    angkatan: str = ""
    course: str | None = None
    late: bool = False
    version: int = 0


def changed(entry: Entry, change: EntryChange) -> Entry:
    """Return an entry as a change leaves it; the same entry where there is nothing left to change.

    What a person takes over from a second account of theirs is told of both entries: ``merged_entries.take_over``.
    """
    match change.kind:
        case ChangeKind.ADMIT:
            return admit_again(entry)
        case ChangeKind.APPROVE:
            waits = entry.reason == "awaiting_approval" and change.angkatan in ("", entry.angkatan)
            return entry.having(approved_by=change.by, reason=None) if waits else entry
        case ChangeKind.TAKE_IN:
            sent = entry.state is EntryState.PLANNED and change.angkatan in ("", entry.angkatan)
            return entry.having(approved_by=entry.approved_by or change.by, reason=None) if sent else entry
        case ChangeKind.MOVE:
            to = Angkatan(change.angkatan, "", "", course=change.course)
            return move_to(entry, to, change.late)
        case ChangeKind.COMPARE:
            return to_be_compared(entry)
        case ChangeKind.HAND_OVER:
            return hand_over(entry)
        case ChangeKind.BEGIN_ANEW:
            return begin_anew(entry)
        case ChangeKind.GIVE_WAY:
            return give_way(entry)
        case _:  # ChangeKind.WAIT_AGAIN, the last of them
            return wait_again(entry)


def leaves_wrong_account(before: Entry, after: Entry, change: EntryChange) -> bool:
    """Say whether a change leaves somebody in a course by an account that is not, or no longer, theirs."""
    if change.kind is ChangeKind.ADMIT:
        return before.reason == "target_account_changed"
    return change.kind is not ChangeKind.MOVE and whose_account_in_class.leaves_an_account(before, after)


def stays_in_old_course(before: Entry, change: EntryChange) -> bool:
    """Say whether somebody was put, or found, in a course that a move leaves them in."""
    return change.kind is ChangeKind.MOVE and before.origin is not None and before.state is not EntryState.WITHDRAWN


def is_left_for_another(before: Entry, after: Entry) -> bool:
    """Say whether somebody who takes over the place of a second account of theirs stays in a course by their own."""
    there = before.origin is not None and before.target_user_id is not None and before.state is not EntryState.WITHDRAWN
    return there and (before.course_id, before.target_user_id) != (after.course_id, after.target_user_id)
