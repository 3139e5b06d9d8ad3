"""Add the register of erasures, the access log and the reports of destruction, and let a destruction through."""

import sqlalchemy as sa
from alembic import op

from latsar_sync.store.migrations.append_only import refuse_changes

revision = "0005"
down_revision = "0004"

LEDGER = {
    "thresholds": "programme",
    "required_sets": "programme",
    "evidence": "participant_id",
    "decisions": "participant_id",
    "roster_events": "participant_id",
    "overrides": "participant_id",
    "erasures": "participant_id",
}


def upgrade() -> None:
    op.create_table(
        "erasures",
        sa.Column("participant_id", sa.String(length=32), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["participant_id"], ["participants.id"], name=op.f("fk_erasures_participant_id")),
        sa.PrimaryKeyConstraint("participant_id", "version", name=op.f("pk_erasures")),
    )
    op.create_table(
        "access_log",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("via", sa.String(length=8), nullable=False),
        sa.Column("action", sa.String(length=32), nullable=False),
        sa.Column("programme", sa.String(length=64), nullable=False),
        sa.Column("participant_id", sa.String(length=32), nullable=True),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_log")),
    )
    op.create_index(op.f("ix_access_log_programme"), "access_log", ["programme"], unique=False)
    op.create_table(
        "destructions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("programme", sa.String(length=64), nullable=False),
        sa.Column("data_class", sa.String(length=16), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=False),
        sa.Column("months", sa.Integer(), nullable=False),
        sa.Column("legal_basis", sa.Text(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_destructions")),
    )
    op.create_index(op.f("ix_destructions_programme"), "destructions", ["programme"], unique=False)
    op.create_table(
        "destruction_permits",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("programme", sa.String(length=64), nullable=False),
        sa.Column("data_class", sa.String(length=16), nullable=False),
        sa.Column("destruction_id", sa.Integer(), nullable=False),
        sa.Column("never", sa.Integer(), nullable=False),
        sa.CheckConstraint("id > 0 AND never < 0", name="never_lasts"),
        sa.ForeignKeyConstraint(
            ["destruction_id"], ["destructions.id"], name=op.f("fk_destruction_permits_destruction_id")
        ),
        sa.ForeignKeyConstraint(
            ["never"],
            ["destruction_permits.id"],
            name=op.f("fk_destruction_permits_never"),
            deferrable=True,
            initially="DEFERRED",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_destruction_permits")),
    )
    for table, owner in LEDGER.items():
        refuse_changes(table, owner)
    refuse_changes("access_log", "programme", key=("id",), data_class="access_log")
    refuse_changes("destructions", "programme", key=("id",), data_class=None)
