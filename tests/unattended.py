"""The unattended service as its tests use it: a small campus, configurations of any size, a clock, real processes."""

import os
import random
import socket
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread
from time import monotonic
from typing import TextIO, TypeVar

from service import TOKENS, Service
from sqlalchemy import select

from latsar_sync.demo import Campus, Site, seed_large
from latsar_sync.service import daemon as daemon_module
from latsar_sync.service.meters import Meters
from latsar_sync.settings import load_settings
from latsar_sync.store import queue
from latsar_sync.store.database import Database
from latsar_sync.store.queue import RunRequest
from latsar_sync.store.tables import run_requests

NOON = datetime(2026, 8, 17, 5, 0, tzinfo=UTC)
"""Twelve o'clock in Jakarta, two in Jayapura; a Monday."""
SEEDED_AT = 1_780_000_000
PATIENCE = 60.0
COMMAND = [sys.executable, "-c", "from latsar_sync.cli import main; main()"]

Found = TypeVar("Found")


class Clock:
    """A clock that stands still until a test moves it."""

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> datetime:
        """Return the time."""
        return self.now

    def go_on(self, **much: float) -> None:
        """Let time pass, or go backwards: ``go_on(minutes=-5)``."""
        self.now += timedelta(**much)


def wait_for(find: Callable[[], Found], what: str, patience: float = PATIENCE) -> Found:
    """Look until ``find`` finds something, and return it; fail when it takes too long."""
    end = monotonic() + patience
    while not (found := find()):
        assert monotonic() < end, f"waited in vain for {what}"
        Event().wait(0.02)
    return found


def free_port() -> int:
    """Return a port of this machine that nobody listens on, and that no connection is given before it is bound."""
    while True:
        port = random.randrange(10_000, 32_768)  # below those that the system hands out by itself
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def small_campus(people: int = 12, groups: int = 2) -> Campus:
    """Return a campus of ordinary people in classes ``Angkatan 1`` …; two of the same size are alike to the second."""

    def seed(mooc: Site, kelas: Site, now: int) -> None:
        seed_large(mooc, kelas, SEEDED_AT, people, groups)

    return Campus(seed=seed)


def programme(
    name: str, courses: Iterable[str] = ("1", "2"), more: str = "", sites: tuple[str, str] = ("mooc", "kelas")
) -> str:
    """Return a programme as TOML that fills the in-class courses of these courses; ``sites`` are source and target."""
    angkatan = "".join(
        f"""
[[programmes.angkatan]]
id = "{each}"
source_group = "Angkatan {each}"
site = "{sites[1]}"
course = "KLS-{each}"
role_id = 5
"""
        for each in courses
    )
    return f"""
[[programmes]]
id = "{name}"
title = "Latsar {name}"
{more}
[programmes.source]
kind = "moodle"
site = "{sites[0]}"
course = "MOOC-LATSAR"
[programmes.evaluation]
item = "EVAL-AKADEMIK"
threshold = {{ value = 70, scale = "points", legal_basis = "Uji" }}
[programmes.guards]
max_push_share = 1.0
{angkatan}"""


def write_config(
    file: Path,
    programmes: str,
    urls: Mapping[str, str] | None = None,
    database_url: str = "",
    service: str = "",
    top: str = "",
    site: str = "",
) -> Path:
    """Write a configuration; ``service``, ``site`` and ``top`` are TOML added to the tables of those names.

    A site ``mooc2`` has the token of ``mooc``: every campus knows the same ones.
    """
    addresses = urls or {"mooc": "http://127.0.0.1:9/mooc", "kelas": "http://127.0.0.1:9/kelas"}
    sites = "".join(
        f"""
[sites.{name}]
url = "{url}"
token_env = "LATSAR_{name.rstrip("0123456789").upper()}_TOKEN"
requests_per_second = 1000
retry_budget = 0
{site}
"""
        for name, url in addresses.items()
    )
    file.write_text(
        f"""
database_url = "{database_url or f"sqlite:///{file.parent / 'latsar.db'}"}"
{top}
[service]
{"" if "jitter" in service else "jitter = 0"}
{service}
{sites}
{programmes}
""",
        encoding="utf-8",
    )
    return file


def open_service(config: Path) -> Service:
    """Open the service of a configuration; close its database afterwards."""
    settings = load_settings(config, environment())
    database = Database(settings.database_url)
    database.upgrade()
    return Service(config, settings, database)


def urls_of(campus: Campus, number: str = "") -> dict[str, str]:
    """Return the addresses of a campus's sites by name, followed by the campus's number if there are several."""
    return {f"{name}{number}": site.url for name, site in campus.sites.items()}


def environment(**more: str) -> dict[str, str]:
    """Return the environment of a process of the service: no settings of ours but the tokens."""
    ours = {
        name: value for name, value in os.environ.items() if not name.startswith(("LATSAR_", "NOTIFY_", "WATCHDOG"))
    }
    return {**ours, "COLUMNS": "200", "LANGUAGE": "en", **TOKENS, **more}


def start(
    config: Path, *arguments: str, stderr: int | TextIO = subprocess.PIPE, **more: str
) -> "subprocess.Popen[str]":
    """Start a command of the service in a process of its own; ``more`` is added to its environment."""
    return subprocess.Popen(
        [*COMMAND, "--config", str(config), *arguments],
        env=environment(**more),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
        encoding="utf-8",
    )


@contextmanager
def daemon_at_work(
    service: Service, clock: Callable[[], datetime], meters: Meters | None = None
) -> Iterator[daemon_module.Daemon]:
    """Let a daemon work in a thread of this process until the block ends."""
    daemon = daemon_module.Daemon(service.settings, service.database, clock, meters or Meters(clock))
    ended: list[bool] = []
    thread = Thread(target=lambda: ended.append(daemon.run()), daemon=True)
    thread.start()
    try:
        yield daemon
    finally:
        daemon.stop()
        thread.join(PATIENCE)
        assert ended, "the daemon did not end"


def requests_of(database: Database, *states: str) -> list[RunRequest]:
    """Return the requests in these states (none: in any), oldest first."""
    with database.reading() as connection:
        statement = select(run_requests.c.id)
        if states:
            statement = statement.where(run_requests.c.state.in_(states))
        return queue.find(connection, list(connection.execute(statement).scalars()))


def let_it_look(daemon: daemon_module.Daemon, clock: Clock) -> None:
    """Wait until the daemon has begun and ended a look at everything."""
    for _ in range(2):  # the look under way began perhaps before the clock was moved
        clock.go_on(microseconds=1)
        moment = clock.now
        wait_for(lambda moment=moment: daemon.looked_at == moment, "a look of the daemon")


def settle(daemon: daemon_module.Daemon, clock: Clock, database: Database, **much: float) -> None:
    """Let time pass, and wait until the daemon has looked at everything and nothing is under way any more."""
    clock.go_on(**much)
    for _ in range(2):
        let_it_look(daemon, clock)
        wait_for(lambda: not requests_of(database, queue.RUNNING), "the end of what is under way")
