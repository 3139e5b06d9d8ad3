"""A threshold is read as it is typed: digits, a point or a comma, and nothing else that programs take for a number."""

from decimal import Decimal

import pytest

from latsar_sync.actions.threshold import read_threshold
from latsar_sync.domain.decision import Scale
from latsar_sync.domain.errors import UsageError


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("70", "70"), ("70,5", "70.5"), (" 70.01 ", "70.01"), ("７０", "70"), ("070", "70"), ("+70", "70")],
)
def test_a_threshold_may_have_a_decimal_comma(typed: str, meant: str) -> None:
    assert read_threshold(typed, Scale.POINTS) == Decimal(meant)


@pytest.mark.parametrize(
    "typed", ["1e2", "7_0", "٧٠", "NaN", "inf", "1.000,5", "70.5.5", "7 0", "70%", "70'", ".5", "70,", "", "-", "0x46"]
)
def test_what_only_a_program_takes_for_a_number_is_none(typed: str) -> None:
    with pytest.raises(UsageError, match="is no number"):
        read_threshold(typed, Scale.POINTS)


@pytest.mark.parametrize("typed", ["0", "-5", "1000000", "70.000001", "0,00"])
def test_a_number_that_cannot_be_a_threshold_is_refused(typed: str) -> None:
    with pytest.raises(UsageError, match="cannot be a threshold"):
        read_threshold(typed, Scale.POINTS)
    with pytest.raises(UsageError, match="more than 100 per cent"):
        read_threshold("100,00001", Scale.PERCENT)
