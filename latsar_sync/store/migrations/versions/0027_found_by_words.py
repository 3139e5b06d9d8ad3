"""People are found by any words and in the order of their names without titles, and counted by their reasons."""

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

from latsar_sync.domain.spelling import search_form, sort_form

revision = "0027"
down_revision = "0026"

AT_ONCE = 2000


def upgrade() -> None:
    op.add_column("participants", sa.Column("reason_codes", sa.Text, nullable=False, server_default=sa.text("''")))
    op.add_column("identities", sa.Column("search_words", sa.Text, nullable=False, server_default=sa.text("''")))
    op.add_column("identities", sa.Column("sort_name", sa.Text, nullable=False, server_default=sa.text("''")))
    connection = op.get_bind()
    named = sa.text("UPDATE identities SET search_words = :words, sort_name = :name WHERE participant_id = :who")
    people = connection.execute(sa.text("SELECT participant_id, name, institution FROM identities")).all()
    for begin in range(0, len(people), AT_ONCE):
        values = [
            {"who": who, "words": search_form(f"{name} {institution}"), "name": sort_form(name)}
            for who, name, institution in people[begin : begin + AT_ONCE]
        ]
        connection.execute(named, values)
    judged = connection.execute(
        sa.text(
            "SELECT participants.id, decisions.reasons FROM participants JOIN decisions "
            "ON decisions.participant_id = participants.id AND decisions.version = participants.decision_version"
        )
    ).all()
    coded = sa.text("UPDATE participants SET reason_codes = :codes WHERE id = :who")
    for begin in range(0, len(judged), AT_ONCE):
        some = judged[begin : begin + AT_ONCE]
        connection.execute(coded, [{"who": who, "codes": _codes(reasons)} for who, reasons in some])


def _codes(stored: Any) -> str:
    reasons = json.loads(stored) if isinstance(stored, str) else stored
    return "".join(f" {code}" for code, _values in reasons or []) + " "
