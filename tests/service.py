"""The service as the tests use it: a configuration on disk, a database, and runs in process."""

import atexit
import pickle
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from math import inf
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Any
from uuid import uuid4

from sqlalchemy import URL, Engine, create_engine, make_url, text

from latsar_sync.demo import Campus, Site
from latsar_sync.demo.campus import LogEntry, Seed
from latsar_sync.demo.rights import KELAS_TOKEN, MESSAGE_CAPABILITIES, MESSAGE_FUNCTIONS, MOOC_TOKEN
from latsar_sync.demo.seed import seed_programme
from latsar_sync.demo.server import CampusServer
from latsar_sync.domain.account import Account, Role
from latsar_sync.domain.request import Request, Step
from latsar_sync.run import pipeline
from latsar_sync.run.pipeline import ProgrammeResult
from latsar_sync.settings import Settings, load_settings
from latsar_sync.store import access, accounts, listings
from latsar_sync.store.database import Database

PROGRAMME = "latsar-2026-iii"
TOKENS = {"LATSAR_MOOC_TOKEN": MOOC_TOKEN, "LATSAR_KELAS_TOKEN": KELAS_TOKEN}


def silent(programme: str, step: Step, count: int) -> None:
    """Listen to progress and say nothing."""


SEEDS: dict[tuple[int | None, Seed], tuple[float, bytes, bytes]] = {}
"""By a campus's idea of now and its people: when it was seeded, with what, and how that is written once read back."""


class KnownCampus(Campus):
    """The bundled campus; knows whether it is still as it was seeded, and can be put back to what it was.

    All of a process are seeded once a minute, stand at one address, since databases remember that, and are served by
    one server as long as none is stopped before its ``with`` ends.
    """

    _usual_port = 0
    _idle: CampusServer | None = None

    def __init__(self, now: int | None = None, seed: Seed = seed_programme) -> None:
        made, seeded, read_back = SEEDS.get((now, seed), (-inf, b"", b""))
        is_known = monotonic() - made < 60
        super().__init__(self._usual_port, None if is_known else seed, now)
        seeded = seeded if is_known else self.saved()
        self.put_back(seeded)
        if not is_known:
            read_back = self.saved()
            SEEDS[now, seed] = monotonic(), seeded, read_back
        self._seeded = read_back
        self.beginning: tuple[object, ...] = (now, seed)

    def begin_with(self, *changes: Callable[[Campus], None]) -> None:
        """Change it, before anything is asked of it, to what the tests of a file begin with."""
        for change in changes:
            change(self)
        self.beginning += changes
        self._seeded = self.saved()

    def _serving(self) -> CampusServer:
        server, KnownCampus._idle = self._idle, None
        if server is not None:
            del server.verify_request
            server.campus = self
            return server
        try:
            server = super()._serving()
        except OSError:
            self.port = 0
            server = super()._serving()
        KnownCampus._usual_port = self._usual_port or server.server_port
        return server

    def __exit__(self, *_error: object) -> None:
        """Leave the server, which hangs up on whoever calls, to the next one."""
        if self._server is None or self._idle is not None:
            self.stop()
            return
        server, self._server = self._server, None
        server.verify_request = lambda *_caller: False  # type: ignore[method-assign]
        server.hang_up_on_everybody()
        KnownCampus._idle = server

    def is_as_seeded(self) -> bool:
        """Say whether nothing was changed on it, and nothing asked of it."""
        return not self.log and not self.faults.described() and self.saved() == self._seeded

    def saved(self) -> bytes:
        """Return everything the sites hold."""
        return pickle.dumps({name: _held_by(site) for name, site in self.sites.items()})

    def put_back(self, saved: bytes) -> None:
        """Let the sites hold what they held; their addresses stay."""
        for name, held in pickle.loads(saved).items():  # noqa: S301 - our own, of this very process
            site = self.sites[name]
            with site.lock:
                vars(site).update(held)


def may_write_to_anybody(campus: Campus) -> None:
    """Let the service accounts send messages to everybody on their sites."""
    for site, token in ((campus.mooc, MOOC_TOKEN), (campus.kelas, KELAS_TOKEN)):
        site.accounts[token].functions |= MESSAGE_FUNCTIONS
        site.accounts[token].capabilities |= MESSAGE_CAPABILITIES


