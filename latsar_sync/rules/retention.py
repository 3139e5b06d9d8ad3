"""When each data class of a programme is due for destruction, by how long it is kept. Pure (rule 16)."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class DataClass(StrEnum):
    """What can be destroyed as a whole, programme by programme."""

    IDENTITIES = "identities"
    LEDGER = "ledger"
    ACCESS_LOG = "access_log"


@dataclass(frozen=True, slots=True)
class Keeping:
    """One data class of one programme. ``months`` None: kept without end; ``ended_on`` None: the end is not known."""

    programme: str
    data_class: DataClass
    ended_on: date | None
    months: int | None

    @property
    def due_on(self) -> date | None:
        """The first day on which it may be destroyed; None while that cannot be said."""
        if self.ended_on is None or self.months is None:
            return None
        return _months_later(self.ended_on, self.months)

    def is_due(self, today: date) -> bool:
        """Say whether the period is over."""
        return self.due_on is not None and self.due_on <= today


def _months_later(day: date, months: int) -> date:
    """Return the same day so many months later, or the last day of a month that is too short for it."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
