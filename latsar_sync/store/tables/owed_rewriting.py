"""The table of what was deleted for good and may stand in the files of the database still."""

from sqlalchemy import JSON, Column, Integer, Table

from latsar_sync.store.tables.columns import metadata

# written with the deletion, and deleted when these tables were written anew; names of tables only
owed_rewriting = Table(
    "owed_rewriting",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("tables", JSON, nullable=False),
)
