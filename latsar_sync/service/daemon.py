"""The daemon: puts due runs into the line, takes what waits there, leaves failing sites alone, stops when told.

Several daemons on one database share the work: a slot is written down once, a request is claimed once, and what a
dead daemon held is taken up by the others (rule 9).
"""

import os
import re
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from random import SystemRandom
from threading import Event, Lock
from typing import Any
from uuid import uuid4

import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy.exc import SQLAlchemyError

from latsar_sync.domain.errors import LatsarError, LeaseHeld, LeaseLost, SiteUnavailable, Stopped
from latsar_sync.domain.language import _
from latsar_sync.domain.model import RunOutcome
from latsar_sync.domain.request import Request, Step
from latsar_sync.moodle.functions import Function
from latsar_sync.moodle.pace import Throttle
from latsar_sync.run import pipeline
from latsar_sync.run.faults import Fault, fault_of, first_line
from latsar_sync.run.pipeline import ProgrammeResult, RunResult, UnderWay
from latsar_sync.service import systemd
from latsar_sync.service.meters import Meters
from latsar_sync.service.notices import Notices
from latsar_sync.service.schedules import Timetable, timetables
from latsar_sync.settings import Settings
from latsar_sync.store import daemons, housekeeping, queue, runs, site_health
from latsar_sync.store.database import Database
from latsar_sync.store.leases import holders
from latsar_sync.store.queue import RunRequest

log = structlog.get_logger("latsar_sync")

LOOK_EVERY_SECONDS = 0.5
BEAT_EVERY = timedelta(seconds=10)
SEARCH_FOR_THE_DEAD_EVERY = timedelta(seconds=5)
NOTICES_EVERY = timedelta(seconds=10)
TIDY_EVERY = timedelta(hours=1)
AGAIN_WHEN_HELD = timedelta(seconds=15)
AGAIN_AFTER_A_FAULT = timedelta(seconds=60)
DATABASE_PAUSE_SECONDS = 5.0
WAITING = "STATUS=waiting for the next run"
AT_ONCE = 32
"""Programmes run at the same time by one daemon: as many as have neither their source nor a class in common."""


