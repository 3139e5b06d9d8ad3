"""Who began what a second person is to approve: admissions by name, and scores that came by a file (rule 21)."""

from datetime import datetime

from sqlalchemy import Connection, select

from latsar_sync.domain.account import Doer
from latsar_sync.domain.actions import OverrideKind
from latsar_sync.rules.merged_accounts import all_of_them
from latsar_sync.store.merged_accounts import merges
from latsar_sync.store.overrides import overrides_in_force
from latsar_sync.store.tables import imported_scores, imports, participants, score_confirmations


def begun_by(connection: Connection, programme: str, doer: Doer, now: datetime) -> frozenset[str]:
    """Return, by internal id, whom one admitted, or whose scores, by either account, they imported or confirmed."""
    admitted = {
        who
        for who, each in overrides_in_force(connection, programme, now).items()
        if each.kind is OverrideKind.ADMIT and doer.may_be(Doer(each.by, each.token_of))
    }
    rows = connection.execute(
        select(
            imported_scores.c.participant_id,
            imports.c.by,
            imports.c.token_of,
            score_confirmations.c.by.label("other"),
            score_confirmations.c.token_of.label("other_token_of"),
        )
        .join(imports, imports.c.id == imported_scores.c.import_id)
        .join(participants, participants.c.id == imported_scores.c.participant_id)
        .outerjoin(
            score_confirmations,
            (score_confirmations.c.participant_id == imported_scores.c.participant_id)
            & (score_confirmations.c.version == imported_scores.c.version),
        )
        .where(participants.c.programme == programme)
    )
    scored = {
        row.participant_id
        for row in rows
        if doer.may_be(Doer(row.by, row.token_of)) or (row.other and doer.may_be(Doer(row.other, row.other_token_of)))
    }
    return all_of_them(admitted | scored, merges(connection, programme))
