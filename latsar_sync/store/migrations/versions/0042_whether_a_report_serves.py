"""Whether the report of a MOOC could be used last: else the next run guesses that the list of people is read."""

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"


def upgrade() -> None:
    op.add_column("source_ids", sa.Column("by_report", sa.Boolean, nullable=False, server_default=sa.true()))
