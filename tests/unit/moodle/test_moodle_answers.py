"""Every recorded failure, and those that could not be recorded, becomes the error that says who must act."""

import json
import traceback
from pathlib import Path

import pytest

from latsar_sync.domain.errors import LatsarError, NoMoodleThere, RecordRejected, SiteRefuses, SiteUnavailable
from latsar_sync.moodle.answers import Answer, parse, proves_refusal, refusal, understand
from latsar_sync.moodle.error_codes import RULES
from latsar_sync.moodle.functions import Function
from latsar_sync.moodle.payloads import ACTIVITY_STATUSES, BEST_GRADE

WHERE = "mooc: some_function"
RECORDINGS = Path(__file__).parents[2] / "recordings"

RECORDED_FAILURES = {
    "core_completion_get_activities_completion_status.debug-error-low-token": (SiteRefuses, "moodle/course:view"),
    "core_completion_get_activities_completion_status.error-course-hidden": (SiteRefuses, "viewhiddencourses"),
    "core_completion_get_activities_completion_status.error-deleted-account": (RecordRejected, "deleted"),
    "core_completion_get_activities_completion_status.error-force-password-change": (SiteRefuses, "password"),
    "core_completion_get_activities_completion_status.error-low-token": (SiteRefuses, "moodle/course:view"),
    "core_completion_get_activities_completion_status.error-maintenance-cli-mode-503": (SiteUnavailable, "maintenance"),
    "core_completion_get_activities_completion_status.error-nocap-accessallgroups": (SiteRefuses, "accessallgroups"),
    "core_completion_get_activities_completion_status.error-nocap-progress": (SiteRefuses, "report/progress:view"),
    "core_completion_get_activities_completion_status.error-unknown-user": (RecordRejected, "No such account"),
    "core_completion_get_activities_completion_status.error-unknowncourse": (SiteRefuses, "`course`"),
    "core_completion_get_activities_completion_status.error-userid-zero": (RecordRejected, "No such account"),
    "core_completion_get_course_completion_status.error-completion-disabled": (SiteRefuses, "completion tracking off"),
    "core_completion_get_course_completion_status.error-low-token": (SiteRefuses, "moodle/course:view"),
    "core_completion_get_course_completion_status.error-nocap": (SiteRefuses, "report/completion:view"),
    "core_completion_get_course_completion_status.error-nocriteriaset": (SiteRefuses, "Course completion"),
    "core_completion_get_course_completion_status.error-not-enrolled-in-course": (
        RecordRejected,
        "no active enrolment",
    ),
    "core_completion_get_course_completion_status.error-suspended-enrolment": (RecordRejected, "active enrolment"),
    "core_completion_get_course_completion_status.error-unenrolled": (RecordRejected, "active enrolment"),
    "core_completion_get_course_completion_status.error-unknowncourse": (SiteRefuses, "`course`"),
    "core_course_delete_courses.error-not-in-service": (SiteRefuses, "External services"),
    "core_course_get_contents.error-unknowncourse": (SiteRefuses, "`course`"),
    "core_course_get_courses_by_field.error-invalidfield": (RecordRejected, "does not suit Moodle"),
    "core_enrol_get_enrolled_users.debug-error-invalidparameter": (RecordRejected, "does not suit Moodle"),
    "core_enrol_get_enrolled_users.debug-error-unknowncourse": (SiteRefuses, "`course`"),
    "core_enrol_get_enrolled_users.error-bad-sortby": (RecordRejected, "does not suit Moodle"),
    "core_enrol_get_enrolled_users.error-invalidparameter": (RecordRejected, "does not suit Moodle"),
    "core_enrol_get_enrolled_users.error-low-token": (SiteRefuses, "moodle/course:view"),
    "core_enrol_get_enrolled_users.error-nocap-accessallgroups-group": (SiteRefuses, "moodle/site:accessallgroups"),
    "core_enrol_get_enrolled_users.error-unknowncourse": (SiteRefuses, "`course`"),
    "core_group_add_group_members.error-bad-groupid": (SiteRefuses, "does not exist any more"),
    "core_group_add_group_members.error-batch-with-not-enrolled": (RecordRejected, "not enrolled"),
    "core_group_add_group_members.error-low-token": (SiteRefuses, "moodle/course:view"),
    "core_group_add_group_members.error-nocap": (SiteRefuses, "moodle/course:managegroups"),
    "core_group_add_group_members.error-not-enrolled": (RecordRejected, "not enrolled"),
    "core_group_create_groups.debug-error-duplicate-name": (RecordRejected, "already taken"),
    "core_group_create_groups.error-duplicate-idnumber": (RecordRejected, "idnumber"),
    "core_group_create_groups.error-duplicate-name": (RecordRejected, "already taken"),
    "core_group_create_groups.error-empty-name": (RecordRejected, "does not suit Moodle"),
    "core_group_create_groups.error-missing-description": (RecordRejected, "does not suit Moodle"),
    "core_group_create_groups.error-unknowncourse": (SiteRefuses, "The course does not exist"),
    "core_group_get_activity_allowed_groups.error-unknown-cmid": (RecordRejected, "does not exist any more"),
    "core_group_get_course_groups.error-low-token": (SiteRefuses, "moodle/course:view"),
    "core_group_get_course_groups.error-unknowncourse": (SiteRefuses, "The course does not exist"),
    "core_group_get_group_members.error-bad-groupid": (SiteRefuses, "does not exist any more"),
    "core_message_send_instant_messages.error-bad-clientmsgid": (RecordRejected, "does not suit Moodle"),
    "core_message_send_instant_messages.error-batch-with-bad-userid": (RecordRejected, "does not suit Moodle"),
    "core_message_send_instant_messages.error-empty-list": (RecordRejected, "does not suit Moodle"),
    "core_message_send_instant_messages.error-messaging-off": (SiteRefuses, "Enable messaging"),
    "core_message_send_instant_messages.error-nocap": (SiteRefuses, "moodle/site:sendmessage"),
    "core_message_send_instant_messages.error-not-in-service": (SiteRefuses, "lacks this function"),
    "core_message_send_instant_messages.mixed-unknown-user": (RecordRejected, "does not know"),
    "core_tidak_ada.error-unknown-function": (SiteRefuses, "does not have the function"),
    "core_user_get_users_by_field.error-bad-id-value": (RecordRejected, "does not suit Moodle"),
    "core_user_get_users_by_field.error-invalidfield": (RecordRejected, "bad field"),
    "core_user_get_users_by_field.error-missing-param": (RecordRejected, "does not suit Moodle"),
    "core_webservice_get_site_info.default-format-is-xml": (SiteRefuses, "post_max_size"),
    "core_webservice_get_site_info.error-database-down": (SiteUnavailable, "database"),
    "core_webservice_get_site_info.error-expiredtoken": (SiteRefuses, "Manage tokens"),
    "core_webservice_get_site_info.error-invalidtoken": (SiteRefuses, "mistyped"),
    "core_webservice_get_site_info.error-iprestricted": (SiteRefuses, "IP address"),
    "core_webservice_get_site_info.error-maintenance-cli-mode-503": (SiteUnavailable, "maintenance"),
    "core_webservice_get_site_info.error-maintenance-web-mode": (SiteUnavailable, "maintenance"),
    "core_webservice_get_site_info.error-nocap-rest-use": (SiteRefuses, "webservice/rest:use"),
    "core_webservice_get_site_info.error-notoken": (SiteRefuses, "Manage tokens"),
    "core_webservice_get_site_info.error-rest-protocol-off": (SiteRefuses, "Manage protocols"),
    "core_webservice_get_site_info.error-service-disabled": (SiteRefuses, "disabled"),
    "core_webservice_get_site_info.error-suspendeduser": (SiteRefuses, "suspended"),
    "core_webservice_get_site_info.error-webservices-off": (SiteRefuses, "Enable web services"),
    "core_webservice_get_site_info.php-fpm-down": (SiteUnavailable, "logs"),
    "enrol_manual_enrol_users.debug-error-unknown-user": (RecordRejected, "does not exist or is deleted"),
    "enrol_manual_enrol_users.error-batch-rolls-back": (RecordRejected, "does not exist or is deleted"),
    "enrol_manual_enrol_users.error-deleted-user": (RecordRejected, "does not exist or is deleted"),
    "enrol_manual_enrol_users.error-empty-list": (RecordRejected, "does not suit Moodle"),
    "enrol_manual_enrol_users.error-low-token": (SiteRefuses, "moodle/course:view"),
    "enrol_manual_enrol_users.error-missing-roleid": (RecordRejected, "does not suit Moodle"),
    "enrol_manual_enrol_users.error-no-manual-instance": (SiteRefuses, "Manual enrolments"),
    "enrol_manual_enrol_users.error-nocap": (SiteRefuses, "enrol/manual:enrol"),
    "enrol_manual_enrol_users.error-role-not-assignable": (SiteRefuses, "Allow role assignments"),
    "enrol_manual_enrol_users.error-roleid-unknown": (SiteRefuses, "role_id"),
    "enrol_manual_enrol_users.error-unknown-user": (RecordRejected, "does not exist or is deleted"),
    "enrol_manual_enrol_users.error-unknowncourse": (RecordRejected, "does not suit Moodle"),
    "gradereport_singleview_get_grade_items_for_search_widget.error-server-bug": (RecordRejected, "does not know"),
    "gradereport_user_get_grade_items.error-invalidparameter": (RecordRejected, "does not suit Moodle"),
    "gradereport_user_get_grade_items.error-low-token": (SiteRefuses, "moodle/course:view"),
    "gradereport_user_get_grade_items.error-nocap-accessallgroups": (SiteRefuses, "moodle/site:accessallgroups"),
    "gradereport_user_get_grade_items.error-nocap-accessallgroups-group": (SiteRefuses, "moodle/site:accessallgroups"),
    "gradereport_user_get_grade_items.error-nocap-gradereport": (SiteRefuses, "gradereport/user:view"),
    "gradereport_user_get_grade_items.error-nocap-gradeviewall": (SiteRefuses, "moodle/grade:viewall"),
    "gradereport_user_get_grade_items.error-unknown-user": (RecordRejected, "No such account"),
    "gradereport_user_get_grade_items.error-unknowncourse": (SiteRefuses, "`course`"),
    "mod_quiz_get_user_attempts.error-bad-status": (RecordRejected, "does not suit Moodle"),
    "mod_quiz_get_user_attempts.error-low-token": (SiteRefuses, "moodle/course:view"),
    "mod_quiz_get_user_attempts.error-nocap-quiz-view": (SiteRefuses, "mod/quiz:view"),
    "mod_quiz_get_user_attempts.error-nocap-viewreports": (SiteRefuses, "mod/quiz:viewreports"),
    "mod_quiz_get_user_attempts.error-unknown-quiz": (SiteRefuses, "`evaluation`"),
    "mod_quiz_get_user_attempts.error-unknown-user": (RecordRejected, "No such account"),
    "mod_quiz_get_user_best_grade.error-unknown-quiz": (SiteRefuses, "`evaluation`"),
    "tool_mobile_call_external_functions.error-empty": (RecordRejected, "does not suit Moodle"),
}


