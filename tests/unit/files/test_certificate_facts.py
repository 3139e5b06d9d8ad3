"""What is read in certificates, whatever their form; only a proposal."""

import pytest
from builders import nip

from latsar_sync.files.certificate_facts import facts_in, facts_proposed, is_certificate

WHOLE = """LEMBAGA ADMINISTRASI NEGARA
SERTIFIKAT
Nomor: 0123/MOOC/2026
Diberikan kepada:
Siti Aminah, S.H.
NIP 19950817 202504 2 001
telah mengikuti Pelatihan Mandiri MOOC Latsar CPNS
dengan nilai 85,50
Jakarta, 12 April 2026
"""


def test_every_fact_of_a_usual_certificate_is_proposed() -> None:
    found = facts_in(WHOLE)

    assert found["nip"] == nip(1)
    assert found["name"] == "Siti Aminah, S.H."
    assert (found["score"], found["date"], found["number"]) == ("85,50", "12 April 2026", "0123/MOOC/2026")
    assert "MOOC Latsar CPNS" in found["course"]


def test_a_score_and_a_date_that_nobody_sees_are_not_proposed() -> None:
    """A scan holds its text in letters that are not drawn: they may be misread, or forged."""
    found = facts_proposed("Nomor: 9/2026", WHOLE)

    assert (found["nip"], found["name"], found["number"]) == (nip(1), "Siti Aminah, S.H.", "9/2026")
    assert found.keys().isdisjoint({"score", "date"})
    assert facts_proposed(WHOLE, "Nilai: 95") == facts_in(WHOLE)


@pytest.mark.parametrize(
    ("text", "field", "value"),
    [
        (f"NIP: {nip(7)}", "nip", nip(7)),
        ("Skor: 70", "score", "70"),
        ("Nilai Akhir = 91.25", "score", "91.25"),
        ("2026-04-12", "date", "2026-04-12"),
        ("tanggal 12/04/2026", "date", "12/04/2026"),
    ],
)
def test_other_spellings_are_read(text: str, field: str, value: str) -> None:
    assert facts_in(text)[field] == value


@pytest.mark.parametrize(
    "text", ["", "Nilai: sangat baik", "NIK 3319012345678901", "Nomor telepon", "Nilai: 69.9999956", "Nilai 1.070,5"]
)
def test_what_is_not_there_is_not_made_up(text: str) -> None:
    found = facts_in(text)

    assert "nip" not in found
    assert "score" not in found


def test_a_text_says_itself_whether_it_is_a_certificate() -> None:
    assert is_certificate(WHOLE)
    assert not is_certificate("Daftar hadir peserta")
