"""The table of what was ordered about people or a whole programme while a run worked on it."""

from sqlalchemy import JSON, Column, Integer, String, Table, Text

from latsar_sync.store.tables.columns import UtcDateTime, metadata

# done, and deleted, when the run has ended; internal ids only
waiting_orders = Table(
    "waiting_orders",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("programme", String(64), nullable=False, index=True),
    Column("kind", String(16), nullable=False),
    Column("content", JSON, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)
