"""Accounts for those who qualify and have none in class: listed for Moodle, or made where the office asks for it."""

import csv
import json
from collections.abc import Mapping
from io import StringIO
from typing import Any

import pytest
from service import Command, KnownCampus, Service, ServiceFactory, default_angkatan

from latsar_sync.demo import CASES, Campus, failures
from latsar_sync.demo.faults import Fault
from latsar_sync.demo.records import User
from latsar_sync.demo.rights import KELAS_TOKEN, MOOC_TOKEN
from latsar_sync.domain.request import RunOutcome, Step

[MISSING] = map(str, CASES["no_target_account"][:1])
CREATE = "core_user_create_users"


def permit(campus: Campus) -> None:
    """Give the service accounts what making accounts needs."""
    mooc, kelas = campus.mooc.accounts[MOOC_TOKEN], campus.kelas.accounts[KELAS_TOKEN]
    mooc.functions.add("core_user_get_course_user_profiles")
    mooc.capabilities |= {"moodle/site:viewuseridentity"}
    kelas.functions.add(CREATE)
    kelas.capabilities |= {"moodle/user:create", "moodle/site:viewuseridentity"}


def carriers(campus: Campus, nip: str) -> list[str]:
    """Return the names of the accounts in class that carry a NIP."""
    return [user.fullname for user in campus.kelas.users.values() if nip in (user.idnumber, user.username)]


@pytest.fixture
def campus(campus: KnownCampus) -> KnownCampus:
    """Give a campus whose service accounts may make accounts."""
    campus.begin_with(permit)
    return campus


@pytest.fixture
def asked_for(make_service: ServiceFactory, sqlite_url: str) -> Service:
    return make_service(sqlite_url, guards="max_push_share = 1.0\n[programmes.accounts]\ncreate = true")


def test_whoever_lacks_an_account_is_listed_as_the_upload_page_reads_it(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus, command: Command
) -> None:
    service = make_service(sqlite_url)
    service.first_run()

    code, printed, _said = command(service, "export", "accounts", "--enrol", "--cohort", "CPNS")
    _code, told, _ = command(service, "export", "accounts", "--json")

    rows = {row["username"]: row for row in csv.DictReader(StringIO(printed))}
    assert code == 0
    assert set(rows) == {
        nip for nip, row in service.roster().items() if row["roster_reason"] == "target_account_missing"
    }
    mine = rows[MISSING]
    assert mine["idnumber"] == MISSING
    assert "@" in mine["email"]
    assert all((mine["firstname"], mine["lastname"]))
    assert (mine["role1"], mine["cohort1"]) == ("5", "CPNS")
    assert mine["course1"].startswith("KLS-")
    assert mine["group1"].startswith("Angkatan")
    lines = {line["nip"]: line["held_back"] for line in json.loads(told)}
    assert lines == dict.fromkeys(rows, False)
    assert carriers(campus, MISSING) == []

    command(service, "override", "hold", MISSING, "--reason", "Nota", "--by", "Ratna")
    _code, printed, said = command(service, "export", "accounts", "--enrol")
    _code, told, _ = command(service, "export", "accounts", "--json")
    held = next(row for row in csv.DictReader(StringIO(printed)) if row["username"] == MISSING)
    assert (held["idnumber"], held["course1"], held["role1"], held["group1"]) == (MISSING, "", "", "")
    assert "1 is not enrolled by it: held" in said
    assert next(line["held_back"] for line in json.loads(told) if line["nip"] == MISSING) is True


def empty(campus: Campus) -> list[str]:
    """Take every participant's account from the in-class Moodle, as where it is new; return their NIPs."""
    ours = [user for user in campus.kelas.users.values() if user.idnumber]
    nips = [user.idnumber for user in ours]
    for user in ours:
        campus.kelas.delete_user(user.id)
    campus.kelas.users[1] = User(1, "guest", "Guest user", "")
    return nips


