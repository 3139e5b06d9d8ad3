"""Certificates that were handed in as evidence; from what an imported score was taken."""

import sqlalchemy as sa
from alembic import op

from latsar_sync.store.tables.columns import UtcDateTime

revision = "0029"
down_revision = "0028"


def upgrade() -> None:
    op.create_table(
        "certificates",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("programme", sa.String(64), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("content", sa.LargeBinary),
        sa.Column("facts", sa.JSON, nullable=False),
        sa.Column("confirmed", sa.JSON, nullable=False),
        sa.Column("participant_id", sa.String(32)),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("reason", sa.String(32)),
        sa.Column("import_id", sa.Integer),
        sa.Column("added_by", sa.Text, nullable=False),
        sa.Column("added_at", UtcDateTime, nullable=False),
        sa.Column("decided_by", sa.Text),
        sa.Column("decided_at", UtcDateTime),
        sa.ForeignKeyConstraint(["participant_id"], ["participants.id"], name=op.f("fk_certificates_participant_id")),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name=op.f("fk_certificates_import_id")),
        sa.UniqueConstraint("programme", "digest", name=op.f("uq_certificates_programme_digest")),
    )
    op.create_index("ix_certificates_programme_state", "certificates", ["programme", "state"])
    op.add_column("imported_scores", sa.Column("source", sa.String(16)))
