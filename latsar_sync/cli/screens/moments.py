"""How the terminal says a moment or a day of a shape: not ISO 8601 but as people write it, in the configured zone."""

from datetime import date, datetime

from latsar_sync.domain import figures, language


def moment(stamp: str | None) -> str:
    """Return a moment with the letters of its zone, 28 Nov 2026 22.58 WIB; a dash if there is none."""
    return figures.moment(_local(stamp)) if stamp else figures.NONE


def short_moment(stamp: str | None) -> str:
    """Return a moment for a column that stays whole: 28/11/2026 22.58; a dash if there is none."""
    return figures.short_moment(_local(stamp)) if stamp else figures.NONE


def day(stamp: str | None) -> str:
    """Return a day, or that of a moment: 28 Nov 2026; a dash if there is none."""
    return figures.day(date.fromisoformat(stamp[:10])) if stamp else figures.NONE


def _local(stamp: str) -> datetime:
    return datetime.fromisoformat(stamp).astimezone(language.zone_in_use())  # None: the zone of this computer
