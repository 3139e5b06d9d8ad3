"""How numbers, days and moments are said: one place for pages, documents, messages and the terminal.

Everything comes in exact and leaves as people write it: Indonesian ``69,99999`` and ``28 Nov 2026 22.58 WIB``, English
``69.99999`` and ``28 Nov 2026 22:58 WIB``. Machines get theirs from ``shapes`` instead.
"""

from datetime import date, datetime, timedelta
from decimal import Decimal

from babel.dates import format_date
from babel.numbers import format_decimal

from latsar_sync.domain import language
from latsar_sync.domain.language import ENGLISH, INDONESIAN, _, counted

NONE = "–"


def number(value: Decimal | int | str | None, spoken: str | None = None) -> str:
    """Return a grade, threshold or other plain decimal: 70, 69,99999. ``spoken`` is the language, else that in use."""
    if value is None or value == "":
        return NONE
    return language.decimal(Decimal(value), spoken or language.in_use())


SHORTEST = Decimal("0.1")
"""Seconds of which a duration still tells."""


def count(value: int) -> str:
    """Return how many, with the thousands told apart: 1.220."""
    return f"{value:,}" if language.in_use() == ENGLISH else f"{value:,}".replace(",", ".")


def seconds(value: float) -> str:
    """Return a duration: 0,1 detik; 4 menit 12 detik; of what took less, < 0,1 detik."""
    if value < 60:
        shown = max(Decimal(f"{value:.1f}"), SHORTEST if value > 0 else Decimal(0))
        told = format_decimal(shown, "#,##0.#", locale=language.in_use())
        if 0 < value < SHORTEST / 2:
            told = f"< {told}"
        return _("{number} seconds").format(number=told)
    minutes, rest = divmod(round(value), 60)
    return _("{minutes} min {seconds} s").format(minutes=minutes, seconds=rest)


def day(value: date | None) -> str:
    """Return a day as a table has it: 7 Des 2026."""
    return NONE if value is None else format_date(value, "d MMM y", locale=language.in_use())


def long_day(value: date) -> str:
    """Return a day as letters write it: 7 Desember 2026."""
    return format_date(value, "d MMMM y", locale=language.in_use())


def days(first: date | None, last: date | None) -> str:
    """Return a stretch of days: 7–12 Desember 2026, 30 November – 5 Desember 2026; empty if neither end is known."""
    if first is None or last is None or first == last:
        known = first or last
        return long_day(known) if known else ""
    if first.year != last.year:
        return f"{long_day(first)} – {long_day(last)}"
    if first.month != last.month:
        return f"{format_date(first, 'd MMMM', locale=language.in_use())} – {long_day(last)}"
    return f"{first.day}–{long_day(last)}"


def weekday(value: date) -> str:
    """Return a day for the head of a narrow column: Sen, 7 Des."""
    return format_date(value, "EEE, d MMM", locale=language.in_use())


def clock(value: datetime) -> str:
    """Return hours and minutes, with a point in Indonesian."""
    return f"{value:%H.%M}" if language.in_use() == INDONESIAN else f"{value:%H:%M}"


def moment(value: datetime | None) -> str:
    """Return a local moment with the letters of its zone: 28 Nov 2026 22.58 WIB."""
    return NONE if value is None else language.moment(value)


def long_moment(value: datetime) -> str:
    """Return a local moment as letters write it: 7 Desember 2026 13.05 WIB."""
    return f"{long_day(value.date())} {clock(value)} {value.tzname() or ''}".strip()


def short_moment(value: datetime) -> str:
    """Return a local moment for a narrow table, digits only: 07/12/2026 13.05."""
    return f"{value:%d/%m/%Y} {clock(value)}"


def ago(value: datetime, now: datetime) -> str:
    """Return how long ago a moment was, or how far ahead it is; the day itself beyond a week."""
    passed = now - value
    ahead = passed < timedelta(0)
    minutes = round(abs(passed).total_seconds() / 60)
    if minutes < 1:
        return _("just now")
    if minutes < 60:
        told = counted("{number} minute", "{number} minutes", minutes).format(number=minutes)
    elif minutes < 48 * 60:
        told = counted("{number} hour", "{number} hours", minutes // 60).format(number=minutes // 60)
    elif minutes < 8 * 24 * 60:
        told = counted("{number} day", "{number} days", minutes // 1440).format(number=minutes // 1440)
    else:
        return day(value.date())
    return _("in {time}").format(time=told) if ahead else _("{time} ago").format(time=told)
