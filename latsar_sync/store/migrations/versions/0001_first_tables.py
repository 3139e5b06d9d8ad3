"""Make the tables of the first release, and let the database itself refuse to change the ledger."""

import sqlalchemy as sa
from alembic import op

from latsar_sync.store.migrations.append_only import refuse_changes

revision = "0001"
down_revision = None

APPEND_ONLY = {
    "thresholds": "programme",
    "required_sets": "programme",
    "evidence": "participant_id",
    "decisions": "participant_id",
    "roster_events": "participant_id",
}


def upgrade() -> None:
    op.create_table(
        "leases",
        sa.Column("programme", sa.String(length=64), nullable=False),
        sa.Column("holder", sa.String(length=32), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("process_started", sa.String(length=32), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("beat_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("programme", name=op.f("pk_leases")),
    )
    op.create_table(
        "participants",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("programme", sa.String(length=64), nullable=False),
        sa.Column("site", sa.String(length=64), nullable=False),
        sa.Column("source_user_id", sa.BigInteger(), nullable=False),
        sa.Column("groups", sa.JSON(), nullable=False),
        sa.Column("enrolment", sa.String(length=16), nullable=False),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("grade_as_of", sa.DateTime(timezone=True), nullable=True),
        sa.Column("detail_as_of", sa.DateTime(timezone=True), nullable=True),
        sa.Column("evidence_version", sa.Integer(), nullable=False),
        sa.Column("decision_version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_participants")),
        sa.UniqueConstraint(
            "programme", "site", "source_user_id", name=op.f("uq_participants_programme_site_source_user_id")
        ),
    )
    op.create_table(
        "required_sets",
        sa.Column("programme", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("activities", sa.JSON(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("programme", "version", name=op.f("pk_required_sets")),
    )
    op.create_table(
        "runs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("command", sa.String(length=32), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(length=16), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_runs")),
    )
    op.create_table(
        "thresholds",
        sa.Column("programme", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("value", sa.String(length=32), nullable=False),
        sa.Column("scale", sa.String(length=16), nullable=False),
        sa.Column("legal_basis", sa.Text(), nullable=False),
        sa.Column("effective_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("programme", "version", name=op.f("pk_thresholds")),
    )
    op.create_table(
        "baselines",
        sa.Column("programme", sa.String(length=64), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_baselines_run_id")),
        sa.PrimaryKeyConstraint("programme", name=op.f("pk_baselines")),
    )
    op.create_table(
        "decisions",
        sa.Column("participant_id", sa.String(length=32), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("score", sa.String(length=32), nullable=True),
        sa.Column("reached_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("materials_done", sa.Integer(), nullable=True),
        sa.Column("materials_total", sa.Integer(), nullable=True),
        sa.Column("threshold_version", sa.Integer(), nullable=True),
        sa.Column("required_version", sa.Integer(), nullable=True),
        sa.Column("evidence_version", sa.Integer(), nullable=False),
        sa.Column("rule_version", sa.String(length=16), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["participant_id"], ["participants.id"], name=op.f("fk_decisions_participant_id")),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_decisions_run_id")),
        sa.PrimaryKeyConstraint("participant_id", "version", name=op.f("pk_decisions")),
    )
    op.create_table(
        "evidence",
        sa.Column("participant_id", sa.String(length=32), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("enrolment", sa.String(length=16), nullable=False),
        sa.Column("grade_status", sa.String(length=32), nullable=False),
        sa.Column("raw", sa.String(length=32), nullable=True),
        sa.Column("minimum", sa.String(length=32), nullable=True),
        sa.Column("maximum", sa.String(length=32), nullable=True),
        sa.Column("overridden", sa.Boolean(), nullable=False),
        sa.Column("graded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("materials_total", sa.Integer(), nullable=True),
        sa.Column("materials_open", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("materials_failed", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("materials_unknown", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("attempts_finished", sa.Integer(), nullable=True),
        sa.Column("attempts_ungraded", sa.Integer(), nullable=True),
        sa.Column("attempts_best", sa.String(length=32), nullable=True),
        sa.Column("attempts_maximum", sa.String(length=32), nullable=True),
        sa.Column("attempts_reached_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["participant_id"], ["participants.id"], name=op.f("fk_evidence_participant_id")),
        sa.PrimaryKeyConstraint("participant_id", "version", name=op.f("pk_evidence")),
    )
    op.create_table(
        "identities",
        sa.Column("participant_id", sa.String(length=32), nullable=False),
        sa.Column("raw_key", sa.Text(), nullable=True),
        sa.Column("nip", sa.String(length=18), nullable=True),
        sa.Column("nip_reason", sa.String(length=32), nullable=True),
        sa.Column("nip_detail", sa.String(length=64), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("institution", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["participant_id"], ["participants.id"], name=op.f("fk_identities_participant_id")),
        sa.PrimaryKeyConstraint("participant_id", name=op.f("pk_identities")),
    )
    op.create_index(op.f("ix_identities_nip"), "identities", ["nip"], unique=False)
    op.create_table(
        "pushes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("programme", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("site", sa.String(length=64), nullable=False),
        sa.Column("course_id", sa.BigInteger(), nullable=False),
        sa.Column("target_user_id", sa.BigInteger(), nullable=True),
        sa.Column("group_id", sa.BigInteger(), nullable=True),
        sa.Column("role_id", sa.BigInteger(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_pushes_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pushes")),
        sa.UniqueConstraint(
            "programme", "kind", "subject", "attempt", name=op.f("uq_pushes_programme_kind_subject_attempt")
        ),
    )
    op.create_index("ix_pushes_programme_state", "pushes", ["programme", "state"], unique=False)
    op.create_table(
        "roster_entries",
        sa.Column("participant_id", sa.String(length=32), nullable=False),
        sa.Column("programme", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("angkatan", sa.String(length=64), nullable=True),
        sa.Column("admission", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=True),
        sa.Column("reached_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("origin", sa.String(length=16), nullable=True),
        sa.Column("site", sa.String(length=64), nullable=True),
        sa.Column("course_id", sa.BigInteger(), nullable=True),
        sa.Column("course", sa.Text(), nullable=True),
        sa.Column("target_user_id", sa.BigInteger(), nullable=True),
        sa.Column("group_id", sa.BigInteger(), nullable=True),
        sa.Column("group", sa.Text(), nullable=True),
        sa.Column("approved_by", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["participant_id"], ["participants.id"], name=op.f("fk_roster_entries_participant_id")),
        sa.PrimaryKeyConstraint("participant_id", name=op.f("pk_roster_entries")),
    )
    op.create_index(op.f("ix_roster_entries_programme"), "roster_entries", ["programme"], unique=False)
    op.create_table(
        "roster_events",
        sa.Column("participant_id", sa.String(length=32), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("angkatan", sa.String(length=64), nullable=True),
        sa.Column("reason", sa.String(length=64), nullable=True),
        sa.Column("by", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["participant_id"], ["participants.id"], name=op.f("fk_roster_events_participant_id")),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_roster_events_run_id")),
        sa.PrimaryKeyConstraint("participant_id", "version", name=op.f("pk_roster_events")),
    )
    op.create_table(
        "run_programmes",
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("programme", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("findings", sa.JSON(), nullable=False),
        sa.Column("courses_read", sa.JSON(), nullable=False),
        sa.Column("messages", sa.JSON(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("accepted_by", sa.Text(), nullable=True),
        sa.Column("requests", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.String(length=16), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_run_programmes_run_id")),
        sa.PrimaryKeyConstraint("run_id", "programme", name=op.f("pk_run_programmes")),
    )
    for table, owner in APPEND_ONLY.items():
        refuse_changes(table, owner)
