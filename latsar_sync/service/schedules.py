"""When runs are due: the cron expressions of the programmes, in their own time zones, and what was missed."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import SystemRandom
from threading import Event
from zoneinfo import ZoneInfo

import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger
from sqlalchemy.exc import SQLAlchemyError

from latsar_sync.settings import Settings
from latsar_sync.settings.cron import cron_trigger
from latsar_sync.store import queue
from latsar_sync.store.database import Database

log = structlog.get_logger("latsar_sync")

LOOK_BACK = timedelta(days=7)
"""Older slots are not counted one by one where there are younger ones; one run makes up for all of them."""
STEP = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Timetable:
    """The scheduled runs of one programme in one scope ("incremental" or "full")."""

    programme: str
    scope: str
    trigger: BaseTrigger

    def due(self, after: datetime, now: datetime) -> list[datetime]:
        """Return the slots later than ``after`` and not later than ``now``, oldest first.

        Of a long absence only the last days that have any are counted, but the newest slot is always among them.
        """
        look_back, slots = LOOK_BACK, self._between(max(after, now - LOOK_BACK), now)
        while not slots and now - look_back > after:
            look_back *= 2
            slots = self._between(max(after, now - look_back), now)
        return slots

    def _between(self, after: datetime, now: datetime) -> list[datetime]:
        slots: list[datetime] = []
        moment = after + STEP
        while (slot := self.trigger.get_next_fire_time(None, moment)) is not None and slot <= now:
            slots.append(slot)
            moment = slot + STEP
        return slots

    def next_after(self, now: datetime) -> datetime | None:
        """Return the next slot, None if there is none any more."""
        slot: datetime | None = self.trigger.get_next_fire_time(None, now + STEP)
        return slot


def timetables(settings: Settings) -> list[Timetable]:
    """Return the timetables of every programme that has a schedule."""
    found = []
    for programme in settings.programmes:
        zone: ZoneInfo = settings.zone_of(programme)
        for scope, expression in (("incremental", programme.schedule), ("full", programme.full_schedule)):
            if expression is not None:
                found.append(Timetable(programme.id, scope, cron_trigger(expression, zone)))
    return found


class Schedule:
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
        try:
            for timetable in self._timetables:
                self._put_into_the_queue(timetable, now)
        except SQLAlchemyError:
            self._to_look.set()
            raise

    def _put_into_the_queue(self, timetable: Timetable, now: datetime) -> None:
        """Write the newest due slot into the queue; whatever was missed before it is made up for by this one run."""
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
