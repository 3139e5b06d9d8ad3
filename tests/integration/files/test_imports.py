"""A programme that runs on files, end to end, and imported scores beside those of a MOOC (issue 4, point 5)."""

import json
import os
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
import xlsxwriter
from service import PROGRAMME, Command, Service, ServiceFactory
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from latsar_sync.demo import CASES, Campus
from latsar_sync.domain.errors import ConfigurationError
from latsar_sync.domain.request import RunOutcome
from latsar_sync.exports import ExportRequest, Paper, compose
from latsar_sync.setup.doctor import Status, examine
from latsar_sync.store import check

PEOPLE = [str(case) for case in CASES["passed"][:6]]
IMPORTER, CONFIRMER = "Siti Aminah", "Budi Santoso"


def name_of(nip: str) -> str:
    return f"Orang {'ABCDEFGHIJ'[PEOPLE.index(nip)] * 4}"


def people_file(folder: Path, nips: Sequence[str], name: str = "daftar.xlsx") -> Path:
    """Write a list as an office would: merged titles above, numbered columns, one column nobody asked for."""
    path = folder / name
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("Peserta")
        sheet.merge_range("A1:F1", "DAFTAR PESERTA LATSAR CPNS")
        sheet.write_row(2, 0, ["No", "NIP", "Nama Peserta", "Instansi", "Angkatan/Kelompok", "Jabatan"])
        sheet.write_row(3, 0, [1, 2, 3, 4, 5, 6])
        for line, nip in enumerate(nips):
            angkatan = "Angkatan I" if line % 2 == 0 else "2"
            sheet.write_row(4 + line, 0, [line + 1, f"'{nip}", name_of(nip), "Kota Kudus", angkatan, "Analis"])
    return path


def scores_file(folder: Path, scores: dict[str, str], name: str = "nilai.csv", materials: str = "12/12") -> Path:
    """Write scores as an old Excel would: semicolons, decimal commas, Windows-1252."""
    lines = ["REKAP NILAI – MOOC;;;;", "No;NIP;Nilai;Materi selesai;Keterangan"]
    lines += [f"{number};{nip};{score};{materials};" for number, (nip, score) in enumerate(scores.items(), 1)]
    path = folder / name
    path.write_bytes("\r\n".join(lines).encode("cp1252"))
    return path


def told(command: Command, service: Service, *words: object, code: int = 0) -> Any:
    """Run a command that must end with ``code`` and return what it says as JSON."""
    by_account = words[:2] == ("import", "confirm")
    proof = {"LATSAR_ACCOUNT_TOKEN": service.token_of(str(words[words.index("--by") + 1]))} if by_account else {}
    with patch.dict(os.environ, proof):
        found, output, error = command(service, *words, "--json")
    assert found == code, output + error
    return json.loads(output)


def confirmed(command: Command, service: Service, number: str) -> str:
    """Confirm an import as people read it, and return what is said."""
    with patch.dict(os.environ, {"LATSAR_ACCOUNT_TOKEN": service.token_of(CONFIRMER)}):
        return command(service, "import", "confirm", number, "--by", CONFIRMER)[1]


def import_people(command: Command, service: Service, path: Path, *more: str, code: int = 0) -> Any:
    words = ("import", "participants", path, "--programme", PROGRAMME, "--by", IMPORTER, *more)
    return told(command, service, *words, code=code)


def import_scores(command: Command, service: Service, path: Path, *more: str, code: int = 0) -> Any:
    words = ("import", "scores", path, "--programme", PROGRAMME, "--by", IMPORTER, *more)
    return told(command, service, *words, code=code)


def is_in_class(campus: Campus, nip: str) -> bool:
    user_id = campus.kelas.user_id(nip)
    return any(user_id in campus.kelas.course(f"KLS-{each}").enrolments for each in ("I", "II"))


def reasons(service: Service, nip: str) -> list[str]:
    return [code for code, _ in service.participants()[nip]["reasons"]]


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


