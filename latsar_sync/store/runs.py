"""Runs: when, what came of it, what a guard found.

The last run is the one whose end was recorded last, by the table's own count: clocks jump, and a run that began earlier
may end later.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, bindparam, func, insert, select, update

from latsar_sync.domain import language
from latsar_sync.domain.records import CourseRead, Finding
from latsar_sync.domain.request import Depth, RunOutcome
from latsar_sync.store import webhooks
from latsar_sync.store.tables import run_programmes, runs
from latsar_sync.store.tables.columns import OF_PROGRAMME


@dataclass(frozen=True, slots=True)
class ProgrammeRun:
    """What one run did for one programme. ``counts`` has the keys of ``sync --json``; ``kind`` is full,
    incremental, participant or plan; ``messages`` are lines for a person; ``steps`` are those it went through, with
    their seconds; ``push_ended`` says that everybody was sent who was to be sent into at least one course.
    ``lms_seconds`` is by site how long its answers took; one that ``stands for`` others was the last of so many alike
    in one hour, whose requests and seconds it has too.
    """

    programme: str
    kind: str
    outcome: RunOutcome
    counts: Mapping[str, int]
    findings: tuple[Finding, ...] = ()
    courses_read: tuple[CourseRead, ...] = ()
    messages: tuple[str, ...] = ()
    steps: tuple[tuple[int, float], ...] = ()
    error: str | None = None
    accepted_by: str | None = None
    push_ended: bool = False
    requests: int = 0
    seconds: float = 0.0
    lms_seconds: Mapping[str, float] = field(default_factory=dict)
    stands_for: int = 1
    finished_at: datetime | None = None
    run_id: int = 0
    started_at: datetime | None = None

    @property
    def changed_nothing(self) -> bool:
        """Whether it was an incremental run that moved nobody and found nothing."""
        moved = sum(self.counts.get(name, 0) for name in MOVED)
        return self.kind == Depth.INCREMENTAL and self.outcome is RunOutcome.OK and not (moved or self.findings)

    @property
    def is_made_up_for(self) -> bool:
        """Whether the next run over everybody reads as much again: a guard held it, or it failed as one of a night."""
        deep = self.kind in (Depth.NIGHT, Depth.FULL)
        return self.outcome is RunOutcome.GUARDED or (deep and self.outcome is RunOutcome.FAILED)


MOVED = ("pushed", "confirmed", "failed", "withdrawn", "to_review")
"""The counts of what a run moved."""


def _newest(*conditions: ColumnElement[bool]) -> Select[int]:
    judged = select(run_programmes.c.id).where(run_programmes.c.programme == OF_PROGRAMME, *conditions)
    return judged.where(run_programmes.c.kind != "plan").order_by(run_programmes.c.id.desc()).limit(1)


_OF_EVERYBODY = run_programmes.c.kind != "participant"
"""One participant's run says nothing of all the others."""
_GOOD = run_programmes.c.outcome.in_([str(RunOutcome.OK), str(RunOutcome.PARTIAL)])
_TELLING = run_programmes.c.outcome != str(RunOutcome.FAILED)
_HELD = run_programmes.c.outcome == str(RunOutcome.GUARDED)
NEWEST = _newest()
NEWEST_OF_EVERYBODY = _newest(_OF_EVERYBODY)
NEWEST_GOOD = _newest(_GOOD, _OF_EVERYBODY)
NEWEST_TELLING = _newest(_TELLING)
RECORDED = (
    select(run_programmes, runs.c.started_at)
    .join(runs, runs.c.id == run_programmes.c.run_id)
    .order_by(run_programmes.c.id.desc())
)
LAST, LAST_OF_EVERYBODY, LAST_GOOD, LAST_TELLING = (
    RECORDED.where(run_programmes.c.id == each.scalar_subquery())
    for each in (NEWEST, NEWEST_OF_EVERYBODY, NEWEST_GOOD, NEWEST_TELLING)
)
HELD_SINCE = RECORDED.where(
    run_programmes.c.programme == OF_PROGRAMME,
    run_programmes.c.kind != "plan",
    _HELD,
    _OF_EVERYBODY,
    run_programmes.c.id > func.coalesce(_newest(_TELLING, ~_HELD).scalar_subquery(), 0),
)


RECORD = insert(run_programmes)
BEGIN = insert(runs).returning(runs.c.id)
END = (
    update(runs)
    .where(runs.c.id == bindparam("of_run"))
    .values(outcome=bindparam("ended"), finished_at=bindparam("now"))
)


def start_run(connection: Connection, command: str, host: str, pid: int, now: datetime) -> int:
    """Write down that a run begins and return its number."""
    values = {"command": command, "host": host, "pid": pid, "started_at": now}
    return int(connection.execute(BEGIN, values).scalar_one())


def finish_programme(connection: Connection, run_id: int, run: ProgrammeRun, now: datetime) -> None:
    """Record how a run ended for one programme; call it under the programme's lease, so that ends are in order.

    Programs are told of a held run once while the same findings hold it.
    """
    held = run.outcome is RunOutcome.GUARDED and run.kind != "plan"
    before = last_telling_run(connection, run.programme) if held else None
    values = {
        "run_id": run_id,
        "programme": run.programme,
        "kind": run.kind,
        "outcome": str(run.outcome),
        "counts": dict(run.counts),
        "findings": [asdict(finding) for finding in run.findings],
        "courses_read": [asdict(course) for course in run.courses_read],
        "messages": [language.packed(message) for message in run.messages],
        "steps": list(map(list, run.steps)),
        "error": run.error,
        "accepted_by": run.accepted_by,
        "push_ended": run.push_ended,
        "requests": run.requests,
        "seconds": f"{run.seconds:.3f}",
        "lms_seconds": dict(run.lms_seconds),
        "finished_at": now,
    }
    connection.execute(RECORD, values)
    if held and not (before is not None and _held_by(before) == _held_by(run)):
        webhooks.note_held_run(connection, run.programme, run_id, [each.code for each in run.findings], now)


