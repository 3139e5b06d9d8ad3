"""Which account in class a named person says is whose."""

from collections.abc import Mapping

from latsar_sync.actions.action_transaction import BY_COMMAND, Action, Clock, Sent
from latsar_sync.actions.identity import Said
from latsar_sync.actions.identity_conditions import ActionContext, action_context, must_be_free
from latsar_sync.actions.overrides import PassedOver
from latsar_sync.domain.actions import IdentityAction, IdentityKind
from latsar_sync.domain.entry import Entry
from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _
from latsar_sync.rules.entry_changes import ChangeKind
from latsar_sync.settings import Settings
from latsar_sync.store.database import Database
from latsar_sync.store.listings import Row


def choose(
    settings: Settings,
    database: Database,
    clock: Clock,
    row: Row,
    site: str,
    user_id: int | None,
    reason: str,
    by: str,
    sent: Sent = BY_COMMAND,
) -> Said:
    """Record that the account ``user_id`` of the in-class site ``site`` is a participant's; None undoes the choice.

    Somebody whom a run found by another account waits to be placed by this one; nothing is undone there. Raise
    UsageError if the account is another participant's already, or the site is no in-class site of the programme.
    """
    with action_context(settings, database, clock, row, by, sent, by_files_too=True) as context:
        return Said(_choose(context, context.entries(), row["participant_id"], (site, user_id), reason))


def choose_by_list_in(
    settings: Settings, action: Action, accounts: Mapping[str, tuple[str, int]], reason: str
) -> list[PassedOver]:
    """Record, within an action, the accounts in class (site, user id) of many; return whom it passed over and why."""
    today = action.now.astimezone(settings.zone_of(settings.programme(action.programme))).date()
    context, passed = ActionContext(action, today), []
    entries = context.entries()
    for who, account in accounts.items():
        try:
            _choose(context, entries, who, account, reason)
        except UsageError as error:
            passed.append(PassedOver(who, error.message))
    return passed


def _choose(
    context: ActionContext, entries: Mapping[str, Entry], who: str, account: tuple[str, int | None], reason: str
) -> IdentityAction:
    site, user_id = account
    if user_id is not None:
        must_be_free(context, entries, who, site, user_id)
    by = context.action.by
    action = context.record(who, IdentityKind.ACCOUNT, reason, by, user_id is None, site=site, target_user_id=user_id)
    if who in entries:
        before = entries[who]
        anew = user_id is not None and before.target_user_id not in (None, user_id)
        context.change((who, ChangeKind.BEGIN_ANEW if anew else ChangeKind.COMPARE))
    return action


def site_of_course(settings: Settings, row: Row, site: str | None) -> str:
    """Return the in-class site meant: the one named, else the only one of the programme; else raise UsageError."""
    sites = sorted({each.site for each in settings.programme(row["programme"]).angkatan if each.site})
    if site in sites:
        return str(site)
    if site is None and row["site"] in sites:
        return str(row["site"])
    if site is None and len(sites) == 1:
        return sites[0]
    raise UsageError(
        _("It is not clear on which site the account is."),
        _("Say which: {sites}.").format(sites=", ".join(sites) or "–"),
    )