def test_the_same_files_again_change_nothing_and_a_quiet_run_asks_little(
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
        f"NIP\tNama\tAngkatan\n{PEOPLE[0]}\tSiti\tI\n1,99508E+17\tBudi\tI\n3201011708950003\tAgus\tIV\n",
        encoding="utf-8-sig",
    )

    shape = import_people(command, service, path, "--apply", code=1)
    code, shown, _ = command(service, "import", "participants", path, "--programme", PROGRAMME, "--apply")

    assert [(each["line"], each["column"], each["reason"]) for each in shape["rejected"]] == [
        (3, "NIP", "nip_invalid"),
        (4, "NIP", "nip_invalid"),
        (4, "Angkatan", "angkatan_unknown"),
    ]
    assert (shape["outcome"], shape["applied"], shape["error"]) == (
        "failed",
        False,
        "2 rows were rejected, so nothing of the file was imported.",
    )
    assert code == 1
    assert "a spreadsheet lost the last digits" in " ".join(shown.split())
    assert PEOPLE[0] not in shown
    assert max(len(line) for line in shown.splitlines()) <= 80
    assert (service.count("participants"), service.count("imports")) == (0, 0)


def test_whoever_imported_cannot_confirm_and_nobody_confirms_what_is_no_score(
    by_files: Callable[..., Service], sqlite_url: str, command: Command, tmp_path: Path
) -> None:
    service = by_files(sqlite_url)
    listed = import_people(command, service, people_file(tmp_path, PEOPLE), "--apply")
    applied = import_scores(command, service, scores_file(tmp_path, {PEOPLE[0]: "80"}), "--apply")
    number = applied["import_id"]

    same = told(command, service, "import", "confirm", number, "--by", " siti  AMINAH ", code=2)
    unknown = told(command, service, "import", "confirm", 99, "--by", CONFIRMER, code=2)
    people = told(command, service, "import", "confirm", listed["import_id"], "--by", CONFIRMER, code=2)
    unconfirmed = service.count("score_confirmations")
    first = told(command, service, "import", "confirm", number, "--by", CONFIRMER)
    again = told(command, service, "import", "confirm", number, "--by", "Ratna")

    assert "Siti Aminah imported these scores and cannot confirm them." in same["error"]
    assert "There is no import 99." in unknown["error"]
    assert "it needs no confirmation" in people["error"]
    assert unconfirmed == 0
    assert (first["confirmed"], again["confirmed_by"]) == (1, CONFIRMER)
    assert service.count("score_confirmations") == 1


def test_a_second_name_typed_at_the_same_keyboard_is_no_second_person(
    by_files: Callable[..., Service], sqlite_url: str, command: Command, tmp_path: Path
) -> None:
    service = by_files(sqlite_url)
    import_people(command, service, people_file(tmp_path, PEOPLE), "--apply")
    applied = import_scores(command, service, scores_file(tmp_path, {PEOPLE[0]: "80"}), "--apply")
    own = service.token_of(IMPORTER)

    answers = []
    for token in ("", "latsar_guessed", own):
        with patch.dict(os.environ, {"LATSAR_ACCOUNT_TOKEN": token}):
            code, _said, told = command(service, "import", "confirm", applied["import_id"], "--by", CONFIRMER)
        answers.append((code, "Nothing proves that you are Budi Santoso" in told))

    assert answers == [(2, True)] * 3
    assert service.count("score_confirmations") == 0


