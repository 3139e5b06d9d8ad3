"""What was sent about one person is found by them, not by going through everything that was ever sent."""

from alembic import op

revision = "0047"
down_revision = "0046"


def upgrade() -> None:
    op.create_index("ix_pushes_subject", "pushes", ["subject"])
