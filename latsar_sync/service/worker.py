"""The worker of a daemon: takes requests out of the queue, runs each in a thread, and records what came of it."""

import re
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Event, Lock

import structlog
from sqlalchemy.exc import SQLAlchemyError

from latsar_sync.domain.errors import LatsarError, LeaseHeld, LeaseLost, SiteUnavailable, Stopped, StoppedByPerson
from latsar_sync.domain.language import _, joined
from latsar_sync.domain.request import STEP_TEXTS, RunOutcome, Step
from latsar_sync.moodle.functions import Function
from latsar_sync.moodle.pace import Throttle
from latsar_sync.run import pipeline
from latsar_sync.run.pipeline import RunResult
from latsar_sync.run.side_by_side import UnderWay, holds
from latsar_sync.run.unexpected_errors import ProgramFault, fault_of, first_line
from latsar_sync.service import systemd
from latsar_sync.service.meters import Meters
from latsar_sync.service.notices import Notices
from latsar_sync.service.requests_of_the_queue import request_of, sent_in_plan
from latsar_sync.settings import Settings
from latsar_sync.store import queue, queue_taking, runs, site_health
from latsar_sync.store.database import Database
from latsar_sync.store.leases import holders
from latsar_sync.store.queue import RunRequest

log = structlog.get_logger("latsar_sync")

AGAIN_WHEN_HELD = timedelta(seconds=15)
AGAIN_AFTER_A_FAULT = timedelta(seconds=60)
WAITING = "STATUS=waiting for the next run"
AT_ONCE = 32
"""Programmes run at the same time by one daemon: as many as have neither their source nor a course in common."""


