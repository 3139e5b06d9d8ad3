"""The tables of the service at work: what waits to be run, who works, how the sites are, who holds what."""

from sqlalchemy import JSON, Column, ForeignKey, Integer, String, Table, Text, UniqueConstraint

from latsar_sync.store.tables.columns import SaidText, UtcDateTime, metadata, unique_where

# one line for all that is to be run, scheduled or asked for; every daemon on this database takes from it
run_requests = Table(
    "run_requests",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("programme", String(64), nullable=False),
    Column("scope", String(16), nullable=False),
    # the NIP of a request about one participant, emptied when it is done; otherwise ""
    Column("subject", String(18), nullable=False),
    Column("scheduled_at", UtcDateTime),
    Column("requested_by", Text, nullable=False),
    Column("requested_at", UtcDateTime, nullable=False),
    Column("not_before", UtcDateTime, nullable=False),
    Column("state", String(16), nullable=False),
    Column("holder", String(32)),
    Column("host", Text),
    Column("pid", Integer),
    Column("process_started", String(32)),
    Column("claimed_at", UtcDateTime),
    Column("step", Integer),
    Column("step_count", Integer),
    Column("run_id", Integer, ForeignKey("runs.id"), index=True),
    Column("outcome", String(16)),
    Column("message", SaidText),
    Column("finished_at", UtcDateTime),
    Column("merged_into", Integer),  # no foreign key: the two are deleted by their own age
    # who asked that it ends while it was under way
    Column("stopped_by", Text),
    # what a preview shows, by internal ids
    Column("plan", JSON(none_as_null=True)),
    UniqueConstraint("programme", "scope", "scheduled_at"),
    # the same thing waits in the queue once, however often it is asked for
    unique_where("uq_run_requests_queued", "programme", "scope", "subject", where="state = 'queued'"),
)

daemons = Table(
    "daemons",
    metadata,
    Column("holder", String(32), primary_key=True),
    Column("host", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("process_started", String(32), nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("beat_at", UtcDateTime, nullable=False),
    # files of its configuration that were changed since it read them
    Column("changed_files", JSON(none_as_null=True)),
)

site_health = Table(
    "site_health",
    metadata,
    Column("site", String(64), primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("reason", SaidText, nullable=False),
    Column("since", UtcDateTime, nullable=False),
    Column("next_try_at", UtcDateTime, nullable=False),
)

leases = Table(
    "leases",
    metadata,
    Column("programme", String(64), primary_key=True),
    Column("holder", String(32), nullable=False),
    Column("host", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("process_started", String(32), nullable=False),
    Column("taken_at", UtcDateTime, nullable=False),
    Column("beat_at", UtcDateTime, nullable=False),
)
