"""Moves to another angkatan, late comers, finalised rosters and amendments in whole runs (rules 5, 15, 17)."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from service import PROGRAMME, Command, Service, ServiceFactory, default_angkatan
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from latsar_sync.cli.context import now
from latsar_sync.demo import CASES, Campus
from latsar_sync.domain import language
from latsar_sync.domain.request import RunOutcome
from latsar_sync.exports import ExportRequest, Paper, compose
from latsar_sync.store import queue
from latsar_sync.store.leases import Lease

ANI, BUDI = (str(CASES["passed"][number]) for number in (2, 4))
"""Two people of angkatan I."""
MISSED = str(CASES["score_69_99999"][0])
EVALUATION = "EVAL-AKADEMIK"


@pytest.fixture
def service(make_service: ServiceFactory, sqlite_url: str) -> Service:
    """Give the service for the bundled campus."""
    return make_service(sqlite_url)


def move(command: Command, service: Service, nip: str, to: str, *more: str) -> tuple[int, str, str]:
    return command(service, "roster", "move", nip, "--to", to, "--reason", "Cuti", "--by", "Ratna", *more)


def fix(
    command: Command, service: Service, verb: str, sk: str, angkatan: str = "I", *more: str
) -> tuple[int, str, str]:
    words = ("--angkatan", angkatan, "--sk", sk, "--date", "2026-11-20", "--by", "Siti Aminah", *more)
    return command(service, "roster", verb, *words)


def admit(command: Command, service: Service, nip: str) -> int:
    return command(service, "override", "admit", nip, "--reason", "BA 12", "--by", "Ratna")[0]


def line(service: Service, nip: str) -> tuple[str | None, str | None, str | None]:
    """Return somebody's state, angkatan and reason on the roster."""
    row = service.roster().get(nip)
    return (row["state"], row["angkatan"], row["roster_reason"]) if row else (None, None, None)


def shown(command: Command, service: Service, nip: str, *more: str) -> dict[str, Any]:
    """Return somebody's line of ``roster --json``."""
    lines = json.loads(command(service, "roster", "--json", *more)[1])
    return next(each for each in lines if each["nip"] == nip)


def enrolled(campus: Campus, nip: str) -> set[str]:
    user_id = campus.kelas.user_id(nip)
    return {name for name in ("I", "II", "III") if user_id in campus.kelas.course(f"KLS-{name}").enrolments}


def fail_the_evaluation(campus: Campus, nip: str) -> None:
    cmid = campus.mooc.module_named(EVALUATION).cmid
    campus.mooc.set_grade(campus.mooc.user_id(nip), cmid, Decimal(50))


# Moving


def test_whoever_is_in_a_course_enters_the_new_one_and_the_old_one_is_left_to_a_person(
    make_service: ServiceFactory, database_url: str, campus: Campus, command: Command
) -> None:
    service = make_service(database_url)
    service.first_run()
    before = service.participants()[ANI]

    code, _, _ = move(command, service, ANI, "II")
    result = service.run()
    service.run(full=True)
    entered = (line(service, ANI), enrolled(campus, ANI), shown(command, service, ANI)["left_behind"])
    campus.kelas.unenrol("KLS-I", campus.kelas.user_id(ANI))
    later = service.run(full=True)

    assert code == 0
    assert (result.run.counts["pushed"], result.run.counts["confirmed"]) == (1, 1)
    assert entered[:2] == (("confirmed", "II", None), {"I", "II"})
    assert [(each["angkatan"], each["course"], each["group"]) for each in entered[2]] == [("I", "KLS-I", "Angkatan I")]
    assert service.participants()[ANI]["decided_at"] == before["decided_at"]
    assert shown(command, service, ANI)["left_behind"] == []
    assert (line(service, ANI), later.run.counts["pushed"]) == (("confirmed", "II", None), 0)


def test_the_screen_and_the_explanation_show_who_must_be_taken_out_of_the_old_course(
    service: Service, command: Command
) -> None:
    service.first_run()
    move(command, service, ANI, "II")
    service.run()

    _, table, _ = command(service, "roster", "--angkatan", "I")
    _, told, _ = command(service, "explain", ANI)
    _, as_json, _ = command(service, "explain", ANI, "--json")
    _, exported, _ = command(service, "person", "export", ANI, "--json")

    [record] = json.loads(exported)["records"]
    assert record["moves"] == json.loads(as_json)["moves"]
    assert "still in the old course" in " ".join(table.split())
    assert "angkatan I: KLS-I" in table
    assert "still in KLS-I" in told
    assert [(each["from"], each["to"], each["by"]) for each in json.loads(as_json)["moves"]] == [("I", "II", "Ratna")]


def test_before_anything_was_sent_a_move_is_simply_the_other_course(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus, command: Command
) -> None:
    service = make_service(sqlite_url, programme='push = "confirmed"')
    service.first_run()

    move(command, service, ANI, "II")
    planned = line(service, ANI)
    service.run()
    command(service, "roster", "approve", "--by", "Siti")
    service.run()

    assert planned == ("planned", "II", None)
    assert line(service, ANI) == ("confirmed", "II", None)
    assert enrolled(campus, ANI) == {"II"}
    assert shown(command, service, ANI)["left_behind"] == []
    assert service.count("left_behind") == 0


def test_whoever_has_not_qualified_yet_is_placed_in_the_new_angkatan_when_they_do(
    service: Service, campus: Campus, command: Command
) -> None:
    service.first_run()
    move(command, service, MISSED, "II")
    cmid = campus.mooc.module_named(EVALUATION).cmid
    campus.mooc.set_grade(campus.mooc.user_id(MISSED), cmid, Decimal(71))

    service.run()

    assert line(service, MISSED) == ("confirmed", "II", None)


