"""People are counted by their decision, and entries by state and reason, without joining any of them."""

import sqlalchemy as sa
from alembic import op

revision = "0055"
down_revision = "0054"


def upgrade() -> None:
    op.add_column("participants", sa.Column("outcome", sa.String(16)))
    op.execute(
        "UPDATE participants SET outcome = (SELECT decisions.outcome FROM decisions "
        "WHERE decisions.participant_id = participants.id AND decisions.version = participants.decision_version)"
    )
    counted = ["programme", "merged_into", "outcome"]
    op.create_index("ix_participants_programme_merged_into_outcome", "participants", counted)
    counted = ["programme", "angkatan", "state", "reason"]
    op.create_index("ix_roster_entries_programme_angkatan_state_reason", "roster_entries", counted)
    op.drop_index("ix_roster_entries_programme_angkatan", "roster_entries")
