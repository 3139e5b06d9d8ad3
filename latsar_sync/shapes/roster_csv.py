"""The in-class roster as CSV, for a spreadsheet: which of its fields are columns."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from latsar_sync.exports.words import is_formula
from latsar_sync.shapes.participants import ReadAtShape
from latsar_sync.shapes.roster import RosterShape

NOT_IN_CSV = frozenset({"programme", "admission", "origin", "approved_by", "late", *ReadAtShape.__annotations__})
CSV_COLUMNS = tuple(name for name in RosterShape.__annotations__ if name not in NOT_IN_CSV)
"""The columns of the spreadsheet; new ones come last, whatever reads the file by position."""


def roster_csv(lines: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield roster lines as CSV with a header; cells that a spreadsheet would run as a formula are defused."""
    text = io.StringIO()
    writer = csv.DictWriter(text, CSV_COLUMNS, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    for line in lines:
        writer.writerow({key: _defused(value) for key, value in line.items()})
        yield text.getvalue()
        text.seek(0)
        text.truncate()
    yield text.getvalue()


def _defused(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and is_formula(value) else value
