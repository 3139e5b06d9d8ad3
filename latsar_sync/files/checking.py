"""The rows of one office table while they are checked: what is rejected and why, by line and column. Pure."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from decimal import Decimal
from typing import Any, TypeVar

from latsar_sync.domain.language import speaking, translate, unpacked
from latsar_sync.domain.reason_sentences import NIP_DETAILS
from latsar_sync.domain.state_words import word
from latsar_sync.files.cells import Cell, CellRefused, Untold, as_it_stands, is_blank, read_nip
from latsar_sync.files.cells_cut_off import may_go_on
from latsar_sync.files.column_titles import usual_title
from latsar_sync.files.finding_columns import Header
from latsar_sync.files.rejections import REJECTIONS, WARNINGS
from latsar_sync.files.swapped_days import lines_with_swapped_days

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Remark:
    """Something about one line: ``code`` is a key of ``REJECTIONS`` or ``WARNINGS``, or ``TOLD``; ``column`` as the
    file has it.
    """

    line: int
    column: str
    code: str
    values: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def said(self, language: str) -> str:
        """Return the remark as a sentence in ``language`` ("id" or "en")."""
        if self.code == TOLD:
            with speaking(language):
                return unpacked(self.values["text"])
        values = dict(self.values)
        if values.get("detail") in NIP_DETAILS:
            values["detail"] = word(NIP_DETAILS, values["detail"], language)
        return translate({**REJECTIONS, **WARNINGS}[self.code], language).format(**values)


TOLD = "told"
"""The code of a remark whose text another check has said, kept so that it can be told in every language."""
Rows = Sequence[tuple[int, Sequence[Cell], int]]
"""The rows below a header: line, cells, and how many cells the line had."""


@dataclass(frozen=True, slots=True)
class Reader:
    """How this programme reads: ``angkatan`` maps ids to other names; ``now`` and ``zone`` bound and place dates.

    ``places`` are those that there are, none where any name is one. ``earliest`` is the first plausible day of a score.
    ``exact_width`` says that a line wider than the header was cut wrongly (CSV); ``open_cell`` are line and column of a
    cell at which the file may break off. ``percent`` says that scores are written so.
    """

    now: datetime
    zone: tzinfo
    angkatan: Mapping[str, Sequence[str]]
    placed_by_file: bool = True
    places: Sequence[str] = ()
    minimum: Decimal = Decimal(0)
    maximum: Decimal = Decimal(100)
    earliest: date = date.min
    exact_width: bool = False
    open_cell: tuple[int, int] | None = None
    percent: bool = False

    @property
    def names(self) -> list[str]:
        """Everything that an angkatan is called."""
        return [name for each, others in self.angkatan.items() for name in (each, *others)]

    @property
    def today(self) -> date:
        """The date in the programme's zone."""
        return self.now.astimezone(self.zone).date()


