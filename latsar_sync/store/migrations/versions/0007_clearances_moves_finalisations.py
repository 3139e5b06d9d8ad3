"""Add clearances, moves to another angkatan, finalised rosters, and which seats were given late."""

import sqlalchemy as sa
from alembic import op

from latsar_sync.store.migrations.append_only import refuse_changes

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.add_column("roster_entries", sa.Column("late", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_table(
        "clearances",
        sa.Column("programme", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("participant_id", sa.String(length=32), nullable=True),
        sa.Column("angkatan", sa.String(length=64), nullable=True),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("issued", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["participant_id"], ["participants.id"], name=op.f("fk_clearances_participant_id")),
        sa.PrimaryKeyConstraint("programme", "version", name=op.f("pk_clearances")),
    )
    op.create_table(
        "clearance_revocations",
        sa.Column("programme", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("programme", "version", name=op.f("pk_clearance_revocations")),
    )
    op.create_table(
        "angkatan_moves",
        sa.Column("participant_id", sa.String(length=32), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("angkatan", sa.String(length=64), nullable=False),
        sa.Column("before", sa.String(length=64), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["participant_id"], ["participants.id"], name=op.f("fk_angkatan_moves_participant_id")),
        sa.PrimaryKeyConstraint("participant_id", "version", name=op.f("pk_angkatan_moves")),
    )
    op.create_table(
        "left_behind",
        sa.Column("participant_id", sa.String(length=32), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("angkatan", sa.String(length=64), nullable=True),
        sa.Column("site", sa.String(length=64), nullable=False),
        sa.Column("course_id", sa.BigInteger(), nullable=False),
        sa.Column("course", sa.Text(), nullable=False),
        sa.Column("group", sa.Text(), nullable=True),
        sa.Column("group_id", sa.BigInteger(), nullable=True),
        sa.Column("target_user_id", sa.BigInteger(), nullable=False),
        sa.Column("still_there", sa.Boolean(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["participant_id"], ["participants.id"], name=op.f("fk_left_behind_participant_id")),
        sa.PrimaryKeyConstraint("participant_id", "version", name=op.f("pk_left_behind")),
    )
    op.create_table(
        "finalisations",
        sa.Column("programme", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("angkatan", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("dated", sa.Date(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("members", sa.JSON(), nullable=False),
        sa.Column("left", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("programme", "version", name=op.f("pk_finalisations")),
    )
    for table, owner in (
        ("clearances", "programme"),
        ("clearance_revocations", "programme"),
        ("angkatan_moves", "participant_id"),
        ("finalisations", "programme"),
    ):
        refuse_changes(table, owner)