def failure_of(answer: Answer) -> LatsarError:
    with pytest.raises(LatsarError) as caught:
        understand(WHERE, answer)
    return caught.value


@pytest.mark.parametrize("name", RECORDED_FAILURES)
def test_a_recorded_failure_says_where_and_what_to_do(recording, name):
    error_class, hint = RECORDED_FAILURES[name]
    error = failure_of(recording(name))
    assert type(error) is error_class
    assert error.message.startswith(WHERE)
    assert hint in error.remedy
    assert "\n" not in str(error)


def test_every_recorded_failure_of_our_functions_is_judged_here():
    recorded = {path.stem for path in RECORDINGS.glob("*error-*.json") if path.name.split(".")[0] in set(Function)}
    assert recorded - set(RECORDED_FAILURES) == set()


def test_a_failure_keeps_the_errorcode_for_those_who_decide_by_it(recording):
    error = failure_of(recording("enrol_manual_enrol_users.error-no-manual-instance"))
    assert error.errorcode == "wsnoinstance"


def test_an_unlisted_errorcode_rejects_the_record():
    error = refusal(WHERE, {"exception": "x", "errorcode": "brandnew", "message": "Something"})
    assert type(error) is RecordRejected
    assert str(error).startswith(f'{WHERE}: Moodle answers "x" (brandnew).')


