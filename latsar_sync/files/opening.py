"""Open a CSV, XLSX or PDF file as an office sends it, whole and within bounds, and hand out its tables cell by cell.

The one reader of the service. A file beyond the bounds, damaged, cut off, still being written, or of another kind is
refused in one line that says what it is and how to save it. Nothing is interpreted here.
"""

import csv
import os
import re
import stat
import time
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO, StringIO
from pathlib import Path
from threading import Event
from typing import NoReturn
from xml.parsers.expat import ExpatError

from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _
from latsar_sync.domain.system_errors import reason_of
from latsar_sync.files import archives
from latsar_sync.files.archives import AS_OFFICES_PACK, MAX_UNPACKED_BYTES, unpack_to_too_much, unpacked
from latsar_sync.files.cells import Cell
from latsar_sync.files.file_kinds import COPIED_AGAIN, FileKind, kind_of_archive, kind_of_bytes, kind_of_text
from latsar_sync.files.reading_pdf import Unprinted, read_pages
from latsar_sync.files.workbook_cells import Cells, TooMuch
from latsar_sync.files.workbook_parts import Damaged
from latsar_sync.files.workbooks import read_sheets

LONGEST_NAME = 200
"""Letters of a file's name that are kept."""
MAX_BYTES = 10_000_000
MAX_ROWS = 25_000
MAX_SHEETS = 50
MAX_SPREAD = 5_000_000
"""Cells of a sheet from the first column to the last of each row that holds something, empty ones between included."""
FRESH_SECONDS = 2.0
"""A file that was changed so lately may still be on its way; older ones are read at once."""
SETTLING_SECONDS = 0.3
"""For how long a fresh file must stay as it is."""
LONGEST_MESSAGE = 4096
"""Bytes that may be printed before a workbook."""
PDF = b"%PDF"
END_OF_DOS = "\x1a"
"""What old programs write behind the last line."""
DELIMITERS = {";": ";", ",": ",", "\t": "tab", "|": "|"}
UNREADABLE = (
    Damaged,
    zipfile.BadZipFile,
    zlib.error,
    ExpatError,
    KeyError,
    IndexError,
    ValueError,
    TypeError,
    EOFError,
    OSError,
    NotImplementedError,  # zipfile's word for a compression that it does not know
)
"""What is raised, one way or another, for a workbook that is not what it says."""

