"""What an entry of the access log is about beside people: the account that was changed, with its rights."""

import sqlalchemy as sa
from alembic import op

revision = "0053"
down_revision = "0052"


def upgrade() -> None:
    op.add_column("access_log", sa.Column("about", sa.Text))
