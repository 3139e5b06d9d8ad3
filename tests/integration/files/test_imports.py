"""A programme that runs on files, end to end (issue 4, point 5)."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
import xlsxwriter
from imported_files import CONFIRMER, PEOPLE, import_people, import_scores, people_file, reasons, scores_file, told
from service import PROGRAMME, Command, Service

from latsar_sync.demo import Campus
from latsar_sync.domain.request import RunOutcome
from latsar_sync.setup.doctor import Status, examine
from latsar_sync.store import check


def is_in_class(campus: Campus, nip: str) -> bool:
    user_id = campus.kelas.user_id(nip)
    return any(user_id in campus.kelas.course(f"KLS-{each}").enrolments for each in ("I", "II"))


def test_a_programme_goes_from_the_offices_files_into_the_course(
    by_files: Callable[..., Service], database_url: str, campus: Campus, command: Command, tmp_path: Path
) -> None:
    service = by_files(database_url)
    people = people_file(tmp_path, PEOPLE)
    scores = scores_file(
        tmp_path, {PEOPLE[0]: "70,00000", PEOPLE[1]: "69,99999", PEOPLE[2]: "", **dict.fromkeys(PEOPLE[3:], "82,5")}
    )
    before = [is_in_class(campus, nip) for nip in PEOPLE]

    looked = import_people(command, service, people)
    nothing = (service.count("participants"), service.count("imports"))
    import_people(command, service, people, "--apply")
    listed = service.run()
    looked_scores = import_scores(command, service, scores)
    unwritten = service.count("imported_scores")
    applied = import_scores(command, service, scores, "--apply")
    alone = service.run()
    still = [is_in_class(campus, nip) for nip in PEOPLE]
    told(command, service, "import", "confirm", applied["import_id"], "--by", CONFIRMER)
    done = service.run()
    again = service.run(full=True)

    assert (len(looked["new"]), looked["ignored_columns"], looked["import_id"]) == (6, ["No", "Jabatan"], None)
    assert nothing == (0, 0)
    assert listed.run.counts["undetermined"] == 6
    assert (len(looked_scores["new"]), unwritten) == (6, 0)
    assert (alone.run.counts["undetermined"], alone.run.counts["pushed"]) == (6, 0)
    assert reasons_before_confirmation(alone.run.messages)
    assert still == before
    assert done.run.outcome is RunOutcome.OK
    assert (done.run.counts["qualified"], done.run.counts["not_yet"]) == (4, 2)
    assert done.run.counts["confirmed"] == 4
    assert {nip for nip in PEOPLE if is_in_class(campus, nip)} == {PEOPLE[0], *PEOPLE[3:]}
    assert {row["angkatan"]: row["course"] for row in service.roster().values()} == {"I": "KLS-I", "II": "KLS-II"}
    assert reasons(service, PEOPLE[1]) == ["score_below_threshold"]
    assert reasons(service, PEOPLE[2]) == ["no_grade"]
    assert (again.run.counts["pushed"], again.run.counts["confirmed"]) == (0, 0)
    [record] = told(command, service, "person", "export", PEOPLE[0])["records"]
    assert [(each["score"], each["confirmed_by"]) for each in record["imports"]] == [("70.00000", CONFIRMER)]
    assert {score["source"] for score in record["evidence"]} == {"import"}
    assert service.count("required_sets") == 0
    with service.database.reading() as connection:
        assert check.check_records(connection, {}) == []


def reasons_before_confirmation(messages: Sequence[str]) -> bool:
    return any("wait for a second person" in message for message in messages)


def test_the_same_files_again_change_nothing_and_an_incremental_run_asks_little(
    by_files: Callable[..., Service], sqlite_url: str, command: Command, tmp_path: Path
) -> None:
    service = by_files(sqlite_url)
    people, scores = people_file(tmp_path, PEOPLE), scores_file(tmp_path, dict.fromkeys(PEOPLE, "90"))
    import_people(command, service, people, "--apply")
    applied = import_scores(command, service, scores, "--apply")
    told(command, service, "import", "confirm", applied["import_id"], "--by", CONFIRMER)
    service.run()
    rows = [service.count(table) for table in ("imports", "imported_scores", "decisions", "evidence", "participants")]

    people_again = import_people(command, service, people, "--apply")
    scores_again = import_scores(command, service, scores, "--apply")
    quiet = service.run()

    assert (people_again["unchanged"], people_again["import_id"]) == (6, None)
    assert (scores_again["unchanged"], scores_again["import_id"]) == (6, None)
    assert (quiet.run.kind, quiet.run.requests) == ("incremental", 0)
    assert rows == [
        service.count(table) for table in ("imports", "imported_scores", "decisions", "evidence", "participants")
    ]


def test_one_rejected_row_and_nothing_of_the_file_is_taken(
    by_files: Callable[..., Service], sqlite_url: str, command: Command, tmp_path: Path
) -> None:
    service = by_files(sqlite_url)
    path = tmp_path / "kotor.csv"
    path.write_text(
        f"NIP\tNama\tAngkatan\n{PEOPLE[0]}\tSiti\tI\n1,99508E+17\tBudi\tI\n3201011708950003\tAgus\tIV\n\tJumlah: 3\t\n",
        encoding="utf-8-sig",
    )

    shape = import_people(command, service, path, "--apply", code=1)
    code, shown, _ = command(service, "import", "participants", path, "--programme", PROGRAMME, "--apply")

    assert [(each["line"], each["column"], each["reason"]) for each in shape["rejected"]] == [
        (3, "NIP", "nip_invalid"),
        (4, "NIP", "nip_invalid"),
        (4, "Angkatan", "angkatan_unknown"),
        (5, "NIP", "nip_missing"),
    ]
    assert shape["warnings"] == []  # of lines that are not taken nothing is unusual
    assert (shape["outcome"], shape["applied"], shape["error"]) == (
        "failed",
        False,
        "3 rows were rejected, so nothing of the file was imported.",
    )
    assert code == 1
    assert "a spreadsheet lost the last digits" in " ".join(shown.split())
    assert "If it is a total or a signature, delete the line." in " ".join(shown.split())
    assert PEOPLE[0] not in shown
    assert max(len(line) for line in shown.splitlines()) <= 80
    assert (service.count("participants"), service.count("imports")) == (0, 0)


def test_without_a_list_the_programme_stops_and_says_what_to_do(
    by_files: Callable[..., Service], sqlite_url: str, command: Command, tmp_path: Path
) -> None:
    service = by_files(sqlite_url)

    code, _, error = command(service, "sync")
    scores = import_scores(command, service, scores_file(tmp_path, {PEOPLE[0]: "80"}), code=2)

    assert code == 1
    assert f"No participants have been imported for programme {PROGRAMME}." in error
    assert "latsar-sync import participants FILE" in error
    assert "Nobody is known in programme" in scores["error"]


def test_material_that_is_open_by_the_file_keeps_people_out_and_none_is_asked_for_with_mode_none(
    by_files: Callable[..., Service], sqlite_url: str, command: Command, tmp_path: Path
) -> None:
    service = by_files(sqlite_url)
    import_people(command, service, people_file(tmp_path, PEOPLE), "--apply")
    applied = import_scores(command, service, scores_file(tmp_path, {PEOPLE[0]: "90"}, materials="11/12"), "--apply")
    told(command, service, "import", "confirm", applied["import_id"], "--by", CONFIRMER)
    service.run()
    bare = tmp_path / "tanpa-materi.csv"
    bare.write_text(f"NIP;Nilai\n{PEOPLE[1]};90\n", encoding="utf-8")

    refused = import_scores(command, service, bare, code=2)
    without = by_files(sqlite_url, materials='mode = "none"')
    taken = import_scores(command, without, bare)

    assert reasons(service, PEOPLE[0]) == ["materials_open"]
    assert "line 1 lacks the column Materials done" in refused["error"]
    assert len(taken["new"]) == 1


def test_a_classical_programme_takes_its_list_and_judges_by_no_score(
    by_files: Callable[..., Service], sqlite_url: str, campus: Campus, command: Command, tmp_path: Path
) -> None:
    service = by_files(sqlite_url, 'method = "classical"', evaluation=False)
    import_people(command, service, people_file(tmp_path, PEOPLE), "--apply")

    done = service.run()
    scores = import_scores(command, service, scores_file(tmp_path, {PEOPLE[0]: "80"}), code=2)

    assert done.run.counts["qualified"] == 6
    assert all(is_in_class(campus, nip) for nip in PEOPLE)
    assert "judges nobody by a score" in scores["error"]


def test_a_workbook_with_two_such_sheets_needs_to_be_told_which(
    by_files: Callable[..., Service], sqlite_url: str, command: Command, tmp_path: Path
) -> None:
    service = by_files(sqlite_url)
    path = tmp_path / "dua.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        for name, nip in (("Gel 1", PEOPLE[0]), ("Gel 2", PEOPLE[1])):
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, ["NIP", "Nama", "Angkatan"])
            sheet.write_row(1, 0, [nip, "Siti", "I"])

    both = import_people(command, service, path, code=2)
    other = import_people(command, service, path, "--sheet", "Gel 3", code=2)
    second = import_people(command, service, path, "--sheet", "Gel 2")

    assert 'the sheets "Gel 1", "Gel 2" all hold such a table' in both["error"]
    assert "no sheet of that name" in other["error"]
    assert [each["nip"] for each in second["new"]] == [PEOPLE[1]]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("Nama;Angkatan\nSiti;I\n", "no line has the columns NIP, Name, Angkatan"),
        ("NIP;Nama;Angkatan\n", "no line below its header holds anybody"),
        ('NIP;Nama;Angkatan\n1;"Siti;I\n', "line 2 cannot be read: its quotes do not fit together"),
    ],
)
def test_a_file_without_a_usable_table_is_refused_in_one_line(
    by_files: Callable[..., Service], sqlite_url: str, command: Command, tmp_path: Path, content: str, said: str
) -> None:
    path = tmp_path / "aneh.csv"
    path.write_text(content, encoding="utf-8")

    assert said in import_people(command, by_files(sqlite_url), path, code=2)["error"]


def test_doctor_tells_what_a_programme_on_files_still_needs(
    by_files: Callable[..., Service], sqlite_url: str, command: Command, tmp_path: Path
) -> None:
    service = by_files(sqlite_url)

    def diagnosed() -> dict[str, Status]:
        return {
            each.name: each.status
            for each in examine(service.settings, None, lambda: datetime.now(UTC), lambda what: None)
        }

    empty = diagnosed()
    import_people(command, service, people_file(tmp_path, PEOPLE), "--apply")
    import_scores(command, service, scores_file(tmp_path, {PEOPLE[0]: "70,00000"}), "--apply")
    filled = diagnosed()

    assert (empty["import_participants"], empty["import_confirm"]) == (Status.FAIL, Status.OK)
    assert (filled["import_participants"], filled["import_confirm"]) == (Status.OK, Status.WARN)
    assert Status.FAIL not in filled.values()
