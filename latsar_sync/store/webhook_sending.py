"""The deliveries to webhooks: taken, settled, sent again, and how each webhook stands."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select, text, update

from latsar_sync.rules.pauses import WEBHOOK_PAUSES
from latsar_sync.store.tables import webhook_deliveries, webhook_events
from latsar_sync.store.tables.webhooks import NOT_TAKEN
from latsar_sync.store.webhooks import CLAIM_LASTS, OPEN, DeliveryState, WebhookDelivery


@dataclass(frozen=True, slots=True)
class WebhookStanding:
    """How the telling of one program stands: numbers, when it last took something, the last error."""

    webhook: str
    waiting: int = 0
    given_up: int = 0
    delivered: int = 0
    last_delivered_at: datetime | None = None
    error: str | None = None


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