@dataclass(slots=True)
class Sheet:
    """The rows of one table while they are checked; ``rejected`` and ``warnings`` fill up."""

    header: Header
    reader: Reader
    rejected: list[Remark] = field(default_factory=list)
    warnings: list[Remark] = field(default_factory=list)
    rows: int = 0

    def people(self, rows: Rows, telling: Sequence[str]) -> list[tuple[int, Sequence[Cell], str | None]]:
        """Return line, cells and NIP of every row that is not empty in ``telling``; NIP None: it was refused.

        Every line that repeats a NIP is rejected, the first one too.
        """
        seen: dict[str, list[int]] = {}
        kept: list[tuple[int, Sequence[Cell], str | None]] = []
        first = rows[0][0] if rows else 0
        for line, cells, width in self._of_somebody(rows, telling):
            self.rows += 1
            if self.breaks_off(line, width):
                self.reject(line, "nip", "breaks_off", total=str(width), usual=str(self.header.width))
                continue
            if self.header.is_titled_anew(cells) or (line == first and self._goes_on_with_titles(cells)):
                self.reject(line, "nip", "titles_again")
                continue
            if (column := self._struck_out(cells)) is not None:
                self.reject(line, column, "struck_out")
                continue
            if self.reader.exact_width and width > self.header.width:
                self.reject(line, "nip", "too_many_cells")
                continue
            nip = self.take(line, cells, "nip", self._nip)
            kept.append((line, cells, nip))
            if nip is not None:
                seen.setdefault(nip, []).append(line)
        for lines in seen.values():
            for line in lines if len(lines) > 1 else ():
                other = next(each for each in lines if each != line)
                self.reject(line, "nip", "nip_repeated", other=str(other))
        return kept

    def _of_somebody(self, rows: Rows, telling: Sequence[str]) -> Iterator[tuple[int, Sequence[Cell], int]]:
        """Yield the rows but numbers, titles that come again, and what stands beside the columns of ``telling``."""
        has_words = False
        for line, cells, width in rows:
            if self.breaks_off(line, width):
                yield line, cells, width
            elif self.header.is_numbering(cells):
                continue
            elif self.header.is_repeated(cells):
                if has_words:
                    self.warn(line, "nip", "another_table")
            elif all(is_blank(self.header.cell(cells, column)) for column in telling):
                has_words = True
            else:
                has_words = False
                yield line, cells, width

    def _goes_on_with_titles(self, cells: Sequence[Cell]) -> bool:
        """Say whether the row below the header is its second one: nobody's, and words alone."""
        written = "".join(map(as_it_stands, cells))
        nobody = all(is_blank(self.header.cell(cells, column)) for column in ("nip", "name"))
        return nobody and not any(map(str.isdigit, written))

    def _struck_out(self, cells: Sequence[Cell]) -> str | None:
        """Return the first column that is used of which somebody struck out the cell."""
        for column in self.header.columns:
            cell = self.header.cell(cells, column)
            if isinstance(cell, Untold) and cell.code == "struck_out":
                return column
        return None

    def breaks_off(self, line: int, width: int) -> bool:
        """Say whether the file ends in a line, with fewer cells than the header has."""
        return self.reader.open_cell == (line, width - 1) and width < self.header.width

    def take(self, line: int, cells: Sequence[Cell], column: str, read: Callable[[Cell], Value]) -> Value | None:
        """Return what ``read`` makes of a cell, None if it refuses it; then the row is rejected."""
        cell = self.header.cell(cells, column)
        try:
            value = read(cell)
            cut_off = self._ends_in(line, column) and may_go_on(column, cell, self.reader.names)
        except CellRefused as refused:
            self.reject(line, column, refused.code, **refused.values)
            return None
        if cut_off:
            self.reject(line, column, "cut_off")
        return None if cut_off else value

    def _ends_in(self, line: int, column: str) -> bool:
        place = self.header.columns.get(column)
        return place is not None and (line, place) == self.reader.open_cell

    def reject_swapped_days(self, rows: Rows, column: str) -> None:
        """Reject every row whose date in a column a spreadsheet may have read month first."""
        for line in lines_with_swapped_days((line, self.header.cell(cells, column)) for line, cells, _width in rows):
            self.reject(line, column, "days_swapped")

    def reject(self, line: int, column: str, code: str, **values: str) -> None:
        """Reject a row: while one is rejected nothing of its file is recorded (``importing``)."""
        self.rejected.append(self._remark(line, column, code, values))

    def warn(self, line: int, column: str, code: str, **values: str) -> None:
        """Note what is unusual and rejects nothing."""
        self.warnings.append(self._remark(line, column, code, values))

    def _remark(self, line: int, column: str, code: str, values: Mapping[str, str]) -> Remark:
        return Remark(line, self.header.titles.get(column) or usual_title(column), code, values)

    def _nip(self, cell: Cell) -> str:
        check = read_nip(cell, self.reader.today)
        if check.nip is None:
            raise CellRefused(str(check.reason), **({"detail": check.detail} if check.detail else {}))
        return check.nip
