"""Who made the token by which an import, a confirmation or an override came: they count as whoever did it (rule 21)."""

import sqlalchemy as sa
from alembic import op

revision = "0058"
down_revision = "0057"


def upgrade() -> None:
    for table in ("imports", "score_confirmations", "overrides"):
        op.add_column(table, sa.Column("token_of", sa.Text()))
