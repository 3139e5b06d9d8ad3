"""Whether whoever was in the course last stands first in its report, and when all its rows were last read."""

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"


def upgrade() -> None:
    op.add_column("source_ids", sa.Column("newest_first", sa.BigInteger, nullable=False, server_default="0"))
    op.add_column("source_ids", sa.Column("report_at", sa.BigInteger, nullable=False, server_default="0"))
