"""What becomes of the roster entry of somebody whose identity is erased, and of one who is taken in again. Pure."""

from latsar_sync.domain.entry import Entry, EntryState
from latsar_sync.rules.moves import waiting_anew

ERASED = "person_erased"
"""The reason of an entry that an erasure ended."""


def leave_roster(entry: Entry) -> Entry:
    """Return the entry of an erased person: whoever was not seen in the course gives up seat and place in line.

    Whoever sits in the course already stays as recorded: nothing is taken away (rule 5).
    """
    if entry.origin is not None or entry.state is EntryState.WITHDRAWN:
        return entry
    return entry._replace(state=EntryState.WITHDRAWN, reason=ERASED)


def return_to_line(entry: Entry) -> Entry:
    """Return the entry of somebody who is taken in again: what the erasure ended waits for a seat, like a new one."""
    if entry.reason != ERASED:
        return entry
    return waiting_anew(entry)
