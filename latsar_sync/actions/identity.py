"""What a named person says about who is who: the right NIP, two accounts of one person, the account in class (rule 19).

Command line and pages turn words into these calls; nothing here reads an argument or prints.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import Connection

from latsar_sync.actions import shown_values
from latsar_sync.actions.action_transaction import BY_COMMAND, Action, Clock, Sent, acting
from latsar_sync.domain.actions import IdentityAction, IdentityKind, OverrideKind, stands
from latsar_sync.domain.entry import Entry
from latsar_sync.domain.errors import NotReady, UsageError
from latsar_sync.domain.language import _, command, for_admins, joined, mark, see
from latsar_sync.domain.nip import number_form
from latsar_sync.rules.entry_changes import ChangeKind, EntryChange
from latsar_sync.rules.two_nips_of_one_person import clearly_different
from latsar_sync.rules.whose_account_in_class import SITS
from latsar_sync.settings import Settings
from latsar_sync.store import identities, listings, overrides, participants, place_choices, pushes
from latsar_sync.store.database import Database
from latsar_sync.store.entries import load_entries
from latsar_sync.store.listings import Row
from latsar_sync.store.order_of_words import RIGHT_AFTER, newest_words


@dataclass(frozen=True, slots=True)
class Said:
    """A word that was recorded. ``shared_with`` are the internal ids of others who carry the same NIP now."""

    action: IdentityAction
    shared_with: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ActionContext:
    """What an action works on: one programme, in the transaction of the action."""

    action: Action
    today: date

    @property
    def connection(self) -> Connection:
        return self.action.connection

    @property
    def programme(self) -> str:
        return self.action.programme

    def record(self, who: str, kind: IdentityKind, reason: str, by: str, undo: bool, **what: Any) -> IdentityAction:
        """Write the next word about a participant. Raise UsageError if it would undo what does not bind."""
        history = identities.identity_history(self.connection, self.programme, who)
        mine = [each for each in history if each.participant_id == who]
        if undo and (who, kind) not in identities.binding(mine):
            raise UsageError(_("There is nothing to undo."), see("identity list"))
        newest = newest_words(self.connection, {who, what.get("other") or who}, self.action.now).values()
        at = max(newest) + RIGHT_AFTER if newest else self.action.now
        action = IdentityAction(who, len(mine) + 1, kind, reason, by, at, undo, **what)
        identities.add_identity_action(self.connection, action)
        return action

    def entries(self) -> dict[str, Entry]:
        return load_entries(self.connection, self.programme)

    def change(self, *changes: tuple[str, ChangeKind]) -> None:
        """Change entries of participants, now or when the run under way has ended."""
        self.action.change([EntryChange(who, kind, self.action.by) for who, kind in changes])


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
            _is_in_no_merge(context, who)
            _holds_nobody_else(context, who)
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
        _neither_is_merged(context, row, other)
        if not although_different:
            _must_not_be_two(row, other)
        _nothing_is_under_way(context, stays, goes, _("Run {sync} once, then merge them."))
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
        _nothing_is_under_way(context, who, row["merged_into"], _("Run {sync} once, then part them."))
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


@contextmanager
def action_context(
    settings: Settings, database: Database, clock: Clock, row: Row, by: str, sent: Sent, by_files_too: bool = False
) -> Iterator[ActionContext]:
    programme = settings.programme(row["programme"])
    if row["source_site"] == participants.IMPORTED and not by_files_too:
        raise UsageError(
            _("This participant came by a file, where each NIP stands once."),
            _("Correct the list and import it again: {imports}. Then say that both are one person: {merge}.").format(
                imports=command("import participants"), merge=command("identity merge NEW OLD")
            ),
        )
    with acting(database, programme.id, clock, by, sent) as action:
        shown_values.require_person_unchanged(action, row["participant_id"])
        yield ActionContext(action, action.now.astimezone(settings.zone_of(programme)).date())


def _nothing_is_under_way(context: ActionContext, one: str, other: str | None, remedy: str) -> None:
    if any(each.push.subject in (one, other) for each in pushes.open_pushes(context.connection, context.programme)):
        raise NotReady(
            _("It is not known yet whether the last write about this participant arrived."),
            remedy.format(sync=command("sync")),
        )


def _is_in_no_merge(context: ActionContext, who: str) -> None:
    """Raise UsageError where an account that is somebody else's now counts together with another one."""
    bound = identities.binding(identities.identity_history(context.connection, context.programme, who))
    merges = [each for (one, kind), each in bound.items() if kind is IdentityKind.MERGE and who in (one, each.other)]
    since = identities.handed_over_of(context.connection, [who])
    if any(not stands(each.at, who, since) for each in merges):
        raise UsageError(
            _("This account was merged with another one while it was somebody else's."),
            _("Undo that first: {where}.").format(where=command("identity merge --undo")),
        )


def _holds_nobody_else(context: ActionContext, who: str) -> None:
    """Raise UsageError where whoever had an account is held by it still: a hold is on a person, not on an account."""
    binding = overrides.in_force_of(context.connection, who, context.action.now)
    since = identities.handed_over_of(context.connection, [who])
    if binding is not None and binding.kind is OverrideKind.HOLD and not stands(binding.at, who, since):
        raise UsageError(
            _("This account is held since before it was somebody else's, so somebody else is meant."),
            _("Hold the account that they have now, if there is one; then release this one: {where}.").format(
                where=command("override release")
            ),
        )


def _neither_is_merged(context: ActionContext, *rows: Row) -> None:
    ids = {row["participant_id"] for row in rows}
    bound = identities.binding(identities.identity_history(context.connection, context.programme))
    parted = [each for (who, kind), each in bound.items() if kind is IdentityKind.MERGE and who in ids]
    goes = rows[1]["participant_id"]
    taken = [each for (_who, kind), each in bound.items() if kind is IdentityKind.MERGE and each.other == goes]
    if parted or taken:
        raise UsageError(
            _("One of these accounts was merged before."),
            _("Undo that first: {where}.").format(where=command("identity merge --undo")),
        )


def must_be_free(context: ActionContext, entries: Mapping[str, Entry], who: str, site: str, user_id: int) -> None:
    sits = (
        each.participant_id
        for each in entries.values()
        if (each.site, each.target_user_id) == (site, user_id) and each.state in SITS
    )
    chosen = identities.chosen_accounts(context.connection, context.programme)
    owners = {*sits, *(each for each, account in chosen.items() if account == (site, user_id))} - {who}
    if owners:
        raise UsageError(
            _("This account is another participant's: {ids}.").format(ids=", ".join(sorted(owners))),
            _("Say first whose it is not: {where}.").format(where=command("identity account")),
        )
