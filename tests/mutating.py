"""Tries every mutant of the pure folders: mutmut makes them, pytest collects once, and each is tried in a fork of that.

mutmut's own runner collects the tests anew for every mutant, which takes ten times as long as the tests do. Started by
scripts/mutate in the root of the project. Arguments name files or folders of files; none means all of them.
"""

import json
import os
import resource
import shutil
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
from mutmut import __main__ as mutmut
from mutmut.configuration import config
from mutmut.mutation.data import SourceFileMutationData
from mutmut.mutation.trampoline import set_mutant_under_test
from mutmut.state import state
from mutmut.stats import status_by_exit_code
from mutmut.utils.format_utils import mangled_name_from_mutant_name

KILLED, SURVIVED, UNTESTED = 1, 0, 33  # exit codes as mutmut notes them; one below 0 is the signal that ended a fork
TIMES, SECONDS = 8, 3  # processor time of a mutant: so often that of its tests without it, and so much more
MEMORY = 3 << 30  # bytes; a mutant that collects things without end fails for want of more
TOLD_EVERY = 200


class Trial:
    """Takes the place of pytest's loop over the collected tests: tries the mutants with them.

    A fork is as fresh as the process that collected: whatever was computed once and kept is computed under the mutant.
    """

    def __init__(self, modules: dict[str, SourceFileMutationData], root: Path, at_once: int) -> None:
        self.modules, self.root, self.at_once = modules, root, at_once
        self.sound = False  # the tests pass without any mutant
        self._forks: dict[int, tuple[SourceFileMutationData, str]] = {}
        self._leave_at_failure = False

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        if session.testsfailed:
            return True  # a test file cannot be read; pytest says which
        items = {item.nodeid: item for item in session.items}
        seconds, tests = self._watch(session)
        self.sound = bool(seconds)
        todo = [
            (data, name)
            for data in self.modules.values()
            for name, code in data.exit_code_by_key.items()
            if code != KILLED
        ]
        for number, (data, name) in enumerate(todo if self.sound else ()):
            if number % TOLD_EVERY == 0:
                say(f"{number} of {len(todo)} tried")
                self._save()
            mine = sorted(tests.get(mangled_name_from_mutant_name(name), ()), key=lambda test: (seconds[test], test))
            if not mine:
                data.exit_code_by_key[name] = UNTESTED
                continue
            while len(self._forks) >= self.at_once:
                self._await_one()
            limit = int(TIMES * sum(seconds[test] for test in mine)) + SECONDS
            if not (fork := os.fork()):
                self._try(name, [items[test] for test in mine], limit)
            self._forks[fork] = data, name
        while self._forks:
            self._await_one()
        self._save()
        return True

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(self, call: pytest.CallInfo[None]) -> None:
        if self._leave_at_failure and call.excinfo and not isinstance(call.excinfo.value, pytest.skip.Exception):
            os._exit(KILLED)  # before a report is made, which takes longer than most tests

    def _watch(self, session: pytest.Session) -> tuple[dict[str, float], dict[str, list[str]]]:
        """Runs every test once without a mutant: its seconds, and for each function the tests that come through it."""
        written, told = os.pipe()
        if not (fork := os.fork()):
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))  # as with a mutant: it must be enough
            set_mutant_under_test("stats")
            watch = Watch()
            session.config.pluginmanager.register(watch)
            run(session.items)
            with os.fdopen(told, "w") as answer:
                json.dump([watch.seconds, watch.tests] if not session.testsfailed else [{}, {}], answer)
            os._exit(0)
        os.close(told)
        with os.fdopen(written) as answer:
            seconds, tests = json.load(answer)
        os.waitpid(fork, 0)
        return seconds, tests

    def _try(self, mutant: str, items: Sequence[pytest.Item], seconds: int) -> None:
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        set_mutant_under_test(mutant)
        self._leave_at_failure = True
        try:
            items[0].config.pluginmanager.unregister(name="terminalreporter")
            run(items)
        except BaseException:  # noqa: BLE001 - a mutant that breaks the run itself is one that was noticed
            os._exit(KILLED)
        os._exit(SURVIVED)

    def _await_one(self) -> None:
        fork, status = os.wait()
        data, name = self._forks.pop(fork)
        data.exit_code_by_key[name] = os.waitstatus_to_exitcode(status)

    def _save(self) -> None:
        here = Path.cwd()
        os.chdir(self.root)  # mutmut writes beside the mutants, by a path from the root
        for data in self.modules.values():
            data.save()
        os.chdir(here)


