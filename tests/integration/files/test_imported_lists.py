"""Who is on the list that an office imports, and what becomes of those who are not or no longer."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from imported_files import (
    CONFIRMER,
    IMPORTER,
    PEOPLE,
    import_people,
    import_scores,
    name_of,
    people_file,
    scores_file,
    told,
)
from service import PROGRAMME, Command, Service
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from latsar_sync.demo import Campus
from latsar_sync.domain.request import RunOutcome
from latsar_sync.exports import ExportRequest, Paper, compose
from latsar_sync.store import check


def test_a_list_that_lost_people_is_held_by_the_guard_until_a_person_accepts_it(
    by_files: Callable[..., Service], sqlite_url: str, command: Command, tmp_path: Path
) -> None:
    service = by_files(sqlite_url, 'placement = "first_qualified"')
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


def test_two_people_of_one_nip_cannot_be_on_one_list_whatever_writes_there(
    by_files: Callable[..., Service], database_url: str, command: Command, tmp_path: Path
) -> None:
    service = by_files(database_url)
    import_people(command, service, people_file(tmp_path, PEOPLE[:2]), "--apply")

    with pytest.raises(DBAPIError), service.database.writing() as connection:
        connection.execute(text(f"UPDATE identities SET nip = '{PEOPLE[0]}'"))


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
