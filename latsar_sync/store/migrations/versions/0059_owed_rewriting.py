"""Which tables are still to be written anew, so that nothing of what was deleted is left in their files."""

import sqlalchemy as sa
from alembic import op

revision = "0059"
down_revision = "0058"


def upgrade() -> None:
    op.create_table(
        "owed_rewriting",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("tables", sa.JSON, nullable=False),
    )
