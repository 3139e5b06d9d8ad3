"""Open a CSV, XLSX or PDF file as an office sends it, whole and within bounds, and hand out its tables cell by cell.

The one reader of the service. A file beyond the bounds, damaged, cut off, still being written, or of another kind is
refused in one line that says what it is and how to save it. Nothing is interpreted here.
"""

import os
import stat
import time
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from threading import Event
from xml.parsers.expat import ExpatError

from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _
from latsar_sync.domain.system_errors import reason_of
from latsar_sync.files import archives
from latsar_sync.files.archives import AS_OFFICES_PACK, MAX_UNPACKED_BYTES, unpack_to_too_much, unpacked
from latsar_sync.files.file_kinds import kind_of_archive, kind_of_bytes
from latsar_sync.files.office_file import (
    OfficeFile,
    OfficeTable,
    Row,
    plain_name,
    refuse,
    refuse_kind,
    require_few_rows,
    says_nothing,
    too_much,
    trimmed,
)
from latsar_sync.files.reading_csv import read_csv
from latsar_sync.files.reading_pdf import Unprinted, read_pages
from latsar_sync.files.workbook_cells import Cells, TooMuch
from latsar_sync.files.workbook_parts import Damaged
from latsar_sync.files.workbooks import read_sheets

MAX_BYTES = 10_000_000
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


def read_office_file(path: Path) -> OfficeFile:
    """Read a CSV, XLSX or PDF file. Raise UsageError, one line, if it cannot be read or goes beyond the bounds."""
    return read_office_bytes(path.name, _whole(path))


def read_office_bytes(name: str, content: bytes) -> OfficeFile:
    """Read a file that is at hand whole, as ``read_office_file`` does; ``name`` is what it is called."""
    path = Path(plain_name(name))
    _bounded(path, content, len(content))
    refuse_kind(path, kind_of_bytes(content))
    printed = content[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(PDF)  # a program may print blanks before it
    sheets = is_archive(content)
    read = _printed if printed else _sheets if sheets else read_csv
    found = tuple(read(path, content))
    shown, hidden = tuple(each for each in found if not each.hidden), tuple(each.name for each in found if each.hidden)
    return OfficeFile(path.name, sha256(content).hexdigest(), shown, sheets or printed, hidden)


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
        refuse(path, reason_of(error), _("Check the name and the rights."))
    if (after.st_size, after.st_mtime_ns) != (before.st_size, before.st_mtime_ns) or len(content) != after.st_size:
        refuse(path, _("it is being written just now"), _("Wait until its copy is complete, then try again."))
    return _bounded(path, content, len(content))


def _bounded(path: Path, content: bytes, size: int) -> bytes:
    if size > MAX_BYTES:
        refuse(path, _("it is larger than {limit} MB").format(limit=MAX_BYTES // 1_000_000), too_much())
    return content


def _sheets(path: Path, content: bytes) -> Iterator[OfficeTable]:
    """Yield every sheet of a workbook, the hidden ones without rows; a formula's cell holds what was computed last."""
    damaged = (path, _("it is damaged"), _("Copy it again, it may be cut off; or open it and save it again as .xlsx."))
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            members = archive.infolist()
            _require_members_within_bounds(path, members)
            names = [member.filename for member in members]
            refuse_kind(path, kind_of_archive(names, unpacked(archive, "mimetype") if "mimetype" in names else b""))
            if any(member.compress_type not in AS_OFFICES_PACK for member in members) or archive.testzip() is not None:
                refuse(*damaged)
            tables: list[OfficeTable] = []
            for sheet in read_sheets(archive):
                if sheet.hidden:
                    yield OfficeTable(sheet.name, (), hidden=True)
                    continue
                if len(tables) == MAX_SHEETS:
                    refuse(path, _("it has more than {limit} sheets").format(limit=MAX_SHEETS), too_much())
                rows = tuple(_rows(sheet.cells))
                require_few_rows(path, rows)
                remedy = _("Take the merging back there, and correct the line.")
                unseen = tuple((first - 1, last - 1) for first, last in sheet.unseen)
                tables += [OfficeTable(sheet.name, rows, sheet.problem, remedy, unseen=unseen)] if rows else []
    except TooMuch:
        refuse(path, _("a sheet has more filled cells, or is wider, than any list"), too_much())
    except UNREADABLE:
        refuse(*damaged)
    yield from tables


def _require_members_within_bounds(path: Path, members: Sequence[zipfile.ZipInfo]) -> None:
    if len(members) > archives.MAX_MEMBERS:
        refuse(path, _("it has more than {limit} parts").format(limit=archives.MAX_MEMBERS), too_much())
    if unpack_to_too_much(members):
        limit = MAX_UNPACKED_BYTES // 1_000_000
        refuse(path, _("it unpacks to more than {limit} MB").format(limit=limit), too_much())
    if any(member.flag_bits & 1 for member in members):
        refuse(path, _("it has a password"), _("Save it as .xlsx without a password."))


def _printed(path: Path, content: bytes) -> Iterator[OfficeTable]:
    """Yield the table of a PDF; its pages are read by a process of their own, within bounds of time and memory."""
    try:
        pages = read_pages(content)
    except Unprinted as error:
        refuse(path, _(str(error)), _(error.remedy))
    rows = [
        Row(number, trimmed(cells), len(cells))
        for number, cells in enumerate((row for page in pages for row in page), start=1)
        if any(cell.strip() for cell in cells)
    ]
    require_few_rows(path, rows)
    yield OfficeTable("PDF", tuple(rows))


def _rows(sheet: Cells) -> Iterator[Row]:
    """Yield the rows that hold something; raise TooMuch for a sheet that is far wider than any list."""
    spread = 0
    for line in sorted(sheet):
        cells = sheet[line]
        width = max((column for column, cell in cells.items() if not says_nothing(cell)), default=0)
        spread += width
        if spread > MAX_SPREAD:
            raise TooMuch
        if width:
            yield Row(line, tuple(cells.get(column) for column in range(1, width + 1)), width)
