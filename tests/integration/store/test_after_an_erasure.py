"""What later runs do about somebody who was erased: passed over, their seat given on, taken in again only by name."""

from datetime import UTC, datetime

import pytest
from erasing_people import NIP, UNDECIDED, erased, id_of, name_of
from personal_data import Shell, content, contradictions, where_found
from service import PROGRAMME, Service, ServiceFactory, default_angkatan

from latsar_sync.demo import Campus
from latsar_sync.store import queue, queue_taking
from latsar_sync.store.check import check_records


@pytest.fixture
def service(make_service: ServiceFactory, sqlite_url: str) -> Service:
    """Give the service after its first run."""
    service = make_service(sqlite_url)
    service.first_run()
    return service


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_every_later_run_passes_an_erased_person_over_and_says_so(
    either: Service, shell: Shell, campus: Campus
) -> None:
    identifier = erased(shell, either, UNDECIDED)
    before = content(either.database, "access_log")
    campus.mooc.set_grade(campus.mooc.user_id(UNDECIDED), campus.mooc.module_named("EVAL-AKADEMIK").cmid, 95)

    results = [either.run(), either.run(full=True)]

    assert where_found(either.database, UNDECIDED) == set()
    after = content(either.database, "access_log")
    for table in ("participants", "identities", "evidence", "decisions", "roster_entries", "pushes"):
        mine = [line for line in before[table] if identifier in line]
        assert [line for line in after[table] if identifier in line] == mine
    for result in results:
        assert str(result.run.outcome) == "ok"
        assert any("1 account in MOOC-LATSAR was erased here" in each for each in result.run.messages)
        assert result.run.counts["pushed"] == 0
        assert result.run.findings == ()
    assert UNDECIDED not in {campus.kelas.users[each].idnumber for each in campus.kelas.course("KLS-I").enrolments}
    assert contradictions(either) == []
    code, _, errors = shell.type(either, "sync", "--participant", UNDECIDED)
    assert code == 1  # only the run that read the MOOC could tell
    assert "was erased here" in errors


def test_whoever_sits_in_the_course_stays_there_and_takes_one_seat(
    make_service: ServiceFactory, sqlite_url: str, shell: Shell, campus: Campus
) -> None:
    service = make_service(sqlite_url, angkatan=default_angkatan({"I": 12, "II": 40, "III": 25}))
    service.first_run()
    seated = next(nip for nip, row in service.roster().items() if (row["angkatan"], row["state"]) == ("I", "confirmed"))
    user, before = campus.kelas.user_id(seated), set(campus.kelas.course("KLS-I").enrolments)
    [status] = shell.json(service, "status")["programmes"]
    identifier = erased(shell, service, seated)

    service.run(full=True)

    assert user in campus.kelas.course("KLS-I").enrolments
    assert set(campus.kelas.course("KLS-I").enrolments) == before
    assert service.roster()[identifier]["state"] == "confirmed"
    [now] = shell.json(service, "status")["programmes"]
    assert now["roster"] == {**status["roster"], "confirmed": status["roster"]["confirmed"] - 1}, "names are counted"
    assert contradictions(service) == []


def test_the_seat_of_an_erased_person_who_left_the_course_goes_to_the_next_without_a_contradiction(
    make_service: ServiceFactory, sqlite_url: str, shell: Shell, campus: Campus
) -> None:
    service = make_service(sqlite_url, angkatan=default_angkatan({"I": 12, "II": 40, "III": 25}))
    service.first_run()
    first = {nip: row["state"] for nip, row in service.roster().items() if row["angkatan"] == "I"}
    seated = next(nip for nip, state in first.items() if state == "confirmed")
    user = campus.kelas.user_id(seated)
    erased(shell, service, seated)
    del campus.kelas.course("KLS-I").enrolments[user]
    campus.kelas.group("KLS-I", "Angkatan I").members.pop(user)

    service.run(full=True)

    now = {nip: row["state"] for nip, row in service.roster().items() if row["angkatan"] == "I"}
    assert [first[nip] for nip, state in now.items() if state == "confirmed" and first.get(nip) == "waitlisted"]
    taken = sum(state in ("planned", "pushed", "confirmed", "review") for nip, state in now.items() if nip in first)
    with service.database.reading() as connection:
        assert check_records(connection, {(PROGRAMME, "I"): taken}) == []


def test_a_seat_that_was_only_planned_goes_to_the_next_in_line(
    make_service: ServiceFactory, sqlite_url: str, shell: Shell
) -> None:
    service = make_service(sqlite_url, programme='push = "confirmed"')
    service.first_run()
    in_third = {nip: row["state"] for nip, row in service.roster().items() if row["angkatan"] == "III"}
    planned = next(nip for nip, state in in_third.items() if state == "planned")
    waiting = [nip for nip, state in in_third.items() if state == "waitlisted"]
    identifier = erased(shell, service, planned)

    service.run()

    after = service.roster()
    assert (after[identifier]["state"], after[identifier]["roster_reason"]) == ("withdrawn", "person_erased")
    assert [after[nip]["state"] for nip in waiting].count("planned") == 1
    assert contradictions(service) == []


def test_whoever_is_taken_in_again_is_read_judged_and_seated_anew(
    make_service: ServiceFactory, database_url: str, shell: Shell, campus: Campus
) -> None:
    service = make_service(database_url, programme='push = "confirmed"')
    service.first_run()
    name = name_of(service, NIP)
    identifier = erased(shell, service, NIP)
    service.run()

    told = shell.json(service, "person", "resume", identifier, "--reason", "Salah orang", "--by", "Ratna")
    service.run()
    shell.type(service, "roster", "approve", "--by", "Ratna")
    service.run()

    assert told["resumed"] is True
    assert service.participants()[NIP]["name"] == name
    assert id_of(service, NIP) == identifier
    assert service.roster()[NIP]["state"] == "confirmed"
    assert contradictions(service) == []
    register = shell.json(service, "person", "erasures")
    assert [(line["participant_id"], line["kind"]) for line in register] == [
        (identifier, "erased"),
        (identifier, "resumed"),
    ]
    assert shell.type(service, "person", "resume", identifier, "--reason", "x", "--by", "R")[0] == 2


def test_a_request_that_waited_for_an_erased_person_ends_and_is_put_back_by_nobody(
    service: Service, shell: Shell
) -> None:
    moment = datetime.now(UTC)
    request = queue.ask(service.database, PROGRAMME, "participant", NIP, "rina", moment)
    holder = queue_taking.claim(service.database, request, moment)
    assert holder is not None

    erased(shell, service, NIP)
    queue_taking.put_back(service.database, request, holder, moment)

    with service.database.reading() as connection:
        [found] = queue.find(connection, [request])
        assert queue_taking.waiting(connection, moment, [PROGRAMME]) == []
    assert (found.state, found.subject, found.outcome) == ("done", "", "failed")
