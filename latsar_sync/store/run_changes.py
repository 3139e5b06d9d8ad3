"""What a run changed, for its page: whose place on the roster, and about whom it decided anew."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Select, func, select

from latsar_sync.store.tables import decisions, identities, participants, roster_events

Row = Mapping[str, Any]


def changed_in_run(
    connection: Connection, programme: str, run_id: int, offset: int, limit: int
) -> tuple[list[Row], int]:
    """Return whose roster state a run changed, with the state and reason they came to, and how many they are."""
    later = roster_events.alias()
    last = (
        select(func.max(later.c.version))
        .where(later.c.participant_id == roster_events.c.participant_id, later.c.run_id == run_id)
        .scalar_subquery()
    )
    told = (
        select(
            roster_events.c.participant_id,
            roster_events.c.state,
            roster_events.c.reason,
            roster_events.c.angkatan,
            identities.c.name,
            identities.c.nip,
        )
        .join(participants, participants.c.id == roster_events.c.participant_id)
        .outerjoin(identities, identities.c.participant_id == roster_events.c.participant_id)
        .where(participants.c.programme == programme, roster_events.c.run_id == run_id)
        .where(roster_events.c.version == last)  # planned, sent and confirmed in one run: the last is told
    )
    return _part_of(connection, told, offset, limit)


def judged_in_run(
    connection: Connection, programme: str, run_id: int, offset: int, limit: int
) -> tuple[list[Row], int]:
    """Return about whom a run decided anew, with the decision, and how many they are."""
    told = (
        select(
            decisions.c.participant_id,
            decisions.c.outcome,
            decisions.c.reasons,
            decisions.c.version,
            identities.c.name,
            identities.c.nip,
        )
        .join(participants, participants.c.id == decisions.c.participant_id)
        .outerjoin(identities, identities.c.participant_id == decisions.c.participant_id)
        .where(participants.c.programme == programme, decisions.c.run_id == run_id)
    )
    return _part_of(connection, told, offset, limit)


def _part_of(connection: Connection, told: Select[Any], offset: int, limit: int) -> tuple[list[Row], int]:
    """Return so many of them, by name, and how many they are in all; one person is told of once."""
    number = connection.execute(select(func.count()).select_from(told.subquery())).scalar_one()
    rows = connection.execute(told.order_by(identities.c.sort_name, participants.c.id).offset(offset).limit(limit))
    return [dict(row._mapping) for row in rows], int(number)
