"""The processes that run the tests tell how each went, and none is lost unheard (tests/side_by_side.py)."""

import re
import subprocess
import sys
from pathlib import Path

import side_by_side

RUN = """
import sys, pytest, measuring, side_by_side
from pathlib import Path
measuring.SOURCE, measuring.GATES = Path("program"), ()
side_by_side.draw = lambda: None  # nothing here draws, and Hypothesis would work for longer than all the rest
plugin = side_by_side.SideBySide(2)
without = [word for name in ("cacheprovider", "schemathesis") for word in ("-p", f"no:{name}")]
sys.exit(pytest.main(["-q", "-p", "measuring", *without, "--junit-xml=told.xml"], plugins=[plugin]))
"""
PARTS = "import program.rule\n\ndef test_it_parts():\n    assert program.rule.judged(70) == 'qualified'\n"


def _run(folder: Path, **files: str) -> tuple[int, str]:
    """Run tests of these files, in the order of their names, and return the exit code and what was printed."""
    program = folder / "program"
    program.mkdir()
    rule = "def judged(score):\n    if score >= 70:\n        return 'qualified'\n    return 'not yet'\n"
    (program / "rule.py").write_text(rule)
    (folder / "pytest.ini").write_text("[pytest]\npythonpath = .\n")
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text)
    tests = Path(side_by_side.__file__).parent
    ran = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(tests)!r})\n{RUN}"],
        cwd=folder,
        capture_output=True,
        text=True,
    )
    return ran.returncode, ran.stdout


def test_what_fails_and_what_is_skipped_in_any_process_is_told_and_lines_count_from_all(tmp_path: Path) -> None:
    other = "import program.rule, pytest\n\ndef test_other():\n    print('seen'); assert program.rule.judged(0) == ''\n"
    skipped = "import pytest\n\n@pytest.mark.skip\ndef test_skipped(): ...\n"

    code, told = _run(tmp_path, test_1=PARTS, test_2=other, test_3=skipped)

    assert code == 1
    assert "1 failed, 1 passed, 1 skipped" in told
    assert "AssertionError: assert 'not yet' == ''" in told
    assert told.count("seen\n") == 1
    assert "rule.py" not in told  # one process came through one branch, another through the other
    assert (tmp_path / "told.xml").read_text().count("<testcase ") == 3


def test_a_process_that_dies_is_told_with_its_test_and_nothing_passes(tmp_path: Path) -> None:
    dies = "import os\n\ndef test_dies():\n    os._exit(7)\n"

    code, told = _run(tmp_path, test_1=PARTS, test_2=dies)

    assert code != 0
    assert "a process ended with 7 in test_2.py::test_dies" in told


def test_a_process_that_ends_as_if_all_were_well_does_not_hide_what_it_left_undone(tmp_path: Path) -> None:
    code, told = _run(tmp_path, test_1="import os\n\ndef test_leaves():\n    os._exit(0)\n", test_2=PARTS)

    assert code != 0
    assert re.search(r"of 2 tests [01] were run", told)
