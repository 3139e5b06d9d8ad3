"""What programs are told of changes: written in the transaction of the change, sent afterwards, tried again.

An event is told at least once: one whose sender died is sent again after ``CLAIM_LASTS``, under the same message id.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, Row, delete, func, insert, select, text, update

from latsar_sync.domain.entry import Entry, EntryState
from latsar_sync.rules.pauses import WEBHOOK_PAUSES
from latsar_sync.store.bulk import add_rows, batches
from latsar_sync.store.tables import webhook_deliveries, webhook_events
from latsar_sync.store.tables.webhooks import NOT_TAKEN

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


@dataclass(frozen=True, slots=True)
class WebhookStanding:
    """How the telling of one program stands: numbers, when it last took something, the last error."""

    webhook: str
    waiting: int = 0
    given_up: int = 0
    delivered: int = 0
    last_delivered_at: datetime | None = None
    error: str | None = None


def note_people(
    connection: Connection,
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


def waiting(connection: Connection, webhook: str, now: datetime, limit: int) -> list[WebhookDelivery]:
    """Return what one program is to be told now, oldest first; times far ahead are those of a clock that ran ahead."""
    next_try = webhook_deliveries.c.next_try_at
    rows = connection.execute(
        _joined()
        .where(webhook_deliveries.c.webhook == webhook, webhook_deliveries.c.state.in_(OPEN))
        .where((next_try <= now) | (next_try > now + WEBHOOK_PAUSES[-1]))
        .order_by(webhook_deliveries.c.id)
        .limit(limit)
    )
    return [_delivery(row) for row in rows]


def claim(connection: Connection, delivery: WebhookDelivery, now: datetime) -> bool:
    """Take a delivery; False if somebody else was faster, or is telling the same program something right now, so that
    nothing overtakes it. The claim ends by itself.
    """
    others = webhook_deliveries.alias()
    open_ones = select(others.c.id).where(others.c.webhook == delivery.webhook, others.c.state.in_(OPEN))
    connection.execute(open_ones.order_by(others.c.id).with_for_update())  # of two at once the second looks again
    being_told = select(others.c.id).where(
        others.c.webhook == delivery.webhook,
        others.c.id != delivery.id,
        others.c.state == str(DeliveryState.SENDING),
        others.c.next_try_at > now,
    )
    taken = connection.execute(
        update(webhook_deliveries)
        .where(webhook_deliveries.c.id == delivery.id, webhook_deliveries.c.state == str(delivery.state))
        .where(webhook_deliveries.c.attempts == delivery.attempts)
        .where(webhook_deliveries.c.next_try_at == delivery.next_try_at, ~being_told.exists())
        .values(state=str(DeliveryState.SENDING), attempts=delivery.attempts + 1, next_try_at=now + CLAIM_LASTS)
    )
    return taken.rowcount == 1


def settle(
    connection: Connection, delivery: WebhookDelivery, error: str | None, now: datetime, for_good: bool = False
) -> DeliveryState:
    """Record what came of a claimed delivery (as it was before the claim): taken, tried again later, or given up.

    ``for_good`` gives up at once.
    """
    values: dict[str, Any] = {"error": error}
    if error is None:
        values |= {"state": str(DeliveryState.DELIVERED), "settled_at": now}
    elif delivery.attempts < len(WEBHOOK_PAUSES) and not for_good:
        values |= {"state": str(DeliveryState.DUE), "next_try_at": now + WEBHOOK_PAUSES[delivery.attempts]}
    else:
        values |= {"state": str(DeliveryState.GIVEN_UP), "settled_at": now}
    connection.execute(update(webhook_deliveries).where(webhook_deliveries.c.id == delivery.id).values(**values))
    return DeliveryState(values["state"])


def not_taken(connection: Connection, webhooks: Collection[str], limit: int) -> list[WebhookDelivery]:
    """Return what these programs did not take at the last attempt, the newest first."""
    rows = connection.execute(
        _joined()
        .where(webhook_deliveries.c.webhook.in_(list(webhooks)), text(NOT_TAKEN))
        .order_by(webhook_deliveries.c.id.desc())
        .limit(limit)
    )
    return [_delivery(row) for row in rows]


def send_again(connection: Connection, webhook: str, now: datetime) -> int:
    """Let what was given up for a program be tried anew; return how many."""
    given_up = (webhook_deliveries.c.webhook == webhook, webhook_deliveries.c.state == str(DeliveryState.GIVEN_UP))
    values = {"state": str(DeliveryState.DUE), "attempts": 0, "next_try_at": now, "settled_at": None}
    return connection.execute(update(webhook_deliveries).where(*given_up).values(**values)).rowcount


def standings(connection: Connection, webhooks: Collection[str]) -> list[WebhookStanding]:
    """Return how the telling of each of these programs stands."""
    rows = connection.execute(
        select(
            webhook_deliveries.c.webhook,
            webhook_deliveries.c.state,
            func.count().label("number"),
            func.max(webhook_deliveries.c.settled_at).label("last"),
        )
        .where(webhook_deliveries.c.webhook.in_(list(webhooks)))
        .group_by(webhook_deliveries.c.webhook, webhook_deliveries.c.state)
    ).all()
    found = {(row.webhook, row.state): row for row in rows}
    told = []
    for name in webhooks:
        numbers = {each: found[name, each].number if (name, each) in found else 0 for each in DeliveryState}
        delivered = found.get((name, str(DeliveryState.DELIVERED)))
        last = delivered.last if delivered is not None else None
        open_ones = numbers[DeliveryState.DUE] + numbers[DeliveryState.SENDING]
        given_up, taken = numbers[DeliveryState.GIVEN_UP], numbers[DeliveryState.DELIVERED]
        told.append(WebhookStanding(name, open_ones, given_up, taken, last, _last_error(connection, name)))
    return told


def _last_error(connection: Connection, webhook: str) -> str | None:
    """Return the error of the newest delivery that has not come about."""
    return connection.execute(
        select(webhook_deliveries.c.error)
        .where(webhook_deliveries.c.webhook == webhook, text(NOT_TAKEN))
        .order_by(webhook_deliveries.c.id.desc())
        .limit(1)
    ).scalar_one_or_none()


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


def _joined() -> Any:
    of_event = [webhook_events.c[name] for name in ("message_id", "event", "programme", "data", "at")]
    return select(webhook_deliveries, *of_event).join(
        webhook_events, webhook_events.c.id == webhook_deliveries.c.event_id
    )


def _delivery(row: Row[Any]) -> WebhookDelivery:
    return WebhookDelivery(
        row.id,
        row.webhook,
        DeliveryState(row.state),
        row.attempts,
        row.next_try_at,
        row.error,
        row.settled_at,
        row.message_id,
        row.event,
        row.programme,
        row.data,
        row.at,
    )
