"""Keeping the database bounded: what nobody will look at again goes; the ledger never does."""

import json
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, func, or_, select, update

from latsar_sync.domain.request import RUNNING, Depth, RunOutcome
from latsar_sync.store import action_keys, received, web_sessions
from latsar_sync.store.bulk import batches
from latsar_sync.store.database import Database
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

LOOKED_BACK = timedelta(days=7)
"""What is older was folded while it was younger."""
REFUSED_KEPT = timedelta(days=7)
"""So long the lines of a refused file can be handed out."""


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


def fold(database: Database, before: datetime) -> int:
    """Fold incremental runs from before ``before`` that say the same into the last of each hour; return how many went.

    One a minute would be half a million in a year. What stays says for how many it stands, with all their requests and
    seconds; runs that decided, placed or pushed something, found something, or said something else stay as they are,
    and so does the newest of each programme. A request for one that went is gone with it.
    """
    with database.reading() as connection:
        newest = select(func.max(run_programmes.c.id)).group_by(run_programmes.c.programme)
        rows = connection.execute(
            select(run_programmes)
            .where(run_programmes.c.finished_at < before, run_programmes.c.finished_at >= before - LOOKED_BACK)
            .where(run_programmes.c.kind == str(Depth.INCREMENTAL))
            .where(run_programmes.c.outcome == str(RunOutcome.OK), run_programmes.c.accepted_by.is_(None))
            .where(run_programmes.c.id.not_in(newest), ~_is_pointed_at(run_programmes.c.run_id))
            .order_by(run_programmes.c.programme, run_programmes.c.id)
        ).all()
    alike: dict[tuple[object, ...], list[Row[Any]]] = {}
    for row in rows:
        said = json.dumps([row.counts, row.findings, row.courses_read, row.messages], sort_keys=True)
        if not row.findings and not row.push_ended:
            hour = row.finished_at.replace(minute=0, second=0, microsecond=0)
            alike.setdefault((row.programme, hour, said), []).append(row)
    gone = 0
    for those in alike.values():
        if len(those) > 1:
            with database.writing() as connection:  # nobody waits for more than one hour's
                gone += _fold_into_the_last(connection, those)
    return gone


def _fold_into_the_last(connection: Connection, rows: Sequence[Row[Any]]) -> int:
    *folded, last = rows
    took: Counter[str] = Counter()
    for row in rows:
        took.update(row.lms_seconds)
    together = {
        "stands_for": sum(row.stands_for for row in rows),
        "requests": sum(row.requests for row in rows),
        "seconds": f"{sum(float(row.seconds) for row in rows):.3f}",
        "lms_seconds": {site: round(seconds, 3) for site, seconds in took.items()},
    }
    connection.execute(update(run_programmes).where(run_programmes.c.id == last.id).values(**together))
    connection.execute(delete(run_programmes).where(run_programmes.c.id.in_([row.id for row in folded])))
    ids = {row.run_id for row in folded} - {last.run_id}
    still = select(run_programmes.c.run_id).where(run_programmes.c.run_id.in_(ids))
    ids -= set(connection.execute(still).scalars())
    kept = select(func.max(run_requests.c.id)).group_by(run_requests.c.programme, run_requests.c.scope)
    asked = run_requests.c.run_id.in_(ids)
    connection.execute(update(run_requests).where(asked, run_requests.c.id.in_(kept)).values(run_id=last.run_id))
    connection.execute(delete(run_requests).where(asked))
    connection.execute(delete(runs).where(runs.c.id.in_(ids)))
    return len(folded)


def forget_what_passes(database: Database, now: datetime) -> None:
    """Forget sessions that are over, keys of forms that nobody sends any more, and files that were refused."""
    with database.writing() as connection:
        received.forget_refused(connection, now - REFUSED_KEPT)
        web_sessions.forget(connection, now)
        action_keys.forget(connection, now)


def _forgettable(database: Database, before: datetime) -> list[int]:
    """Return the old runs to which nothing points. Nothing will: what a run writes, it writes while it is young."""
    newest = select(func.max(run_programmes.c.id)).group_by(
        run_programmes.c.programme, run_programmes.c.kind, run_programmes.c.outcome
    )
    last_ones = select(run_programmes.c.run_id).where(run_programmes.c.id.in_(newest))
    old = select(runs.c.id).where(runs.c.started_at < before, runs.c.id.not_in(last_ones))
    old = old.where(~_is_pointed_at(runs.c.id), ~_is_asked_for(runs.c.id))
    with database.reading() as connection:
        return list(connection.execute(old).scalars())


def _is_pointed_at(run: ColumnElement[int]) -> ColumnElement[bool]:
    """Return whether something was decided, placed, pushed or written in a run."""
    tables = (decisions, roster_events, pushes, baselines, messages)
    return or_(*(select(table.c.run_id).where(table.c.run_id == run).exists() for table in tables))


def _is_asked_for(run: ColumnElement[int]) -> ColumnElement[bool]:
    """Return whether a request for a run is kept."""
    return select(run_requests.c.run_id).where(run_requests.c.run_id == run).exists()