def test_every_listed_errorcode_has_a_remedy_and_becomes_its_kind():
    for code, (kind, remedy) in RULES.items():
        error = refusal(WHERE, {"errorcode": code})
        assert type(error) is kind
        assert error.remedy == str(remedy) != ""


@pytest.mark.parametrize("code", ["dmlwriteexception", "dmlreadexception", "upgraderunning", "sitemaintenance"])
def test_what_passes_by_itself_is_unavailable(code):
    body = json.dumps({"exception": "x", "errorcode": code, "message": "Error"}).encode()
    assert type(failure_of(Answer(200, {}, body))) is SiteUnavailable


def test_the_error_form_of_other_moodle_scripts_is_understood_too():
    error = failure_of(Answer(200, {}, b'{"error":"Upgrade running","errorcode":"upgraderunning"}'))
    assert type(error) is SiteUnavailable
    assert '"Upgrade running" (upgraderunning)' in error.message


def test_a_missing_right_with_an_unknown_name_still_asks_for_that_right():
    error = refusal(WHERE, {"errorcode": "nopermissions", "message": "no permissions to do that (Fly)."})
    assert "(Fly)" in error.message
    assert "the right that the message names" in error.remedy


def test_an_error_of_which_moodle_tells_nothing_but_the_code_is_told_by_it_alone(recording):
    [told] = json.loads(recording("tool_mobile_call_external_functions.sub-not-in-service").body)["responses"]
    error = refusal(WHERE, json.loads(told["exception"]))
    assert error.message == f"{WHERE}: Moodle answers with an error (accessexception)."
    assert refusal(WHERE, {}).message == f"{WHERE}: Moodle answers with an error (no error code)."


