"""Rows of a document, and letters, in a file without a name until they are written: of very many none are held."""

import pickle
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from tempfile import SpooledTemporaryFile
from typing import Any
from weakref import finalize

from latsar_sync.exports.document import Row, RowGroup, Section

HELD = 4_000_000
"""Bytes of rows up to which they stand in memory."""


class SetAside:
    """Takes rows as they are made, and gives them back as often as they are gone through."""

    def __init__(self) -> None:
        self._file = SpooledTemporaryFile(max_size=HELD)  # noqa: SIM115  closed with what is made of it
        finalize(self, self._file.close)
        self._end = 0

    def put(self, cells: Sequence[object]) -> int:
        """Set a row aside; return where it stands."""
        where, line = self._end, pickle.dumps(cells, pickle.HIGHEST_PROTOCOL)
        self._file.seek(where)
        self._file.write(line)
        self._end += len(line)
        return where

    def read(self, where: int) -> tuple[Any, ...]:
        """Return the row that stands there."""
        self._file.seek(where)
        return tuple(pickle.load(self._file))  # noqa: S301  our own bytes, of this very process

    def take(self, section: Section) -> Section:
        """Set the rows of a section aside; return it with what gives them back."""
        groups = [RowGroup(each.title, RowsAside(self, map(self.put, each.rows))) for each in section.groups]
        return replace(section, groups=groups)


class RowsAside(Iterable[Row]):
    """Rows that were set aside; ``numbered`` puts the number of each in their list before it."""

    def __init__(self, aside: SetAside, where: Iterable[int], numbered: bool = False) -> None:
        self._aside, self._where, self._numbered = aside, array("Q", where), numbered

    def __iter__(self) -> Iterator[Row]:
        rows = map(self._aside.read, self._where)
        return ((number, *row) for number, row in enumerate(rows, start=1)) if self._numbered else rows
