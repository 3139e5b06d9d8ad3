"""Arguments become form fields as PHP reads them, and never more than PHP takes."""

from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from latsar_sync.moodle.functions import MAX_VARIABLES, Function, form_body, form_fields


def test_token_and_function_come_first_and_arguments_last():
    body = form_body(Function.ENROLLED_USERS, {"courseid": 2}, "abc")
    assert parse_qsl(body) == [
        ("wstoken", "abc"),
        ("wsfunction", "core_enrol_get_enrolled_users"),
        ("moodlewsrestformat", "json"),
        ("moodlewssettinglang", "en"),
        ("courseid", "2"),
    ]


def test_lists_and_objects_are_written_the_php_way():
    arguments = {"options": [{"name": "userfields", "value": "id,idnumber"}], "values": ["a", "b"]}
    assert form_fields(arguments) == [
        ("options[0][name]", "userfields"),
        ("options[0][value]", "id,idnumber"),
        ("values[0]", "a"),
        ("values[1]", "b"),
    ]


def test_booleans_become_0_and_1_and_none_is_left_out():
    assert form_fields({"yes": True, "no": False, "nothing": None, "zero": 0, "empty": ""}) == [
        ("yes", "1"),
        ("no", "0"),
        ("zero", "0"),
        ("empty", ""),
    ]


def test_letters_beyond_ascii_survive():
    body = form_body(Function.CREATE_GROUPS, {"name": "Angkatan Ⅲ & Zoë+"}, "abc")
    assert dict(parse_qsl(body))["name"] == "Angkatan Ⅲ & Zoë+"


def test_an_empty_list_is_refused_before_it_is_sent():
    with pytest.raises(ValueError, match=r"enrolments is an empty list"):
        form_body(Function.ENROL_USERS, {"enrolments": []}, "abc")


def test_more_variables_than_php_takes_are_refused():
    form_body(Function.USERS_BY_FIELD, {"values": ["x"] * MAX_VARIABLES}, "abc")
    with pytest.raises(ValueError, match=r"801 variables"):
        form_body(Function.USERS_BY_FIELD, {"values": ["x"] * (MAX_VARIABLES + 1)}, "abc")


def test_a_body_larger_than_php_takes_is_refused_without_quoting_it():
    with pytest.raises(ValueError, match=r"bytes is too much") as caught:
        form_body(Function.USERS_BY_FIELD, {"values": ["x" * 1_000_000]}, "abc")
    assert "abc" not in str(caught.value)


@given(st.lists(st.integers(), min_size=1, max_size=50))
def test_the_order_of_a_list_is_kept(values):
    assert [value for _, value in form_fields({"values": values})] == [str(value) for value in values]
