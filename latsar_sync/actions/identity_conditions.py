"""What a word about who is who needs: its transaction, and that nothing stands against it (rule 19)."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection

from latsar_sync.actions import shown_values
from latsar_sync.actions.action_transaction import Action, Clock, Sent, acting
from latsar_sync.domain.actions import IdentityAction, IdentityKind, OverrideKind, stands
from latsar_sync.domain.entry import Entry
from latsar_sync.domain.errors import NotReady, UsageError
from latsar_sync.domain.language import _, command, see
from latsar_sync.rules.entry_changes import ChangeKind, EntryChange
from latsar_sync.rules.whose_account_in_class import SITS
from latsar_sync.settings import Settings
from latsar_sync.store import identities, overrides, participants, pushes
from latsar_sync.store.database import Database
from latsar_sync.store.entries import load_entries
from latsar_sync.store.listings import Row
from latsar_sync.store.order_of_words import RIGHT_AFTER, newest_words


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


@contextmanager
def action_context(
    settings: Settings, database: Database, clock: Clock, row: Row, by: str, sent: Sent, by_files_too: bool = False
) -> Iterator[ActionContext]:
    """Open the transaction in which a word about a participant is said; who came by a file only if ``by_files_too``."""
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


def nothing_is_under_way(context: ActionContext, one: str, other: str | None, remedy: str) -> None:
    """Raise NotReady, with a remedy, while it is not known whether the last write about one of them arrived."""
    if any(each.push.subject in (one, other) for each in pushes.open_pushes(context.connection, context.programme)):
        raise NotReady(
            _("It is not known yet whether the last write about this participant arrived."),
            remedy.format(sync=command("sync")),
        )


def is_in_no_merge(context: ActionContext, who: str) -> None:
    """Raise UsageError where an account that is somebody else's now counts together with another one."""
    bound = identities.binding(identities.identity_history(context.connection, context.programme, who))
    merges = [each for (one, kind), each in bound.items() if kind is IdentityKind.MERGE and who in (one, each.other)]
    since = identities.handed_over_of(context.connection, [who])
    if any(not stands(each.at, who, since) for each in merges):
        raise UsageError(
            _("This account was merged with another one while it was somebody else's."),
            _("Undo that first: {where}.").format(where=command("identity merge --undo")),
        )


def holds_nobody_else(context: ActionContext, who: str) -> None:
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


def neither_is_merged(context: ActionContext, *rows: Row) -> None:
    """Raise UsageError where one of two accounts was merged into another, or another into the second."""
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
    """Raise UsageError where an account in class is that of somebody else than ``who``."""
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
