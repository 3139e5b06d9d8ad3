"""Where the columns of an office's table are: its header is found below whatever stands above it. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _, in_use, mark, translate
from latsar_sync.files.cells import Cell, is_blank, title_of

LOOKED_THROUGH = 40
"""Rows from the top in which the header is looked for."""

Titles = Mapping[str, Sequence[Sequence[str]]]

TITLES: Titles = {
    "nip": (("nip", "nip baru", "nip cpns", "nip peserta", "no nip", "nomor nip", "nomor induk pegawai", "nip nik"),),
    "name": (
        (
            "nama",
            "nama peserta",
            "nama lengkap",
            "nama cpns",
            "nama dan gelar",
            "nama lengkap dan gelar",
            "nama peserta dan gelar",
            "nama gelar",
            "nama lengkap gelar",
            "name",
            "full name",
        ),
    ),
    "institution": (
        ("instansi", "instansi asal", "asal instansi", "instansi pengirim", "nama instansi", "institution", "agency"),
        ("instansi unit kerja", "unit kerja instansi", "instansi opd", "opd instansi", "instansi skpd"),
        (
            "opd",
            "nama opd",
            "skpd",
            "perangkat daerah",
            "opd unit kerja",
            "unit kerja",
            "nama unit kerja",
            "satuan kerja",
        ),
    ),
    "email": (("email", "e mail", "alamat email", "alamat e mail", "surel", "alamat surel"),),
    "angkatan": (
        ("angkatan", "angkatan kelompok", "angkatan kelas", "angkatan peserta"),
        ("kelompok", "kelas", "class", "group"),
    ),
    "place": (("lokasi", "tempat", "tempat pelatihan", "lokasi pelatihan", "zona", "place"),),
    "score": (
        (
            "nilai",
            "nilai evaluasi",
            "nilai mooc",
            "nilai evaluasi mooc",
            "nilai evaluasi akademik",
            "nilai akademik",
            "nilai akhir",
            "nilai akhir mooc",
            "skor",
            "skor mooc",
            "hasil evaluasi",
            "score",
            "grade",
        ),
    ),
    "date": (
        (
            "tanggal",
            "tgl",
            "tanggal nilai",
            "tanggal evaluasi",
            "tanggal selesai",
            "tanggal lulus",
            "tanggal penilaian",
            "tgl evaluasi",
            "tgl selesai",
            "tgl lulus",
            "date",
        ),
    ),
    "materials": (
        (
            "materi selesai",
            "status materi",
            "materi",
            "materi mooc",
            "penyelesaian materi",
            "ketuntasan materi",
            "progres materi",
            "progress materi",
            "materials done",
            "materials",
        ),
    ),
    "account": (
        (
            "id akun",
            "id akun kelas",
            "id akun moodle",
            "akun kelas",
            "id pengguna",
            "id user",
            "user id",
            "userid",
            "account",
            "account id",
        ),
    ),
    "kind": (("jenis", "jenis dokumen", "jenis surat", "kind"),),
    "number": (("nomor", "nomor dokumen", "nomor surat", "no surat", "no dokumen", "number"),),
    "issuer": (("penerbit", "diterbitkan oleh", "issuer"),),
    "issued": (("tanggal", "tgl", "tanggal dokumen", "tanggal surat", "tgl surat", "date"),),
    "valid_until": (("berlaku sampai", "berlaku hingga", "berlaku s d", "masa berlaku", "valid until"),),
}
"""Titles by which a column is known, the first rank before the second; compared as ``cells.title_of`` returns them."""

_WORDS = """
akademik akhir angka asn baru beserta bulan contoh cpns dan dd dengan digit diisi dst evaluasi format gelar
hari huruf ijazah isi jam kapital ktp lengkap mm mooc nama nilai nip number numbers of opsional persen peserta
pns poin point points scale sesuai sk skala spasi tahun tanggal tanpa teks text tgl titik to wajib wib wit
wita with yy yyyy
"""
SAYS_HOW = frozenset(_WORDS.split())
"""Words in parentheses that only say how a column is written; "(pretest)" or "(lahir)" says that it is another one."""
EXACT = frozenset({"nip", "name", "score", "date", "issued", "valid_until"})
"""Columns by which people are known, admitted or put in line: what else stands in parentheses is not passed over."""

SHOWN: Mapping[str, str] = {
    "nip": mark("NIP"),
    "name": mark("Name"),
    "institution": mark("Institution"),
    "email": mark("E-mail"),
    "angkatan": mark("Angkatan"),
    "place": mark("Place"),
    "score": mark("Score"),
    "date": mark("Date"),
    "materials": mark("Materials done"),
    "account": mark("User id"),
    "kind": mark("Kind"),
    "number": mark("Number"),
    "issuer": mark("Issuer"),
    "issued": mark("Date"),
    "valid_until": mark("Valid until"),
}
"""What a column is called where a file does not say it; in Indonesian the usual title."""


def usual_title(column: str) -> str:
    """Return what a column is called, in the language in use."""
    return translate(SHOWN[column], in_use())


def usual_among(written: Sequence[str], column: str) -> str:
    """Return which of these titles is a usual one of a column, empty if none is."""
    usual = [title for rank in TITLES[column] for title in rank]
    return next((each for each in written if title_of(each) in usual), "")


@dataclass(frozen=True, slots=True)
class Header:
    """A header as found: the index of each column that is used, its title as written, and the titles not used."""

    line: int
    width: int
    columns: Mapping[str, int]
    titles: Mapping[str, str]
    ignored: tuple[str, ...]

    def cell(self, cells: Sequence[Cell], field: str) -> Cell:
        """Return the cell of a column in a row, None where row or header ends before it."""
        index = self.columns.get(field)
        return None if index is None or index >= len(cells) else cells[index]

    def is_numbering(self, cells: Sequence[Cell]) -> bool:
        """Say whether a row numbers the columns, as tables of offices do below their header: (1), (2), (3)."""
        numbers = [title_of(cell) or str(cell).strip("() ") for cell in cells if not is_blank(cell)]
        return not is_blank(self.cell(cells, "nip")) and all(text.isdigit() and len(text) <= 2 for text in numbers)

    def is_titled_anew(self, cells: Sequence[Cell]) -> bool:
        """Say whether a row has the title of the NIP where its NIP would stand: what follows has columns of its own."""
        title = title_of(self.cell(cells, "nip"))
        return bool(title) and title in {title_of(self.titles.get("nip")), *TITLES["nip"][0]}

    def is_repeated(self, cells: Sequence[Cell]) -> bool:
        """Say whether a row is the header again: on the next page, or below itself where its cells are merged."""
        written = {field: self.cell(cells, field) for field in self.columns}
        return all(
            title_of(cell) == title_of(self.titles[field])
            and (_is_meant(field, cell, TITLES) or _written(cell) == self.titles[field])
            for field, cell in written.items()
        )


def _header_in(
    line: int,
    cells: Sequence[Cell],
    width: int,
    wanted: Sequence[str],
    below: Sequence[Sequence[Cell]],
    known: Titles,
) -> tuple[Header, UsageError | None]:
    """Return what a row would be as a header, and what is to be told if it is the one.

    That is where two columns claim to be the same thing and do not say the same in every row ``below``.
    """
    titles = [title_of(cell) for cell in cells]
    columns: dict[str, int] = {}
    twice: UsageError | None = None
    for field in wanted:
        for rank in known[field]:
            found = [
                index for index, title in enumerate(titles) if title in rank and _is_meant(field, cells[index], known)
            ]
            if len(found) > 1 and not (below and all(_agree(row, found) for row in below)):
                names = ", ".join(f'"{_written(cells[index])}"' for index in found)
                twice = twice or UsageError(
                    _("Line {line} has more than one column for {column}: {names}.").format(
                        line=line, column=usual_title(field), names=names
                    ),
                    _("Leave one of them, or rename the other.")
                    if field != "nip"
                    else _("If two lists stand side by side, put one below the other; else leave one of the columns."),
                )
            if found:
                columns[field] = found[0]
                break
    ignored = tuple(
        _written(cell) for index, cell in enumerate(cells) if index not in columns.values() and not is_blank(cell)
    )
    written = {field: _written(cells[index]) for field, index in columns.items()}
    return Header(line, width, columns, written, ignored), twice


def find_header(
    rows: Sequence[tuple[int, Sequence[Cell], int]],
    required: Sequence[str],
    optional: Sequence[str],
    either: Sequence[str] = ("nip",),
    known: Titles = TITLES,
) -> tuple[Header | None, Header | None]:
    """Given rows as (line, cells, width), return the header, and the row that comes closest where there is none.

    A header has all ``required`` columns, and one of ``either``; ``known`` are the titles by which they are found.
    Raise UsageError if two of its columns claim to be the same thing and do not say the same in every row.
    """
    wanted = list(dict.fromkeys([*either, *required, *optional]))
    closest: Header | None = None
    for index, (line, cells, width) in enumerate(rows[:LOOKED_THROUGH]):
        below = [each for _line, each, _width in rows[index + 1 :]]
        header, twice = _header_in(line, cells, width, wanted, below, known)
        if not any(field in header.columns for field in either):
            continue
        if all(field in header.columns for field in required):
            if twice is not None:
                raise twice
            return header, header
        if closest is None or len(header.columns) > len(closest.columns):
            closest = header
    return None, closest


def _is_meant(field: str, cell: Cell, known: Titles) -> bool:
    """Say whether a title means a column whatever stands in parentheses; one that a person chose always does."""
    if field not in EXACT or known is not TITLES:
        return True
    words = re.findall(r"[^\W\d_]+", " ".join(re.findall(r"\(([^)]*)\)", str(cell).casefold())))
    return SAYS_HOW.issuperset(words)


def _agree(cells: Sequence[Cell], columns: Sequence[int]) -> bool:
    first, *others = (cells[index] if index < len(cells) else None for index in columns)
    return all(each == first for each in others)


def _written(cell: Cell) -> str:
    return " ".join(str(cell).split())