class Worker:
    """Runs requests until ``stop`` is set; then the step in hand is finished and nothing new is begun."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        clock: Callable[[], datetime],
        meters: Meters,
        notices: Notices,
        stop: Event,
    ) -> None:
        self._settings = settings
        self._database = database
        self._clock = clock
        self._meters = meters
        self._notices = notices
        self._stop = stop
        self._lock = Lock()
        self._under_way: dict[str, UnderWay] = {}
        self._gates: dict[str, Throttle] = {}
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="run")

    def take(self, now: datetime) -> None:
        """Claim what waits in the queue and may be run now, and run each in a thread of its own."""
        names = [programme.id for programme in self._settings.programmes]
        with self._database.reading() as connection:
            waiting = queue_taking.waiting(connection, now, names)
            ill = site_health.ill_sites(connection) if waiting else {}
        held = {each.programme for each in holders(self._database) if not each.is_dead(now)} if waiting else set()
        for request in waiting:
            if request.programme in held:
                continue  # taken as soon as the run that holds it has ended, by whichever daemon is first
            programme = self._settings.programme(request.programme)
            # a person who asks has perhaps just mended the site
            left_alone = (
                {} if request.manual else {name: each.reason for name, each in ill.items() if each.is_left_alone(now)}
            )
            with self._lock:
                mine, taken = holds(programme), self._under_way.values()
                if (
                    any(each.holds & mine for each in taken)
                    or programme.source.site in left_alone
                    or len(taken) >= AT_ONCE
                ):
                    continue
                holder = queue_taking.claim(self._database, request.id, now)
                if holder is None:
                    continue
                self._under_way[holder] = UnderWay(request.programme, mine, now, now)
            self._pool.submit(self._work, request, holder, left_alone)

    def under_way(self) -> list[UnderWay]:
        """Return the runs under way: since when, and when each last gave a sign."""
        with self._lock:
            return list(self._under_way.values())

    def claims(self) -> frozenset[str]:
        """Return the claims of the requests under way."""
        with self._lock:
            return frozenset(self._under_way)

    def end(self) -> bool:
        """Wait for the steps in hand; what is not done by then is safe to cut off, since the next run converges.

        Return whether every run had ended within the time that stopping may take.
        """
        deadline = time.monotonic() + float(self._settings.service.stop_within)
        self._pool.shutdown(wait=False)
        waiter = Event()
        while self._under_way and time.monotonic() < deadline:
            waiter.wait(0.1)
        return not self._under_way

    def _work(self, request: RunRequest, holder: str, left_alone: Mapping[str, str]) -> None:
        """Run one request and record what came of it; whatever happens, what it held is free again afterwards."""
        with structlog.contextvars.bound_contextvars(programme=request.programme, request=request.id):
            try:
                self._run(request, holder, left_alone)
            except SQLAlchemyError as error:
                log.warning("the database failed during the run", reason=first_line(error))
                self._put_back(request, holder, AGAIN_AFTER_A_FAULT)
            except LatsarError as error:
                log.warning("the run could not begin", error=str(error))
                self._give_up(request, holder, str(error))
            except Exception as error:
                # a fault of our own must not end the service of the other programmes
                log.exception("the run broke off by a fault of the program; please report it")
                self._give_up(request, holder, str(fault_of(error)))
            finally:
                systemd.tell(WAITING)
                with self._lock:
                    self._under_way.pop(holder, None)

    def _run(self, request: RunRequest, holder: str, left_alone: Mapping[str, str]) -> None:
        def progress(programme: str, step: Step, count: int) -> None:
            if self._stop.is_set():
                raise Stopped(_("The service was told to stop."), _("The run goes on when it is started again."))
            self._gives_a_sign(holder)
            stopped_by = queue_taking.tell_step(self._database, request.id, holder, step, count)
            if stopped_by is not None:
                said = _("{name} ended the run before this step: {step}.")
                text = said.format(name=stopped_by, step=_(STEP_TEXTS[step]))
                raise StoppedByPerson(text, _("What was done before stands; the next run goes on from there."))
            systemd.tell(f"STATUS={programme}: step {step} of {len(Step)}")

        if self._stop.is_set():
            self._put_back(request, holder, timedelta())
            return
        begins = log.info if request.manual or request.scope == queue.FULL else log.debug
        begins("run begins", scope=request.scope, by=request.requested_by)
        asked = request_of(request, self._looked_at(request))

        def observe(site: str, function: Function, seconds: float, status: str) -> None:
            self._gives_a_sign(holder)
            self._meters.observe(site, function, seconds, status)

        result = pipeline.run(
            self._settings, self._database, asked, self._clock, progress, left_alone, observe, self._gates
        )
        with structlog.contextvars.bound_contextvars(run=result.run_id):
            self._conclude(request, holder, result, left_alone)

    def _gives_a_sign(self, holder: str) -> None:
        with self._lock:
            if holder in self._under_way:
                self._under_way[holder] = replace(self._under_way[holder], sign_at=self._clock())

    def _looked_at(self, request: RunRequest) -> frozenset[str] | None:
        """Return the findings of the run that somebody accepts or would like to, None where there is none."""
        if request.scope not in (queue.ACCEPT, queue.PREVIEW):
            return None
        with self._database.reading() as connection:
            held = runs.find_run(connection, request.programme, int(request.subject))
        return frozenset(finding.key for finding in held.findings) if held else frozenset()

    def _conclude(self, request: RunRequest, holder: str, result: RunResult, left_alone: Mapping[str, str]) -> None:
        """Record what came of the run, or put the request back if it is to go on another time."""
        [ended] = result.programmes
        if isinstance(ended.error, LeaseHeld):
            log.info("another run holds the programme; trying again soon")
            self._put_back(request, holder, AGAIN_WHEN_HELD)
            return
        if isinstance(ended.error, LeaseLost):
            log.warning("the lease was lost during the run, which goes on from there", reason=str(ended.error))
            self._put_back(request, holder, AGAIN_WHEN_HELD)
            return
        if isinstance(ended.error, Stopped):
            self._put_back(request, holder, timedelta())
            return
        if isinstance(ended.error, ProgramFault):
            if ended.error.passes:
                log.warning("the database failed during the run", reason=ended.error.reason)
                self._put_back(request, holder, AGAIN_AFTER_A_FAULT)
                return
            cause = ended.error.__cause__
            log.error("the run broke off by a fault of the program; please report it", exc_info=cause)
        self._note_health(result)
        if request.scope != queue.PREVIEW and not isinstance(ended.error, StoppedByPerson):
            self._meters.run_ended(result)
            not_asked = left_alone.keys() & self._settings.programme(request.programme).sites
            self._notices.run_ended(ended, site_failed=bool(not_asked) or any(result.sites.values()))
        message = str(ended.error) if ended.error else joined(*ended.run.messages) or None
        outcome, now = ended.run.outcome, self._clock()
        shown = sent_in_plan(ended, self._looked_at(request)) if request.scope == queue.PREVIEW else None
        queue_taking.finish(self._database, request.id, holder, result.run_id, outcome, message, now, shown)
        tell = log.info if ended.run.outcome is RunOutcome.OK else log.warning
        if not request.manual and ended.run.changed_nothing:
            tell = log.debug  # one a minute would hide all others
        tell(
            "run ended",
            outcome=str(ended.run.outcome),
            kind=ended.run.kind,
            requests=ended.run.requests,
            seconds=ended.run.seconds,
            error=str(ended.error) if ended.error else None,
            notes=list(ended.run.messages),
            findings=[finding.code for finding in ended.run.findings],
            **ended.run.counts,
        )

    def _note_health(self, result: RunResult) -> None:
        """Slow down for the sites that failed, and say once per reason; say it when one has healed."""
        now = self._clock()
        for site, trouble in result.sites.items():
            if trouble is None:
                with self._database.writing() as connection:
                    healed = site_health.note_success(connection, site)
                if healed is not None:
                    log.info("site has healed", site=site, failures=healed.failures, since=healed.since.isoformat())
                self._notices.site_healed(site)
                continue
            with self._database.writing() as connection:
                asked = trouble.retry_after if isinstance(trouble, SiteUnavailable) else None
                pause = timedelta(seconds=asked) if asked else None
                state, new = site_health.note_failure(connection, site, _reason(site, trouble), now, pause)
            if new:
                until = state.next_try_at.isoformat()
                log.warning("site is left alone for a while", site=site, reason=state.reason, next_try=until)
            self._notices.site_failed(site, state.reason)

    def _put_back(self, request: RunRequest, holder: str, pause: timedelta) -> None:
        try:
            queue_taking.put_back(self._database, request.id, holder, self._clock() + pause)
        except SQLAlchemyError as error:
            # the claim runs out by itself and is taken up again then
            log.warning("the request could not be put back", reason=first_line(error))

    def _give_up(self, request: RunRequest, holder: str, message: str) -> None:
        """End a request that would break off again and again; the next slot tries anew."""
        try:
            self._notices.run_failed(request.programme, message)
            queue_taking.finish(self._database, request.id, holder, None, RunOutcome.FAILED, message, self._clock())
        except SQLAlchemyError as error:
            log.warning("the request could not be ended", reason=first_line(error))


def _reason(site: str, trouble: LatsarError) -> str:
    """One line that stays the same while the cause does, whatever was being asked; it keys the notice."""
    message = re.sub(rf"\b{re.escape(site)}: [a-z0-9_]+: ", f"{site}: ", trouble.message)
    return f"{message} {trouble.remedy}".strip()[:500]