def test_a_corrected_score_counts_once_confirmed_and_a_replaced_one_never(
    by_files: Callable[..., Service], sqlite_url: str, command: Command, tmp_path: Path
) -> None:
    service = by_files(sqlite_url)
    nip = PEOPLE[0]
    import_people(command, service, people_file(tmp_path, PEOPLE), "--apply")
    numbers = [
        import_scores(command, service, scores_file(tmp_path, {nip: score}, f"{score}.csv"), "--apply")["import_id"]
        for score in ("90", "60")
    ]

    late = told(command, service, "import", "confirm", numbers[0], "--by", CONFIRMER, code=2)
    told(command, service, "import", "confirm", numbers[1], "--by", CONFIRMER)
    service.run()
    low = service.participants()[nip]["outcome"]
    third = import_scores(command, service, scores_file(tmp_path, {nip: "95"}, "95.csv"), "--apply")
    service.run()
    waiting = service.participants()[nip]["outcome"]
    told(command, service, "import", "confirm", third["import_id"], "--by", CONFIRMER)
    service.run()
    listed = told(command, service, "import", "list")

    assert third["changed"][0]["score_before"] == "60.00000"
    assert "A newer file replaced every score" in late["error"]
    assert (low, waiting, service.participants()[nip]["outcome"]) == ("not_yet", "not_yet", "qualified")
    assert [(each["scores"], each["confirmed"], each["awaiting"], each["replaced"]) for each in listed] == [
        (0, 0, 0, 0),
        (1, 0, 0, 1),
        (1, 1, 0, 0),
        (1, 1, 0, 0),
    ]


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


def test_a_list_that_lost_people_is_held_by_the_guard_until_a_person_accepts_it(
    by_files: Callable[..., Service], database_url: str, command: Command, tmp_path: Path
) -> None:
    service = by_files(database_url, 'placement = "first_qualified"')
    import_people(command, service, people_file(tmp_path, PEOPLE), "--apply")
    service.run()

    few = people_file(tmp_path, PEOPLE[:2], "pendek.xlsx")
    looked = import_people(command, service, few, code=4)
    refused = import_people(command, service, few, "--apply", code=4)
    untouched = service.count("imports")
    said = command(service, "import", "participants", few, "--programme", PROGRAMME, "--by", IMPORTER, "--apply")[1]
    shorter = import_people(command, service, few, "--apply", "--accept")
    held = service.run()
    released = service.run(accept=True, by="Ratna")
    calm = service.run()
    import_people(command, service, people_file(tmp_path, PEOPLE, "lengkap.xlsx"), "--apply")
    back = service.run()

    assert len(shorter["ended"]) == 4
    assert [(each["outcome"], each["applied"]) for each in (looked, refused, shorter)] == [
        ("guarded", False),
        ("guarded", False),
        ("ok", True),
    ]
    assert untouched == 1
    assert "4 of 6 participants are missing from it" in refused["error"]
    assert "add --accept" in " ".join(said.split())
    assert (held.run.outcome, [each.key for each in held.run.findings]) == (
        RunOutcome.GUARDED,
        ["source_dropped|pendek.xlsx|6|2"],
    )
    assert (released.run.outcome, calm.run.outcome, back.run.outcome) == (RunOutcome.OK,) * 3
    assert all(row["enrolment"] == "active" for row in service.participants().values())


def test_a_part_of_a_list_is_added_and_ends_nobody(
    by_files: Callable[..., Service], sqlite_url: str, command: Command, tmp_path: Path
) -> None:
    service = by_files(sqlite_url)
    import_people(command, service, people_file(tmp_path, PEOPLE[:3]), "--apply")

    import_people(command, service, people_file(tmp_path, PEOPLE[3:], "lain.xlsx"), "--add", "--apply")
    service.run()

    assert {row["enrolment"] for row in service.participants().values()} == {"active"}
    assert len(service.participants()) == 6


def test_one_participant_of_a_list_can_be_run_alone(
    by_files: Callable[..., Service], sqlite_url: str, command: Command, tmp_path: Path
) -> None:
    service = by_files(sqlite_url)
    import_people(command, service, people_file(tmp_path, PEOPLE), "--apply")
    applied = import_scores(command, service, scores_file(tmp_path, dict.fromkeys(PEOPLE, "90")), "--apply")
    service.run()
    told(command, service, "import", "confirm", applied["import_id"], "--by", CONFIRMER)

    alone = service.run(nip=PEOPLE[0])
    nobody = service.run(nip="200001012025041999")

    assert alone.run.counts["confirmed"] == 1
    assert [nip for nip, row in service.roster().items() if row["state"] == "confirmed"] == [PEOPLE[0]]
    assert nobody.error is not None
    assert "Nobody on the imported list has the NIP 2000**********1999." in str(nobody.error)


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
        ('NIP;Nama;Angkatan\n1;"Siti;I\n', "line 2 cannot be read: unexpected end of data"),
    ],
)
def test_a_file_without_a_usable_table_is_refused_in_one_line(
    by_files: Callable[..., Service], sqlite_url: str, command: Command, tmp_path: Path, content: str, said: str
) -> None:
    path = tmp_path / "aneh.csv"
    path.write_text(content, encoding="utf-8")

    assert said in import_people(command, by_files(sqlite_url), path, code=2)["error"]