def test_an_exception_is_believed_whatever_the_status():
    body = b'{"exception":"moodle_exception","errorcode":"invalidtoken","message":"Invalid token"}'
    assert type(failure_of(Answer(500, {}, body))) is SiteRefuses


@pytest.mark.parametrize("body", [b"", b" \n"])
def test_an_empty_body_is_no_success(body):
    assert "empty" in failure_of(Answer(200, {}, body)).message


@pytest.mark.parametrize("status", [200, 404])
def test_a_web_page_means_a_wrong_address(status):
    error = failure_of(Answer(status, {}, b"<!DOCTYPE html><html><head><title>Portal\n BKD</title></head></html>"))
    assert type(error) is NoMoodleThere
    assert "BKD" not in error.message
    assert "wwwroot" in error.remedy


def test_plain_text_means_a_block_by_the_site():
    error = failure_of(Answer(200, {}, b"Your IP address is blocked"))
    assert type(error) is SiteRefuses
    assert "Your IP address is blocked" in error.message
    assert "IP blocker" in error.remedy


def test_a_firewall_is_told_from_web_services_switched_off():
    assert "firewall" in failure_of(Answer(403, {}, b"<h1>Request blocked</h1>")).remedy
    assert "Enable web services" in failure_of(Answer(403, {}, b"")).remedy


