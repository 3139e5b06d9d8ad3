"""A ZIP may say less of itself than it packs: whatever it says, no more is unpacked than an office's file holds."""

import tracemalloc
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO

import pytest
from xlsxwriter import Workbook

from latsar_sync.actions.received_certificates import documents_in
from latsar_sync.domain.errors import UsageError
from latsar_sync.files import archives, workbook_parts
from latsar_sync.files.mentions import whole_text
from latsar_sync.files.opening import read_office_bytes
from latsar_sync.files.workbook_parts import Damaged, read_part

PACKED, SAID = 30_000_000, 10
OTHER_WAYS = [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]


def bomb(name: str, way: int, beside: BytesIO | None = None) -> bytes:
    """Return an archive with one member that packs far more than the directory says of it, a good checksum beside."""
    made = beside or BytesIO()
    with zipfile.ZipFile(made, "a", way) as archive:
        archive.writestr(name, bytes(PACKED))
        archive.getinfo(name).file_size, archive.getinfo(name).CRC = SAID, zlib.crc32(bytes(SAID))
    assert len(made.getvalue()) < 100_000
    return made.getvalue()


@contextmanager
def within_memory() -> Iterator[None]:
    tracemalloc.start()
    try:
        yield
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < PACKED / 3


def read(content: bytes) -> object:
    return read_office_bytes("kiriman.xlsx", content)


def read_certificates(content: bytes) -> object:
    return documents_in("sertifikat.zip", content)


@pytest.mark.parametrize("way", [zipfile.ZIP_DEFLATED, *OTHER_WAYS])
@pytest.mark.parametrize(
    ("name", "reader"),
    [("mimetype", read), ("xl/worksheets/sheet1.xml", read), ("a.pdf", read_certificates)],
)
def test_a_member_unpacks_to_no_more_than_it_says(name: str, reader: Callable[[bytes], object], way: int) -> None:
    content = bomb(name, way)

    with within_memory():
        try:
            told: object = reader(content)
        except UsageError as error:
            told = error.message

    refused = any(reason in str(told) for reason in ("damaged", "no XLSX file", "neither a PDF nor a ZIP"))
    assert refused or told == [("a.pdf", bytes(SAID))]


def test_looking_whom_a_file_names_unpacks_no_more_either() -> None:
    made = BytesIO()
    with Workbook(made) as book:
        book.add_worksheet().write_string(0, 0, "Siti")
    content = bomb("docProps/lain.xml", zipfile.ZIP_DEFLATED, made)

    with within_memory():
        text = whole_text("kiriman.xlsx", content)

    assert "Siti" in text


def test_more_members_than_any_file_of_an_office_has_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MAX_MEMBERS", 3)
    made = BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for number in range(4):
            archive.writestr(f"xl/{number}.xml", "")

    with pytest.raises(UsageError, match="more than 3 parts"):
        read(made.getvalue())


WIDE = b"<a " + b" ".join(b'a%d="x"' % number for number in range(300_000)) + b"/>"


@pytest.mark.parametrize("part", [b"<a>" * 60, b"<a>" + b"<b/>" * 60 + b"</a>", b"<a>" + WIDE + b"</a>"])
def test_xml_that_no_spreadsheet_builds_is_refused_before_it_takes_memory(
    monkeypatch: pytest.MonkeyPatch, part: bytes
) -> None:
    monkeypatch.setattr(workbook_parts, "MOST_ELEMENTS", 55)
    monkeypatch.setattr(workbook_parts, "DEEPEST", 50)
    monkeypatch.setattr(workbook_parts, "LARGEST_PIECE", 100_000)

    with pytest.raises(Damaged):
        read_part(part, lambda _name, _attributes: None)


def test_a_long_text_comes_in_few_pieces() -> None:
    pieces: list[str] = []

    read_part(b"<t>" + b"a\n" * 1_500_000 + b"</t>", lambda _name, _attributes: None, text=pieces.append)

    assert "".join(pieces) == "a\n" * 1_500_000
    assert len(pieces) < 10
