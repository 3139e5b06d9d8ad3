"""Stable reason codes and their sentences in Indonesian and English.

Codes are a contract: listings, the ledger and other programs keep them. Sentences may improve.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

TEXTS: Mapping[str, tuple[str, str]] = {
    # the evaluation
    "score_below_threshold": (
        "Nilai evaluasi {score} belum mencapai batas kelulusan {threshold}.",
        "The evaluation score {score} has not reached the pass limit {threshold}.",
    ),
    "no_grade": (
        "Evaluasi MOOC belum dinilai atau belum dikerjakan.",
        "The MOOC evaluation has no grade yet.",
    ),
    "grade_unread": ("Nilai tidak terbaca dari LMS.", "The grade could not be read from the LMS."),
    "grade_item_missing": (
        "Butir nilai evaluasi tidak tampak bagi akun layanan; periksa haknya.",
        "The evaluation's grade item is not visible to the service account; check its rights.",
    ),
    "grade_hidden": (
        "Nilai disembunyikan dari akun layanan; beri hak moodle/grade:viewhidden.",
        "The grade is hidden from the service account; give it moodle/grade:viewhidden.",
    ),
    "grade_needs_update": (
        "LMS sedang menghitung ulang nilai; dicoba lagi pada putaran berikut.",
        "The LMS is recalculating grades; tried again in the next run.",
    ),
    "grade_range_missing": (
        "Rentang nilai tidak terbaca, persentase tidak dapat dihitung; tampilkan rentang di laporan pengguna.",
        "The grade range is not readable, so no percentage; let the user report show the range.",
    ),
    "grade_overridden": (
        "Nilai ditetapkan manual oleh pengajar di buku nilai.",
        "A teacher set the grade by hand in the gradebook.",
    ),
    "attempts_unread": (
        "Percobaan kuis tidak terbaca dari LMS.",
        "The quiz attempts could not be read from the LMS.",
    ),
    "attempt_ungraded": (
        "Ada percobaan yang selesai tetapi belum dinilai.",
        "A finished attempt has not been marked yet.",
    ),
    # the materials
    "materials_incomplete": (
        "Materi selesai {done} dari {total}; belum: {names}.",
        "{done} of {total} activities done; open: {names}.",
    ),
    "materials_failed": (
        "Dikerjakan tetapi belum lulus: {names}.",
        "Done but failed: {names}.",
    ),
    "materials_unread": (
        "Penyelesaian materi belum dibaca.",
        "Completion of the material has not been read.",
    ),
    "materials_unknown": (
        "Status materi tidak tampak bagi akun layanan: {names}.",
        "Not visible to the service account: {names}.",
    ),
    # the person
    "nip_missing": ("NIP kosong pada akun MOOC.", "The MOOC account has no NIP."),
    "nip_invalid": (
        "NIP pada akun MOOC tidak sah ({detail}).",
        "The NIP of the MOOC account is not valid ({detail}).",
    ),
    "nip_duplicate": (
        "NIP ini dipakai lebih dari satu akun MOOC.",
        "More than one MOOC account carries this NIP.",
    ),
    "enrolment_suspended": (
        "Pendaftaran di MOOC ditangguhkan.",
        "The enrolment in the MOOC is suspended.",
    ),
    "enrolment_ended": (
        "Tidak terdaftar lagi di MOOC; bukti terakhir dipakai.",
        "No longer enrolled in the MOOC; the last evidence stands.",
    ),
    # the roster
    "no_angkatan": (
        "Tidak berada di kelompok angkatan mana pun.",
        "In none of the configured angkatan groups.",
    ),
    "two_angkatan": ("Berada di lebih dari satu kelompok angkatan.", "In more than one angkatan group."),
    "over_capacity": ("Menunggu: kapasitas angkatan penuh.", "Waiting: the angkatan is full."),
    "admission_closed": (
        "Batas penerimaan angkatan sudah lewat.",
        "The angkatan's admission date has passed.",
    ),
    "held": ("Ditangguhkan oleh panitia; tidak didorong.", "Held by the committee; not pushed."),
    "held_by_override": ("Ditangguhkan oleh panitia.", "Held by the committee."),
    "admitted_by_override": (
        "Diterima oleh panitia di luar aturan.",
        "Admitted by the committee against the rule.",
    ),
    "no_class": (
        "Angkatan ini tanpa tahap klasikal.",
        "This angkatan has no in-class phase.",
    ),
    "undetermined": (
        "Direncanakan, tetapi keputusannya kini perlu diperiksa; tidak didorong.",
        "Planned, but the decision needs checking now; not pushed.",
    ),
    "no_longer_qualifies": (
        "Tidak lagi memenuhi; tidak ada yang dibatalkan, mohon diperiksa.",
        "No longer qualifies; nothing was undone, please check.",
    ),
    "awaiting_approval": ("Menunggu persetujuan panitia.", "Waiting for the committee's approval."),
    "target_account_missing": (
        "Tidak ada akun dengan NIP ini di LMS kelas.",
        "No account with this NIP on the in-class LMS.",
    ),
    "target_account_ambiguous": (
        "Lebih dari satu akun dengan NIP ini di LMS kelas.",
        "More than one account with this NIP on the in-class LMS.",
    ),
    "target_account_suspended": (
        "Akun di LMS kelas ditangguhkan.",
        "The account on the in-class LMS is suspended.",
    ),
    "target_enrolment_inactive": (
        "Sudah terdaftar di kelas tetapi tidak aktif; dibiarkan seperti adanya.",
        "Enrolled in the in-class course but not active; left as found.",
    ),
    "target_role_missing": (
        "Terdaftar di kelas tanpa peran peserta; dibiarkan seperti adanya.",
        "Enrolled in the in-class course without the participant role; left as found.",
    ),
    "target_other_group": (
        "Berada di kelompok angkatan lain pada kelas itu.",
        "In another angkatan's group of the in-class course.",
    ),
    "target_group_left": (
        "Tidak lagi di kelompoknya pada kelas itu.",
        "No longer in its group of the in-class course.",
    ),
    "target_removed": (
        "Dikeluarkan atau dinonaktifkan di kelas oleh pengelola; tidak dikembalikan.",
        "Removed or made inactive in the in-class course by a manager; not put back.",
    ),
    "push_unknown": (
        "LMS tidak menjawab; dipastikan dengan membaca kembali.",
        "The LMS did not answer; settled by reading back.",
    ),
    "push_rejected": (
        "LMS menolak pendaftaran orang ini; dicoba lagi pada putaran berikut.",
        "The LMS rejects this person's enrolment; tried again in the next run.",
    ),
}

NIP_DETAILS: Mapping[str, tuple[str, str]] = {
    "length": ("tidak 18 angka", "not 18 digits"),
    "looks_like_nik": ("16 angka, mirip NIK", "16 digits, looks like a NIK"),
    "birth_date": ("tanggal lahir tidak ada", "no such birth date"),
    "appointment_month": ("bulan TMT bukan 01-12", "appointment month is not 01-12"),
    "looks_like_pppk": ("seperti NI PPPK", "looks like a PPPK number"),
    "sex": ("angka ke-15 bukan 1 atau 2", "digit 15 is neither 1 nor 2"),
    "sequence": ("nomor urut 000", "sequence 000"),
    "spreadsheet_lost_digits": (
        "angka terakhir hilang di lembar kerja; format kolom sebagai teks",
        "a spreadsheet lost the last digits; format the column as text",
    ),
}

OUTCOME_TEXTS: Mapping[str, tuple[str, str]] = {
    "qualified": ("memenuhi", "qualified"),
    "not_yet": ("belum memenuhi", "not yet"),
    "undetermined": ("perlu diperiksa", "undetermined"),
    "held": ("ditangguhkan", "held"),
}

STATE_TEXTS: Mapping[str, tuple[str, str]] = {
    "waitlisted": ("daftar tunggu", "waitlisted"),
    "planned": ("direncanakan", "planned"),
    "pushed": ("didorong", "pushed"),
    "confirmed": ("terkonfirmasi", "confirmed"),
    "review": ("perlu diperiksa", "review"),
    "withdrawn": ("ditarik di LMS", "withdrawn"),
}


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason: a stable code and the values its sentence needs (never a name or NIP of a person)."""

    code: str
    values: Mapping[str, str] = field(default_factory=dict, hash=False)


def sentence(reason: Reason, language: str) -> str:
    """Return the reason as a sentence in ``language`` ("id" or "en")."""
    values = dict(reason.values)
    if values.get("detail") in NIP_DETAILS:
        values["detail"] = word(NIP_DETAILS, values["detail"], language)
    return word(TEXTS, reason.code, language).format(**values)


def word(texts: Mapping[str, tuple[str, str]], code: str, language: str) -> str:
    """Return the word for an outcome or state code in ``language`` ("id" or "en")."""
    return texts[code][0 if language == "id" else 1]
