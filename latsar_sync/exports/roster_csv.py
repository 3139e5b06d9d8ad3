"""The roster as CSV for a spreadsheet, with its columns.

What ``--json`` and the API tell of it stands in ``shapes.roster``; the CSV holds some of that, under the same names.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from latsar_sync.exports.words import is_formula

CSV_COLUMNS = (
    "participant_id",
    "nip",
    "name",
    "angkatan",
    "state",
    "score",
    "threshold",
    "decided_at",
    "site",
    "course",
    "course_id",
    "group",
    "group_id",
    "reason",
    "institution",
    "evidence_as_of",
    "place",
)
"""The columns of the CSV; new ones come last, whatever reads the file by position."""


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
