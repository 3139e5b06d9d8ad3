"""Messages through Moodle, due or sent, and whether one that was sent may go once more. Pure (rules 8 and 9)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

ASKED_FOR = "asked/"
"""With this the occasion of a reminder begins that a person asked for."""
AGAIN_AFTER = timedelta(hours=20)
MOST_ATTEMPTS = 5
"""Somebody to whom Moodle did not deliver is tried again on the next day, so many times in all."""


class MessageEvent(StrEnum):
    """Why somebody is written to."""

    ARRIVALS = "arrivals"
    REMINDER = "reminder"
    ADMITTED = "admitted"
    # what is written for course managers inside Moodle (rules/moodle_marks.py)
    NOTE = "note"
    DESCRIPTION = "description"
    EVENT = "event"


THROUGH_THE_MOOC = frozenset({MessageEvent.REMINDER, MessageEvent.ADMITTED})
"""What participants are written by their account in the MOOC; all else goes to, or lies in, an in-class course."""

TO_PEOPLE = frozenset({MessageEvent.ARRIVALS, MessageEvent.REMINDER, MessageEvent.ADMITTED})
"""What goes to somebody's Moodle messages; the others are marks."""
ONCE_AN_ANGKATAN = frozenset({MessageEvent.ADMITTED, MessageEvent.NOTE, MessageEvent.DESCRIPTION})
"""Whose occasion is the angkatan's id."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message. It is sent once per event, ``recipient`` and ``occasion``.

    ``recipient`` is the participant's internal id, or ``site:user id`` of a course manager; ``covers`` are the
    participants that a digest tells of.
    """

    event: MessageEvent
    site: str
    user_id: int
    recipient: str
    occasion: str
    text: str
    covers: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[str, str, str]:
        """What no second message may have within a programme."""
        return str(self.event), self.recipient, self.occasion


class MessageState(StrEnum):
    """What is known of one message."""

    ASKED = "asked"
    """Asked for by a named person; the next run writes it."""
    NEEDLESS = "needless"
    """Asked for, and nothing is missing any more that the person could do."""
    SENDING = "sending"
    SENT = "sent"
    REJECTED = "rejected"
    """Moodle does not deliver to this person."""
    REFUSED = "refused"
    """The site took no message at all: nothing was sent, the next run tries again."""
    UNKNOWN = "unknown"
    """No answer came: it may have been sent, and is not sent again."""


NOT_COME = frozenset({MessageState.ASKED, MessageState.REFUSED, MessageState.REJECTED})
"""Of what is known not to have reached its recipient."""


@dataclass(frozen=True, slots=True)
class SentMessage:
    """One row of the log, without any text. ``to_another``: the recipient's account was somebody else's then."""

    id: int
    key: tuple[str, str, str]
    state: MessageState
    attempts: int
    settled_at: datetime | None
    run_id: int = 0
    to_another: bool = False

    def may_go_again(self, now: datetime) -> bool:
        """Say whether it is known not to have reached the recipient, and its time for another attempt has come."""
        if self.to_another or self.state in (MessageState.REFUSED, MessageState.ASKED):
            return True
        rested = self.settled_at is not None and now - self.settled_at >= AGAIN_AFTER
        return self.state is MessageState.REJECTED and self.attempts < MOST_ATTEMPTS and rested


def of_one_person(
    known: Iterable[SentMessage], merged: Mapping[str, str | None]
) -> dict[tuple[str, str, str], SentMessage]:
    """Return messages by their key, those to an account that was ``merged`` into another as messages to that one.

    What the account that counts was told itself comes first; what came to neither is of no account.
    """
    found: dict[tuple[str, str, str], SentMessage] = {}
    for each in sorted(known, key=lambda one: merged.get(one.key[1]) is None):
        event, recipient, occasion = each.key
        counts = merged.get(recipient)
        if counts is None:
            found[each.key] = each
        elif each.state in (MessageState.SENT, MessageState.UNKNOWN, MessageState.SENDING) and not each.to_another:
            found[event, counts, occasion] = replace(each, key=(event, counts, occasion))
    return found


def is_still_asked_for(known: SentMessage) -> bool:
    """Say whether it is a reminder that a named person asked for, and is known not to have reached its recipient."""
    return known.key[2].startswith(ASKED_FOR) and known.state in NOT_COME


def told_last(known: Iterable[SentMessage]) -> dict[str, SentMessage]:
    """Return the *admitted* that each recipient got last, or may have: by the count of runs, not by a clock."""
    found: dict[str, SentMessage] = {}
    for each in known:
        event, recipient, _occasion = each.key
        came = event == MessageEvent.ADMITTED and each.state in (MessageState.SENT, MessageState.UNKNOWN)
        if came and not each.to_another and (recipient not in found or found[recipient].run_id < each.run_id):
            found[recipient] = each
    return found


def is_told_otherwise(known: SentMessage, last: Mapping[str, SentMessage]) -> bool:
    """Say whether a message that came once is an *admitted* after which its recipient was told of another angkatan.

    Who was moved away and back is not left with the word that they are elsewhere. ``last`` is from ``told_last``.
    """
    newest = last.get(known.key[1])
    came = known.key[0] == MessageEvent.ADMITTED and known.state in (MessageState.SENT, MessageState.UNKNOWN)
    return came and newest is not None and newest.key != known.key
