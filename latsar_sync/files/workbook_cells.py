"""What a cell of an XLSX workbook says, and where it stands: references, numbers in full, moments. Pure."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from latsar_sync.domain.language import _
from latsar_sync.files.cells import Cell
from latsar_sync.files.workbook_parts import Damaged

MAX_CELLS = 1_000_000
"""Cells of a sheet that hold something, those that a merged cell fills included."""
_REFERENCE = re.compile(r"\$?([A-Za-z]{1,3})\$?([0-9]{1,7})")
WHOLE = re.compile(r"[+-]?[0-9]{1,30}")
Cells = dict[int, dict[int, Cell]]


class TooMuch(Exception):
    """A sheet holds more than any list has."""


def column_and_row(text: str) -> tuple[int, int]:
    """Return row and column of a reference such as B12."""
    match = _REFERENCE.fullmatch(text)
    if match is None:
        raise Damaged
    column = 0
    for letter in match[1].upper():
        column = column * 26 + ord(letter) - 64
    return int(match[2]), column


def number_of_one(text: str) -> int:
    """Return which of a list is meant; below none there is none, where Python would count from the end."""
    number = int(text)
    if number < 0:
        raise Damaged
    return number


def in_full(number: float) -> Decimal:
    """Return a number with all the 15 digits that a spreadsheet keeps, and none that only its binary form adds."""
    return Decimal(f"{number:.15g}")


def moment(number: float, style: str, calendar_1904: bool) -> Cell:
    """Return what a number means that shows as a date; itself where no calendar has it."""
    from openpyxl.utils.datetime import CALENDAR_MAC_1904, CALENDAR_WINDOWS_1900, from_excel

    epoch = CALENDAR_MAC_1904 if calendar_1904 else CALENDAR_WINDOWS_1900
    try:
        found = from_excel(number, epoch, timedelta=style == "duration")
    except (OverflowError, ValueError):
        return number
    return str(found) if isinstance(found, timedelta) else found


def iso(text: str) -> Cell:
    """Return a moment that is written as text, or the text where it is none."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return text


def fill_merged(rows: Cells, merged: Sequence[tuple[int, int, int, int]]) -> str:
    """Give every cell of a merged one its value, in the rows that hold something; say what cannot be told.

    What a spreadsheet hides below a merged cell and says otherwise makes the sheet unreadable from there.
    """
    filled = 0
    used = sorted(rows)
    width = max((max(cells) for cells in rows.values()), default=0)
    values = [(area, rows.get(area[0], {}).get(area[1])) for area in merged]
    problem = ""
    for (top, left, bottom, right), value in values:
        for row in used[bisect_left(used, top) : bisect_right(used, bottom)]:
            for column in range(left, min(right, width) + 1):
                if (row, column) == (top, left):
                    continue
                filled += 1
                if filled > MAX_CELLS:
                    raise TooMuch
                hidden = rows[row].get(column)
                if hidden is not None and hidden != value and not problem:
                    problem = _("line {line} hides something below a merged cell").format(line=row)
                if value is not None:
                    rows[row][column] = value
    return problem
