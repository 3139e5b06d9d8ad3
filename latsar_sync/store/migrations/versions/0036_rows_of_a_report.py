"""What a report of the MOOC showed of each when their values were last read, and which rows in it are nobody's."""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"


def upgrade() -> None:
    op.add_column("participants", sa.Column("report_row", sa.String(16)))
    op.add_column("source_ids", sa.Column("strangers", sa.JSON, nullable=False, server_default=sa.text("'[]'")))
