"""The tables of webhooks: what is to be told, written with the change itself, and to whom it went."""

from sqlalchemy import JSON, Boolean, Column, ForeignKey, Index, Integer, String, Table, UniqueConstraint, false

from latsar_sync.store.tables.columns import SaidText, UtcDateTime, index_where, metadata

NOT_TAKEN = "state <> 'delivered' AND error IS NOT NULL"
"""What of deliveries a program did not take at the last attempt: few among all, and found by an index of them alone."""

# what happened, with internal ids only; rows go when nobody is to be told of them any more
webhook_events = Table(
    "webhook_events",
    metadata,
    Column("id", Integer, primary_key=True),
    # by which a receiver knows what it has got already
    Column("message_id", String(40), nullable=False, unique=True),
    Column("event", String(16), nullable=False),
    Column("programme", String(64), nullable=False),
    Column("data", JSON, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    # whether each program that wants it has its row in webhook_deliveries
    Column("spread", Boolean, nullable=False, server_default=false()),
    Index("ix_webhook_events_spread", "spread"),
)

webhook_deliveries = Table(
    "webhook_deliveries",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("event_id", Integer, ForeignKey("webhook_events.id"), nullable=False),
    # the name in the configuration
    Column("webhook", String(64), nullable=False),
    Column("state", String(16), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_try_at", UtcDateTime, nullable=False),
    Column("error", SaidText),
    Column("settled_at", UtcDateTime),
    UniqueConstraint("event_id", "webhook"),
    # all that is counted of deliveries stands in it
    Index("ix_webhook_deliveries_webhook_state", "webhook", "state", "settled_at"),
    index_where("ix_webhook_deliveries_not_taken", "webhook", "id", where=NOT_TAKEN),
)
