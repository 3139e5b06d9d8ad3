"""What doctor says of rights and functions that an account lacks: each is named once, with what to do."""

import pytest
from diagnoses import BEFORE_THE_PERSON, everything_said, examined, failed, statuses, without
from service import Service

from latsar_sync.demo import VERSIONS, Campus
from latsar_sync.setup.doctor import Status


@pytest.mark.parametrize(
    ("capability", "name"),
    [
        ("moodle/course:view", "course"),
        ("moodle/course:enrolreview", "moodle/course:enrolreview"),
        ("moodle/site:accessallgroups", "moodle/site:accessallgroups"),
        ("moodle/user:viewdetails", "participant_roles"),
        ("moodle/user:viewalldetails", "moodle/user:viewalldetails"),
        ("gradereport/user:view", "grades"),
        ("moodle/grade:viewall", "grades"),
        ("report/progress:view", "report/progress:view"),
        ("mod/quiz:view", "evaluation"),
    ],
)
def test_a_right_that_lacks_in_the_mooc_is_the_one_that_fails_with_its_name_in_the_remedy(
    campus: Campus, service: Service, capability: str, name: str
) -> None:
    without(campus, "mooc", capability)

    found = examined(service)

    assert name in failed(found)
    remedies = " ".join(check.remedy for check in found[name] if check.status is Status.FAIL)
    assert capability in remedies
    assert statuses(found, "moodle/course:managegroups") == {Status.OK}, (
        "the in-class courses are examined all the same"
    )


def test_no_right_to_list_anybody_is_named(campus: Campus, service: Service) -> None:
    for capability in ("moodle/course:viewparticipants", "moodle/course:enrolreview"):
        without(campus, "mooc", capability)

    [refused] = examined(service)["moodle/course:viewparticipants"]

    assert refused.status is Status.FAIL
    assert "moodle/course:viewparticipants" in refused.remedy


@pytest.mark.parametrize(
    ("capability", "name"),
    [
        ("moodle/course:view", "course"),
        ("moodle/course:enrolreview", "moodle/course:enrolreview"),
        ("moodle/course:managegroups", "moodle/course:managegroups"),
        ("enrol/manual:enrol", "enrol/manual:enrol"),
        ("moodle/role:assign", "moodle/role:assign"),
        ("moodle/user:viewalldetails", "moodle/user:viewalldetails"),
    ],
)
def test_a_right_that_lacks_in_a_course_is_the_one_that_fails_with_its_name_in_the_remedy(
    campus: Campus, service: Service, capability: str, name: str
) -> None:
    campus.kelas.moodle = BEFORE_THE_PERSON
    without(campus, "kelas", capability)

    found = examined(service)

    assert failed(found) == {name} or name == "moodle/course:enrolreview"
    assert capability in " ".join(check.remedy for check in found[name])
    assert statuses(found, "materials_seen") == {Status.OK}, "the MOOC is examined all the same"


def test_separate_groups_without_the_right_to_all_fail_and_visible_groups_warn(
    campus: Campus, service: Service
) -> None:
    without(campus, "kelas", "moodle/site:accessallgroups")
    campus.kelas.course("KLS-II").group_mode = 1

    found = examined(service)["moodle/site:accessallgroups"]

    by_course = {check.subject[-6:].strip(): check.status for check in found}
    assert by_course["KLS-II"] is Status.FAIL
    assert sorted(by_course.values()).count(Status.WARN) == 2


def test_a_role_that_may_not_be_assigned_is_found_without_enrolling_anybody(campus: Campus, service: Service) -> None:
    campus.kelas.moodle = BEFORE_THE_PERSON
    before = campus.state()
    campus.kelas.accounts[campus.kelas.token].assignable_roles.clear()

    found = examined(service)

    assert statuses(found, "moodle/role:assign") == {Status.FAIL}
    assert "Allow role assignments" in found["moodle/role:assign"][0].remedy
    assert statuses(found, "enrol/manual:enrol") == {Status.OK}
    assert campus.state() == before


def test_a_moodle_that_looks_for_the_person_first_leaves_the_role_unproved(campus: Campus, service: Service) -> None:
    campus.kelas.accounts[campus.kelas.token].assignable_roles.clear()

    found = examined(service)

    assert statuses(found, "enrol/manual:enrol") == {Status.OK}
    assert statuses(found, "moodle/role:assign") == {Status.WARN}
    assert "Allow role assignments" in found["moodle/role:assign"][0].remedy


def test_each_missing_function_is_named_once_and_nothing_else_repeats_it(campus: Campus, service: Service) -> None:
    functions = campus.mooc.accounts[campus.mooc.token].functions
    functions -= {"gradereport_user_get_grade_items", "core_course_get_contents"}

    found = examined(service)

    lines = [check for check in found["functions"] if check.status is Status.FAIL]
    assert sorted(check.text for check in lines) == [
        "The service lacks the function core_course_get_contents.",
        "The service lacks the function gradereport_user_get_grade_items.",
    ]
    assert failed(found) == {"functions"}
    assert statuses(found, "report/progress:view") == {Status.OK}


@pytest.mark.parametrize(
    ("function", "said"),
    [
        ("tool_mobile_call_external_functions", "a request of their own"),
        ("core_course_get_updates_since", "asks again about everybody"),
        ("mod_quiz_get_user_attempts", "asks again about everybody"),
    ],
)
def test_a_useful_function_that_lacks_is_a_warning(campus: Campus, service: Service, function: str, said: str) -> None:
    campus.mooc.moodle = VERSIONS["4.3"]
    campus.mooc.accounts[campus.mooc.token].functions.discard(function)

    found = examined(service)

    assert failed(found) == set()
    assert said in everything_said(found)


def test_a_service_without_site_info_is_told_from_a_token_that_is_not_let_in(campus: Campus, service: Service) -> None:
    campus.mooc.accounts[campus.mooc.token].functions.discard("core_webservice_get_site_info")
    assert "core_webservice_get_site_info" in examined(service)["functions"][-1].text + "".join(
        check.text for check in examined(service)["functions"]
    )

    campus.mooc.accounts[campus.mooc.token].functions.clear()
    [token] = [check for check in examined(service)["token"] if check.status is Status.FAIL]
    assert "valid until" in token.remedy
