"""Add what came by files: the imports, the scores in them, and who confirmed those scores."""

import sqlalchemy as sa
from alembic import op

from latsar_sync.store.migrations.append_only import refuse_changes

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "imports",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("programme", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_imports")),
    )
    op.create_index(op.f("ix_imports_programme"), "imports", ["programme"])
    op.create_table(
        "imported_scores",
        sa.Column("participant_id", sa.String(length=32), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("import_id", sa.Integer(), nullable=False),
        sa.Column("raw", sa.String(length=32), nullable=True),
        sa.Column("minimum", sa.String(length=32), nullable=False),
        sa.Column("maximum", sa.String(length=32), nullable=False),
        sa.Column("reached_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("materials_done", sa.Integer(), nullable=True),
        sa.Column("materials_total", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["participant_id"], ["participants.id"], name=op.f("fk_imported_scores_participant_id")
        ),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name=op.f("fk_imported_scores_import_id")),
        sa.PrimaryKeyConstraint("participant_id", "version", name=op.f("pk_imported_scores")),
    )
    op.create_index(op.f("ix_imported_scores_import_id"), "imported_scores", ["import_id"])
    op.create_table(
        "score_confirmations",
        sa.Column("participant_id", sa.String(length=32), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["participant_id"], ["participants.id"], name=op.f("fk_score_confirmations_participant_id")
        ),
        sa.PrimaryKeyConstraint("participant_id", "version", name=op.f("pk_score_confirmations")),
    )
    refuse_changes("imports", "programme", key=("id",))
    refuse_changes("imported_scores", "participant_id")
    refuse_changes("score_confirmations", "participant_id")
    op.add_column("evidence", sa.Column("imported_version", sa.Integer(), nullable=True))
    op.add_column("identities", sa.Column("import_programme", sa.String(length=64), nullable=True))
    op.create_index("uq_identities_import_programme_nip", "identities", ["import_programme", "nip"], unique=True)
