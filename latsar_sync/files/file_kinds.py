"""What a file is that cannot be read as a table, whatever its name says, and how to save it so that it can. Pure."""

import re
from collections.abc import Collection
from typing import NamedTuple

from latsar_sync.domain.language import mark

IN_EXCEL = mark("Open it in Excel or LibreOffice and save it as Excel Workbook (.xlsx).")
WITHOUT_PASSWORD = mark("Save it as .xlsx without a password.")
THE_TABLE_ITSELF = mark("Ask for the table itself, as .xlsx or CSV.")
UNPACKED = mark("Unpack it, and give the table in it.")
COPIED_AGAIN = mark("Copy it again, and see that the copy ends well.")


class FileKind(NamedTuple):
    """What a file is, in words that go on after "it is" or the like, and the remedy; both to be translated."""

    reason: str
    remedy: str


_ARCHIVE = FileKind(mark("it is an archive"), UNPACKED)
_BEGINNINGS = (
    (b"{\\rtf", FileKind(mark("it is a text document"), THE_TABLE_ITSELF)),
    (b"\x1f\x8b", _ARCHIVE),
    (b"Rar!\x1a", _ARCHIVE),
    (b"7z\xbc\xaf", _ARCHIVE),
)
_OLD_OFFICE = b"\xd0\xcf\x11\xe0"
_OLDEST_EXCEL = re.compile(rb"\t[\x00\x02\x04\x08][\x04\x06\x08\x10]\x00")
"""How a file of Excel 2 to 5 begins that stands in no other."""
_OPEN_SOMEWHERE = FileKind(
    mark("it is no list: it only says that somebody has the file of that name open"),
    mark("Name the file without ~$ at the beginning."),
)
_OWNER_OF_AN_OPEN_FILE = re.compile(rb"(?s)[\x01-\x36].{54}[\x01-\x36]\0.{108}\Z")
"""What Excel lays beside a file that somebody has open: who, twice, each in a field of its own."""
_OPEN_DOCUMENT = FileKind(mark("it is an OpenDocument spreadsheet (.ods)"), IN_EXCEL)
_OLD_EXCEL = FileKind(mark("it is an old Excel file (.xls)"), IN_EXCEL)
_STREAMS = (
    ("EncryptedPackage", FileKind(mark("it has a password"), WITHOUT_PASSWORD)),
    ("WordDocument", FileKind(mark("it is a text document"), THE_TABLE_ITSELF)),
    ("Workbook", _OLD_EXCEL),
    ("Book", _OLD_EXCEL),
)
"""Streams within an old Office file that tell what it is, the telling ones first."""

_TABLE_OF_A_PAGE = re.compile(r"<table\b[^>]*>\s*<(?:thead|tbody|colgroup|caption|tr)\b", re.IGNORECASE)
_XML = re.compile(r"<\?xml\b|<[^>]*\bxmlns\b", re.IGNORECASE)
_WEB_PAGE = re.compile(r"<(!doctype\s+html|html|head|body|meta|table|style|script|div)\b", re.IGNORECASE)


def kind_of_bytes(content: bytes) -> FileKind | None:
    """Return what a file is by its first bytes, None if it may be a workbook or text."""
    if not content:
        return FileKind(mark("it is empty"), COPIED_AGAIN)
    if not content.strip(b"\0"):
        return FileKind(mark("it holds nothing but zeros: a copy broke off"), COPIED_AGAIN)
    if content.startswith(_OLD_OFFICE):
        for stream, kind in _STREAMS:
            if stream.encode("utf-16-le") in content:
                return kind
        return FileKind(mark("it is an old Excel file (.xls) or has a password"), WITHOUT_PASSWORD)
    if _OLDEST_EXCEL.match(content):
        return _OLD_EXCEL
    if _OWNER_OF_AN_OPEN_FILE.match(content):
        return _OPEN_SOMEWHERE
    beginning = content[:1024].lstrip(b"\xef\xbb\xbf \t\r\n")
    found = next((kind for start, kind in _BEGINNINGS if beginning.startswith(start)), None)
    if found is None and content.endswith(bytes(16)) and b"\0" not in content.rstrip(b"\0"):
        return FileKind(mark("it ends in zeros: a copy broke off"), COPIED_AGAIN)
    return found


def kind_of_archive(names: Collection[str], mimetype: bytes) -> FileKind | None:
    """Return what a ZIP file is by the names in it and its member "mimetype"; None if it is an XLSX workbook."""
    if mimetype.startswith(b"application/vnd.oasis.opendocument.spreadsheet"):
        return _OPEN_DOCUMENT
    if mimetype.startswith(b"application/vnd.oasis.opendocument") or {"word/document.xml"} & {*names}:
        return FileKind(mark("it is a text document"), THE_TABLE_ITSELF)
    if "xl/workbook.bin" in names:
        return FileKind(mark("it is a binary Excel workbook (.xlsb)"), IN_EXCEL)
    if any(name.endswith((".iwa", "Index.zip")) for name in names):
        return FileKind(mark("it is an Apple Numbers file"), mark("Export it from Numbers as Excel (.xlsx)."))
    if any(name.replace("\\", "/").casefold().startswith("xl/") for name in names):
        return None
    return FileKind(mark("it is no XLSX file"), mark("If it is a ZIP archive, unpack it; else save it as .xlsx."))


def kind_of_text(text: str) -> FileKind | None:
    """Return what a text is that begins like markup, None if it may be CSV."""
    beginning = text[:4096].lstrip("\ufeff \t\r\n")
    if beginning.startswith("MIME-Version:"):
        return FileKind(mark("it is a web archive (MHTML), whatever its name says"), IN_EXCEL)
    if beginning.startswith("ID;P"):
        return FileKind(mark("it is a SYLK spreadsheet"), IN_EXCEL)
    if beginning.startswith(("{", "[{")):
        return FileKind(mark("it is a JSON file"), THE_TABLE_ITSELF)
    if not beginning.startswith("<") and not _TABLE_OF_A_PAGE.search(beginning):
        return None
    if "urn:schemas-microsoft-com:office:spreadsheet" in beginning and not _WEB_PAGE.match(beginning):
        return FileKind(mark("it is an XML spreadsheet of 2003, whatever its name says"), IN_EXCEL)
    if "application/vnd.oasis.opendocument.spreadsheet" in beginning:
        return _OPEN_DOCUMENT
    if _WEB_PAGE.search(beginning) or not _XML.match(beginning):
        return FileKind(mark("it is a web page (HTML), whatever its name says"), IN_EXCEL)
    return FileKind(mark("it is an XML file"), IN_EXCEL)
