"""Days that a spreadsheet of another country read month first; those that it could not stayed text. Pure."""

import re
from collections.abc import Iterable
from datetime import date

from latsar_sync.files.cells import Cell

FEWEST = 3
"""Dates of a column from which on a pattern is none by chance alone."""
_DAY_FIRST = re.compile(r"\s*'?([0-9]{1,2})\s?[/.-]\s?[0-9]{1,2}\s?[/.-]\s?[0-9]{4}\b.*", re.DOTALL)


def lines_with_swapped_days(column: Iterable[tuple[int, Cell]]) -> list[int]:
    """Return the lines whose dates may have day and month in each other's place; ``column`` has line and cell.

    Of 05/10/2026 such a program makes the 10th of May, 13/10/2026 stays text: every date has a day up to 12, and every
    text one above it.
    """
    dates: list[tuple[int, date]] = []
    texts: list[int] = []
    for line, cell in column:
        if isinstance(cell, date):
            dates.append((line, cell))
        elif isinstance(cell, str) and (match := _DAY_FIRST.fullmatch(cell)):
            texts.append(int(match[1]))
    if not texts or len(texts) + len(dates) < FEWEST or min(texts) <= 12 or any(day.day > 12 for _line, day in dates):
        return []
    return [line for line, day in dates if day.day != day.month]
