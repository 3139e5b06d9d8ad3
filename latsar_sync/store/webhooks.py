"""What programs are told of changes: written in the transaction of the change, sent afterwards, tried again.

An event is told at least once: one whose sender died is sent again after ``CLAIM_LASTS``, under the same message id.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, delete, insert, select, update

from latsar_sync.domain.entry import Entry, EntryState
from latsar_sync.store.bulk import Writer, add_rows, batches
from latsar_sync.store.tables import webhook_deliveries, webhook_events

CLAIM_LASTS = timedelta(minutes=5)
KEPT = timedelta(days=30)
"""So long what was delivered or given up can be looked at."""
PEOPLE_AT_ONCE = 100
"""Of so many people one event tells at most."""
TEST = "test"

OF_STATES = {EntryState.CONFIRMED: "admitted", EntryState.WITHDRAWN: "withdrawn", EntryState.REVIEW: "review"}
"""What is told of a roster entry that comes to a state."""


class DeliveryState(StrEnum):
    """How far the telling of one program has come."""

    DUE = "due"
    SENDING = "sending"
    DELIVERED = "delivered"
    GIVEN_UP = "given_up"


OPEN = (str(DeliveryState.DUE), str(DeliveryState.SENDING))


@dataclass(frozen=True, slots=True)
class WebhookDelivery:
    """One event on its way to one program (``webhook``, its name in the configuration)."""

    id: int
    webhook: str
    state: DeliveryState
    attempts: int
    next_try_at: datetime
    error: str | None
    settled_at: datetime | None
    message_id: str
    event: str
    programme: str
    data: Mapping[str, Any]
    at: datetime


def note_people(
    connection: Writer,
    programme: str,
    known: Mapping[str, Entry],
    changed: Sequence[Entry],
    now: datetime,
    run_id: int | None,
) -> None:
    """Write down whom programs are told of, by the state that their entries come to; call it with the change itself."""
    told: dict[EntryState, list[dict[str, Any]]] = {state: [] for state in OF_STATES}
    for entry in changed:
        if entry.state in told and not _was(known.get(entry.participant_id), entry):
            who = {"participant_id": entry.participant_id, "angkatan": entry.angkatan, "reason": entry.reason}
            told[entry.state].append(who)
    events = (
        _event(OF_STATES[state], programme, {"run_id": run_id, "people": people}, now)
        for state, those in told.items()
        for people in batches(those, PEOPLE_AT_ONCE)
    )
    add_rows(connection, webhook_events, events)


def _was(before: Entry | None, entry: Entry) -> bool:
    """Say whether an entry was as it is now; another reason to look at somebody is told anew."""
    if before is None or before.state is not entry.state:
        return False
    return entry.state is not EntryState.REVIEW or before.reason == entry.reason


def note_held_run(connection: Connection, programme: str, run_id: int, codes: Sequence[str], now: datetime) -> None:
    """Write down that a guard holds a run; ``codes`` are those of its findings."""
    _add(connection, "held_run", programme, {"run_id": run_id, "findings": sorted(set(codes))}, now)


def note_test(connection: Connection, webhook: str, now: datetime) -> None:
    """Write down an event that tells one program nothing, to try the way."""
    event_id = _add(connection, TEST, "", {}, now, spread=True)
    connection.execute(insert(webhook_deliveries).values(**_due(event_id, webhook, now)))


def spread(connection: Connection, wanted: Mapping[str, Collection[str]], now: datetime) -> None:
    """Write down who is to be told of what happened: ``wanted`` are the events of each program by its name.

    What nobody wants is forgotten at once.
    """
    rows = connection.execute(
        select(webhook_events.c.id, webhook_events.c.event).where(webhook_events.c.spread.is_(False))
    ).all()
    due = [_due(row.id, name, now) for row in rows for name, events in wanted.items() if row.event in events]
    if due:
        connection.execute(insert(webhook_deliveries), due)
    for some in batches([row.id for row in rows], 500):
        connection.execute(update(webhook_events).where(webhook_events.c.id.in_(some)).values(spread=True))
    if rows:
        _forget_the_unwanted(connection)


def is_something_new(connection: Connection) -> bool:
    """Say whether something happened that was not spread yet."""
    new = select(webhook_events.c.id).where(webhook_events.c.spread.is_(False)).limit(1)
    return connection.execute(new).first() is not None


def forget(connection: Connection, webhooks: Collection[str], now: datetime) -> None:
    """Forget what was settled long ago, and what waits for a program that is configured no more."""
    gone = webhook_deliveries.c.webhook.not_in(list(webhooks))
    connection.execute(delete(webhook_deliveries).where((webhook_deliveries.c.settled_at < now - KEPT) | gone))
    _forget_the_unwanted(connection)


def _forget_the_unwanted(connection: Connection) -> None:
    on_its_way = select(webhook_deliveries.c.id).where(webhook_deliveries.c.event_id == webhook_events.c.id).exists()
    connection.execute(delete(webhook_events).where(webhook_events.c.spread.is_(True), ~on_its_way))


def _add(
    connection: Connection, event: str, programme: str, data: Mapping[str, Any], now: datetime, spread: bool = False
) -> int:
    added = insert(webhook_events).values(_event(event, programme, data, now, spread)).returning(webhook_events.c.id)
    return int(connection.execute(added).scalar_one())


def _event(event: str, programme: str, data: Mapping[str, Any], now: datetime, spread: bool = False) -> dict[str, Any]:
    values = {"event": event, "programme": programme, "data": dict(data), "at": now, "spread": spread}
    return {"message_id": f"msg_{uuid4().hex}", **values}


def _due(event_id: int, webhook: str, now: datetime) -> dict[str, Any]:
    due = str(DeliveryState.DUE)
    return {"event_id": event_id, "webhook": webhook, "state": due, "attempts": 0, "next_try_at": now}
