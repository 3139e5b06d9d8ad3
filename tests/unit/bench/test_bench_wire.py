"""Whose data stood in an answer, as the bench counts it."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "bench"))
from wire import people_in

PEOPLE = [{"id": 7, "fullname": "Siti"}, {"id": 8, "fullname": "Budi"}]


@pytest.mark.parametrize(
    ("answer", "read"),
    [
        (PEOPLE, {7, 8}),
        ({"usergrades": [{"userid": 7, "userfullname": "Siti", "gradeitems": [{"id": 3}]}]}, {7}),
        ({"responses": [{"error": False, "data": json.dumps(PEOPLE)}, {"error": False, "data": "null"}]}, {7, 8}),
        ({"siteurl": "http://localhost", "userid": 3, "fullname": "Sinkronisasi"}, set()),
        ([{"id": 4, "fullname": "MOOC", "shortname": "MOOC-LATSAR"}], set()),
    ],
)
def test_whoever_stands_in_an_answer_is_counted_and_no_course_and_no_service_account(
    answer: Any, read: set[int]
) -> None:
    assert people_in([json.dumps(answer).encode()]) == read
