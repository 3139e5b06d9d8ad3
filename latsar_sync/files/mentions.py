"""Everything that stands in a file of an office, to see whether it names somebody."""

import html
import re
import zipfile
import zlib
from io import BytesIO

from latsar_sync.domain.errors import UsageError
from latsar_sync.files.archives import unpacked
from latsar_sync.files.opening import is_archive, read_office_bytes

_ENDS_A_TEXT = re.compile(r"</(?!(?:\w+:)?(?:r|t|rPr|is)>)[^<>]*>")
_TAG = re.compile(r"<[^<>]*>")


def whole_text(name: str, content: bytes) -> str:
    """Return what stands in a workbook, a PDF or a text, a cell a line; as text where no table can be read.

    Of a workbook also what no list is read from: hidden sheets, comments, what merged cells cover.
    """
    try:
        tables = read_office_bytes(name, content).tables
    except UsageError:
        return content.decode("utf-8", errors="replace")
    read = "\n".join(str(cell) for table in tables for row in table.rows for cell in row.cells)
    return f"{read}\n{_all_parts(content)}" if is_archive(content) else read


def _all_parts(content: bytes) -> str:
    """Return the texts of every part of a workbook within the bounds; pieces of a text that differ in looks joined."""
    texts = []
    with zipfile.ZipFile(BytesIO(content)) as archive:
        for name in archive.namelist():
            try:
                text = unpacked(archive, name).decode("utf-8", errors="replace")
            except (zipfile.BadZipFile, zlib.error, NotImplementedError):
                continue
            texts.append(html.unescape(_TAG.sub("", _ENDS_A_TEXT.sub("\n", text))))
    return "\n".join(texts)
