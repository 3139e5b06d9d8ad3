"""Files as they are compared with what is known, without a file, for the tests of the comparison."""

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import count
from zoneinfo import ZoneInfo

from builders import nip

from latsar_sync.domain.evidence import Evidence, Grade, GradeStatus, Imported
from latsar_sync.domain.participant import Enrolment, Participant, Person
from latsar_sync.domain.records import Record
from latsar_sync.files.cells import Cell
from latsar_sync.files.checking import Reader, Sheet
from latsar_sync.files.comparison import PeopleComparison, take_people
from latsar_sync.files.comparison_of_scores import ScoreComparison, take_scores
from latsar_sync.files.finding_columns import Header, find_header

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
READER = Reader(NOW, ZoneInfo("Asia/Jakarta"), {"I": ("Angkatan I",), "II": ("Angkatan II",)})
LIST = ("No", "NIP", "Nama", "Instansi", "Angkatan/Kelompok")
SCORES = ("NIP", "Nama", "Nilai", "Materi selesai", "Tanggal")
Lines = Sequence[Sequence[Cell]]


def opened(
    titles: Sequence[Cell], lines: Lines, required: Sequence[str], optional: Sequence[str], reader: Reader = READER
) -> tuple[Sheet, list[tuple[int, Sequence[Cell], int]]]:
    rows = [(number, cells, len(cells)) for number, cells in enumerate([titles, *lines], start=1)]
    header, _ = find_header(rows, required, optional)
    assert header is not None
    return Sheet(header, reader), rows[1:]


def listed(
    *lines: Sequence[Cell],
    known: Sequence[Record] = (),
    titles: Sequence[Cell] = LIST,
    whole: bool = True,
    reader: Reader = READER,
) -> tuple[PeopleComparison, Sheet]:
    sheet, rows = opened(titles, lines, ["nip", "name"], ["institution", "angkatan"], reader)
    ids = count(1)
    by_number = {record.participant.person.user_id: record for record in known}
    return take_people(sheet, rows, by_number, max(by_number, default=0), whole, lambda: f"new-{next(ids)}"), sheet


def scored(
    *lines: Sequence[Cell],
    known: Sequence[Record],
    newest: dict[str, Imported] | None = None,
    titles: Sequence[Cell] = SCORES,
    materials: bool = True,
    reader: Reader = READER,
) -> tuple[ScoreComparison, Sheet]:
    sheet, rows = opened(titles, lines, ["nip", "score"], ["name", "materials", "date"], reader)
    by_number = {record.participant.person.user_id: record for record in known}
    return take_scores(sheet, rows, by_number, newest or {}, materials), sheet


def person(
    number: int, name: str = "Dadang Tri Sudrajat, S.E.", enrolment: Enrolment = Enrolment.ACTIVE, nip_of: int = 0
) -> Record:
    number_in_nip = nip(nip_of or number)
    someone = Person(number, name, number_in_nip, ("I",), "Kota Kudus", enrolment)
    return Record(
        Participant(f"p{number}", someone, number_in_nip), Evidence(Grade(GradeStatus.SCORE_NOT_IMPORTED)), None, NOW
    )


def reasons(sheet: Sheet) -> list[tuple[int, str, str]]:
    by_line = sorted(sheet.rejected, key=lambda remark: remark.line)
    return [(remark.line, remark.column, remark.code) for remark in by_line]


def header_of(*cells: Cell, required: Sequence[str] = ("nip", "score")) -> Header | None:
    return find_header([(1, cells, len(cells))], required, ["name", "institution", "angkatan"])[0]
