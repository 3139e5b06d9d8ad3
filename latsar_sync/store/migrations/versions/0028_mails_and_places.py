"""The sent-log of mails to institutions; the place of a participant by an imported list."""

import sqlalchemy as sa
from alembic import op

from latsar_sync.store.tables.columns import UtcDateTime

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    op.create_table(
        "sent_mails",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("programme", sa.String(64), nullable=False),
        sa.Column("institution", sa.String(200), nullable=False),
        sa.Column("occasion", sa.String(64), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("people", sa.Integer, nullable=False),
        sa.Column("error", sa.Text),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("written_at", UtcDateTime, nullable=False),
        sa.Column("settled_at", UtcDateTime),
        sa.UniqueConstraint(
            "programme", "institution", "occasion", name=op.f("uq_sent_mails_programme_institution_occasion")
        ),
    )
    op.add_column("identities", sa.Column("place", sa.Text))
