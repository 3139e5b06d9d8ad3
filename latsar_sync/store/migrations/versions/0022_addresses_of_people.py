"""The e-mail address of whoever came by an imported list, for an account in class."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    op.add_column("identities", sa.Column("email", sa.Text))
