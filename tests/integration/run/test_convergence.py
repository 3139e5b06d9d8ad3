"""Writes that go wrong half-way: lost answers, lost requests, one bad row in a batch. The roster converges."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any

import pytest
from service import Command, KnownCampus, Service, ServiceFactory, default_angkatan
from sqlalchemy import text

from latsar_sync.demo import Campus, Fault, Site, failures, seed_large, server
from latsar_sync.demo.protocol import Answer
from latsar_sync.domain.errors import LeaseHeld, LeaseLost
from latsar_sync.domain.in_class import PushKind
from latsar_sync.domain.request import RunOutcome
from latsar_sync.run import push

CREATE = "core_group_create_groups"
ENROL = "enrol_manual_enrol_users"
ADD = "core_group_add_group_members"
KINDS = {CREATE: "group", ENROL: "enrol", ADD: "membership"}
READ_BACK = {
    CREATE: "core_group_get_course_groups",
    ENROL: "core_enrol_get_enrolled_users",
    ADD: "core_enrol_get_enrolled_users",
}

ANSWER = server._answer_or_fault
PEOPLE = 12
TOO_MANY = 20
"""People for two calls where one holds the others alone."""
every_write = pytest.mark.parametrize("function", [CREATE, ENROL, ADD])


def seed_one_course(mooc: Site, kelas: Site, now: int, people: int = PEOPLE) -> None:
    """Seed one course whose people have all studied everything and passed."""
    seed_large(mooc, kelas, now, participants=people, groups=1)
    course = mooc.course("MOOC-LATSAR")
    for user_id in course.enrolments:
        for module in course.modules:
            if module.tracking:
                mooc.set_completion(user_id, module.cmid, 1)
        mooc.set_grade(user_id, mooc.module_named("EVAL-AKADEMIK").cmid, Decimal(90))


def seed_too_many(mooc: Site, kelas: Site, now: int) -> None:
    """Seed the same with more people."""
    seed_one_course(mooc, kelas, now, TOO_MANY)


@pytest.fixture
def campus(request: pytest.FixtureRequest) -> Iterator[KnownCampus]:
    """Give a campus with one course of qualified people, who are enrolled by one call."""
    with KnownCampus(seed=getattr(request, "param", seed_one_course)) as campus:
        yield campus


@pytest.fixture
def service(make_service: ServiceFactory, sqlite_url: str) -> Service:
    """Give the service for that campus; no guard is in the way of sending everybody again."""
    return make_service(sqlite_url, angkatan=default_angkatan({"1": 200}), guards="max_push_share = 1.0")


def calls(campus: Campus, function: str) -> int:
    """Count the requests for a function, the lost ones included."""
    return sum(entry.function == function for entry in campus.log)


def push_story(service: Service, function: str) -> Mapping[tuple[int, str], int]:
    """Count the pushes made by a function, by attempt and state."""
    query = text("SELECT attempt, state FROM pushes WHERE kind = :kind")
    with service.database.reading() as connection:
        return Counter((row.attempt, row.state) for row in connection.execute(query, {"kind": KINDS[function]}))


def states(service: Service) -> Mapping[tuple[str, str | None], int]:
    """Count the roster by state and reason."""
    return Counter((row["state"], row["roster_reason"]) for row in service.roster().values())


def lose_request(campus: Campus, function: str, then: Callable[[], object]) -> None:
    """Let the campus hang up on the first request for a write without doing anything."""

    def lose(name: str, parameters: Mapping[str, Any]) -> None:
        if name == function:
            campus.before_write = None
            then()
            raise ConnectionResetError("lost on the way")

    campus.before_write = lose


def lose_answer(campus: Campus, function: str, then: Callable[[], object]) -> None:
    """Let the campus do the first write and hang up without an answer."""

    def lose(name: str, parameters: Mapping[str, Any]) -> None:
        if name == function:
            campus.after_write = None
            then()
            raise ConnectionResetError("lost on the way back")

    campus.after_write = lose


def reading_back_fails(campus: Campus, function: str) -> Callable[[], object]:
    """Return what makes the next reading of the course fail, so that the run cannot settle the write itself."""
    return lambda: campus.faults.add(Fault("bad_gateway", site="kelas", function=READ_BACK[function], count=1))


def without_batches(campus: Campus) -> None:
    """Let the in-class service read course by course, so that a reading back that fails is not tried singly."""
    account = campus.kelas.accounts[campus.kelas.token]
    account.functions = account.functions - {"tool_mobile_call_external_functions"}


def assert_converged(service: Service, campus: Campus, people: int = PEOPLE) -> None:
    """Everybody sits in the course once and in its one group, and the next run has nothing to do."""
    course = campus.kelas.course("KLS-1")
    [group] = course.groups.values()
    assert states(service) == {("confirmed", None): people}
    assert (group.name, len(group.members)) == ("Angkatan 1", people)
    assert [len(rows) for rows in course.enrolments.values()] == [1] * people
    writes = [calls(campus, function) for function in KINDS]
    quiet = service.run(full=True)
    assert (quiet.run.outcome, quiet.run.counts["pushed"], quiet.run.counts["confirmed"]) == (RunOutcome.OK, 0, 0)
    assert [calls(campus, function) for function in KINDS] == writes


@every_write
def test_a_lost_answer_is_settled_by_reading_back_and_the_write_is_not_repeated(
    service: Service, campus: Campus, function: str
) -> None:
    lost = campus.faults.add(Fault("drop_after_commit", function=function, count=1))

    service.run()

    assert lost.hits == 1
    assert calls(campus, function) == 1
    assert {state for _, state in push_story(service, function)} == {"confirmed"}
    assert_converged(service, campus)


@every_write
def test_a_lost_answer_that_could_not_be_read_back_is_unknown_until_the_next_run_finds_it_there(
    service: Service, campus: Campus, function: str
) -> None:
    without_batches(campus)
    lose_answer(campus, function, then=reading_back_fails(campus, function))

    first = service.run()
    between = push_story(service, function)
    second = service.run()

    assert (first.run.outcome, second.run.outcome) == (RunOutcome.PARTIAL, RunOutcome.OK)
    assert {state for _, state in between} == {"unknown"}
    assert {state for _, state in push_story(service, function)} == {"confirmed"}
    assert calls(campus, function) == 1
    assert_converged(service, campus)


@every_write
def test_a_lost_request_is_seen_to_be_absent_and_sent_again(service: Service, campus: Campus, function: str) -> None:
    lost = campus.faults.add(Fault("drop_before", function=function, count=1))

    first = service.run()
    second = service.run()

    assert lost.hits == 1
    assert (first.run.outcome, second.run.outcome) == (RunOutcome.PARTIAL, RunOutcome.OK)
    assert calls(campus, function) == 2
    story = push_story(service, function)
    assert set(story) == {(1, "absent"), (2, "confirmed")}
    assert_converged(service, campus)


@every_write
def test_a_lost_request_that_could_not_be_read_back_is_unknown_until_the_next_run_misses_it(
    service: Service, campus: Campus, function: str
) -> None:
    lose_request(campus, function, then=reading_back_fails(campus, function))

    first = service.run()
    between = push_story(service, function)
    second = service.run()

    assert (first.run.outcome, second.run.outcome) == (RunOutcome.PARTIAL, RunOutcome.OK)
    assert {state for _, state in between} == {"unknown"}
    assert set(push_story(service, function)) == {(1, "absent"), (2, "confirmed")}
    assert calls(campus, function) == 2
    assert_converged(service, campus)


def test_a_person_whose_enrolment_is_unknown_waits_as_planned_and_says_so(service: Service, campus: Campus) -> None:
    without_batches(campus)
    lose_answer(campus, ENROL, then=reading_back_fails(campus, ENROL))

    service.run()

    assert states(service) == {("planned", "push_unknown"): PEOPLE}


@pytest.mark.parametrize("campus", [seed_too_many], indirect=True)
def test_after_a_lost_answer_no_further_batch_is_sent_in_that_run(
    service: Service, campus: Campus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(push.WRITES_A_CALL, PushKind.ENROL, PEOPLE)
    campus.faults.add(Fault("drop_after_commit", function=ENROL, count=1))

    first = service.run()
    sent = calls(campus, ENROL)
    second = service.run()

    assert sent == 1
    assert (first.run.counts["confirmed"], second.run.counts["confirmed"]) == (PEOPLE, TOO_MANY - PEOPLE)
    assert calls(campus, ENROL) == 2
    assert_converged(service, campus, people=TOO_MANY)


def test_a_course_without_manual_enrolment_gets_its_people_once_it_is_switched_on(
    service: Service, campus: Campus
) -> None:
    campus.kelas.set_manual_enrolment("KLS-1", enabled=False)

    first = service.run()
    sent = calls(campus, ENROL)
    campus.kelas.set_manual_enrolment("KLS-1", enabled=True)
    second = service.run()

    assert (first.run.outcome, second.run.outcome) == (RunOutcome.FAILED, RunOutcome.OK)
    assert "manual enrolment" in (first.run.error or "")
    assert sent == 0
    assert_converged(service, campus)


def delete_account_before_enrolling(campus: Campus) -> list[str]:
    """Let an admin delete somebody's account in the moment before the first enrolment; return whose NIP it was."""
    gone: list[str] = []

    def delete(name: str, parameters: Mapping[str, Any]) -> None:
        if name == ENROL and not gone:
            user = campus.kelas.users[parameters["enrolments"][5]["userid"]]
            gone.append(user.idnumber)
            campus.kelas.delete_user(user.id)

    campus.before_write = delete
    return gone


