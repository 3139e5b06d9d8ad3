"""Every recorded success fits its shape, and what the rules depend on arrives unharmed."""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from latsar_sync.moodle import payloads
from latsar_sync.moodle.functions import Function

RECORDINGS = Path(__file__).parents[2] / "recordings"

SHAPES = {
    Function.SITE_INFO: payloads.SITE_INFO,
    Function.COURSES_BY_FIELD: payloads.COURSES,
    Function.COURSE_CONTENTS: payloads.COURSE_CONTENTS,
    Function.ENROLLED_USERS: payloads.ENROLLED_USERS,
    Function.ACTIVITIES_COMPLETION_STATUS: payloads.ACTIVITY_STATUSES,
    Function.COURSE_COMPLETION_STATUS: payloads.COURSE_COMPLETION,
    Function.GRADE_ITEMS: payloads.GRADE_REPORT,
    Function.QUIZZES_BY_COURSES: payloads.QUIZZES,
    Function.USER_ATTEMPTS: payloads.ATTEMPTS,
    Function.BEST_GRADE: payloads.BEST_GRADE,
    Function.CALL_EXTERNAL_FUNCTIONS: payloads.BATCH,
    Function.USERS_BY_FIELD: payloads.USERS,
    Function.COURSE_GROUPS: payloads.GROUPS,
    Function.ACTIVITY_ALLOWED_GROUPS: payloads.ALLOWED_GROUPS,
    Function.COURSE_USER_PROFILES: payloads.PROFILES,
    Function.CREATE_GROUPS: payloads.GROUPS,
    Function.ADD_GROUP_MEMBERS: payloads.NOTHING,
    Function.ENROL_USERS: payloads.NOTHING,
}
NO_SUCCESS = ("error-", "connection-refused", "php-fpm-down", "db-state", "default-format-is-xml")
SUCCESSES = [
    path.stem
    for path in sorted(RECORDINGS.glob("*.json"))
    if path.name.split(".")[0] in SHAPES and not any(mark in path.name for mark in NO_SUCCESS)
]


@pytest.fixture
def parsed(recording):
    return lambda name: SHAPES[Function(name.split(".")[0])].parse(recording(name).body)


@pytest.mark.parametrize("name", SUCCESSES)
def test_a_recorded_success_fits_its_shape(parsed, name):
    parsed(name)


def test_a_success_of_every_function_was_recorded():
    assert {name.split(".")[0] for name in SUCCESSES} == set(SHAPES)


@pytest.mark.parametrize("version", ["v4.0", "v4.3", "v4.5", "v5.1"])
def test_every_recorded_success_of_a_moodle_fits_its_shape(version):
    shapes = {**SHAPES, Function.USER_QUIZ_ATTEMPTS: payloads.ATTEMPTS, Function.RETRIEVE_REPORT: payloads.REPORT}
    recorded = [
        path
        for path in (RECORDINGS / version).glob("*.json")
        if path.name.split(".")[0] in shapes and not any(mark in path.name for mark in NO_SUCCESS)
    ]
    read = 0
    for path in recorded:
        answer = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(answer["response"], dict) and "exception" in answer["response"]:
            continue
        shapes[Function(path.name.split(".")[0])].parse(json.dumps(answer["response"]))
        read += 1
    assert read > 150


def item(report, cmid):
    return next(item for item in report.usergrades[0].gradeitems if item.cmid == cmid)


def test_a_grade_is_the_number_that_moodle_stores(parsed):
    report = parsed("gradereport_user_get_grade_items.success-69996")
    raw = next(item.graderaw for item in report.usergrades[0].gradeitems if item.idnumber == "EVAL-AKADEMIK")
    assert str(raw) == "69.99600"


def test_a_whole_number_is_an_exact_grade_too(parsed):
    report = parsed("gradereport_user_get_grade_items.success-exact70")
    raw = next(item.graderaw for item in report.usergrades[0].gradeitems if item.idnumber == "EVAL-AKADEMIK")
    assert raw == Decimal(70)


@pytest.mark.parametrize(
    ("shape", "text", "pick"),
    [
        (payloads.BEST_GRADE, '{"hasgrade":true,"grade":69.999994999999999}', lambda answer: answer.grade),
        (
            payloads.ATTEMPTS,
            '{"attempts":[{"id":1,"attempt":1,"state":"finished","sumgrades":69.999994999999999}]}',
            lambda answer: answer.attempts[0].sumgrades,
        ),
        (
            payloads.QUIZZES,
            '{"quizzes":[{"id":1,"coursemodule":2,"grade":69.999994999999999}]}',
            lambda answer: answer.quizzes[0].grade,
        ),
    ],
)
def test_digits_that_a_binary_float_loses_still_round_the_right_way(shape, text, pick):
    assert str(pick(shape.parse(text))) == "69.99999"


