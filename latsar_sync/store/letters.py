"""The sent-log of messages to people: written ahead, sent at most once per person, event and occasion."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from latsar_sync.letters import Letter, LetterEvent
from latsar_sync.store.tables import identities, letters

AGAIN_AFTER = timedelta(hours=20)
MOST_ATTEMPTS = 5
"""Somebody to whom Moodle did not deliver is tried again on the next day, so many times in all."""


class LetterState(StrEnum):
    """What is known of one letter."""

    SENDING = "sending"
    SENT = "sent"
    REJECTED = "rejected"
    """Moodle does not deliver to this person."""
    REFUSED = "refused"
    """The site took no message at all: nothing was sent, the next run tries again."""
    UNKNOWN = "unknown"
    """No answer came: it may have been sent, and is not sent again."""


@dataclass(frozen=True, slots=True)
class SentLetter:
    """One row of the log, without any text."""

    id: int
    key: tuple[str, str, str]
    state: LetterState
    attempts: int
    settled_at: datetime | None

    def may_go_again(self, now: datetime) -> bool:
        """Say whether it is known not to have arrived, and its time for another attempt has come."""
        if self.state is LetterState.REFUSED:
            return True
        rested = self.settled_at is not None and now - self.settled_at >= AGAIN_AFTER
        return self.state is LetterState.REJECTED and self.attempts < MOST_ATTEMPTS and rested


def forget_the_dead(connection: Connection, programme: str, now: datetime) -> None:
    """Turn what a dead run left in ``sending`` into ``unknown``; call it under the lease, before anything is sent."""
    connection.execute(
        update(letters)
        .where(letters.c.programme == programme, letters.c.state == str(LetterState.SENDING))
        .values(state=str(LetterState.UNKNOWN), settled_at=now, error="the run ended before an answer came")
    )


def load_letters(connection: Connection, programme: str) -> dict[tuple[str, str, str], SentLetter]:
    """Return every letter of a programme by its key."""
    rows = connection.execute(select(letters).where(letters.c.programme == programme))
    found = [
        SentLetter(
            row.id, (row.event, row.recipient, row.occasion), LetterState(row.state), row.attempts, row.settled_at
        )
        for row in rows
    ]
    return {each.key: each for each in found}


def arrived_on(connection: Connection, programme: str) -> frozenset[str]:
    """Return the sites on which Moodle has delivered messages of a programme."""
    sent = (letters.c.programme == programme, letters.c.state == str(LetterState.SENT))
    return frozenset(connection.execute(select(letters.c.site).where(*sent).distinct()).scalars())


def told_arrivals(connection: Connection, programme: str) -> dict[tuple[str, int], frozenset[str]]:
    """Return, by site and course id, the participants of whom a digest has told that went out or may have."""
    rows = connection.execute(
        select(letters.c.site, letters.c.course_id, letters.c.covers).where(
            letters.c.programme == programme,
            letters.c.event == str(LetterEvent.ARRIVALS),
            letters.c.state.in_([str(state) for state in (LetterState.SENDING, LetterState.SENT, LetterState.UNKNOWN)]),
        )
    )
    told: dict[tuple[str, int], frozenset[str]] = {}
    for row in rows:
        key = (row.site, row.course_id)
        told[key] = told.get(key, frozenset()) | frozenset(row.covers)
    return told


def write_ahead(
    connection: Connection, programme: str, letter: Letter, known: SentLetter | None, run_id: int, now: datetime
) -> int:
    """Write down a letter before it is sent and return its number; ``known`` is its row from an earlier attempt."""
    course = int(letter.occasion.partition("/")[0]) if letter.event is LetterEvent.ARRIVALS else None
    values: dict[str, Any] = {
        "site": letter.site,
        "user_id": letter.user_id,
        "course_id": course,
        "covers": list(letter.covers),
        "state": str(LetterState.SENDING),
        "attempts": known.attempts + 1 if known else 1,
        "run_id": run_id,
        "written_at": now,
        "settled_at": None,
        "error": None,
    }
    if known is not None:
        connection.execute(update(letters).where(letters.c.id == known.id).values(**values))
        return known.id
    event, recipient, occasion = letter.key
    values |= {"programme": programme, "event": event, "recipient": recipient, "occasion": occasion}
    return int(connection.execute(insert(letters).values(**values).returning(letters.c.id)).scalar_one())


def settle(connection: Connection, letter_id: int, state: LetterState, now: datetime, error: str | None = None) -> None:
    """Record what became of a letter. What a site refused as a whole is no attempt at this person."""
    values: dict[str, Any] = {"state": str(state), "settled_at": now, "error": error}
    if state is LetterState.REFUSED:
        values["attempts"] = letters.c.attempts - 1
    connection.execute(update(letters).where(letters.c.id == letter_id).values(**values))


def leave_out(
    connection: Connection,
    programme: str,
    wished: Iterable[Letter],
    known: Mapping[tuple[str, str, str], SentLetter],
    run_id: int,
    now: datetime,
) -> int:
    """Write down letters as perhaps sent without sending them, and return how many; what is known stays as it is."""
    count = 0
    for letter in wished:
        before = known.get(letter.key)
        if before is None or before.state in (LetterState.REFUSED, LetterState.REJECTED):
            letter_id = write_ahead(connection, programme, letter, before, run_id, now)
            settle(connection, letter_id, LetterState.UNKNOWN, now, "the database is not the one that knew")
            count += 1
    return count


def letter_rows(connection: Connection, programmes: list[str], limit: int) -> list[Mapping[str, Any]]:
    """Return the newest letters, newest first, with the participant's name where there is one."""
    statement = (
        select(letters, identities.c.name)
        .outerjoin(identities, identities.c.participant_id == letters.c.recipient)
        .where(letters.c.programme.in_(programmes))
        .order_by(letters.c.written_at.desc(), letters.c.id.desc())
        .limit(limit)
    )
    return [dict(row._mapping) for row in connection.execute(statement)]


def undelivered(connection: Connection, since: datetime) -> dict[str, int]:
    """Count the letters written after ``since`` that did not arrive, or perhaps did not, by state."""
    wanted = (LetterState.REJECTED, LetterState.REFUSED, LetterState.UNKNOWN)
    rows = connection.execute(
        select(letters.c.state, func.count().label("times"))
        .where(letters.c.state.in_(map(str, wanted)))
        .group_by(letters.c.state)
    )
    return {row.state: row.times for row in rows}
