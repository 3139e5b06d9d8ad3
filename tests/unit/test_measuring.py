"""What was come through is counted, and what was not fails a gate (tests/measuring.py)."""

import importlib
import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from measuring import Coverage, Measurement, merged, percent, refusals

RULE = '''"""A rule."""


def judged(score: int) -> str:
    """Say how it is."""
    if score >= 70:
        return "qualified"
    for _each in range(score):
        score += 1
    return "not yet"
'''


@pytest.fixture
def measurement(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Measurement]:
    """Give a measurement of a package that holds one rule, and one file that is left out."""
    rules = tmp_path / "latsar_sync" / "rules"
    rules.mkdir(parents=True)
    (rules / "measured_rule.py").write_text(RULE)
    (rules / "left_out.py").write_text(RULE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(rules))
    monkeypatch.setattr(importlib.util, "spec_from_file_location", importlib.util.spec_from_file_location)
    measurement = Measurement(tmp_path / "latsar_sync", tmp_path / "latsar_sync" / "rules" / "left_out.py")
    yield measurement
    measurement.loading.__exit__()
    sys.modules.pop("measured_rule", None)


def _asked(measurement: Measurement, *scores: int) -> Coverage:
    judged = importlib.import_module("measured_rule").judged
    for score in scores:
        judged(score)
    return measurement.coverage()


def test_a_line_and_a_branch_that_nobody_came_through_fail_the_gate(measurement: Measurement) -> None:
    coverage = _asked(measurement, 1)

    [(name, file)] = coverage["files"].items()
    assert name == "latsar_sync/rules/measured_rule.py"
    assert file["missing_lines"] == [7]
    assert [tuple(each) for each in file["missing_branches"]] == [(6, 7)]
    assert len(refusals(coverage)) == 2


def test_a_loop_that_is_never_entered_fails_the_gate_of_what_is_pure_alone(measurement: Measurement) -> None:
    coverage = _asked(measurement, 70, 0, 1)
    assert refusals(coverage) == []

    coverage["files"]["latsar_sync/rules/measured_rule.py"]["missing_branches"] = [(8, 9)]

    [refusal] = refusals(coverage)
    assert refusal.endswith("of what is pure are covered, not 100 %")


def test_what_one_of_two_processes_came_through_counts(measurement: Measurement) -> None:
    above = _asked(measurement, 70)
    assert refusals(above)
    measurement.counter.all_seen.clear()
    below = _asked(measurement, 0, 1)
    assert refusals(below)

    assert refusals(merged([above, below])) == []


def test_a_file_that_nobody_loaded_is_missed_whole_but_for_what_is_left_out(measurement: Measurement) -> None:
    coverage = measurement.coverage()

    [(name, _file)] = coverage["files"].items()
    assert name == "latsar_sync/rules/measured_rule.py"
    assert percent(coverage) == 0
    assert percent({"files": {}}) == 0
    assert len(refusals(coverage)) == 2


def test_what_has_counted_is_skipped_and_what_has_not_still_counts(measurement: Measurement) -> None:
    judged = importlib.import_module("measured_rule").judged
    code = judged.__code__
    del sys.modules["measured_rule"].judged  # whoever holds it, it is found
    assert judged(1) == "not yet"
    measurement.know_functions()

    measurement.skip_what_has_counted()
    assert (judged.__code__ is code) is (sys.version_info >= (3, 12))
    [before] = measurement.coverage()["files"].values()
    assert (judged(70), judged(0)) == ("qualified", "not yet")

    [after] = measurement.coverage()["files"].values()
    assert before["missing_lines"] == [7]
    assert (after["missing_lines"], after["missing_branches"]) == ([], [])
