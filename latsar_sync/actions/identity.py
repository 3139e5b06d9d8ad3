"""What a named person says about who is who: the right NIP, two accounts of one person, the account in class (rule 19).

Command line and pages turn words into these calls; nothing here reads an argument or prints.
"""

import re
from dataclasses import dataclass, replace

from latsar_sync.actions import shown_values
from latsar_sync.actions.action_transaction import BY_COMMAND, Clock, Sent
from latsar_sync.actions.identity_conditions import (
    action_context,
    holds_nobody_else,
    is_in_no_merge,
    neither_is_merged,
    nothing_is_under_way,
)
from latsar_sync.domain.actions import IdentityAction, IdentityKind
from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _, command, for_admins, joined, mark, see
from latsar_sync.domain.nip import number_form
from latsar_sync.rules.entry_changes import ChangeKind
from latsar_sync.rules.two_nips_of_one_person import clearly_different
from latsar_sync.settings import Settings
from latsar_sync.store import identities, listings, place_choices
from latsar_sync.store.database import Database
from latsar_sync.store.listings import Row


@dataclass(frozen=True, slots=True)
class Said:
    """A word that was recorded. ``shared_with`` are the internal ids of others who carry the same NIP now."""

    action: IdentityAction
    shared_with: tuple[str, ...] = ()


def correct(
    settings: Settings,
    database: Database,
    clock: Clock,
    row: Row,
    nip: str | None,
    reason: str,
    by: str,
    sent: Sent = BY_COMMAND,
) -> Said:
    """Record that a participant, a ``row`` of a listing, has the NIP ``nip``; None undoes the correction.

    Whoever sits in a course is compared with the account there by the next run. Raise UsageError for somebody who came
    by a file, where the list itself is to be corrected, and for an account merged or held while somebody else had it.
    """
    who = row["participant_id"]
    with action_context(settings, database, clock, row, by, sent) as context:
        if nip is not None and identities.corrected_nip(context.connection, who) == nip:
            raise UsageError(_("This is recorded already."), see("identity list"))
        another = bool(identities.handed_over_of(context.connection, [who]))
        if another and nip is not None:
            is_in_no_merge(context, who)
            holds_nobody_else(context, who)
            place_choices.choose(context.connection, {who: None}, reason, by, context.action.now)
        action = context.record(who, IdentityKind.CORRECT, reason, by, nip is None)
        identities.correct_nip(context.connection, context.programme, who, nip, context.today, context.action.now)
        context.change((who, ChangeKind.HAND_OVER if another else ChangeKind.COMPARE))
        others = [] if nip is None else listings.participant_rows(context.connection, [context.programme], nip=nip)
    return Said(action, tuple(each["participant_id"] for each in others if each["participant_id"] != who))


def merge(
    settings: Settings,
    database: Database,
    clock: Clock,
    row: Row,
    other: Row,
    reason: str,
    by: str,
    sent: Sent = BY_COMMAND,
    other_seen: str | None = None,
    although_different: bool = False,
) -> Said:
    """Record that the account ``other`` is the same person as ``row``, which counts from now on, and the other not.

    The better place of both on the roster is the person's; nothing is undone in a course. Whoever knows that their
    names are clearly different, and no NIP speaks for them, says so (``although_different``). Raise UsageError if the
    two cannot be one, or that was not said, NotReady while a write about either is open, SeenChanged if something else
    stands of one of them than was shown (``other_seen`` is what was of the other).
    """
    stays, goes = row["participant_id"], other["participant_id"]
    if stays == goes or row["programme"] != other["programme"]:
        raise UsageError(
            _("A merge takes two accounts of one programme."), _("Name both, by their NIP or by their internal id.")
        )
    with action_context(settings, database, clock, row, by, sent, by_files_too=True) as context:
        shown_values.require_person_unchanged(replace(context.action, sent=Sent(other_seen)), goes)
        neither_is_merged(context, row, other)
        if not although_different:
            _must_not_be_two(row, other)
        nothing_is_under_way(context, stays, goes, _("Run {sync} once, then merge them."))
        action = context.record(goes, IdentityKind.MERGE, reason, by, undo=False, other=stays)
        place_choices.carry_on(context.connection, goes, stays, reason, by, action.at)
        if goes in context.entries():
            context.change((stays, ChangeKind.TAKE_OVER), (goes, ChangeKind.GIVE_WAY))
    return Said(action)


def differences(row: Row, other: Row) -> str:
    """Return the sentence that says in what two accounts are clearly different; empty if in nothing."""
    found = _clearly_different(row, other)
    return _(_DIFFERENCES[found]) if found else ""


def _clearly_different(row: Row, other: Row) -> tuple[str, ...]:
    return clearly_different(row["name"], row["nip"], other["name"], other["nip"])


_DIFFERENCES = {
    ("name",): mark("The names of these two accounts are clearly different."),
    ("nip",): mark("The NIPs of these two accounts are clearly different."),
    ("name", "nip"): mark("Names and NIPs of these two accounts are clearly different."),
}


def _must_not_be_two(row: Row, other: Row) -> None:
    if "name" in _clearly_different(row, other):
        look = _("Look at both: {one}, {other}.").format(
            one=command(f"explain {row['participant_id']}"), other=command(f"explain {other['participant_id']}")
        )
        raise UsageError(
            differences(row, other),
            for_admins(
                joined(look, _("If they are one person all the same, say so with --although-different.")),
                _("Look at both. If they are one person all the same, confirm that."),
            ),
        )


def part(
    settings: Settings, database: Database, clock: Clock, row: Row, reason: str, by: str, sent: Sent = BY_COMMAND
) -> Said:
    """Undo a merge: ``row``, the account that was merged into another, counts for itself again, and has its place back.

    Raise UsageError if it was not merged, NotReady while a write about either is open.
    """
    who = row["participant_id"]
    with action_context(settings, database, clock, row, by, sent, by_files_too=True) as context:
        nothing_is_under_way(context, who, row["merged_into"], _("Run {sync} once, then part them."))
        history = identities.identity_history(context.connection, context.programme, who)
        merged = identities.binding(history).get((who, IdentityKind.MERGE))
        action = context.record(who, IdentityKind.MERGE, reason, by, undo=True, other=row["merged_into"])
        if merged is not None and merged.other is not None:
            place_choices.take_back(context.connection, merged.other, merged.at, reason, by, context.action.now)
        context.change((who, ChangeKind.WAIT_AGAIN))
    return Said(action)


def reason_without_numbers(reason: str) -> str:
    """Return a reason that may stand on record for good; raise UsageError if a NIP is in it (rule 16)."""
    if re.search("[0-9]{16}", number_form(reason)):
        raise UsageError(
            _("The reason holds a NIP, and would stand on record for good."),
            _("Say it without, for example by the number of a letter."),
        )
    return reason
