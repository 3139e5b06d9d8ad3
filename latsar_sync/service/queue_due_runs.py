"""Putting what is due into the queue, and what was missed while nobody was there to do so."""

from collections.abc import Callable
from datetime import datetime, timedelta
from random import SystemRandom
from threading import Event

import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy.exc import SQLAlchemyError

from latsar_sync.rules.lms_budget import Spacing
from latsar_sync.run.spacing import Spacings, Took
from latsar_sync.service.schedule import Timetable, timetables
from latsar_sync.settings import Settings
from latsar_sync.store import queue, run_figures
from latsar_sync.store.database import Database

log = structlog.get_logger("latsar_sync")


class DueRuns:
    """Puts what is due into the queue. The scheduler's jobs say when to look, the database what is due.

    So a slot is neither lost nor run twice, whoever was asleep, away or set to a wrong time (ADR 6).
    """

    def __init__(self, settings: Settings, database: Database, clock: Callable[[], datetime]) -> None:
        self._settings = settings
        self._database = database
        self._clock = clock
        self._started = clock()
        self._timetables = timetables(settings)
        self._checked: dict[tuple[str, str], datetime] = {}
        self._slowed: dict[str, Spacing] = {}
        self._to_look = Event()
        self._scheduler = BackgroundScheduler(
            timezone=settings.zone, job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
        )
        for timetable in self._timetables:
            self._scheduler.add_job(self._to_look.set, timetable.trigger)

    def start(self) -> None:
        """Begin to wait for slots; those that were missed are due at once."""
        self._to_look.set()
        self._scheduler.start()

    def stop(self) -> None:
        """Wait for slots no longer."""
        self._scheduler.shutdown(wait=False)

    def look_again(self) -> None:
        """Look although no slot has come: the machine may have slept through one, or its clock been set."""
        self._to_look.set()

    def put_due_runs_into_the_queue(self) -> None:
        """Write down what is due, if there is reason to look; what the database refuses is tried by the next call."""
        if not self._to_look.is_set():
            return
        self._to_look.clear()
        now = self._clock()  # asked after that, or a slot of this very moment would be passed over
        took: Took = {}
        try:
            for timetable in self._timetables:
                self._put_into_the_queue(timetable, now, took)
        except SQLAlchemyError:
            self._to_look.set()
            raise

    @property
    def slowed(self) -> dict[str, Spacing]:
        """What spaces the incremental runs of programmes further than their schedule does, by programme."""
        return dict(self._slowed)

    def _must_wait(self, name: str, now: datetime, took: Took) -> bool:
        """Say whether the last run is so near that another would take too much of a site.

        Say in the log, once, that this slows the schedule down, and when it does no more.
        """
        programme = self._settings.programme(name)
        with self._database.reading() as connection:
            spacings = Spacings(connection, self._settings, took)
            spacing, slows = spacings.of(programme), spacings.slowing(programme, now)
            began = run_figures.last_began(connection, name)
        before = self._slowed.pop(name, None)
        if slows is not None:
            self._slowed[programme.id] = slows
        if (slows is None) != (before is None):
            text = "the schedule is as configured again" if slows is None else "the schedule is slowed down"
            told = slows or before
            every = round(told.every.total_seconds()) if told else None
            log.info(text, programme=programme.id, site=told.site if told else None, seconds_between=every)
        # a run that says it began in the future is no reason to wait
        return spacing is not None and began is not None and began <= now < began + spacing.every

    def _put_into_the_queue(self, timetable: Timetable, now: datetime, took: Took) -> None:
        """Write the newest due slot into the queue; whatever was missed before it is made up for by this one run."""
        with self._database.reading() as connection:
            last = queue.last_slot(connection, timetable.programme, timetable.scope, now)
        key = (timetable.programme, timetable.scope)
        # a schedule that is new begins with its next slot, not with those before the daemon was started
        due = timetable.due(last or min(self._checked.get(key, self._started), now), now)
        if due and timetable.scope == "incremental" and self._must_wait(timetable.programme, now, took):
            return
        taken = False
        if due:
            spread = timedelta(seconds=SystemRandom().uniform(0, float(self._settings.service.jitter)))
            taken = queue.schedule(self._database, timetable.programme, timetable.scope, due[-1], now + spread)
        self._checked[key] = now
        if taken and len(due) > 1 and timetable.programme not in self._slowed:
            zone = self._settings.zone_of(self._settings.programme(timetable.programme))
            log.warning(
                "runs were missed; one makes up for them",
                programme=timetable.programme,
                scope=timetable.scope,
                missed=len(due) - 1,
                since=due[0].astimezone(zone).isoformat(),
            )
