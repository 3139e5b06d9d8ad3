"""What cannot be the evaluation is refused with the reason, not passed over (rule 1)."""

from typing import Any

import pytest

from latsar_sync.domain.errors import ConfigurationError
from latsar_sync.moodle.grades import find_evaluation
from latsar_sync.moodle.payloads import GradeItem, UserGrades


def found(by_cmid: int | None = None, **item: Any) -> Any:
    """Look for the evaluation in a gradebook that holds this grade item beside an ordinary one."""
    items = (
        GradeItem(id=1, itemtype="mod", itemmodule="quiz", cmid=4, idnumber="LATIHAN", itemname="Latihan"),
        GradeItem(id=2, **{"idnumber": "EVAL", **item}),
    )
    return find_evaluation(
        "MOOC", None if by_cmid else "EVAL", by_cmid, [UserGrades(userid=7, gradeitems=items)], expected=True
    )


@pytest.mark.parametrize(
    ("kind", "said"),
    [("course", "the course total"), ("category", "the total of a category"), ("manual", "without an activity")],
)
def test_a_total_is_refused_with_the_reason(kind: str, said: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        found(itemtype=kind)

    assert said in refused.value.message
    assert "not supported" in refused.value.message
    assert "cmid" in refused.value.remedy


def test_a_total_without_that_idnumber_is_in_nobody_s_way() -> None:
    quiz = {"itemtype": "mod", "itemmodule": "quiz", "cmid": 5}

    assert found(**quiz).cmid == 5
    assert found(4, itemtype="course").cmid == 4


@pytest.mark.parametrize("by", [{"idnumber": "EVAL"}, {"idnumber": None, "cmid": 5}])
def test_a_scale_is_no_points(by: dict[str, Any]) -> None:
    scale = {"itemtype": "mod", "itemmodule": "assign", "scaleid": 2, "grademin": 1, "grademax": 3}
    with pytest.raises(ConfigurationError, match="graded with a scale"):
        find_evaluation(
            "MOOC",
            by["idnumber"],
            by.get("cmid"),
            [UserGrades(userid=7, gradeitems=(GradeItem(id=2, cmid=5, idnumber="EVAL", **scale),))],
            expected=True,
        )


def test_a_scale_id_that_lingers_beside_points_is_no_scale() -> None:
    lingering = {"itemtype": "mod", "itemmodule": "assign", "cmid": 5, "scaleid": 2, "grademin": 0, "grademax": 100}

    assert found(**lingering).grade_max == 100


def test_where_the_range_is_hidden_a_scale_is_not_taken_for_points() -> None:
    hidden = {"itemtype": "mod", "itemmodule": "assign", "cmid": 5, "scaleid": 2, "graderaw": 3}

    with pytest.raises(ConfigurationError, match="points or with a scale") as refused:
        found(**hidden)

    assert "Show ranges" in refused.value.remedy
    assert found(**{**hidden, "scaleid": None}).grade_max is None
