"""A session is a row that a new password deletes: no number of an account ends it any more."""

from alembic import op

revision = "0035"
down_revision = "0034"


def upgrade() -> None:
    op.drop_column("accounts", "session_version")
