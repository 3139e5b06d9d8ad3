"""The sent-log of messages to people: written ahead, sent at most once per person, event and occasion."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, func, insert, select, update

from latsar_sync.domain.in_class import PushKind, PushState
from latsar_sync.domain.language import _
from latsar_sync.rules.sent_messages import (
    ASKED_FOR,
    NOT_COME,
    TO_PEOPLE,
    Message,
    MessageEvent,
    MessageState,
    SentMessage,
    is_told_otherwise,
    told_last,
)
from latsar_sync.store.bulk import batches
from latsar_sync.store.tables import identities, messages, pushes


def forget_the_dead(connection: Connection, programme: str, now: datetime) -> None:
    """Turn what a dead run left in ``sending`` into ``unknown``; call it under the lease, before anything is sent."""
    connection.execute(
        update(messages)
        .where(messages.c.programme == programme, messages.c.state == str(MessageState.SENDING))
        .values(state=str(MessageState.UNKNOWN), settled_at=now, error=_("the run ended before an answer came"))
    )


def load_messages(connection: Connection, programme: str) -> dict[tuple[str, str, str], SentMessage]:
    """Return every message of a programme by its key."""
    another = and_(identities.c.handed_over_at.is_not(None), messages.c.written_at < identities.c.handed_over_at)
    rows = connection.execute(
        select(messages, another.label("to_another"))
        .outerjoin(identities, identities.c.participant_id == messages.c.recipient)
        .where(messages.c.programme == programme)
    )
    found = [
        SentMessage(
            row.id,
            (row.event, row.recipient, row.occasion),
            MessageState(row.state),
            row.attempts,
            row.settled_at,
            row.run_id or 0,
            bool(row.to_another),
        )
        for row in rows
    ]
    return {each.key: each for each in found}


def ask_for(
    connection: Connection,
    programme: str,
    occasion: str,
    people: Sequence[tuple[str, str, int]],
    by: str,
    now: datetime,
) -> None:
    """Write down reminders that a named person asked for: recipient, site and account of each. No run has them yet."""
    rows = [
        {
            "programme": programme,
            "event": str(MessageEvent.REMINDER),
            "recipient": recipient,
            "occasion": occasion,
            "site": site,
            "user_id": user_id,
            "covers": [],
            "state": str(MessageState.ASKED),
            "attempts": 0,
            "asked_by": by,
            "written_at": now,
        }
        for recipient, site, user_id in people
    ]
    if rows:
        connection.execute(insert(messages), rows)


def leave_asked_out(connection: Connection, programme: str, now: datetime) -> None:
    """Count reminders that wait as perhaps sent, since the database may not know."""
    waits = [str(each) for each in NOT_COME]
    asked = messages.c.programme == programme, messages.c.occasion.startswith(ASKED_FOR), messages.c.state.in_(waits)
    values = {"state": str(MessageState.UNKNOWN), "settled_at": now, "error": "the database is not the one that knew"}
    connection.execute(update(messages).where(*asked).values(**values))


def drop(connection: Connection, message_row_ids: Sequence[int], now: datetime) -> None:
    """Settle reminders that were asked for and that nobody needs any more."""
    values = {"state": str(MessageState.NEEDLESS), "settled_at": now}
    for batch in batches(message_row_ids):
        connection.execute(update(messages).where(messages.c.id.in_(batch)).values(**values))


def arrived_on(connection: Connection, programme: str) -> frozenset[str]:
    """Return the sites on which Moodle has delivered messages of a programme."""
    sent = (
        messages.c.programme == programme,
        messages.c.state == str(MessageState.SENT),
        messages.c.event.in_(map(str, TO_PEOPLE)),
    )
    return frozenset(connection.execute(select(messages.c.site).where(*sent).distinct()).scalars())


def told_arrivals(connection: Connection, programme: str) -> dict[tuple[str, int], frozenset[str]]:
    """Return, by site and course id, the participants of whom a digest has told that went out or may have.

    Whoever was enrolled there once more since arrived anew, and is to be told of again.
    """
    rows = connection.execute(
        select(messages.c.site, messages.c.course_id, messages.c.covers, messages.c.written_at).where(
            messages.c.programme == programme,
            messages.c.event == str(MessageEvent.ARRIVALS),
            messages.c.state.in_(
                [str(state) for state in (MessageState.SENDING, MessageState.SENT, MessageState.UNKNOWN)]
            ),
        )
    )
    told: dict[tuple[str, int], dict[str, datetime]] = {}
    for row in rows:
        people = told.setdefault((row.site, row.course_id), {})
        people |= {who: max(row.written_at, people.get(who, row.written_at)) for who in row.covers}
    if not told:
        return {}
    sent = (
        pushes.c.programme == programme,
        pushes.c.kind == str(PushKind.ENROL),
        pushes.c.state == str(PushState.CONFIRMED),
    )
    last = select(pushes.c.site, pushes.c.course_id, pushes.c.subject, func.max(pushes.c.sent_at).label("at"))
    for row in connection.execute(last.where(*sent).group_by(pushes.c.site, pushes.c.course_id, pushes.c.subject)):
        people = told.get((row.site, row.course_id), {})
        if row.subject in people and people[row.subject] < row.at:
            del people[row.subject]
    return {course: frozenset(people) for course, people in told.items()}


def owed_arrivals(
    connection: Connection, programme: str, now: datetime | None
) -> dict[tuple[str, int], dict[int, frozenset[str]]]:
    """Return, by site and course id, which managers a digest did not reach that may go again, and of whom it told.

    Each by user id. A manager to whom Moodle did not deliver is tried again like a participant (``AGAIN_AFTER``); with
    no ``now`` they are all meant, whether their time has come or not.
    """
    m = messages.c
    asked = select(m.site, m.course_id, m.user_id, m.covers, m.state, m.attempts, m.settled_at).order_by(m.written_at)
    mine = asked.where(m.programme == programme, m.event == str(MessageEvent.ARRIVALS))
    lacks: dict[tuple[str, int, int], set[str]] = {}
    came: dict[tuple[str, int, int], set[str]] = {}
    last: dict[tuple[str, int, int], SentMessage] = {}
    for row in connection.execute(mine):
        whose, state = (row.site, row.course_id, row.user_id), MessageState(row.state)
        (lacks if state in NOT_COME else came).setdefault(whose, set()).update(row.covers)
        tried = row.attempts + (last[whose].attempts if whose in last and state is MessageState.REJECTED else 0)
        last[whose] = SentMessage(0, ("", "", ""), state, tried, row.settled_at)
    found: dict[tuple[str, int], dict[int, frozenset[str]]] = {}
    for whose, people in lacks.items():
        site, course_id, user_id = whose
        owed = people - came.get(whose, set()) - came.get((site, course_id, 0), set())
        if owed and (now is None or last[whose].state not in NOT_COME or last[whose].may_go_again(now)):
            found.setdefault((site, course_id), {})[user_id] = frozenset(owed)
    return found


def write_ahead(
    connection: Connection, programme: str, message: Message, known: SentMessage | None, run_id: int, now: datetime
) -> int:
    """Write down a message before it is sent and return its number; ``known`` is its row from an earlier attempt."""
    seen = select(identities.c.handed_over_at).where(identities.c.participant_id == message.recipient)
    course = int(message.occasion.partition("/")[0]) if message.event is MessageEvent.ARRIVALS else None
    values: dict[str, Any] = {
        "site": message.site,
        "user_id": message.user_id,
        "course_id": course,
        "covers": list(message.covers),
        "state": str(MessageState.SENDING),
        "attempts": known.attempts + 1 if known else 1,
        "run_id": run_id,
        # who has the account now is told once, also where another clock was ahead
        "written_at": max(now, connection.execute(seen).scalar() or now),
        "settled_at": None,
        "error": None,
    }
    if known is not None:
        connection.execute(update(messages).where(messages.c.id == known.id).values(**values))
        return known.id
    event, recipient, occasion = message.key
    values |= {"programme": programme, "event": event, "recipient": recipient, "occasion": occasion}
    return int(connection.execute(insert(messages).values(**values).returning(messages.c.id)).scalar_one())


def settle(
    connection: Connection, message_row_id: int, state: MessageState, now: datetime, error: str | None = None
) -> None:
    """Record what became of a message. What a site refused as a whole is no attempt at this person."""
    values: dict[str, Any] = {"state": str(state), "settled_at": now, "error": error}
    if state is MessageState.REFUSED:
        values["attempts"] = messages.c.attempts - 1
    connection.execute(update(messages).where(messages.c.id == message_row_id).values(**values))


def leave_out(
    connection: Connection,
    programme: str,
    due_now: Iterable[Message],
    known: Mapping[tuple[str, str, str], SentMessage],
    run_id: int,
    now: datetime,
) -> int:
    """Write down messages as perhaps sent without sending them, and return how many; what is known stays as it is."""
    count, last = 0, told_last(known.values())
    for message in due_now:
        before = known.get(message.key)
        again = before is None or before.to_another
        open_yet = before is None or again or before.state in (MessageState.REFUSED, MessageState.REJECTED)
        if open_yet or (before is not None and is_told_otherwise(before, last)):
            message_row_id = write_ahead(connection, programme, message, before, run_id, now)
            settle(connection, message_row_id, MessageState.UNKNOWN, now, "the database is not the one that knew")
            count += 1
    return count


def count_messages(connection: Connection, programme: str) -> dict[str, int]:
    """Count the messages of a programme by state."""
    mine = select(messages.c.state, func.count().label("times")).where(messages.c.programme == programme)
    return {row.state: row.times for row in connection.execute(mine.group_by(messages.c.state))}


def message_rows(
    connection: Connection, programmes: list[str], limit: int, offset: int = 0, state: str = ""
) -> list[Mapping[str, Any]]:
    """Return the newest messages, newest first, with the participant's name; of one ``state`` if it is given."""
    statement = (
        select(messages, identities.c.name)
        .outerjoin(identities, identities.c.participant_id == messages.c.recipient)
        .where(messages.c.programme.in_(programmes))
        .order_by(messages.c.written_at.desc(), messages.c.id.desc())
        .offset(offset)
        .limit(limit)
    )
    if state:
        statement = statement.where(messages.c.state == state)
    return [dict(row._mapping) for row in connection.execute(statement)]


def undelivered(connection: Connection, since: datetime) -> dict[str, int]:
    """Count the messages written after ``since`` that did not arrive, or perhaps did not, by state."""
    wanted = (MessageState.REJECTED, MessageState.REFUSED, MessageState.UNKNOWN)
    rows = connection.execute(
        select(messages.c.state, func.count().label("times"))
        .where(messages.c.state.in_(map(str, wanted)), messages.c.written_at > since)
        .group_by(messages.c.state)
    )
    return {row.state: row.times for row in rows}