def test_one_unknown_person_in_a_batch_does_not_stop_the_others(service: Service, campus: Campus) -> None:
    gone = delete_account_before_enrolling(campus)
    enrolled: Counter[int] = Counter()
    campus.after_write = lambda name, parameters: enrolled.update(
        row["userid"] for row in parameters.get("enrolments", ())
    )

    first = service.run()
    before = states(service)
    second = service.run()

    assert first.run.outcome is RunOutcome.PARTIAL
    assert (first.run.counts["confirmed"], first.run.counts["failed"]) == (PEOPLE - 1, 1)
    assert before == {("confirmed", None): PEOPLE - 1, ("planned", "push_rejected"): 1}
    assert list(enrolled.values()) == [1] * (PEOPLE - 1)
    assert second.run.outcome is RunOutcome.OK
    assert states(service) == {("confirmed", None): PEOPLE - 1, ("review", "target_account_missing"): 1}
    assert service.roster()[gone[0]]["state"] == "review"
    assert list(enrolled.values()) == [1] * (PEOPLE - 1)


class FatalError(Exception):
    """PHP breaks off within Moodle: the web server answers for it, and the database undoes what was begun."""


def break_off_over(campus: Campus, user_id: int, how: Exception) -> None:
    """Let Moodle break off whenever it enrols somebody, or puts them into a group."""

    def breaks_off(_name: str, parameters: Mapping[str, Any]) -> None:
        if any(row.get("userid") == user_id for rows in parameters.values() for row in rows):
            raise how

    campus.before_write = breaks_off


