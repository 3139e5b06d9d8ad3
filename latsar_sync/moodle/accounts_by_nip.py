"""The accounts of a site that carry a NIP: asked for by the profile field in which NIPs stand, in every spelling.

Moodle compares exactly, so each NIP is asked for as people usually type it, and whoever is not found so in the rare
ways too. Deleted accounts lose their key in Moodle, so they are not found by it.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence, Set

from latsar_sync.domain.errors import RecordRejected, SiteRefuses, SiteUnavailable
from latsar_sync.domain.in_class import AccountInClass
from latsar_sync.domain.language import _
from latsar_sync.domain.nip import number_form, rare_spellings, spellings_in_a_username, usual_spellings
from latsar_sync.moodle import payloads
from latsar_sync.moodle.calls_together import chunks
from latsar_sync.moodle.client import MoodleClient
from latsar_sync.moodle.course_pages import MOST_ASIDE
from latsar_sync.moodle.functions import MAX_VARIABLES, Arguments, Function
from latsar_sync.moodle.spoiled_records import Patience, spoils_a_list

Spell = Callable[[str], Sequence[str]]

VALUES_A_CALL = MAX_VARIABLES - 1
"""The field's name goes with them."""
SPELLINGS: Mapping[str, tuple[Spell, Spell | None]] = {
    "idnumber": (usual_spellings, rare_spellings),
    "username": (spellings_in_a_username, None),
}
"""How the NIP is asked for by field: of everybody, and of those who were not found so."""
DELETED = re.compile(r".*@.*\.[0-9]{9,11}")
"""The username that Moodle gives an account which it deletes: address and moment (``delete_user`` in moodlelib)."""
TOO_MANY_TO_BE_ABSENT = 5
"""People of whom not one shows an account: then it may be the service account's rights that lack, and not accounts."""
FIRST_ACCOUNTS = range(1, 21)
"""User ids of those whom a site had first: its guest, who is in no course, and its admin."""


def carried_in(user: payloads.EnrolledUser | payloads.User, key: str) -> str:
    """Return what an account carries in the profile field in which NIPs stand, in its form of comparison."""
    return number_form(getattr(user, key) or "")


def calls_of(key: str, nips: Iterable[str], without_account: Iterable[str] = ()) -> list[Arguments]:
    """Return what is asked to find the accounts of ``nips``; no usual spelling tells those ``without_account``."""
    usual, rare = SPELLINGS[key]
    asked = list(_values(usual, nips)) + (list(_values(rare, without_account)) if rare else [])
    return [{"field": key, "values": values} for values in asked]


