"""By which titles a column of an office's table is known, and what it is called. Pure."""

import re
from collections.abc import Mapping, Sequence

from latsar_sync.domain.language import in_use, mark, translate
from latsar_sync.files.cells import title_of

Titles = Mapping[str, Sequence[Sequence[str]]]

TITLES: Titles = {
    "nip": (
        (
            "nip",
            "n i p",
            "nip baru",
            "nip cpns",
            "nip peserta",
            "no nip",
            "nomor nip",
            "nomor induk pegawai",
            "nip nik",
        ),
    ),
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

_OF_SCORES = frozenset(["nilai", "skor", "hasil", "ujian", "tes", "evaluasi", "score", "grade", "result"])
_ONCE_MORE = frozenset(
    [
        "remedial",
        "remidial",
        "remedi",
        "remidi",
        "remed",
        "perbaikan",
        "ulang",
        "ulangan",
        "susulan",
        "pengulangan",
        "percobaan",
        "attempt",
        "retake",
        "kedua",
        "ketiga",
        "terbaik",
        "tertinggi",
        "best",
    ]
)
_COUNTED_ON = frozenset(["ke", "2", "3", "ii", "iii"])
_NO_SCORE = frozenset(
    ["tanggal", "tgl", "date", "keterangan", "ket", "jumlah", "status", "jam", "waktu", "nomor", "no"]
)
"""By their words a column beside the score is known that holds the score of a later try, and one that holds none."""

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


def is_of_a_later_try(title: str) -> bool:
    """Say whether a column beside the score holds another one by its title, as *Nilai Remedial* and *Nilai 2* do."""
    words = set(re.findall(r"\w+", title.casefold()))
    if words & _NO_SCORE:
        return False
    if words & _ONCE_MORE:
        return bool(words & _OF_SCORES) or words <= _ONCE_MORE
    return bool(words & _COUNTED_ON) and words <= _OF_SCORES | _COUNTED_ON


def usual_title(column: str) -> str:
    """Return what a column is called, in the language in use."""
    return translate(SHOWN[column], in_use())


def usual_among(written: Sequence[str], column: str) -> str:
    """Return which of these titles is a usual one of a column, empty if none is, or if another score may be meant."""
    if column == "score" and any(map(is_of_a_later_try, written)):
        return ""
    usual = [title for rank in TITLES[column] for title in rank]
    return next((each for each in written if title_of(each) in usual), "")
