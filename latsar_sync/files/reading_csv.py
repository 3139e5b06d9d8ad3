"""A CSV, in whatever letters and with whichever separator an office wrote it; one that cannot be told is refused."""

import csv
import re
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

from latsar_sync.domain.language import _
from latsar_sync.files.file_kinds import COPIED_AGAIN, kind_of_text
from latsar_sync.files.office_file import OfficeTable, Row, refuse, refuse_kind, require_few_rows, trimmed

END_OF_DOS = "\x1a"
"""What old programs write behind the last line."""
DELIMITERS = {";": ";", ",": ",", "\t": "tab", "|": "|"}
_TWO_BYTES_OR_MORE = re.compile(b"[\xc3-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_OF_OLD_MACS = re.compile(b"[a-z](?:[\x81\x8a\x8d-\x90\x9d\x9f\xd4\xd5]|[\x87\x88][a-z])")
"""Accents and apostrophes as Excel writes them on a Mac: in Windows' letters a capital in the middle of a word."""


def read_csv(path: Path, content: bytes) -> Iterator[OfficeTable]:
    """Yield a CSV as each separator cuts it; the header tells later which one was meant."""
    text = _decoded(path, content).removesuffix(END_OF_DOS)
    refuse_kind(path, kind_of_text(text))
    ends_well = text.endswith("\r") or not text.rpartition("\n")[2].strip()
    for delimiter, name in DELIMITERS.items():
        if delimiter not in text:
            continue
        rows, problem, line, beginning, width = [], "", 0, 0, 0
        reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True, strict=True)
        try:
            for cells in reader:
                beginning, line, width = line + 1, reader.line_num, len(cells)
                rows += [Row(beginning, trimmed(cells), width)] if any(map(str.strip, cells)) else []
                require_few_rows(path, rows)
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
        refuse(path, _("it is neither an XLSX file nor text"), _("Save it as .xlsx, or as CSV in UTF-8."))
    return text


def _in_windows_letters(path: Path, content: bytes, error: UnicodeDecodeError) -> str:
    """Return a text that is no UTF-8 as Windows-1252.

    Refuse one that is UTF-8 in parts, or until it breaks off, and one in the letters of old Macs.
    """
    if _TWO_BYTES_OR_MORE.search(content) or content.startswith(b"\xef\xbb\xbf"):
        if error.end == len(content) and error.reason == "unexpected end of data":
            refuse(path, _("it breaks off within a letter"), _(COPIED_AGAIN))
        line = content[: error.start].count(b"\n") + 1
        reason = _("line {line} is written in another encoding than the rest").format(line=line)
        refuse(path, reason, _("Save it as .xlsx, or as CSV in UTF-8."))
    if _OF_OLD_MACS.search(content):
        refuse(path, _("it is written in the letters of old Macs"), _("Save it as .xlsx, or as CSV in UTF-8."))
    try:
        return content.decode("cp1252")
    except UnicodeDecodeError:
        return "\0"
