"""One person and their place in a course, over several runs: what is sent, sent once, and never sent."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from dashboard import Dashboard
from seen_in_runs import line
from service import Command, Service, ServiceFactory, default_angkatan
from sqlalchemy import text

from latsar_sync.demo import CASES, Campus, Fault
from latsar_sync.domain.request import RunOutcome, Step
from latsar_sync.store.check import check_records

ANI = str(CASES["name_ampersand"][0])
"""Somebody of angkatan I who has qualified and whom nobody has enrolled yet."""
SUSPENDED = str(CASES["already_suspended"][0])
FOUND = [str(nip) for nip in CASES["already_enrolled"]]
STUDENT = 5


@pytest.fixture
def service(make_service: ServiceFactory, sqlite_url: str) -> Service:
    """Give the service for the bundled campus."""
    return make_service(sqlite_url)


def members(campus: Campus, angkatan: str = "I") -> set[int]:
    return set(campus.kelas.group(f"KLS-{angkatan}", f"Angkatan {angkatan}").members)


def admit(command: Command, service: Service, nip: str) -> None:
    assert command(service, "override", "admit", nip, "--reason", "BA 12", "--by", "Ratna")[0] == 0


def pushes(service: Service) -> Counter[tuple[str, str]]:
    with service.database.reading() as connection:
        return Counter(map(tuple, connection.execute(text("SELECT kind, state FROM pushes"))))


# What a named person's admission sends


def leave_the_group(campus: Campus, nip: str = ANI) -> None:
    campus.kelas.remove_member("KLS-I", "Angkatan I", campus.kelas.user_id(nip))


def lose_the_role(campus: Campus, nip: str = ANI) -> None:
    campus.kelas.course("KLS-I").roles[campus.kelas.user_id(nip)].discard(STUDENT)


def be_taken_out(campus: Campus, nip: str = ANI) -> None:
    campus.kelas.unenrol("KLS-I", campus.kelas.user_id(nip))


def be_made_inactive(campus: Campus, nip: str = ANI) -> None:
    campus.kelas.suspend_enrolment("KLS-I", campus.kelas.user_id(nip))


TROUBLES: list[tuple[Callable[[Campus, str], None], tuple[str, str]]] = [
    (leave_the_group, ("review", "target_group_left")),
    (lose_the_role, ("review", "target_role_missing")),
    (be_taken_out, ("withdrawn", "target_removed")),
    (be_made_inactive, ("withdrawn", "target_removed")),
]


def test_an_admission_sends_what_is_missing_once_and_not_again_after_a_manager(
    service: Service, campus: Campus, command: Command
) -> None:
    service.first_run()
    sent = [nip for nip, row in service.roster().items() if (row["angkatan"], row["origin"]) == ("I", "pushed")]
    people = sent[: len(TROUBLES)]
    for (trouble, _), nip in zip(TROUBLES, people, strict=True):
        trouble(campus, nip)
    service.run(full=True)
    noticed = [line(service, nip) for nip in people]
    for nip in people:
        admit(command, service, nip)

    service.run()
    back = [(line(service, nip), campus.kelas.user_id(nip) in members(campus)) for nip in people]
    for (trouble, _), nip in zip(TROUBLES, people, strict=True):
        trouble(campus, nip)
    for whole in (True, False, True):
        service.run(full=whole)

    assert noticed == [found for _, found in TROUBLES]
    assert back == [(("confirmed", None), True)] * len(TROUBLES)
    assert [line(service, nip) for nip in people] == noticed


@pytest.mark.parametrize("trouble", [lose_the_role, be_made_inactive])
def test_an_admission_sends_the_group_too_to_whom_it_makes_active_or_gives_the_role(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus, command: Command, trouble: Callable[..., None]
) -> None:
    """Beside the group in which a manager put them meanwhile, and once: who is taken out of it again is told."""
    two_groups = default_angkatan({"I": 40, "II": 40}).replace("KLS-II", "KLS-I")
    service = make_service(sqlite_url, angkatan=two_groups)
    service.first_run()
    campus.kelas.add_member("KLS-I", "Angkatan II", campus.kelas.user_id(ANI))
    leave_the_group(campus)
    trouble(campus)
    service.run(full=True)
    found = line(service, ANI)[0]
    admit(command, service, ANI)

    service.run()
    after, quiet = line(service, ANI), service.run(full=True)
    leave_the_group(campus)
    service.run(full=True)

    assert found in ("review", "withdrawn")
    assert after == ("confirmed", None)
    assert (quiet.run.outcome, quiet.run.counts["pushed"], quiet.run.counts["confirmed"]) == (RunOutcome.OK, 0, 0)
    assert line(service, ANI) == ("review", "target_other_group")


def test_an_admission_makes_active_whom_the_service_found_inactive(
    service: Service, campus: Campus, command: Command
) -> None:
    service.first_run()
    found = line(service, SUSPENDED)
    admit(command, service, SUSPENDED)

    service.run()

    assert found == ("review", "target_enrolment_inactive")
    assert line(service, SUSPENDED) == ("confirmed", None)
    assert campus.kelas.user_id(SUSPENDED) in members(campus)


@pytest.mark.parametrize("trouble", [lose_the_role, be_made_inactive])
def test_a_write_that_was_to_make_somebody_active_or_give_the_role_is_confirmed_by_nothing_less(
    service: Service, campus: Campus, command: Command, trouble: Callable[..., None]
) -> None:
    service.first_run()
    trouble(campus)
    service.run(full=True)
    admit(command, service, ANI)
    lost = campus.faults.add(Fault("drop_before", site="kelas", function="enrol_manual_enrol_users", count=1))
    before = pushes(service)

    service.run()
    unanswered = pushes(service) - before
    service.run()

    assert lost.hits == 1
    assert unanswered == Counter({("enrol", "unknown"): 1})
    assert pushes(service) - before == Counter({("enrol", "absent"): 1, ("enrol", "confirmed"): 1})
    assert line(service, ANI) == ("confirmed", None)


# Who only needs the group; what was never sent; what arrives late


def test_without_manual_enrolment_whoever_is_inside_gets_the_group_all_the_same(
    service: Service, campus: Campus
) -> None:
    for course in campus.kelas.courses.values():
        course.methods = {"self": True}
        for row in (row for rows in course.enrolments.values() for row in rows):
            row.method = "self"  # who is inside came by another method

    result = service.run()

    assert result.run.outcome is RunOutcome.PARTIAL
    assert any("manual enrolment" in str(problem) for problem in result.problems)
    assert [line(service, nip) for nip in FOUND] == [("confirmed", None)] * 2
    assert {campus.kelas.user_id(nip) for nip in FOUND} <= members(campus) | members(campus, "II")
    assert line(service, ANI) == ("planned", None)


def test_what_was_not_sent_after_an_error_is_not_said_to_be_on_its_way(service: Service, campus: Campus) -> None:
    calls: list[str] = []

    def before(name: str, parameters: Any) -> None:
        if name != "enrol_manual_enrol_users":
            return
        calls.append(name)
        if len(calls) == 1:  # one bad row: the batch is refused, then that of its course, which is halved
            campus.kelas.delete_user(parameters["enrolments"][5]["userid"])
        elif len(calls) > 2:  # and then the right goes, between the two halves
            for account in campus.kelas.accounts.values():
                account.assignable_roles.clear()

    campus.before_write = before
    service.run()

    states = Counter(state for (kind, state), count in pushes(service).items() for _ in range(count) if kind == "enrol")
    assert states.keys() == {"rejected", "not_sent"}
    assert states["not_sent"] > 1


def test_people_whom_moodle_enrols_after_the_time_out_are_settled_by_a_later_run_and_told_of(
    service: Service, campus: Campus
) -> None:
    lost = campus.faults.add(Fault("drop_before", site="kelas", function="enrol_manual_enrol_users", count=1))

    service.run()
    during = pushes(service)
    with service.database.reading() as connection:
        late = list(connection.execute(text("SELECT course_id, target_user_id FROM pushes WHERE state = 'unknown'")))
    for course_id, user_id in late:  # Moodle commits now
        campus.kelas.enrol(campus.kelas.courses[course_id].shortname, user_id)
    service.run()

    assert lost.hits == 1
    assert during["enrol", "absent"] == 0
    assert during["enrol", "unknown"] == len(late) > 0
    after = {row["target_user_id"]: row for row in service.roster().values()}
    assert {after[user_id]["state"] for _, user_id in late} == {"confirmed"}
    assert {after[user_id]["origin"] for _, user_id in late} == {"pushed"}  # so the digest tells of them


# Which account


@pytest.mark.parametrize("hidden_after", [1, 2])
def test_nobody_is_taken_for_removed_whom_the_list_lacks_once_right_after_a_write(
    service: Service, campus: Campus, hidden_after: int
) -> None:
    """Whom the run enrolled, and who was there before and lacked the group: they are told of by the next run."""
    people, reads = [campus.kelas.users[campus.kelas.user_id(nip)] for nip in (ANI, *FOUND)], list[Step]()

    def hide(_programme: str, step: Step, _count: int) -> None:
        reads.extend([step] if step is Step.READ_BACK else [])
        for each in people:
            each.invisible = step is Step.READ_BACK and len(reads) == hidden_after

    service.run(progress=hide)
    hidden = [line(service, nip)[0] for nip in (ANI, *FOUND)]
    service.run()

    assert len(reads) == 2
    assert "withdrawn" not in hidden
    assert [line(service, nip) for nip in (ANI, *FOUND)] == [("confirmed", None)] * 3


def test_whoever_never_was_in_the_group_and_is_in_the_course_again_is_put_into_it(
    service: Service, campus: Campus
) -> None:
    """A manager made one inactive and active again; the list of the course lacked another once."""
    account = campus.kelas.accounts[campus.kelas.token]
    account.functions.discard("core_group_add_group_members")
    service.run()
    missing = campus.kelas.users[campus.kelas.user_id(FOUND[0])]
    course = str(service.roster()[ANI]["course"])
    campus.kelas.suspend_enrolment(course, campus.kelas.user_id(ANI))
    missing.invisible = True
    account.functions.add("core_group_add_group_members")
    service.run(full=True)
    gone = [line(service, nip) for nip in (ANI, FOUND[0])]
    campus.kelas.suspend_enrolment(course, campus.kelas.user_id(ANI), suspended=False)
    missing.invisible = False

    service.run(full=True)
    quiet = service.run(full=True)

    assert gone == [("withdrawn", "target_removed")] * 2
    assert [line(service, nip) for nip in (ANI, FOUND[0])] == [("confirmed", None)] * 2
    assert (quiet.run.counts["pushed"], quiet.run.counts["confirmed"]) == (0, 0)


def test_an_unconfirmed_account_is_found_before_anything_is_sent(
    service: Service, campus: Campus, command: Command
) -> None:
    campus.kelas.confirm_user(campus.kelas.user_id(ANI), confirmed=False)

    first = service.run()
    waiting = line(service, ANI)
    told = command(service, "explain", ANI)[1]
    campus.kelas.confirm_user(campus.kelas.user_id(ANI))
    service.run()

    assert (first.run.outcome, first.run.counts["failed"]) == (RunOutcome.OK, 0)
    assert waiting == ("review", "target_account_unconfirmed")
    assert "not confirmed" in " ".join(told.split())
    assert line(service, ANI) == ("confirmed", None)


def test_whose_account_in_class_cannot_be_read_waits_in_review_until_it_can(
    service: Service, campus: Campus, command: Command
) -> None:
    spoiled = campus.kelas.users[campus.kelas.user_id(ANI)]
    username, spoiled.username = spoiled.username, "Ani"  # as a script wrote it into the database; Moodle prints none

    first = service.run()
    waiting = line(service, ANI)
    told = " ".join(command(service, "explain", ANI)[1].split())
    campus.log.clear()
    second = service.run()
    asked_again = sum(entry.site == "kelas" for entry in campus.log)
    spoiled.username = username
    service.run()

    assert (first.run.outcome, first.run.counts["failed"]) == (RunOutcome.OK, 0)
    assert waiting == ("review", "target_account_unreadable")
    assert first.run.counts["confirmed"] > 1
    assert "cannot be read" in told
    assert (second.run.counts["pushed"], asked_again) == (0, 3)  # the course, the accounts, and this one alone
    assert line(service, ANI) == ("confirmed", None)


def test_whoever_qualified_and_got_no_seat_is_told_which_run_says_why(
    service: Service, campus: Campus, command: Command
) -> None:
    group = campus.kelas.group("KLS-I", "Angkatan I")
    mark, group.idnumber = group.idnumber, "latsar:lain:I"  # somebody else's: the angkatan stops

    stopped = service.run()
    told = " ".join(command(service, "explain", ANI)[1].split())
    pages = Dashboard(service, lambda: datetime.now(UTC))
    pages.add("sari")
    page = pages.browser("sari").in_english().get(f"/people/{pages.id_of(ANI)}")
    group.idnumber = mark
    service.run()

    assert stopped.run.outcome is RunOutcome.PARTIAL
    for shown in (told.lower(), page.lower()):
        assert "not on the roster" in shown
        assert "no run has placed them yet: the last one (run 1) was done in part, and says why" in shown
    assert line(service, ANI) == ("confirmed", None)
    assert "No run has placed" not in command(service, "explain", ANI)[1]


def test_a_plan_says_of_a_course_into_which_nobody_can_be_enrolled_what_the_run_says(
    service: Service, campus: Campus, command: Command
) -> None:
    campus.kelas.set_manual_enrolment("KLS-II", enabled=False)
    before = campus.kelas.snapshot()

    planned, *foreseen = command(service, "plan")
    untouched = campus.kelas.snapshot() == before
    done, *told = command(service, "sync")

    assert (planned, done, untouched) == (3, 3, True)
    for said in (foreseen, told):
        assert "the course KLS-II has no enabled manual enrolment" in " ".join(" ".join(said).split())


def test_why_moodle_refuses_somebody_is_shown_in_words(service: Service, campus: Campus, command: Command) -> None:
    def before(name: str, parameters: Any) -> None:
        if name == "enrol_manual_enrol_users":
            campus.kelas.confirm_user(user_id, confirmed=False)

    user_id = campus.kelas.user_id(ANI)
    campus.before_write = before

    result = service.run()
    told = " ".join(command(service, "explain", ANI)[1].split())

    assert result.run.counts["failed"] == 1
    assert line(service, ANI) == ("review", "target_account_unconfirmed")
    assert "rejected" in told
    assert "usernotconfirmed" in told
    assert "confirm it in the list of users" in told


def renumber(nip: str) -> str:
    """Return another valid NIP."""
    return nip[:-1] + ("9" if nip[-1] != "9" else "8")


@pytest.mark.parametrize(("whole", "at_once"), [(True, False), (False, False), (False, True)])
def test_a_person_whose_nip_was_another_s_by_mistake_gets_in_by_their_own_account(
    service: Service, campus: Campus, whole: bool, at_once: bool
) -> None:
    """Whether or not a run looked between the correction and the manager who took the wrong account out."""
    mistaken, own = ANI, renumber(ANI)
    theirs = campus.kelas.add_user("Orang", "Benar", own).id
    service.run()
    person = service.roster()[mistaken]
    campus.mooc.users[person["source_user_id"]].idnumber = own

    if not at_once:
        service.run(full=whole)
        assert line(service, own) == ("review", "target_account_changed")
    campus.kelas.unenrol("KLS-I", person["target_user_id"])
    service.run(full=not at_once)

    assert line(service, own) == ("confirmed", None)
    assert service.roster()[own]["target_user_id"] == theirs
    assert theirs in members(campus)
    assert person["target_user_id"] not in members(campus)


def test_an_account_in_class_that_is_given_to_somebody_else_is_noticed_and_forgotten_when_put_right(
    service: Service, campus: Campus
) -> None:
    service.first_run()
    account = campus.kelas.users[campus.kelas.user_id(ANI)]
    account.idnumber = renumber(ANI)

    service.run(full=True)
    noticed = line(service, ANI)
    account.idnumber = ANI
    service.run()

    assert noticed == ("review", "target_account_changed")
    assert line(service, ANI) == ("confirmed", None)


# Several groups of one course, and seats


def test_nobody_in_the_group_of_another_programme_is_put_into_a_second_one(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    second = default_angkatan({"I": 40}) + second_programme(campus)
    service = make_service(sqlite_url, angkatan=second)
    service.first_run()
    course = campus.kelas.course("KLS-I")
    before = {group.name: set(group.members) for group in course.groups.values()}

    run_programme(service, "p2")

    after = {group.name: set(group.members) for group in course.groups.values()}
    assert len(before["Angkatan I"]) > 10
    assert not before["Angkatan I"] & after.get("Kelas P2", set())
    row = next(each for each in service.roster().values() if each["programme"] == "p2" and each["nip"] == ANI)
    assert (row["state"], row["roster_reason"]) == ("review", "target_other_group")
    with service.database.reading() as connection:
        assert check_records(connection, {}) == []


def second_programme(campus: Campus) -> str:
    """Return a second programme with the same people, whose course is another group of the same course."""
    return """
