"""The tables of what came by files: the imports, the scores in them, and who confirmed those scores."""

from sqlalchemy import JSON, Column, ForeignKey, Integer, String, Table, Text

from latsar_sync.store.tables.columns import PARTICIPANT_ID, PlainDecimal, UtcDateTime, metadata

imports = Table(
    "imports",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("programme", String(64), nullable=False, index=True),
    Column("kind", String(16), nullable=False),
    Column("file", Text, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("counts", JSON, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    # who made the token by which it came (rule 21)
    Column("token_of", Text),
)

imported_scores = Table(
    "imported_scores",
    metadata,
    Column("participant_id", PARTICIPANT_ID, ForeignKey("participants.id"), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("import_id", Integer, ForeignKey("imports.id"), nullable=False, index=True),
    Column("raw", PlainDecimal),
    Column("minimum", PlainDecimal, nullable=False),
    Column("maximum", PlainDecimal, nullable=False),
    Column("reached_at", UtcDateTime),
    Column("materials_done", Integer),
    Column("materials_total", Integer),
    # the line of the file, counted from 1
    Column("line", Integer),
    # "certificate", null: a file
    Column("source", String(16)),
)

# a score was the participant's newest when a second person confirmed it
score_confirmations = Table(
    "score_confirmations",
    metadata,
    Column("participant_id", PARTICIPANT_ID, ForeignKey("participants.id"), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("by", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    # who made the token by which it came (rule 21)
    Column("token_of", Text),
)
