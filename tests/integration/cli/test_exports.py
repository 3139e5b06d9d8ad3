"""What stands in the documents, read from both kinds of database."""

from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from openpyxl import load_workbook
from service import PROGRAMME, Service, ServiceFactory

from latsar_sync.demo import CASES
from latsar_sync.domain import language
from latsar_sync.domain.decision import RULE_VERSION, Scale, Threshold
from latsar_sync.exports import ExportRequest, Paper, compose
from latsar_sync.exports.xlsx import write_xlsx
from latsar_sync.store.thresholds import add_threshold

NOW = datetime(2026, 11, 24, 5, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
EXACTLY = str(CASES["score_exactly_70"][0])


def lines(service: Service, paper: Paper, now: datetime = LATER, **wanted: Any) -> list[list[Any]]:
    """Return every row of a document's sheets, read while the connection is open."""
    file = BytesIO()
    with language.speaking("en"), service.database.reading() as connection:
        write_xlsx(compose(service.settings, connection, ExportRequest(paper, "Siti", now, **wanted)), file)
    file.seek(0)
    return [list(row) for sheet in load_workbook(file) for row in sheet.iter_rows(values_only=True)]


def notes(rows: list[list[Any]]) -> dict[str, str]:
    """Return the lines of text around the tables by their label."""
    return dict(row[0].split(": ", 1) for row in rows if isinstance(row[0], str) and ": " in row[0])


def test_the_ledger_keeps_what_was_decided_before_beside_what_was_decided_after(
    make_service: ServiceFactory, database_url: str
) -> None:
    service = make_service(database_url)
    service.run(now=NOW)
    with service.database.writing() as connection:
        add_threshold(
            connection,
            PROGRAMME,
            Threshold(2, 75, Scale.POINTS, "Keputusan 12", NOW, "Ratna", NOW + timedelta(minutes=1)),
        )
    before = notes(lines(service, Paper.ROSTER, angkatan="I"))
    service.run(now=LATER, full=True)

    rows = lines(service, Paper.LEDGER)
    theirs = [row for row in rows if EXACTLY in row]
    told = notes(rows)

    assert "decisions were made by an earlier one" in before["Threshold"]
    assert [(row[4], row[5], row[8], row[9]) for row in theirs] == [(1, "qualified", 70, 1), (2, "not yet", 75, 2)]
    assert told["Limit no. 1"].startswith("70 points (Uji), in force from the beginning")
    assert told["Limit no. 2"].startswith("75 points (Keputusan 12), in force since 24 November 2026")
    assert (told["Rule version"], told["Evidence as of"]) == (RULE_VERSION, "24 November 2026 13:00 WIB")
    assert told["Made"].startswith("24 November 2026 13:00 WIB by Siti, latsar-sync ")


def test_a_course_in_another_time_zone_has_its_own_times(make_service: ServiceFactory, sqlite_url: str) -> None:
    service = make_service(sqlite_url, programme='timezone = "Asia/Jayapura"')
    service.run(now=NOW)

    assert notes(lines(service, Paper.CHASE))["Evidence as of"] == "24 November 2026 14:00 WIT"


def test_an_erased_person_stays_in_the_ledger_without_a_name(make_service: ServiceFactory, database_url: str) -> None:
    service = make_service(database_url)
    service.run(now=NOW)
    internal = service.participants()[EXACTLY]["participant_id"]
    with service.database.writing() as connection:
        connection.exec_driver_sql(f"DELETE FROM identities WHERE participant_id = '{internal}'")

    [theirs] = [row for row in lines(service, Paper.LEDGER) if internal in row]
    [listed] = [row for row in lines(service, Paper.ROSTER) if internal in row]

    assert theirs[1:3] == ["(erased)", None]
    assert "(erased)" in listed


@pytest.mark.parametrize("paper", Paper)
def test_two_documents_of_the_same_data_differ_in_nothing_but_the_moment(
    make_service: ServiceFactory, sqlite_url: str, paper: Paper
) -> None:
    angkatan = """
[[programmes.angkatan]]
id = "I"
source_group = "Angkatan I"
site = "kelas"
course = "KLS-I"
role_id = 5
starts = 2026-12-07
ends = 2026-12-12
"""
    service = make_service(sqlite_url, angkatan=angkatan)
    service.run(now=NOW)

    first, again, later = (
        lines(service, paper, now, angkatan="I") for now in (LATER, LATER, LATER + timedelta(days=1))
    )

    assert first == again
    assert [a[0] for a, b in zip(first, later, strict=True) if a != b] == [f"Made: {notes(first)['Made']}"]


def test_a_programme_on_a_list_says_where_people_would_go_by_the_list(
    make_service: ServiceFactory, sqlite_url: str, tmp_path: Any
) -> None:
    nip = str(CASES["score_69_99999"][0])
    (tmp_path / "placement.csv").write_text(f"nip,angkatan\n{nip},III\n", encoding="utf-8")
    service = make_service(sqlite_url, programme='placement = "list"\nplacement_file = "placement.csv"')
    service.run(now=NOW)

    [theirs] = [row for row in lines(service, Paper.CHASE, angkatan="III") if nip in row]

    assert theirs[4] == "III"
