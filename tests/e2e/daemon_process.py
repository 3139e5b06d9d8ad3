"""A daemon in a process of its own, and what is asked of it."""

import json
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Lock
from typing import Any

from forked import Forked, forked, run_command
from service import Service
from unattended import PATIENCE, environment, free_port, open_service, programme, start, urls_of, wait_for, write_config

from latsar_sync.demo import Campus
from latsar_sync.store import queue

PROGRAMME = "latsar-2026-iii"
LONG = 90.0


class Daemon:
    """One ``latsar-sync run``; its log goes to a file. It is forked, or started as a program where ``more`` is given.

    ``more`` is added to its environment.
    """

    def __init__(self, config: Path, name: str = "daemon", **more: str) -> None:
        self._log = config.parent / f"{name}.log"
        self._log.touch()
        self.process: Forked | subprocess.Popen[str]
        if more:
            with self._log.open("a", encoding="utf-8") as log:
                self.process = start(config, "run", stderr=log, **more)
        else:
            self.process = forked(run_command, ["--config", str(config), "run"], environment(), self._log)

    @property
    def lines(self) -> list[dict[str, Any]]:
        """What it has logged so far; every line must be one JSON object."""
        return [json.loads(line) for line in self._log.read_text("utf-8").splitlines() if line.endswith("}")]

    @property
    def said(self) -> str:
        """What it has logged, as it stands in the file."""
        return self._log.read_text("utf-8")

    def told(self, event: str) -> list[dict[str, Any]]:
        """Return the log lines that say this."""
        return [line for line in self.lines if line["event"] == event]

    def hear(self, event: str) -> dict[str, Any]:
        """Wait until it says this; fail at once, with what it said, when it has ended before."""

        def heard() -> list[dict[str, Any]]:
            ended = self.process.poll()
            told = self.told(event)
            assert told or ended is None, f'ended with {ended} before it said "{event}": {self.said}'
            return told

        return wait_for(heard, f'"{event}"', LONG)[-1]

    def stop(self) -> int:
        """Tell it to stop, and return its exit code."""
        self.process.terminate()
        return self.process.wait(PATIENCE)


Make = Callable[..., Service]


@contextmanager
def ended_afterwards() -> Iterator[list[Daemon]]:
    """Give the list of daemons of a block; none outlives it."""
    daemons: list[Daemon] = []
    yield daemons
    for daemon in daemons:
        daemon.process.send_signal(signal.SIGCONT)
        daemon.process.kill()
        if isinstance(daemon.process, Forked):
            daemon.process.wait(PATIENCE)
        else:
            daemon.process.communicate(timeout=PATIENCE)


@contextmanager
def services_of(campus: Campus, folder: Path) -> Iterator[Make]:
    """Give a factory of configured services, each with a port of its own and a log of JSON lines."""
    made: list[Service] = []

    def new(*programmes: str, database_url: str = "", service: str = "", **more: str) -> Service:
        text = "".join(programmes) or programme(PROGRAMME)
        own = f'port = {free_port()}\nlog_format = "json"\n{service}'
        config = folder / f"latsar-{len(made)}.toml"
        made.append(open_service(write_config(config, text, urls_of(campus), database_url, own, **more)))
        return made[-1]

    yield new
    for service in made:
        service.database.close()


@contextmanager
def held_up_at_a_write(
    campus: Campus, committed: bool = False, only: str | None = None
) -> Iterator[Callable[[], None]]:
    """Hold the first write up, before or after the site has committed it; give what waits until it has come."""
    reached, go_on, first = Event(), Event(), Lock()

    def hold(function: str, parameters: Mapping[str, Any]) -> None:
        if only in (None, function) and first.acquire(blocking=False):
            reached.set()
            assert go_on.wait(LONG)

    def wait() -> None:
        assert reached.wait(LONG)

    setattr(campus, "after_write" if committed else "before_write", hold)
    try:
        yield wait
    finally:
        go_on.set()
        campus.before_write = campus.after_write = None


def ask(service: Service, name: str = PROGRAMME, scope: str = "incremental") -> int:
    """Ask for a run as a person does."""
    return queue.ask(service.database, name, scope, "", "rina", datetime.now(UTC))


def all_done(service: Service, *numbers: int) -> bool:
    """Say whether these requests are done."""
    with service.database.reading() as connection:
        return all(each.state == queue.DONE for each in queue.find(connection, numbers))


def seated(service: Service) -> list[Mapping[str, Any]]:
    """Return the roster entries of those who belong to a course of their programme."""
    return [row for row in service.roster().values() if row["angkatan"]]
