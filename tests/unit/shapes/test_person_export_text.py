"""Everything held about one person as a text: values as people write them, typed words as they were typed."""

from datetime import UTC

from latsar_sync.domain import language
from latsar_sync.shapes.person_export_text import dossier_text


def test_what_somebody_typed_stands_as_typed_even_where_it_looks_like_a_day_or_a_number() -> None:
    typed = {"reason": "2026-02-30", "by": "75.00000", "sk": "2026-11-24T10:00:00+07:00", "legal_basis": "held"}
    of_ours = {"at": "2026-11-24T10:00:00+07:00", "date": "2026-11-24", "score": "69.50000", "kind": "surat_sehat"}

    with language.speaking("id"):
        assert dossier_text({"date": "kemarin", "score": "baik"}, UTC) == "Tanggal: kemarin\n\nNilai: baik\n\n"
        lines = dossier_text({"overrides": [{**typed, **of_ours}]}, UTC).split("\n")

    said = [line.partition(": ")[2] for line in lines if ": " in line]
    assert said == [*typed.values(), "24 Nov 2026 03.00 UTC", "24 Nov 2026", "69,5", "surat keterangan sehat"]
