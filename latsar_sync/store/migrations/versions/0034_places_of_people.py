"""At which of several places somebody comes together in class, as named persons say."""

import sqlalchemy as sa
from alembic import op

from latsar_sync.store.migrations.append_only import refuse_changes
from latsar_sync.store.tables.columns import UtcDateTime

revision = "0034"
down_revision = "0033"


def upgrade() -> None:
    op.create_table(
        "place_choices",
        sa.Column("participant_id", sa.String(32), nullable=False),
        sa.Column("version", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("place", sa.Text),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.ForeignKeyConstraint(["participant_id"], ["participants.id"], name=op.f("fk_place_choices_participant_id")),
        sa.PrimaryKeyConstraint("participant_id", "version", name=op.f("pk_place_choices")),
    )
    refuse_changes("place_choices", "participant_id")
    op.add_column("participants", sa.Column("chosen_place", sa.Text))
