"""The unattended service as its tests use it: a small campus, configurations of any size, a clock, real processes."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from threading import Event
from time import monotonic
from typing import TypeVar

from service import TOKENS

from latsar_sync.demo import Campus, seed_large

NOON = datetime(2026, 8, 17, 5, 0, tzinfo=UTC)
"""Twelve o'clock in Jakarta, two in Jayapura; a Monday."""
PATIENCE = 30.0
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
    """Return a port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def small_campus(people: int = 12, groups: int = 2) -> Campus:
    """Return a campus of ordinary people in classes ``Angkatan 1``, ``Angkatan 2`` …; most of them qualify."""
    return Campus(seed=partial(seed_large, participants=people, groups=groups))


def programme(name: str, classes: Iterable[str] = ("1", "2"), more: str = "", course: str = "MOOC-LATSAR") -> str:
    """Return a programme as TOML that fills the in-class courses of these classes."""
    angkatan = "".join(
        f"""
[[programmes.angkatan]]
id = "{each}"
source_group = "Angkatan {each}"
site = "kelas"
course = "KLS-{each}"
role_id = 5
"""
        for each in classes
    )
    return f"""
[[programmes]]
id = "{name}"
title = "Latsar {name}"
{more}
[programmes.source]
kind = "moodle"
site = "mooc"
course = "{course}"
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
    """Write a configuration; ``service``, ``site`` and ``top`` are TOML added to the tables of those names."""
    addresses = urls or {"mooc": "http://127.0.0.1:9/mooc", "kelas": "http://127.0.0.1:9/kelas"}
    sites = "".join(
        f"""
[sites.{name}]
url = "{url}"
token_env = "LATSAR_{name.upper()}_TOKEN"
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
jitter = 0
{service}
{sites}
{programmes}
""",
        encoding="utf-8",
    )
    return file


def urls_of(campus: Campus) -> dict[str, str]:
    """Return the addresses of a campus's sites by name."""
    return {name: site.url for name, site in campus.sites.items()}


def environment(**more: str) -> dict[str, str]:
    """Return the environment of a process of the service: no settings of ours but the tokens."""
    ours = {
        name: value for name, value in os.environ.items() if not name.startswith(("LATSAR_", "NOTIFY_", "WATCHDOG"))
    }
    return {**ours, "COLUMNS": "200", **TOKENS, **more}


def start(config: Path, *arguments: str, **more: str) -> "subprocess.Popen[str]":
    """Start a command of the service in a process of its own; ``more`` is added to its environment."""
    return subprocess.Popen(
        [*COMMAND, "--config", str(config), *arguments],
        env=environment(**more),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
