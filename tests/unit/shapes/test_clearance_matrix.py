"""Which required document each person of an angkatan has, and which ends soon."""

from datetime import UTC, date, datetime

from latsar_sync.domain.actions import Clearance
from latsar_sync.settings import AngkatanSettings, ProgrammeSettings
from latsar_sync.settings.judging import ClearanceSettings
from latsar_sync.shapes.clearance_matrix import matrix

TODAY, STARTS, ENDS = date(2026, 11, 20), date(2026, 12, 7), date(2026, 12, 12)
ANGKATAN = AngkatanSettings.model_construct(id="I", course="KLS-I", starts=STARTS, ends=ENDS)
PROGRAMME = ProgrammeSettings.model_construct(
    angkatan=(ANGKATAN,),
    clearances=ClearanceSettings(participant=("surat_sehat", "antigen/pcr"), angkatan=("rekomendasi_satgas",)),
)


def paper(number: int, kind: str, until: date, who: str | None = "a", angkatan: str | None = None) -> Clearance:
    now = datetime(2026, 11, 1, tzinfo=UTC)
    return Clearance(number, who, angkatan, kind, "1", "RSUD", date(2026, 11, 1), until, "sari", now)


def states(*recorded: Clearance) -> tuple[list[str], list[str]]:
    found = matrix(PROGRAMME, ANGKATAN, [{"participant_id": "a"}], recorded, TODAY)
    return [each.state for each in found.people[0].papers], [each.state for each in found.of_angkatan]


def test_a_document_must_be_valid_on_the_first_day_in_class_and_ends_soon_before_the_last() -> None:
    assert states(paper(1, "surat_sehat", ENDS), paper(2, "pcr", STARTS)) == (["valid", "soon"], ["missing"])
    assert states(paper(1, "surat_sehat", date(2026, 12, 6))) == (["expired", "missing"], ["missing"])


def test_the_angkatan_s_own_document_is_apart_from_those_of_its_people() -> None:
    assert states(paper(1, "rekomendasi_satgas", date(2026, 12, 31), None, "I"))[1] == ["valid"]


def test_who_lacks_nothing_and_whose_ends_soon_are_counted() -> None:
    recorded = [paper(1, "surat_sehat", ENDS), paper(2, "antigen", STARTS), paper(3, "antigen", STARTS, "b")]
    found = matrix(PROGRAMME, ANGKATAN, [{"participant_id": each} for each in "ab"], recorded, TODAY)

    assert (found.complete, found.ending, found.day) == (1, 2, STARTS)


def test_of_people_without_an_angkatan_it_must_be_valid_today() -> None:
    found = matrix(PROGRAMME, None, [{"participant_id": "a"}], [paper(1, "surat_sehat", TODAY)], TODAY)

    assert found.day == TODAY
    assert found.of_angkatan == ()
    assert [each.state for each in found.people[0].papers] == ["soon", "missing"]
