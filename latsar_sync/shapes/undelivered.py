"""What did not go out to operators and people, as ``status`` shows it."""

from datetime import datetime, timedelta

from sqlalchemy import Connection
from typing_extensions import TypedDict

from latsar_sync.settings import Settings
from latsar_sync.shapes.fields import Moment, moment, told
from latsar_sync.store.messages import undelivered
from latsar_sync.store.notices import unsent
from latsar_sync.store.webhook_sending import standings


class UnsentNoticeShape(TypedDict):
    """A notice that did not go out, with the error."""

    event: str
    subject: str
    since: Moment
    state: str
    attempts: int
    error: str | None


class WebhookShape(TypedDict):
    """How the telling of another program stands; ``error`` is the newest of what has not come about."""

    webhook: str
    waiting: int
    given_up: int
    last_delivered: Moment | None
    error: str | None


class UndeliveredShape(TypedDict):
    """What did not go out in the last week: notices, and the number of messages by state; and how webhooks stand."""

    notices: list[UnsentNoticeShape]
    webhooks: list[WebhookShape]
    messages: dict[str, int]


def undelivered_shape(settings: Settings, connection: Connection, now: datetime) -> UndeliveredShape:
    """Return for ``status`` what did not go out in the last week: notices with their error, messages by state."""
    last_week = now - timedelta(days=7)
    left = unsent(connection, last_week)
    return {
        "notices": [
            {
                "event": each.event,
                "subject": each.subject,
                "since": told(each.since, settings.zone),
                "state": each.state,
                "attempts": each.attempts,
                "error": each.error,
            }
            for each in left
        ],
        "webhooks": [
            {
                "webhook": each.webhook,
                "waiting": each.waiting,
                "given_up": each.given_up,
                "last_delivered": moment(each.last_delivered_at, settings.zone),
                "error": each.error,
            }
            for each in standings(connection, settings.webhooks)
        ],
        "messages": undelivered(connection, last_week),
    }
