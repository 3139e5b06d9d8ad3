"""The documents of an office from the command line: asked for as a clerk would, opened with another program."""

import csv
import stat
from pathlib import Path
from typing import Any

import pytest
from office import Office
from openpyxl import load_workbook
from pypdf import PdfReader

from latsar_sync.demo import CASES

COURSES = "".join(
    f'''
[[programmes.angkatan]]
id = "{name}"
source_group = "Angkatan {name}"
site = "kelas"
course = "KLS-{name}"
role_id = 5
capacity = {seats}
starts = 2100-12-06
ends = 2100-12-11
admit_until = 2100-12-06
venue = "Gedung Diklat"
'''
    for name, seats in {"I": 40, "II": 40, "III": 25}.items()
)
OFFICE = """
[office]
letterhead = ["PEMERINTAH KABUPATEN CONTOH", "BKPSDM"]
place = "Contoh"
signer_name = "Ratna, M.Si."
"""
CONFIRMED, NOT_YET = str(CASES["score_exactly_70"][0]), str(CASES["score_69_99999"][0])


@pytest.fixture(scope="module")
def bureau(settled: Office) -> Office:
    """Give the settled office with course days and a letterhead."""
    settled.configure(angkatan=COURSES, more=OFFICE)
    return settled


def sheets(file: Path) -> dict[str, list[list[Any]]]:
    """Return every worksheet as the values of its rows, empty cells left out."""
    book = load_workbook(file)
    return {sheet.title: [[*filter(None, row)] for row in sheet.iter_rows(values_only=True)] for sheet in book}


def table(file: Path) -> list[dict[str, Any]]:
    """Return the rows of every worksheet's table by the headings of their columns."""
    found = []
    for sheet in load_workbook(file):
        rows = list(sheet.iter_rows(values_only=True))
        head = next(number for number, row in enumerate(rows) if row[0] in ("No.", "Decided"))
        for row in rows[head + 1 :]:
            if row[0] is None:
                break
            found.append(dict(zip(rows[head], row, strict=True)))
    return found


def pages(file: Path) -> list[str]:
    """Return what can be read on each page."""
    return [" ".join(page.extract_text().split()) for page in PdfReader(file).pages]


@pytest.mark.parametrize(
    "command",
    [["roster"], ["export", "attendance"], ["export", "chase"], ["export", "summons"], ["export", "ledger"]],
    ids=" ".join,
)
def test_every_document_is_written_in_both_forms_for_its_owner_only(bureau: Office, command: list[str]) -> None:
    name = command[-1]
    done = bureau.run_all(
        [[*command, "-o", f"{name}.{form}", "--by", "Siti Aminah"] for form in ("xlsx", "pdf")]
        + [[*command, "--format", "pdf", "-o", f"{name}-again", "--by", "Siti Aminah"]]
    )

    assert [(ended.code, ended.err) for ended in done] == [(0, "")] * 3
    for file in bureau.folder.glob(f"{name}[.-]*"):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    first_sheet = next(iter(sheets(bureau.folder / f"{name}.xlsx").values()))
    assert first_sheet[0] == ["PEMERINTAH KABUPATEN CONTOH"]
    assert any("Siti Aminah" in str(row) and "latsar-sync" in str(row) for row in first_sheet)
    assert any("Uji" in str(row) for row in first_sheet)
    whole = " ".join(pages(bureau.folder / f"{name}.pdf"))
    assert "70 points (Uji)" in whole
    assert "by Siti Aminah" in whole
    assert "Contoh, " in whole
    assert "Ratna, M.Si." in whole


def test_the_roster_as_a_sheet_holds_whom_the_roster_holds(bureau: Office) -> None:
    listed, written = bureau.run_all([["roster", "--json"], ["roster", "-o", "whole.xlsx"]])
    found = {line["Participant id"]: line for line in table(bureau.folder / "whole.xlsx")}

    assert written.code == 0
    assert list(sheets(bureau.folder / "whole.xlsx")) == ["Angkatan I", "Angkatan II", "Angkatan III", "No angkatan"]
    assert {line["participant_id"]: line["nip"] for line in listed.json} == {
        internal: line["NIP"] for internal, line in found.items()
    }
    nips = [line["NIP"] for line in found.values()]
    assert CONFIRMED in nips
    assert NOT_YET not in nips


