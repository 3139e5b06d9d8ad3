"""What a daemon does with the queue: it takes requests, tells how far each is, and ends it or puts it back."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import ColumnElement, Connection, or_, select, update
from sqlalchemy.exc import IntegrityError

from latsar_sync.domain.request import DONE, MERGED, QUEUED, RUNNING, RunOutcome
from latsar_sync.store import shared_clock
from latsar_sync.store.database import Database
from latsar_sync.store.leases import Holder
from latsar_sync.store.processes import this_process
from latsar_sync.store.queue import LONGEST_WAIT, SCHEDULE, RunRequest, make_due, request_of_row
from latsar_sync.store.tables import leases, run_requests


def waiting(connection: Connection, now: datetime, programmes: Collection[str]) -> list[RunRequest]:
    """Return what may be taken now, people's requests first, the oldest first."""
    statement = (
        select(run_requests)
        .where(run_requests.c.state == QUEUED)
        .where(or_(run_requests.c.not_before <= now, run_requests.c.not_before > now + LONGEST_WAIT))
        .where(run_requests.c.programme.in_(programmes))
        .order_by(run_requests.c.requested_by == SCHEDULE, run_requests.c.id)
    )
    return [request_of_row(row) for row in connection.execute(statement)]


def claim(database: Database, request_id: int, now: datetime) -> str | None:
    """Take a request for this process and return the claim; None if somebody else was faster."""
    holder = uuid4().hex
    with database.writing() as connection:
        taken = connection.execute(
            update(run_requests)
            .where(run_requests.c.id == request_id, run_requests.c.state == QUEUED)
            .values(
                state=RUNNING,
                holder=holder,
                **this_process(),
                claimed_at=now + shared_clock.ahead(connection),
                step=None,
                step_count=None,
            )
        )
    return holder if taken.rowcount == 1 else None


def tell_step(database: Database, request_id: int, holder: str, step: int, count: int) -> str | None:
    """Write down how far a request is, for whoever follows it; return who asked that it ends, None if nobody did."""
    told = _mine(request_id, holder).values(step=step, step_count=count).returning(run_requests.c.stopped_by)
    with database.writing() as connection:
        return connection.execute(told).scalar_one_or_none()


def finish(
    database: Database,
    request_id: int,
    holder: str,
    run_id: int | None,
    outcome: RunOutcome,
    message: str | None,
    now: datetime,
    plan: Mapping[str, Any] | None = None,
) -> None:
    """Record how a request ended; the NIP that it was about is forgotten. ``plan`` is what a preview shows."""
    with database.writing() as connection:
        connection.execute(
            _mine(request_id, holder).values(
                state=DONE,
                subject="",
                run_id=run_id,
                outcome=str(outcome),
                message=message,
                finished_at=now,
                plan=plan,
            )
        )


def requeue_the_dead(database: Database, now: datetime, under_way: Collection[str] = ()) -> list[RunRequest]:
    """Put back what a dead daemon had claimed, and return it: its process is gone, or its lease has run out.

    ``under_way`` are the claims that this very process is working on; they live, even if the clock has jumped.
    """
    with database.reading() as connection:
        running = connection.execute(select(run_requests).where(run_requests.c.state == RUNNING)).all()
        beats = {row.programme: row.beat_at for row in connection.execute(select(leases))}
        there = now + shared_clock.ahead(connection)
    dead = [row for row in running if row.holder not in under_way and _is_dead(row, beats.get(row.programme), there)]
    for row in dead:
        put_back(database, row.id, row.holder, now)
    return [request_of_row(row) for row in dead]


def put_back(database: Database, request_id: int, holder: str, not_before: datetime) -> None:
    """Put a claimed request back into the queue, or merge it into the same request that waits there already.

    The one that waits takes over what was due earlier, and the name of the person who asked.
    """
    while True:
        try:
            with database.writing() as connection:
                own = connection.execute(select(run_requests).where(*_claimed(request_id, holder))).first()
                if own is None:
                    return
                asked = (own.programme, own.scope, own.subject, own.requested_by)
                same = make_due(connection, *asked, not_before)
                change = {"state": QUEUED} if same is None else {"state": MERGED, "merged_into": same, "subject": ""}
                connection.execute(_mine(request_id, holder).values(**change, not_before=not_before, holder=None))
        except IntegrityError:
            continue  # the same request came into the queue meanwhile: it is found in the next round
        return


def _claimed(request_id: int, holder: str) -> tuple[ColumnElement[bool], ...]:
    """A claim ends with the request: what is done stays done, though its daemon never heard that it was written."""
    return run_requests.c.id == request_id, run_requests.c.holder == holder, run_requests.c.state == RUNNING


def _mine(request_id: int, holder: str) -> Any:
    return update(run_requests).where(*_claimed(request_id, holder))


def _is_dead(row: Any, beat_at: datetime | None, now: datetime) -> bool:
    """A claim lives as long as its process does and its programme's lease, if it has taken one, is kept warm."""
    signs = [row.claimed_at] if beat_at is None else [row.claimed_at, beat_at]
    sign_of_life = min(
        signs, key=lambda sign: abs(now - sign)
    )  # a claim of the future was made by a clock set right since
    claim = Holder(row.programme, row.holder, row.host, row.pid, row.process_started, row.claimed_at, sign_of_life)
    return claim.is_dead(now)