_TWO_BYTES_OR_MORE = re.compile(b"[\xc3-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_OF_OLD_MACS = re.compile(b"[a-z](?:[\x81\x8a\x8d-\x90\x9d\x9f\xd4\xd5]|[\x87\x88][a-z])")
"""Accents and apostrophes as Excel writes them on a Mac: in Windows' letters a capital in the middle of a word."""


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


def read_office_file(path: Path) -> OfficeFile:
    """Read a CSV, XLSX or PDF file. Raise UsageError, one line, if it cannot be read or goes beyond the bounds."""
    return read_office_bytes(path.name, _whole(path))


def read_office_bytes(name: str, content: bytes) -> OfficeFile:
    """Read a file that is at hand whole, as ``read_office_file`` does; ``name`` is what it is called."""
    path = Path(plain_name(name))
    _bounded(path, content, len(content))
    _refuse_kind(path, kind_of_bytes(content))
    printed = content[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(PDF)  # a program may print blanks before it
    sheets = is_archive(content)
    read = _printed if printed else _sheets if sheets else _texts
    found = tuple(read(path, content))
    shown, hidden = tuple(each for each in found if not each.hidden), tuple(each.name for each in found if each.hidden)
    return OfficeFile(path.name, sha256(content).hexdigest(), shown, sheets or printed, hidden)


def plain_name(name: str) -> str:
    """Return the name of a file without folder and without signs that no name should have.

    A file system holds names that are no text at all: of those that another computer wrote in its own letters these
    are left out.
    """
    bare = "".join(sign for sign in name.replace("\\", "/").rpartition("/")[2] if sign.isprintable()).strip()
    return (bare or "file")[-LONGEST_NAME:]


def is_archive(content: bytes) -> bool:
    """Say whether a file is a ZIP archive, as workbooks are.

    It may stand behind blanks or a message that a program printed before what it hands out: it can be read there too.
    """
    return b"PK\x03\x04" in content[:LONGEST_MESSAGE]


def _whole(path: Path) -> bytes:
    """Return the bytes of a file that nobody is writing: it stays for a moment what it was."""
    if os.path.isdir(path):
        raise UsageError(_("{file} is a folder, not a file.").format(file=path), _("Give the name of a file in it."))
    try:
        before = path.stat()
        if not stat.S_ISREG(before.st_mode):
            content = path.open("rb").read(MAX_BYTES + 1)  # a pipe ends where its writer has done
            return _bounded(path, content, len(content))
        _bounded(path, b"", before.st_size)
        if time.time() - before.st_mtime < FRESH_SECONDS:
            Event().wait(SETTLING_SECONDS)
        content = path.read_bytes()
        after = path.stat()
    except OSError as error:
        _refuse(path, reason_of(error), _("Check the name and the rights."))
    if (after.st_size, after.st_mtime_ns) != (before.st_size, before.st_mtime_ns) or len(content) != after.st_size:
        _refuse(path, _("it is being written just now"), _("Wait until its copy is complete, then try again."))
    return _bounded(path, content, len(content))


def _bounded(path: Path, content: bytes, size: int) -> bytes:
    if size > MAX_BYTES:
        _refuse(path, _("it is larger than {limit} MB").format(limit=MAX_BYTES // 1_000_000), _too_much())
    return content


def _texts(path: Path, content: bytes) -> Iterator[OfficeTable]:
    """Yield a CSV as each separator cuts it; the header tells later which one was meant."""
    text = _decoded(path, content).removesuffix(END_OF_DOS)
    _refuse_kind(path, kind_of_text(text))
    ends_well = text.endswith("\r") or not text.rpartition("\n")[2].strip()
    for delimiter, name in DELIMITERS.items():
        if delimiter not in text:
            continue
        rows, problem, line, beginning, width = [], "", 0, 0, 0
        reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True, strict=True)
        try:
            for cells in reader:
                beginning, line, width = line + 1, reader.line_num, len(cells)
                rows += [Row(beginning, _trimmed(cells), width)] if any(map(str.strip, cells)) else []
                if len(rows) > MAX_ROWS:
                    _refuse(path, _("it has more than {limit} rows").format(limit=MAX_ROWS), _too_much())
        except csv.Error:
            problem = _("line {line} cannot be read: its quotes do not fit together").format(line=line + 1)
        if not ends_well and rows and rows[-1].line != beginning:
            rows.append(Row(beginning, (), width))  # the blank beginning of somebody
        yield OfficeTable(
            name,
            tuple(rows),
            problem,
            _("Correct the quotes in that line."),
            None if ends_well else beginning,
            last_cell_closed=text.endswith('"'),
        )


def _decoded(path: Path, content: bytes) -> str:
    """Return the text: by its byte-order mark, else as UTF-8, else as Windows-1252, as Excel writes it."""
    marked = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    try:
        text = content.decode("utf-16" if marked else "utf-8-sig")
    except UnicodeDecodeError as error:
        text = "\0" if marked else _in_windows_letters(path, content, error)
    if "\0" in text:
        _refuse(path, _("it is neither an XLSX file nor text"), _("Save it as .xlsx, or as CSV in UTF-8."))
    return text


def _in_windows_letters(path: Path, content: bytes, error: UnicodeDecodeError) -> str:
    """Return a text that is no UTF-8 as Windows-1252.

    Refuse one that is UTF-8 in parts, or until it breaks off, and one in the letters of old Macs.
    """
    if _TWO_BYTES_OR_MORE.search(content) or content.startswith(b"\xef\xbb\xbf"):
        if error.end == len(content) and error.reason == "unexpected end of data":
            _refuse(path, _("it breaks off within a letter"), _(COPIED_AGAIN))
        line = content[: error.start].count(b"\n") + 1
        reason = _("line {line} is written in another encoding than the rest").format(line=line)
        _refuse(path, reason, _("Save it as .xlsx, or as CSV in UTF-8."))
    if _OF_OLD_MACS.search(content):
        _refuse(path, _("it is written in the letters of old Macs"), _("Save it as .xlsx, or as CSV in UTF-8."))
    try:
        return content.decode("cp1252")
    except UnicodeDecodeError:
        return "\0"


def _sheets(path: Path, content: bytes) -> Iterator[OfficeTable]:
    """Yield every sheet of a workbook, the hidden ones without rows; a formula's cell holds what was computed last."""
    damaged = (path, _("it is damaged"), _("Copy it again, it may be cut off; or open it and save it again as .xlsx."))
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            members = archive.infolist()
            _require_members_within_bounds(path, members)
            names = [member.filename for member in members]
            _refuse_kind(path, kind_of_archive(names, unpacked(archive, "mimetype") if "mimetype" in names else b""))
            if any(member.compress_type not in AS_OFFICES_PACK for member in members) or archive.testzip() is not None:
                _refuse(*damaged)
            tables: list[OfficeTable] = []
            for sheet in read_sheets(archive):
                if sheet.hidden:
                    yield OfficeTable(sheet.name, (), hidden=True)
                    continue
                if len(tables) == MAX_SHEETS:
                    _refuse(path, _("it has more than {limit} sheets").format(limit=MAX_SHEETS), _too_much())
                rows = tuple(_rows(sheet.cells))
                if len(rows) > MAX_ROWS:
                    _refuse(path, _("it has more than {limit} rows").format(limit=MAX_ROWS), _too_much())
                remedy = _("Take the merging back there, and correct the line.")
                unseen = tuple((first - 1, last - 1) for first, last in sheet.unseen)
                tables += [OfficeTable(sheet.name, rows, sheet.problem, remedy, unseen=unseen)] if rows else []
    except TooMuch:
        _refuse(path, _("a sheet has more filled cells, or is wider, than any list"), _too_much())
    except UNREADABLE:
        _refuse(*damaged)
    yield from tables


def _require_members_within_bounds(path: Path, members: Sequence[zipfile.ZipInfo]) -> None:
    if len(members) > archives.MAX_MEMBERS:
        _refuse(path, _("it has more than {limit} parts").format(limit=archives.MAX_MEMBERS), _too_much())
    if unpack_to_too_much(members):
        limit = MAX_UNPACKED_BYTES // 1_000_000
        _refuse(path, _("it unpacks to more than {limit} MB").format(limit=limit), _too_much())
    if any(member.flag_bits & 1 for member in members):
        _refuse(path, _("it has a password"), _("Save it as .xlsx without a password."))


def _printed(path: Path, content: bytes) -> Iterator[OfficeTable]:
    """Yield the table of a PDF; its pages are read by a process of their own, within bounds of time and memory."""
    try:
        pages = read_pages(content)
    except Unprinted as error:
        _refuse(path, _(str(error)), _(error.remedy))
    rows = [
        Row(number, _trimmed(cells), len(cells))
        for number, cells in enumerate((row for page in pages for row in page), start=1)
        if any(cell.strip() for cell in cells)
    ]
    if len(rows) > MAX_ROWS:
        _refuse(path, _("it has more than {limit} rows").format(limit=MAX_ROWS), _too_much())
    yield OfficeTable("PDF", tuple(rows))


def _rows(sheet: Cells) -> Iterator[Row]:
    """Yield the rows that hold something; raise TooMuch for a sheet that is far wider than any list."""
    spread = 0
    for line in sorted(sheet):
        cells = sheet[line]
        width = max((column for column, cell in cells.items() if not _says_nothing(cell)), default=0)
        spread += width
        if spread > MAX_SPREAD:
            raise TooMuch
        if width:
            yield Row(line, tuple(cells.get(column) for column in range(1, width + 1)), width)


def _trimmed(all_cells: Sequence[Cell]) -> tuple[Cell, ...]:
    cells = list(all_cells)
    while cells and _says_nothing(cells[-1]):
        cells.pop()
    return tuple(cells)


def _says_nothing(cell: Cell) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())


def _too_much() -> str:
    return _("Keep only the table with the participants.")


def _refuse_kind(path: Path, kind: FileKind | None) -> None:
    if kind is not None:
        _refuse(path, _(kind.reason), _(kind.remedy))


def _refuse(path: Path, reason: str, remedy: str) -> NoReturn:
    name = plain_name(path.name)
    raise UsageError(_("{file} was not taken: {reason}.").format(file=name, reason=reason), remedy) from None
