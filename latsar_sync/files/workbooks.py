"""Read the sheets of an XLSX workbook: the data alone, so that no odd style or property spoils them.

Read from the XML by local names: transitional and strict Office Open XML are one. A document type is refused, so no
entity can be defined. What is displayed only, rows that are hidden, comments and the like make no difference.
"""

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from math import isfinite
from posixpath import join, normpath

from latsar_sync.files.archives import unpacked
from latsar_sync.files.cells import GREATEST, UNCOMPUTED, Cell, Rounded, Untold, as_it_stands
from latsar_sync.files.number_formats import NumberFormat
from latsar_sync.files.workbook_cells import (
    MAX_CELLS,
    WHOLE,
    Cells,
    TooMuch,
    column_and_row,
    fill_merged,
    in_full,
    iso,
    moment,
    number_of_one,
)
from latsar_sync.files.workbook_parts import (
    Attributes,
    Damaged,
    Styles,
    hidden_by,
    read_part,
    shared_texts,
    styles_of,
    unescaped,
)

MAX_ROW, MAX_COLUMN = 1_048_576, 16_384
"""What a spreadsheet can have; a cell elsewhere is none."""


@dataclass(slots=True)
class SheetRead:
    """One sheet: its cells by row and column, from 1 (a hidden one has none); ``problem``: what merged cells hide."""

    name: str
    cells: Cells
    problem: str = ""
    hidden: bool = False
    unseen: tuple[tuple[int, int], ...] = ()
    """The columns that nobody sees, each time from and to."""


def read_sheets(archive: zipfile.ZipFile) -> Iterator[SheetRead]:
    """Yield every sheet, those that are hidden unread. Raise Damaged or TooMuch, or what zipfile and expat raise for a
    broken part.
    """
    book = _Book(archive)
    yield from (SheetRead(name, {}, hidden=True) for name in book.hidden)
    for name, part in book.sheets:
        reader = _SheetReader(book)
        read_part(book.part(part), reader.begin, reader.end, reader.text)
        yield SheetRead(name, reader.rows, fill_merged(reader.rows, reader.merged), unseen=tuple(reader.unseen))


