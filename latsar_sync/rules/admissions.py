"""What a named person's admission makes of a roster entry, and what is left of it once it is over. Pure (rule 15)."""

from latsar_sync.domain.entry import (
    ENROLMENT_SENT,
    MERGED,
    REMOVED,
    UNPLACED,
    WITHOUT_A_SEAT,
    Admission,
    Entry,
    EntryState,
)
from latsar_sync.rules.moves import waiting_anew


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
