"""The daemons of a soak: real processes that are started, killed, frozen, told another time, and measured."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from time import monotonic
from typing import Any

import psutil

DRIVER = Path(__file__).with_name("daemon_driver.py")
STARTS_WITHIN = 60.0
STOPS_WITHIN = 60.0


@dataclass(frozen=True)
class Sample:
    """What a process holds: memory in bytes, open file handles, threads."""

    memory: int
    handles: int
    threads: int


class Daemon:
    """One daemon on this machine; its log goes to ``NAME.log`` in the folder."""

    def __init__(self, name: str, config: Path, port: int, folder: Path, environment: Mapping[str, str]) -> None:
        self.name = name
        self._config = config
        self._port = port
        self._log = folder / f"{name}.log"
        self._environment = dict(environment)
        self._process: subprocess.Popen[str] | None = None
        self.answers: Counter[str] = Counter()

    @property
    def pid(self) -> int:
        """The process id; 0 while there is no process."""
        return self._process.pid if self._process is not None else 0

    def start(self, ahead: float) -> None:
        """Start it, its clock so many seconds ahead, and wait until it answers."""
        with self._log.open("a", encoding="utf-8") as log:
            self._process = subprocess.Popen(
                [sys.executable, str(DRIVER), str(self._config), str(ahead)],
                env=self._environment,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                text=True,
            )
        deadline = monotonic() + STARTS_WITHIN
        while self._status("healthz") != 200:
            if self._process.poll() is not None or monotonic() > deadline:
                raise RuntimeError(f"{self.name} did not start; see {self._log}")
            Event().wait(0.1)

    def kill(self) -> None:
        """End it as the kernel would."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()
        self._close()

    def terminate(self) -> int:
        """Ask it to stop, wait for it, and return its exit code; one that does not stop in time is killed (-9)."""
        assert self._process is not None
        self._process.terminate()
        try:
            code = self._process.wait(STOPS_WITHIN)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
        self._close()
        return code

    def freeze(self) -> None:
        """Stop the process in the middle of whatever it does."""
        os.kill(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        os.kill(self.pid, signal.SIGCONT)

    def shift(self, seconds: float) -> None:
        """Move its clock."""
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(f"{seconds}\n")
        self._process.stdin.flush()

    def is_alive(self) -> bool:
        """Say whether the process is there."""
        return self._process is not None and self._process.poll() is None

    def ask(self, page: str) -> int:
        """Return the HTTP status of a page of the daemon, 0 if it does not answer; count it."""
        status = self._status(page)
        self.answers[f"{page} {status}"] += 1
        return status

    def _status(self, page: str) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=5)
        try:
            connection.request("GET", f"/{page}")
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            connection.close()

    def sample(self) -> Sample:
        """Measure the process."""
        process = psutil.Process(self.pid)
        return Sample(process.memory_info().rss, process.num_fds(), process.num_threads())

    def lines(self) -> Iterator[Mapping[str, Any]]:
        """Yield the lines of its log; one that is no JSON is a line with the event ``not JSON``."""
        for line in self._log.read_text(encoding="utf-8").splitlines():
            try:
                yield json.loads(line)
            except ValueError:
                yield {"event": "not JSON", "line": line}

    def _close(self) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process = None
