"""A run of several programmes: each under its lease, each recorded, none stopping another.

The order of the steps inside one programme is in ``programme``; here is what lies around it.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain
from threading import Event, Lock

from sqlalchemy.exc import SQLAlchemyError

from latsar_sync.domain.errors import LatsarError, Stopped
from latsar_sync.domain.language import _
from latsar_sync.domain.request import Depth, PlanLine, Progress, Request, RunOutcome, Step
from latsar_sync.moodle.client import MoodleClient
from latsar_sync.moodle.pace import Throttle
from latsar_sync.rules import clocks
from latsar_sync.rules.lms_budget import slowed_text
from latsar_sync.run import accepting, clients
from latsar_sync.run.clients import Observer
from latsar_sync.run.context import RunContext, Tools
from latsar_sync.run.machine_memory import collect_rarely, give_back, keep_large_apart
from latsar_sync.run.programme import run_programme
from latsar_sync.run.recorded import RunCosts, record_of, record_what_broke_off
from latsar_sync.run.report import RunReport
from latsar_sync.run.side_by_side import independent, side_by_side
from latsar_sync.run.spacing import Spacings
from latsar_sync.run.unexpected_errors import fault_of
from latsar_sync.settings import ProgrammeSettings, Settings
from latsar_sync.store import runs
from latsar_sync.store.database import Database
from latsar_sync.store.leases import Lease, holders
from latsar_sync.store.processes import this_host
from latsar_sync.store.runs import ProgrammeRun


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
    left_alone: Mapping[str, str] | None = None,
    observe: Observer | None = None,
    throttles: dict[str, Throttle] | None = None,
) -> RunResult:
    """Run every programme that ``request`` names (none: all) and return how each went.

    ``left_alone`` names sites that are not to be asked now, with the reason; ``observe`` is told each request: site,
    function, seconds, status. ``throttles`` are those of other runs of this process, by site.

    An error of one programme is recorded with it and does not stop the others. Raise UsageError, before anything
    runs, if a programme is unknown or there is nothing to accept.
    """
    collect_rarely()
    keep_large_apart()
    programmes = [settings.programme(name) for name in request.programmes] or list(settings.programmes)
    with database.reading() as connection:
        accepting.require_something(connection, request, [programme.id for programme in programmes])
        last = next(iter(runs.recorded_runs(connection, limit=1)), None)
    clock_remarks = clocks.against_the_last_run(last.finished_at if last else None, clock())
    throttles = {} if throttles is None else throttles
    rows = independent(programmes)
    asked = [clients.connect_all(settings, row, throttles, observe) for row in rows]
    clients.remember_the_sites(database, chain.from_iterable(each.values() for each in asked), clock(), request.full)
    with database.writing() as connection:
        run_id = runs.start_run(connection, request.command, this_host(), os.getpid(), clock())
    outcome = RunOutcome.FAILED
    stop, one_at_a_time = Event(), Lock()

    def listen(programme: str, step: Step, count: int) -> None:
        if stop.is_set():
            raise Stopped(_("The run was broken off from outside."), _("The next one goes on from there."))
        with one_at_a_time:
            progress(programme, step, count)

    def run_row(row: Sequence[ProgrammeSettings], by_site: Mapping[str, MoodleClient]) -> list[ProgrammeResult]:
        tools = Tools(settings, database, by_site, clock, listen, left_alone or {})
        return [_run_one(tools, programme, request, run_id, clock_remarks) for programme in row]

    try:
        ended = [each for row in side_by_side(run_row, rows, asked, stop) for each in row]
        by_name = {result.run.programme: result for result in ended}
        results = tuple(by_name[programme.id] for programme in programmes)
        outcome = outcome_of([result.run.outcome for result in results])
    finally:
        used = [client for each in asked for client in each.values()]
        for client in used:
            client.close()
        with database.writing() as connection:
            clients.keep_what_sites_told(connection, used, clock())
            runs.finish_run(connection, run_id, outcome, clock())
    return RunResult(run_id, outcome, results, _troubles(asked))


def _troubles(asked: Sequence[Mapping[str, MoodleClient]]) -> dict[str, LatsarError | None]:
    """Return every site that was asked, with the error by which it failed as a whole, whichever row met it."""
    sites: dict[str, LatsarError | None] = {}
    for name, client in chain.from_iterable(each.items() for each in asked):
        if client.requests_sent:
            sites[name] = sites.get(name) or client.trouble
    return sites


def _run_one(
    tools: Tools, programme: ProgrammeSettings, request: Request, run_id: int, clock_remarks: list[str]
) -> ProgrammeResult:
    """Run one programme under its lease and record how it went; where another holds the lease, nothing is."""
    report: RunReport | None = None
    error: LatsarError | None = None
    costs = RunCosts(tools.progress, tools.clients)
    tools = replace(tools, progress=costs)

    def record() -> ProgrammeRun:
        return record_of(programme.id, report, error, run_id, costs)

    dead = next((each for each in holders(tools.database) if each.programme == programme.id), None)
    try:
        with Lease(tools.database, programme.id, tools.clock) as lease:
            context = RunContext.of(tools, programme, request, run_id, lease)
            report = RunReport(request, Depth.FULL if request.full else Depth.INCREMENTAL, remarks=[*lease.remarks])
            try:
                record_what_broke_off(tools, programme.id, dead)
                run_programme(context, report)
            except LatsarError as problem:
                error = problem
            except Exception as problem:  # noqa: BLE001 whatever it is, it is one programme's: kept as its cause
                error = fault_of(problem)
            except BaseException:
                error = Stopped(_("The run was broken off from outside."), _("The next one goes on from there."))
                with suppress(SQLAlchemyError), tools.database.writing() as connection:
                    runs.finish_programme(connection, run_id, record(), tools.clock())
                raise
            report.remarks += clock_remarks + _clocks_apart(tools, programme)
            with tools.database.reading() as connection:
                slowed = Spacings(connection, tools.settings).slowing(programme, context.now)
            report.remarks += [slowed_text(slowed)] if slowed and report.depth is Depth.INCREMENTAL else []
            # before anybody else may begin: the runs of a programme are recorded in the order in which they ended
            with tools.database.writing() as connection:
                runs.finish_programme(connection, run_id, record(), tools.clock())
    except LatsarError as problem:
        error = problem
    except Exception as problem:  # noqa: BLE001 of the lease, or of recording how it went
        error = error or fault_of(problem)
        with suppress(SQLAlchemyError), tools.database.writing() as connection:
            runs.finish_programme(connection, run_id, record(), tools.clock())
    problems = tuple(dict.fromkeys(map(str, report.problems))) if report else ()
    give_back(report.people if report else 0)  # the next programme begins with what was there before this one
    return ProgrammeResult(record(), error, report.plan if report else (), problems)


def _clocks_apart(tools: Tools, programme: ProgrammeSettings) -> list[str]:
    """Say whose clock, of the sites that the programme asks, shows another time than ours."""
    return [
        remark
        for name in sorted(programme.sites)
        for remark in clocks.against_a_site(name, tools.clients[name].clock_now(), tools.clock())
    ]


def outcome_of(outcomes: Sequence[RunOutcome]) -> RunOutcome:
    """One word for the whole run: failed only if all failed, guarded before partial."""
    if all(outcome is RunOutcome.FAILED for outcome in outcomes):
        return RunOutcome.FAILED
    if RunOutcome.GUARDED in outcomes:
        return RunOutcome.GUARDED
    if any(outcome is not RunOutcome.OK for outcome in outcomes):
        return RunOutcome.PARTIAL
    return RunOutcome.OK
