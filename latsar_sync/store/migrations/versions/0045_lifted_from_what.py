"""Out of which review or withdrawal a person lifted somebody: an admission that is released puts them back there."""

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0044"


def upgrade() -> None:
    op.add_column("roster_entries", sa.Column("lifted_from", sa.String(64)))
    op.execute("UPDATE roster_entries SET lifted_from = '' WHERE lifted")  # out of what was not kept
    op.drop_column("roster_entries", "lifted")