def answer_for_php(*asked: Any) -> Answer | None:
    """Answer as a web server does for what broke off."""
    try:
        return ANSWER(*asked)
    except FatalError:
        return Answer(500, b"", "text/html")


@pytest.mark.parametrize("function", [ENROL, ADD])
@pytest.mark.parametrize("how", [FatalError(), failures.write_failed()])
def test_one_person_over_whom_moodle_always_breaks_off_keeps_nobody_else_out(
    service: Service, campus: Campus, monkeypatch: pytest.MonkeyPatch, function: str, how: Exception
) -> None:
    monkeypatch.setattr(server, "_answer_or_fault", answer_for_php)
    who = next(user for user in campus.kelas.users.values() if user.idnumber)
    if function == ADD:
        campus.kelas.enrol("KLS-1", who.id)
    break_off_over(campus, who.id, how)

    first = service.run()
    mine = service.roster()[who.idnumber]
    sent = calls(campus, function)
    second = service.run()
    campus.before_write = None
    service.run()

    assert (first.run.outcome, second.run.outcome) == (RunOutcome.PARTIAL, RunOutcome.PARTIAL)
    assert (first.run.counts["confirmed"], first.run.counts["failed"]) == (PEOPLE - 1, 1)
    assert mine["roster_reason"] == "push_rejected"
    assert sent < PEOPLE
    assert_converged(service, campus)


