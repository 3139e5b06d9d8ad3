"""Which columns the roster has: as CSV for a spreadsheet, and in the list of an office, each with its value.

What ``--json`` and the API tell of it stands in ``shapes.roster``; the CSV holds some of that, under the same names.
"""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from latsar_sync.domain import language
from latsar_sync.domain.language import _, mark
from latsar_sync.domain.state_words import STATE_TEXTS, word
from latsar_sync.exports.document import Cell, Column, ColumnKind
from latsar_sync.exports.grounds import Grounds
from latsar_sync.exports.places import place_of
from latsar_sync.exports.words import is_formula, name_of, sentences, sex_of
from latsar_sync.store.listings import Row

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


class RosterColumn(NamedTuple):
    """One column of the list: as ``Column``, with the value of a row."""

    heading: str
    kind: ColumnKind
    paper: float
    letters: int
    value: Callable[[Grounds, Row], Cell]


LIST_COLUMNS = (
    RosterColumn(mark("Name"), ColumnKind.TEXT, 54, 36, lambda _grounds, row: name_of(row)),
    RosterColumn("NIP", ColumnKind.NIP, 40, 22, lambda _grounds, row: row["nip"]),
    RosterColumn(mark("Institution"), ColumnKind.TEXT, 40, 34, lambda _grounds, row: row["institution"] or "–"),
    RosterColumn(mark("Sex"), ColumnKind.CENTRED, 10, 6, lambda _grounds, row: sex_of(row["nip"])),
    RosterColumn(
        mark("State"),
        ColumnKind.STATE,
        26,
        16,
        lambda _grounds, row: word(STATE_TEXTS, row["state"], language.in_use()),
    ),
    RosterColumn(
        mark("Remark"), ColumnKind.TEXT, 0, 44, lambda _grounds, row: " ".join(sentences([], row["roster_reason"]))
    ),
    RosterColumn(mark("Place"), ColumnKind.TEXT, 0, 14, lambda grounds, row: place_of(grounds.programme, row) or None),
    # the score is for the office's own use: a signed list is put on walls
    RosterColumn(mark("Score"), ColumnKind.SCORE, 0, 12, lambda _grounds, row: row["score"]),
    RosterColumn(mark("Reached on"), ColumnKind.MOMENT, 0, 18, lambda grounds, row: grounds.local(row["reached_at"])),
    RosterColumn(mark("Course"), ColumnKind.TEXT, 0, 14, lambda _grounds, row: row["course"]),
    RosterColumn(mark("Group"), ColumnKind.TEXT, 0, 16, lambda _grounds, row: row["group"]),
    RosterColumn(mark("Participant id"), ColumnKind.TEXT, 0, 36, lambda _grounds, row: row["participant_id"]),
)
"""The columns of the list of participants, behind the number of each line."""


def list_columns() -> list[Column]:
    """Return the columns of the list in the language in use."""
    numbers = Column(_("No."), ColumnKind.NUMBER, 10, 6)
    return [numbers, *(Column(_(each.heading), each.kind, each.paper, each.letters) for each in LIST_COLUMNS)]


def list_rows(grounds: Grounds, rows: Iterable[Row]) -> list[tuple[Cell, ...]]:
    """Return the lines of the list."""
    return [(number, *(each.value(grounds, row) for each in LIST_COLUMNS)) for number, row in enumerate(rows, start=1)]


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
