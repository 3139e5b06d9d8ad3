"""Keep what a site said of itself, and the ids of a MOOC course, so that runs do not ask for them again and again."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    op.create_table(
        "site_infos",
        sa.Column("site", sa.String(length=64), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("info", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("site", name=op.f("pk_site_infos")),
    )
    op.create_table(
        "source_ids",
        sa.Column("programme", sa.String(length=64), nullable=False),
        sa.Column("course", sa.Text(), nullable=False),
        sa.Column("course_id", sa.BigInteger(), nullable=False),
        sa.Column("cmid", sa.BigInteger(), nullable=True),
        sa.Column("quiz_id", sa.BigInteger(), nullable=True),
        sa.Column("modules", sa.JSON(), nullable=False),
        sa.Column("groups", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("programme", name=op.f("pk_source_ids")),
    )