def test_the_csv_says_of_whom_it_is_as_the_sheet_does_and_is_written_with_the_same_care(bureau: Office) -> None:
    done = bureau.run_all([["roster", "-o", "list.csv"], ["roster", "-o", "list.csv"], ["roster", "-o", "list.xlsx"]])
    with (bureau.folder / "list.csv").open(encoding="utf-8", newline="") as file:
        lines = {line["participant_id"]: line for line in csv.DictReader(file)}
    found = {line["Participant id"]: line for line in table(bureau.folder / "list.xlsx")}

    assert [ended.code for ended in done] == [0, 2, 0]
    assert stat.S_IMODE((bureau.folder / "list.csv").stat().st_mode) == 0o600
    assert {key: (line["nip"] or None, line["name"], line["institution"]) for key, line in lines.items()} == {
        key: (line["NIP"], line["Name"], line["Institution"]) for key, line in found.items()
    }


def test_an_attendance_sheet_has_a_column_for_each_day_and_nobody_without_a_seat(bureau: Office) -> None:
    ended = bureau.run("export", "attendance", "--angkatan", "I", "-o", "one.xlsx")
    [rows] = sheets(bureau.folder / "one.xlsx").values()
    listed = bureau.run("roster", "--angkatan", "I", "--json").json

    assert ended.code == 0
    assert list(table(bureau.folder / "one.xlsx")[0])[-6:] == [
        "Mon, 6 Dec",
        "Tue, 7 Dec",
        "Wed, 8 Dec",
        "Thu, 9 Dec",
        "Fri, 10 Dec",
        "Sat, 11 Dec",
    ]
    assert ["Days: 6–11 December 2100"] in rows
    assert ["Venue: Gedung Diklat"] in rows
    assert ["Not on this list: 3 review"] in rows
    on_it = {line["NIP"] for line in table(bureau.folder / "one.xlsx")}
    assert on_it == {line["nip"] for line in listed if line["state"] == "confirmed"}


def test_the_chase_list_can_be_given_to_one_institution_and_names_nobody_else(bureau: Office) -> None:
    everybody = bureau.run("participants", "--state", "not_yet", "--json").json
    theirs = {line["nip"] for line in everybody if line["institution"] == "Pemerintah Kabupaten Kudus"}
    done = bureau.run_all(
        [
            ["export", "chase", "--institution", "pemerintah kabupaten kudus", "-o", "kudus.xlsx"],
            ["export", "chase", "-o", "all.xlsx"],
        ]
    )
    people, whole = table(bureau.folder / "kudus.xlsx"), table(bureau.folder / "all.xlsx")

    assert [ended.code for ended in done] == [0, 0]
    assert theirs <= {line["NIP"] for line in people}
    assert {line["Institution"] for line in people} == {"Pemerintah Kabupaten Kudus"}
    assert {line["nip"] for line in everybody} <= {line["NIP"] for line in whole}
    [lacking] = [line["What is lacking"] for line in whole if line["NIP"] == NOT_YET]
    assert lacking == "The evaluation score 69.99999 has not reached the threshold 70."


def test_the_chase_list_of_a_course_has_those_who_would_go_there(bureau: Office) -> None:
    ended = bureau.run("export", "chase", "--angkatan", "II", "-o", "second.xlsx")
    people = table(bureau.folder / "second.xlsx")

    assert ended.code == 0
    assert {line["Angkatan"] for line in people} == {"II"}
    assert "not yet" in {line["Decision"] for line in people}


def test_the_ledger_has_every_decision_with_what_it_stands_on(bureau: Office) -> None:
    ended = bureau.run("export", "ledger", "-o", "book.xlsx", "--json")
    [rows] = sheets(bureau.folder / "book.xlsx").values()
    explained = bureau.run("explain", NOT_YET, "--json").json
    [line] = [line for line in table(bureau.folder / "book.xlsx") if line["NIP"] == NOT_YET]

    assert ended.json == {"file": "book.xlsx", "format": "xlsx", "bytes": (bureau.folder / "book.xlsx").stat().st_size}
    assert line["Participant id"] == explained["participant"]["participant_id"]
    assert (line["Score"], line["Threshold"], line["Limit no."], line["Decision"]) == (69.99999, 70, 1, "not yet")
    assert ["Decisions", 122] in rows