[[programmes]]
id = "p2"
title = "Programme 2"
[programmes.source]
kind = "moodle"
site = "mooc"
course = "MOOC-LATSAR"
[programmes.evaluation]
item = "EVAL-AKADEMIK"
threshold = { value = 70, scale = "points", legal_basis = "Uji" }
[[programmes.angkatan]]
id = "I"
source_group = "Angkatan I"
site = "kelas"
course = "KLS-I"
group = "Kelas P2"
role_id = 5
"""


def run_programme(service: Service, name: str) -> None:
    service.run(programmes=(name,))


def test_a_group_that_managers_have_filled_meanwhile_is_not_filled_beyond_its_seats(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus, command: Command
) -> None:
    """Planned and approved before, sent only while there is room: the roster keeps the place, the group its size."""
    seats = default_angkatan({"I": 12, "II": 40, "III": 25})
    service = make_service(sqlite_url, programme='push = "confirmed"', angkatan=seats)
    service.first_run()
    strangers = [campus.kelas.add_user("Tamu", str(number), f"tamu{number}").id for number in range(2)]
    for user_id in strangers:
        campus.kelas.enrol("KLS-I", user_id)
    campus.kelas.group("KLS-I", "Angkatan I").members.update(dict.fromkeys(strangers, 0))
    command(service, "roster", "approve", "--by", "Siti")

    for whole in (False, True):
        service.run(full=whole)
    full = len(members(campus)), Counter(row["roster_reason"] for row in service.roster().values())
    for user_id in strangers:
        campus.kelas.unenrol("KLS-I", user_id)
    service.run()

    assert full[0] <= 12
    assert full[1]["over_capacity"] > 0
    assert {row["roster_reason"] for row in service.roster().values() if row["state"] == "planned"} <= {
        "awaiting_approval"
    }
    assert len(members(campus)) <= 12


def test_the_roster_lists_people_in_the_order_in_which_they_were_seated_and_then_who_waits(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus, command: Command
) -> None:
    """Lowering the number of seats one by one would take the last of the list each time."""
    below = str(CASES["score_zero"][0])
    waiting = make_service(sqlite_url, programme='placement = "first_qualified"', angkatan=default_angkatan({"I": 40}))
    waiting.run()
    admit(command, waiting, below)
    waiting.run()

    listed = list(waiting.roster().values())

    in_line = [row for row in listed if row["state"] == "waitlisted"]
    seated = [row for row in listed if row["angkatan"] == "I" and row["state"] != "waitlisted"]
    first = [row["nip"] for row in seated[: len(CASES["already_in_group"])]]
    assert sorted(first) == sorted(map(str, CASES["already_in_group"]))
    assert seated[len(first)]["nip"] == below
    rest = [(row["reached_at"], row["source_user_id"]) for row in seated[len(first) + 1 :]]
    assert rest == sorted(rest)
    assert in_line
    assert rest[-1] < min((row["reached_at"], row["source_user_id"]) for row in in_line)


def test_a_run_says_how_many_a_manager_took_out_and_nothing_where_nobody_left(
    service: Service, campus: Campus, command: Command
) -> None:
    service.first_run()
    _, quiet, _ = command(service, "sync")
    be_taken_out(campus)
    _, left, _ = command(service, "sync", "--full")

    assert "0 failed, 1 withdrawn\n" in left
    assert "0 failed\n" in quiet
