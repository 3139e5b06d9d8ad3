"""What named persons' actions make of a roster entry: admission, move, another account. Pure (rules 15 and 19)."""

from latsar_sync.domain.entry import (
    ENROLMENT_SENT,
    HOLDS_A_SEAT,
    MENDABLE,
    REMOVED,
    UNPLACED,
    WITHOUT_A_SEAT,
    Admission,
    Entry,
    EntryState,
)
from latsar_sync.domain.in_class import Angkatan
from latsar_sync.rules.entry_against_course import to_be_compared

MERGED = "gave_way"
"""Why an entry gave way: another account of the same person has the seat."""


def waiting_anew(entry: Entry) -> Entry:
    """Return an entry that waits to be placed, with its place in line and nothing of what became of it."""
    return Entry(
        entry.participant_id,
        EntryState.WAITLISTED,
        entry.angkatan,
        entry.admission,
        reached_at=entry.reached_at,
        source_user_id=entry.source_user_id,
    )


def admit_again(entry: Entry) -> Entry:
    """Return an entry as a person's admission leaves it: out of any review or withdrawal it waits to be placed anew.

    What is then missing in the course (enrolment, role, group) is sent once: ``lifted`` until Moodle has taken the
    enrolment, ``group_lifted`` until it has taken the group. Out of what, and in which group they were, is kept: an
    admission that ends before that lifts nothing.
    """
    if not is_lifted_by_admission(entry):
        return entry.having(admission=Admission.OVERRIDE)
    return waiting_anew(entry).having(
        admission=Admission.OVERRIDE, lifted_from=entry.reason or "", group_id=entry.group_id
    )


def is_lifted_by_admission(entry: Entry) -> bool:
    """Say whether an entry is in a review or withdrawal that a person's admission ends."""
    return entry.state in (EntryState.WITHDRAWN, EntryState.REVIEW) and entry.reason not in UNPLACED


def as_before_admission(entry: Entry) -> Entry:
    """Return the entry of somebody whose admission was released, or is over, before anything was sent.

    It lifted nothing: they are what they were, and go on from there by what placing and the course tell.
    """
    cause = entry.lifted_from
    if cause == WITHOUT_A_SEAT and entry.origin is None:
        return waiting_anew(entry).having(admission=Admission.RULE)
    if cause in (None, "", WITHOUT_A_SEAT, ENROLMENT_SENT):
        return entry.having(lifted_from=None)
    state = EntryState.WITHDRAWN if cause in (REMOVED, MERGED) else EntryState.REVIEW
    return entry.having(state=state, reason=cause, admission=Admission.RULE, lifted_from=None)


def move_to(entry: Entry, one_angkatan: Angkatan, late: bool = False) -> Entry:
    """Return an entry as a named person's move to another angkatan leaves it; decision and time reached are kept.

    Whoever holds a seat holds one in the new angkatan from now on, and is to be sent there. A ``review`` that does not
    clear by itself goes along: a move admits nobody. Whoever waits, or was withdrawn from the old course, waits to be
    placed in the new one. The old course is not touched: nothing of it stays in the entry. ``late`` says that the new
    angkatan is closed or finalised already.
    """
    state, reason = EntryState.PLANNED, None
    angkatan: str | None = one_angkatan.id
    if entry.state is EntryState.REVIEW and entry.reason not in MENDABLE:
        # a review without an angkatan holds no seat, and gets none by a move
        state, reason = EntryState.REVIEW, entry.reason
        angkatan = one_angkatan.id if entry.angkatan else None
    elif (
        entry.angkatan is None
        or one_angkatan.course is None
        or entry.state in (EntryState.WAITLISTED, EntryState.WITHDRAWN)
    ):
        state = EntryState.WAITLISTED
    return Entry(
        entry.participant_id,
        state,
        angkatan,
        entry.admission,
        reason,
        reached_at=entry.reached_at,
        source_user_id=entry.source_user_id,
        late=late and state is EntryState.PLANNED,
        lifted_from=_had_no_seat(entry),
    )


def begin_anew(entry: Entry) -> Entry:
    """Return an entry that is to be sent to another account; who has no seat, or needs a person's word, stays so."""
    in_review = entry.state is EntryState.REVIEW and (entry.reason not in MENDABLE or entry.reason in UNPLACED)
    if entry.state not in HOLDS_A_SEAT or in_review:
        return entry
    return Entry(
        entry.participant_id,
        EntryState.PLANNED,
        entry.angkatan,
        entry.admission,
        reached_at=entry.reached_at,
        source_user_id=entry.source_user_id,
        approved_by=entry.approved_by,
        late=entry.late,
        lifted_from=_had_no_seat(entry),
    )


def _had_no_seat(entry: Entry) -> str | None:
    """Return the mark of who had no seat before an admission: they have none by it when it ends, wherever they are."""
    return WITHOUT_A_SEAT if entry.lifted_from == WITHOUT_A_SEAT else None


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
"""The rank of who is in the course."""


def _rank(entry: Entry | None) -> int:
    if entry is None or entry.seat_in is None:
        return 0
    return IN_CLASS if entry.state in (EntryState.PUSHED, EntryState.CONFIRMED) else 1


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
