"""Who keeps the seat that they have, or loses the right to it and goes to review. Pure (rules 5, 12, 14, 15)."""

from collections.abc import Mapping

from latsar_sync.domain.decision import Gate, Outcome, Standing
from latsar_sync.domain.entry import MENDABLE, UNPLACED, Admission, Entry, EntryState
from latsar_sync.domain.in_class import Angkatan
from latsar_sync.rules.admissions import as_before_admission
from latsar_sync.rules.holding_back import LEFT_THE_LIST, hold_back
from latsar_sync.rules.placement import Placement, where_they_may_sit
from latsar_sync.rules.which_angkatan import UNCONFIGURED, WhichAngkatan

CLEARANCE_UNMET = "clearance_unmet"
UNQUALIFIED = frozenset({"no_longer_qualifies", CLEARANCE_UNMET})
"""The ``review`` of somebody who lacks the right to the seat: it ends by itself once they qualify again (rule 5)."""


BY_EFFECT = frozenset({Admission.FILLED, Admission.WARNED})
"""The grounds of those who are let in though a gate is not met (rule 14)."""


def kept_entry(
    before: Entry | None,
    standing: Standing,
    ground: Admission | None,
    which: WhichAngkatan,
    placement: Placement,
    all_angkatan: Mapping[str, Angkatan],
    pinned: bool,
) -> Entry | None:
    """Return the entry that somebody keeps, with what keeps it from being sent; None where there is none to keep."""
    who = standing.participant_id
    by_effect = before is not None and before.angkatan in placement.without_clearance and before.admission in BY_EFFECT
    if before is not None and by_effect and ground is Admission.RULE:
        ground = before.admission  # the rule would have seated them in another angkatan alone
    kept = entry_without_new_seat(before, standing, ground, which, placement, pinned) if before is not None else None
    if (
        kept is not None
        and before is not None
        and kept.state is EntryState.PUSHED
        and before.state is EntryState.REVIEW
    ):
        # the right is there again, and nobody reads the course that would tell the true state
        return _unless_read_no_more(kept, placement, all_angkatan)
    if kept is not None and kept.state is EntryState.PLANNED:
        outcome = Outcome.QUALIFIED if who in placement.admitted else standing.outcome
        angkatan = all_angkatan.get(kept.angkatan or "")
        return hold_back(kept, angkatan, placement, outcome or Outcome.UNDETERMINED)
    if kept is None and before is not None and left_the_list(who, ground, placement):
        # whom no list names is given no other seat, and keeps theirs
        return (
            before.having(reason=LEFT_THE_LIST) if before.state in (EntryState.WAITLISTED, EntryState.PLANNED) else None
        )
    return kept


def _unless_read_no_more(entry: Entry, placement: Placement, all_angkatan: Mapping[str, Angkatan]) -> Entry:
    """Return an entry, in review if its angkatan, or the in-class course of it, is configured no more."""
    angkatan = all_angkatan.get(entry.angkatan or "")
    read_no_more = entry.angkatan in placement.unconfigured if angkatan is None else angkatan.course is None
    return entry.having(state=EntryState.REVIEW, reason=UNCONFIGURED) if read_no_more else entry


def left_the_list(who: str, ground: Admission | None, placement: Placement) -> bool:
    """Say whether an imported list names somebody no more whom no person admits."""
    return who in placement.off_the_list.left and ground is not Admission.OVERRIDE


def entry_without_new_seat(
    entry: Entry,
    standing: Standing,
    ground: Admission | None,
    which: WhichAngkatan,
    placement: Placement,
    pinned: bool,
) -> Entry | None:
    """Return the entry of somebody who needs no seat given, as it is now; None where they are to be given one."""
    if entry.lifted_from is not None and standing.participant_id not in placement.admitted:
        # what a write under way came to is told by the course
        entry = entry.having(lifted_from=None) if pinned else as_before_admission(entry)
    in_review = entry.state is EntryState.REVIEW
    if entry.state is EntryState.WITHDRAWN or (in_review and entry.reason not in MENDABLE | UNQUALIFIED):
        return entry
    lost_the_rule = entry.admission is Admission.RULE and ground is Admission.FILLED
    if standing.outcome is Outcome.NOT_YET and (ground is None or lost_the_rule):
        return _without_the_right(entry, standing)
    if ground is None:
        return _without_ground(entry, standing)
    if entry.state is EntryState.REVIEW and entry.reason in UNQUALIFIED:
        if entry.angkatan is None:
            return None  # who only waited when the right was lost waits again
        # the right is there again; the course, read in this same run, tells the true state
        entry = entry.having(state=EntryState.PUSHED if entry.origin else EntryState.PLANNED, reason=None)
    if entry.state is EntryState.PLANNED:
        possible, _ = where_they_may_sit(standing, which, placement)
        stays = pinned or (possible is not None and entry.angkatan in possible.all_angkatan)
        return entry.having(admission=ground) if stays else None
    if entry.reason == UNCONFIGURED and entry.angkatan is not None:
        return entry  # it counts there until a person says what became of it
    if entry.state is EntryState.WAITLISTED or entry.reason in UNPLACED or entry.reason == UNCONFIGURED:
        return None
    # whom a person let in stays let in by that one
    return entry if Admission.OVERRIDE in (entry.admission, ground) else entry.having(admission=ground)


def _without_ground(entry: Entry, standing: Standing) -> Entry:
    """Return the entry of somebody whom nothing lets in or keeps out now: it stays, and says of who waits why."""
    if entry.state is not EntryState.WAITLISTED:
        return entry
    if standing.outcome is Outcome.HELD:
        return entry.having(reason=str(Outcome.HELD))
    # who waits anew by a person's word, or is held no more, would wait without a reason
    return entry.having(reason=str(Outcome.UNDETERMINED)) if entry.reason in (None, str(Outcome.HELD)) else entry


def _without_the_right(entry: Entry, standing: Standing) -> Entry:
    """Return the entry of somebody who was admitted, or waited, and would not be now: nothing is undone (rule 5)."""
    if standing.unmet == {Gate.CLEARANCE}:
        state = entry.state if entry.state is EntryState.WAITLISTED else EntryState.REVIEW
        return entry.having(state=state, reason=CLEARANCE_UNMET)
    # who only waited for a seat must not take one by losing the right to it
    angkatan_id = None if entry.state is EntryState.WAITLISTED else entry.angkatan
    return entry.having(state=EntryState.REVIEW, angkatan=angkatan_id, reason="no_longer_qualifies")
