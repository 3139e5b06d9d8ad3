"""The shapes of the commands about notices to operators and messages to people."""

from collections.abc import Mapping
from typing import Any, Literal, NotRequired
from zoneinfo import ZoneInfo

from typing_extensions import TypedDict

from latsar_sync.domain.language import mark
from latsar_sync.rules.sent_messages import Message, MessageEvent
from latsar_sync.shapes.fields import Moment, moment

EVENTS: Mapping[str, str] = {
    "failed": mark("run or site failed"),
    "partial": mark("run done in part"),
    "guarded": mark("held by a guard"),
    "stale": mark("stale"),
    "healed": mark("good again"),
    "files": mark("files came"),
    "weekly": mark("the week"),
    "wait_held": mark("a held run waits"),
    "wait_approval": mark("people wait for approval"),
    "wait_review": mark("people need follow-up"),
    "wait_files": mark("files wait"),
    "wait_start": mark("a start comes near"),
    "digest": mark("what waits today"),
    MessageEvent.ARRIVALS: mark("newly arrived people"),
    MessageEvent.REMINDER: mark("reminder"),
    MessageEvent.ADMITTED: mark("admitted"),
    MessageEvent.NOTE: mark("note in Moodle"),
    MessageEvent.DESCRIPTION: mark("description of a group"),
    MessageEvent.EVENT: mark("calendar event"),
}
STATES: Mapping[str, str] = {
    "due": mark("waits"),
    "asked": mark("asked for, goes with the next run"),
    "needless": mark("no longer needed"),
    "sending": mark("being sent"),
    "sent": mark("sent"),
    "given_up": mark("given up"),
    "quiet": mark("not asked for"),
    "rejected": mark("not delivered"),
    "refused": mark("not taken by the site"),
    "unknown": mark("no answer"),
}


class ChaseMailShape(TypedDict):
    """The chase list of one institution as a mail; ``state`` null: not sent for this occasion."""

    institution: str
    people: int
    has_contact: bool
    occasion: str
    state: str | None
    error: str | None


class NoticeTestShape(TypedDict):
    """``notices test``: how many addresses took it; of the others number and kind, never the address."""

    outcome: Literal["ok", "failed"]
    delivered: int
    failed: list[str]


class ToldShape(TypedDict):
    """One line of ``notices list``; a notice also has ``ended_at`` and ``title``, a message what follows these."""

    kind: Literal["notice", "message"]
    at: Moment | None
    event: str
    subject: str
    to: str
    name: str | None
    state: str
    attempts: int
    error: str | None
    ended_at: NotRequired[Moment | None]
    title: NotRequired[str]
    occasion: NotRequired[str]
    site: NotRequired[str]
    user_id: NotRequired[int]


class DueMessageShape(TypedDict):
    """A message that would be sent now."""

    event: str
    site: str
    user_id: int
    recipient: str
    name: str | None
    occasion: str
    text: str


class MessagesPreviewShape(TypedDict):
    """What a programme would write to people now; ``asked_for`` says whether it writes at all."""

    programme: str
    asked_for: bool
    messages: list[DueMessageShape]
    problems: list[str]


def message_line_json(row: Any, zone: ZoneInfo) -> ToldShape:
    """One message that was written through Moodle, a row of ``message_rows``."""
    return {
        "kind": "message",
        "at": moment(row["written_at"], zone),
        "event": row["event"],
        "subject": row["programme"],
        "to": row["recipient"],
        "name": row["name"],
        "state": row["state"],
        "attempts": row["attempts"],
        "error": row["error"],
        "occasion": row["occasion"],
        "site": row["site"],
        "user_id": row["user_id"],
    }


def due_message_json(message: Message, names: Mapping[str, str]) -> DueMessageShape:
    """One message that would be written now; ``names`` are those of the participants by internal id."""
    return {
        "event": message.event,
        "site": message.site,
        "user_id": message.user_id,
        "recipient": message.recipient,
        "name": names.get(message.recipient),
        "occasion": message.occasion,
        "text": message.text,
    }


def chase_mail_json(mail: Any, occasion: str) -> ChaseMailShape:
    """The chase list of one institution, as ``service.chase_mail`` tells it."""
    return {
        "institution": mail.institution,
        "people": mail.people,
        "has_contact": mail.contact is not None,
        "occasion": occasion,
        "state": mail.state,
        "error": mail.error,
    }
