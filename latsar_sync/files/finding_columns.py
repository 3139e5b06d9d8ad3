"""Where the columns of an office's table are: its header is found below whatever stands above it. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _
from latsar_sync.files.cells import Cell, is_blank, title_of
from latsar_sync.files.column_titles import EXACT, SAYS_HOW, TITLES, Titles, is_of_a_later_try, usual_title

LOOKED_THROUGH = 40
"""Rows from the top in which the header is looked for."""


class UnclearColumns(UsageError):
    """Two columns with titles of their own may be the same thing, and only a person knows which counts."""


@dataclass(frozen=True, slots=True)
class Header:
    """A header as found: the index of each column that is used, its title as written, and the titles not used."""

    line: int
    width: int
    columns: Mapping[str, int]
    titles: Mapping[str, str]
    ignored: tuple[str, ...]

    def cell(self, cells: Sequence[Cell], field: str) -> Cell:
        """Return the cell of a column in a row, None where row or header ends before it."""
        index = self.columns.get(field)
        return None if index is None or index >= len(cells) else cells[index]

    def is_numbering(self, cells: Sequence[Cell]) -> bool:
        """Say whether a row numbers the columns, as tables of offices do below their header: (1), (2), (3)."""
        numbers = [title_of(cell) or str(cell).strip("() ") for cell in cells if not is_blank(cell)]
        return not is_blank(self.cell(cells, "nip")) and all(text.isdigit() and len(text) <= 2 for text in numbers)

    def is_titled_anew(self, cells: Sequence[Cell]) -> bool:
        """Say whether a row has the title of the NIP where its NIP would stand: what follows has columns of its own."""
        title = title_of(self.cell(cells, "nip"))
        return bool(title) and title in {title_of(self.titles.get("nip")), *TITLES["nip"][0]}

    def is_repeated(self, cells: Sequence[Cell]) -> bool:
        """Say whether a row is the header again: on the next page, or below itself where its cells are merged."""
        written = {field: self.cell(cells, field) for field in self.columns}
        return all(
            title_of(cell) == title_of(self.titles[field])
            and (_is_meant(field, cell, TITLES) or _written(cell) == self.titles[field])
            for field, cell in written.items()
        )


def _header_in(
    line: int,
    cells: Sequence[Cell],
    width: int,
    wanted: Sequence[str],
    below: Sequence[Sequence[Cell]],
    known: Titles,
) -> tuple[Header, UsageError | None]:
    """Return what a row would be as a header, and what is to be told if it is the one.

    That is where two columns claim to be the same thing and do not say the same in every row ``below``.
    """
    titles = [title_of(cell) for cell in cells]
    columns: dict[str, int] = {}
    twice: UsageError | None = None
    for field in wanted:
        for rank in known[field]:
            found = [
                index for index, title in enumerate(titles) if title in rank and _is_meant(field, cells[index], known)
            ]
            rivals = [*found, *_second_scores(cells, found, below)] if field == "score" and known is TITLES else found
            if len(rivals) > 1 and not (rivals == found and below and all(_agree(row, found) for row in below)):
                names = ", ".join(f'"{_written(cells[index])}"' for index in rivals)
                kind = UnclearColumns if len({_written(cells[index]) for index in rivals}) > 1 else UsageError
                twice = twice or kind(
                    _("Line {line} has more than one column for {column}: {names}.").format(
                        line=line, column=usual_title(field), names=names
                    ),
                    _("Leave one of them, or rename the other.")
                    if field != "nip"
                    else _("If two lists stand side by side, put one below the other; else leave one of the columns."),
                )
            if found:
                columns[field] = found[0]
                break
    ignored = tuple(
        _written(cell) for index, cell in enumerate(cells) if index not in columns.values() and not is_blank(cell)
    )
    written = {field: _written(cells[index]) for field, index in columns.items()}
    return Header(line, width, columns, written, ignored), twice


def find_header(
    rows: Sequence[tuple[int, Sequence[Cell], int]],
    required: Sequence[str],
    optional: Sequence[str],
    either: Sequence[str] = ("nip",),
    known: Titles = TITLES,
) -> tuple[Header | None, Header | None]:
    """Given rows as (line, cells, width), return the header, and the row that comes closest where there is none.

    A header has all ``required`` columns, and one of ``either``; ``known`` are the titles by which they are found.
    Raise UsageError if two of its columns claim to be the same thing and do not say the same in every row.
    """
    wanted = list(dict.fromkeys([*either, *required, *optional]))
    closest: Header | None = None
    for index, (line, cells, width) in enumerate(rows[:LOOKED_THROUGH]):
        below = [each for _line, each, _width in rows[index + 1 :]]
        header, twice = _header_in(line, cells, width, wanted, below, known)
        if not any(field in header.columns for field in either):
            continue
        if all(field in header.columns for field in required):
            if twice is not None:
                raise twice
            return header, header
        if closest is None or len(header.columns) > len(closest.columns):
            closest = header
    return None, closest


def _is_meant(field: str, cell: Cell, known: Titles) -> bool:
    """Say whether a title means a column whatever stands in parentheses; one that a person chose always does."""
    if field not in EXACT or known is not TITLES:
        return True
    words = re.findall(r"[^\W\d_]+", " ".join(re.findall(r"\(([^)]*)\)", str(cell).casefold())))
    return SAYS_HOW.issuperset(words)


def _second_scores(cells: Sequence[Cell], found: Sequence[int], below: Sequence[Sequence[Cell]]) -> Sequence[int]:
    """Return the columns beside the score in ``found`` that hold another score of the same people, from a later try.

    One that says nothing or the same in every row is none.
    """
    if not found:
        return ()
    return [
        index
        for index, cell in enumerate(cells)
        if index not in found
        and is_of_a_later_try(str(cell))
        and not all(_says_nothing(row, index) or _agree(row, [found[0], index]) for row in below)
    ]


def _says_nothing(cells: Sequence[Cell], index: int) -> bool:
    return index >= len(cells) or is_blank(cells[index]) or not str(cells[index]).strip(" -–")


def _agree(cells: Sequence[Cell], columns: Sequence[int]) -> bool:
    first, *others = (cells[index] if index < len(cells) else None for index in columns)
    return all(each == first for each in others)


def _written(cell: Cell) -> str:
    return " ".join(str(cell).split())