def test_the_seat_that_a_move_leaves_goes_to_whoever_waits_first(
    make_service: ServiceFactory, sqlite_url: str, command: Command
) -> None:
    service = make_service(sqlite_url, angkatan=default_angkatan({"I": 5, "II": 40, "III": 25}))
    service.first_run()
    rows = [row for row in service.roster().values() if row["angkatan"] == "I"]
    first = min(
        (row for row in rows if row["state"] == "waitlisted"),
        key=lambda row: (row["reached_at"], row["source_user_id"]),
    )
    seated = next(row for row in rows if row["state"] == "confirmed" and row["origin"] == "pushed")

    move(command, service, str(seated["nip"]), "II")
    service.run()

    assert line(service, str(seated["nip"]))[:2] == ("confirmed", "II")
    assert line(service, str(first["nip"]))[:2] == ("confirmed", "I")


def test_nobody_loses_a_seat_by_a_move_into_a_full_course_unless_a_person_admits_them(
    make_service: ServiceFactory, sqlite_url: str, command: Command
) -> None:
    service = make_service(sqlite_url, angkatan=default_angkatan({"I": 40, "II": 1, "III": 25}))
    service.first_run()

    refused, _, said = move(command, service, ANI, "II")
    unchanged = line(service, ANI)
    admit(command, service, ANI)
    allowed, _, _ = move(command, service, ANI, "II")
    service.run()

    assert (refused, unchanged) == (2, ("confirmed", "I", None))
    assert "Admit them against the rule first" in said
    assert (allowed, line(service, ANI)) == (0, ("confirmed", "II", None))


def test_a_move_names_a_person_an_angkatan_and_a_reason_and_goes_somewhere_else(
    service: Service, command: Command
) -> None:
    service.first_run()

    refused = [
        move(command, service, ANI, "I"),
        move(command, service, ANI, "IX"),
        move(command, service, "199508172025042003", "II"),
        command(service, "roster", "move", ANI, "--to", "II", "--reason", " ", "--by", "Ratna"),
        command(service, "roster", "move", ANI, "--to", "II", "--reason", "Cuti", "--by", " "),
    ]

    assert [code for code, _, _ in refused] == [2] * 5
    assert service.count("angkatan_moves") == 0


def test_nobody_is_moved_while_it_is_unknown_whether_a_write_about_them_arrived(
    service: Service, command: Command
) -> None:
    service.first_run()
    participant = service.roster()[ANI]["participant_id"]
    with service.database.writing() as connection:
        statement = "UPDATE pushes SET state = 'unknown' WHERE subject = :who"
        connection.execute(text(statement), {"who": participant})

    code, _, said = move(command, service, ANI, "II")

    assert code == 1
    assert "sync" in said
    assert line(service, ANI) == ("confirmed", "I", None)


def test_a_move_back_and_forth_ends_where_the_last_one_said(service: Service, campus: Campus, command: Command) -> None:
    service.first_run()
    move(command, service, ANI, "II")
    service.run()
    move(command, service, ANI, "I")
    result = service.run()

    found = shown(command, service, ANI)
    assert line(service, ANI) == ("confirmed", "I", None)
    assert result.run.counts["pushed"] == 0
    assert [each["angkatan"] for each in found["left_behind"]] == ["II"]


def test_whoever_is_held_or_no_longer_qualifies_is_moved_and_still_not_sent(
    service: Service, campus: Campus, command: Command
) -> None:
    service.first_run()
    fail_the_evaluation(campus, ANI)
    service.run()
    command(service, "override", "hold", BUDI, "--reason", "Sakit", "--by", "Ratna")
    move(command, service, ANI, "II")
    move(command, service, BUDI, "II")

    service.run()

    assert line(service, ANI) == ("review", "II", "no_longer_qualifies")
    assert line(service, BUDI) == ("planned", "II", "held")
    assert enrolled(campus, ANI) == enrolled(campus, BUDI) == {"I"}


def test_whoever_a_manager_removed_may_be_moved_and_is_placed_anew(
    service: Service, campus: Campus, command: Command
) -> None:
    service.first_run()
    campus.kelas.unenrol("KLS-I", campus.kelas.user_id(ANI))
    service.run(full=True)
    withdrawn = line(service, ANI)

    move(command, service, ANI, "II")
    service.run()

    assert withdrawn == ("withdrawn", "I", "target_removed")
    assert line(service, ANI) == ("confirmed", "II", None)
    assert enrolled(campus, ANI) == {"II"}
    assert service.count("left_behind") == 0


# Late comers (susulan)


def test_whoever_is_admitted_after_the_last_day_is_listed_as_a_late_comer(
    make_service: ServiceFactory, sqlite_url: str, command: Command
) -> None:
    closed = default_angkatan().replace('id = "I"\n', 'id = "I"\nadmit_until = 2020-01-01\n')
    service = make_service(sqlite_url, angkatan=closed)
    service.first_run()
    waiting = line(service, ANI)

    admit(command, service, ANI)
    service.run()

    assert waiting == ("waitlisted", "I", "admission_closed")
    assert line(service, ANI) == ("confirmed", "I", None)
    assert shown(command, service, ANI)["late"] is True
    assert "susulan" in command(service, "roster", "--angkatan", "I")[1]


# Finalising


def test_a_finalised_roster_takes_newcomers_only_by_an_amendment(
    make_service: ServiceFactory, database_url: str, campus: Campus, command: Command
) -> None:
    service = make_service(database_url)
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
        asked = queue.waiting(connection, datetime.now(UTC), [PROGRAMME])
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
