"""A file of an office as read: its tables, row by row as they stand there; and how one is refused, in one line."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _
from latsar_sync.files.cells import Cell
from latsar_sync.files.file_kinds import FileKind

LONGEST_NAME = 200
"""Letters of a file's name that are kept."""
MAX_ROWS = 25_000


@dataclass(frozen=True, slots=True)
class Row:
    """One row: ``line`` is its number in the file, from 1; trailing empty cells are left out.

    ``width`` counts those too: in a CSV a row wider than its header was cut in the wrong place.
    """

    line: int
    cells: tuple[Cell, ...]
    width: int


@dataclass(frozen=True, slots=True)
class OfficeTable:
    """One sheet, or a CSV as one separator cuts it.

    ``problem`` says where it could not be read on, ``remedy`` what to do. ``open_line`` is the last line of a CSV that
    has no line end, so that it may be cut off, None where it has one; ``last_cell_closed``: by a quote, at least.
    ``unseen`` are the columns of a sheet that nobody sees, by their index, each time from and to.
    """

    name: str
    rows: tuple[Row, ...]
    problem: str = ""
    remedy: str = ""
    open_line: int | None = None
    last_cell_closed: bool = False
    hidden: bool = False
    unseen: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class OfficeFile:
    """A file as read: its name without folder, the SHA-256 of its bytes, its tables that hold anything.

    ``sheets`` says that the tables are sheets of one workbook; else each is the same text, cut by another separator.
    ``hidden`` are the names of the sheets that are not shown and were not read.
    """

    name: str
    digest: str
    tables: tuple[OfficeTable, ...]
    sheets: bool
    hidden: tuple[str, ...] = ()


def plain_name(name: str) -> str:
    """Return the name of a file without folder and without signs that no name should have.

    A file system holds names that are no text at all: of those that another computer wrote in its own letters these
    are left out.
    """
    bare = "".join(sign for sign in name.replace("\\", "/").rpartition("/")[2] if sign.isprintable()).strip()
    return (bare or "file")[-LONGEST_NAME:]


def trimmed(all_cells: Sequence[Cell]) -> tuple[Cell, ...]:
    """Return cells without the empty ones at the end."""
    cells = list(all_cells)
    while cells and says_nothing(cells[-1]):
        cells.pop()
    return tuple(cells)


def says_nothing(cell: Cell) -> bool:
    """Say whether a cell is empty."""
    return cell is None or (isinstance(cell, str) and not cell.strip())


def too_much() -> str:
    """Return what to do about a file that holds too much."""
    return _("Keep only the table with the participants.")


def require_few_rows(path: Path, rows: Sequence[Row]) -> None:
    """Refuse a file with more rows than any programme has people."""
    if len(rows) > MAX_ROWS:
        refuse(path, _("it has more than {limit} rows").format(limit=MAX_ROWS), too_much())


def refuse_kind(path: Path, kind: FileKind | None) -> None:
    """Refuse a file of another kind, with what it is and how to save it."""
    if kind is not None:
        refuse(path, _(kind.reason), _(kind.remedy))


def refuse(path: Path, reason: str, remedy: str) -> NoReturn:
    """Raise UsageError: a file was not taken, for this reason."""
    name = plain_name(path.name)
    raise UsageError(_("{file} was not taken: {reason}.").format(file=name, reason=reason), remedy) from None
