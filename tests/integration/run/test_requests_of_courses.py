"""How few requests the in-class courses cost, where the service of their site may send calls together."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from service import KnownCampus, Service, ServiceFactory, default_angkatan, silent

from latsar_sync.demo import Campus, seed_large
from latsar_sync.demo.rights import KELAS_TOKEN
from latsar_sync.domain.request import Request, RunOutcome
from latsar_sync.run import pipeline

BATCH = "tool_mobile_call_external_functions"
MAKE, ENROL, JOIN = "core_group_create_groups", "enrol_manual_enrol_users", "core_group_add_group_members"


def take_calls_together(campus: Campus) -> None:
    """Let the service of the in-class site hold what takes several calls at once."""
    campus.kelas.accounts[KELAS_TOKEN].functions |= {BATCH}


@pytest.fixture
def service(make_service: ServiceFactory, sqlite_url: str, campus: KnownCampus) -> Service:
    """Give a service that has not run yet, whose in-class site takes calls together."""
    campus.begin_with(take_calls_together)
    return make_service(sqlite_url)


def states(service: Service) -> dict[str, tuple[object, object]]:
    """Return state and reason of everybody on the roster."""
    return {who: (row["state"], row["roster_reason"]) for who, row in service.roster().items()}


def asked(campus: Campus) -> list[str]:
    """Return the functions of the requests that the in-class site had since the log was cleared."""
    return [entry.function for entry in campus.log if entry.site == "kelas"]


def test_courses_with_somebody_to_be_mended_cost_an_incremental_run_two_requests_together(
    service: Service, campus: Campus
) -> None:
    assert service.first_run().run.outcome is RunOutcome.OK
    waiting = {row["course"] for row in service.roster().values() if row["state"] == "review"}
    assert len(waiting) > 1
    before = states(service)
    campus.log.clear()

    assert service.run().run.outcome is RunOutcome.OK

    assert asked(campus) == [BATCH, BATCH]  # whose enrolment is not active is asked for in their groups, too
    assert states(service) == before


def test_where_anybody_may_come_into_any_course_a_night_asks_for_their_accounts_with_the_courses(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    campus.kelas.accounts[KELAS_TOKEN].functions |= {BATCH}
    seats = default_angkatan({"I": 8, "II": 8, "III": 8})  # for all of them, else a course has nobody
    service = make_service(sqlite_url, programme='placement = "first_qualified"', angkatan=seats)
    service.run()
    campus.log.clear()

    assert service.run(full=True).run.outcome is RunOutcome.OK

    assert asked(campus) == [BATCH]


def test_a_course_in_which_people_only_wait_to_be_mended_is_read_again_after_an_hour_or_when_somebody_asks(
    service: Service, campus: Campus
) -> None:
    now = datetime.now(UTC)
    service.run(now=now)
    service.run(now=now)

    def asks(minutes: int, command: str) -> int:
        campus.log.clear()
        later = now + timedelta(minutes=minutes)
        pipeline.run(service.settings, service.database, Request(command), lambda: later, silent)
        return len(asked(campus))

    assert (asks(1, "run"), asks(59, "run")) == (0, 0)
    assert asks(61, "run") > 0
    assert (asks(62, "run"), asks(62, "sync") > 0) == (0, True)


def test_a_first_push_reads_writes_and_reads_back_all_courses_together(service: Service, campus: Campus) -> None:
    result = service.run()

    assert result.run.counts["confirmed"] > 20
    assert (asked(campus).count(ENROL), asked(campus).count(JOIN)) == (1, 1)
    # site info, ids, all courses, who is missing; read back after enrolling and after adding to groups
    assert len([each for each in asked(campus) if each not in (MAKE, ENROL, JOIN)]) <= 6


def test_a_first_push_into_forty_courses_takes_few_requests(make_service: ServiceFactory, sqlite_url: str) -> None:
    numbers = range(1, 41)
    angkatan = "".join(
        f'[[programmes.angkatan]]\nid = "{number}"\nsource_group = "Angkatan {number}"\n'
        f'site = "kelas"\ncourse = "KLS-{number}"\nrole_id = 5\n'
        for number in numbers
    )
    with Campus(seed=partial(seed_large, participants=400)) as campus:
        campus.kelas.accounts[KELAS_TOKEN].functions |= {BATCH}
        service = make_service(sqlite_url, angkatan=angkatan, guards="max_push = 1000")
        for name, site in service.settings.sites.items():
            object.__setattr__(site, "url", campus.sites[name].url)

        result = service.run()

        assert result.run.counts["confirmed"] > 200
        assert len({row["course"] for row in service.roster().values()}) == len(numbers)
        assert result.run.requests <= 60


def test_one_course_that_is_refused_spoils_no_other_of_its_request(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    campus.kelas.accounts[KELAS_TOKEN].functions |= {BATCH}
    angkatan = default_angkatan().replace('course = "KLS-II"\nrole_id = 5', 'course = "KLS-II"\nrole_id = 3')
    service = make_service(sqlite_url, angkatan=angkatan)

    result = service.run()

    sent = {row["course"] for row in service.roster().values() if row["origin"] == "pushed"}
    assert result.run.outcome is RunOutcome.PARTIAL
    assert sent == {"KLS-I", "KLS-III"}
    assert [said for said in result.run.messages if "wsusercannotassign" in said]


def test_what_is_wrong_with_the_whole_site_is_told_once_however_many_courses_meet_it(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    service = make_service(sqlite_url)

    def revoke(function: str, _parameters: Mapping[str, Any]) -> None:
        if function == ENROL:
            campus.kelas.accounts.pop(KELAS_TOKEN, None)

    campus.before_write = revoke

    result = service.run()

    assert len([said for said in result.run.messages if "invalidtoken" in said]) == 1
    assert len([said for said in result.problems if "invalidtoken" in said]) == 1


def test_a_course_that_was_replaced_is_told_though_its_old_id_is_known(service: Service, campus: Campus) -> None:
    service.first_run()
    kelas = campus.kelas
    old = kelas.course("KLS-I")
    old.shortname = "KLS-I-LAMA"
    kelas.add_course("KLS-I", "Kelas I baru")

    result = service.run(full=True)

    assert result.run.outcome is RunOutcome.GUARDED
    assert any(each.code == "target_replaced" for each in result.run.findings)


def test_groups_that_lack_are_made_in_one_request_and_a_name_that_is_taken_stops_its_own_angkatan(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    campus.kelas.accounts[KELAS_TOKEN].functions |= {BATCH}
    names = ("I", "II", "III")
    angkatan = "".join(
        f'[[programmes.angkatan]]\nid = "{each}"\nsource_group = "Angkatan {each}"\ngroup = "Baru {each}"\n'
        'site = "kelas"\ncourse = "KLS-III"\nrole_id = 5\n'
        for each in names
    )
    service = make_service(sqlite_url, angkatan=angkatan)

    result = service.run()

    assert result.run.outcome is RunOutcome.OK
    assert asked(campus).count(MAKE) == 1
    groups = {group.name for group in campus.kelas.course("KLS-III").groups.values()}
    assert {f"Baru {each}" for each in names} <= groups
