"""Since when an account carries clearly another NIP: what a file told of the one before is not told of it."""

import sqlalchemy as sa
from alembic import op

revision = "0051"
down_revision = "0050"


def upgrade() -> None:
    op.add_column("identities", sa.Column("nip_since", sa.DateTime(timezone=True)))
