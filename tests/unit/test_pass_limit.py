"""A pass limit outside the evaluation's own range is said (rule 2)."""

from decimal import Decimal

import pytest
from builders import threshold

from latsar_sync.model import Evaluation, Scale
from latsar_sync.pass_limit import out_of_reach

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
        ("101", PERCENT, "0", "200", "Nobody"),
        ("100", PERCENT, "0", "200", None),
        ("0", PERCENT, "10", "200", "Every grade"),
        ("5", PERCENT, "10", "200", None),
        ("70", POINTS, "0", None, None),
    ],
)
def test_a_limit_that_nobody_or_everybody_reaches_is_said(
    limit: str, scale: Scale, least: str | None, greatest: str | None, said: str | None
) -> None:
    told = out_of_reach(threshold(limit, scale), evaluation(least, greatest))

    assert [each.split(" ")[0] for each in told] == ([said.split(" ")[0]] if said else [])


def test_without_limit_or_evaluation_there_is_nothing_to_say() -> None:
    assert out_of_reach(None, evaluation("0", "1")) == out_of_reach(threshold(), None) == []
