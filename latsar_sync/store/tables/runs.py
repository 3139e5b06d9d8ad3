"""The tables of runs: how each went, what the next is compared with, from where it looks for changes."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

from latsar_sync.store.tables.columns import SaidText, UtcDateTime, metadata

runs = Table(
    "runs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("command", String(32), nullable=False),
    Column("host", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime),
    Column("outcome", String(16)),
)

run_programmes = Table(
    "run_programmes",
    metadata,
    Column("id", Integer, primary_key=True),  # counts up in the order in which they ended
    Column("run_id", Integer, ForeignKey("runs.id"), nullable=False),
    Column("programme", String(64), nullable=False, index=True),
    Column("kind", String(16), nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("counts", JSON, nullable=False),
    Column("findings", JSON, nullable=False),
    # every course that was read, with the number of people and whether everything of everybody was
    Column("courses_read", JSON, nullable=False),
    Column("messages", JSON, nullable=False),
    # each step with its seconds, in the order in which they began; empty of runs of earlier versions
    Column("steps", JSON),
    Column("error", SaidText),
    Column("accepted_by", Text),
    # whether everybody was sent who was to be sent into at least one course
    Column("push_ended", Boolean, nullable=False, server_default=false()),
    Column("requests", Integer, nullable=False),
    Column("seconds", String(16), nullable=False),
    # by site, how long its answers took
    Column("lms_seconds", JSON, nullable=False, server_default=text("'{}'")),
    # incremental runs alike in one hour are folded into the last of them
    Column("stands_for", Integer, nullable=False, server_default=text("1")),
    Column("finished_at", UtcDateTime, nullable=False),
    UniqueConstraint("run_id", "programme"),
)

baselines = Table(
    "baselines",
    metadata,
    Column("programme", String(64), primary_key=True),
    Column("run_id", Integer, ForeignKey("runs.id"), nullable=False, index=True),
    Column("content", JSON, nullable=False),
    Column("recorded_at", UtcDateTime, nullable=False),
)

# how far the MOOC course was read by the last good run, by the site's own clock, and when last wholly
checkpoints = Table(
    "checkpoints",
    metadata,
    Column("programme", String(64), primary_key=True),
    Column("course_id", BigInteger, nullable=False),
    Column("cmid", BigInteger, nullable=False),
    Column("quiz_id", BigInteger, nullable=False),
    Column("site_time", UtcDateTime, nullable=False),
    Column("full_at", UtcDateTime, nullable=False),
    # when everybody who waits was last read, and some of the others in turn
    Column("night_at", UtcDateTime),
)
