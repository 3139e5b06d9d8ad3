"""A run: one walk per programme, each under its lease, each recorded, none stopping another.

The order of the steps inside a programme is in ``walk``; this room opens the doors and writes down how it went.
"""

import gc
import os
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlalchemy.exc import SQLAlchemyError

from latsar_sync import accepting, clocks
from latsar_sync.correspondence import Correspondence
from latsar_sync.errors import LatsarError, Stopped
from latsar_sync.faults import fault_of
from latsar_sync.language import _
from latsar_sync.model import RunOutcome
from latsar_sync.moodle.client import Limits, MoodleClient
from latsar_sync.moodle.functions import Function
from latsar_sync.request import PlanLine, Progress, Request
from latsar_sync.settings import ProgrammeSettings, Settings, SiteSettings
from latsar_sync.store import runs
from latsar_sync.store.database import Database
from latsar_sync.store.leases import Holder, Lease, holders, this_host
from latsar_sync.store.runs import ProgrammeRun
from latsar_sync.walk import Tools, Walk

Observer = Callable[[str, Function, float, str], None]

COLLECT_RARELY = (100_000, 50, 50)
"""Thresholds of Python's collector of cycles. A run makes a great many small values that stay, and no cycles: by its
own measure the collector would go through all of them again and again, for a quarter of a run's own time."""


@dataclass(frozen=True, slots=True)
class ProgrammeResult:
    """How a run went for one programme: the record, the error that stopped it, and for a plan who would be sent.

    ``problems`` are the errors that did not stop it, in words.
    """

    run: ProgrammeRun
    error: LatsarError | None = None
    plan: tuple[PlanLine, ...] = ()
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RunResult:
    """How a whole run went. ``sites`` holds every site that was asked, with the error by which it failed as a whole."""

    run_id: int
    outcome: RunOutcome
    programmes: tuple[ProgrammeResult, ...]
    sites: Mapping[str, LatsarError | None]


def run(
    settings: Settings,
    database: Database,
    request: Request,
    clock: Callable[[], datetime],
    progress: Progress,
    closed: Mapping[str, str] | None = None,
    observe: Observer | None = None,
) -> RunResult:
    """Walk every programme that ``request`` names (none: all) and return how each went.

    ``closed`` names sites that are not to be asked now, with the reason; ``observe`` is told each LMS request: site,
    function, seconds, status.

    An error of one programme is recorded with it and does not stop the others. Raise UsageError, before anything
    runs, if a programme is unknown or there is nothing to accept.
    """
    gc.set_threshold(*COLLECT_RARELY)
    chosen = [settings.programme(name) for name in request.programmes] or list(settings.programmes)
    with database.reading() as connection:
        accepting.require_something(connection, request, [programme.id for programme in chosen])
        last = next(iter(runs.recorded_runs(connection, limit=1)), None)
    clock_remarks = clocks.against_the_last_run(last.finished_at if last else None, clock())
    needed = frozenset().union(*(programme.sites for programme in chosen))
    clients = {name: connect(name, settings.sites[name], observe) for name in sorted(needed)}
    tools = Tools(settings, database, clients, clock, progress, closed or {})
    with database.writing() as connection:
        run_id = runs.start_run(connection, request.command, this_host(), os.getpid(), clock())
    outcome = RunOutcome.FAILED
    try:
        results = tuple(_walk_one(tools, programme, request, run_id, clock_remarks) for programme in chosen)
        outcome = _together([result.run.outcome for result in results])
    finally:
        for client in clients.values():
            client.close()
        with database.writing() as connection:
            runs.finish_run(connection, run_id, outcome, clock())
    sites = {name: client.trouble for name, client in clients.items() if client.requests_sent}
    return RunResult(run_id, outcome, results, sites)


def connect(name: str, site: SiteSettings, observe: Observer | None = None) -> MoodleClient:
    """Return a client for a configured site; nothing is asked of it yet."""
    limits = Limits(
        connect_timeout=float(site.connect_timeout),
        read_timeout=float(site.read_timeout),
        max_parallel=site.max_parallel,
        requests_per_second=float(site.requests_per_second),
        retry_budget=float(site.retry_budget),
    )
    client = MoodleClient(name, site.url, site.token, ca_bundle=site.ca_bundle, proxy=site.proxy, limits=limits)
    if observe is not None:
        client.observer = partial(observe, name)
    return client


