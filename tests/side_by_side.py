"""Runs the tests with coverage in several processes that come of one: ``python tests/side_by_side.py 3 ARGUMENTS``.

Loading the program with the code that counts takes a processor eight seconds and collecting the tests as many, so that
both are done once, before the processes part. Each then takes one file of tests after the other until none is left, and
tells this process how every test went. ARGUMENTS go to pytest.
"""

import gc
import importlib
import multiprocessing
import sys
import threading
from collections.abc import Iterator, Sequence
from itertools import chain, groupby, pairwise
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkProcess
from pathlib import Path
from time import process_time
from typing import Any

import measuring
import pytest
from hypothesis import given, settings, strategies

LOADED_BY_NOBODY = ("latsar_sync.__main__", "latsar_sync.store.migrations")
"""What runs when it is loaded, as a command or as Alembic does."""
LIBRARIES_OF_TESTS = (
    *("hypothesis.strategies", "playwright.sync_api", "schemathesis.openapi", "starlette.testclient"),
    *("alembic.command", "openpyxl", "pypdf", "responses", "time_machine"),
)
"""What tests load only as they run, the slowest of it: each process would for itself."""
TOGETHER = tuple(Path(__file__).parent / folder for folder in ("browser", "e2e"))
"""Whose files share something costly: a browser, or the process that others are forked off (tests/e2e/forked.py)."""
SKIPPED_AFTER = (5.0, 30.0, 90.0)
"""Seconds of its processor after which a process counts no more what has counted; each time it takes half a second."""
FORKING = multiprocessing.get_context("fork")

Files = Sequence[Sequence[pytest.Item]]


class SideBySide:
    """A plugin that lets every test run in one of several processes."""

    def __init__(self, number: int) -> None:
        self.number = number

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool | None:
        """Part, and take in what the processes tell until all of them have ended."""
        if session.testsfailed or session.config.option.collectonly:  # pytest says so itself
            return None
        assert threading.active_count() == 1, "a thread would be lost when the processes part"
        config: Any = session.config
        config._tmp_path_factory.getbasetemp()  # one for all processes, which this one takes away
        draw()
        draw()
        config.stash[measuring.MEASUREMENT].know_functions()
        files = [list(items) for _file, items in groupby(session.items, taken_together)]
        taken = FORKING.Value("i", 0)
        working: dict[Connection, ForkProcess] = {}
        for _each in range(self.number):
            heard, told = FORKING.Pipe(duplex=False)
            process = FORKING.Process(target=work, args=(session, files, taken, told))
            process.start()
            told.close()
            working[heard] = process
        try:
            self._listen(session, working)
        finally:
            for process in working.values():
                process.terminate()
        if session.shouldfail:
            raise session.Failed(session.shouldfail)
        return True

    def _listen(self, session: pytest.Session, working: dict[Connection, ForkProcess]) -> None:
        """Take in what the processes tell; those that have ended leave ``working``."""
        running: dict[Connection, str] = {}
        ended = 0
        while working:
            for heard in wait(list(working)):
                assert isinstance(heard, Connection)
                try:
                    kind, value = heard.recv()
                except EOFError:
                    working[heard].join()
                    if code := working.pop(heard).exitcode:
                        session.shouldfail = f"a process ended with {code} in {running.get(heard)}"
                    continue
                if kind == "coverage":
                    session.config.stash[measuring.WORKERS].append(value)
                elif kind == "begins":
                    running[heard] = value
                else:
                    ended += 1
                    for data in value:
                        report = session.config.hook.pytest_report_from_serializable(config=session.config, data=data)
                        session.config.hook.pytest_runtest_logreport(report=report)
                    session.config.hook.pytest_runtest_logfinish(nodeid=running[heard], location=("", None, ""))
            if session.shouldfail:
                return
        if ended != len(session.items):
            session.shouldfail = f"of {len(session.items)} tests {ended} were run"


class Telling:
    """A plugin of a process that came of another: tells that one what happens here.

    Of each test it tells twice, for whoever listens takes a processor from the tests: which it is that begins, so that
    it is known if the process dies of it, and all reports of it when it ends.
    """

    def __init__(self, config: pytest.Config, told: Connection) -> None:
        self.config, self.told = config, told
        self.reports: list[Any] = []

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self.told.send(("begins", nodeid))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.reports.append(self.config.hook.pytest_report_to_serializable(config=self.config, report=report))

    def pytest_runtest_logfinish(self) -> None:
        self.told.send(("ends", self.reports))
        self.reports = []


def taken_together(item: pytest.Item) -> Path:
    """Return the file of a test, or its folder if the files there share something costly."""
    return item.path.parent if item.path.parent in TOGETHER else item.path


def in_turn(files: Files, taken: Any) -> Iterator[pytest.Item]:
    """Give the tests of the first file that no process has taken yet, then of the next."""
    while True:
        with taken.get_lock():
            number = taken.value
            taken.value += 1
        if number >= len(files):
            return
        yield from files[number]


def work(session: pytest.Session, files: Files, taken: Any, told: Connection) -> None:
    """Run tests in a process that came of another, as long as there are any."""
    plugins = session.config.pluginmanager
    for name in ("terminalreporter", "side-by-side"):
        plugins.unregister(name=name)
    capturing: Any = plugins.getplugin("capturemanager")
    capturing.stop_global_capturing()  # into the very files that the others write to
    capturing.start_global_capturing()
    measurement = session.config.stash[measuring.MEASUREMENT]
    measurement.begin_anew()
    plugins.register(Telling(session.config, told))
    moments = [*reversed(SKIPPED_AFTER)]
    for item, following in pairwise(chain[Any](in_turn(files, taken), [None])):
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        if moments and process_time() > moments[-1]:
            moments.pop()
            measurement.skip_what_has_counted()
    capturing.stop_global_capturing()
    told.send(("coverage", measurement.coverage()))


def load_the_program() -> None:
    """Load every module of the program that is loaded without being run, and libraries that tests load."""
    for file in sorted(measuring.SOURCE.rglob("*.py")):
        name = ".".join(file.relative_to(measuring.ROOT).with_suffix("").parts).removesuffix(".__init__")
        if not name.startswith(LOADED_BY_NOBODY):
            importlib.import_module(name)
    for name in LIBRARIES_OF_TESTS:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()  # the processes share what none of them touches


@settings(max_examples=30, database=None, derandomize=True)
@given(strategies.text())
def draw(_text: str) -> None:
    """Let Hypothesis work out which signs there are and which values stand in the program: it does so for seconds."""


def main(number: int, arguments: list[str]) -> int:
    """Load the program and run pytest; return how it went."""
    measuring.begin()
    load_the_program()
    plugin = SideBySide(number)
    return pytest.main(["-q", "-p", "measuring", *arguments], plugins=[plugin])


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2:]))
