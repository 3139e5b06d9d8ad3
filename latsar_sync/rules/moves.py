"""What a named person's move, or word about an account in class, makes of a roster entry. Pure (rules 15 and 19)."""

from latsar_sync.domain.entry import (
    HOLDS_A_SEAT,
    MENDABLE,
    UNPLACED,
    WITHOUT_A_SEAT,
    Entry,
    EntryState,
)
from latsar_sync.domain.in_class import Angkatan


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
