"""When runs are due by the cron expressions of the programmes, in their own time zones. It waits for nothing.

Apart from ``queue_due_runs``, which needs the scheduler: a command that only tells the next run does not load it.
It also lets a due run wait that would take too much of a site: how near runs may be, ``rules.lms_budget`` tells.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from apscheduler.triggers.base import BaseTrigger

from latsar_sync.settings import Settings
from latsar_sync.settings.cron import cron_trigger

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