def _held_by(site: Site) -> dict[str, Any]:
    return {name: value for name, value in vars(site).items() if name not in ("lock", "clock", "url")}


@dataclass(frozen=True)
class FirstRun:
    """What a first run came to: in the database and its mark, on the campus, in the campus's log."""

    made: float
    result: ProgrammeResult
    database: str
    mark: bytes
    campus: bytes
    log: list[LogEntry]


FIRST_RUNS: dict[tuple[object, ...], FirstRun] = {}
"""By what happened, the configuration without the place of the database, and what the campus began with."""
KEPT: dict[tuple[str, str], tuple[str, bytes]] = {}
"""Databases with their marks, by what happened to them and their kind."""
GOOD_FOR_SECONDS = 300.0
KEPT_IN = TemporaryDirectory(prefix="latsar-first-runs-")
atexit.register(KEPT_IN.cleanup)


def _copy(database: str, to: str) -> None:
    with closing(sqlite3.connect(database)) as here, closing(sqlite3.connect(to)) as there:
        here.backup(there)


@dataclass
class Service:
    """The service as a test uses it: a configuration on disk, a database, and runs in process."""

    config: Path
    settings: Settings
    database: Database
    campus: Campus | None = None

    def first_run(self) -> ProgrammeResult:
        """Run the programme for the first time, or put in place what that came to in another test a moment ago."""
        return self.begin_when("a first run", self.run)

    def begin_when(self, name: str, happen: Callable[[], ProgrammeResult]) -> ProgrammeResult:
        """Let something happen after which tests begin, or put in place what that came to in another one a moment ago.

        ``name`` says what; on a campus that was changed, or after another run, it happens anew.
        """
        campus = self.campus
        if not isinstance(campus, KnownCampus) or not campus.is_as_seeded() or self.count("runs"):
            return happen()
        config = self.config.read_text(encoding="utf-8").replace(self.settings.database_url, self._kind)
        key = (name, config, *campus.beginning)
        known = FIRST_RUNS.get(key)
        if known is not None and monotonic() - known.made < GOOD_FOR_SECONDS:
            self._put_back(known.database, known.mark)
            campus.put_back(known.campus)
            campus.log.extend(deepcopy(known.log))
            return known.result
        result = happen()
        database, mark = self._kept()
        FIRST_RUNS[key] = FirstRun(monotonic(), result, database, mark, campus.saved(), deepcopy(campus.log))
        return result

    def two_runs(self) -> ProgrammeResult:
        """Do what ``first_run`` does, and after it a run over everybody."""
        return self.begin_when("two runs", lambda: [self.run(full=each) for each in (False, True)][-1])

    def begin_after(self, name: str, happen: Callable[["Service"], None]) -> None:
        """Let something happen to the database that leaves the campus alone, or put back what that came to before.

        ``name`` says what, on which campus.
        """
        known = KEPT.get((name, self._kind))
        if known is None:
            happen(self)
            KEPT[name, self._kind] = self._kept()
        else:
            self._put_back(*known)

    @property
    def _kind(self) -> str:
        return self.database.engine.dialect.name

    def _kept(self) -> tuple[str, bytes]:
        """Keep the database as it is, and return where, with its mark."""
        path, mark = self.database.engine.url.database, self.database.mark
        assert path is not None
        if mark is None:
            self.database.close()  # nobody may use a template
            return copied_postgres(self.settings.database_url, path), b""
        kept = f"{KEPT_IN.name}/{uuid4().hex}.db"
        _copy(path, kept)
        return kept, mark.read_bytes()

    def _put_back(self, kept: str, kept_mark: bytes) -> None:
        path, mark = self.database.engine.url.database, self.database.mark
        assert path is not None
        if mark is None:
            self.database.close()
            copied_postgres(self.settings.database_url, kept, path)
        else:
            _copy(kept, path)
            mark.write_bytes(kept_mark)

    def run(self, now: datetime | None = None, progress: Any = silent, **request: Any) -> ProgrammeResult:
        """Run the (first) programme once and return how it went."""
        moment = now or datetime.now(UTC)
        clock: Callable[[], datetime] = (lambda: moment) if now else (lambda: datetime.now(UTC))
        return pipeline.run(self.settings, self.database, Request("test", **request), clock, progress).programmes[0]

    def roster(self) -> dict[str, Mapping[str, Any]]:
        """Return the roster by NIP (people without a usable one by internal id)."""
        with self.database.reading() as connection:
            rows = listings.roster_rows(connection, [each.id for each in self.settings.programmes])
        return {row["nip"] or row["participant_id"]: row for row in rows}

    def participants(self) -> dict[str, Mapping[str, Any]]:
        """Return everybody by NIP (people without a usable one by internal id)."""
        with self.database.reading() as connection:
            rows = listings.participant_rows(connection, [each.id for each in self.settings.programmes])
        return {row["nip"] or row["participant_id"]: row for row in rows}

    def token_of(self, name: str, by: str = "uji") -> str:
        """Return a new token of an account, which is made if there is none of that name."""
        account = Account(name, Role.PANITIA, None, None, "uji", datetime.now(UTC), has_password=False, has_token=False)
        with self.database.writing() as connection:
            accounts.add_account(connection, account, None)
            token = accounts.new_token(connection, name, by, datetime.now(UTC))
        assert token is not None
        return token

    def noted(self) -> set[str]:
        """Return what stands in the access log, by the names of the commands and pages."""
        with self.database.reading() as connection:
            return {each.action for each in access.recorded_accesses(connection, [], 10_000)}

    def count(self, table: str) -> int:
        """Count the rows of a table."""
        with self.database.reading() as connection:
            return int(connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())


