"""Links by which somebody who was invited chooses a password."""

import sqlalchemy as sa
from alembic import op

from latsar_sync.store.tables.columns import UtcDateTime

revision = "0038"
down_revision = "0037"


def upgrade() -> None:
    op.add_column("accounts", sa.Column("invitation_hash", sa.String(64)))
    op.add_column("accounts", sa.Column("invited_until", UtcDateTime))
    op.create_index("ix_accounts_invitation_hash", "accounts", ["invitation_hash"], unique=True)
