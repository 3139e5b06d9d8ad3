"""What a named person accepted is not asked again while the world stays as it is (rule 6)."""

import pytest
from service import Service, ServiceFactory, default_angkatan

from latsar_sync.demo import Campus, Fault
from latsar_sync.domain.request import RunOutcome
from latsar_sync.run.pipeline import ProgrammeResult

NAME = "Siti Aminah"
SEATS = {"I": 10, "II": 10, "III": 10}


@pytest.fixture
def full_house(make_service: ServiceFactory, sqlite_url: str) -> Service:
    """Give the service after two runs that filled ten seats an angkatan; others wait."""
    service = make_service(sqlite_url, angkatan=default_angkatan(SEATS))
    service.two_runs()
    return service


def codes(result: ProgrammeResult) -> list[str]:
    """Return what a run found, sorted."""
    return sorted(each.code for each in result.run.findings)


def test_a_method_that_is_off_and_was_accepted_is_not_found_again_though_nobody_can_be_enrolled(
    full_house: Service, campus: Campus
) -> None:
    campus.kelas.set_manual_enrolment("KLS-I", enabled=False)
    held = full_house.run(full=True)

    accepted = full_house.run(accept=True, by=NAME)
    later = [full_house.run(full=whole) for whole in (True, False, True)]

    assert codes(held) == codes(accepted) == ["target_method_off"]
    assert [codes(each) for each in later] == [[], [], []]
    assert RunOutcome.GUARDED not in {each.run.outcome for each in later}


def test_a_course_that_everybody_left_and_was_accepted_is_not_found_again_while_another_cannot_be_read(
    full_house: Service, campus: Campus
) -> None:
    for user in [*campus.kelas.course("KLS-I").enrolments]:
        campus.kelas.unenrol("KLS-I", user)
    campus.kelas.course("KLS-II").visible = False
    campus.kelas.accounts[campus.kelas.token].capabilities.discard("moodle/course:viewhiddencourses")
    campus.kelas.set_manual_enrolment("KLS-I", enabled=False)
    held = full_house.run(full=True)

    full_house.run(accept=True, by=NAME)
    later = [full_house.run(full=True) for _ in range(2)]

    assert set(codes(held)) == {"target_method_off", "target_unreadable"}
    assert [set(codes(each)) - {"target_unreadable"} for each in later] == [set(), set()]
    assert RunOutcome.GUARDED not in {each.run.outcome for each in later}


def test_an_accepted_loss_is_not_found_again_though_another_guard_held_the_run_that_took_it(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    """The withdrawn are on record by then: what the course shows now is what the next run is compared with."""
    service = make_service(sqlite_url, angkatan=default_angkatan(SEATS), guards="max_push = 1")
    service.first_run()
    service.run(accept=True, by=NAME)
    campus.kelas.set_manual_enrolment("KLS-I", enabled=False)
    service.run(full=True)

    held = service.run(accept=True, by=NAME)
    released = service.run(accept=True, by=NAME)

    assert codes(held) == ["target_method_off", "too_many_pushes"]
    assert codes(released) == ["too_many_pushes"]


def test_a_course_that_was_accepted_as_unreadable_stays_so_when_another_finding_has_come_and_gone(
    full_house: Service, campus: Campus
) -> None:
    campus.kelas.course("KLS-II").visible = False
    campus.kelas.accounts[campus.kelas.token].capabilities.discard("moodle/course:viewhiddencourses")
    full_house.run(full=True)
    full_house.run(accept=True, by=NAME)
    campus.kelas.set_manual_enrolment("KLS-I", enabled=False)
    held = full_house.run(full=True)
    campus.kelas.set_manual_enrolment("KLS-I", enabled=True)

    after = full_house.run(full=True)

    assert (held.run.outcome, after.run.outcome) == (RunOutcome.GUARDED, RunOutcome.PARTIAL)
    assert codes(after) == ["target_unreadable"]


def test_a_changed_mooc_that_was_accepted_is_not_found_again_though_the_courses_could_not_be_read_then(
    full_house: Service, campus: Campus
) -> None:
    people = list(campus.mooc.course("MOOC-LATSAR").enrolments)
    for user_id in people[: len(people) // 3]:
        campus.mooc.unenrol("MOOC-LATSAR", user_id)
    held = full_house.run(full=True)
    down = campus.faults.add(Fault("maintenance_503", site="kelas"))

    failed = full_house.run(accept=True, by=NAME)
    campus.faults.remove(down)
    after = full_house.run(full=True)

    assert "source_dropped" in codes(held)
    assert failed.run.outcome is RunOutcome.FAILED
    assert codes(after) == []
