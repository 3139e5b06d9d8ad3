"""Who made the API token of an account, and when: whoever made it may act by it, too."""

import sqlalchemy as sa
from alembic import op

revision = "0054"
down_revision = "0053"


def upgrade() -> None:
    op.add_column("accounts", sa.Column("token_made_by", sa.Text))
    op.add_column("accounts", sa.Column("token_made_at", sa.DateTime(timezone=True)))
