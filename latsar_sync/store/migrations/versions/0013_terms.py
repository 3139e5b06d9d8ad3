"""Record by which basis, method, materials and key a decision was made, as threshold and required set are."""

import sqlalchemy as sa
from alembic import op

from latsar_sync.store.migrations.append_only import refuse_changes

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.create_table(
        "terms",
        sa.Column("programme", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("method", sa.String(length=16), nullable=False),
        sa.Column("basis", sa.String(length=16), nullable=False),
        sa.Column("materials_mode", sa.String(length=16), nullable=False),
        sa.Column("participant_key", sa.String(length=16), nullable=False),
        sa.Column("clearances", sa.JSON(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("programme", "version", name=op.f("pk_terms")),
    )
    refuse_changes("terms", "programme")
    op.add_column("decisions", sa.Column("terms_version", sa.Integer(), nullable=True))
