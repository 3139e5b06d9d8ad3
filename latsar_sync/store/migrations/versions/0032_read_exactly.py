"""When each part of somebody's evidence was last read exactly, and when the last night was that read in turn."""

import sqlalchemy as sa
from alembic import op

from latsar_sync.store.tables.columns import UtcDateTime

revision = "0032"
down_revision = "0031"

READ = """
UPDATE participants SET {part}_as_of = detail_as_of WHERE EXISTS (
    SELECT 1 FROM evidence WHERE evidence.participant_id = participants.id
    AND evidence.version = participants.evidence_version AND evidence.{column} IS NOT NULL
)
"""


def upgrade() -> None:
    for part, column in (("materials", "materials_total"), ("attempts", "attempts_finished")):
        op.add_column("participants", sa.Column(f"{part}_as_of", UtcDateTime))
        op.execute(READ.format(part=part, column=column))
    op.drop_column("participants", "detail_as_of")
    op.add_column("checkpoints", sa.Column("night_at", UtcDateTime))
