"""What was shown of an account when a form about it was made, and whether that is another thing now."""

from collections.abc import Sequence

from sqlalchemy import Connection

from latsar_sync.actions.action_transaction import Sent
from latsar_sync.domain.account import Account, Role
from latsar_sync.domain.errors import SeenChanged
from latsar_sync.domain.language import _, mark
from latsar_sync.rules.fingerprints import difference
from latsar_sync.store import accounts, action_keys
from latsar_sync.web.context import PageContext

RIGHTS, INVITATION, TOKEN = "rights", "invitation", "token"
ROLES = {Role.PANITIA: mark("committee"), Role.VIEWER: mark("looks only"), Role.ADMIN: mark("administrator")}
"""The roles, as an admin reads them."""
OTHER_MEANS = {
    INVITATION: mark("{name} was invited anew, or has chosen a password, meanwhile: another link would end that one."),
    TOKEN: mark("The token of {name} is another one now, or works no more."),
}
"""What is said of a part of an account that is another one now."""


def claim(context: PageContext, connection: Connection, account: Account, sent: Sent) -> None:
    """Take the key of a form, in the transaction of what it does. Raise AlreadyDone if it was taken before."""
    if sent.key is not None:
        action_keys.claim(connection, account.name, sent.key, context.clock())


def is_sent_again(context: PageContext, connection: Connection, account: Account, sent: Sent) -> bool:
    """Say whether this very form was taken before, and take its key if not.

    What it makes is shown once: after a second click that is the answer which somebody sees.
    """
    if sent.key is None or action_keys.find(connection, account.name, sent.key) is not None:
        return sent.key is not None
    claim(context, connection, account, sent)
    return False


def sees(context: PageContext, account: Account) -> Sequence[str]:
    """Return what an account sees, in words: in-class courses, programmes by their titles, or everything."""
    programmes = [context.title_of(each) for each in account.programmes or ()]
    return account.courses or programmes or [_("everything")]


def require_as_shown(
    context: PageContext, connection: Connection, name: str, sent: Sent, part: str = RIGHTS
) -> Account:
    """Return an account whose rights, and the part that is acted on, are as the list showed them.

    Raise SeenChanged with what is other now.
    """
    known = accounts.find_account(connection, name)
    if known is None:
        raise SeenChanged((_("There is no account {name} any more.").format(name=name),))
    other = difference(sent.seen or "", seen_of(known, *accounts.means_of(connection, name)[name])).new
    if RIGHTS in other:
        text = _("The rights of {name} are now: {role}, {scope}.")
        scope = ", ".join(sees(context, known))
        raise SeenChanged((text.format(name=name, role=_(ROLES[known.role]), scope=scope),))
    if part in other:
        raise SeenChanged((_(OTHER_MEANS[part]).format(name=name),))
    return known


def seen_of(account: Account, invitation: str, token: str) -> dict[str, str]:
    """Return what the list shows of an account: each part by its name."""
    rights = f"{account.name} {account.role} {account.programmes} {account.courses}"
    return {RIGHTS: rights, INVITATION: f"{account.name} {invitation}", TOKEN: f"{account.name} {token}"}
