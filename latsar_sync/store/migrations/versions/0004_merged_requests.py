"""Tell into which request another one was merged, so that whoever follows it finds how it ended."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("run_requests", sa.Column("merged_into", sa.Integer(), nullable=True))