def _held_by(run: ProgrammeRun) -> set[str]:
    return {finding.key for finding in run.findings} if run.outcome is RunOutcome.GUARDED else set()


def finish_run(connection: Connection, run_id: int, outcome: RunOutcome, now: datetime) -> None:
    """Record that a run ended."""
    connection.execute(END, {"of_run": run_id, "ended": str(outcome), "now": now})


def unfinished_run(connection: Connection, programme: str, host: str, pid: int) -> int | None:
    """Return the newest run of that process that never ended and recorded nothing for the programme, None without."""
    recorded = select(run_programmes.c.id).where(
        run_programmes.c.run_id == runs.c.id, run_programmes.c.programme == programme
    )
    open_runs = (
        select(runs.c.id)
        .where(runs.c.host == host, runs.c.pid == pid, runs.c.finished_at.is_(None), ~recorded.exists())
        .order_by(runs.c.id.desc())
    )
    return connection.execute(open_runs.limit(1)).scalar_one_or_none()


def recorded_runs(
    connection: Connection, programme: str | None = None, limit: int = 20, offset: int = 0
) -> list[ProgrammeRun]:
    """Return the recorded runs that ended last, the last one first, of one programme or of all."""
    statement = RECORDED if programme is None else RECORDED.where(run_programmes.c.programme == programme)
    return [_programme_run(row) for row in connection.execute(statement.limit(limit).offset(offset))]


def count_runs(connection: Connection, programme: str) -> int:
    """Count the recorded runs of a programme."""
    mine = select(func.count()).select_from(run_programmes).where(run_programmes.c.programme == programme)
    return connection.execute(mine).scalar_one()


def find_run(connection: Connection, programme: str, run_id: int) -> ProgrammeRun | None:
    """Return what the run of this number did for a programme, None if it did nothing there."""
    row = connection.execute(
        RECORDED.where(run_programmes.c.programme == programme, run_programmes.c.run_id == run_id)
    ).first()
    return None if row is None else _programme_run(row)


def last_run(connection: Connection, programme: str) -> ProgrammeRun | None:
    """Return the run that ended last, however it ended; a plan is none."""
    return _last(connection, programme, LAST)


def last_telling_run(connection: Connection, programme: str) -> ProgrammeRun | None:
    """Return the last run that judged the programme: no plan, and none that failed before it could."""
    return _last(connection, programme, LAST_TELLING)


def held_findings(connection: Connection, programme: str) -> list[tuple[datetime, tuple[Finding, ...]]]:
    """Return what the runs over everybody found, and when, that a guard holds one after the other up to now, the first
    one first; plans are none.
    """
    rows = connection.execute(HELD_SINCE, {"of_programme": programme})
    return [(row.finished_at, _programme_run(row).findings) for row in rows][::-1]


def last_good_run(connection: Connection, programme: str) -> ProgrammeRun | None:
    """Return the last run over everybody that neither failed nor was held by a guard."""
    return _last(connection, programme, LAST_GOOD)


def last_of_everybody(connection: Connection, programme: str) -> ProgrammeRun | None:
    """Return the last run over everybody, however it ended."""
    return _last(connection, programme, LAST_OF_EVERYBODY)


class LastRuns(NamedTuple):
    """The last runs of a programme: over everybody however it ended, a good one, one that tells what a guard holds."""

    of_everybody: ProgrammeRun | None
    good: ProgrammeRun | None
    telling: ProgrammeRun | None


def last_runs(connection: Connection, programme: str) -> LastRuns:
    """Return the last runs of a programme; mostly they are the same one, which is read once."""
    asked = NEWEST_OF_EVERYBODY, NEWEST_GOOD, NEWEST_TELLING
    numbers = [connection.execute(each, {"of_programme": programme}).scalar() for each in asked]
    rows = connection.execute(RECORDED.where(run_programmes.c.id.in_(set(numbers))))
    found = {row.id: _programme_run(row) for row in rows}
    return LastRuns(*(found.get(each) for each in numbers))


def _last(connection: Connection, programme: str, statement: Select[Any]) -> ProgrammeRun | None:
    row = connection.execute(statement, {"of_programme": programme}).first()
    return None if row is None else _programme_run(row)


def _programme_run(row: Any) -> ProgrammeRun:
    return ProgrammeRun(
        programme=row.programme,
        kind=row.kind,
        outcome=RunOutcome(row.outcome),
        counts=row.counts,
        findings=tuple(Finding(**{**each, "people": tuple(each.get("people", ()))}) for each in row.findings),
        courses_read=tuple(CourseRead(**course) for course in row.courses_read),
        messages=tuple(map(language.unpacked, row.messages)),
        steps=tuple((step, seconds) for step, seconds in row.steps or ()),
        error=row.error,
        accepted_by=row.accepted_by,
        push_ended=row.push_ended,
        requests=row.requests,
        seconds=float(row.seconds),
        lms_seconds=row.lms_seconds,
        stands_for=row.stands_for,
        finished_at=row.finished_at,
        run_id=row.run_id,
        started_at=row.started_at,
    )
