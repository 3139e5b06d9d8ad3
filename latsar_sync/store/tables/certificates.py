"""The table of certificates that were handed in as evidence, and what became of each."""

from sqlalchemy import JSON, Column, ForeignKey, Index, Integer, LargeBinary, String, Table, Text, UniqueConstraint

from latsar_sync.store.tables.columns import PARTICIPANT_ID, UtcDateTime, metadata

certificates = Table(
    "certificates",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("programme", String(64), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("name", Text, nullable=False),
    # the document, only until it is decided about
    Column("content", LargeBinary),
    # what was read in it, emptied with the document: field and text
    Column("facts", JSON, nullable=False),
    # what a person left of them: score, date and number of the certificate
    Column("confirmed", JSON, nullable=False),
    Column("participant_id", PARTICIPANT_ID, ForeignKey("participants.id"), index=True),
    Column("state", String(16), nullable=False),
    Column("reason", String(32)),
    Column("import_id", Integer, ForeignKey("imports.id"), index=True),
    Column("added_by", Text, nullable=False),
    Column("added_at", UtcDateTime, nullable=False),
    Column("decided_by", Text),
    Column("decided_at", UtcDateTime),
    UniqueConstraint("programme", "digest"),
    Index("ix_certificates_programme_state", "programme", "state"),
)
