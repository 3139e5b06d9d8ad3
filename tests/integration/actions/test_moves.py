"""Moves to another angkatan and late comers in whole runs (rules 5, 15)."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from moving_people import ANI, BUDI, EVALUATION, MISSED, admit, enrolled, fail_the_evaluation, line, move, shown
from openpyxl import load_workbook
from service import PROGRAMME, Command, Service, ServiceFactory, default_angkatan
from sqlalchemy import text

from latsar_sync.demo import Campus
from latsar_sync.shapes.funnel import group_of
from latsar_sync.shapes.programmes import programme_shape
from latsar_sync.store.leases import Lease
from latsar_sync.store.search_conditions import Search
from latsar_sync.store.searches import find_ids, people_of, standing


@pytest.fixture
def service(make_service: ServiceFactory, sqlite_url: str) -> Service:
    """Give the service for the bundled campus."""
    return make_service(sqlite_url)


def clock() -> datetime:
    return datetime.now(UTC)


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


def test_the_seat_that_a_move_leaves_goes_to_whoever_waits_first(service: Service, command: Command) -> None:
    service.first_run()
    rows = [row for row in service.roster().values() if row["angkatan"] == "III"]
    first = min(
        (row for row in rows if row["state"] == "waitlisted"),
        key=lambda row: (row["reached_at"], row["source_user_id"]),
    )
    seated = next(row for row in rows if row["state"] == "confirmed" and row["origin"] == "pushed")

    move(command, service, str(seated["nip"]), "II")
    service.run()

    assert line(service, str(seated["nip"]))[:2] == ("confirmed", "II")
    assert line(service, str(first["nip"]))[:2] == ("confirmed", "III")


@pytest.mark.parametrize("by_strangers", [False, True])
def test_nobody_loses_a_seat_by_a_move_into_a_full_course_unless_a_person_admits_them(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus, command: Command, by_strangers: bool
) -> None:
    if by_strangers:
        stranger = campus.kelas.add_user("Peserta", "Lain", "199001012020011001").id
        campus.kelas.enrol("KLS-II", stranger)
        campus.kelas.add_group("KLS-II", "Angkatan II", members=[stranger])
    service = make_service(sqlite_url, angkatan=default_angkatan({"I": 40, "II": 1, "III": 25}))
    service.first_run()
    _, second, _ = json.loads(command(service, "roster", "priority", "--json")[1])["angkatan"]
    assert (second["preferred"], second["others"], second["free"]) == (not by_strangers, by_strangers, 0)

    refused, _, said = move(command, service, ANI, "II")
    unchanged = line(service, ANI)
    admit(command, service, ANI)
    allowed, _, _ = move(command, service, ANI, "II")
    service.run()

    assert (refused, unchanged) == (2, ("confirmed", "I", None))
    assert "Admit them against the rule first" in said
    assert (allowed, line(service, ANI)) == (0, ("confirmed", "II", None))


def test_whoever_had_no_seat_before_an_admission_has_none_after_its_release_wherever_they_were_moved(
    make_service: ServiceFactory, sqlite_url: str, command: Command
) -> None:
    service = make_service(sqlite_url, programme='push = "confirmed"')
    service.first_run()
    admit(command, service, MISSED)
    service.run()
    planned = line(service, MISSED)
    move(command, service, MISSED, "II")
    command(service, "override", "release", MISSED, "--reason", "Keliru", "--by", "Ratna")

    service.run()

    assert planned[:2] == ("planned", "I")
    assert line(service, MISSED) == ("review", None, "no_longer_qualifies")


def test_moves_during_a_run_are_judged_by_those_that_wait_for_its_end(
    make_service: ServiceFactory, sqlite_url: str, command: Command
) -> None:
    service = make_service(sqlite_url)
    service.first_run()
    seated = [
        row["angkatan"] for row in service.roster().values() if row["state"] in ("confirmed", "planned", "review")
    ]
    one_seat = default_angkatan({"I": 40, "II": seated.count("II") + 1, "III": 25})
    service = make_service(sqlite_url, angkatan=one_seat)

    with Lease(service.database, PROGRAMME, clock):
        first, back, again = (move(command, service, ANI, to) for to in ("II", "I", "II"))
        second = move(command, service, BUDI, "II")

    assert ([each[0] for each in (first, back, again)], second[0]) == ([0, 0, 0], 2)
    assert (line(service, ANI)[1], line(service, BUDI)[1]) == ("II", "I")


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


def test_whoever_is_not_on_the_roster_yet_belongs_in_every_list_and_figure_where_a_person_moved_them(
    service: Service, command: Command, tmp_path: Path
) -> None:
    service.first_run()
    programme = service.settings.programme(PROGRAMME)

    def told() -> list[tuple[bool, bool, bool, int]]:
        """Say of the first two angkatan whether somebody is listed, found on a page, exported, and how many are."""
        with service.database.reading() as connection:
            parts = programme_shape(programme, standing(connection, PROGRAMME), {})["angkatan"]
            found = [
                {row["nip"] for row in people_of(connection, PROGRAMME, find_ids(connection, PROGRAMME, asked, 0, 500))}
                for asked in (Search(angkatan=name, group=group_of(programme, name)) for name in ("I", "II"))
            ]
        told = []
        for name, on_page, part in zip(("I", "II"), found, parts, strict=False):
            listed = json.loads(command(service, "participants", "--angkatan", name, "--json")[1])
            sheet = tmp_path / f"{name}.xlsx"
            command(service, "export", "recap", "--angkatan", name, "-o", sheet, "--overwrite")
            cells = {str(cell.value) for row in load_workbook(sheet).worksheets[0].iter_rows() for cell in row}
            exported = any(MISSED in cell for cell in cells)
            assert part["people"]["enrolled"] == len(on_page) == len(listed)
            told.append((MISSED in {each["nip"] for each in listed}, MISSED in on_page, exported, len(listed)))
        return told

    [(*in_first, first), (*in_second, second)] = told()
    move(command, service, MISSED, "II")
    after = told()

    assert (set(in_first), set(in_second)) == ({True}, {False})
    assert after == [(False, False, False, first - 1), (True, True, True, second + 1)]
