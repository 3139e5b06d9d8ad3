"""The sent-log of mails to institutions: no text, no address, no name of a participant."""

from sqlalchemy import Column, Integer, String, Table, Text, UniqueConstraint

from latsar_sync.store.tables.columns import SaidText, UtcDateTime, metadata

sent_mails = Table(
    "sent_mails",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("programme", String(64), nullable=False),
    # as configured
    Column("institution", String(200), nullable=False),
    Column("occasion", String(64), nullable=False, info={"typed": True}),
    Column("state", String(16), nullable=False),
    Column("people", Integer, nullable=False),
    Column("error", SaidText),
    Column("by", Text, nullable=False),
    Column("written_at", UtcDateTime, nullable=False),
    Column("settled_at", UtcDateTime),
    UniqueConstraint("programme", "institution", "occasion"),
)
