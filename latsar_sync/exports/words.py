"""How values are said in documents: dates, numbers, what somebody lacks; and cells that a spreadsheet must not run."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from babel.dates import format_date

from latsar_sync.domain import language
from latsar_sync.domain.language import INDONESIAN
from latsar_sync.domain.reasons import Reason, sentence
from latsar_sync.rules.score import plain

FORMULA_BEGINNINGS = ("=", "+", "-", "@", "\t", "\r")


def day_text(day: date) -> str:
    """Return a date as letters write it: 7 Desember 2026."""
    return format_date(day, "d MMMM y", locale=language.in_use())


def short_day(day: date) -> str:
    """Return a day for the head of a narrow column: Sen, 7 Des."""
    return format_date(day, "EEE, d MMM", locale=language.in_use())


def days_text(first: date | None, last: date | None) -> str:
    """Return a stretch of days: 7–12 Desember 2026, 30 November – 5 Desember 2026; empty if neither end is known."""
    if first is None or last is None or first == last:
        known = first or last
        return day_text(known) if known else ""
    if first.year != last.year:
        return f"{day_text(first)} – {day_text(last)}"
    if first.month != last.month:
        return f"{format_date(first, 'd MMMM', locale=language.in_use())} – {day_text(last)}"
    return f"{first.day}–{day_text(last)}"


def moment_text(moment: datetime) -> str:
    """Return a local moment with the letters of its zone: 7 Desember 2026 13.05 WIB."""
    return f"{day_text(moment.date())} {clock_text(moment)} {moment.tzname() or ''}".strip()


def short_moment(moment: datetime) -> str:
    """Return a local moment for a table, digits only: 07/12/2026 13.05."""
    return f"{moment:%d/%m/%Y} {clock_text(moment)}"


def clock_text(moment: datetime) -> str:
    """Return hours and minutes, with a point in Indonesian."""
    return f"{moment:%H.%M}" if language.in_use() == INDONESIAN else f"{moment:%H:%M}"


def score_text(score: Decimal) -> str:
    """Return a grade or threshold at its five places, with a comma in Indonesian."""
    return language.decimal(plain(score), language.in_use())


def sentences(reasons: list[tuple[str, Mapping[str, str]]], roster_reason: str | None) -> list[str]:
    """Return what stands between a participant and the seat as sentences in the language in use."""
    told = [Reason(code, {name: str(value) for name, value in each.items()}) for code, each in reasons]
    if roster_reason:
        told.append(Reason(roster_reason))
    return [sentence(reason, language.in_use()) for reason in told]


def as_of(row: Mapping[str, Any]) -> datetime | None:
    """Return how old a participant's evidence is at its oldest part that was read at all."""
    return min((part for part in (row["grade_as_of"], row["detail_as_of"]) if part is not None), default=None)


def is_formula(text: str) -> bool:
    """Say whether a spreadsheet that reads this text from a file would run it."""
    return text.startswith(FORMULA_BEGINNINGS)
