"""What the site tells about changes: read from a real answer, and what an answer that leaves something out means."""

import json
from datetime import UTC, datetime

import pytest

from latsar_sync.domain.errors import SiteRefuses
from latsar_sync.domain.records import Checkpoint
from latsar_sync.moodle import changes
from latsar_sync.moodle.answers import told_at
from latsar_sync.moodle.functions import Function
from latsar_sync.moodle.payloads import Course, Module
from latsar_sync.moodle.versions import TELLS_GRADE_TO_PASS, attempts_function
from latsar_sync.rules.signals import OVERLAP

SINCE = datetime(2026, 11, 19, tzinfo=UTC)
PRACTICE, PAGE = 10, 1
INFO = {"sitename": "x", "siteurl": "y", "userid": 1, "username": "z"}


def info(*functions):
    return json.dumps({**INFO, "functions": [{"name": name} for name in functions]}).encode()


def test_attempts_and_grades_of_the_evaluation_are_told_and_what_was_saved(client, answer_with, recording):
    answer_with(recording("core_course_get_updates_since.success"))

    found = changes.read_changes(client, 2, PRACTICE, SINCE)

    assert found is not None
    assert len(found.attempts) > 50
    assert 36 in found.attempts
    assert found.grades > 50
    assert {PAGE, PRACTICE} <= found.settings
    assert found.touched == found.settings


def test_a_quiet_course_tells_nothing(client, answer_with, recording):
    answer_with(recording("core_course_get_updates_since.nothing"))

    found = changes.read_changes(client, 2, PRACTICE, SINCE)

    assert found == changes.Changes()


def test_the_moment_is_sent_in_unix_seconds_and_no_filter_with_it(client, answer_with, recording, site):
    answer_with(recording("core_course_get_updates_since.nothing"))

    changes.read_changes(client, 2, PRACTICE, SINCE)

    assert f"courseid=2&since={int(SINCE.timestamp())}" in site.calls[0].request.body
    assert "filter" not in site.calls[0].request.body


@pytest.mark.parametrize("name", ["completion", "introfiles", "outcomes"])
def test_anything_unusual_about_the_evaluation_counts_as_a_changed_setting(client, answer_with, name):
    instance = {"contextlevel": "module", "id": 13, "updates": [{"name": name}]}
    answer_with(json.dumps({"instances": [instance], "warnings": []}))

    found = changes.read_changes(client, 2, 13, SINCE)

    assert found is not None
    assert found.settings == {13}


def test_posts_in_a_forum_touch_it_and_change_no_setting(client, answer_with):
    instance = {"contextlevel": "module", "id": 30, "updates": [{"name": "discussions", "itemids": [4]}]}
    answer_with(json.dumps({"instances": [instance], "warnings": []}))

    found = changes.read_changes(client, 2, 13, SINCE)

    assert found == changes.Changes(touched=frozenset({30}))


def warned(cmid, code):
    warning = {"item": "module", "itemid": cmid, "warningcode": code, "message": "x"}
    return json.dumps({"instances": [], "warnings": [warning]})


@pytest.mark.parametrize(("cmid", "code"), [(13, "missingcallback"), (30, "nonuservisible"), (13, "cmidnotincourse")])
def test_an_answer_that_left_an_activity_out_is_not_trusted(client, answer_with, cmid, code):
    answer_with(warned(cmid, code))

    assert changes.read_changes(client, 2, 13, SINCE) is None


def test_in_an_activity_whose_plugin_tells_nothing_anything_may_have_happened(client, answer_with):
    answer_with(warned(30, "missingcallback"))

    assert changes.read_changes(client, 2, 13, SINCE) == changes.Changes(touched=frozenset({30}))


@pytest.mark.parametrize(
    ("course", "evaluation"),
    [
        pytest.param({"groupmode": 1, "groupmodeforce": 1}, {}, id="separate groups forced by the course"),
        pytest.param({"groupmode": 1}, {"groupmode": None}, id="separate groups in the course, the quiz tells none"),
        pytest.param({}, {"groupmode": 1}, id="separate groups in the evaluation"),
        pytest.param({"id": 3}, {}, id="another course than before"),
        pytest.param({}, {"id": 14}, id="the evaluation does not show"),
    ],
)
def test_what_changed_is_not_asked_where_the_answer_would_not_cover_everybody(client, site, course, evaluation):
    found = Course.model_validate({"id": 2, "shortname": "M", "fullname": "M", "groupmode": 0, **course})
    module = Module.model_validate({"id": 13, "modname": "quiz", "name": "E", "groupmode": 0, **evaluation})

    assert changes.look_back(client, found, {module.id: module}, Checkpoint(2, 13, 7, SINCE, SINCE)) is None
    assert len(site.calls) == 0


