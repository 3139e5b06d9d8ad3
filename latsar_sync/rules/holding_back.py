"""What holds back an entry that would be sent. Pure (rules 4, 11, 15, 17).

Who stands on lists and letters by it, says ``who_is_called_up``.
"""

from datetime import date

from latsar_sync.domain.actions import Actions
from latsar_sync.domain.decision import Decision, Outcome
from latsar_sync.domain.entry import ACCOUNT_MISSING, LISTED_ANEW, PERHAPS_ONE_PERSON, Admission, Entry, EntryState
from latsar_sync.domain.in_class import Angkatan, PushKind
from latsar_sync.rules.placement import Placement
from latsar_sync.rules.which_angkatan import admission_closed

LEFT_THE_LIST = "left_the_list"
OUTCOMES_HOLDING_BACK = frozenset({Outcome.UNDETERMINED, Outcome.HELD})
"""Of whom this was decided nothing more is sent, also where Moodle has taken the enrolment and the group lacks yet."""
UNCLEAR_WHO = frozenset({LEFT_THE_LIST, LISTED_ANEW, PERHAPS_ONE_PERSON})
"""Reasons of whoever is sent nowhere before a person says who they are."""
REASONS_HOLDING_BACK = UNCLEAR_WHO | frozenset(
    {
        "undetermined",
        "held",
        "admission_closed",
        "awaiting_amendment",
        "awaiting_approval",
        "over_capacity",
    }
)
"""Reasons that hold a planned entry back."""


def is_held_back(decision: Decision) -> bool:
    """Say whether a person holds somebody, or it cannot be told who they are or what they did and none admits them."""
    if decision.outcome is Outcome.UNDETERMINED:
        return not decision.by_admission
    return decision.outcome is Outcome.HELD


def hold_back(entry: Entry, angkatan: Angkatan | None, placement: Placement, outcome: Outcome) -> Entry:
    """Return a planned entry with the reason that holds it back, or without one: then it is sent."""
    if outcome in OUTCOMES_HOLDING_BACK:
        return entry.having(reason=str(outcome))
    return hold_back_with_ground(entry, angkatan, placement)


def hold_back_with_ground(entry: Entry, angkatan: Angkatan | None, placement: Placement) -> Entry:
    """Return a planned entry of somebody who has a ground for their seat, whatever was decided of them, with the reason
    that holds it back, or without one. Whom but a person's word lets in after the date, or the decree, is late.
    """
    if doubt := _doubt_who_this_is(entry, placement):
        return entry.having(reason=doubt)
    if angkatan is not None and admission_closed(angkatan, placement.today):
        if entry.admission is not Admission.OVERRIDE:
            return entry.having(reason="admission_closed")
        entry = entry.having(late=True)
    if placement.is_not_on_finalised_roster(entry.participant_id, entry.angkatan):
        return entry.having(reason="awaiting_amendment", late=True)
    if placement.approval_needed and entry.approved_by is None:
        return entry.having(reason="awaiting_approval")
    return entry.having(reason=None if entry.reason in REASONS_HOLDING_BACK else entry.reason)


def hold_back_as_shown(
    entry: Entry, next_write: PushKind | None, angkatan: Angkatan, placement: Placement, outcome: Outcome
) -> Entry:
    """Return an entry as its course shows it, with what keeps its person from what is sent next, or from the account
    that is made for it.
    """
    if entry.state is EntryState.PUSHED and next_write is not None:
        return _hold_back_the_rest(entry, outcome, placement)
    if entry.state is EntryState.PLANNED:
        return hold_back(entry, angkatan, placement, outcome)
    if entry.reason != ACCOUNT_MISSING:
        return entry
    # an account is made for whom it would be used: who would not be sent yet waits for that first
    waiting = hold_back(entry.having(state=EntryState.PLANNED, reason=None), angkatan, placement, outcome)
    return waiting if waiting.reason in (REASONS_HOLDING_BACK if placement.makes_accounts else UNCLEAR_WHO) else entry


def would_wait(
    entry: Entry, outcome: Outcome | None, angkatan: Angkatan, done: Actions, approval_needed: bool, today: date
) -> bool:
    """Say whether somebody who lacks but an account in class would not be sent yet, had they one (rules 15, 17)."""
    who, fixed = entry.participant_id, done.finalised.get(angkatan.id)
    if who not in done.admitted and (outcome in OUTCOMES_HOLDING_BACK or admission_closed(angkatan, today)):
        return True
    unapproved = approval_needed and entry.approved_by is None
    return who in done.held or unapproved or (fixed is not None and who not in fixed)


def _hold_back_the_rest(entry: Entry, outcome: Outcome, placement: Placement) -> Entry:
    """Return an entry of which Moodle took the enrolment and not all yet, with the reason that nothing more is sent."""
    reason = str(outcome) if outcome in OUTCOMES_HOLDING_BACK else _doubt_who_this_is(entry, placement)
    if reason is not None or entry.reason in UNCLEAR_WHO.union(map(str, OUTCOMES_HOLDING_BACK)):
        return entry.having(reason=reason)
    return entry


def _doubt_who_this_is(entry: Entry, placement: Placement) -> str | None:
    """Return why nobody can tell who somebody is, one of ``UNCLEAR_WHO``; None where a person admits them."""
    if entry.admission is Admission.OVERRIDE:
        return None
    if entry.participant_id in placement.off_the_list.left:
        return LEFT_THE_LIST
    return placement.doubt_who_this_is(entry.participant_id)


def may_be_sent(entry: Entry, outcome: Outcome) -> bool:
    """Say whether nothing holds an entry back, nor what was decided of its person."""
    return outcome not in OUTCOMES_HOLDING_BACK and entry.reason not in REASONS_HOLDING_BACK