class _Book:
    """What the sheets of a workbook share: texts, formats, the calendar."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        # some programs write the parts of their paths with the other slash or in other letters
        self._names = {_path(name).casefold(): name for name in archive.namelist()}
        top = {kind: target for kind, target, _id in self._relations("")}
        where = top.get("officeDocument", "xl/workbook.xml")
        found = list(self._relations(where))
        self._targets = {each_id: target for _kind, target, each_id in found}
        kinds = {each_id: kind for kind, _target, each_id in found}
        self.calendar_1904 = self.is_to_be_computed = False
        self._listed: list[tuple[str, str, str]] = []
        read_part(self.part(where), self._begin)
        self.sheets = [
            (name, self._targets[each_id])
            for name, state, each_id in self._listed
            if state == "visible" and kinds.get(each_id) == "worksheet"
        ]
        self.hidden = [name for name, state, _id in self._listed if state != "visible"]
        if not self._listed or any(each_id not in self._targets for _name, _state, each_id in self._listed):
            raise Damaged
        by_kind = {kind: target for kind, target, _id in found}
        self.texts = shared_texts(self.part(by_kind["sharedStrings"])) if "sharedStrings" in by_kind else []
        self.styles = styles_of(self.part(by_kind["styles"])) if "styles" in by_kind else Styles()

    def part(self, path: str) -> bytes:
        name = self._names.get(_path(path).casefold())
        if name is None:
            raise Damaged
        return unpacked(self._archive, name)

    def _begin(self, name: str, attributes: Attributes) -> None:
        if name == "sheet":
            self._listed.append((attributes["name"], attributes.get("state", "visible"), attributes["id"]))
        elif name == "workbookPr":
            self.calendar_1904 = attributes.get("date1904", "0") in ("1", "true")
        elif name == "calcPr":
            self.is_to_be_computed = attributes.get("fullCalcOnLoad", "0") in ("1", "true")

    def _relations(self, of: str) -> Iterator[tuple[str, str, str]]:
        """Yield kind, path and id of what a part (the package, where empty) refers to within the file."""
        folder, _slash, file = of.rpartition("/")
        path = join(folder, "_rels", f"{file}.rels")
        if path.casefold() not in self._names:
            return
        found: list[Attributes] = []
        read_part(
            self.part(path), lambda name, attributes: found.append(attributes) if name == "Relationship" else None
        )
        for each in found:
            if each.get("TargetMode", "Internal") == "Internal":
                target = each["Target"].replace("\\", "/")
                yield each["Type"].rpartition("/")[2], _path(join(folder, target)), each.get("Id", "")


def _path(name: str) -> str:
    return normpath(name.replace("\\", "/")).lstrip("/")


@dataclass(slots=True)
class _SheetReader:
    """Takes the cells of one sheet as they come by; those that only have a style cost next to nothing."""

    book: _Book
    rows: Cells = field(default_factory=dict)
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    unseen: list[tuple[int, int]] = field(default_factory=list)
    _row: int = 0
    _column: int = 0
    _kind: str = ""
    _style: str = ""
    _text: str | None = None
    _formula: bool = False
    _taking: bool = False
    _aloud: bool = False
    _piece: str | None = None
    """Why the piece of text at hand is not told, if it is not; ``_untold`` keeps that of the cell."""
    _untold: str | None = None
    _count: int = 0
    _hides_zeros: bool = False
    """An option of the sheet by which every 0 is shown as nothing."""

    def begin(self, name: str, attributes: Attributes) -> None:
        if name == "c":
            self._row, self._column = self._place(attributes.get("r"))
            self._kind, self._style = attributes.get("t", "n"), attributes.get("s", "")
            self._text, self._formula = None, False
            self._untold, self._piece = self.book.styles.untold.get(self._style), None
        elif name in ("v", "t"):
            self._taking = not self._aloud
            self._text = self._text or ""
        elif name == "f":
            self._formula = True
        elif name == "row":
            self._row = int(attributes["r"]) if "r" in attributes else self._row + 1
            self._column = 0
        elif name == "r":
            self._piece = None
        elif name in ("strike", "color", "sz"):
            self._piece = self._piece or hidden_by(name, attributes)
        elif name == "rPh":
            self._aloud = True
        else:
            self._about_the_sheet(name, attributes)

    def _about_the_sheet(self, name: str, attributes: Attributes) -> None:
        if name == "sheetView":
            self._hides_zeros |= attributes.get("showZeros", "1") in ("0", "false")
        elif name == "mergeCell":
            first, _colon, last = attributes["ref"].partition(":")
            (top, left), (bottom, right) = column_and_row(first), column_and_row(last or first)
            self.merged.append((top, left, bottom, right))
        elif name == "col" and _is_unseen(attributes):
            self.unseen.append((int(attributes["min"]), int(attributes["max"])))

    def end(self, name: str) -> None:
        if name in ("v", "t"):
            self._taking = False
        elif name == "rPh":
            self._aloud = False
        elif name == "c" and (self._text is not None or self._formula):
            value = self._value(self._text)
            if value is not None:
                if self._untold is not None:
                    value = Untold(self._untold, as_it_stands(value))
                row = self.rows.setdefault(self._row, {})
                if self._column in row:
                    raise Damaged  # of two that stand in one place one would be lost without a word
                row[self._column] = value
                self._count += 1
                if self._count > MAX_CELLS:
                    raise TooMuch

    def text(self, piece: str) -> None:
        if self._taking:
            self._text = (self._text or "") + piece
            if self._piece is not None and piece.strip():
                self._untold = self._untold or self._piece

    def _place(self, reference: str | None) -> tuple[int, int]:
        row, column = column_and_row(reference) if reference else (self._row, self._column + 1)
        if not (1 <= row <= MAX_ROW and 1 <= column <= MAX_COLUMN):
            raise Damaged
        return row, column

    def _value(self, text: str | None) -> Cell:
        if self._kind == "str" and text is not None:
            return self._seen(unescaped(text)) or None  # a formula whose result is no text at all
        if self._formula and (not text or self._is_placeholder(text)):
            return UNCOMPUTED
        if not text:
            return None
        match self._kind:
            case "s":
                return self._seen(self.book.texts[number_of_one(text)])
            case "inlineStr":
                return self._seen(unescaped(text))
            case "b":
                return text.strip() in ("1", "true")
            case "e":
                return text
            case "d":
                return iso(text.strip())
            case _:
                return self._number(text.strip())

    def _is_placeholder(self, text: str) -> bool:
        """Say whether a program that computes nothing wrote a 0 as a formula's result, for a spreadsheet to replace."""
        return self.book.is_to_be_computed and self._kind == "n" and text.strip() == "0"

    def _number(self, text: str) -> Cell:
        try:
            number = int(text) if WHOLE.fullmatch(text) else float(text)
        except ValueError:
            return text
        if not isfinite(number):
            return text
        if (self._hides_zeros and number == 0) or not self._format().tells_of(number):
            return Untold("not_shown", text)
        kind = self._format().kind
        if kind == "percent":
            return f"{(in_full(number) * 100).normalize():f}%"  # 0.85 that shows as 85% is no score of 0.85
        if kind == "sign":
            return f"{in_full(number):f}%"
        return moment(number, kind, self.book.calendar_1904) if kind else self._as_shown(number)

    def _as_shown(self, number: float) -> Cell:
        places = self._format().places
        if places is None or isinstance(number, int) or abs(number) >= GREATEST:
            return number
        exact = in_full(number)
        shown = exact.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
        return number if shown == exact else Rounded(number, f"{shown:f}")

    def _format(self) -> NumberFormat:
        formats = self.book.styles.formats
        return formats[number_of_one(self._style)] if self._style and formats else NumberFormat()

    def _seen(self, written: Cell) -> Cell:
        """Return a text, as one that is not told where the format of its cell shows another or none."""
        if isinstance(written, Untold) and written.code == "not_shown" and self._style in self.book.styles.on_colour:
            return written.text
        if isinstance(written, str) and written.strip() and not self._format().tells_of(written):
            return Untold("not_shown", written)
        return written


def _is_unseen(column: Attributes) -> bool:
    """Say whether a column is hidden, by that name or by having no width; whatever else it says of itself is looks."""
    return column.get("hidden") in ("1", "true") or not column.get("width", "1").strip(".0")
