"""The table of layouts of tables that offices send, each learned once."""

from sqlalchemy import JSON, Column, Integer, String, Table, Text

from latsar_sync.store.tables.columns import UtcDateTime, metadata, unique_where

column_profiles = Table(
    "column_profiles",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(100), nullable=False, info={"typed": True}),
    Column("kind", String(16), nullable=False),
    # which column is what: its title as the file has it
    Column("columns", JSON, nullable=False),
    Column("scores", String(16), nullable=False),
    Column("by", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("forgotten_by", Text),
    Column("forgotten_at", UtcDateTime),
    unique_where("uq_column_profiles_name", "name", where="forgotten_at IS NULL"),
)
