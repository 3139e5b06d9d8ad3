"""Cron expressions as crontab(5) reads them, made into triggers of the scheduler."""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta, tzinfo

from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.combining import OrTrigger
from apscheduler.triggers.cron import CronTrigger

from latsar_sync.domain.language import _, mark
from latsar_sync.settings.refusals import refusal

FIELDS = (mark("minute"), mark("hour"), mark("day"), mark("month"), mark("weekday"))
_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_WEEKDAY_NUMBERS = re.compile(r"(?:(\*)|([0-7])(?:-([0-7]))?)(?:/([1-7]))?")
_ANY_MOMENT = datetime(2026, 1, 1, tzinfo=UTC)
_STEP = timedelta(microseconds=1)


class _Onwards(BaseTrigger):  # type: ignore[misc] # APScheduler has no types
    """Fires as a cron expression says, later and later, also in the hour that the end of summer time repeats.

    APScheduler forgets there which of the two hours it is in and goes back to the first of them, for ever. Moments are
    given in UTC, so that nobody reckons with the clock on the wall.
    """

    def __init__(self, cron: CronTrigger) -> None:
        self._cron = cron

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime | None:
        """Return the next moment from ``now`` on, or after the one before where that is earlier; None for none."""
        after = now.astimezone(UTC)
        if previous_fire_time is not None:
            before = previous_fire_time.astimezone(UTC)
            after = after if after < before else before + _STEP
        slot: datetime | None = self._cron.get_next_fire_time(None, after)
        if slot is None:
            return None
        first = slot.astimezone(UTC)
        return first if first >= after else slot.replace(fold=1).astimezone(UTC)


def cron_expression(expression: str) -> str:
    """Return a five-field cron expression as APScheduler must be given it; refuse what never fires.

    Numbered weekdays become names: cron counts from Sunday (0 or 7), APScheduler from Monday, so that
    ``1-5`` would silently run Tuesday to Saturday.
    """
    fields = expression.split()
    if len(fields) != 5:
        raise refusal(
            _("has {number} fields instead of 5").format(number=len(fields)),
            _("The order is: minute, hour, day, month, weekday."),
        )
    named = _named_weekdays(fields[4])
    if fields[2].startswith("*") or not fields[4].startswith("*"):  # else the star itself means something
        fields[4] = named
    normalised = " ".join(fields)
    try:
        trigger = cron_trigger(normalised, UTC)
    except ValueError:
        remedy = _('Every quarter of an hour from 6 to 21 is "*/15 6-21 * * *".')
        wrong = ", ".join(_(each) for each in _fields_that_cannot_be(normalised.split()))
        raise refusal(_("is not a cron expression; look at: {fields}").format(fields=wrong), remedy) from None
    if trigger.get_next_fire_time(None, _ANY_MOMENT) is None:
        raise refusal(_("names a day that never comes"), _("Correct day and month."))
    return normalised


def _fields_that_cannot_be(fields: Sequence[str]) -> Iterator[str]:
    for number, name in enumerate(FIELDS):
        try:
            CronTrigger.from_crontab(" ".join([*"*" * number, fields[number], *"*" * (4 - number)]), UTC)
        except ValueError:
            yield name


def cron_trigger(expression: str, zone: tzinfo) -> BaseTrigger:
    """Return what fires at an expression that ``cron_expression`` has returned; raise ValueError for another.

    As in crontab(5), a day of the month and a weekday that are both restricted mean either of them; a field that
    begins with a star restricts nothing. APScheduler alone would want both at once.
    """
    minute, hour, day, month, weekday = expression.split()
    if day.startswith("*") or weekday.startswith("*"):
        both = f"{minute} {hour} {day} {month} {_named_weekdays(weekday)}"
        return _Onwards(CronTrigger.from_crontab(both, timezone=zone))
    either = (f"{minute} {hour} {day} {month} *", f"{minute} {hour} * {month} {weekday}")
    return OrTrigger([_Onwards(CronTrigger.from_crontab(each, timezone=zone)) for each in either])


def _named_weekdays(field: str) -> str:
    """Given the weekday field, return it in names: ``1-5`` is ``mon,tue,wed,thu,fri``."""
    return ",".join(_named(item) for item in field.split(","))


def _named(item: str) -> str:
    if not re.search("[0-9]", item):
        return item
    match = _WEEKDAY_NUMBERS.fullmatch(item)
    if match is None:
        raise refusal(_("has a weekday that cannot be read"), _("Use names, as in mon-fri or sat,sun."))
    star, first, last, step = match.groups()
    start, stop = (0, 6) if star else (int(first), int(last or (6 if step else first)))  # 1/2 goes on to the end
    if start > stop:
        raise refusal(_("has weekdays in the wrong order"), _("Use names in a list, as in fri,sat,sun,mon."))
    return ",".join(dict.fromkeys(_WEEKDAYS[day % 7] for day in range(start, stop + 1, int(step or 1))))
