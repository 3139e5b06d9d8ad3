"""The tables of what people are judged by, what was seen of them and what was decided."""

from sqlalchemy import JSON, Boolean, Column, ForeignKey, Integer, String, Table, Text

from latsar_sync.store.tables.columns import PARTICIPANT_ID, PlainDecimal, UtcDateTime, metadata

thresholds = Table(
    "thresholds",
    metadata,
    Column("programme", String(64), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("value", PlainDecimal, nullable=False),
    Column("scale", String(16), nullable=False),
    Column("legal_basis", Text, nullable=False),
    Column("effective_from", UtcDateTime, nullable=False),
    Column("recorded_by", Text, nullable=False),
    Column("recorded_at", UtcDateTime, nullable=False),
)

required_sets = Table(
    "required_sets",
    metadata,
    Column("programme", String(64), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("activities", JSON, nullable=False),
    Column("recorded_at", UtcDateTime, nullable=False),
)

evidence = Table(
    "evidence",
    metadata,
    Column("participant_id", PARTICIPANT_ID, ForeignKey("participants.id"), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("source", String(16), nullable=False),
    Column("enrolment", String(16), nullable=False),
    Column("grade_status", String(32), nullable=False),
    Column("raw", PlainDecimal),
    Column("minimum", PlainDecimal),
    Column("maximum", PlainDecimal),
    Column("overridden", Boolean, nullable=False),
    Column("graded_at", UtcDateTime),
    Column("materials_total", Integer),
    Column("materials_open", JSON(none_as_null=True)),
    Column("materials_failed", JSON(none_as_null=True)),
    Column("materials_unknown", JSON(none_as_null=True)),
    Column("attempts_finished", Integer),
    Column("attempts_ungraded", Integer),
    Column("attempts_best", PlainDecimal),
    Column("attempts_maximum", PlainDecimal),
    Column("attempts_reached_at", UtcDateTime),
    Column("seen_at", UtcDateTime, nullable=False),
    # the participant's imported score that was confirmed then
    Column("imported_version", Integer),
)

decisions = Table(
    "decisions",
    metadata,
    Column("participant_id", PARTICIPANT_ID, ForeignKey("participants.id"), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("outcome", String(16), nullable=False),
    Column("reasons", JSON, nullable=False),
    Column("score", PlainDecimal),
    Column("reached_at", UtcDateTime),
    Column("materials_done", Integer),
    Column("materials_total", Integer),
    Column("threshold_version", Integer),
    Column("required_version", Integer),
    Column("evidence_version", Integer, nullable=False),
    Column("rule_version", String(16), nullable=False),
    Column("decided_at", UtcDateTime, nullable=False),
    Column("run_id", Integer, ForeignKey("runs.id"), nullable=False, index=True),
    Column("terms_version", Integer),
)
