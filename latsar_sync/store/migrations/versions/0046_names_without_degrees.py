"""Degrees after a name do not count in the order of names, nor where two accounts of one name are looked for."""

import sqlalchemy as sa
from alembic import op

from latsar_sync.domain.spelling import sort_form

revision = "0046"
down_revision = "0045"

AT_ONCE = 2000


def upgrade() -> None:
    connection = op.get_bind()
    named = sa.text("UPDATE identities SET sort_name = :name WHERE participant_id = :who")
    people = connection.execute(sa.text("SELECT participant_id, name FROM identities WHERE name LIKE '%,%'")).all()
    for begin in range(0, len(people), AT_ONCE):
        some = people[begin : begin + AT_ONCE]
        connection.execute(named, [{"who": who, "name": sort_form(name)} for who, name in some])
