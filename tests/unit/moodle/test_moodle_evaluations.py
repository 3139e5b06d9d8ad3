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
        "MOOC", None if by_cmid else "EVAL", by_cmid, [UserGrades(userid=7, gradeitems=items)], must_be_found=True
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


@pytest.mark.parametrize("idnumber", ["EVAL", None], ids=["by idnumber", "by cmid"])
def test_a_second_grade_of_an_activity_is_named_with_what_to_do(idnumber: str | None) -> None:
    """A forum that is graded as a whole and not by ratings has that grade alone; a workshop one for assessments."""
    forum = {"itemtype": "mod", "itemmodule": "forum", "cmid": 5, "itemnumber": 1, "itemname": "Diskusi whole forum"}

    with pytest.raises(ConfigurationError) as refused:
        found(None if idnumber else 5, idnumber=idnumber, **forum)

    assert "Diskusi whole forum (forum, cmid 5)" in refused.value.message
    assert "not the first grade" in refused.value.message
    assert "ratings" in refused.value.remedy


def test_a_grade_whose_activity_does_not_show_is_told_as_that() -> None:
    """So it is where the site has switched off its kind of activity (seen on Moodle 5.1)."""
    with pytest.raises(ConfigurationError) as refused:
        found(itemtype="mod", itemmodule="quiz", cmid=None, itemnumber=0, itemname="Evaluasi")

    assert refused.value.message == "Evaluasi (quiz) of the course MOOC is there as a grade, and its activity is not."
    assert "Manage activities" in refused.value.remedy


def test_beside_the_first_grade_of_an_activity_its_second_is_in_nobody_s_way() -> None:
    items = [
        GradeItem(id=number, itemtype="mod", itemmodule="forum", cmid=5, itemnumber=number, grademax=10 * number)
        for number in (1, 0)
    ]
    reports = [UserGrades(userid=7, gradeitems=tuple(items))]

    assert find_evaluation("MOOC", None, 5, reports, must_be_found=True).grade_max == 0  # type: ignore[union-attr]


def test_an_idnumber_that_a_second_grade_does_not_carry_is_told_by_the_list_of_what_is_seen() -> None:
    with pytest.raises(ConfigurationError) as refused:
        found(itemtype="mod", itemmodule="forum", cmid=5, itemnumber=1, itemname="Diskusi", idnumber=None)

    assert "Diskusi (cmid 5, a second grade of it)" in refused.value.remedy


NOT_IN_POINTS = {
    "scale": {"grademin": 1, "grademax": 2, "rangeformatted": "Belum lulus&ndash;Lulus"},
    "scale of numbers": {"grademin": 1, "grademax": 5, "rangeformatted": "60&ndash;100"},
    "one word that begins with a number": {"grademin": 1, "grademax": 2, "rangeformatted": "1 &ndash; 2 bintang"},
    "text": {"grademin": 0, "grademax": 100, "rangeformatted": "&ndash;"},
}
"""Ranges as Moodle shows them of a grade item of type scale or text; its ``scaleid`` is null for each of them."""


@pytest.mark.parametrize("by", [{}, {"by_cmid": 5}], ids=["by idnumber", "by cmid"])
@pytest.mark.parametrize("item", NOT_IN_POINTS.values(), ids=NOT_IN_POINTS)
def test_a_scale_or_a_text_is_no_points(item: dict[str, Any], by: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="graded with a scale or in words") as refused:
        found(itemtype="mod", itemmodule="assign", cmid=5, scaleid=None, **item, **by)

    assert "Type: Point" in refused.value.remedy


@pytest.mark.parametrize(
    ("least", "greatest", "shown"),
    [
        (0, 100, "0&ndash;100"),
        (0, "99.5", "0,00&ndash;99,50"),
        (1, "99.5", "1–100"),
        (-10, 10, "-10.00&ndash;10.00"),
        (0, 100, None),
        (0, 100, {"odd": 1}),
    ],
)
def test_points_are_points_however_their_range_is_shown(least: Any, greatest: Any, shown: object) -> None:
    points = {"itemtype": "mod", "itemmodule": "assign", "cmid": 5, "scaleid": 2}

    assert found(**points, grademin=least, grademax=greatest, rangeformatted=shown).cmid == 5


def test_points_whose_range_a_site_shows_otherwise_are_points() -> None:
    assert found(itemtype="mod", itemmodule="assign", cmid=5, grademin=0, grademax=80, rangeformatted="0&ndash;100")


def test_where_the_user_report_hides_ranges_nothing_speaks_against_points() -> None:
    assert found(itemtype="mod", itemmodule="assign", cmid=5, graderaw=3).grade_max is None
