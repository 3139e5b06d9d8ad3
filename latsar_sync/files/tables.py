"""Which table of an office's file is meant, and where its columns are: the same for every file of the service."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NoReturn

from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _, for_admins
from latsar_sync.files.cells import Cell, title_of
from latsar_sync.files.checking import Rows
from latsar_sync.files.column_titles import TITLES, Titles, usual_title
from latsar_sync.files.finding_columns import LOOKED_THROUGH, Header, find_header
from latsar_sync.files.office_file import OfficeFile, OfficeTable

TableWithHeader = tuple[OfficeTable, Header]
"""A table that has the columns, and where."""


class NoSuchTable(UsageError):
    """No table of a file has the columns that are needed, as far as their titles tell."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """The columns of a table: each of ``required``, at least one of ``either``, ``optional`` ones if they are there.

    ``titles`` are those by which each is known.
    """

    required: Sequence[str]
    optional: Sequence[str] = ()
    either: Sequence[str] = ("nip",)
    titles: Titles = field(default_factory=lambda: TITLES)

    def missing_in(self, header: Header) -> list[str]:
        """Return the needed columns that a header lacks."""
        lacking = [each for each in self.required if each not in header.columns]
        found = any(each in header.columns for each in self.either)
        return lacking if found else list(dict.fromkeys([*self.either, *lacking]))


@dataclass(frozen=True, slots=True)
class Found:
    """The table that was meant: its header, that row as written, the rows below it, and what may be cut off there."""

    header: Header
    heading: Sequence[Cell]
    rows: Rows
    exact_width: bool
    open_cell: tuple[int, int] | None


def find_table(office: OfficeFile, wanted: Wanted, sheet: str | None = None) -> Found:
    """Return the one table that has the columns; ``sheet`` names the sheet of a workbook in which several would do.

    Raise UsageError if there is none or more than one, or if it cannot be read to its end.
    """
    asked = _tables_asked_for(office, sheet)
    found: list[TableWithHeader] = []
    closest: Header | None = None
    for table in asked:
        rows = [(row.line, row.cells, row.width) for row in table.rows]
        header, near = find_header(rows, wanted.required, wanted.optional, wanted.either, wanted.titles)
        if header is not None:
            found.append((table, header))
        if near is not None and (closest is None or len(near.columns) > len(closest.columns)):
            closest = near
    if not found:
        _refuse_headless(office, closest, wanted)
    table, header = _the_one_that_is_meant(office, found)
    below = [(row.line, row.cells, row.width) for row in table.rows if row.line > header.line]
    heading = next(row.cells for row in table.rows if row.line == header.line)
    return Found(header, heading, below, not office.sheets, _open_cell(table, header))


def _tables_asked_for(office: OfficeFile, sheet: str | None) -> list[OfficeTable]:
    if not office.sheets or sheet is None:
        return list(office.tables)
    asked = [table for table in office.tables if table.name == sheet]
    if not asked:
        names = ", ".join(f'"{table.name}"' for table in office.tables)
        raise UsageError(
            _("{file} has no sheet of that name.").format(file=office.name), f"{names} {_hidden_ones(office)}".strip()
        )
    return asked


def _the_one_that_is_meant(
    office: OfficeFile, found: Sequence[tuple[OfficeTable, Header]]
) -> tuple[OfficeTable, Header]:
    """Return the table with the most of the columns; in a workbook two are one too many, and it must be whole."""
    if office.sheets and len(found) > 1:
        names = ", ".join(f'"{table.name}"' for table, _header in found)
        raise UsageError(
            _("{file} was not taken: the sheets {names} all hold such a table.").format(file=office.name, names=names),
            for_admins(_("Name one with --sheet."), _("Keep one of them in the file, and send it again.")),
        )
    table, header = max(found, key=lambda each: len(each[1].columns))
    if table.problem:
        raise UsageError(
            _("{file} was not taken: {reason}.").format(file=office.name, reason=table.problem), table.remedy
        )
    _require_seen(office, table, header)
    return table, header


def _require_seen(office: OfficeFile, table: OfficeTable, header: Header) -> None:
    """Raise UsageError if a column that would be used is hidden: nobody who looks at the list sees what it decides."""
    unseen = [
        header.titles[field]
        for field, index in header.columns.items()
        if any(first <= index <= last for first, last in table.unseen)
    ]
    if unseen:
        reason = _('the column "{column}" is hidden').format(column=unseen[0])
        raise UsageError(
            _("{file} was not taken: {reason}.").format(file=office.name, reason=reason),
            _("Show the column in the spreadsheet if it counts, else delete it; then save the file again."),
        )


def _open_cell(table: OfficeTable, header: Header) -> tuple[int, int] | None:
    """Return line and column of a cell at the very end that may be cut off, or in whose line others are missing."""
    last = table.rows[-1]
    if table.open_line is None or last.line != table.open_line:
        return None
    return None if table.last_cell_closed and last.width >= header.width else (last.line, last.width - 1)


def _refuse_headless(office: OfficeFile, closest: Header | None, wanted: Wanted) -> NoReturn:
    needed = ", ".join(usual_title(each) for each in dict.fromkeys([*wanted.either, *wanted.required]))
    remedy = _hidden_ones(office)
    if (line := _unsplit_line(office, wanted)) is not None:
        reason = _("all columns of line {line} stand in one cell").format(line=line)
        remedy = _("Split them in the spreadsheet (Data > Text to Columns), and save it again.")
    elif closest is None:
        reason = _("no line has the columns {needed}").format(needed=needed)
    else:
        missing = ", ".join(usual_title(each) for each in wanted.missing_in(closest))
        reason = _("line {line} lacks the column {missing}").format(line=closest.line, missing=missing)
    raise NoSuchTable(
        _("{file} was not taken: {reason}.").format(file=office.name, reason=reason),
        remedy
        or _("Give the columns of the heading their usual titles; docs/imports.md lists those that are understood."),
    )


def _unsplit_line(office: OfficeFile, wanted: Wanted) -> int | None:
    """Return the line whose one cell holds the whole header: a CSV that a spreadsheet opened by another separator."""
    known = {title for field in wanted.either for rank in wanted.titles[field] for title in rank}
    for table in office.tables:
        for row in table.rows[:LOOKED_THROUGH]:
            for cell in row.cells:
                parts = re.split(r"[;,|\t]", cell) if isinstance(cell, str) else []
                if len(parts) > len(wanted.required) and known.intersection(map(title_of, parts)):
                    return row.line
    return None


def _hidden_ones(office: OfficeFile) -> str:
    """Return what to do with sheets that nobody sees, where there are any; they are not read: old lists stand there."""
    names = ", ".join(f'"{name}"' for name in office.hidden)
    told = _("Hidden sheets are not read: {names}. If the table stands on one, show it and save the file again.")
    return told.format(names=names) if names else ""
