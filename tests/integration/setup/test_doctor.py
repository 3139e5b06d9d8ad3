"""The doctor on the campus: every line is true, names the right or setting that lacks, and hides no other."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from service import Service, ServiceFactory

from latsar_sync.demo import VERSIONS, Campus, Fault, protocol
from latsar_sync.demo.rights import MOOC_TOKEN
from latsar_sync.domain import language
from latsar_sync.domain.decision import Scale, Threshold
from latsar_sync.settings import OfficeSettings
from latsar_sync.setup.doctor import Check, Status, examine
from latsar_sync.store import thresholds

BEST_ATTEMPT = """item = "EVAL-AKADEMIK"
basis = "best_attempt"
threshold = { value = 70, scale = "points", legal_basis = "Uji" }"""
PERCENT = """item = "EVAL-AKADEMIK"
threshold = { value = 70, scale = "percent", legal_basis = "Uji" }"""

BEFORE_THE_PERSON = VERSIONS["4.3"]
"""A Moodle that looks at role and enrolment method before the person whom it is asked to enrol."""

Examine = Callable[..., dict[str, list[Check]]]


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    before = language.in_use()
    language.choose("en")
    yield
    language.choose(before)


@pytest.fixture
def service(make_service: ServiceFactory, sqlite_url: str) -> Service:
    return make_service(sqlite_url)


def examined(service: Service, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> dict[str, list[Check]]:
    """Return the checks by name."""
    found: dict[str, list[Check]] = {}
    for check in examine(service.settings, None, clock, lambda subject: None):
        found.setdefault(check.name, []).append(check)
    return found


def statuses(found: dict[str, list[Check]], name: str) -> set[Status]:
    return {check.status for check in found.get(name, [])}


def failed(found: dict[str, list[Check]]) -> set[str]:
    return {check.name for checks in found.values() for check in checks if check.status is Status.FAIL}


def everything_said(found: dict[str, list[Check]]) -> str:
    return "\n".join(f"{check.text} {check.remedy}" for checks in found.values() for check in checks)


def without(campus: Campus, site: str, capability: str) -> None:
    chosen = campus.sites[site]
    chosen.accounts[chosen.token].capabilities.discard(capability)


@pytest.mark.usefixtures("every_id_of_a_diagnosis")
def test_a_good_set_up_has_no_failure_and_warns_of_what_the_committee_should_look_at(
    campus: Campus, service: Service
) -> None:
    campus.kelas.moodle = BEFORE_THE_PERSON
    found = examined(service)

    assert failed(found) == set()
    warned = {check.name for checks in found.values() for check in checks if check.status is Status.WARN}
    assert warned == {"participant_key", "source_group", "accounts"}
    assert "1 without a NIP, 1 invalid, 2 shared" in everything_said(found)
    assert "1 without an account here, 1 with several, 1 suspended" in everything_said(found)
    assert "nor does any of the 5000 ids asked" in everything_said(found)


def test_an_in_class_service_that_sends_no_calls_together_is_warned_of(campus: Campus, service: Service) -> None:
    campus.kelas.accounts[campus.kelas.token].functions.discard("tool_mobile_call_external_functions")
    [batch] = [check for check in examined(service)["functions"] if check.status is Status.WARN]

    assert "site kelas" in batch.subject
    assert "tool_mobile_call_external_functions" in batch.text


def test_every_warning_and_failure_says_what_to_do_and_no_line_shows_a_token(campus: Campus, service: Service) -> None:
    for capability in ("moodle/site:accessallgroups", "moodle/role:assign"):
        without(campus, "kelas", capability)
    office = OfficeSettings(logo=service.config.parent / "logo.png")
    mooc = service.settings.sites["mooc"].model_copy(update={"ca_bundle": service.config.parent / "no.pem"})
    more = {"office": office, "sites": {**service.settings.sites, "mooc": mooc}}
    service.settings = service.settings.model_copy(update=more)
    found = examined(service)

    assert statuses(found, "logo") == {Status.WARN}  # it is not there
    assert statuses(found, "ca_bundle") == {Status.WARN, Status.FAIL}  # nor is this, and what needs it fails
    for checks in found.values():
        for check in checks:
            assert check.status is Status.OK or check.remedy, check
    assert campus.mooc.token not in everything_said(found)
    assert campus.kelas.token not in everything_said(found)


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


def test_nothing_is_changed_on_either_site(campus: Campus, service: Service) -> None:
    before = campus.state()

    examined(service)

    assert campus.state() == before


def test_a_moodle_that_looks_for_the_person_first_leaves_the_role_unproved(campus: Campus, service: Service) -> None:
    campus.kelas.accounts[campus.kelas.token].assignable_roles.clear()

    found = examined(service)

    assert statuses(found, "enrol/manual:enrol") == {Status.OK}
    assert statuses(found, "moodle/role:assign") == {Status.WARN}
    assert "Allow role assignments" in found["moodle/role:assign"][0].remedy


def test_a_course_without_manual_enrolment_has_one_line_about_it(campus: Campus, service: Service) -> None:
    campus.kelas.moodle = BEFORE_THE_PERSON
    campus.kelas.set_manual_enrolment("KLS-II", enabled=False)

    found = examined(service)

    assert failed(found) == {"manual_enrolment"}
    [line] = [check for check in found["manual_enrolment"] if check.status is Status.FAIL]
    assert "KLS-II" in line.subject
    assert "Enrolment methods" in line.remedy
    assert statuses(found, "moodle/role:assign") == {Status.OK}


def test_a_group_under_another_idnumber_fails_for_its_angkatan(campus: Campus, service: Service) -> None:
    campus.kelas.group("KLS-I", "Angkatan I").idnumber = "LAIN"

    [line] = [check for check in examined(service)["group"] if check.status is Status.FAIL]

    assert "LAIN" in line.text
    assert "group_idnumber" in line.remedy


def test_groups_that_are_missing_are_announced_as_to_be_made(service: Service) -> None:
    said = [check.text for check in examined(service)["group"]]

    assert said == [
        'The group "Angkatan I" of angkatan I is there.',
        'The group "Angkatan II" of angkatan II will be made.',
        'The group "Angkatan III" of angkatan III will be made.',
    ]


def test_a_misspelt_source_group_warns_with_the_near_one(make_service: ServiceFactory, sqlite_url: str) -> None:
    found = examined(make_service(sqlite_url, angkatan='[[programmes.angkatan]]\nid = "I"\nsource_group = "Angkatn I"'))

    assert any('Did you mean "Angkatan I"?' in check.remedy for check in found["source_group"])


def test_a_course_that_is_not_there_fails_and_the_others_are_examined(
    campus: Campus, make_service: ServiceFactory, sqlite_url: str
) -> None:
    campus.kelas.moodle = BEFORE_THE_PERSON
    angkatan = "".join(
        f'\n[[programmes.angkatan]]\nid = "{name}"\nsource_group = "Angkatan {name}"\nsite = "kelas"\n'
        f'course = "{course}"\nrole_id = 5\n'
        for name, course in (("I", "KLS-X"), ("II", "KLS-II"))
    )
    found = examined(make_service(sqlite_url, angkatan=angkatan))

    assert failed(found) == {"course"}
    assert statuses(found, "moodle/role:assign") == {Status.OK}


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


@pytest.mark.parametrize("trouble", ["unknown", "expired", "suspended", "off"])
def test_a_site_that_lets_nobody_in_fails_once_and_the_other_is_examined(
    campus: Campus, service: Service, trouble: str
) -> None:
    account = campus.mooc.accounts[campus.mooc.token]
    if trouble == "unknown":
        del campus.mooc.accounts[campus.mooc.token]
    if trouble == "expired":
        account.expired = True
    if trouble == "suspended":
        campus.mooc.suspend_user(account.user_id)
    if trouble == "off":
        campus.mooc.rest_enabled = False

    found = examined(service)

    assert failed(found) == {"token"}
    assert any("the site mooc does not answer" in check.text for check in found["not_examined"])
    assert statuses(found, "moodle/course:managegroups") == {Status.OK}


def test_a_site_that_does_not_answer_is_told_at_once(campus: Campus, service: Service) -> None:
    campus.faults.add(Fault("bad_gateway", site="kelas"))

    found = examined(service)

    assert failed(found) == {"answers"}
    assert statuses(found, "materials_seen") == {Status.OK}


def test_an_administrators_token_and_an_address_of_another_name_are_warned_of(campus: Campus, service: Service) -> None:
    campus.mooc.accounts[campus.mooc.token].site_admin = True
    campus.mooc.url = "https://mooc.example.go.id"

    found = examined(service)

    assert failed(found) == set()
    assert Status.WARN in statuses(found, "account")
    assert Status.WARN in statuses(found, "address")


def test_clocks_far_apart_are_warned_of(service: Service) -> None:
    found = examined(service, lambda: datetime.now(UTC) + timedelta(minutes=7))

    assert statuses(found, "clock") == {Status.WARN}
    assert re.search(r"4[12]\d seconds apart", everything_said(found))


def test_long_requests_that_lose_their_end_are_found(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "MAX_INPUT_VARS", 500)

    found = examined(service)

    assert statuses(found, "max_input_vars") == {Status.FAIL}
    assert "php.ini" in found["max_input_vars"][0].remedy


def test_completion_switched_off_in_the_course_fails(campus: Campus, service: Service) -> None:
    campus.mooc.course("MOOC-LATSAR").completion_enabled = False

    found = examined(service)

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


def test_a_role_number_that_differs_from_the_students_is_warned_of(
    campus: Campus, make_service: ServiceFactory, sqlite_url: str
) -> None:
    campus.kelas.moodle = BEFORE_THE_PERSON
    angkatan = (
        '[[programmes.angkatan]]\nid = "I"\nsource_group = "Angkatan I"\nsite = "kelas"\ncourse = "KLS-I"\nrole_id = 7'
    )

    found = examined(make_service(sqlite_url, angkatan=angkatan))

    assert statuses(found, "role_id") == {Status.WARN}
    assert statuses(found, "moodle/role:assign") == {Status.FAIL}


def recorded(service: Service, value: int, scale: Scale = Scale.POINTS) -> None:
    moment = datetime.now(UTC) - timedelta(hours=1)
    with service.database.writing() as connection:
        row = Threshold(1, Decimal(value), scale, "SK lama", moment, "Uji", moment)
        thresholds.add_threshold(connection, service.settings.programmes[0].id, row)


def test_a_configured_threshold_that_differs_from_the_recorded_one_is_warned_of(
    make_service: ServiceFactory, database_url: str
) -> None:
    service = make_service(database_url)
    recorded(service, 75)

    found = examined(service)

    assert statuses(found, "threshold") == {Status.OK, Status.WARN}
    assert "75 points (SK lama) is in force" in everything_said(found)
    assert statuses(found, "grade_to_pass") == {Status.WARN}, "the quiz passes at 70"


def test_no_threshold_anywhere_and_one_that_nobody_can_reach_fail(
    make_service: ServiceFactory, sqlite_url: str
) -> None:
    service = make_service(sqlite_url, evaluation='item = "EVAL-AKADEMIK"')
    assert statuses(examined(service), "threshold") == {Status.FAIL}

    recorded(service, 700)
    found = examined(service)
    assert statuses(found, "threshold") == {Status.OK, Status.FAIL}
    assert "Nobody can reach it" in everything_said(found)


def test_a_programme_without_a_mooc_gate_needs_no_grades(
    campus: Campus, make_service: ServiceFactory, sqlite_url: str
) -> None:
    campus.mooc.accounts[campus.mooc.token].functions.discard("gradereport_user_get_grade_items")

    found = examined(make_service(sqlite_url, programme='method = "classical"'))

    assert failed(found) == set()
    assert "threshold" not in found


def test_a_database_that_cannot_be_opened_fails_and_the_sites_are_examined(
    make_service: ServiceFactory, sqlite_url: str, tmp_path: Path
) -> None:
    service = make_service(sqlite_url)
    (tmp_path / "no.db").write_text("not a database" * 99, encoding="utf-8")
    service.settings = service.settings.model_copy(update={"database_url": f"sqlite:///{tmp_path / 'no.db'}"})

    found = examined(service)

    assert failed(found) == {"database"}
    assert statuses(found, "materials_seen") == {Status.OK}


def test_a_database_that_is_not_there_is_told_and_not_made(
    make_service: ServiceFactory, sqlite_url: str, tmp_path: Path
) -> None:
    service = make_service(sqlite_url)
    service.settings = service.settings.model_copy(update={"database_url": f"sqlite:///{tmp_path}/data/latsar.db"})

    found = examined(service)

    assert failed(found) == set()
    assert statuses(found, "database") == {Status.WARN}
    assert not (tmp_path / "data").exists()


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
    [by_course] = examined(service)["reading"]
    assert by_course.text.startswith("By course")
    assert "core_user_get_users_by_field, core_user_get_course_user_profiles" in by_course.text

    functions |= {"core_user_get_users_by_field", "core_user_get_course_user_profiles"}
    found = examined(service)

    assert [each.text for each in found["reading"]] == [
        "By list: of MOOC-LATSAR only the people of 2 numbers are read, in every run."
    ]
    assert "No account that shows carries 1 of these numbers." in everything_said(found)


def test_a_group_that_is_hidden_or_not_there_is_told_by_the_doctor(service: Service, campus: Campus) -> None:
    functions = {"core_group_get_activity_allowed_groups", "core_user_get_course_user_profiles"}
    campus.mooc.accounts[MOOC_TOKEN].functions |= functions
    campus.mooc.group("MOOC-LATSAR", "Angkatan I").visibility = 3

    found = examined(service)

    assert statuses(found, "source_group") == {Status.OK, Status.WARN}
    assert "Angkatan I" in everything_said(found)
