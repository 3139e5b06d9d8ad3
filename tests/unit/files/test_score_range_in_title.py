"""A title that tells another range of scores than the evaluation has stops the file: 8 of 10 is no 8 of 100."""

from decimal import Decimal

import pytest

from latsar_sync.domain.errors import UsageError
from latsar_sync.files.score_range_in_title import require_its_range


@pytest.mark.parametrize(
    ("title", "maximum", "percent"),
    [
        ("Nilai", 10, False),
        ("NILAI (0-100)", 100, False),
        ("Nilai (skala 1 s.d. 4)", 4, False),
        ("Nilai (%)", 100, False),
        ("Hasil Akhir (%)", 50, True),
        ("Nilai (contoh: 85,5)", 100, False),
        ("Nilai Agenda 2", 100, False),
    ],
)
def test_a_title_that_tells_no_other_range_is_passed_over(title: str, maximum: int, percent: bool) -> None:
    require_its_range(title, Decimal(maximum), percent)


@pytest.mark.parametrize(
    ("title", "maximum", "percent"),
    [
        ("NILAI (0-10)", 100, False),
        ("Nilai (0 sampai 4)", 100, False),
        ("Nilai (skala 100)", 10, False),
        ("Nilai (%)", 50, False),
        ("Nilai persen", 10, False),
        ("Nilai (0–10)", 100, True),
    ],
)
def test_a_title_that_tells_another_range_is_refused(title: str, maximum: int, percent: bool) -> None:
    with pytest.raises(UsageError) as refused:
        require_its_range(title, Decimal(maximum), percent)
    assert title in refused.value.message