@pytest.mark.parametrize(
    ("location", "target"),
    [
        ("https://www.lms.example.go.id/?token=secret", "https://www.lms.example.go.id."),
        ("https://user:secret@lms.example.go.id:8443/x", "https://lms.example.go.id:8443."),
        ("/login/index.php?x=secret", "another page."),
        ("http://[secret", "an unreadable address."),
    ],
)
def test_a_redirect_names_scheme_and_host_only(location, target):
    error = failure_of(Answer(303, {"Location": location}, b""))
    assert type(error) is NoMoodleThere
    assert error.message.endswith(f"redirects to {target}")
    assert "secret" not in str(error)
    assert "wwwroot" in error.remedy


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "300"}, 300),
        ({"Retry-After": "Mon, 07 Dec 2026 08:00:30 GMT", "Date": "Mon, 07 Dec 2026 08:00:00 GMT"}, 30),
        ({"Retry-After": "Mon, 07 Dec 2026 07:00:00 GMT", "Date": "Mon, 07 Dec 2026 08:00:00 GMT"}, 0),
        ({"Retry-After": "Mon, 07 Dec 2026 08:00:30 GMT"}, None),
        ({"Retry-After": "soon"}, None),
        ({}, None),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_the_wait_a_site_asks_for_is_passed_on(status, headers, seconds):
    error = failure_of(Answer(status, headers, b""))
    assert type(error) is SiteUnavailable
    assert error.retry_after == seconds


def test_the_recorded_maintenance_page_asks_for_five_minutes(recording):
    answer = recording("core_webservice_get_site_info.error-maintenance-cli-mode-503")
    headers = {name.title(): value for name, value in answer.headers.items()}
    error = failure_of(Answer(answer.status, headers, answer.body))
    assert error.retry_after == 300
    assert error.message == f"{WHERE}: HTTP 503 with a page that says the site is closed."
    assert "maintenance" in error.remedy


def test_text_that_is_no_sentence_of_a_firewall_is_not_quoted():
    error = failure_of(Answer(200, {}, b"account 199003182015032003 " + b"x" * 5000))
    assert error.message == f"{WHERE}: the answer is text instead of JSON."


def test_a_batch_with_a_failed_call_inside_is_a_success_outside(recording):
    answer = recording("tool_mobile_call_external_functions.sub-not-in-service")
    assert understand(WHERE, answer) == answer.body


@pytest.mark.parametrize(
    ("answer", "proof"),
    [
        (Answer(200, {}, b'{"exception":"x","errorcode":"y","message":"z"}'), True),
        (Answer(500, {}, b'{"exception":"x","errorcode":"y","message":"z"}'), True),
        (Answer(303, {}, b""), True),
        (Answer(403, {}, b""), True),
        (Answer(404, {}, b"<html>"), True),
        (Answer(200, {}, b""), False),
        (Answer(200, {}, b"<html>"), False),
        (Answer(200, {}, b'{"exception":"x","errorco'), False),
        (Answer(500, {}, b""), False),
        (Answer(504, {}, b"<html>"), False),
    ],
)
def test_only_moodle_itself_or_a_refusing_status_proves_that_nothing_was_done(answer, proof):
    assert proves_refusal(answer) is proof


def test_another_shape_is_named_by_its_first_mismatch_without_the_value():
    body = json.dumps({"statuses": [{"cmid": "Siti Aminah", "modname": "page", "state": 1}]})
    with pytest.raises(SiteRefuses) as caught:
        parse(WHERE, ACTIVITY_STATUSES, body)
    assert "statuses.0.cmid" in caught.value.message
    assert "Siti" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("shape", [ACTIVITY_STATUSES, BEST_GRADE])
@pytest.mark.parametrize("body", [b'{"statuses":[{"cmid":1', b'{"hasgrade":tr'])
def test_text_that_breaks_off_is_unavailable_not_another_shape(shape, body):
    with pytest.raises(SiteUnavailable, match="breaks off"):
        parse(WHERE, shape, body)
