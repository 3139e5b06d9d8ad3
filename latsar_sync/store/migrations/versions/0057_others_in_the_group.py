"""How many sit in the group of an angkatan besides those with a seat by the roster: they take seats, too."""

import sqlalchemy as sa
from alembic import op

revision = "0057"
down_revision = "0056"


def upgrade() -> None:
    op.add_column("course_places", sa.Column("others_there", sa.Integer))
