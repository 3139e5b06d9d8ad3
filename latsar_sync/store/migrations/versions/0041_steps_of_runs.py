"""How long each step of a run took; who asked that a run ends."""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"


def upgrade() -> None:
    op.add_column("run_programmes", sa.Column("steps", sa.JSON))
    op.add_column("run_requests", sa.Column("stopped_by", sa.Text))
