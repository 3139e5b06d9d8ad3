"""What is counted of webhooks stands in one index, and what was not taken in one of its own."""

import sqlalchemy as sa
from alembic import op

revision = "0050"
down_revision = "0049"


def upgrade() -> None:
    op.drop_index("ix_webhook_deliveries_webhook_state", "webhook_deliveries")
    op.create_index("ix_webhook_deliveries_webhook_state", "webhook_deliveries", ["webhook", "state", "settled_at"])
    not_taken = sa.text("state <> 'delivered' AND error IS NOT NULL")
    op.create_index(
        "ix_webhook_deliveries_not_taken",
        "webhook_deliveries",
        ["webhook", "id"],
        sqlite_where=not_taken,
        postgresql_where=not_taken,
    )
