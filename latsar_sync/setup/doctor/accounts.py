"""The in-class site's accounts: do the MOOC's people have one there, exactly one, and do long requests arrive whole."""

from collections.abc import Collection

from latsar_sync.domain.language import _, counted
from latsar_sync.moodle import accounts_by_nip, payloads
from latsar_sync.moodle.client import MoodleClient
from latsar_sync.moodle.functions import MAX_VARIABLES, Arguments, Function
from latsar_sync.moodle.new_accounts import prove_that_accounts_may_be_made
from latsar_sync.moodle.rights import Right
from latsar_sync.setup.checks import Page
from latsar_sync.setup.rights import prove_right


def examine_accounts(page: Page, client: MoodleClient, key: str, nips: Collection[str]) -> None:
    """Examine how many accounts carry each NIP in their field ``key`` (idnumber or username)."""
    if not nips:
        page.warn(
            "accounts",
            _("Not examined whether people have accounts here: no NIP of a participant could be read."),
            _("Mend what is said about the MOOC course first, then run doctor again."),
        )
        return
    unread: set[str] = set()
    accounts = page.tried(
        Right.USER_VIEWALLDETAILS, lambda: accounts_by_nip.read_accounts(client, key, frozenset(nips), unread)
    )
    if accounts is None:
        return
    found = {nip: those for nip, those in accounts.items() if those}
    if not found:
        page.warn(
            "accounts",
            _("Not one of {count} people was found by {key}.").format(count=len(nips), key=key),
            _(
                "Either they have no account yet, or the service account lacks moodle/user:viewdetails and "
                "moodle/user:viewalldetails at system level."
            ),
        )
        return
    page.ok(Right.USER_VIEWALLDETAILS, _("Accounts are found by {key} all over the site.").format(key=key))
    if unread:
        page.warn(
            "accounts",
            counted(
                "The account of {count} person here cannot be read.",
                "The accounts of {count} people here cannot be read.",
                len(unread),
            ).format(count=len(unread)),
            _(
                "Whoever of them qualifies waits in review; let the LMS admin write name and username of the account "
                "in Moodle anew."
            ),
        )
    if not any(account.tells_suspended for those in found.values() for account in those):
        page.warn(
            "accounts",
            _("This Moodle hides whether an account is suspended; whoever has such a one is enrolled and confirmed."),
            _("Let it show: Site administration > Users > Permissions > User policies > Hide user fields."),
        )
    none, several = len(frozenset(nips) - unread - found.keys()), sum(1 for those in found.values() if len(those) > 1)
    suspended = sum(1 for those in found.values() if len(those) == 1 and those[0].suspended)
    if none or several or suspended:
        page.warn(
            "accounts",
            _("{count} people: {none} without an account here, {several} with several, {suspended} suspended.").format(
                count=len(nips), none=none, several=several, suspended=suspended
            ),
            _("Whoever of them qualifies waits in review; mend it in Site administration > Users > Accounts."),
        )
    elif not unread:
        page.ok("accounts", _("All {count} people have exactly one account here.").format(count=len(nips)))


def examine_long_requests(page: Page, client: MoodleClient) -> None:
    """Send as many variables as the service ever does, and see whether the last one arrives.

    PHP drops what exceeds ``max_input_vars`` without a word (trap 43). An account always sees itself, so its own id at
    the end of the list must come back.
    """
    own = client.site_info().userid
    arguments: Arguments = {"field": "id", "values": [0] * (MAX_VARIABLES - 2) + [own]}
    answer = page.tried("max_input_vars", lambda: client.read(Function.USERS_BY_FIELD, payloads.USERS, arguments))
    if answer is None:
        return
    if any(user.id == own for user in answer):
        page.ok("max_input_vars", _("Requests of {count} values arrive whole.").format(count=MAX_VARIABLES))
    else:
        page.fail(
            "max_input_vars",
            _("Of a request with {count} values the end is lost.").format(count=MAX_VARIABLES),
            _("Raise max_input_vars in the site's php.ini to 5000, as Moodle itself asks."),
        )


def examine_making_of_accounts(page: Page, client: MoodleClient) -> None:
    """Examine whether accounts may be made; none is."""
    if client.supports(Function.CREATE_USERS):  # else that stands with the site
        prove_right(
            page,
            Right.USER_CREATE,
            _("Accounts may be made for those who have none."),
            lambda: prove_that_accounts_may_be_made(client),
        )