class Watch:
    """Notes how long each test takes and which functions it comes through."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.tests: dict[str, list[str]] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.seconds[report.nodeid] = self.seconds.get(report.nodeid, 0) + report.duration
        if report.failed:
            say(f"{report.nodeid} fails without any mutant:\n{report.longreprtext}")

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        for function in state()._stats:
            self.tests.setdefault(function, []).append(nodeid)
        state()._stats.clear()


def run(items: Sequence[pytest.Item]) -> None:
    for item, following in zip(items, [*items[1:], None], strict=True):
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)


def main(named: Sequence[str]) -> int:
    """Tries the mutants of the files named and prints what came out. 1 if the tests fail without any mutant."""
    at_once = int(os.environ.get("MUTATE_AT_ONCE", "2"))
    set_mutant_under_test("mutant_generation")
    Path("mutants").mkdir(exist_ok=True)
    with mutmut.CatchOutput():
        mutmut.copy_src_dir()
        renew()
        mutmut.copy_also_copy_files()
        mutmut.setup_source_paths()
        mutmut.create_mutants(at_once)
    modules = {".".join(path.with_suffix("").parts[1:]): path for path in sorted(mutmut.walk_mutatable_files())}
    wanted = {module: SourceFileMutationData(path=path) for module, path in modules.items() if chosen(module, named)}
    if not wanted:
        sys.exit(f"scripts/mutate: no pure file is named {', '.join(named)}. There are {', '.join(modules)}.")
    for data in wanted.values():
        data.load()
    trial = Trial(wanted, Path.cwd(), at_once)
    os.chdir("mutants")
    pytest.main(
        ["-q", "--rootdir=.", *config().pytest_add_cli_args, *config().pytest_add_cli_args_test_selection], [trial]
    )
    if not trial.sound:
        return 1
    tell({module: data.exit_code_by_key for module, data in wanted.items()})
    return 0


def renew() -> None:
    """Bring what mutmut copies once only up to date: catalogues, modules that are gone, or were no files before."""
    for folder in config().source_paths:
        for copy in [path for path in ("mutants" / folder).rglob("*") if path.is_file()]:
            source = copy.relative_to("mutants")
            if source.exists() and source.suffix != ".py":
                shutil.copy2(source, copy)
            elif source.suffix == ".py" and not (source.exists() and is_mutated(source)):
                copy.unlink()


def is_mutated(source: Path) -> bool:
    """Say whether the mutants of a module stand there already, if it is a file at all."""
    known = SourceFileMutationData(path=source)
    known.load()
    return not config().should_mutate(source) or bool(known.exit_code_by_key)


def chosen(module: str, named: Sequence[str]) -> bool:
    """Whether a file is meant: by its name, with its folder (rules.deciding) or without, or by that; no name is all."""
    return not named or any(name in (module, *module.split(".")) for name in named)


def tell(codes: dict[str, dict[str, int | None]]) -> None:
    states = {module: Counter(status_by_exit_code[code] for code in known.values()) for module, known in codes.items()}
    states["together"] = sum(states.values(), Counter())
    for module, counted in states.items():
        killed = counted["killed"] + counted["timeout"]
        share = killed / max(counted.total(), 1)
        sys.stdout.write(f"{module:20} {killed:5} of {counted.total():5} killed, {share:.1%}\n")
    for known in codes.values():
        for name, code in known.items():
            if status_by_exit_code[code] not in ("killed", "timeout"):
                sys.stdout.write(f"{status_by_exit_code[code]:10} {name}\n")


def say(what: str) -> None:
    """Tell how far it is, past what pytest takes in."""
    stream = sys.__stderr__ or sys.stderr
    stream.write(f"\nscripts/mutate: {what}")
    stream.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
