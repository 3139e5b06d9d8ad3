"""Files that came by themselves; the line of a file from which a score or a person came."""

import sqlalchemy as sa
from alembic import op

from latsar_sync.store.tables.columns import UtcDateTime

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    op.create_table(
        "received_files",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("programme", sa.String(64), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("origin", sa.String(16), nullable=False),
        sa.Column("sender", sa.Text),
        sa.Column("content", sa.LargeBinary),
        sa.Column("kind", sa.String(16)),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("problem", sa.Text),
        sa.Column("remarks", sa.JSON, nullable=False),
        sa.Column("rows", sa.Integer),
        sa.Column("import_id", sa.Integer),
        sa.Column("received_at", UtcDateTime, nullable=False),
        sa.Column("settled_by", sa.Text),
        sa.Column("settled_at", UtcDateTime),
        sa.Column("reason", sa.Text),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name=op.f("fk_received_files_import_id")),
        sa.UniqueConstraint("programme", "digest", name=op.f("uq_received_files_programme_digest")),
    )
    op.create_index("ix_received_files_programme_state", "received_files", ["programme", "state"])
    op.add_column("imported_scores", sa.Column("line", sa.Integer))
    op.add_column("identities", sa.Column("import_id", sa.Integer))
    op.add_column("identities", sa.Column("import_line", sa.Integer))