def test_a_file_that_is_there_is_replaced_only_on_purpose(bureau: Office) -> None:
    (bureau.folder / "there.pdf").write_text("signed", encoding="utf-8")
    command = ["roster", "-o", "there.pdf"]

    refused = bureau.run(*command)
    assert refused.code == 2
    assert "there.pdf exists already" in refused.err
    assert (bureau.folder / "there.pdf").read_text(encoding="utf-8") == "signed"

    assert bureau.run(*command, "--overwrite").code == 0
    assert pages(bureau.folder / "there.pdf")


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["roster", "--format", "xlsx"], "goes to a file"),
        (["export", "chase", "--format", "pdf"], "goes to a file"),
        (["roster", "-o", "list.docx"], "Neither --format nor the file's ending"),
        (["export", "chase", "-o", "list.doc"], "Neither --format nor the file's ending"),
        (["export", "ledger", "--format", "pdf", "-o", "x.xlsx"], "x.xlsx ends in .xlsx"),
        (["roster", "--format", "csv", "-o", "x.pdf"], "x.pdf ends in .pdf"),
        (["export", "summons", "--angkatan", "IX", "-o", "x.pdf"], 'No angkatan has the id "IX"'),
        (["export", "summons", "--institution", "Kab. Kudus", "-o", "x.pdf"], 'No participant is sent by "Kab. Kudus"'),
        (["export", "chase", "--programme", "nope", "-o", "x.pdf"], 'No programme has the id "nope"'),
        (["export", "chase", "--by", " ", "-o", "x.pdf"], "--by is empty"),
        (["export", "chase", "-o", "no/folder/x.pdf"], "cannot be written"),
    ],
    ids=lambda part: " ".join(part) if isinstance(part, list) else "",
)
def test_what_cannot_be_written_is_said_with_the_remedy(bureau: Office, command: list[str], said: str) -> None:
    ended, as_json = bureau.run_all([command, [*command, "--json"]] if "roster" not in command else [command] * 2)

    assert ended.code == 2
    assert said in ended.err
    assert "→" in ended.err
    assert as_json.code == 2
    assert not (bureau.folder / "x.pdf").exists()


def test_a_course_without_days_has_no_attendance_sheet_and_that_is_said(office: Office) -> None:
    office.run("sync")

    ended = office.run("export", "attendance", "-o", "x.pdf")

    assert ended.code == 2
    assert 'Angkatan "I" of latsar-2026-iii has no starts and ends' in ended.err


def test_before_the_first_run_the_roster_is_a_list_of_nobody(office: Office) -> None:
    assert office.run("db", "upgrade").code == 0

    done = office.run_all(
        [["roster", "-o", "empty.pdf"], ["roster", "-o", "empty.xlsx"], ["export", "ledger", "-o", "empty-ledger.pdf"]]
    )

    assert [ended.code for ended in done] == [0, 0, 0]
    assert "Nobody." in pages(office.folder / "empty.pdf")[0]
    assert "none recorded yet" in pages(office.folder / "empty.pdf")[0]
    assert ["Nobody."] in next(iter(sheets(office.folder / "empty.xlsx").values()))


def test_an_office_that_speaks_indonesian_gets_indonesian_documents(office: Office) -> None:
    office.run("sync")
    office.config.write_text('language = "id"\n' + office.config.read_text(encoding="utf-8"), encoding="utf-8")

    ended = office.run("export", "summons", "--angkatan", "II", "-o", "panggil.pdf", "--by", "Siti")

    text = " ".join(pages(office.folder / "panggil.pdf"))
    assert ended.code == 0
    assert "DAFTAR PESERTA YANG DIPANGGIL" in text
    assert "70 poin (Uji), berlaku sejak" in text
    assert "Halaman 1 dari" in text
