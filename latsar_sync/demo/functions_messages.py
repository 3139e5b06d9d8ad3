"""Personal messages, as message/externallib.php sends them (recordings of core_message_send_…)."""

from __future__ import annotations

import html
from typing import Any, Final

from latsar_sync.demo import access, failures
from latsar_sync.demo.records import Message, ServiceAccount, User
from latsar_sync.demo.versions import as_of
from latsar_sync.demo.world import Site

LONGEST: Final = 4096


def send_instant_messages(site: Site, account: ServiceAccount, params: dict[str, Any]) -> object:
    """core_message_send_instant_messages: a recipient who is rejected has msgid -1, and the others get theirs.

    Before 5.1 a mixed call ends in `formatnotsupported` after the others were sent: Moodle looks for the record of
    message -1.
    """
    if not site.messaging_enabled:
        raise failures.moodle_error("disabled", "Messaging is disabled on this site")
    access.require(account, "moodle/site:sendmessage")
    if not params["messages"]:
        raise failures.invalid_parameter()
    answers: list[dict[str, object]] = []
    for row in params["messages"]:
        recipient = site.users.get(row["touserid"])
        answer: dict[str, object] = {"msgid": -1}
        if row["clientmsgid"] is not None:
            answer["clientmsgid"] = row["clientmsgid"]
        if refused := _refused(site, account, recipient, row):
            answer |= as_of(
                site.moodle, "message", {"errormessage": refused, "cantsendtouser": _named(refused, recipient)}
            )
        else:
            message = Message(len(site.messages) + 1, account.user_id, row["touserid"], row["text"], site.clock())
            site.messages.append(message)
            answer |= {"msgid": message.id, "timecreated": message.time, "conversationid": message.to_id}
            answer |= {"text": f"<p>{html.escape(message.text)}</p>", "useridfrom": account.user_id}
        answers.append({**answer, "candeletemessagesforallusers": False})
    if not site.moodle.answers_each_message and len({"errormessage" in answer for answer in answers}) > 1:
        raise failures.moodle_error("formatnotsupported", "webservice/formatnotsupported")
    return answers


def _refused(site: Site, account: ServiceAccount, recipient: User | None, row: dict[str, Any]) -> str:
    """Why Moodle does not deliver: no such person, too long, or not to be written to by this account."""
    if recipient is None or recipient.deleted:
        return f"You cannot send a message to a user ID ({row['touserid']}) that doesn't exist."
    if len(row["text"].encode()) > LONGEST:
        return "The message is longer than the maximum allowed."
    shared = any(
        {account.user_id, recipient.id} <= course.enrolments.keys()
        and course.is_active(account.user_id, site.clock())
        and course.is_active(recipient.id, site.clock())
        for course in site.courses.values()
    )
    anybody = "moodle/site:messageanyuser" in account.capabilities
    if recipient.rejects_messages or (not anybody and not shared):
        whom = recipient.fullname if site.moodle.names_recipients else "this user"
        return f"You can't message {whom} due to their message preferences. Try adding them as a contact."
    return ""


def _named(refused: str, recipient: User | None) -> str:
    return recipient.fullname if recipient is not None and recipient.fullname in refused else ""
