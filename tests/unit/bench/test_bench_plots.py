"""The charts of the bench: well-formed, with their values as text too."""

import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "bench"))
from plots import bars, shown


def test_a_chart_has_a_bar_for_each_row_and_says_its_values() -> None:
    drawn = ElementTree.fromstring(bars("Dua & <tiga>", "seconds", [("ours", 13.94, True), ("loop", 330.0, False)]))  # noqa: S314

    space = {"svg": "http://www.w3.org/2000/svg"}
    lengths = [float(bar.get("width", "0")) for bar in drawn.findall("svg:rect", space)]
    assert lengths[1] / lengths[0] == pytest.approx(330 / 13.94, rel=0.01)
    assert drawn.findtext("svg:title", namespaces=space) == "Dua & <tiga>"
    assert drawn.findtext("svg:desc", namespaces=space) == "ours: 13.9 seconds; loop: 330 seconds"


@pytest.mark.parametrize(("value", "text"), [(1234.5, "1,234"), (99.94, "99.9"), (1.684, "1.68"), (0.0, "0.00")])
def test_numbers_are_shown_with_digits_that_mean_something(value: float, text: str) -> None:
    assert shown(value) == text
