"""The threshold history and the required sets: rows are added, never changed (rules 2 and 3)."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, insert, select

from latsar_sync.domain.decision import Scale, Threshold
from latsar_sync.domain.evidence import Activity
from latsar_sync.domain.records import RequiredSet
from latsar_sync.store.tables import required_sets, thresholds
from latsar_sync.store.tables.columns import OF_PROGRAMME

HISTORY = select(thresholds).where(thresholds.c.programme == OF_PROGRAMME).order_by(thresholds.c.version)
NEWEST_SET = (
    select(required_sets)
    .where(required_sets.c.programme == OF_PROGRAMME)
    .order_by(required_sets.c.version.desc())
    .limit(1)
)


def threshold_history(connection: Connection, programme: str) -> list[Threshold]:
    """Return every recorded threshold of a programme, oldest first."""
    rows = connection.execute(HISTORY, {"of_programme": programme})
    return [
        Threshold(
            row.version,
            row.value,
            Scale(row.scale),
            row.legal_basis,
            row.effective_from,
            row.recorded_by,
            row.recorded_at,
        )
        for row in rows
    ]


def add_threshold(connection: Connection, programme: str, threshold: Threshold) -> None:
    """Record one more threshold; its ``version`` must be the next one."""
    connection.execute(
        insert(thresholds).values(
            programme=programme,
            version=threshold.version,
            value=threshold.value,
            scale=str(threshold.scale),
            legal_basis=threshold.legal_basis,
            effective_from=threshold.effective_from,
            recorded_by=threshold.recorded_by,
            recorded_at=threshold.recorded_at,
        )
    )


def latest_required_set(connection: Connection, programme: str) -> RequiredSet | None:
    """Return the newest recorded set of required activities, None before the first."""
    row = connection.execute(NEWEST_SET, {"of_programme": programme}).first()
    if row is None:
        return None
    return RequiredSet(row.version, tuple(Activity(*activity) for activity in row.activities))


def find_required_set(connection: Connection, programme: str, version: int) -> RequiredSet | None:
    """Return the required activities as they were recorded in one version."""
    mine = required_sets.c.programme == programme, required_sets.c.version == version
    row = connection.execute(select(required_sets).where(*mine)).first()
    return None if row is None else RequiredSet(row.version, tuple(Activity(*each) for each in row.activities))


def add_required_set(
    connection: Connection, programme: str, version: int, activities: Sequence[Activity], now: datetime
) -> None:
    """Record a new set of required activities."""
    listed = [[activity.cmid, activity.name, activity.modname] for activity in activities]
    connection.execute(
        insert(required_sets).values(programme=programme, version=version, activities=listed, recorded_at=now)
    )