@pytest.mark.parametrize("campus", [seed_too_many], indirect=True)
def test_a_moodle_that_breaks_off_over_everybody_is_asked_a_few_times_and_no_more(
    service: Service, campus: Campus
) -> None:
    fault = campus.faults.add(Fault("database_conflict", site="kelas", function=ENROL))

    result = service.run()
    sent = fault.hits
    campus.faults.clear()
    service.run()

    assert result.run.outcome is RunOutcome.PARTIAL
    assert sent < 12
    assert_converged(service, campus, TOO_MANY)


def test_the_command_line_says_done_in_part_when_one_person_was_rejected(
    service: Service, campus: Campus, command: Command
) -> None:
    delete_account_before_enrolling(campus)

    codes = [command(service, "sync", "--json")[0] for _ in range(2)]

    assert codes == [3, 0]


def test_whoever_is_given_an_account_again_gets_the_seat_by_itself(service: Service, campus: Campus) -> None:
    [nip] = [user.idnumber for user in campus.kelas.users.values() if user.idnumber][:1]
    campus.kelas.delete_user(campus.kelas.user_id(nip))
    service.run()
    missing = service.roster()[nip]

    campus.kelas.add_user("Kembali", "Lagi", nip)
    service.run()

    assert (missing["state"], missing["roster_reason"]) == ("review", "target_account_missing")
    assert states(service) == {("confirmed", None): PEOPLE}


def test_somebody_whom_a_manager_unenrols_during_the_push_is_not_put_back(service: Service, campus: Campus) -> None:
    removed: list[str] = []

    def unenrol(name: str, parameters: Mapping[str, Any]) -> None:
        if name == ADD and not removed:
            user = campus.kelas.users[parameters["members"][5]["userid"]]
            removed.append(user.idnumber)
            campus.kelas.unenrol("KLS-1", user.id)

    campus.before_write = unenrol

    service.run()
    service.run()
    service.run(full=True)

    assert campus.kelas.user_id(removed[0]) not in campus.kelas.course("KLS-1").enrolments
    assert states(service) == {("confirmed", None): PEOPLE - 1, ("withdrawn", "target_removed"): 1}


def test_a_run_that_loses_its_lease_while_it_writes_sends_nothing_more_and_the_next_one_finishes(
    service: Service, campus: Campus
) -> None:
    def take_the_lease(name: str, parameters: Mapping[str, Any]) -> None:
        campus.after_write = None
        with service.database.writing() as connection:
            connection.execute(text("UPDATE leases SET holder = 'somebody else', host = 'another host'"))

    def give_the_lease_back() -> None:
        with service.database.writing() as connection:
            connection.execute(text("DELETE FROM leases"))

    campus.after_write = take_the_lease

    cut = service.run()
    sent = sum(calls(campus, function) for function in KINDS)
    kept_out = service.run()
    give_the_lease_back()
    last = service.run()

    assert isinstance(cut.error, LeaseLost)
    assert sent == 1
    assert isinstance(kept_out.error, LeaseHeld)
    assert last.run.outcome is RunOutcome.OK
    assert_converged(service, campus)
