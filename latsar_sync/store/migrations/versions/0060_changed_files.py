"""Which files of its configuration a daemon sees changed since it read them."""

import sqlalchemy as sa
from alembic import op

revision = "0060"
down_revision = "0059"


def upgrade() -> None:
    op.add_column("daemons", sa.Column("changed_files", sa.JSON))
