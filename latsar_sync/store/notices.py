"""What the operators are told: one row per reason while it lasts, and whether it went out.

Written by whichever daemon sees it first, sent by whichever claims it. A notice goes out at least once: one whose
sender died is sent again after ``CLAIM_LASTS``.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from latsar_sync.rules.pauses import NOTICE_PAUSES
from latsar_sync.store.tables import notices

CLAIM_LASTS = timedelta(minutes=5)


class NoticeState(StrEnum):
    """How far a notice has come."""

    DUE = "due"
    SENDING = "sending"
    SENT = "sent"
    GIVEN_UP = "given_up"
    QUIET = "quiet"
    """Nobody asked to be told of such events; the row only remembers that it holds."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One notice. ``ended_at`` is None while what it tells of still holds."""

    id: int
    event: str
    subject: str
    since: datetime
    reason: str
    title: str
    body: str
    ended_at: datetime | None
    state: NoticeState
    attempts: int
    next_try_at: datetime
    delivered: tuple[str, ...]
    error: str | None
    sent_at: datetime | None


def begin(
    connection: Connection, event: str, subject: str, reason: str, text: tuple[str, str], now: datetime, told: bool
) -> bool:
    """Write down that something holds, with the title and body to tell; False if it is known for that reason.

    Another reason ends the old row and begins a new one. ``told`` is False if nobody asked for such events.
    """
    lasting = _lasting(connection, subject, [event])
    if lasting and lasting[0].reason == reason:
        return False
    for each in lasting:
        _end(connection, each.id, now)
    return _insert(connection, event, subject, reason, text, now, None, told)


def note(connection: Connection, event: str, subject: str, text: tuple[str, str], since: datetime, told: bool) -> bool:
    """Write down something that does not last; False if that very moment is written down already."""
    return _insert(connection, event, subject, "", text, since, since, told)


def end(connection: Connection, subject: str, events: Collection[str], now: datetime) -> list[Notice]:
    """Write down that these events hold no more; return those that did, each to one caller only."""
    return [each for each in _lasting(connection, subject, events) if _end(connection, each.id, now)]


def lasting(connection: Connection) -> list[Notice]:
    """Return everything that holds now."""
    return [_notice(row) for row in connection.execute(select(notices).where(notices.c.ended_at.is_(None)))]


def newest(connection: Connection, limit: int = 1, about: Sequence[str] = ()) -> list[Notice]:
    """Return the newest notices, newest first, ``about`` these programmes or about anything."""
    statement = select(notices).order_by(notices.c.since.desc(), notices.c.id.desc()).limit(limit)
    if about:
        subjects = [subject for each in about for subject in (each, f"files:{each}")]
        statement = statement.where(notices.c.subject.in_(subjects))
    return [_notice(row) for row in connection.execute(statement)]


def last_slot(connection: Connection, event: str, subject: str, now: datetime) -> datetime | None:
    """Return the newest slot of a notice that comes at its hour; one that lies ahead a clock wrote that ran ahead."""
    of_event = (notices.c.event == event, notices.c.subject == subject, notices.c.since <= now)
    newest_one: datetime | None = connection.execute(select(func.max(notices.c.since)).where(*of_event)).scalar_one()
    return newest_one


def waiting(connection: Connection, now: datetime) -> list[Notice]:
    """Return what is to be sent now, oldest first; a time far ahead was written by a clock that ran ahead."""
    rows = connection.execute(
        select(notices)
        .where(notices.c.state.in_([str(NoticeState.DUE), str(NoticeState.SENDING)]))
        .order_by(notices.c.id)
    )
    return [each for each in map(_notice, rows) if not now < each.next_try_at <= now + NOTICE_PAUSES[-1]]


def claim(connection: Connection, notice: Notice, now: datetime) -> bool:
    """Take a notice for sending; False if somebody else was faster. The claim ends by itself."""
    taken = connection.execute(
        update(notices)
        .where(notices.c.id == notice.id, notices.c.state == str(notice.state))
        .where(notices.c.next_try_at == notice.next_try_at, notices.c.attempts == notice.attempts)
        .values(state=str(NoticeState.SENDING), attempts=notice.attempts + 1, next_try_at=now + CLAIM_LASTS)
    )
    return taken.rowcount == 1


def settle(
    connection: Connection, notice: Notice, delivered: Sequence[str], error: str | None, now: datetime
) -> NoticeState:
    """Record what came of a claimed notice (as it was before the claim): sent, tried again later, or given up."""
    values: dict[str, Any] = {"delivered": [*notice.delivered, *delivered], "error": error}
    if error is None:
        values |= {"state": str(NoticeState.SENT), "sent_at": now}
    elif notice.attempts < len(NOTICE_PAUSES):
        values |= {"state": str(NoticeState.DUE), "next_try_at": now + NOTICE_PAUSES[notice.attempts]}
    else:
        values |= {"state": str(NoticeState.GIVEN_UP)}
    connection.execute(update(notices).where(notices.c.id == notice.id).values(**values))
    return NoticeState(values["state"])


def unsent(connection: Connection, since: datetime) -> list[Notice]:
    """Return the notices that met an error and have not gone out, of what holds now or began after ``since``."""
    rows = connection.execute(
        select(notices)
        .where(notices.c.state != str(NoticeState.SENT), notices.c.error.is_not(None))
        .where(notices.c.ended_at.is_(None) | (notices.c.since >= since))
        .order_by(notices.c.id)
    )
    return [_notice(row) for row in rows]


def _lasting(connection: Connection, subject: str, events: Collection[str]) -> list[Notice]:
    rows = connection.execute(
        select(notices)
        .where(notices.c.subject == subject, notices.c.event.in_(list(events)), notices.c.ended_at.is_(None))
        .order_by(notices.c.id)
    )
    return [_notice(row) for row in rows]


def _end(connection: Connection, notice_id: int, now: datetime) -> bool:
    ended = connection.execute(
        update(notices).where(notices.c.id == notice_id, notices.c.ended_at.is_(None)).values(ended_at=now)
    )
    return ended.rowcount == 1


def _insert(
    connection: Connection,
    event: str,
    subject: str,
    reason: str,
    text: tuple[str, str],
    since: datetime,
    ended_at: datetime | None,
    told: bool,
) -> bool:
    values = {
        "event": event,
        "subject": subject,
        "since": since,
        "reason": reason,
        "title": text[0],
        "body": text[1],
        "ended_at": ended_at,
        "state": str(NoticeState.DUE if told else NoticeState.QUIET),
        "attempts": 0,
        "next_try_at": since,
        "delivered": [],
    }
    try:
        with connection.begin_nested():
            connection.execute(insert(notices).values(**values))
    except IntegrityError:
        return False  # another daemon was first by a hair
    return True


def _notice(row: Row[Any]) -> Notice:
    return Notice(
        row.id,
        row.event,
        row.subject,
        row.since,
        row.reason,
        row.title,
        row.body,
        row.ended_at,
        NoticeState(row.state),
        row.attempts,
        row.next_try_at,
        tuple(row.delivered),
        row.error,
        row.sent_at,
    )
