"""Processes of their own that need not load the program first: they are forked off one that has.

That spares each most of a second. They are real processes: they have their own memory and threads, and can be killed,
frozen and told to stop.
"""

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(
    ["latsar_sync.cli.run", "latsar_sync.service.daemon", "latsar_sync.web.app", "kill_driver"]
)


class Forked(ForkServerProcess):
    """A process that is asked after as one of ``subprocess`` is."""

    def poll(self) -> int | None:
        """Return the exit code, or minus the number of the signal that ended it; None while it lives."""
        return self.exitcode

    def wait(self, patience: float) -> int:
        """Wait until it has ended, and return its exit code; fail when that takes too long."""
        self.join(patience)
        assert self.exitcode is not None, "it did not end"
        return self.exitcode

    def send_signal(self, number: signal.Signals) -> None:
        """Send it a signal, if it has not ended."""
        if self.pid is not None and self.exitcode is None:
            os.kill(self.pid, number)


def forked(work: Callable[..., None], *arguments: Any) -> Forked:
    """Start to ``work`` in a process of its own, and return that process."""
    process = Forked(target=work, args=arguments)
    process.start()
    return process


def run_command(arguments: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
    """Run one command under this environment alone; what it says on standard error goes to the end of a file."""
    from latsar_sync.cli import main

    with log.open("a", encoding="utf-8") as errors, open(os.devnull, "w") as nowhere:
        os.dup2(errors.fileno(), sys.stderr.fileno())
        os.dup2(nowhere.fileno(), sys.stdout.fileno())
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["latsar-sync", *arguments]
    main()
