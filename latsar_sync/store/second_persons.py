"""Who began what a second person is to approve: admissions by name, and scores that came by a file (rule 21)."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, select

from latsar_sync.domain.actions import OverrideKind
from latsar_sync.domain.spelling import name_form
from latsar_sync.rules.merged_accounts import all_of_them
from latsar_sync.store.merged_accounts import merges
from latsar_sync.store.overrides import overrides_in_force
from latsar_sync.store.tables import imported_scores, imports, participants, score_confirmations


def begun_by(connection: Connection, programme: str, names: Collection[str], now: datetime) -> frozenset[str]:
    """Return, by internal id, whom these admitted, or whose scores, by either account, they imported or confirmed."""
    mine = {name_form(each) for each in names}
    admitted = {
        who
        for who, each in overrides_in_force(connection, programme, now).items()
        if each.kind is OverrideKind.ADMIT and name_form(each.by) in mine
    }
    rows = connection.execute(
        select(imported_scores.c.participant_id, imports.c.by, score_confirmations.c.by.label("confirmed_by"))
        .join(imports, imports.c.id == imported_scores.c.import_id)
        .join(participants, participants.c.id == imported_scores.c.participant_id)
        .outerjoin(
            score_confirmations,
            (score_confirmations.c.participant_id == imported_scores.c.participant_id)
            & (score_confirmations.c.version == imported_scores.c.version),
        )
        .where(participants.c.programme == programme)
    )
    scored = {row.participant_id for row in rows if mine & {name_form(row.by), name_form(row.confirmed_by or "")}}
    return all_of_them(admitted | scored, merges(connection, programme))
