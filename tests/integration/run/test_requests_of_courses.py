"""How few requests the in-class courses cost, where the service of their site may send calls together."""

import pytest
from service import Service, ServiceFactory

from latsar_sync.demo import Campus
from latsar_sync.demo.rights import KELAS_TOKEN
from latsar_sync.domain.request import RunOutcome

BATCH = "tool_mobile_call_external_functions"
MAKE, ENROL, JOIN = "core_group_create_groups", "enrol_manual_enrol_users", "core_group_add_group_members"


@pytest.fixture
def service(make_service: ServiceFactory, sqlite_url: str, campus: Campus) -> Service:
    """Give a service that has not run yet, whose in-class site takes calls together."""
    campus.kelas.accounts[KELAS_TOKEN].functions |= {BATCH}
    return make_service(sqlite_url)


def states(service: Service) -> dict[str, tuple[object, object]]:
    """Return state and reason of everybody on the roster."""
    return {who: (row["state"], row["roster_reason"]) for who, row in service.roster().items()}


def asked(campus: Campus) -> list[str]:
    """Return the functions of the requests that the in-class site had since the log was cleared."""
    return [entry.function for entry in campus.log if entry.site == "kelas"]


def test_courses_with_somebody_to_be_mended_cost_a_quiet_run_two_requests_together(
    service: Service, campus: Campus
) -> None:
    assert service.run().run.outcome is RunOutcome.OK
    waiting = {row["course"] for row in service.roster().values() if row["state"] == "review"}
    assert len(waiting) > 1
    before = states(service)
    campus.log.clear()

    assert service.run().run.outcome is RunOutcome.OK

    assert asked(campus) == [BATCH, BATCH]  # whose enrolment is not active is asked for in their groups, too
    assert states(service) == before


def test_a_first_push_reads_all_courses_together_and_reads_each_back_in_one_request(
    service: Service, campus: Campus
) -> None:
    result = service.run()

    assert result.run.counts["confirmed"] > 50
    courses = asked(campus).count(ENROL)
    assert courses == 3
    reads = [each for each in asked(campus) if each not in (MAKE, ENROL, JOIN)]
    assert len(reads) <= 5 + 2 * courses  # site info, ids, all courses, who is missing; then each is read back twice


def test_a_course_that_was_replaced_is_told_though_its_old_id_is_known(service: Service, campus: Campus) -> None:
    service.run()
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