ServiceFactory = Callable[..., Service]
Command = Callable[..., tuple[int, str, str]]
"""Runs a command for a service, given its words, and returns exit code, output and errors."""


SEATS = {"I": 40, "II": 40, "III": 25}
"""Of the three angkatan of the seeded programme: five who qualified wait for one of the third."""


def default_angkatan(capacities: Mapping[str, int] | None = None) -> str:
    """Return the three angkatan of the seeded programme as TOML."""
    seats = capacities or SEATS
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


def manager(address: str) -> Engine:
    """Return what makes and drops the databases of a server; one connection, until it is disposed of.

    ``address`` is that of any of its databases.
    """
    return _manager(make_url(address).set(drivername="postgresql+psycopg", database="postgres"))


@cache
def _manager(server: URL) -> Engine:
    return create_engine(server, isolation_level="AUTOCOMMIT")


def new_postgres(server: str, migrated: bool = True) -> str:
    """Make a database without any row on the server, with its tables in place if ``migrated``; return its address."""
    name = f"latsar_{uuid4().hex[:12]}"
    return _created(server, name, migrated_postgres(server) if migrated else "template1")


def drop_postgres(address: str) -> None:
    """Drop a database, whoever still holds a connection: a hundred of them are a gigabyte to take away at the end."""
    with manager(address).connect() as connection:
        connection.execute(text(f"DROP DATABASE IF EXISTS {make_url(address).database} WITH (FORCE)"))


@cache
def migrated_postgres(server: str) -> str:
    """Return the name of a database of the server with its tables in place, for others to be copied from."""
    template = Database(_created(server, MIGRATED, "template1"))
    template.upgrade()
    template.close()
    return MIGRATED


def _server(address: str) -> str:
    return make_url(address).set(database="postgres").render_as_string(hide_password=False)


def _created(server: str, name: str, template: str, instead: bool = False) -> str:
    with manager(server).connect() as connection:
        if instead:
            connection.execute(text(f"DROP DATABASE {name}"))
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy"))
    address = make_url(server).set(drivername="postgresql+psycopg", database=name)
    return address.render_as_string(hide_password=False)


def copied_postgres(address: str, database: str, to: str | None = None) -> str:
    """Copy a database that nobody uses, in the place of another one or to a new one; return the name of the copy."""
    name = to or f"latsar_{uuid4().hex[:12]}"
    _created(_server(address), name, database, bool(to))
    return name


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
    return Service(config, loaded, database, other)
