"""Runs the tests with coverage in several processes that come of one: ``python tests/side_by_side.py 3 ARGUMENTS``.

Loading the program with the code that counts takes a processor eight seconds, so that it is done once, before the
processes part; pytest-xdist, which would start each from nothing, is handed those that wait already. ARGUMENTS go to
pytest.
"""

import gc
import importlib
import os
import sys
import threading
from ast import literal_eval
from typing import Any, BinaryIO, ClassVar

import measuring
import pytest
from execnet import gateway_io

LOADED_BY_NOBODY = ("latsar_sync.__main__", "latsar_sync.store.migrations")
"""What runs when it is loaded, as a command or as Alembic does."""
LIBRARIES_OF_TESTS = (
    *("hypothesis.strategies", "playwright.sync_api", "schemathesis.openapi", "starlette.testclient"),
    *("alembic.command", "openpyxl", "pypdf", "responses", "time_machine"),
)
"""What only tests load, the slowest of it: each process would for itself."""


class Parted:
    """A process that came of this one and waits for what to do, as far as execnet asks of one that it started."""

    def __init__(self, pid: int, stdin: BinaryIO, stdout: BinaryIO) -> None:
        self.pid, self.stdin, self.stdout = pid, stdin, stdout

    def wait(self) -> int:
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

    def kill(self) -> None:
        os.kill(self.pid, 9)


class Waiting(gateway_io.Popen2IOMaster):  # type: ignore[misc]
    """Hands over a process that waits, where execnet would start one."""

    those: ClassVar[list[Parted]] = []

    def __init__(self, arguments: list[str], execmodel: Any) -> None:
        if not self.those:  # one died, and another takes its place
            super().__init__(arguments, execmodel)
            return
        self.popen = self.those.pop()
        gateway_io.Popen2IO.__init__(self, self.popen.stdin, self.popen.stdout, execmodel=execmodel)


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


def part() -> Parted | None:
    """Return another process that waits for what to do; in that one None."""
    its_in, to_it = os.pipe()
    from_it, its_out = os.pipe()
    pid = os.fork()
    if pid:
        os.close(its_in)
        os.close(its_out)
        return Parted(pid, open(to_it, "wb"), open(from_it, "rb"))
    os.dup2(its_in, 0)
    os.dup2(its_out, 1)
    for each in (its_in, its_out, to_it, from_it):
        os.close(each)
    for earlier in Waiting.those:
        earlier.stdin.close()
        earlier.stdout.close()
    return None


def main(number: int, arguments: list[str]) -> int:
    """Run pytest here, and the tests in as many processes; return how it went."""
    measuring.begin()
    load_the_program()
    assert threading.active_count() == 1, "a thread would be lost when the processes part"
    for _each in range(number):
        other = part()
        if other is None:
            if told := sys.stdin.readline():  # as execnet has a new process do
                exec(literal_eval(told), {})  # noqa: S102
            return 0
        Waiting.those.append(other)
    gateway_io.Popen2IOMaster = Waiting
    return pytest.main(["-n", str(number), "-p", "measuring", *arguments])


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2:]))
