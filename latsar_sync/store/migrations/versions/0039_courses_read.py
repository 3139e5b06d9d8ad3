"""When the course of each angkatan was last read, so that it need not be at once again."""

import sqlalchemy as sa
from alembic import op

from latsar_sync.store.tables.columns import UtcDateTime

revision = "0039"
down_revision = "0038"


def upgrade() -> None:
    op.add_column("course_places", sa.Column("read_at", UtcDateTime))
