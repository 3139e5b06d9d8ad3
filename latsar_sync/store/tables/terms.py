"""The table of what programmes judged by."""

from sqlalchemy import JSON, Column, Integer, String, Table

from latsar_sync.store.tables.columns import UtcDateTime, metadata

terms = Table(
    "terms",
    metadata,
    Column("programme", String(64), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("method", String(16), nullable=False),
    Column("basis", String(16), nullable=False),
    Column("materials_mode", String(16), nullable=False),
    Column("participant_key", String(16), nullable=False),
    Column("clearances", JSON, nullable=False),
    Column("recorded_at", UtcDateTime, nullable=False),
)
