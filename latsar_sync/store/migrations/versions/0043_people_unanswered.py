"""About whom the source of a programme refused to answer, and when they were last asked."""

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"


def upgrade() -> None:
    op.add_column("source_ids", sa.Column("unanswered", sa.JSON, nullable=False, server_default=sa.text("'[]'")))