def test_it_looks_back_behind_the_checkpoint(client, answer_with, recording, site):
    answer_with(recording("core_course_get_updates_since.nothing"))
    course = Course(id=2, shortname="M", fullname="M", groupmode=1, groupmodeforce=0)
    module = Module(id=13, modname="quiz", name="E", groupmode=2)

    assert changes.look_back(client, course, {13: module}, Checkpoint(2, 13, 7, SINCE, SINCE)) == changes.Changes()
    assert f"since={int((SINCE - OVERLAP).timestamp())}" in site.calls[0].request.body


def test_attempts_are_told_by_id_with_whether_they_are_finished(client, answer_with):
    answer_with(info("mod_quiz_get_user_attempts"))
    attempts = [{"id": 31, "attempt": 1, "state": "finished"}, {"id": 32, "attempt": 2, "state": "inprogress"}]
    answer_with(json.dumps({"attempts": attempts, "warnings": []}))

    assert changes.read_attempt_ids(client, 4, [7]) == {31: True, 32: False}


def test_without_the_right_to_see_attempts_the_refusal_is_told(client, answer_with):
    answer_with(info("mod_quiz_get_user_attempts"))
    refusal = {
        "exception": "required_capability_exception",
        "errorcode": "nopermissions",
        "message": "(View quiz reports)",
    }
    answer_with(json.dumps(refusal))

    with pytest.raises(SiteRefuses):
        changes.read_attempt_ids(client, 4, [7])


@pytest.mark.parametrize(
    ("functions", "expected"),
    [
        (("core_course_get_updates_since", "mod_quiz_get_user_attempts"), True),
        (("core_course_get_updates_since", "mod_quiz_get_user_quiz_attempts"), True),
        (("core_course_get_updates_since",), False),
        (("mod_quiz_get_user_attempts",), False),
    ],
)
def test_both_functions_are_needed(client, answer_with, functions, expected):
    answer_with(info(*functions))
    assert changes.can_tell(client) is expected


def test_the_newer_function_is_taken_where_there_is_one(client, answer_with):
    answer_with(info("mod_quiz_get_user_attempts", "mod_quiz_get_user_quiz_attempts"))
    assert attempts_function(client) is Function.USER_QUIZ_ATTEMPTS


@pytest.mark.parametrize(("version", "is_since"), [("2021051700.1", True), ("9" * 5000, False), ("²", False)])
def test_a_version_that_is_none_is_that_of_no_moodle(client, answer_with, version, is_since):
    answer_with(json.dumps({**INFO, "version": version, "functions": []}).encode())
    assert client.is_since(TELLS_GRADE_TO_PASS) is is_since


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("Tue, 24 Nov 2026 05:55:10 GMT", datetime(2026, 11, 24, 5, 55, 10, tzinfo=UTC)),
        ("yesterday", None),
        ("", None),
        ("Tue, 24 Nov 2026 05:55:10 -0000", None),
        ("Tue, 24 Nov 2026 05:55:10 +99999999999999", None),
        ("Tue, 24 Nov 99999999999999999999 05:55:10 GMT", None),
        ("Fri, 31 Dec 9999 23:59:59 GMT", None),
    ],
)
def test_the_sites_time_is_that_of_its_answer(date, expected):
    assert told_at({"Date": date}) == expected
    assert told_at({}) is None


def test_the_client_keeps_the_time_of_the_last_answer(client, answer_with, recording):
    assert client.site_time is None
    answer = recording("core_course_get_updates_since.nothing")
    answer_with(answer.body, headers={"Date": "Tue, 24 Nov 2026 05:55:10 GMT"})

    changes.read_changes(client, 2, PRACTICE, SINCE)

    assert client.site_time == datetime(2026, 11, 24, 5, 55, 10, tzinfo=UTC)
