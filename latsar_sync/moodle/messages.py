"""Personal messages through Moodle, one a call, and who is to be written to in a course.

Moodle 4.3 answers a call of several messages with ``formatnotsupported`` if one recipient is rejected, after it has
sent the others (recording ``core_message_send_instant_messages.mixed-unknown-user``): only one message a call tells
for certain who got it. The call is never repeated by itself.
"""

from collections.abc import Collection

from latsar_sync.domain.errors import (
    ConfigurationError,
    LatsarError,
    RecordRejected,
    SiteRefuses,
    SiteUnavailable,
    WriteUnknown,
)
from latsar_sync.domain.language import _
from latsar_sync.moodle import payloads
from latsar_sync.moodle.client import MoodleClient
from latsar_sync.moodle.course_lists import read_enrolled
from latsar_sync.moodle.functions import Arguments, Function

LONGEST_BYTES = 4096
"""What Moodle takes of a message (``message/classes/api.php``, MESSAGE_MAX_LENGTH, counted in bytes)."""
PLAIN_TEXT = 2
NOTHING_SENT = frozenset({"", "sitemaintenance", "upgraderunning", "dbconnectionfailed"})
"""Codes of a site that is away which come before anything is sent; without a code it was not reached at all."""


def require_messages(client: MoodleClient) -> None:
    """Raise SiteRefuses, before anything is written ahead, if the token's service cannot send messages."""
    if not client.supports(Function.SEND_MESSAGES):
        raise SiteRefuses(
            _("{site}: the service cannot send messages ({function} is not listed).").format(
                site=client.name, function=Function.SEND_MESSAGES
            ),
            _(
                "Add that function to the external service, and allow moodle/site:sendmessage and "
                "moodle/site:messageanyuser at system level; or switch the messages off in [programmes.messages]."
            ),
        )


def send(client: MoodleClient, user_id: int, text: str, mark: str) -> None:
    """Send one plain text; ``mark`` (letters, digits, dashes) comes back in the answer.

    Raise RecordRejected if Moodle does not deliver to this person, WriteUnknown if it may or may not have been sent;
    any other error means that nothing was sent and nobody else can be written to now.
    """
    arguments: Arguments = {
        "messages": [{"touserid": user_id, "text": text, "textformat": PLAIN_TEXT, "clientmsgid": mark}]
    }
    try:
        [sent] = client.write_returning(Function.SEND_MESSAGES, payloads.SENT_MESSAGES, arguments)
    except (WriteUnknown, SiteRefuses, ConfigurationError):
        raise
    except RecordRejected as error:
        if error.errorcode == "invalidparameter":  # Moodle checks the form before it sends anything
            raise SiteRefuses(error.message, error.remedy, error.errorcode) from None
        raise _unknown(error) from None  # a failure while delivering: the message may be there already
    except SiteUnavailable as error:
        if error.errorcode in NOTHING_SENT:
            raise
        raise _unknown(error) from None
    except ValueError:
        raise WriteUnknown(
            _("{site}: the answer to a message is not about that one message.").format(site=client.name),
            _("It is not sent again."),
        ) from None
    if sent.msgid <= 0:
        raise RecordRejected(f"{client.name}: {_why(sent.errormessage or '')}", errorcode="undelivered")


def people_with_role(client: MoodleClient, course_id: int, roles: Collection[str]) -> list[int]:
    """Return the user ids of everybody active in a course who holds one of these roles, by short name."""
    people = read_enrolled(client, course_id, "id,roles", onlyactive=1)
    return sorted(user.id for user in people.values() if any(role.shortname in roles for role in user.roles))


def _unknown(error: LatsarError) -> WriteUnknown:
    return WriteUnknown(
        _("No proof that it was sent or not: {message}").format(message=error.message), _("It is not sent again.")
    )


def _why(said: str) -> str:
    """Say in our own words why nothing was delivered: Moodle's hold the person's name (``lang/en/message.php``)."""
    if "preferences" in said:
        return _("the account may not write to this person; allow it moodle/site:messageanyuser at system level.")
    if "doesn't exist" in said:
        return _("there is no such account.")
    if "longer than" in said:
        return _("the message is too long.")
    return _("Moodle does not deliver messages between people (Notification settings).")