def test_who_is_to_confirm_sees_what_and_the_screens_fit_80_columns(
    by_files: Callable[..., Service], sqlite_url: str, command: Command, tmp_path: Path
) -> None:
    service = by_files(sqlite_url)
    nothing = command(service, "import", "list")[1]
    people, scores = people_file(tmp_path, PEOPLE), scores_file(tmp_path, {PEOPLE[0]: "80", PEOPLE[1]: ""})
    words = ("--programme", PROGRAMME, "--by", IMPORTER, "--apply")
    screens = [
        command(service, "import", "participants", people, *words)[1],
        command(service, "import", "participants", people_file(tmp_path, PEOPLE[1:], "x.xlsx"), *words)[1],
        command(service, "import", "participants", people, *words)[1],
        command(service, "import", "scores", scores, *words)[1],
        command(service, "import", "scores", scores, *words)[1],
        command(service, "import", "show", "4")[1],
        command(service, "import", "show", "1")[1],
        confirmed(command, service, "4"),
        command(service, "import", "list")[1],
    ]
    service.run()
    screens.append(command(service, "explain", PEOPLE[0])[1])
    shown = told(command, service, "import", "show", "4")
    missing = told(command, service, "import", "show", "99", code=2)

    assert "Nothing has been imported yet." in nothing
    assert all(len(line) <= 80 for screen in screens for line in screen.splitlines())
    assert "Recorded as import 1 by Siti Aminah." in screens[0]
    assert "5 changed, 1 no longer listed" in screens[1]
    assert "(listed again)" in screens[2]
    assert "import confirm 4 --by NAME" in screens[3]
    assert "nothing changes" in screens[4]
    assert "80" in screens[5]
    assert "list of participants" in screens[6]
    assert "2 scores of import 4 are confirmed by Budi Santoso" in screens[7]
    assert "2 confirmed by Budi Santoso" in screens[8]
    assert "imported list, number 1" in screens[9]
    assert "import 4: 80 of 100, nilai.csv" in " ".join(screens[9].split())
    assert [(each["nip"], each["score"], each["confirmed_by"]) for each in shown["lines"]] == [
        (PEOPLE[0], "80.00000", CONFIRMER),
        (PEOPLE[1], None, CONFIRMER),
    ]
    assert "There is no import 99." in missing["error"]


