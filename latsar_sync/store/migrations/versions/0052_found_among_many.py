"""One angkatan's roster, and people of one name, are found without looking through everybody."""

from alembic import op

revision = "0052"
down_revision = "0051"


def upgrade() -> None:
    op.create_index("ix_roster_entries_programme_angkatan", "roster_entries", ["programme", "angkatan"])
    op.drop_index("ix_roster_entries_programme", "roster_entries")
    op.create_index("ix_identities_sort_name", "identities", ["sort_name"])
