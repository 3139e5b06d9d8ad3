"""The daemon: keeps the schedule, lets its worker run what waits in the queue, looks after the rest, stops when told.

Several daemons on one database share the work: a slot is written down once, a request is claimed once, and what a
dead daemon held is taken up by the others (rule 9).
"""

import os
from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Event
from uuid import uuid4

import structlog
from sqlalchemy.exc import SQLAlchemyError

from latsar_sync.domain.errors import DatabaseMoved
from latsar_sync.rules.lms_budget import Spacing
from latsar_sync.run.side_by_side import UnderWay
from latsar_sync.run.unexpected_errors import first_line
from latsar_sync.service import systemd
from latsar_sync.service.meters import Meters
from latsar_sync.service.notices import Notices
from latsar_sync.service.queue_due_runs import DueRuns
from latsar_sync.service.receiving import Receiving
from latsar_sync.service.webhooks import Webhooks
from latsar_sync.service.worker import WAITING, Worker
from latsar_sync.settings import Settings
from latsar_sync.settings.files_changed import changed_since_read
from latsar_sync.store import housekeeping, living_daemons, queue_taking, runs, site_health
from latsar_sync.store.database import Database
from latsar_sync.store.forgetting import rewrite_what_is_owed

log = structlog.get_logger("latsar_sync")

LOOK_EVERY_SECONDS = 0.5
BEAT_EVERY = timedelta(seconds=10)
SEARCH_FOR_THE_DEAD_EVERY = timedelta(seconds=5)
NOTICES_EVERY = timedelta(seconds=10)
TIDY_EVERY = timedelta(hours=1)
FOLD_AFTER = timedelta(days=1)
DATABASE_PAUSE_SECONDS = 5.0


class Daemon:
    """Runs until ``stop`` is called. ``clock`` gives the time; ``meters`` counts for Prometheus."""

    def __init__(self, settings: Settings, database: Database, clock: Callable[[], datetime], meters: Meters) -> None:
        self._settings = settings
        self._database = database
        self._clock = clock
        self._meters = meters
        self._notices = Notices(settings, database, clock)
        self._webhooks = Webhooks(settings, database, clock)
        self._holder = uuid4().hex
        self._started = clock()
        self._stop = Event()
        self._receiving = Receiving(settings, database, clock, self._notices)
        self._schedule = DueRuns(settings, database, clock)
        self._worker = Worker(settings, database, clock, meters, self._notices, self._stop)
        self._last: dict[str, datetime] = {}
        self.database_refuses: str | None = None
        """What the database said at the last look, where it did not take what was due."""
        self._changed_files: list[str] = []
        self.looked_at = self._started
        self.outgrown = False
        """Whether it stopped because a newer version had brought the tables up to date."""
        self.moved: DatabaseMoved | None = None
        """Why it stopped where the file of its database was taken away."""

    def stop(self) -> None:
        """Ask the daemon to end: the step in hand is finished, nothing new is begun."""
        self._stop.set()

    def slowed(self) -> dict[str, Spacing]:
        """Return what spaces the incremental runs of programmes further than their schedule does, by programme."""
        return self._schedule.slowed

    def under_way(self) -> list[UnderWay]:
        """Return the runs under way: since when, and when each last gave a sign."""
        return self._worker.under_way()

    def run(self) -> bool:
        """Work until told to stop. Return whether every run had ended within the time that stopping may take."""
        living_daemons.announce(self._database, self._holder, self._clock())
        self._schedule.start()
        log.info("started", programmes=[each.id for each in self._settings.programmes], pid=os.getpid())
        systemd.tell("READY=1", WAITING)
        try:
            while not self._stop.wait(LOOK_EVERY_SECONDS):
                self._look()
        finally:
            systemd.tell("STOPPING=1")
            self._schedule.stop()
        return self._end()

    def _look(self) -> None:
        """One look at everything; a database that is away is waited for."""
        now, before = self._clock(), dict(self._last)
        try:
            self._do_what_is_due(now)
            if self.outgrown:
                return
            if self.database_refuses is not None:
                log.info("the database answers again")
            self.database_refuses = None
        except DatabaseMoved as error:
            log.warning("the database was taken away", reason=error.message)
            self.moved = error
            self.stop()
            return
        except SQLAlchemyError as error:
            if self.database_refuses is None:
                log.warning("the database does not answer; trying again", reason=first_line(error))
            self.database_refuses = first_line(error)
            self._last = before  # what was due still is: reading alone does not show that all is well again
            self._stop.wait(DATABASE_PAUSE_SECONDS)
        self.looked_at = self._clock()
        seconds = systemd.watchdog_seconds()
        if seconds is not None and self._is_time("watchdog", timedelta(seconds=seconds), now):
            systemd.tell("WATCHDOG=1")

    def _do_what_is_due(self, now: datetime) -> None:
        if self._is_time("beat", BEAT_EVERY, now):
            if self._database.is_outgrown():
                self.outgrown = True
                self.stop()
                return
            changed = [str(each) for each in changed_since_read(self._settings)]
            if changed and changed != self._changed_files:
                log.warning("the configuration was changed; restart to go by it", files=changed)
            self._changed_files = changed
            living_daemons.beat(self._database, self._holder, self._started, now, changed)
            self._schedule.look_again()
        self._schedule.put_due_runs_into_the_queue()
        if self._is_time("dead", SEARCH_FOR_THE_DEAD_EVERY, now):
            for request in queue_taking.requeue_the_dead(self._database, now, self._worker.claims()):
                log.warning("taken over from a dead daemon", programme=request.programme, request=request.id)
        if self._is_time("tidy", TIDY_EVERY, now):
            housekeeping.forget_what_passes(self._database, now)
            housekeeping.fold(self._database, now - FOLD_AFTER)
            housekeeping.tidy(self._database, now - timedelta(days=self._settings.service.keep_runs))
            self._webhooks.tidy()
            rewrite_what_is_owed(self._database)
        self._receiving.look()
        self._worker.take(now)
        if self._is_time("notices", NOTICES_EVERY, now):
            self._notices.look()
            self._webhooks.look()
        self._report_ages()

    def _is_time(self, what: str, every: timedelta, now: datetime) -> bool:
        last = self._last.get(what)
        if last is not None and last <= now < last + every:
            return False  # a clock that was set back is no reason to wait
        self._last[what] = now
        return True

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

    def _end(self) -> bool:
        in_time = self._worker.end()
        self._notices.close()
        self._webhooks.close()
        self._receiving.close()
        try:
            living_daemons.leave(self._database, self._holder)
        except (SQLAlchemyError, DatabaseMoved):
            log.warning("the database did not hear the good-bye")
        log.info("stopped", in_time=in_time)
        return in_time