def test_an_absent_grade_key_is_told_from_a_null_grade():
    items = '{"id":1,"itemtype":"mod"},{"id":2,"itemtype":"mod","graderaw":null}'
    text = f'{{"usergrades":[{{"userid":1,"gradeitems":[{items}]}}]}}'
    hidden, none = payloads.GRADE_REPORT.parse(text).usergrades[0].gradeitems
    assert hidden.graderaw is none.graderaw is None
    assert "graderaw" not in hidden.model_fields_set
    assert "graderaw" in none.model_fields_set


def test_zero_is_a_grade(parsed):
    report = parsed("gradereport_user_get_grade_items.success-69996")
    assert item(report, 11).graderaw == 0
    assert item(report, 11).graderaw is not None


def test_no_grade_at_all_is_not_zero(parsed):
    answer = parsed("mod_quiz_get_user_best_grade.success-nothing")
    assert answer.hasgrade is False
    assert answer.grade is None


@pytest.mark.parametrize(
    ("shape", "text", "pick"),
    [
        (payloads.GROUPS, '[{"id":1,"name":"Gol. II &amp; III"}]', lambda answer: answer[0].name),
        (
            payloads.COURSES,
            '{"courses":[{"id":1,"shortname":"x","fullname":"Gol. II &amp; III"}]}',
            lambda answer: answer.courses[0].fullname,
        ),
        (
            payloads.ENROLLED_USERS,
            '[{"id":1,"fullname":"x","groups":[{"id":1,"name":"Gol. II &amp; III"}]}]',
            lambda answer: answer[0].groups[0].name,
        ),
        (
            payloads.COURSE_CONTENTS,
            '[{"id":1,"name":"x","modules":[{"id":1,"modname":"page","name":"Gol. II &amp; III"}]}]',
            lambda answer: answer[0].modules[0].name,
        ),
    ],
)
def test_names_are_unescaped(shape, text, pick):
    assert pick(shape.parse(text)) == "Gol. II & III"


@pytest.mark.parametrize(
    ("seconds", "is_one"),
    [
        (-1, False),
        (0, False),
        (86_400, False),
        (978_307_199, False),
        (978_307_200, True),
        ("1790000000", True),
        (7_258_118_399, True),
        (7_258_118_400, False),
        (1_790_000_000_000, False),
    ],
)
def test_a_moment_from_before_there_was_a_moodle_is_none_like_one_beyond_all_clocks(seconds, is_one):
    attempt = {"id": 1, "attempt": 1, "state": "finished", "timefinish": seconds}
    [told] = payloads.ATTEMPTS.parse(json.dumps({"attempts": [attempt]})).attempts

    assert (told.timefinish is not None) is is_one


def test_a_course_that_may_only_be_listed_shows_it_by_what_it_lacks(parsed):
    (readable,) = parsed("core_course_get_courses_by_field.success-shortname").courses
    (listed,) = parsed("core_course_get_courses_by_field.low-token").courses
    assert (readable.groupmode, readable.enablecompletion, readable.visible) == (1, True, True)
    assert (listed.groupmode, listed.enablecompletion, listed.visible) == (None, None, None)
    assert listed.enrollmentmethods == ("manual",)


def test_people_come_with_roles_and_groups(parsed):
    first = parsed("core_enrol_get_enrolled_users.success-userfields-groups")[0]
    assert [role.shortname for role in first.roles] == ["student"]
    assert [group.name for group in first.groups] == ["Angkatan I", "Kelompok uji kecil"]
    assert first.username is None


def test_a_course_without_access_shows_in_the_warnings(parsed):
    answer = parsed("mod_quiz_get_quizzes_by_courses.low-token-warning")
    assert answer.quizzes == ()
    assert answer.warnings[0].itemid == 2


def test_site_info_keeps_the_function_names_and_no_private_key(parsed):
    info = parsed("core_webservice_get_site_info.success")
    assert Function.ENROL_USERS in info.functions
    text = '{"sitename":"x","siteurl":"y","userid":1,"username":"z","functions":[],"userprivateaccesskey":"secret"}'
    assert "secret" not in repr(payloads.SITE_INFO.parse(text))


@pytest.mark.parametrize("functions", ['"all"', '[{"version":"1"}]'])
def test_site_info_with_odd_functions_does_not_pass(functions):
    text = f'{{"sitename":"x","siteurl":"y","userid":1,"username":"z","functions":{functions}}}'
    with pytest.raises(ValueError, match="functions"):
        payloads.SITE_INFO.parse(text)
