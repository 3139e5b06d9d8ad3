"""Add what named persons say of who is who, and the class accounts that turned out to be somebody else's."""

import sqlalchemy as sa
from alembic import op

from latsar_sync.store.migrations.append_only import refuse_changes

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.create_table(
        "identity_acts",
        sa.Column("participant_id", sa.String(length=32), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("undo", sa.Boolean(), nullable=False),
        sa.Column("other", sa.String(length=32), nullable=True),
        sa.Column("site", sa.String(length=64), nullable=True),
        sa.Column("target_user_id", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["participant_id"], ["participants.id"], name=op.f("fk_identity_acts_participant_id")),
        sa.PrimaryKeyConstraint("participant_id", "version", name=op.f("pk_identity_acts")),
    )
    refuse_changes("identity_acts", "participant_id")
    op.add_column("identities", sa.Column("corrected_nip", sa.String(length=18), nullable=True))
    op.add_column("participants", sa.Column("merged_into", sa.String(length=32), nullable=True))
    op.add_column("left_behind", sa.Column("wrong_account", sa.Boolean(), server_default=sa.false(), nullable=False))
