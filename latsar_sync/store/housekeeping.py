"""Keeping the database bounded: what nobody will look at again goes; the ledger never does."""

from datetime import datetime

from sqlalchemy import delete, func, select

from latsar_sync.store import action_keys, web_sessions
from latsar_sync.store.bulk import batches
from latsar_sync.store.database import Database
from latsar_sync.store.queue import RUNNING
from latsar_sync.store.tables import (
    baselines,
    decisions,
    messages,
    notices,
    pushes,
    roster_events,
    run_programmes,
    run_requests,
    runs,
)


def tidy(database: Database, before: datetime) -> int:
    """Delete runs and requests from before ``before`` to which nothing points; return how many runs.

    Notices of what has been over since then go too; the log of messages to people stays, so that none is sent twice.
    Runs that decided, placed or pushed something stay for ever, and so does the newest of each programme, kind and
    outcome: the last one that a guard held goes on holding. A request that no daemon took in all that time is given up.
    """
    gone = 0
    with database.writing() as connection:
        kept_slots = (
            select(func.max(run_requests.c.id))
            .where(run_requests.c.scheduled_at.is_not(None))
            .group_by(run_requests.c.programme, run_requests.c.scope)
        )
        connection.execute(
            delete(run_requests)
            .where(run_requests.c.requested_at < before, run_requests.c.state != RUNNING)
            .where(run_requests.c.id.not_in(kept_slots))
        )
        connection.execute(delete(notices).where(notices.c.ended_at < before))
    for batch in batches(_forgettable(database, before)):
        with database.writing() as connection:  # nobody waits for more than one batch
            connection.execute(delete(run_programmes).where(run_programmes.c.run_id.in_(batch)))
            connection.execute(delete(runs).where(runs.c.id.in_(batch)))
        gone += len(batch)
    return gone


def forget_what_passes(database: Database, now: datetime) -> None:
    """Forget sessions that are over, and keys of forms that nobody sends any more."""
    with database.writing() as connection:
        web_sessions.forget(connection, now)
        action_keys.forget(connection, now)


def _forgettable(database: Database, before: datetime) -> list[int]:
    """Return the old runs to which nothing points. Nothing will: what a run writes, it writes while it is young."""
    newest = select(func.max(run_programmes.c.id)).group_by(
        run_programmes.c.programme, run_programmes.c.kind, run_programmes.c.outcome
    )
    last_ones = select(run_programmes.c.run_id).where(run_programmes.c.id.in_(newest))
    old = select(runs.c.id).where(runs.c.started_at < before, runs.c.id.not_in(last_ones))
    for table in (decisions, roster_events, pushes, baselines, run_requests, messages):
        old = old.where(~select(table.c.run_id).where(table.c.run_id == runs.c.id).exists())
    with database.reading() as connection:
        return list(connection.execute(old).scalars())
