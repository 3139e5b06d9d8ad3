"""How long the answers of each site took in a run, and for how many incremental runs alike one stands."""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"


def upgrade() -> None:
    op.add_column("run_programmes", sa.Column("lms_seconds", sa.JSON, nullable=False, server_default=sa.text("'{}'")))
    op.add_column("run_programmes", sa.Column("stands_for", sa.Integer, nullable=False, server_default=sa.text("1")))
