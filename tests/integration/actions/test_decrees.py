"""An angkatan is finalised by a decree (rule 17): whoever comes or goes later needs an amendment."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from imported_files import import_scores, scores_file
from moving_people import ANI, BUDI, MISSED, admit, enrolled, fail_the_evaluation, line, move, shown
from service import PROGRAMME, Command, Service, ServiceFactory, default_angkatan
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from latsar_sync.actions.clearances import revoke_document
from latsar_sync.actions.overrides import approve as approve_places
from latsar_sync.actions.threshold import record_threshold
from latsar_sync.cli.context import now
from latsar_sync.demo import Campus
from latsar_sync.domain import language
from latsar_sync.domain.decision import Scale
from latsar_sync.domain.request import RunOutcome
from latsar_sync.exports import ExportRequest, Paper, compose
from latsar_sync.store import queue_taking
from latsar_sync.store.imports import confirm
from latsar_sync.store.leases import Lease


@pytest.fixture
def service(make_service: ServiceFactory, sqlite_url: str) -> Service:
    """Give the service for the bundled campus."""
    return make_service(sqlite_url)


def fix(
    command: Command, service: Service, verb: str, sk: str, angkatan: str = "I", *more: str
) -> tuple[int, str, str]:
    words = ("--angkatan", angkatan, "--sk", sk, "--date", "2026-11-20", "--by", "Siti Aminah", *more)
    return command(service, "roster", verb, *words)


# Finalising


def test_a_finalised_roster_takes_newcomers_only_by_an_amendment(
    service: Service, campus: Campus, command: Command
) -> None:
    service.first_run()
    code, out, _ = fix(command, service, "finalise", "SK 1", "I", "--json")
    size = len(json.loads(out)["members"])

    admit(command, service, MISSED)
    service.run()
    waiting, outside = line(service, MISSED), enrolled(campus, MISSED)
    amended, out, _ = fix(command, service, "amend", "SK 2", "I", "--json")
    service.run()
    quiet = service.run(full=True)

    decree = json.loads(out)
    late, early = shown(command, service, MISSED), shown(command, service, ANI)
    assert (code, amended) == (0, 0)
    assert size == sum(1 for row in service.roster().values() if row["angkatan"] == "I") - 1
    assert (waiting, outside) == (("planned", "I", "awaiting_amendment"), set())
    assert (decree["amendment"], decree["members"], decree["left"]) == (1, [late["participant_id"]], [])
    assert line(service, MISSED) == ("confirmed", "I", None)
    assert (early["finalised"]["sk"], early["finalised"]["amendment"], early["late"]) == ("SK 1", 0, False)
    assert (late["finalised"]["sk"], late["finalised"]["amendment"], late["late"]) == ("SK 2", 1, True)
    assert late["finalised"]["date"] == "2026-11-20"
    assert (quiet.run.outcome, quiet.run.counts["pushed"]) == (RunOutcome.OK, 0)


def test_whose_other_account_was_taken_in_by_a_decree_stands_on_its_list(service: Service, command: Command) -> None:
    """They are no newcomer for an amendment, and have not left it."""
    service.first_run()
    fix(command, service, "finalise", "SK 1")
    words = ("--reason", "satu orang", "--by", "Siti", "--although-different")
    merged, _, _ = command(service, "identity", "merge", MISSED, ANI, *words)
    service.run(full=True)

    code, _, said = fix(command, service, "amend", "SK 2")

    assert (merged, line(service, MISSED)) == (0, ("review", "I", "target_account_changed"))
    assert shown(command, service, MISSED)["finalised"]["sk"] == "SK 1"
    assert (code, "nobody to take in and nobody left the list" in " ".join(said.split())) == (1, True)


def test_where_a_second_person_approves_no_amendment_approves_whom_its_own_author_let_in(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus, command: Command
) -> None:
    service = make_service(sqlite_url, programme='push = "confirmed"\nsecond_person = true')
    service.first_run()

    def approve(by: str) -> int:
        return approve_places(service.settings, service.database, now, PROGRAMME, None, by).number

    approve("Rina")
    service.run()
    fix(command, service, "finalise", "SK 1")
    admit(command, service, MISSED, by="Siti Aminah")
    service.run()
    amended, said, _ = fix(command, service, "amend", "SK 2")
    service.run()
    listed, outside = line(service, MISSED), enrolled(campus, MISSED)
    by_the_same, by_another = approve("Siti Aminah"), approve("Rina")
    service.run()

    assert (amended, "1 of them wait for a second person" in " ".join(said.split())) == (0, True)
    assert "The next run sends" not in said
    assert (listed, outside) == (("planned", "I", "awaiting_approval"), set())
    assert (by_the_same, by_another) == (0, 1)
    assert line(service, MISSED) == ("confirmed", "I", None)


def test_the_roster_lists_an_amendment_apart(service: Service, command: Command) -> None:
    service.first_run()
    fix(command, service, "finalise", "800/1")
    admit(command, service, MISSED)
    service.run()
    _, before, _ = command(service, "roster", "--angkatan", "I")
    fix(command, service, "amend", "800/2")

    _, after, _ = command(service, "roster", "--angkatan", "I")
    _, listed, _ = command(service, "roster", "finalised")
    _, told, _ = command(service, "explain", MISSED)

    before, after = " ".join(before.split()), " ".join(after.split())
    assert "SK 800/1 of 20 Nov 2026" in before
    assert "not on the finalised list" in before
    assert after.index("SK 800/1 of 20 Nov 2026") < after.index("amendment 1, SK 800/2")
    assert "not on the finalised list" not in after
    assert "amendment 1, SK 800/2" in " ".join(listed.split())
    assert "amendment 1, SK 800/2" in told


def test_a_printed_list_names_its_decrees_and_sets_an_amendment_apart(service: Service, command: Command) -> None:
    service.first_run()
    fix(command, service, "finalise", "800/1")
    admit(command, service, MISSED)
    service.run()

    def printed() -> tuple[str, list[str]]:
        request = ExportRequest(Paper.ROSTER, "Siti", datetime.now(UTC), angkatan="I")
        with language.speaking("en"), service.database.reading() as connection:
            [section] = compose(service.settings, connection, request).sections
            return dict(section.facts)["Decree"], [f"{len(list(each.rows))} {each.title}" for each in section.groups]

    before = printed()
    fix(command, service, "amend", "800/2")
    service.run()
    after = printed()

    listed = sum(1 for row in service.roster().values() if row["angkatan"] == "I" and row["state"] == "confirmed") - 1
    reviewed = sum(1 for row in service.roster().values() if row["angkatan"] == "I" and row["state"] == "review")
    review = [f"{reviewed} To be checked"] if reviewed else []
    assert before == (
        "800/1 of 20 November 2026",
        [f"{listed} Participants", "1 Not on the finalised list", *review],
    )
    assert after == (
        "800/1 of 20 November 2026, 800/2 of 20 November 2026",
        [f"{listed} Participants", "1 Amendment 1", *review],
    )


def test_an_amendment_takes_out_whoever_moved_away_or_was_removed(
    service: Service, campus: Campus, command: Command
) -> None:
    service.first_run()
    fix(command, service, "finalise", "SK 1")
    fix(command, service, "finalise", "SK 7", "II")
    campus.kelas.unenrol("KLS-I", campus.kelas.user_id(BUDI))
    move(command, service, ANI, "II")
    service.run(full=True)
    removed, moved = line(service, BUDI), line(service, ANI)

    _, out, _ = fix(command, service, "amend", "SK 2", "I", "--json")
    fix(command, service, "amend", "SK 8", "II")
    service.run()

    people = service.roster()
    assert removed == ("withdrawn", "I", "target_removed")
    assert moved == ("planned", "II", "awaiting_amendment")
    assert set(json.loads(out)["left"]) == {people[ANI]["participant_id"], people[BUDI]["participant_id"]}
    assert line(service, ANI) == ("confirmed", "II", None)
    assert shown(command, service, ANI)["finalised"]["sk"] == "SK 8"
    assert shown(command, service, BUDI)["finalised"] is None


def test_what_happens_in_moodle_after_the_decree_is_still_shown(
    service: Service, campus: Campus, command: Command
) -> None:
    service.first_run()
    fix(command, service, "finalise", "SK 1")
    campus.kelas.unenrol("KLS-I", campus.kelas.user_id(ANI))

    service.run(full=True)

    assert line(service, ANI) == ("withdrawn", "I", "target_removed")
    assert shown(command, service, ANI)["finalised"]["sk"] == "SK 1"


def test_nothing_is_finalised_on_old_evidence(service: Service, command: Command) -> None:
    service.run(now=datetime.now(UTC) - timedelta(hours=25))

    old, _, said = fix(command, service, "finalise", "SK 1")
    service.run()
    half, _, details = fix(command, service, "finalise", "SK 1")
    with service.database.reading() as connection:
        asked = queue_taking.waiting(connection, datetime.now(UTC), [PROGRAMME])
    service.run(angkatan=asked[0].subject)
    fresh, _, _ = fix(command, service, "finalise", "SK 1")

    assert (old, half, fresh) == (1, 1, 0)
    assert "sync --full" in said
    assert "older than 24 hours" in details
    assert "--angkatan I" in details
    assert [(each.scope, each.subject, each.requested_by) for each in asked] == [("angkatan", "I", "Siti Aminah")]


def test_nothing_is_finalised_before_the_first_run(service: Service, command: Command) -> None:
    assert fix(command, service, "finalise", "SK 1")[0] == 1
    assert service.count("finalisations") == 0


def test_nothing_is_finalised_while_a_guard_holds(
    make_service: ServiceFactory, sqlite_url: str, command: Command
) -> None:
    service = make_service(sqlite_url, guards="max_push = 5")
    held = service.first_run()

    code, _, said = fix(command, service, "finalise", "SK 1")

    assert held.run.outcome is RunOutcome.GUARDED
    assert code == 4
    assert "status" in said


def test_nothing_is_finalised_while_people_wait_for_approval_or_for_a_decision(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus, command: Command
) -> None:
    service = make_service(sqlite_url, programme='push = "confirmed"')
    service.first_run()
    waiting, _, approve = fix(command, service, "finalise", "SK 1")
    command(service, "roster", "approve", "--by", "Siti")
    service.run()
    fail_the_evaluation(campus, ANI)
    service.run(full=True)  # whoever is confirmed is asked again in full runs only
    undecided, _, decide = fix(command, service, "finalise", "SK 1")
    admit(command, service, ANI)
    service.run()
    settled, _, _ = fix(command, service, "finalise", "SK 1")

    assert (waiting, undecided, settled) == (1, 1, 0)
    assert "approval" in approve
    assert "review" in decide


def test_what_persons_said_after_the_last_run_counts_for_a_decree(
    make_service: ServiceFactory, sqlite_url: str, command: Command, tmp_path: Path
) -> None:
    papers = '\n[programmes.clearances]\nparticipant = ["surat_sehat"]\n'
    service = make_service(sqlite_url, angkatan=papers + default_angkatan())
    service.run()
    by, later = ("--by", "Ratna"), (now() + timedelta(days=60)).date()
    paper = ("--kind", "surat_sehat", "--issuer", "RSUD", "--date", "2026-11-20", "--valid-until", later, *by)
    for nip in (ANI, BUDI, MISSED):
        assert command(service, "clearance", "add", nip, "--number", nip[-3:], *paper)[0] == 0
    admit(command, service, MISSED)
    service.run()

    def refused() -> str:
        code, _, said = fix(command, service, "finalise", "SK 1")
        assert code == 1
        return said

    command(service, "override", "release", MISSED, "--reason", "BA 13", *by)
    ended, looked_at = refused(), service.noted()
    admit(command, service, MISSED)
    revoke_document(service.database, lambda: now() - timedelta(days=1), PROGRAMME, 1, "Palsu", "Siti")
    revoked = refused()
    command(service, "override", "hold", ANI, "--reason", "BA 14", *by)
    record_threshold(
        service.database, lambda: now() - timedelta(days=1), PROGRAMME, Decimal(71), Scale.POINTS, "SK 3", "Siti"
    )  # by a clock that was set back
    another = refused()
    service.run()
    import_scores(command, service, scores_file(tmp_path, {MISSED: "80"}), "--apply")
    with service.database.writing() as connection:
        confirm(connection, 1, "Citra", now() - timedelta(days=1))  # by a clock that was set back
    told = refused()
    service.run()
    command(service, "override", "hold", BUDI, "--reason", "BA 15", *by)
    code, out, _ = fix(command, service, "finalise", "SK 1", "I", "--json")

    assert "another threshold" in another
    for said in (ended, revoked, told):
        assert "After the last run an admission, clearance or merge of 1 person ended" in said
    assert f"\n  - {shown(command, service, MISSED)['name']}\n" in ended
    assert "roster" in looked_at
    assert code == 0
    assert json.loads(out)["members"] == [shown(command, service, MISSED)["participant_id"]]


def test_a_decree_is_recorded_once_and_an_amendment_needs_a_list_a_number_and_somebody(
    service: Service, command: Command
) -> None:
    service.first_run()

    before = fix(command, service, "amend", "SK 1")[0]
    unknown = fix(command, service, "finalise", "SK 1", "IX")[0]
    blank = fix(command, service, "finalise", " ")[0]
    first = fix(command, service, "finalise", "SK 1")[0]
    again = fix(command, service, "finalise", "SK 2")[0]
    same = fix(command, service, "amend", "SK 1")[0]
    nobody = fix(command, service, "amend", "SK 2")[0]

    assert (before, unknown, blank, first, again, same, nobody) == (2, 2, 2, 0, 2, 2, 1)
    assert service.count("finalisations") == 1


def test_an_angkatan_without_a_course_has_no_roster_to_finalise(
    make_service: ServiceFactory, sqlite_url: str, command: Command
) -> None:
    online = '\n[[programmes.angkatan]]\nid = "IV"\nsource_group = "Angkatan IV"\n'
    service = make_service(sqlite_url, angkatan=default_angkatan() + online)
    service.first_run()

    assert fix(command, service, "finalise", "SK 1", "IV")[0] == 2


def test_a_run_under_way_refuses_neither_moves_nor_decrees_and_its_end_carries_them_out(
    service: Service, command: Command
) -> None:
    service.first_run()

    with Lease(service.database, service.settings.programmes[0].id, now):
        codes = (move(command, service, ANI, "II")[0], fix(command, service, "finalise", "SK 1")[0])
        meanwhile = service.roster()[ANI]["angkatan"]

    assert codes == (0, 0)
    assert meanwhile == "I"
    assert service.roster()[ANI]["angkatan"] == "II"
    assert service.count("waiting_changes") == 0


def test_the_database_refuses_to_change_a_move_or_a_decree(
    make_service: ServiceFactory, database_url: str, command: Command
) -> None:
    service = make_service(database_url)
    service.first_run()
    fix(command, service, "finalise", "SK 1")
    move(command, service, ANI, "II")

    for table in ("angkatan_moves", "finalisations"):
        for statement in (f"UPDATE {table} SET version = 2", f"DELETE FROM {table}"):
            with pytest.raises(DBAPIError, match="append-only"), service.database.writing() as connection:
                connection.execute(text(statement))