class Daemon:
    """Runs until ``stop`` is called. ``clock`` gives the time; ``meters`` counts for Prometheus."""

    def __init__(self, settings: Settings, database: Database, clock: Callable[[], datetime], meters: Meters) -> None:
        self._settings = settings
        self._database = database
        self._clock = clock
        self._meters = meters
        self._notices = Notices(settings, database, clock)
        self._holder = uuid4().hex
        self._started = clock()
        self._stop = Event()
        self._lock = Lock()
        self._under_way: dict[str, UnderWay] = {}
        self._gates: dict[str, Throttle] = {}
        self._timetables = timetables(settings)
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="run")
        self._last: dict[str, datetime] = {}
        self._checked: dict[tuple[str, str], datetime] = {}
        self._database_away = False
        self.looked_at = self._started

    def stop(self) -> None:
        """Ask the daemon to end: the step in hand is finished, nothing new is begun."""
        self._stop.set()

    def run(self) -> bool:
        """Work until told to stop. Return whether every run had ended within the time that stopping may take."""
        daemons.announce(self._database, self._holder, self._clock())
        scheduler = BackgroundScheduler(timezone=self._settings.zone)
        for timetable in self._timetables:
            scheduler.add_job(
                self._at_its_slot,
                timetable.trigger,
                args=[timetable],
                misfire_grace_time=None,
                coalesce=True,
                max_instances=1,
            )
            self._put_due_runs_into_the_line(timetable)
        scheduler.start()
        log.info("started", programmes=[each.id for each in self._settings.programmes], pid=os.getpid())
        systemd.tell("READY=1", WAITING)
        try:
            while not self._stop.wait(LOOK_EVERY_SECONDS):
                self._look()
        finally:
            systemd.tell("STOPPING=1")
            scheduler.shutdown(wait=False)
        return self._end()

    def _look(self) -> None:
        """One look at everything; a database that is away is waited for."""
        now = self._clock()
        try:
            if self._is_time("beat", BEAT_EVERY, now):
                daemons.beat(self._database, self._holder, self._started, now)
                for timetable in self._timetables:
                    self._put_due_runs_into_the_line(timetable)  # whatever the scheduler slept through
            if self._is_time("dead", SEARCH_FOR_THE_DEAD_EVERY, now):
                with self._lock:
                    claims = frozenset(self._under_way)
                for request in queue.requeue_the_dead(self._database, now, claims):
                    log.warning("taken over from a dead daemon", programme=request.programme, request=request.id)
            if self._is_time("tidy", TIDY_EVERY, now):
                housekeeping.tidy(self._database, now - timedelta(days=self._settings.service.keep_runs))
            self._take_what_waits(now)
            if self._is_time("notices", NOTICES_EVERY, now):
                self._notices.look()
            self._report_ages()
            if self._database_away:
                log.info("the database answers again")
            self._database_away = False
        except SQLAlchemyError as error:
            if not self._database_away:
                log.warning("the database does not answer; trying again", reason=first_line(error))
            self._database_away = True
            self._stop.wait(DATABASE_PAUSE_SECONDS)
        self.looked_at = self._clock()
        seconds = systemd.watchdog_seconds()
        if seconds is not None and self._is_time("watchdog", timedelta(seconds=seconds), now):
            systemd.tell("WATCHDOG=1")

    def _is_time(self, what: str, every: timedelta, now: datetime) -> bool:
        last = self._last.get(what)
        if last is not None and last <= now < last + every:
            return False  # a clock that was set back is no reason to wait
        self._last[what] = now
        return True

    def _at_its_slot(self, timetable: Timetable) -> None:
        """Do what the scheduler woke us for; if the database is away, the next look makes up for it."""
        try:
            self._put_due_runs_into_the_line(timetable)
        except SQLAlchemyError as error:
            log.warning("the database did not take the scheduled run; trying again", reason=first_line(error))

    def _put_due_runs_into_the_line(self, timetable: Timetable) -> None:
        """Write the newest due slot into the line; whatever was missed before it is made up for by this one run."""
        now = self._clock()
        with self._database.reading() as connection:
            last = queue.last_slot(connection, timetable.programme, timetable.scope, now)
        key = (timetable.programme, timetable.scope)
        # a schedule that is new begins with its next slot, not with those before the daemon was started
        due = timetable.due(last or min(self._checked.get(key, self._started), now), now)
        taken = False
        if due:
            spread = timedelta(seconds=SystemRandom().uniform(0, float(self._settings.service.jitter)))
            taken = queue.schedule(self._database, timetable.programme, timetable.scope, due[-1], now + spread)
        self._checked[key] = now
        if taken and len(due) > 1:
            log.warning(
                "runs were missed; one makes up for them",
                programme=timetable.programme,
                scope=timetable.scope,
                missed=len(due) - 1,
                since=due[0].isoformat(),
            )

    def _take_what_waits(self, now: datetime) -> None:
        names = [programme.id for programme in self._settings.programmes]
        with self._database.reading() as connection:
            waiting = queue.waiting(connection, now, names)
            ill = site_health.ill_sites(connection) if waiting else {}
        held = {each.programme for each in holders(self._database) if not each.is_dead(now)} if waiting else set()
        for request in waiting:
            if request.programme in held:
                continue  # taken as soon as the run that holds it has ended, by whichever daemon is first
            programme = self._settings.programme(request.programme)
            # a person who asks has perhaps just mended the site
            closed = {} if request.manual else {name: each.reason for name, each in ill.items() if each.is_closed(now)}
            with self._lock:
                mine, taken = pipeline.holds(programme), self._under_way.values()
                if any(each.holds & mine for each in taken) or programme.source.site in closed or len(taken) >= AT_ONCE:
                    continue
                holder = queue.claim(self._database, request.id, now)
                if holder is None:
                    continue
                self._under_way[holder] = UnderWay(request.programme, mine, now, now)
            self._pool.submit(self._work, request, holder, closed)

    def _work(self, request: RunRequest, holder: str, closed: Mapping[str, str]) -> None:
        """Run one request and record what came of it; whatever happens, what it held is free again afterwards."""
        with structlog.contextvars.bound_contextvars(programme=request.programme, request=request.id):
            try:
                self._run(request, holder, closed)
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

    def _run(self, request: RunRequest, holder: str, closed: Mapping[str, str]) -> None:
        def progress(programme: str, step: Step, count: int) -> None:
            if self._stop.is_set():
                raise Stopped(_("The service was told to stop."), _("The run goes on when it is started again."))
            self._gives_a_sign(holder)
            queue.tell_step(self._database, request.id, holder, step, count)
            systemd.tell(f"STATUS={programme}: step {step} of {len(Step)}")

        if self._stop.is_set():
            self._put_back(request, holder, timedelta())
            return
        log.info("run begins", scope=request.scope, by=request.requested_by)
        wish = Request(
            command="resync" if request.manual else "run",
            programmes=(request.programme,),
            nip=request.subject if request.scope == "participant" else None,
            full=request.scope == "full",
            dry_run=request.scope == queue.PREVIEW,
            accept=request.scope in (queue.ACCEPT, queue.PREVIEW),
            looked_at=self._looked_at(request),
            by=request.requested_by if request.scope == queue.ACCEPT else None,
        )

        def observe(site: str, function: Function, seconds: float, status: str) -> None:
            self._gives_a_sign(holder)
            self._meters.observe(site, function, seconds, status)

        result = pipeline.run(self._settings, self._database, wish, self._clock, progress, closed, observe, self._gates)
        with structlog.contextvars.bound_contextvars(run=result.run_id):
            self._conclude(request, holder, result, closed)

    def under_way(self) -> list[UnderWay]:
        """Return the runs under way: since when, and when each last gave a sign."""
        with self._lock:
            return list(self._under_way.values())

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

    def _conclude(self, request: RunRequest, holder: str, result: RunResult, closed: Mapping[str, str]) -> None:
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
        if isinstance(ended.error, Fault):
            if ended.error.passes:
                log.warning("the database failed during the run", reason=ended.error.reason)
                self._put_back(request, holder, AGAIN_AFTER_A_FAULT)
                return
            cause = ended.error.__cause__
            log.error("the run broke off by a fault of the program; please report it", exc_info=cause)
        self._note_health(result)
        if request.scope != queue.PREVIEW:
            self._meters.run_ended(result)
            left_alone = closed.keys() & self._settings.programme(request.programme).sites
            self._notices.run_ended(ended, site_failed=bool(left_alone) or any(result.sites.values()))
        message = str(ended.error) if ended.error else "; ".join(ended.run.messages) or None
        outcome, now = ended.run.outcome, self._clock()
        shown = sent_in_plan(ended, self._looked_at(request)) if request.scope == queue.PREVIEW else None
        queue.finish(self._database, request.id, holder, result.run_id, outcome, message, now, shown)
        tell = log.info if ended.run.outcome is RunOutcome.OK else log.warning
        tell(
            "run ended",
            outcome=str(ended.run.outcome),
            kind=ended.run.kind,
            requests=ended.run.requests,
            seconds=ended.run.seconds,
            error=message,
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

    def _report_ages(self) -> None:
        if not self._is_time("ages", BEAT_EVERY, self._clock()):
            return
        with self._database.reading() as connection:
            ill = site_health.ill_sites(connection)
            for programme in self._settings.programmes:
                good, telling = (
                    runs.last_good_run(connection, programme.id),
                    runs.last_telling_run(connection, programme.id),
                )
                if good is not None and good.finished_at is not None:
                    self._meters.good_run(programme.id, good.finished_at)
                if telling is not None:
                    self._meters.decisions(programme.id, telling.counts)
        self._meters.sites({site: site in ill for site in self._settings.sites})

    def _put_back(self, request: RunRequest, holder: str, pause: timedelta) -> None:
        try:
            queue.put_back(self._database, request.id, holder, self._clock() + pause)
        except SQLAlchemyError as error:
            # the claim runs out by itself and is taken up again then
            log.warning("the request could not be put back", reason=first_line(error))

    def _give_up(self, request: RunRequest, holder: str, message: str) -> None:
        """End a request that would break off again and again; the next slot tries anew."""
        try:
            self._notices.run_failed(request.programme, message)
            queue.finish(self._database, request.id, holder, None, RunOutcome.FAILED, message, self._clock())
        except SQLAlchemyError as error:
            log.warning("the request could not be ended", reason=first_line(error))

    def _end(self) -> bool:
        """Wait for the steps in hand; what is not done by then is safe to cut off, since the next run converges."""
        deadline = time.monotonic() + float(self._settings.service.stop_within)
        self._pool.shutdown(wait=False)
        waiter = Event()
        while self._under_way and time.monotonic() < deadline:
            waiter.wait(0.1)
        in_time = not self._under_way
        self._notices.close()
        try:
            daemons.leave(self._database, self._holder)
        except SQLAlchemyError:
            log.warning("the database did not hear the good-bye")
        log.info("stopped", in_time=in_time)
        return in_time


def sent_in_plan(result: ProgrammeResult, looked_at: frozenset[str] | None) -> dict[str, Any] | None:
    """Return what a preview shows: ``looked_at``, the findings that would be released; ``more``, whether others were
    found; ``lines``, each with the ``participant_id`` of somebody who would be sent and the ``angkatan``. None if it
    broke off.
    """
    if result.error is not None:
        return None
    lines = [{"participant_id": each.participant_id, "angkatan": each.angkatan} for each in result.plan if each.action]
    more = result.run.outcome is RunOutcome.GUARDED
    return {"looked_at": sorted(looked_at or ()), "more": more, "lines": lines}


def _reason(site: str, trouble: LatsarError) -> str:
    """One line that stays the same while the cause does, whatever was being asked; it keys the notice."""
    message = re.sub(rf"\b{re.escape(site)}: [a-z0-9_]+: ", f"{site}: ", trouble.message)
    return f"{message} {trouble.remedy}".strip()[:500]
