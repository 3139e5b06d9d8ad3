"""A threshold outside the evaluation's own range is said (rule 2)."""

from decimal import Decimal

import pytest
from builders import NOW, threshold

from latsar_sync.domain import figures
from latsar_sync.domain.decision import Scale, Threshold
from latsar_sync.domain.evidence import Evaluation
from latsar_sync.domain.state_words import SCALE_TEXTS
from latsar_sync.rules.threshold import (
    SEEDED_BY,
    against_moodle,
    against_the_configuration,
    of_another_range,
    out_of_reach,
    seeded,
)

POINTS, PERCENT = Scale.POINTS, Scale.PERCENT


def evaluation(least: str | None, greatest: str | None) -> Evaluation:
    """Return an evaluation of this range."""
    numbers = (None if each is None else Decimal(each) for each in (least, greatest))
    return Evaluation(5, 3, "quiz", "Evaluasi", *numbers)


@pytest.mark.parametrize(
    ("limit", "scale", "least", "greatest", "said"),
    [
        ("70", POINTS, "1", "3", "Nobody"),
        ("100.00001", POINTS, "0", "100", "Nobody"),
        ("100", POINTS, "0", "100", None),
        ("70", POINTS, "0", "100", None),
        ("1", POINTS, "1", "3", "Every grade"),
        ("1.00001", POINTS, "1", "3", None),
        ("0", POINTS, None, "100", "Every grade"),
        ("1", POINTS, None, "100", None),
        ("1", PERCENT, "0", "200", None),
        ("101", PERCENT, "0", "200", "Nobody"),
        ("100", PERCENT, "0", "200", None),
        ("0", PERCENT, "10", "200", "Every grade"),
        ("5", PERCENT, "10", "200", None),
        ("70", PERCENT, "0", "0", "Nobody"),
        ("70", PERCENT, None, "0", "Nobody"),
        ("70", POINTS, "0", None, None),
    ],
)
def test_a_limit_that_nobody_or_everybody_reaches_is_said(
    limit: str, scale: Scale, least: str | None, greatest: str | None, said: str | None
) -> None:
    told = out_of_reach(threshold(limit, scale), evaluation(least, greatest))

    assert [each.split(" ")[0] for each in told] == ([said.split(" ")[0]] if said else [])


def test_a_limit_out_of_reach_is_told_with_the_evaluation_and_its_range() -> None:
    [told] = out_of_reach(threshold("70"), evaluation("1", "3"))

    assert told == "Nobody can reach the limit 70 points: Evaluasi is graded from 1 to 3."


def test_a_limit_in_points_of_another_range_is_told_before_anything_is_released() -> None:
    ten, hundred, unread = evaluation("0", "10"), evaluation("0", "100"), evaluation("0", None)

    [told] = of_another_range(threshold("7"), ten, hundred)
    assert "The threshold 7 points is recorded for grades from 0 to 10; now they go from 0 to 100." in told
    assert "threshold set" in told
    assert "from 0 to ?" in of_another_range(threshold("7"), unread, hundred)[0]
    [told] = of_another_range(threshold("7"), ten, unread)
    assert "does not show any more" in told
    assert "threshold set" not in told
    for limit, before, now in (
        (None, ten, hundred),
        (threshold("7"), None, hundred),
        (threshold("7"), ten, None),
        (threshold("7"), ten, ten),
        (threshold("70", PERCENT), ten, hundred),
    ):
        assert of_another_range(limit, before, now) == []


def test_the_first_row_is_what_the_configuration_says() -> None:
    row = seeded(Decimal("69.5"), "percent", "SK 1/2026", NOW)

    assert row == Threshold(1, Decimal("69.5"), PERCENT, "SK 1/2026", NOW, SEEDED_BY, NOW)


@pytest.mark.parametrize(
    ("value", "scale", "differs"), [("70.00", "points", 0), ("71", "points", 1), ("70", "percent", 1)]
)
def test_another_limit_or_scale_in_the_configuration_is_said_with_both(value: str, scale: str, differs: int) -> None:
    told = against_the_configuration(threshold("70"), Decimal(value), scale)

    assert len(told) == differs
    for each in told:
        assert f"threshold {figures.number(value)} {SCALE_TEXTS[scale]} differs from the recorded 70 points" in each


@pytest.mark.parametrize(
    ("limit", "scale", "to_pass", "differs"),
    [
        ("70", POINTS, "70.0", False),
        ("70", POINTS, "75", True),
        ("70", POINTS, None, False),
        ("70", POINTS, "0", False),
        ("70", PERCENT, "75", False),
        (None, POINTS, "75", False),
    ],
)
def test_another_grade_to_pass_in_moodle_is_said_where_it_is_known_and_both_are_points(
    limit: str | None, scale: Scale, to_pass: str | None, differs: bool
) -> None:
    in_force = threshold(limit, scale) if limit else None

    told = against_moodle(in_force, Decimal(to_pass) if to_pass else None)

    assert told == (
        ["Moodle's grade to pass is 75, the recorded threshold 70; the recorded one judges."] if differs else []
    )


def test_without_limit_or_evaluation_there_is_nothing_to_say() -> None:
    assert out_of_reach(None, evaluation("0", "1")) == out_of_reach(threshold(), None) == []
