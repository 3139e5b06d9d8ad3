"""What was ordered about people or a whole programme while a run worked on it."""

import sqlalchemy as sa
from alembic import op

from latsar_sync.store.tables.columns import UtcDateTime

revision = "0033"
down_revision = "0032"


def upgrade() -> None:
    op.create_table(
        "waiting_orders",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("programme", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("content", sa.JSON, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
    )
    op.create_index("ix_waiting_orders_programme", "waiting_orders", ["programme"])
