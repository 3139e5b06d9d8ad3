"""What the runs of a programme cost and came to, in figures over time."""

from datetime import datetime

from sqlalchemy import Connection, and_, func, or_, select

from latsar_sync.domain.request import Depth, RunOutcome
from latsar_sync.store.tables import run_programmes, runs


def lms_seconds(connection: Connection, programme: str, limit: int) -> list[dict[str, float]]:
    """Return by site how long the answers of the last incremental runs took, of those that ended last."""
    rows = connection.execute(
        select(run_programmes.c.lms_seconds, run_programmes.c.stands_for)
        .where(run_programmes.c.programme == programme, run_programmes.c.kind == str(Depth.INCREMENTAL))
        .order_by(run_programmes.c.id.desc())
        .limit(limit)
    )
    return [{site: seconds / row.stands_for for site, seconds in row.lms_seconds.items()} for row in rows]


def lms_seconds_since(connection: Connection, programme: str, since: datetime) -> list[dict[str, float]]:
    """Return by site how long the answers of those incremental runs took that began at a moment or later."""
    rows = connection.execute(
        select(run_programmes.c.lms_seconds)
        .join(runs, run_programmes.c.run_id == runs.c.id)
        .where(run_programmes.c.programme == programme, run_programmes.c.kind == str(Depth.INCREMENTAL))
        .where(runs.c.started_at >= since)
    )
    return [dict(row.lms_seconds) for row in rows]


def last_began(connection: Connection, programme: str) -> datetime | None:
    """Return when the last run began that was incremental, or over everybody and in vain; None without any."""
    over_everybody = run_programmes.c.kind.in_([str(depth) for depth in Depth])
    vain = and_(over_everybody, run_programmes.c.outcome.in_([str(RunOutcome.GUARDED), str(RunOutcome.FAILED)]))
    return connection.execute(
        select(runs.c.started_at)
        .join(run_programmes, run_programmes.c.run_id == runs.c.id)
        .where(run_programmes.c.programme == programme, or_(run_programmes.c.kind == str(Depth.INCREMENTAL), vain))
        .order_by(run_programmes.c.id.desc())
        .limit(1)
    ).scalar_one_or_none()


def outcomes_since(connection: Connection, programme: str, since: datetime) -> dict[str, int]:
    """Count the runs of a programme that ended after ``since``, plans left out, by outcome."""
    rows = connection.execute(
        select(run_programmes.c.outcome, func.sum(run_programmes.c.stands_for).label("times"))
        .where(run_programmes.c.programme == programme, run_programmes.c.kind != "plan")
        .where(run_programmes.c.finished_at >= since)
        .group_by(run_programmes.c.outcome)
    )
    return {row.outcome: row.times for row in rows}