def test_of_very_many_changes_the_screen_shows_the_first_and_tells_where_the_others_are(
    by_files: Callable[..., Service],
    sqlite_url: str,
    command: Command,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    service = by_files(sqlite_url)
    monkeypatch.setattr("latsar_sync.cli.screens.imports.MOST_SHOWN", 2)

    people = command(service, "import", "participants", people_file(tmp_path, PEOPLE), "--programme", PROGRAMME)[1]

    assert people.count("Orang") == 2
    assert "… and 4 more; all of them with --json." in people


def test_two_people_of_one_nip_cannot_be_on_one_list_whatever_writes_there(
    by_files: Callable[..., Service], database_url: str, command: Command, tmp_path: Path
) -> None:
    service = by_files(database_url)
    import_people(command, service, people_file(tmp_path, PEOPLE[:2]), "--apply")

    with pytest.raises(DBAPIError), service.database.writing() as connection:
        connection.execute(text(f"UPDATE identities SET nip = '{PEOPLE[0]}'"))


def test_the_checker_finds_a_score_that_its_importer_confirmed_and_one_that_nobody_did(
    by_files: Callable[..., Service], sqlite_url: str, command: Command, tmp_path: Path
) -> None:
    service = by_files(sqlite_url)
    import_people(command, service, people_file(tmp_path, PEOPLE), "--apply")
    applied = import_scores(command, service, scores_file(tmp_path, dict.fromkeys(PEOPLE[:2], "80")), "--apply")
    told(command, service, "import", "confirm", applied["import_id"], "--by", CONFIRMER)
    service.run()
    with service.database.writing() as connection:
        for trigger in ("no_update", "no_delete"):
            connection.execute(text(f"DROP TRIGGER score_confirmations_{trigger}"))
        connection.execute(text("DELETE FROM score_confirmations WHERE rowid = 1"))
        connection.execute(text(f"UPDATE score_confirmations SET by = '{IMPORTER}'"))

    with service.database.reading() as connection:
        found = [each.code for each in check.check_records(connection, {})]

    assert found == ["import_confirmed_alone", "import_unconfirmed"]


def moodle_scores(folder: Path, lines: Sequence[Sequence[str]]) -> Path:
    path = folder / "nilai.csv"
    path.write_text("\n".join([",".join(row) for row in [("NIP", "Score", "Date"), *lines]]), encoding="utf-8")
    return path


def test_beside_a_mooc_a_file_fills_in_where_the_mooc_holds_no_score_and_loses_where_it_does(
    make_service: ServiceFactory, database_url: str, command: Command, tmp_path: Path
) -> None:
    service = make_service(database_url, materials='mode = "none"')
    service.first_run()
    without = next(nip for nip, row in service.participants().items() if reasons_of(row)[:1] == ["no_grade"])
    passed = str(CASES["passed"][0])
    path = moodle_scores(tmp_path, [(without, "80", "2026-10-05"), (passed, "12", "")])

    applied = import_scores(command, service, path, "--apply")
    service.run()
    alone = service.participants()[without]["outcome"]
    told(command, service, "import", "confirm", applied["import_id"], "--by", CONFIRMER)
    service.run()
    person = told(command, service, "explain", passed)
    filled = told(command, service, "explain", without)
    listed = {row["nip"]: row for row in told(command, service, "participants")}

    assert alone == "not_yet"
    assert (listed[without]["decision"], listed[without]["reasons"]) == ("qualified", ["score_imported"])
    assert (filled["evidence"]["source"], filled["evidence"]["grade"]) == ("import", "80.00000")
    assert (listed[passed]["decision"], listed[passed]["reasons"]) == ("qualified", ["import_differs"])
    assert "12" in listed[passed]["missing"][0]
    assert (person["evidence"]["source"], person["imports"][0]["score"]) == ("lms", "12.00000")


def reasons_of(row: Any) -> list[str]:
    return [code for code, _ in row["reasons"]]


def test_a_mooc_programme_takes_no_list_and_no_scores_before_its_evaluation_was_read(
    make_service: ServiceFactory, sqlite_url: str, command: Command, tmp_path: Path
) -> None:
    service = make_service(sqlite_url)
    path = moodle_scores(tmp_path, [(PEOPLE[0], "80", "")])

    people = import_people(command, service, people_file(tmp_path, PEOPLE), code=2)
    early = import_scores(command, service, path, code=2)
    service.run(dry_run=False)
    with service.database.writing() as connection:
        connection.execute(text("DELETE FROM baselines"))
    rangeless = import_scores(command, service, path, code=2)

    assert "come from its MOOC course" in people["error"]
    assert "Run latsar-sync sync first." in early["error"]
    assert "has not been read yet" in rangeless["error"]


def test_a_programme_whose_source_was_changed_stops_instead_of_taking_one_person_for_another(
    by_files: Callable[..., Service],
    make_service: ServiceFactory,
    sqlite_url: str,
    command: Command,
    tmp_path: Path,
) -> None:
    files = by_files(sqlite_url)
    import_people(command, files, people_file(tmp_path, PEOPLE), "--apply")

    stopped = make_service(sqlite_url).run()

    assert isinstance(stopped.error, ConfigurationError)
    assert "came from import; now source says mooc" in str(stopped.error)


def test_the_number_of_somebody_who_was_erased_is_given_to_nobody_else(
    by_files: Callable[..., Service], database_url: str, command: Command, tmp_path: Path
) -> None:
    service = by_files(database_url)
    import_people(command, service, people_file(tmp_path, PEOPLE[:3]), "--apply")
    words = ("--reason", "Permintaan tertulis", "--by", IMPORTER, "--apply")
    told(command, service, "person", "erase", PEOPLE[2], *words)

    import_people(command, service, people_file(tmp_path, [*PEOPLE[:2], PEOPLE[3]]), "--apply")
    done = service.run()

    assert done.run.outcome is RunOutcome.OK
    assert sorted(nip for nip in service.participants() if nip) == sorted([*PEOPLE[:2], PEOPLE[3]])
    with service.database.reading() as connection:
        gone = connection.execute(text("SELECT participant_id FROM erasures")).scalar_one()
    refused = command(service, "person", "resume", gone, "--reason", "Keliru", "--by", IMPORTER)

    assert refused[0] == 2
    assert "Import a list that holds the person" in refused[2]
    with service.database.reading() as connection:
        numbers = connection.execute(text("SELECT source_user_id FROM participants ORDER BY 1")).scalars().all()
        assert check.check_records(connection, {}) == []
    assert numbers == [1, 2, 3, 4]


def test_the_chase_list_of_a_course_has_those_whom_the_list_puts_there(
    by_files: Callable[..., Service], sqlite_url: str, command: Command, tmp_path: Path
) -> None:
    service = by_files(sqlite_url)
    import_people(command, service, people_file(tmp_path, PEOPLE), "--apply")
    service.run()

    request = ExportRequest(Paper.CHASE, IMPORTER, datetime.now(UTC), angkatan="I")
    with service.database.reading() as connection:
        [section] = compose(service.settings, connection, request).sections
        listed = {cell for group in section.groups for row in group.rows for cell in row}

    assert {nip for nip in PEOPLE if nip in listed} == {*PEOPLE[::2]}


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


def test_a_date_that_nobody_knew_takes_no_seat(
    by_files: Callable[..., Service], sqlite_url: str, command: Command, tmp_path: Path
) -> None:
    service = by_files(sqlite_url, materials='mode = "none"')
    import_people(command, service, people_file(tmp_path, PEOPLE), "--apply")
    path = tmp_path / "nilai.csv"
    dates = ["05/10/2026", "01/01/1900", "1 Januari 0001", "01/01/1970", "31/12/9999", "Jum'at, 2 Oktober 2026"]
    lines = [f"{nip};80;{day}\n" for nip, day in zip(PEOPLE, dates, strict=True)]
    path.write_text("NIP;Nilai;Tanggal\n" + "".join(lines), encoding="utf-8")

    refused = import_scores(command, service, path, "--apply", code=1)

    assert [(each["line"], each["reason"]) for each in refused["rejected"]] == [
        (3, "date_implausible"),
        (4, "date_implausible"),
        (5, "date_implausible"),
        (6, "date_in_future"),
    ]
    assert "1900-01-01 lies before 20" in refused["rejected"][0]["message"]


def test_a_list_that_breaks_off_is_not_applied(
    by_files: Callable[..., Service], sqlite_url: str, command: Command, tmp_path: Path
) -> None:
    service = by_files(sqlite_url)
    whole = "NIP;Nama;Instansi;Angkatan\n" + "".join(f"{nip};{name_of(nip)};Kota Kudus;I\n" for nip in PEOPLE)
    path = tmp_path / "daftar.csv"
    path.write_text(whole, encoding="utf-8")
    import_people(command, service, path, "--apply")
    path.write_text(whole[: whole.index(PEOPLE[5]) + 23], encoding="utf-8")

    refused = import_people(command, service, path, "--apply", code=1)

    assert [(each["line"], each["reason"]) for each in refused["rejected"]] == [(7, "breaks_off")]
    assert "2 cells of 4 and no line end" in refused["rejected"][0]["message"]
    assert service.count("imports") == 1


def test_whoever_came_by_a_list_is_given_an_account_in_class_by_hand_but_no_other_nip(
    by_files: Callable[..., Service], sqlite_url: str, command: Command, tmp_path: Path
) -> None:
    service = by_files(sqlite_url)
    import_people(command, service, people_file(tmp_path, PEOPLE), "--apply")
    why = ("--reason", "Surat BKD 4", "--by", IMPORTER)

    chosen = told(command, service, "identity", "account", PEOPLE[0], "--user", 17, "--site", "kelas", *why)
    corrected, _out, said = command(service, "identity", "correct", PEOPLE[0], "--to", PEOPLE[1], *why)

    assert (chosen["target_user_id"], chosen["site"]) == (17, "kelas")
    assert corrected == 2
    assert "came by a file" in said


def test_a_list_that_corrects_a_nip_gives_nobody_two_seats_and_sends_nobody_by_the_old_one(
    by_files: Callable[..., Service], sqlite_url: str, campus: Campus, command: Command, tmp_path: Path
) -> None:
    service = by_files(sqlite_url)
    late, seated, *_others = PEOPLE
    right = {late: late[:-1] + "9", seated: "200001012025012009"}  # who has no account in class yet, and who is there
    account = campus.kelas.users[campus.kelas.user_id(late)]
    account.idnumber = account.username = "lain"

    def take(kind: str, lines: Sequence[str], *more: str) -> Any:
        file = tmp_path / f"{kind}-{len(lines)}-{len(more)}-{lines[-1][:18]}.csv"
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")
        words = ("import", kind, file, "--programme", PROGRAMME, "--by", IMPORTER, "--apply", *more)
        report = told(command, service, *words)
        if kind == "scores":
            told(command, service, "import", "confirm", report["import_id"], "--by", CONFIRMER)
        return report

    def row(nip: str) -> tuple[Any, ...]:
        rows = {service.participants()[each]["participant_id"]: each for each in service.participants()}
        found = [each for each in service.roster().values() if rows[each["participant_id"]] == nip]
        return (found[0]["state"], found[0]["roster_reason"]) if found else (None, None)

    why = ("--reason", "Surat BKD 4", "--by", IMPORTER)
    names = {
        nip: f"Orang {letters}"
        for nip, letters in zip(PEOPLE, ("Aulia", "Bagas", "Cut", "Dian", "Eka", "Fajar"), strict=True)
    }
    take("participants", ["NIP,Nama,Angkatan", *(f"'{nip},{name},I" for nip, name in names.items())])
    take("scores", ["NIP,Nilai,Materi selesai", *(f"'{nip},80,12/12" for nip in PEOPLE)])
    service.run()
    before = row(late), row(seated)

    corrected = ["NIP,Nama,Angkatan", *(f"'{right.get(nip, nip)},{name},I" for nip, name in names.items())]
    report = take("participants", corrected, "--accept")
    service.run(full=True)
    lacking = [each["nip"] for each in told(command, service, "export", "accounts", "--programme", PROGRAMME)]
    account.idnumber = late  # an account appears later under the old number
    take("scores", ["NIP,Nilai,Materi selesai", *(f"'{nip},90,12/12" for nip in right.values())])
    held = service.run(full=True)
    meanwhile = [row(nip) for nip in (late, right[late], seated, right[seated])]
    account.idnumber = right[late]
    campus.kelas.users[campus.kelas.user_id(seated)].idnumber = right[seated]
    told(command, service, "identity", "merge", right[late], late, *why)
    told(command, service, "identity", "merge", right[seated], seated, "--although-different", *why)
    service.run(full=True)
    after = [row(nip) for nip in (late, right[late], seated, right[seated])]

    assert before == (("review", "target_account_missing"), ("confirmed", None))
    assert [each["reason"] for each in report["warnings"]] == ["another_nip", "another_nip"]
    assert lacking == []  # nobody is to make an account by the old number
    assert held.run.counts["pushed"] == 0
    assert meanwhile == [
        ("planned", "left_the_list"),
        ("review", "listed_anew"),
        ("confirmed", None),
        ("review", "listed_anew"),
    ]
    assert after == [("withdrawn", "gave_way"), ("confirmed", None)] * 2
