"""What doctor says of what the MOOC shows: grades, hidden activities, restrictions, people and how they are read."""

from pathlib import Path

import pytest
from diagnoses import everything_said, examined, failed, statuses, without
from service import Service, ServiceFactory

from latsar_sync.demo import CASES, Campus
from latsar_sync.demo.records import EDITING_TEACHER
from latsar_sync.demo.rights import MOOC_TOKEN
from latsar_sync.setup.doctor import Status

BEST_ATTEMPT = """item = "EVAL-AKADEMIK"
basis = "best_attempt"
threshold = { value = 70, scale = "points", legal_basis = "Uji" }"""
PERCENT = """item = "EVAL-AKADEMIK"
threshold = { value = 70, scale = "percent", legal_basis = "Uji" }"""


def test_a_misspelt_source_group_warns_with_the_near_one(make_service: ServiceFactory, sqlite_url: str) -> None:
    found = examined(make_service(sqlite_url, angkatan='[[programmes.angkatan]]\nid = "I"\nsource_group = "Angkatn I"'))

    assert any('Did you mean "Angkatan I"?' in check.remedy for check in found["source_group"])


@pytest.mark.parametrize("everywhere", [False, True])
def test_completion_switched_off_in_the_course_or_on_the_site_fails_and_ends_the_run(
    campus: Campus, service: Service, everywhere: bool
) -> None:
    """Off on the site, courses still say that it is on (Moodle 4.3 and 5.1)."""
    if everywhere:
        campus.mooc.completion_enabled = False
    else:
        campus.mooc.course("MOOC-LATSAR").completion_enabled = False

    found = examined(service)
    ended = service.run()

    assert "completion tracking is off" in str(ended.error)

    campus.mooc.completion_enabled = campus.mooc.course("MOOC-LATSAR").completion_enabled = True
    assert service.run().error is None

    assert statuses(found, "completion") == {Status.FAIL}
    assert statuses(found, "grade_shown") == {Status.OK}


def test_display_settings_that_hide_grades_or_their_range_are_named(
    campus: Campus, make_service: ServiceFactory, sqlite_url: str
) -> None:
    course = campus.mooc.course("MOOC-LATSAR")
    course.report_shows_ranges = False
    assert statuses(examined(make_service(sqlite_url)), "grade_range") == {Status.WARN}
    assert statuses(examined(make_service(sqlite_url, evaluation=PERCENT)), "grade_range") == {Status.FAIL}

    course.report_shows_grades = False
    found = examined(make_service(sqlite_url))
    assert statuses(found, "grade_shown") == {Status.FAIL}
    assert "User report" in found["grade_shown"][0].remedy


def test_a_hidden_evaluation_needs_the_right_to_hidden_grades(campus: Campus, service: Service) -> None:
    quiz = campus.mooc.module_named("EVAL-AKADEMIK").quiz
    assert quiz is not None
    quiz.item_hidden = True
    assert statuses(examined(service), "moodle/grade:viewhidden") == {Status.OK}

    without(campus, "mooc", "moodle/grade:viewhidden")
    found = examined(service)
    assert failed(found) == {"evaluation"}
    assert "moodle/grade:viewhidden" in found["evaluation"][0].remedy


def test_sight_of_hidden_activities_is_proved_by_one_and_otherwise_warned_of(campus: Campus, service: Service) -> None:
    assert statuses(examined(service), "moodle/course:viewhiddenactivities") == {Status.OK}

    without(campus, "mooc", "moodle/course:viewhiddenactivities")

    assert statuses(examined(service), "moodle/course:viewhiddenactivities") == {Status.WARN}


def test_restrictions_that_bar_the_account_fail_and_are_proved_where_they_do_not(
    campus: Campus, service: Service
) -> None:
    assert "moodle/course:ignoreavailabilityrestrictions" not in examined(service), "nothing is restricted"

    campus.mooc.restrictions_enabled = True
    module = campus.mooc.module_named("LATIHAN-2")
    module.restricted = module.greyed_out = True
    assert statuses(examined(service), "moodle/course:ignoreavailabilityrestrictions") == {Status.OK}

    without(campus, "mooc", "moodle/course:ignoreavailabilityrestrictions")
    found = examined(service)
    assert failed(found) == {"moodle/course:ignoreavailabilityrestrictions", "materials_seen"}
    assert "Latihan Agenda 2" in everything_said(found)


def test_an_account_that_may_see_hidden_activities_is_told_of_restrictions_even_where_there_are_none(
    campus: Campus, service: Service
) -> None:
    campus.mooc.restrictions_enabled = True
    for module in campus.mooc.course("MOOC-LATSAR").modules:
        module.visible = True

    assert statuses(examined(service), "moodle/course:viewhiddenactivities") == {Status.OK}


def test_an_empty_course_names_what_could_hide_its_people(campus: Campus, service: Service) -> None:
    for user_id in list(campus.mooc.course("MOOC-LATSAR").enrolments):
        campus.mooc.unenrol("MOOC-LATSAR", user_id)

    found = examined(service)

    assert statuses(found, "moodle/user:viewdetails") == {Status.FAIL}
    assert "moodle/site:accessallgroups" in found["moodle/user:viewdetails"][0].remedy


def test_a_grade_that_is_hidden_by_itself_needs_the_right_to_hidden_grades(campus: Campus, service: Service) -> None:
    quiz = campus.mooc.module_named("EVAL-AKADEMIK").quiz
    assert quiz is not None
    quiz.grades[min(quiz.grades)].hidden = True  # doctor asks about the first few
    assert statuses(examined(service), "moodle/grade:viewhidden") == {Status.OK}

    without(campus, "mooc", "moodle/grade:viewhidden")
    [told] = examined(service)["moodle/grade:viewhidden"]

    assert told.status is Status.WARN
    assert "moodle/grade:viewhidden" in told.remedy


