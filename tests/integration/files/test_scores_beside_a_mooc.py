"""Imported scores beside those of a MOOC, and a programme whose source was changed."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from imported_files import CONFIRMER, PEOPLE, import_people, import_scores, people_file, told
from service import PROGRAMME, Command, Service, ServiceFactory
from sqlalchemy import text

from latsar_sync.demo import CASES, Campus
from latsar_sync.domain.errors import ConfigurationError
from latsar_sync.domain.request import Step
from latsar_sync.store.scores_of_files import scores_by_participant

NOBODYS = "199001012019031099"


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


def test_a_score_that_is_confirmed_of_somebody_who_has_left_the_mooc_holds_them_back_in_no_run(
    make_service: ServiceFactory, sqlite_url: str, command: Command, tmp_path: Path, campus: Campus
) -> None:
    service = make_service(sqlite_url, programme='push = "confirmed"', materials='mode = "none"')
    service.first_run()
    passed = str(CASES["passed"][0])
    applied = import_scores(command, service, moodle_scores(tmp_path, [(passed, "88", "")]), "--apply")
    user_id = service.participants()[passed]["source_user_id"]
    del campus.mooc.course("MOOC-LATSAR").enrolments[user_id]
    service.run()
    told(command, service, "import", "confirm", applied["import_id"], "--by", CONFIRMER)

    command(service, "roster", "approve", "--by", "Rina")
    service.run()

    assert service.roster()[passed]["state"] == "confirmed"


@pytest.mark.parametrize("what", ["score of the other account", "parted"])
def test_nobody_is_sent_by_what_was_said_of_their_other_account_before_the_run_was_under_way(
    make_service: ServiceFactory, sqlite_url: str, command: Command, tmp_path: Path, campus: Campus, what: str
) -> None:
    service = make_service(sqlite_url, programme='push = "confirmed"', materials='mode = "none"')
    service.first_run()
    without = [nip for nip, row in service.participants().items() if reasons_of(row)[:1] == ["no_grade"]]
    counts, other = without[:2]
    number = import_scores(command, service, moodle_scores(tmp_path, [(other, "85", "")]), "--apply")["import_id"]
    told(command, service, "import", "confirm", number, "--by", CONFIRMER)
    who = service.participants()[other]["participant_id"]
    merging = ("--reason", "satu orang", "--by", "Rina")
    service.run()
    lower = moodle_scores(tmp_path, [(other, "12", "")])
    replaced = import_scores(command, service, lower, "--apply")["import_id"]
    told(command, service, "identity", "merge", counts, other, "--although-different", *merging)
    service.run()
    command(service, "roster", "approve", "--by", "Rina")
    before = service.roster()[counts]["state"]

    def meanwhile(_programme: str, step: Step, _count: int) -> None:
        if step is not Step.GUARD_PUSHES:
            return
        if what == "parted":
            told(command, service, "identity", "merge", who, "--undo", *merging)
        else:
            told(command, service, "import", "confirm", replaced, "--by", CONFIRMER)

    service.run(progress=meanwhile)
    account = campus.kelas.user_id(counts)
    sent = [each for each in ("I", "II", "III") if account in campus.kelas.course(f"KLS-{each}").enrolments]

    assert (before, sent) == ("planned", [])


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


def test_a_score_that_a_file_told_of_a_number_is_not_that_of_whoever_carried_it_by_mistake(
    make_service: ServiceFactory, database_url: str, command: Command, tmp_path: Path, campus: Campus
) -> None:
    service = make_service(database_url, materials='mode = "none"')
    service.first_run()
    without = [row for row in service.participants().values() if reasons_of(row) == ["no_grade"]]
    one, other = (campus.mooc.users[row["source_user_id"]] for row in without[:2])
    own, others = one.idnumber, other.idnumber
    one.idnumber, other.idnumber = others, ""
    service.run()
    applied = import_scores(command, service, moodle_scores(tmp_path, [(others, "85", "")]), "--apply")
    told(command, service, "import", "confirm", applied["import_id"], "--by", CONFIRMER)
    service.run()
    by_mistake = service.participants()[others]["outcome"]

    one.idnumber, other.idnumber = own, others
    service.run()
    decisions, people = service.count("decisions"), service.participants()
    service.run(full=True)
    corrected = moodle_scores(tmp_path, [(others, "85", ""), (own, "72", "")])
    anew = import_scores(command, service, corrected, "--apply")
    with service.database.reading() as connection:
        told_of = scores_by_participant(connection, PROGRAMME).keys()
    told(command, service, "identity", "correct", others, "--to", NOBODYS, "--reason", "SK 1/2026", "--by", "Rina")

    assert by_mistake == "qualified"
    assert [reasons_of(people[nip]) for nip in (own, others)] == [["no_grade"], ["no_grade"]]
    assert service.count("decisions") == decisions
    assert [each["nip"] for each in anew["new"]] == [others, own]
    assert told_of == {people[nip]["participant_id"] for nip in (own, others)}
    with service.database.reading() as connection:
        assert scores_by_participant(connection, PROGRAMME).keys() == {people[own]["participant_id"]}
