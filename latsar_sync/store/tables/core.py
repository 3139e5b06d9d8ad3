"""The tables of the store. Natural keys are constraints, so that a repeated run cannot write a thing twice (rule 8)."""

from sqlalchemy import (
    JSON,
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

from latsar_sync.store.tables.actions import (
    angkatan_moves,
    clearance_revocations,
    clearances,
    finalisations,
    identity_actions,
    left_behind,
    overrides,
)
from latsar_sync.store.tables.columns import PARTICIPANT_ID, PlainDecimal, UtcDateTime, metadata, unique_where
from latsar_sync.store.tables.filled_courses import angkatan_actions, course_places, restoration_releases, restorations
from latsar_sync.store.tables.imports import imported_scores, imports, score_confirmations
from latsar_sync.store.tables.notices import messages, notices
from latsar_sync.store.tables.privacy import access_log, destruction_permits, destructions, erasures
from latsar_sync.store.tables.terms import terms

__all__ = [
    "access_log",
    "angkatan_actions",
    "angkatan_moves",
    "clearance_revocations",
    "clearances",
    "course_places",
    "destruction_permits",
    "destructions",
    "erasures",
    "finalisations",
    "identity_actions",
    "imported_scores",
    "imports",
    "left_behind",
    "messages",
    "metadata",
    "notices",
    "overrides",
    "restoration_releases",
    "restorations",
    "score_confirmations",
    "terms",
]

APPEND_ONLY = (
    "thresholds",
    "evidence",
    "decisions",
    "required_sets",
    "terms",
    "roster_events",
    "overrides",
    "clearances",
    "clearance_revocations",
    "angkatan_moves",
    "angkatan_actions",
    "identity_actions",
    "finalisations",
    "imports",
    "imported_scores",
    "score_confirmations",
    "erasures",
    "access_log",
    "destructions",
)
"""Tables in which the database itself refuses UPDATE, and any DELETE but a destruction that it holds a report of."""

participants = Table(
    "participants",
    metadata,
    Column("id", PARTICIPANT_ID, primary_key=True),
    Column("programme", String(64), nullable=False),
    Column("site", String(64), nullable=False),
    Column("source_user_id", BigInteger, nullable=False),
    Column("groups", JSON, nullable=False),
    Column("enrolment", String(16), nullable=False),
    Column("first_seen_at", UtcDateTime, nullable=False),
    Column("last_seen_at", UtcDateTime, nullable=False),
    # when each part of the current evidence was last confirmed by a reading
    Column("grade_as_of", UtcDateTime),
    Column("detail_as_of", UtcDateTime),
    Column("evidence_version", Integer, nullable=False),
    Column("decision_version", Integer, nullable=False),
    # the account that counts for this person instead of this one, as identity_actions says
    Column("merged_into", PARTICIPANT_ID),
    UniqueConstraint("programme", "site", "source_user_id"),
)

# the only table with a name or NIP in it: erasing a person destroys this row, and who has none was erased (rule 16)
identities = Table(
    "identities",
    metadata,
    Column("participant_id", PARTICIPANT_ID, ForeignKey("participants.id"), primary_key=True),
    Column("raw_key", Text),
    Column("nip", String(18), index=True),
    Column("nip_reason", String(32)),
    Column("nip_detail", String(64)),
    Column("name", Text, nullable=False),
    Column("institution", Text, nullable=False),
    # the NIP that a named person says is theirs, while that binds
    Column("corrected_nip", String(18)),
    # as an imported list tells it; the address of a MOOC account is not kept
    Column("email", Text),
    # the programme of whoever came by a file, else null: there the NIP is the natural key
    Column("import_programme", String(64)),
    unique_where("uq_identities_import_programme_nip", "import_programme", "nip", where="import_programme IS NOT NULL"),
)

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

roster_entries = Table(
    "roster_entries",
    metadata,
    Column("participant_id", PARTICIPANT_ID, ForeignKey("participants.id"), primary_key=True),
    Column("programme", String(64), nullable=False, index=True),
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
    Column("lifted", Boolean, nullable=False, server_default=false()),
    Column("seated", Boolean, nullable=False, server_default=false()),
    Column("version", Integer, nullable=False),
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
    Column("subject", String(64), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("state", String(16), nullable=False),
    Column("site", String(64), nullable=False),
    Column("course_id", BigInteger, nullable=False),
    Column("target_user_id", BigInteger),
    Column("group_id", BigInteger),
    Column("role_id", BigInteger),
    Column("error", Text),
    Column("run_id", Integer, ForeignKey("runs.id"), nullable=False, index=True),
    Column("sent_at", UtcDateTime, nullable=False),
    Column("settled_at", UtcDateTime),
    UniqueConstraint("programme", "kind", "subject", "attempt"),
    Index("ix_pushes_programme_state", "programme", "state"),
)

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
    Column("error", Text),
    Column("accepted_by", Text),
    # whether everybody was sent who was to be sent into at least one course
    Column("push_ended", Boolean, nullable=False, server_default=false()),
    Column("requests", Integer, nullable=False),
    Column("seconds", String(16), nullable=False),
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
)

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
    Column("message", Text),
    Column("finished_at", UtcDateTime),
    Column("merged_into", Integer),  # no foreign key: the two are deleted by their own age
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
)

site_health = Table(
    "site_health",
    metadata,
    Column("site", String(64), primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("reason", Text, nullable=False),
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

# who may sign in to the web pages; a password is kept as its argon2id hash, an API token as its SHA-256
accounts = Table(
    "accounts",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("role", String(16), nullable=False),
    Column("password_hash", Text),
    Column("token_hash", String(64), unique=True),
    # None: all of them
    Column("programmes", JSON(none_as_null=True)),
    Column("courses", JSON(none_as_null=True)),
    # counted up when a password changes, which ends every session of before
    Column("session_version", Integer, nullable=False),
    Column("added_by", Text, nullable=False),
    Column("added_at", UtcDateTime, nullable=False),
)

# the key that signs session cookies: one for all hosts on this database
web_keys = Table(
    "web_keys",
    metadata,
    Column("purpose", String(32), primary_key=True),
    Column("key", Text, nullable=False),
)
