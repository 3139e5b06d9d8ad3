"""The table of files that came by themselves, and what became of each."""

from sqlalchemy import JSON, Column, ForeignKey, Index, Integer, LargeBinary, String, Table, Text, UniqueConstraint

from latsar_sync.store.tables.columns import SaidText, UtcDateTime, metadata

received_files = Table(
    "received_files",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("programme", String(64), nullable=False),
    # of the content: the same file is taken once, whatever its name and way
    Column("digest", String(64), nullable=False),
    Column("name", Text, nullable=False),
    Column("origin", String(16), nullable=False),
    # the account, or the address of a mail
    Column("sender", Text),
    # kept while it waits, since the folder or mailbox may be gone
    Column("content", LargeBinary),
    Column("kind", String(16)),
    Column("state", String(16), nullable=False),
    # why it was refused as a whole, or its bad lines: line, column, code, values
    Column("problem", SaidText),
    Column("remarks", JSON, nullable=False),
    Column("rows", Integer),
    Column("import_id", Integer, ForeignKey("imports.id"), index=True),
    Column("received_at", UtcDateTime, nullable=False),
    Column("settled_by", Text),
    Column("settled_at", UtcDateTime),
    Column("reason", Text),
    UniqueConstraint("programme", "digest"),
    Index("ix_received_files_programme_state", "programme", "state"),
)