def test_where_nobody_has_an_account_yet_all_are_listed_and_made_where_the_office_asks_for_it(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus, command: Command
) -> None:
    empty(campus)
    service = make_service(sqlite_url)

    first = service.first_run()
    code, printed, _said = command(service, "export", "accounts")
    listed = [row["username"] for row in csv.DictReader(StringIO(printed))]
    making = make_service(sqlite_url, guards="max_push_share = 1.0\n[programmes.accounts]\ncreate = true")
    making.run()
    making.run()

    assert (first.run.outcome, code) == (RunOutcome.OK, 0)
    assert f"{len(listed)} people who are to be in class have no account there" in " ".join(first.run.messages)
    assert len(listed) > 20
    assert {making.roster()[nip]["state"] for nip in listed} == {"confirmed"}


@pytest.mark.parametrize("what", ["rights", "the other field"])
def test_nobody_is_believed_to_have_no_account_who_may_not_show(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus, command: Command, what: str
) -> None:
    if what == "rights":
        empty(campus)
        campus.kelas.accounts[KELAS_TOKEN].capabilities.discard("moodle/user:viewalldetails")
    else:
        campus.kelas.users[1] = User(1, "guest", "Guest user", "")
        for user in campus.kelas.users.values():
            user.idnumber = ""
    service = make_service(sqlite_url, guards="max_push_share = 1.0\n[programmes.accounts]\ncreate = true")
    people = len(campus.kelas.users)

    stopped = service.run()
    _code, printed, _said = command(service, "export", "accounts")

    told = " ".join([str(stopped.error), *stopped.problems])
    assert ("viewalldetails" if what == "rights" else "by username") in told
    assert (len(campus.kelas.users), list(csv.DictReader(StringIO(printed)))) == (people, [])


def test_whoever_is_held_or_given_another_nip_while_a_run_is_under_way_gets_nothing_by_it(
    asked_for: Service, campus: Campus, command: Command
) -> None:
    corrected, right = str(CASES["passed"][0]), "199001012025031001"
    said = []

    def decide(_programme: str, step: Step, _count: int) -> None:
        if step is Step.GUARD_PUSHES and not said:
            words = ("--reason", "Uji", "--by", "Ratna")
            said.append(command(asked_for, "override", "hold", MISSING, *words)[0])
            said.append(command(asked_for, "identity", "correct", corrected, "--to", right, *words)[0])

    asked_for.run(progress=decide)
    courses = (campus.kelas.course(f"KLS-{each}") for each in ("I", "II", "III"))
    enrolled = {user for course in courses for user in course.enrolments}

    assert said == [0, 0]
    assert carriers(campus, MISSING) == []
    assert campus.kelas.user_id(corrected) not in enrolled


