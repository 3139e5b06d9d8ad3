"""The service as the tests use it: a configuration on disk, a database, and runs in process."""

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import ProgrammingError

from latsar_sync.demo import Campus
from latsar_sync.demo.rights import KELAS_TOKEN, MOOC_TOKEN
from latsar_sync.domain.request import Request, Step
from latsar_sync.run import pipeline
from latsar_sync.run.pipeline import ProgrammeResult
from latsar_sync.settings import Settings, load_settings
from latsar_sync.store import reports
from latsar_sync.store.database import Database

PROGRAMME = "latsar-2026-iii"
TOKENS = {"LATSAR_MOOC_TOKEN": MOOC_TOKEN, "LATSAR_KELAS_TOKEN": KELAS_TOKEN}


def silent(programme: str, step: Step, count: int) -> None:
    """Listen to progress and say nothing."""


@dataclass
class Service:
    """The service as a test uses it: a configuration on disk, a database, and runs in process."""

    config: Path
    settings: Settings
    database: Database

    def run(self, now: datetime | None = None, progress: Any = silent, **request: Any) -> ProgrammeResult:
        """Run the (first) programme once and return how it went."""
        moment = now or datetime.now(UTC)
        clock: Callable[[], datetime] = (lambda: moment) if now else (lambda: datetime.now(UTC))
        return pipeline.run(self.settings, self.database, Request("test", **request), clock, progress).programmes[0]

    def roster(self) -> dict[str, Mapping[str, Any]]:
        """Return the roster by NIP (people without a usable one by internal id)."""
        with self.database.reading() as connection:
            rows = reports.roster_rows(connection, [each.id for each in self.settings.programmes])
        return {row["nip"] or row["participant_id"]: row for row in rows}

    def participants(self) -> dict[str, Mapping[str, Any]]:
        """Return everybody by NIP (people without a usable one by internal id)."""
        with self.database.reading() as connection:
            rows = reports.participant_rows(connection, [each.id for each in self.settings.programmes])
        return {row["nip"] or row["participant_id"]: row for row in rows}

    def count(self, table: str) -> int:
        """Count the rows of a table."""
        with self.database.reading() as connection:
            return int(connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())


ServiceFactory = Callable[..., Service]
Command = Callable[..., tuple[int, str, str]]
"""Runs a command for a service, given its words, and returns exit code, output and errors."""


def default_angkatan(capacities: Mapping[str, int] | None = None) -> str:
    """Return the three angkatan of the seeded programme as TOML."""
    seats = capacities or {"I": 40, "II": 40, "III": 25}
    return "".join(
        f'''
[[programmes.angkatan]]
id = "{name}"
source_group = "Angkatan {name}"
site = "kelas"
course = "KLS-{name}"
role_id = 5
capacity = {capacity}
'''
        for name, capacity in seats.items()
    )


MIGRATED = "latsar_migrated"


def new_postgres(server: str, migrated: bool = True) -> str:
    """Make a database without any row on the server, with its tables in place if ``migrated``; return its address."""
    name = f"latsar_{uuid4().hex[:12]}"
    if not migrated:
        return _created(server, name, "template1")
    with contextlib.suppress(ProgrammingError):  # there is one already
        template = Database(_created(server, MIGRATED, "template1"))
        template.upgrade()
        template.close()
    return _created(server, name, MIGRATED)


def _created(server: str, name: str, template: str) -> str:
    address = make_url(server).set(drivername="postgresql+psycopg")
    engine = create_engine(address, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template}"))
    finally:
        engine.dispose()
    return address.set(database=name).render_as_string(hide_password=False)


def moved_to(service: Service, campus: Campus, other: Campus, folder: Path) -> Service:
    """Return the same service, configured for another campus and with an empty database in a folder."""
    text = service.config.read_text(encoding="utf-8")
    text = text.replace(campus.url, other.url)
    text = text.replace(service.settings.database_url, f"sqlite:///{folder / 'latsar.db'}")
    config = folder / "latsar.toml"
    config.write_text(text, encoding="utf-8")
    loaded = load_settings(config, TOKENS)
    database = Database(loaded.database_url)
    database.upgrade()
    return Service(config, loaded, database)
