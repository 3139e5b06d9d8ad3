"""What the daemon in a thread of this process was asked, did and said."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from service import Service
from unattended import NOON, PATIENCE, open_service, programme, requests_of, urls_of, write_config

from latsar_sync.demo import Campus
from latsar_sync.store import queue, runs

PROGRAMME = "latsar-2026-iii"

Events = list[Mapping[str, Any]]
MakeService = Callable[..., Service]


on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@contextmanager
def services_on(database_url: str, campus: Campus, folder: Path) -> Iterator[MakeService]:
    """Give a factory of services on a campus: all on one database, as several daemons are."""
    made: list[Service] = []

    def new(*programmes: str, **more: str) -> Service:
        text = "".join(programmes) or programme(PROGRAMME)
        config = folder / f"latsar-{len(made)}.toml"
        write_config(config, text, more.pop("urls", None) or urls_of(campus), database_url, **more)
        made.append(open_service(config))
        return made[-1]

    yield new
    for service in made:
        service.database.close()


def told(events: Events, event: str) -> Events:
    """Return the log lines that say this."""
    return [each for each in events if each["event"] == event]


def ask(service: Service, scope: str = "incremental", subject: str = "", name: str = PROGRAMME) -> int:
    """Ask for a run as a person does."""
    return queue.ask(service.database, name, scope, subject, "rina", NOON)


def done(service: Service, times: int = 1) -> Callable[[], list[Any]]:
    """Return what waits for so many finished requests."""

    def look() -> list[Any]:
        found = requests_of(service.database, queue.DONE)
        return found if len(found) >= times else []

    return look


def kinds(service: Service) -> list[str]:
    """Return the kinds of the runs so far, oldest first."""
    with service.database.reading() as connection:
        return [run.kind for run in reversed(runs.recorded_runs(connection, limit=100))]


@contextmanager
def held_up_at_a_write(campus: Campus) -> Iterator[Callable[[], None]]:
    """Hold the first write to the LMS up; give a function that waits until it has come."""
    reached, go_on = Event(), Event()

    def hold(function: str, parameters: Mapping[str, Any]) -> None:
        reached.set()
        assert go_on.wait(PATIENCE)

    def wait() -> None:
        assert reached.wait(PATIENCE)

    campus.before_write = hold
    try:
        yield wait
    finally:
        campus.before_write = None
        go_on.set()