def test_whoever_holds_another_role_than_a_participant_is_counted_by_it(campus: Campus, service: Service) -> None:
    someone = campus.mooc.user_id(str(CASES["score_exactly_70"][0]))
    campus.mooc.course("MOOC-LATSAR").roles[someone] = {EDITING_TEACHER}

    [check] = examined(service)["participant_roles"]

    assert check.text == "121 of them are participants. The others hold: editingteacher (2), teacher (1)."


def test_a_hidden_course_that_the_account_sees_proves_the_right(campus: Campus, service: Service) -> None:
    campus.kelas.course("KLS-I").visible = False

    assert statuses(examined(service), "moodle/course:viewhiddencourses") == {Status.OK}


def test_the_attempts_are_examined_where_they_decide(
    campus: Campus, make_service: ServiceFactory, sqlite_url: str
) -> None:
    service = make_service(sqlite_url, evaluation=BEST_ATTEMPT)
    assert failed(examined(service)) == set()

    without(campus, "mooc", "mod/quiz:viewreports")
    found = examined(service)
    assert "mod/quiz:viewreports" in failed(found)

    assert failed(examined(make_service(sqlite_url))) == set(), "with the gradebook they are only compared"


def test_course_completion_is_examined_where_it_decides(
    campus: Campus, make_service: ServiceFactory, sqlite_url: str
) -> None:
    service = make_service(sqlite_url, materials='mode = "course"')
    assert statuses(examined(service), "report/completion:view") == {Status.OK}

    campus.mooc.course("MOOC-LATSAR").completion_criteria = False
    assert statuses(examined(service), "report/completion:view") == {Status.FAIL}


def test_a_key_that_holds_no_nip_says_where_to_look(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    for user in campus.mooc.users.values():
        user.idnumber = ""

    found = examined(make_service(sqlite_url))

    assert statuses(found, "participant_key") == {Status.FAIL}
    assert "username" in found["participant_key"][0].remedy
    assert "no NIP of a participant could be read" in found["accounts"][0].text


def test_a_course_without_participants_is_examined_as_far_as_it_goes(campus: Campus, service: Service) -> None:
    course = campus.mooc.course("MOOC-LATSAR")
    for user_id in list(course.enrolments):
        if 5 in course.roles.get(user_id, ()):
            campus.mooc.unenrol("MOOC-LATSAR", user_id)

    found = examined(service)

    assert statuses(found, "participant_roles") == {Status.FAIL}
    assert statuses(found, "evaluation") == {Status.OK}
    assert statuses(found, "materials") == {Status.OK}


def test_the_way_of_reading_people_is_said_with_what_the_cheaper_one_needs(service: Service, campus: Campus) -> None:
    functions = campus.mooc.accounts[MOOC_TOKEN].functions
    [by_course] = examined(service)["reading"]
    assert by_course.text.startswith("By course")
    assert "core_group_get_activity_allowed_groups, core_user_get_course_user_profiles" in by_course.text

    functions |= {"core_group_get_activity_allowed_groups", "core_user_get_course_user_profiles"}
    found = examined(service)

    [by_group] = found["reading"]
    assert by_group.text == "By group: of MOOC-LATSAR only the people of 3 groups are read, in every run."
    assert not failed(found)
    assert "in none of these groups: 0" in everything_said(found)

    campus.mooc.accounts[MOOC_TOKEN].capabilities.discard("moodle/site:accessallgroups")
    assert "moodle/site:accessallgroups" in everything_said(examined(service))


def test_reading_by_a_list_is_said_with_what_it_needs_and_whom_it_does_not_find(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus, tmp_path: Path
) -> None:
    [group] = [each for each in campus.mooc.course("MOOC-LATSAR").groups.values() if each.name == "Angkatan I"]
    number = campus.mooc.users[min(group.members)].idnumber
    (tmp_path / "list.csv").write_text(f"NIP,angkatan\n{number},I\n199001012025041999,I\n")
    service = make_service(sqlite_url, programme='placement = "list"\nplacement_file = "list.csv"')
    functions = campus.mooc.accounts[MOOC_TOKEN].functions
    functions -= {"core_user_get_users_by_field"}
    untold = "No participant of MOOC-LATSAR who shows carries 1 of the numbers of the list. Its lines: 3."
    found = examined(service)
    [by_course] = found["reading"]
    assert by_course.text.startswith("By course")
    assert untold in everything_said(found)
    assert "core_user_get_users_by_field, core_user_get_course_user_profiles" in by_course.text

    functions |= {"core_user_get_users_by_field", "core_user_get_course_user_profiles"}
    found = examined(service)

    assert [each.text for each in found["reading"]] == [
        "By list: of MOOC-LATSAR only the people of 2 numbers are read, in every run."
    ]
    assert untold in everything_said(found)


def test_a_group_that_is_hidden_or_not_there_is_told_by_the_doctor(service: Service, campus: Campus) -> None:
    functions = {"core_group_get_activity_allowed_groups", "core_user_get_course_user_profiles"}
    campus.mooc.accounts[MOOC_TOKEN].functions |= functions
    campus.mooc.group("MOOC-LATSAR", "Angkatan I").visibility = 3

    found = examined(service)

    assert statuses(found, "source_group") == {Status.OK, Status.WARN}
    assert "Angkatan I" in everything_said(found)
