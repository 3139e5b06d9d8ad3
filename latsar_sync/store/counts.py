"""How many people of a programme: known, with which score, qualified or confirmed since when. They judge nothing."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Connection, func, select

from latsar_sync.domain.entry import EntryState
from latsar_sync.store.listings import CURRENT_DECISION
from latsar_sync.store.tables import (
    decisions,
    participants,
    roster_events,
)


def people_by_programme(connection: Connection, programmes: Sequence[str]) -> Counter[str]:
    """Return how many people are known in each of the programmes."""
    statement = (
        select(participants.c.programme, func.count())
        .where(participants.c.programme.in_(programmes))
        .group_by(participants.c.programme)
    )
    return Counter(dict(map(tuple, connection.execute(statement))))


def everybody_by_programme(connection: Connection) -> dict[str, int]:
    """Return how many people are known in each programme that there is, be it configured or not."""
    statement = select(participants.c.programme, func.count()).group_by(participants.c.programme)
    return dict(map(tuple, connection.execute(statement)))


def confirmed_since(connection: Connection, programme: str, since: datetime) -> int:
    """Count the participants of a programme who were first seen in their course after ``since``."""
    first = (
        select(func.min(roster_events.c.at).label("at"))
        .join(participants, participants.c.id == roster_events.c.participant_id)
        .where(participants.c.programme == programme, roster_events.c.state == str(EntryState.CONFIRMED))
        .group_by(roster_events.c.participant_id)
        .subquery()
    )
    return int(connection.execute(select(func.count()).where(first.c.at >= since)).scalar_one())


def score_counts(connection: Connection, programme: str) -> list[tuple[Decimal | None, int]]:
    """Return each score by which people are judged now, with how many have it; None stands for no score."""
    statement = (
        select(decisions.c.score, func.count())
        .select_from(participants)
        .outerjoin(decisions, CURRENT_DECISION)
        .where(participants.c.programme == programme, participants.c.merged_into.is_(None))
        .group_by(decisions.c.score)
    )
    return [(score, number) for score, number in connection.execute(statement)]


def qualified_since(connection: Connection, programme: str) -> list[tuple[datetime, int]]:
    """Return when people of a programme first qualified who do so still: the moment of a run, and how many in it."""
    first = (
        select(func.min(decisions.c.decided_at).label("at"))
        .join(participants, participants.c.id == decisions.c.participant_id)
        .where(
            participants.c.programme == programme,
            participants.c.merged_into.is_(None),
            participants.c.outcome == "qualified",
            decisions.c.outcome == "qualified",
        )
        .group_by(decisions.c.participant_id)
        .subquery()
    )
    statement = select(first.c.at, func.count()).group_by(first.c.at).order_by(first.c.at)
    return [(at, number) for at, number in connection.execute(statement)]
