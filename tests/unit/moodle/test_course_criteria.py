"""By what a course is completed, as its answer about one person tells it (rule 3)."""

import json
from pathlib import Path
from typing import Any

import pytest

from latsar_sync.moodle import payloads

RECORDED = Path("tests/recordings/core_completion_get_course_completion_status.success-partial.json")


def criteria(status: Any) -> tuple[str, ...]:
    return payloads.COURSE_COMPLETION.parse(json.dumps({"completionstatus": status})).completionstatus.criteria


def test_the_criteria_are_named_by_their_activities_and_whether_one_is_enough() -> None:
    status = json.loads(RECORDED.read_text(encoding="utf-8"))["response"]["completionstatus"]

    all_of_them, one_of_them = criteria(status), criteria({**status, "aggregation": 2})

    assert len(all_of_them) == len(status["completions"])
    assert "Activity completion: Latihan Agenda 1" in all_of_them
    assert one_of_them == ("any of", *all_of_them)
    assert criteria({**status, "completions": list(reversed(status["completions"]))}) == all_of_them


@pytest.mark.parametrize(
    ("completed", "complete", "aggregation", "partly"),
    [(True, [True, False], 1, True), (True, [True, True], 1, False), (True, [True, False], 2, False),
     (False, [True, False], 1, False)],
)  # fmt: skip
def test_a_course_that_is_complete_by_a_part_of_its_criteria_is_told(
    completed: bool, complete: list[bool], aggregation: int, partly: bool
) -> None:
    status = {"completed": completed, "aggregation": aggregation, "completions": [{"complete": c} for c in complete]}

    told = payloads.COURSE_COMPLETION.parse(json.dumps({"completionstatus": status}))

    assert told.completionstatus.is_partly_met is partly


@pytest.mark.parametrize(
    ("completions", "told"),
    [
        (None, ()),
        ("x", ()),
        ([], ()),
        (["x", {"details": []}, {"type": 6}], ()),
        ([{"type": "x", "details": {"criteria": "Grade", "requirement": {}}}], ("Grade",)),
    ],
)
def test_odd_criteria_leave_the_completion_itself_readable(completions: Any, told: tuple[str, ...]) -> None:
    assert criteria({"completed": True, "aggregation": {}, "completions": completions}) == told
