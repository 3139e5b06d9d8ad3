"""The index that keeps a NIP from coming twice by files holds only those who came by one: the rest was dead weight."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    name, by_file = "uq_identities_import_programme_nip", sa.text("import_programme IS NOT NULL")
    op.drop_index(name, table_name="identities")
    op.create_index(
        name,
        "identities",
        ["import_programme", "nip"],
        unique=True,
        sqlite_where=by_file,
        postgresql_where=by_file,
    )
