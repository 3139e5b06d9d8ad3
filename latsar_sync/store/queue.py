"""The queue of run requests: scheduled ones and those that people ask for, taken by any daemon on this database.

A scheduled slot is written down once, whichever daemon is first; the same request is queued once; a request whose
daemon died goes back into the queue (rule 9).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from latsar_sync.domain.request import DONE, MERGED, QUEUED, RUNNING
from latsar_sync.store import action_keys
from latsar_sync.store.database import Database
from latsar_sync.store.tables import run_requests
from latsar_sync.store.tables.columns import OF_PROGRAMME

FULL = "full"
"""The scope of a run of a night where the schedule asks for it, of a full one where a person does."""
ANGKATAN = "angkatan"
"""The scope of a run that reads everybody of one angkatan, its ``subject``, exactly."""
ACCEPT = "accept"
"""The scope of a run that releases what a guard held; its ``subject`` is the number of the run that was held."""
PREVIEW = "preview"
"""The scope of a plan of what such a run would send; its ``subject`` likewise."""
SCHEDULE = "schedule"
"""Who asks for a scheduled run; no person may bear this name."""
LONGEST_WAIT = timedelta(minutes=15)
"""Nothing is put off further than this: a later time was written by a clock that ran ahead, and is not waited for."""


@dataclass(frozen=True, slots=True)
class RunRequest:
    """One line of the queue. ``scope`` is "incremental", "full", "angkatan" (then ``subject`` is its id), "participant"
    (then it is the NIP), "accept" or "preview" (then it is the number of the run whose findings are released).

    One that was put back while the same request waited is merged into that one, whose number ``merged_into`` tells.
    """

    id: int
    programme: str
    scope: str
    subject: str
    requested_by: str
    requested_at: datetime
    state: str
    step: int | None
    step_count: int | None
    run_id: int | None
    outcome: str | None
    message: str | None
    merged_into: int | None
    claimed_at: datetime | None = None
    stopped_by: str | None = None

    @property
    def manual(self) -> bool:
        """Whether a person asked for it, rather than the schedule."""
        return self.requested_by != SCHEDULE


def ask(database: Database, programme: str, scope: str, subject: str, by: str, now: datetime) -> int:
    """Put a request into the queue and return its number; if the same request waits already, the number of that.

    What waited for its time is due now, and what the schedule had put there is a person's request from now on.
    """
    return ask_together(database, programme, [(scope, subject)], by, now)[0]


def ask_together(
    database: Database,
    programme: str,
    wanted: Sequence[tuple[str, str]],
    by: str,
    now: datetime,
    key: str | None = None,
) -> list[int]:
    """Do so with several requests, each a scope and its subject: all of them or none.

    Raise AlreadyDone if the form with this ``key`` was taken before.
    """
    while True:
        try:
            with database.writing() as connection:
                if key is not None:
                    action_keys.claim(connection, by, key, now)
                return [_waiting(connection, programme, *each, by, now) for each in wanted]
        except IntegrityError:
            continue  # somebody else was first: theirs is found in the next round


def _waiting(connection: Connection, programme: str, scope: str, subject: str, by: str, now: datetime) -> int:
    waiting = make_due(connection, programme, scope, subject, by, now)
    return _insert(connection, programme, scope, subject, by, now, now) if waiting is None else waiting


def schedule(database: Database, programme: str, scope: str, slot: datetime, not_before: datetime) -> bool:
    """Put a scheduled run into the queue; False if that slot is taken or the same run waits already.

    A slot that finds the same run waiting is written down as merged, so that no other daemon takes it up again.
    """
    for state in (QUEUED, MERGED):
        try:
            with database.writing() as connection:
                _insert(connection, programme, scope, "", SCHEDULE, slot, not_before, state, slot)
        except IntegrityError:
            continue
        return state == QUEUED
    return False


def last_slot(connection: Connection, programme: str, scope: str, now: datetime) -> datetime | None:
    """Return the newest scheduled slot that was written down, None before the first.

    A slot in the future was written by a clock that ran ahead; it must not silence the schedule until then.
    """
    statement = (
        select(run_requests.c.scheduled_at)
        .where(run_requests.c.programme == programme, run_requests.c.scope == scope)
        .where(run_requests.c.scheduled_at <= now)
        .order_by(run_requests.c.scheduled_at.desc())
    )
    return connection.execute(statement.limit(1)).scalar_one_or_none()


def accepted_by(connection: Connection, programme: str, run: int) -> str | None:
    """Return who asked for the run, which has not ended, that releases what a guard held; None where nobody did."""
    asked = select(run_requests.c.requested_by).where(
        run_requests.c.programme == programme, run_requests.c.scope == ACCEPT, run_requests.c.subject == str(run)
    )
    return connection.execute(asked.where(run_requests.c.state.in_((QUEUED, RUNNING))).limit(1)).scalar()


def ask_to_stop(connection: Connection, programme: str, request_id: int, by: str) -> bool:
    """Ask that a run under way ends at its next step; False if it is not under way, or was asked already."""
    asked = connection.execute(
        update(run_requests)
        .where(run_requests.c.id == request_id, run_requests.c.programme == programme)
        .where(run_requests.c.state == RUNNING, run_requests.c.stopped_by.is_(None))
        .values(stopped_by=by)
    )
    return asked.rowcount == 1


OPEN_ONES = (
    select(run_requests)
    .where(run_requests.c.programme == OF_PROGRAMME, run_requests.c.state.in_([QUEUED, RUNNING]))
    .order_by(run_requests.c.id)
)


def open_requests(connection: Connection, programme: str) -> list[RunRequest]:
    """Return what waits or is under way for a programme, oldest first."""
    return [request_of_row(row) for row in connection.execute(OPEN_ONES, {"of_programme": programme})]


def count_finished(connection: Connection, programme: str) -> int:
    """Return how many requests of a programme are recorded as ended: another number tells that one has, no clock."""
    statement = (
        select(func.count())
        .select_from(run_requests)
        .where(run_requests.c.programme == programme, run_requests.c.state == DONE)
    )
    return int(connection.execute(statement).scalar_one())


def last_plan(connection: Connection, programme: str) -> Mapping[str, Any] | None:
    """Return what the newest preview of a programme shows, None if there is none; ``requests_of_the_queue`` made it."""
    statement = (
        select(run_requests.c.plan)
        .where(run_requests.c.programme == programme, run_requests.c.scope == PREVIEW, run_requests.c.state == DONE)
        .where(run_requests.c.plan.is_not(None))
        .order_by(run_requests.c.id.desc())
    )
    found: Mapping[str, Any] | None = connection.execute(statement.limit(1)).scalar()
    return found


def find(connection: Connection, request_ids: Collection[int]) -> list[RunRequest]:
    """Return requests by their numbers."""
    statement = select(run_requests).where(run_requests.c.id.in_(request_ids)).order_by(run_requests.c.id)
    return [request_of_row(row) for row in connection.execute(statement)]


def make_due(connection: Connection, programme: str, scope: str, subject: str, by: str, now: datetime) -> int | None:
    """Return the number of the same request if it waits, no longer held up by its time or by being only scheduled."""
    same = (
        run_requests.c.programme == programme,
        run_requests.c.scope == scope,
        run_requests.c.subject == subject,
        run_requests.c.state == QUEUED,
    )
    row = connection.execute(select(run_requests).where(*same).with_for_update()).first()
    if row is None:
        return None
    asked_by = by if row.requested_by == SCHEDULE else row.requested_by
    due = update(run_requests).where(run_requests.c.id == row.id, run_requests.c.state == QUEUED)
    connection.execute(due.values(requested_by=asked_by, not_before=min(row.not_before, now)))
    return int(row.id)


def _insert(
    connection: Connection,
    programme: str,
    scope: str,
    subject: str,
    by: str,
    now: datetime,
    not_before: datetime,
    state: str = QUEUED,
    slot: datetime | None = None,
) -> int:
    values = {
        "programme": programme,
        "scope": scope,
        "subject": subject,
        "scheduled_at": slot,
        "requested_by": by,
        "requested_at": now,
        "not_before": not_before,
        "state": state,
    }
    return int(connection.execute(insert(run_requests).values(**values).returning(run_requests.c.id)).scalar_one())


def request_of_row(row: Any) -> RunRequest:
    return RunRequest(
        row.id,
        row.programme,
        row.scope,
        row.subject,
        row.requested_by,
        row.requested_at,
        row.state,
        row.step,
        row.step_count,
        row.run_id,
        row.outcome,
        row.message,
        row.merged_into,
        row.claimed_at,
        row.stopped_by,
    )
