"""The tables of the roster, with what happened to each entry and every write into an LMS."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
)

from latsar_sync.store.tables.columns import HALF_FILLED, PARTICIPANT_ID, SaidText, UtcDateTime, metadata

roster_entries = Table(
    "roster_entries",
    metadata,
    Column("participant_id", PARTICIPANT_ID, ForeignKey("participants.id"), primary_key=True),
    Column("programme", String(64), nullable=False),
    Column("state", String(16), nullable=False),
    Column("angkatan", String(64)),
    Column("admission", String(16), nullable=False),
    Column("reason", String(64)),
    Column("reached_at", UtcDateTime),
    Column("order_id", BigInteger, nullable=False),
    Column("origin", String(16)),
    Column("site", String(64)),
    Column("course_id", BigInteger),
    Column("course", Text),
    Column("target_user_id", BigInteger),
    Column("group_id", BigInteger),
    Column("group", Text),
    Column("approved_by", Text),
    Column("late", Boolean, nullable=False, server_default=false()),
    Column("lifted_from", String(64)),
    Column("seated", Boolean, nullable=False, server_default=false()),
    Column("version", Integer, nullable=False),
    # by an angkatan they are found, by the whole of it they are counted
    Index("ix_roster_entries_programme_angkatan_state_reason", "programme", "angkatan", "state", "reason"),
    info=HALF_FILLED,
)

roster_events = Table(
    "roster_events",
    metadata,
    Column("participant_id", PARTICIPANT_ID, ForeignKey("participants.id"), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("state", String(16), nullable=False),
    Column("angkatan", String(64)),
    Column("reason", String(64)),
    Column("by", Text),
    Column("at", UtcDateTime, nullable=False),
    Column("run_id", Integer, ForeignKey("runs.id"), index=True),
)

pushes = Table(
    "pushes",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("programme", String(64), nullable=False),
    Column("kind", String(16), nullable=False),
    # the participant's internal id, or for kind "group" the angkatan id
    Column("subject", String(64), nullable=False, index=True),
    Column("attempt", Integer, nullable=False),
    Column("state", String(16), nullable=False),
    Column("site", String(64), nullable=False),
    Column("course_id", BigInteger, nullable=False),
    Column("target_user_id", BigInteger),
    Column("group_id", BigInteger),
    Column("role_id", BigInteger),
    Column("error", SaidText),
    Column("run_id", Integer, ForeignKey("runs.id"), nullable=False, index=True),
    Column("sent_at", UtcDateTime, nullable=False),
    Column("settled_at", UtcDateTime),
    UniqueConstraint("programme", "kind", "subject", "attempt"),
    Index("ix_pushes_programme_state", "programme", "state"),
)
