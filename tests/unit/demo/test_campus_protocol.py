"""The REST protocol of the campus: parsing, refusing, batching, printing."""

from __future__ import annotations

import gzip
import json
from decimal import Decimal

import pytest
from campus_client import Asking

from latsar_sync.demo import Campus
from latsar_sync.demo.answers import php_json
from latsar_sync.demo.protocol import parse_request, php_variables

USERS = "core_user_get_users_by_field"
ROSTER = "core_enrol_get_enrolled_users"


def test_php_variables_nest_and_the_later_value_wins() -> None:
    pairs = [("a[0][b]", "1"), ("a[1][b]", "2"), ("c[]", "x"), ("c[]", "y"), ("d", "old"), ("d", "new")]
    assert php_variables(pairs) == {"a": {"0": {"b": "1"}, "1": {"b": "2"}}, "c": {"0": "x", "1": "y"}, "d": "new"}


def test_body_wins_over_query() -> None:
    request = parse_request("wsfunction=one", b"wsfunction=two", "application/x-www-form-urlencoded")
    assert request.function == "two"


@pytest.mark.parametrize(
    ("value", "printed"),
    [
        (Decimal("69.996"), "69.995999999999995"),
        (Decimal("70.00"), "70"),
        (Decimal("6.66667"), "6.6666699999999999"),
        ("a/b é", '"a\\/b \\u00e9"'),
        ({"x": [True, None, 1]}, '{"x":[true,null,1]}'),
    ],
)
def test_json_is_printed_as_php_prints_it(value: object, printed: str) -> None:
    assert php_json(value) == printed


@pytest.mark.parametrize("course_id", ["abc", "", "07", "1.0", "True", " 2"])
def test_integers_that_cleaning_would_alter_are_refused(mooc: Asking, course_id: str) -> None:
    assert mooc(ROSTER, courseid=course_id)["errorcode"] == "invalidparameter"


def test_unexpected_keys_are_refused_and_settings_are_not(mooc: Asking) -> None:
    assert mooc(ROSTER, courseid=2, kelompok=1)["errorcode"] == "invalidparameter"
    assert isinstance(mooc(ROSTER, courseid=2, moodlewssettingraw=1, moodlewssettinglang="en"), list)


def test_variables_beyond_the_limit_are_dropped_without_a_word(kelas: Asking) -> None:
    person = kelas.site.users[kelas.site.course("KLS-I").roles.copy().popitem()[0]]
    fields: dict[str, object] = {"field": "username"}
    fields |= {f"values[{number}]": f"tiada{number}" for number in range(5000)}
    fields[f"values[{5000}]"] = person.username
    assert kelas.with_fields(USERS, fields) == []


def test_oversized_body_loses_the_token(mooc: Asking) -> None:
    fields: dict[str, object] = {"wstoken": mooc.site.token, "moodlewsrestformat": "json", "filler": "x" * 9_000_000}
    answer, body = mooc.raw(fields)
    # The request for JSON is lost with the rest of the body.
    assert answer.headers["Content-Type"] == "application/xml; charset=utf-8"
    assert b"<ERRORCODE>invalidtoken</ERRORCODE>" in body


def test_json_body_is_not_read(mooc: Asking) -> None:
    _, body = mooc.raw({"wstoken": mooc.site.token}, {"Content-Type": "application/json"})
    assert b"<ERRORCODE>invalidtoken</ERRORCODE>" in body


def test_answers_are_compressed_for_clients_that_accept_it(mooc: Asking) -> None:
    fields: dict[str, object] = {"wstoken": mooc.site.token, "wsfunction": ROSTER, "courseid": 2}
    fields["moodlewsrestformat"] = "json"
    answer, body = mooc.raw(fields, {"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert len(json.loads(gzip.decompress(body))) > 100


def test_unknown_function_and_function_outside_the_service_differ(mooc: Asking) -> None:
    assert mooc("core_tidak_ada")["errorcode"] == "invalidrecordunknown"
    assert mooc("enrol_manual_enrol_users")["errorcode"] == "accessexception"
    assert mooc("core_course_delete_courses")["errorcode"] == "accessexception"


def test_batch_stops_at_the_first_inner_failure(campus: Campus, mooc: Asking) -> None:
    fields: dict[str, object] = {}
    for position, quiz in enumerate((4, 99999, 4)):
        fields[f"requests[{position}][function]"] = "mod_quiz_get_user_best_grade"
        fields[f"requests[{position}][arguments]"] = json.dumps({"quizid": quiz, "userid": 3})
    responses = mooc.with_fields("tool_mobile_call_external_functions", fields)["responses"]
    assert [response["error"] for response in responses] == [False, True]
    assert json.loads(responses[1]["exception"])["errorcode"] == "invalidrecordunknown"
    assert campus.log[-1].inner_functions == ["mod_quiz_get_user_best_grade"] * 3


def test_other_host_name_gets_a_page_and_no_answer(mooc: Asking) -> None:
    answer, body = mooc.raw({"wstoken": mooc.site.token}, {"Host": "localhost"})
    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("text/html")
    assert b"exactly that address" in body


def test_log_holds_no_token(campus: Campus, mooc: Asking) -> None:
    mooc("core_webservice_get_site_info")
    assert campus.log[-1].variables == 3
    assert mooc.site.token not in json.dumps(campus.described_log())
    assert mooc.site.token not in repr(campus.mooc.accounts[mooc.site.token])
