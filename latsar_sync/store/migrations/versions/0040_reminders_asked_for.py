"""Reminders that a named person asks for: written down before a run has them."""

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"


def upgrade() -> None:
    with op.batch_alter_table("messages") as messages:
        messages.alter_column("run_id", existing_type=sa.Integer, nullable=True)
        messages.add_column(sa.Column("asked_by", sa.Text))