def _values(spellings: Spell, whom: Iterable[str]) -> Iterator[list[str]]:
    for some in chunks(sorted(whom), VALUES_A_CALL // len(spellings(""))):
        yield [each for nip in some for each in spellings(nip)]


def read_users(
    client: MoodleClient, key: str, nips: Set[str], unread: set[str], enough: Callable[[], object] = lambda: None
) -> dict[str, dict[int, payloads.User]]:
    """Return every account of the site that carries one of the NIPs, by NIP and user id; absent NIPs are left out.

    ``enough`` is asked when nobody was found in a usual spelling, before the rare ones are tried; it may raise.
    ``unread`` takes up the NIPs whose accounts could not be read.
    """
    found: dict[str, dict[int, payloads.User]] = {}
    patience = Patience()
    usual, rare = SPELLINGS[key]

    def ask(spellings: Spell, whom: Iterable[str]) -> None:
        for values in _values(spellings, whom):
            for user in _accounts(client, key, values, unread, patience):
                nip = carried_in(user, key)
                if nip in nips:
                    found.setdefault(nip, {})[user.id] = user

    ask(usual, nips)
    if not found:
        enough()
    if rare is not None:
        ask(rare, nips - found.keys() - unread)
    return found


def read_accounts(
    client: MoodleClient, key: str, nips: Set[str], unread: set[str] | None = None, some_were_there: bool = False
) -> dict[str, tuple[AccountInClass, ...]]:
    """Return every account of the site that carries one of the NIPs in its field ``key``; absent NIPs have none.

    Raise SiteRefuses if several were asked for, nobody was found, and nothing shows that none has an account: without
    the right to see the key Moodle answers with an empty list. ``some_were_there`` says that some of them were found
    before. ``unread`` takes up the NIPs whose accounts could not be read.
    """

    def enough() -> None:
        if len(nips) >= TOO_MANY_TO_BE_ABSENT:
            require_that_others_show(client, key, nips, some_were_there)

    found = read_users(client, key, nips, unread if unread is not None else set(), enough)
    return {nip: tuple(map(_account, users.values())) for nip, users in found.items()}


def require_that_others_show(client: MoodleClient, key: str, nips: Set[str], some_were_there: bool) -> None:
    """Raise SiteRefuses unless it is shown that none of these NIPs, of which not one was found, has an account.

    Where a Moodle is new nobody has one. It is shown by accounts of others with what only their rights let see
    (``user_get_user_details`` in Moodle's ``user/lib.php``), where no account carries a NIP in its other field.
    """
    names = {"name": client.name, "number": len(nips), "key": key}
    for other in SPELLINGS.keys() - {key}:
        if there := read_users(client, other, nips, set()):
            text = _("{name}: none of {number} people was found by {key}, and {found} by {other}.")
            raise SiteRefuses(
                text.format(**names, found=len(there), other=other),
                _('Correct target_key: "{other}" is where their NIP stands.').format(other=other),
            )
    own, first = client.site_info().userid, [str(each) for each in FIRST_ACCOUNTS]
    shown = client.read(Function.USERS_BY_FIELD, payloads.USERS, {"field": "id", "values": first})
    if some_were_there or not any(user.username for user in shown if user.id != own):
        raise SiteRefuses(
            _("{name}: none of {number} people was found by {key}.").format(**names),
            _(
                "Give the service account moodle/user:viewdetails and moodle/user:viewalldetails at system "
                "level, or correct target_key. Where nobody has an account yet, make the first one by hand."
            ),
        )


def _account(user: payloads.User) -> AccountInClass:
    return AccountInClass(user.id, bool(user.suspended), user.confirmed is not False, user.suspended is not None)


def read_accounts_by_id(client: MoodleClient, user_ids: Collection[int], unread: set[int]) -> dict[int, AccountInClass]:
    """Return those of these accounts that there are on the site, by user id; of deleted ones Moodle still tells.

    ``unread`` takes up the ids of those that could not be read.
    """
    found: dict[int, AccountInClass] = {}
    patience, spoilt = Patience(), set[str]()
    for some in chunks(sorted(user_ids), VALUES_A_CALL):
        for user in _accounts(client, "id", list(map(str, some)), spoilt, patience):
            if not DELETED.fullmatch(user.username or ""):
                found[user.id] = _account(user)
    unread.update(map(int, spoilt))
    return found


def _accounts(
    client: MoodleClient, key: str, values: Sequence[str], unread: set[str], patience: Patience, whole: bool = True
) -> list[payloads.User]:
    """Ask for accounts; an answer that one of them spoils is halved until that one stands alone.

    Who cannot be read in one spelling is asked for in no other: these would fail in a row, as a site does. Only what is
    ``whole`` or alone is asked patiently: each half of it fails as long as the one stands in it.
    """
    values = [each for each in values if number_form(each) not in unread]
    if not values:
        return []
    alone = len({number_form(each) for each in values}) == 1  # in whatever spellings
    arguments: Arguments = {"field": key, "values": values}
    try:
        users = client.read(Function.USERS_BY_FIELD, payloads.USERS, arguments, patient=whole or alone)
    except (RecordRejected, SiteRefuses, SiteUnavailable) as error:
        if not spoils_a_list(error) or len(unread) >= MOST_ASIDE:
            raise
        if alone:
            patience.failed(error)
            unread.add(number_form(values[0]))
            return []
    else:
        patience.answered()
        untold = [user for user in users if getattr(user, key) is None]
        if not (users.spoiled or users.lost) and (not untold or 1 < len(untold) == len(users)):
            return users
        if alone:
            unread.add(number_form(values[0]))
            return users
    half = len(values) // 2
    first = _accounts(client, key, values[:half], unread, patience, whole=False)
    return first + _accounts(client, key, values[half:], unread, patience, whole=False)
