"""Who has no account on an in-class site: under which address they are known in the MOOC, and an account made for them.

An account is made one at a time, and only where nothing on the site carries the NIP or the address: one that is there
is never changed (``user/externallib.php``, ``create_users``).
"""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from latsar_sync.domain.errors import RecordRejected, WriteUnknown
from latsar_sync.moodle.calls_together import chunks
from latsar_sync.moodle.client import MoodleClient
from latsar_sync.moodle.fields import Id, Text
from latsar_sync.moodle.functions import MAX_VARIABLES, Arguments, Function
from latsar_sync.moodle.parsing import Payload, Rows

SINGLE_NAME = "."
"""The last name of somebody who has one name only: Moodle wants two."""
VARIABLES_EACH = 2


class Contact(NamedTuple):
    """How an account is called and reached; an ``email`` that may not be seen is empty."""

    firstname: str
    lastname: str
    email: str


class _Profile(Payload):
    id: Id
    fullname: Text = ""
    firstname: Text | None = None
    lastname: Text | None = None
    email: Text | None = None


class _Made(Payload):
    id: Id
    username: Text


PROFILES = Rows(_Profile, {"fullname": ""})
MADE = Rows(_Made)


def parted(name: str) -> tuple[str, str]:
    """Return a whole name as Moodle wants it, first and last: the first word, and the rest with its titles."""
    bare, _comma, titles = name.partition(",")
    words = bare.split()
    if len(words) > 1:
        return words[0], name.partition(words[0])[2].strip()
    return bare.strip() or name.strip(), titles.strip() or SINGLE_NAME


def can_read_contacts(client: MoodleClient) -> bool:
    """Say whether the service may ask how people of the MOOC are reached."""
    return client.supports(Function.COURSE_USER_PROFILES)


def read_contacts(client: MoodleClient, course_id: int, user_ids: Collection[int]) -> dict[int, Contact]:
    """Return how these people of a course are called and reached, by user id; who does not show is left out."""
    found: dict[int, Contact] = {}
    for some in chunks(sorted(user_ids), MAX_VARIABLES // VARIABLES_EACH):
        asked: Arguments = {"userlist": [{"userid": each, "courseid": course_id} for each in some]}
        for profile in client.read(Function.COURSE_USER_PROFILES, PROFILES, asked):
            first, last = parted(profile.fullname)
            names = (profile.firstname or first, profile.lastname or last)
            found[profile.id] = Contact(*names, (profile.email or "").casefold())
    return found


def in_use(client: MoodleClient, field: str, values: Sequence[str]) -> set[str]:
    """Return those of these usernames, idnumbers or addresses that an account on the site has, in small letters."""
    found: set[str] = set()
    for some in chunks(sorted(set(values)), MAX_VARIABLES - 1):
        users = client.read(Function.USERS_BY_FIELD, TAKEN, {"field": field, "values": list(some)})
        found |= {str(getattr(user, field) or "").casefold() for user in users}
    return found


class _TakenName(Payload):
    id: Id
    username: Text | None = None
    idnumber: Text | None = None
    email: Text | None = None


TAKEN = Rows(_TakenName)


def make_account(client: MoodleClient, nip: str, contact: Contact, institution: str) -> int:
    """Make an account whose username and idnumber are the NIP, and return its user id; Moodle mails the password.

    Raise RecordRejected if Moodle will not have it, WriteUnknown if it may or may not have been made.
    """
    account: dict[str, str | bool] = {
        "username": nip,
        "idnumber": nip,
        "firstname": contact.firstname,
        "lastname": contact.lastname,
        "email": contact.email,
        "auth": "manual",
        "createpassword": True,
    }
    if institution:
        account["institution"] = institution
    made = client.write_returning(Function.CREATE_USERS, MADE, {"users": [account]})
    if len(made) != 1 or made[0].username != nip:
        raise WriteUnknown(f"{client.name}: {Function.CREATE_USERS}", "")
    return made[0].id


def prove_that_accounts_may_be_made(client: MoodleClient) -> None:
    """Ask for an account with the service account's own username: nothing can come of it, since that is taken.

    The form is checked first, then the right, then the username, so ``invalidparameter`` for such a form proves the
    right (tried on Moodle 4.3 and 5.1). Raise what Moodle refuses it with.
    """
    account: dict[str, str | bool] = {
        "username": client.site_info().username,
        "firstname": "latsar-sync",
        "lastname": "doctor",
        "email": "doctor@latsar-sync.invalid",
        "auth": "manual",
        "createpassword": True,
    }
    try:
        client.write_returning(Function.CREATE_USERS, MADE, {"users": [account]})
    except RecordRejected as error:
        if error.errorcode != "invalidparameter":
            raise
