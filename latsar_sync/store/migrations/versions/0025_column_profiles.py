"""Layouts of tables that offices send, each learned once."""

import sqlalchemy as sa
from alembic import op

from latsar_sync.store.tables.columns import UtcDateTime

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    op.create_table(
        "column_profiles",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("columns", sa.JSON, nullable=False),
        sa.Column("scores", sa.String(16), nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("forgotten_by", sa.Text),
        sa.Column("forgotten_at", UtcDateTime),
    )
    lasting = sa.text("forgotten_at IS NULL")
    op.create_index(
        "uq_column_profiles_name",
        "column_profiles",
        ["name"],
        unique=True,
        sqlite_where=lasting,
        postgresql_where=lasting,
    )
