"""Coverage of lines and branches, and its gates: ``PYTHONPATH=tests pytest -p measuring``, in one process or in many.

slipcover counts by code that it puts into each module as it is loaded. That costs a process some seconds at its start,
which those that come of it share (tests/side_by_side.py). Every test is measured (docs/adr/0010); processes that tests
start are not.

It may be loaded before pytest is, which then must not warn that it comes too late: PYTEST_DONT_REWRITE.
"""

import gc
import sys
from collections.abc import Sequence
from io import StringIO
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "latsar_sync"
OMITTED = SOURCE / "demo" / "*"  # the stand-in for Moodle is held to recordings, not to lines
LEFT_OUT = (r"\.\.\.$",)  # the body of what a Protocol asks for; `if TYPE_CHECKING:` is left out anyway
GATES = (("the program", 90.0, ("",)), ("what is pure", 100.0, ("latsar_sync/domain/", "latsar_sync/rules/")))
"""How many percent of the lines and branches of what must be covered, and where it lies."""
NEVER = 1_000_000_000
"""How often a line is passed before slipcover takes its code out again by itself, for which it looks for those who hold
that code: so often that it never does.
"""

Coverage = dict[str, Any]
WORKERS = pytest.StashKey[list[Coverage]]()
MEASUREMENT = pytest.StashKey["Measurement"]()
JUDGED = pytest.StashKey[Coverage]()
BEGUN: list["Measurement"] = []
"""The one of this process, if it began before pytest did."""


class Measurement:
    """Counts in this process what is come through of a source, from the moment its modules are loaded."""

    def __init__(self, source: Path, omitted: Path) -> None:
        """Put the counting code into every module of the source that is loaded from now on."""
        import slipcover  # not earlier: pytest wants to be the first to load it

        self.counter = slipcover.Slipcover(
            branch=True,
            source=[str(source)],
            omit=[str(omitted)],
            exclude_also=list(LEFT_OUT),
            d_miss_threshold=NEVER,
        )
        matcher = slipcover.FileMatcher(sources=[str(source)], omit=[str(omitted)])
        self.loading = slipcover.ImportManager(self.counter, matcher)
        self.loading.__enter__()
        slipcover.wrap_spec_from_file_location(self.counter, matcher)  # so Alembic loads migrations

    def begin_anew(self) -> None:
        """Count from nothing in a process that came of another, which tells itself what was seen before."""
        self.counter.signal_child_process()

    def know_functions(self) -> None:
        """Find every function in which there may be counting code; to look for them wants to touch all memory there is.

        slipcover looks at what modules hold by name alone: many a function is held by something else.
        """
        gc.unfreeze()
        every = (each for each in gc.get_objects() if type(each) is FunctionType)
        counting = [each for each in every if each.__code__.co_filename in self.counter.code_lines]
        gc.freeze()
        held = ModuleType("counting")
        vars(held).update({str(number): each for number, each in enumerate(counting)})
        self.counter.register_module(held)

    def skip_what_has_counted(self) -> None:
        """Count no more what is known to be come through: each line of it costs a call, together an eighth of a run."""
        if sys.version_info < (3, 12):  # from then on the interpreter counts, and knows by itself
            self.counter.deinstrument_seen()

    def coverage(self) -> Coverage:
        """Return what was come through and what was not, by files below the current folder."""
        return dict(self.counter.get_coverage())


def begin() -> None:
    """Begin to measure in this process and in those that will come of it."""
    BEGUN.append(Measurement(SOURCE, OMITTED))


def merged(parts: Sequence[Coverage]) -> Coverage:
    """Return what was come through in one process or another."""
    from slipcover import merge_coverage

    whole, *others = parts
    for part in others:
        merge_coverage(whole, part)
    return whole


def percent(coverage: Coverage, places: tuple[str, ...] = ("",)) -> float:
    """Return how many percent of the lines and branches below some places were come through; none are 0 %."""
    files = [file for name, file in coverage["files"].items() if name.startswith(places)]
    done = sum(len(file["executed_lines"]) + len(file["executed_branches"]) for file in files)
    left = sum(len(file["missing_lines"]) + len(file["missing_branches"]) for file in files)
    return 100 * done / (done + left) if done else 0.0


def refusals(coverage: Coverage) -> list[str]:
    """Return a sentence for each gate that is not passed."""
    return [
        f"{reached:.2f} % of the lines and branches of {what} are covered, not {least:g} %"
        for what, least, places in GATES
        if (reached := percent(coverage, places)) < least
    ]


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Begin to measure before the first conftest.py loads the program."""
    if not BEGUN:
        begin()
    early_config.stash[MEASUREMENT] = BEGUN[0]
    early_config.stash[WORKERS] = []


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Judge what was come through here and in the processes that came of this one."""
    config = session.config
    config.stash[JUDGED] = merged([config.stash[MEASUREMENT].coverage(), *config.stash[WORKERS]])
    if refusals(config.stash[JUDGED]) and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Show each file with what was not come through there, and which gates are not passed."""
    from slipcover import print_coverage

    table = StringIO()
    print_coverage(config.stash[JUDGED], outfile=table, skip_covered=True, missing_width=60)
    terminalreporter.section("coverage")
    terminalreporter.write_line(table.getvalue())
    for what, least, places in GATES:
        terminalreporter.write_line(f"{what}: {percent(config.stash[JUDGED], places):.2f} % (at least {least:g} %)")
    for refusal in refusals(config.stash[JUDGED]):
        terminalreporter.write_line(f"REFUSED: {refusal}", red=True)