def _walk_one(
    tools: Tools, programme: ProgrammeSettings, request: Request, run_id: int, clock_remarks: list[str]
) -> ProgrammeResult:
    """Walk one programme under its lease and record how it went; who holds the lease records nothing here."""
    began, sent_before = time.monotonic(), _requests(tools.clients)
    walk: Walk | None = None
    error: LatsarError | None = None

    def record() -> ProgrammeRun:
        return _record_of(programme, walk, error, _requests(tools.clients) - sent_before, began, run_id)

    dead = next((each for each in holders(tools.database) if each.programme == programme.id), None)
    try:
        with Lease(tools.database, programme.id, tools.clock) as lease:
            walk = Walk(tools, programme, request, run_id, lease)
            try:
                _record_what_broke_off(tools, programme, dead)
                walk.go()
                _write_to_people(tools, programme, walk, run_id, lease)
            except LatsarError as problem:
                error = problem
            except Exception as problem:  # noqa: BLE001 whatever it is, it is one programme's: kept as its cause
                error = fault_of(problem)
            except BaseException:
                error = Stopped(_("The run was broken off from outside."), _("The next one goes on from there."))
                with suppress(SQLAlchemyError), tools.database.writing() as connection:
                    runs.finish_programme(connection, run_id, record(), tools.clock())
                raise
            walk.messages += clock_remarks + _clocks_apart(tools, programme)
            # before anybody else may begin: the runs of a programme are recorded in the order in which they ended
            with tools.database.writing() as connection:
                runs.finish_programme(connection, run_id, record(), tools.clock())
    except LatsarError as problem:
        error = problem
    except Exception as problem:  # noqa: BLE001 of the lease, or of recording how it went
        error = error or fault_of(problem)
        with suppress(SQLAlchemyError), tools.database.writing() as connection:
            runs.finish_programme(connection, run_id, record(), tools.clock())
    problems = tuple(map(str, walk.problems)) if walk else ()
    return ProgrammeResult(record(), error, walk.plan if walk else (), problems)


def _record_what_broke_off(tools: Tools, programme: ProgrammeSettings, before: Holder | None) -> None:
    """Record as failed what a process was doing that held the programme before us and is no more."""
    if before is None:
        return
    said = _("The run broke off: process {pid} on {host} ended in the middle.")
    with tools.database.writing() as connection:
        run_id = runs.unfinished_run(connection, programme.id, before.host, before.pid)
        if run_id is None:
            return
        broken = ProgrammeRun(
            programme=programme.id,
            kind="none",
            outcome=RunOutcome.FAILED,
            counts={},
            error=said.format(pid=before.pid, host=before.host),
        )
        runs.finish_programme(connection, run_id, broken, tools.clock())
        runs.finish_run(connection, run_id, RunOutcome.FAILED, tools.clock())


def _record_of(
    programme: ProgrammeSettings,
    walk: Walk | None,
    error: LatsarError | None,
    requests: int,
    began: float,
    run_id: int,
) -> ProgrammeRun:
    return ProgrammeRun(
        programme=programme.id,
        kind=walk.kind if walk else "none",
        outcome=walk.outcome if walk and not error else RunOutcome.FAILED,
        counts=walk.counts() if walk else {},
        findings=tuple(walk.findings) if walk else (),
        courses_read=tuple(walk.courses_read) if walk else (),
        messages=(*walk.messages, *map(str, walk.problems)) if walk else (),
        error=str(error) if error else None,
        accepted_by=walk.accepted_by if walk else None,
        requests=requests,
        seconds=round(time.monotonic() - began, 3),
        run_id=run_id,
    )


def _clocks_apart(tools: Tools, programme: ProgrammeSettings) -> list[str]:
    """Say whose clock, of the sites that the programme asks, shows another time than ours."""
    return [
        remark
        for name in sorted(programme.sites)
        for remark in clocks.against_a_site(name, tools.clients[name].clock_now(), tools.clock())
    ]


def _write_to_people(tools: Tools, programme: ProgrammeSettings, walk: Walk, run_id: int, lease: Lease) -> None:
    """Send the messages that are due after a run over everybody; a guard that holds the programme holds them too."""
    if walk.kind in ("full", "incremental") and walk.outcome is not RunOutcome.GUARDED:
        people = Correspondence(tools.settings, tools.database, programme, tools.clients, tools.clock, tools.closed)
        walk.messages += people.send(lease, run_id, tools.progress)


def _requests(clients: Mapping[str, MoodleClient]) -> int:
    return sum(client.requests_sent for client in clients.values())


def _together(outcomes: list[RunOutcome]) -> RunOutcome:
    """One word for the whole run: failed only if all failed, guarded before partial."""
    if all(outcome is RunOutcome.FAILED for outcome in outcomes):
        return RunOutcome.FAILED
    if RunOutcome.GUARDED in outcomes:
        return RunOutcome.GUARDED
    if any(outcome is not RunOutcome.OK for outcome in outcomes):
        return RunOutcome.PARTIAL
    return RunOutcome.OK