def test_no_account_is_made_unless_the_office_asks_for_it(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    make_service(sqlite_url).first_run()

    assert carriers(campus, MISSING) == []


def test_no_account_is_made_for_whom_no_place_is_left_in_a_group_that_is_too_full(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    make_service(sqlite_url).first_run()
    seats = default_angkatan({"I": 1, "II": 1, "III": 1})
    full = make_service(sqlite_url, angkatan=seats, guards="[programmes.accounts]\ncreate = true")

    for _ in range(2):
        full.run()
    row, made = full.roster()[MISSING], carriers(campus, MISSING)

    assert (row["state"], row["roster_reason"], made) == ("planned", "over_capacity", [])


def test_an_account_is_made_once_and_the_next_run_enrols_it(asked_for: Service, campus: Campus) -> None:
    first = asked_for.first_run()
    made = carriers(campus, MISSING)
    asked_for.run()
    asked_for.run(full=True)

    assert any("account was made" in said or "accounts were made" in said for said in first.run.messages)
    assert len(made) == 1
    assert carriers(campus, MISSING) == made
    assert asked_for.roster()[MISSING]["state"] == "confirmed"


def test_an_account_whose_answer_was_lost_is_found_and_never_made_twice(asked_for: Service, campus: Campus) -> None:
    campus.faults.add(Fault("drop_after_commit", "kelas", CREATE, count=1))

    asked_for.run()
    after = carriers(campus, MISSING)
    campus.faults.clear()
    asked_for.run()
    asked_for.run()

    assert len(after) <= 1
    assert len(carriers(campus, MISSING)) == 1
    assert asked_for.roster()[MISSING]["state"] == "confirmed"


def test_a_person_over_whom_moodle_always_breaks_off_keeps_nobody_else_from_an_account(
    asked_for: Service, campus: Campus
) -> None:
    other, over = str(CASES["passed"][0]), list[str]()
    campus.kelas.delete_user(campus.kelas.user_id(other))

    def breaks_off(name: str, parameters: Mapping[str, Any]) -> None:
        if name == CREATE:
            [account] = parameters["users"]
            over.append(account["username"])
            if account["username"] == over[0]:
                raise failures.write_failed()

    campus.before_write = breaks_off
    result = asked_for.run()
    after = {nip: len(carriers(campus, nip)) for nip in (MISSING, other)}
    campus.before_write = None
    asked_for.run(full=True)

    assert set(over) == {MISSING, other}
    assert after == {over[0]: 0, over[1]: 1}
    assert any("Moodle refuses the account (dmlwriteexception)" in said for said in result.run.messages)
    assert [len(carriers(campus, nip)) for nip in (MISSING, other)] == [1, 1]


def test_an_address_that_belongs_to_somebody_is_left_alone(asked_for: Service, campus: Campus) -> None:
    theirs = next(user for user in campus.mooc.users.values() if user.idnumber == MISSING)
    other = campus.kelas.add_user("Orang", "Lain", username="oranglain")
    other.email = theirs.email.upper()
    before = vars(other).copy()

    result = asked_for.run()

    assert carriers(campus, MISSING) == []
    assert vars(other) == before
    assert any("without an account" in said for said in result.run.messages)
    assert asked_for.roster()[MISSING]["roster_reason"] == "target_account_missing"


def test_the_doctor_proves_the_right_and_makes_nobody(asked_for: Service, campus: Campus, command: Command) -> None:
    people = len(campus.kelas.users)
    _code, printed, _said = command(asked_for, "doctor", "--json")
    campus.kelas.accounts[KELAS_TOKEN].capabilities.discard("moodle/user:create")
    _code, without, _said = command(asked_for, "doctor", "--json")

    def of_the_right(told: str) -> set[str]:
        return {each["status"] for each in json.loads(told)["checks"] if each["name"] == "moodle/user:create"}

    assert of_the_right(printed) == {"ok"}
    assert of_the_right(without) == {"fail"}
    assert len(campus.kelas.users) == people


@pytest.mark.parametrize("what", ["awaiting_approval", "admission_closed"])
def test_an_account_is_made_only_for_whom_an_enrolment_would_be_sent(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus, command: Command, what: str
) -> None:
    make_service(sqlite_url).first_run()
    over = default_angkatan().replace("site =", "admit_until = 2026-01-01\nsite =")
    confirmed = what == "awaiting_approval"
    service = make_service(
        sqlite_url,
        programme='push = "confirmed"' if confirmed else "",
        angkatan=default_angkatan() if confirmed else over,
        guards="max_push_share = 1.0\n[programmes.accounts]\ncreate = true",
    )

    service.run(full=True)
    before, waits = carriers(campus, MISSING), service.roster()[MISSING]["roster_reason"]
    decide = ["roster", "approve"] if confirmed else ["override", "admit", MISSING, "--reason", "Uji"]
    command(service, *decide, "--by", "Ratna")
    service.run(full=True)
    service.run()

    assert (before, waits) == ([], what)
    assert len(carriers(campus, MISSING)) == 1
    assert service.roster()[MISSING]["state"] == "confirmed"
