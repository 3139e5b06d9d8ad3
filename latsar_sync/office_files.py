"""Open a CSV or XLSX file as an office sends it, within bounds, and hand out its tables cell by cell.

A file beyond the bounds, damaged, encrypted or of another kind is refused in one line. Nothing is interpreted here.
"""

import csv
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO, StringIO
from itertools import zip_longest
from pathlib import Path
from typing import Any, NoReturn
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException

from latsar_sync.cells import Cell, Uncomputed
from latsar_sync.errors import UsageError
from latsar_sync.language import _

MAX_BYTES = 10_000_000
MAX_UNPACKED_BYTES = 100_000_000
MAX_ROWS = 25_000
MAX_SHEETS = 50
DELIMITERS = {";": ";", ",": ",", "\t": "tab", "|": "|"}
OLD_EXCEL = b"\xd0\xcf\x11\xe0"
UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    DefusedXmlException,
    ParseError,
    KeyError,
    IndexError,
    ValueError,
    TypeError,
    AttributeError,
    EOFError,
    NotImplementedError,  # zipfile's word for a compression that it does not know
)
"""What openpyxl raises, one way or another, for a file that is not what it says."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row: ``line`` is its number in the file, from 1; trailing empty cells are left out.

    ``width`` counts those too: in a CSV a row wider than its header was cut in the wrong place.
    """

    line: int
    cells: tuple[Cell, ...]
    width: int


@dataclass(frozen=True, slots=True)
class Table:
    """One sheet, or a CSV as one separator cuts it. ``problem`` says where it could not be read on."""

    name: str
    rows: tuple[Row, ...]
    problem: str = ""


@dataclass(frozen=True, slots=True)
class OfficeFile:
    """A file as read: its name without folder, the SHA-256 of its bytes, its tables that hold anything.

    ``sheets`` says that the tables are sheets of one workbook; else each is the same text, cut by another separator.
    """

    name: str
    digest: str
    tables: tuple[Table, ...]
    sheets: bool


def read_office_file(path: Path) -> OfficeFile:
    """Read a CSV or XLSX file. Raise UsageError, one line, if it cannot be read or goes beyond the bounds."""
    try:
        if path.stat().st_size > MAX_BYTES:
            _refuse(path, _("it is larger than {limit} MB").format(limit=MAX_BYTES // 1_000_000), _too_much())
        content = path.read_bytes()
    except OSError as error:
        _refuse(path, str(error.strerror), _("Check the name and the rights."))
    if content.startswith(OLD_EXCEL):
        reason = _("it is an old Excel file (.xls) or has a password")
        _refuse(path, reason, _("Save it as .xlsx without a password."))
    sheets = content.startswith(b"PK")
    tables = tuple(_sheets(path, content) if sheets else _texts(path, content))
    return OfficeFile(path.name, sha256(content).hexdigest(), tables, sheets)


def _texts(path: Path, content: bytes) -> Iterator[Table]:
    """Yield a CSV as each separator cuts it; the header tells later which one was meant."""
    text = _decoded(path, content)
    for delimiter, name in DELIMITERS.items():
        if delimiter not in text:
            continue
        rows, problem, line = [], "", 0
        reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
        try:
            for cells in reader:
                width = len(cells)
                rows += [Row(line + 1, _trimmed(cells), width)] if any(map(str.strip, cells)) else []
                line = reader.line_num
                if len(rows) > MAX_ROWS:
                    _refuse(path, _("it has more than {limit} rows").format(limit=MAX_ROWS), _too_much())
        except csv.Error as error:
            problem = _("line {line} cannot be read: {reason}").format(line=line + 1, reason=error)
        yield Table(name, tuple(rows), problem)


def _decoded(path: Path, content: bytes) -> str:
    """Return the text: by its byte-order mark, else as UTF-8, else as Windows-1252, as Excel writes it."""
    encodings = ["utf-16"] if content.startswith((b"\xff\xfe", b"\xfe\xff")) else ["utf-8-sig", "cp1252"]
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    return _refuse(path, _("it is neither an XLSX file nor text"), _("Save it as .xlsx, or as CSV in UTF-8."))


def _sheets(path: Path, content: bytes) -> Iterator[Table]:
    """Yield every visible sheet of a workbook; cells of formulas hold the value that was computed last."""
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            names = {member.filename for member in archive.infolist()}
            unpacked = sum(member.file_size for member in archive.infolist())
    except UNREADABLE:
        _refuse(path, _("it is damaged"), _("Open it and save it again as .xlsx."))
    if "xl/workbook.xml" not in names:
        _refuse(path, _("it is no XLSX file"), _("Save it as .xlsx."))
    if unpacked > MAX_UNPACKED_BYTES:
        limit = MAX_UNPACKED_BYTES // 1_000_000
        _refuse(path, _("it unpacks to more than {limit} MB").format(limit=limit), _too_much())
    # a third of a second to load, which the other commands need not wait for
    import openpyxl

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about print settings and the like, which nobody here asks for
            values = openpyxl.load_workbook(BytesIO(content), read_only=True, data_only=True, keep_links=False)
            formulas = openpyxl.load_workbook(BytesIO(content), read_only=True, keep_links=False)
            visible = [sheet for sheet in values.worksheets if sheet.sheet_state == "visible"]
            tables = [_sheet(path, sheet, formulas[sheet.title]) for sheet in visible[:MAX_SHEETS]]
    except UNREADABLE:
        _refuse(path, _("it is damaged"), _("Open it and save it again as .xlsx."))
    yield from (table for table in tables if table.rows)


def _sheet(path: Path, values: Any, formulas: Any) -> Table:
    """Read one sheet twice, as values and as formulas: only so a formula without a value is told from nothing."""
    rows = []
    for sheet in (values, formulas):
        sheet.reset_dimensions()  # what a writer says of them is often wrong, and would cut rows off
    for line, (seen, written) in enumerate(zip_longest(values.iter_rows(), formulas.iter_rows(values_only=True)), 1):
        cells = _trimmed([_value(cell, text) for cell, text in zip_longest(seen or (), written or ())])
        rows += [Row(line, cells, len(cells))] if cells else []
        if len(rows) > MAX_ROWS:
            _refuse(path, _("it has more than {limit} rows").format(limit=MAX_ROWS), _too_much())
    return Table(values.title, tuple(rows))


def _value(cell: Any, written: object) -> Cell:
    value: Cell = None if cell is None else cell.value
    if value is None:
        return None if written is None else Uncomputed.CELL
    if isinstance(value, int | float) and not isinstance(value, bool) and "%" in (cell.number_format or ""):
        return f"{value * 100:g}%"  # 0.85 that shows as 85% is no score of 0.85
    return value


def _trimmed(cells: list[Any]) -> tuple[Cell, ...]:
    while cells and (cells[-1] is None or (isinstance(cells[-1], str) and not cells[-1].strip())):
        cells.pop()
    return tuple(cells)


def _too_much() -> str:
    return _("Keep only the table with the participants.")


def _refuse(path: Path, reason: str, remedy: str) -> NoReturn:
    raise UsageError(_("{file} was not taken: {reason}.").format(file=path.name, reason=reason), remedy) from None
