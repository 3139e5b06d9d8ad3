"""What did not go out to operators and people, as ``status`` shows it."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from latsar_sync.settings import Settings
from latsar_sync.shapes import fields
from latsar_sync.store.messages import undelivered
from latsar_sync.store.notices import unsent


def undelivered_shape(settings: Settings, connection: Connection, now: datetime) -> dict[str, Any]:
    """Return for ``status`` what did not go out in the last week: notices with their error, messages by state."""
    last_week = now - timedelta(days=7)
    left = unsent(connection, last_week)
    return {
        "notices": [
            {
                "event": each.event,
                "subject": each.subject,
                "since": fields.moment(each.since, settings.zone),
                "state": each.state,
                "attempts": each.attempts,
                "error": each.error,
            }
            for each in left
        ],
        "messages": undelivered(connection, last_week),
    }
