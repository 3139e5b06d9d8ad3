"""A backup is one moment of the database in one file, whoever writes meanwhile; the way back is safe and tried."""

import os
import resource
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from service import TOKENS, Service, new_postgres
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError
from unattended import NOON, programme, small_campus, urls_of, wait_for, write_config

from latsar_sync import store
from latsar_sync.demo import Campus
from latsar_sync.domain.errors import ConfigurationError, NotWritten, UsageError
from latsar_sync.domain.request import RunOutcome
from latsar_sync.settings import load_settings
from latsar_sync.store import backup, living_daemons, queue, queue_taking, runs
from latsar_sync.store.check import check_records
from latsar_sync.store.database import Database
from latsar_sync.store.leases import Lease
from latsar_sync.store.runs import ProgrammeRun
from latsar_sync.store.tables import metadata

PROGRAMME = "latsar-2026-iii"
KINDS = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]
MakeDatabase = Callable[[str], Database]


@pytest.fixture
def new_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[MakeDatabase]:
    """Give a factory of empty databases of either kind."""
    made: list[Database] = []

    def make(kind: str) -> Database:
        if kind == "sqlite":
            address = f"sqlite:///{tmp_path / f'{len(made)}.db'}"
        else:
            address = new_postgres(request.getfixturevalue("postgres_server"))
        made.append(Database(address))
        return made[-1]

    yield make
    for database in made:
        database.close()


@pytest.fixture
def campus() -> Iterator[Campus]:
    """Give a campus with one small course."""
    with small_campus(6, 1) as campus:
        yield campus


def service_on(campus: Campus, database: Database, folder: Path) -> Service:
    """Configure the service for the campus and this database."""
    database.upgrade()
    address = database.engine.url.render_as_string(hide_password=False)
    config = write_config(folder / "latsar.toml", programme(PROGRAMME, ["1"]), urls_of(campus), address)
    return Service(config, load_settings(config, TOKENS), database)


def content(database: Database) -> dict[str, list[Any]]:
    """Return every row of every table."""
    with database.reading() as connection:
        return {
            table.name: sorted(map(repr, connection.execute(select(table)).all())) for table in metadata.sorted_tables
        }


def record_incremental_run(database: Database) -> int:
    """Record a run with one line for its programme, in one transaction."""
    with database.writing() as connection:
        run_id = runs.start_run(connection, "run", "host", 1, NOON)
        runs.finish_programme(connection, run_id, ProgrammeRun(PROGRAMME, "full", RunOutcome.OK, {}), NOON)
    return run_id


@contextmanager
def a_writer_at_work(database: Database) -> Iterator[list[int]]:
    """Record incremental runs one after another in the background; give the list of their numbers so far."""
    done: list[int] = []
    enough = Event()

    def write() -> None:
        while not enough.is_set():
            done.append(record_incremental_run(database))

    writer = Thread(target=write)
    writer.start()
    try:
        yield done
    finally:
        enough.set()
        writer.join(30)


def backed_up(database: Database, folder: Path) -> Path:
    """Make a backup of the database."""
    file = folder / "latsar.backup"
    backup.back_up(database, file, NOON)
    return file


def whole_backup(folder: Path) -> Path:
    """Make a backup of a database with enough in it to fill many pages."""
    database = Database(f"sqlite:///{folder / 'source.db'}")
    database.upgrade()
    for _ in range(40):
        record_incremental_run(database)
    file = backed_up(database, folder)
    database.close()
    return file


# There and back


@pytest.mark.parametrize("target", KINDS)
@pytest.mark.parametrize("source", KINDS)
def test_a_restored_database_is_the_same_in_either_kind_and_the_service_goes_on_with_it(
    new_database: MakeDatabase, campus: Campus, tmp_path: Path, source: str, target: str
) -> None:
    before, after = new_database(source), new_database(target)
    first = service_on(campus, before, tmp_path).run().run
    assert (first.outcome, first.counts["confirmed"] > 0) == (RunOutcome.OK, True)
    queue.ask(before, PROGRAMME, "full", "", "rina", NOON)

    rows, as_of = backup.restore(after, backed_up(before, tmp_path), NOON)

    old, new = content(before), content(after)
    copies = (old.pop("restorations"), new.pop("restorations"))
    [counts_on], [takes_up] = old.pop("database_mark"), new.pop("database_mark")
    assert old == new
    assert list(map(len, copies)) == [0, 2]
    assert (counts_on.endswith(" 2)"), takes_up.endswith(" None)")) == (True, True)
    assert rows == sum(map(len, old.values())) + 2
    assert as_of == NOON
    with after.reading() as connection:
        assert check_records(connection, {}) == []
    again = service_on(campus, after, tmp_path)
    decisions, pushes = again.count("decisions"), again.count("pushes")
    second = again.run(full=True).run
    assert (second.outcome, second.counts["pushed"]) == (RunOutcome.OK, 0)
    assert second.run_id > first.run_id
    assert (again.count("decisions"), again.count("pushes")) == (decisions, pushes)
    assert queue.ask(after, PROGRAMME, "incremental", "", "rina", NOON) > 1


@pytest.mark.parametrize("kind", KINDS)
def test_a_backup_is_one_file_that_only_its_owner_may_read(
    new_database: MakeDatabase, tmp_path: Path, kind: str
) -> None:
    database = new_database(kind)
    database.upgrade()
    folder = tmp_path / "new" / "folder"

    size = backup.back_up(database, folder / "latsar.backup", NOON)

    [file] = folder.iterdir()
    assert file.name == "latsar.backup"
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.stat().st_size == size
    assert file.read_bytes()[18:20] == b"\x01\x01"  # not in WAL mode, which would want files beside it
    with closing(sqlite3.connect(file)) as copy:
        assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)


@pytest.mark.parametrize("kind", KINDS)
def test_a_backup_made_while_somebody_writes_shows_one_moment(
    new_database: MakeDatabase, tmp_path: Path, kind: str
) -> None:
    database = new_database(kind)
    database.upgrade()
    counts = []

    with a_writer_at_work(database) as done:
        for number in range(4):
            so_far = len(done)
            wait_for(lambda so_far=so_far: len(done) > so_far, "the writer")
            file = tmp_path / f"{number}.backup"
            backup.back_up(database, file, NOON)
            with closing(sqlite3.connect(file)) as copy:
                [pair] = copy.execute("SELECT (SELECT count(*) FROM runs), (SELECT count(*) FROM run_programmes)")
                assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            assert pair[0] == pair[1]
            assert pair[0] >= so_far
            counts.append(pair[0])

    assert counts == sorted(set(counts))


@pytest.mark.parametrize("kind", KINDS)
def test_what_describes_living_processes_is_not_restored(new_database: MakeDatabase, tmp_path: Path, kind: str) -> None:
    database, restored = new_database(kind), new_database("sqlite")
    database.upgrade()
    living_daemons.announce(database, "a daemon", NOON)

    with Lease(database, PROGRAMME, lambda: NOON):
        backup.restore(restored, backed_up(database, tmp_path), NOON)

    with restored.reading() as connection:
        left = [connection.execute(text(f"SELECT count(*) FROM {each}")).scalar() for each in ("leases", "daemons")]
    assert left == [0, 0]


# What a backup does not do


def test_a_backup_and_its_restore_take_a_file_whatever_it_is_called(tmp_path: Path) -> None:
    file = tmp_path / "50%20 ?#.backup"
    source, target = Database.of_file(tmp_path / "a.db"), Database.of_file(tmp_path / "b?.db")
    source.upgrade()

    backup.back_up(source, file, NOON)
    rows, _as_of = backup.restore(target, file, NOON)

    assert rows
    assert {each.name for each in tmp_path.iterdir() if each.suffix == ".backup"} == {file.name}
    for each in (source, target):
        each.close()


def test_a_backup_never_overwrites_a_file(new_database: MakeDatabase, tmp_path: Path) -> None:
    database = new_database("sqlite")
    database.upgrade()
    file = tmp_path / "precious"
    file.write_text("precious", encoding="utf-8")

    with pytest.raises(UsageError, match="exists already"):
        backup.back_up(database, file, NOON)

    assert file.read_text(encoding="utf-8") == "precious"


def test_a_copy_that_a_killed_process_left_goes_with_the_next_backup(
    new_database: MakeDatabase, tmp_path: Path
) -> None:
    """It holds everybody, under a name that no rotation of backups and no erasure knows."""
    database, folder = new_database("sqlite"), tmp_path / "backups"
    database.upgrade()
    folder.mkdir()
    files = {
        ".latsar-kemarin.backup.unfinished": (b"SQLite format 3\0...", 2),
        ".latsar-kemarin.backup.unfinished-journal": (b"...", 2),
        ".latsar-begun-elsewhere.backup.unfinished": (b"SQLite format 3\0...", 0),
        ".a-strangers.unfinished": (b"precious", 2),
    }
    for name, (content, days) in files.items():
        (folder / name).write_bytes(content)
        os.utime(folder / name, ((NOON - timedelta(days=days)).timestamp(),) * 2)

    backup.back_up(database, folder / "latsar.backup", NOON)

    left = {".latsar-begun-elsewhere.backup.unfinished", ".a-strangers.unfinished", "latsar.backup"}
    assert {each.name for each in folder.iterdir()} == left


@pytest.mark.parametrize("kind", KINDS)
def test_a_backup_that_finds_no_room_says_so_and_leaves_nothing(
    new_database: MakeDatabase, tmp_path: Path, kind: str
) -> None:
    database = new_database(kind)
    database.upgrade()
    record_incremental_run(database)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    folder = tmp_path / "full"

    resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, limits[1]))
    try:
        with pytest.raises(NotWritten, match="cannot be written"):
            backup.back_up(database, folder / "latsar.backup", NOON)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    assert list(folder.iterdir()) == []


def test_a_backup_into_a_place_that_is_no_folder_is_refused(new_database: MakeDatabase, tmp_path: Path) -> None:
    database = new_database("sqlite")
    database.upgrade()
    (tmp_path / "file").touch()

    with pytest.raises(UsageError, match="cannot be written"):
        backup.back_up(database, tmp_path / "file" / "latsar.backup", NOON)


# What a restore refuses


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_restored_over_what_is_there(new_database: MakeDatabase, tmp_path: Path, kind: str) -> None:
    database = new_database(kind)
    database.upgrade()
    record_incremental_run(database)
    file = backed_up(database, tmp_path)
    record_incremental_run(database)
    before = content(database)

    with pytest.raises(UsageError, match="is not empty"):
        backup.restore(database, file, NOON)

    assert content(database) == before


@pytest.mark.parametrize("kind", KINDS)
def test_a_database_that_a_daemon_has_just_begun_to_use_is_not_empty(
    new_database: MakeDatabase, tmp_path: Path, kind: str
) -> None:
    database = new_database(kind)
    database.upgrade()
    living_daemons.announce(database, "a daemon", NOON)

    with pytest.raises(UsageError, match="is not empty"):
        backup.restore(database, whole_backup(tmp_path), NOON)


def not_a_database(file: Path) -> None:
    """Make a text of the backup."""
    file.write_text("Kepada Yth. Bapak Kepala BPSDM\n" * 500, encoding="utf-8")


def empty(file: Path) -> None:
    """Take everything out of the backup."""
    file.write_bytes(b"")


def truncated(file: Path) -> None:
    """Cut the backup short, as a broken download does."""
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) * 2 // 3])


def overwritten(file: Path) -> None:
    """Spoil the last pages of the backup."""
    whole = file.read_bytes()
    file.write_bytes(whole[:-20_000] + b"\xff" * 20_000)


def of_another_program(file: Path) -> None:
    """Put another program's database in the place of the backup."""
    file.unlink()
    with closing(sqlite3.connect(file)) as other:
        other.execute("CREATE TABLE songs (title TEXT)")
        other.execute("INSERT INTO songs VALUES ('Indonesia Raya')")
        other.commit()


def without_a_row_that_others_need(file: Path) -> None:
    """Delete a run from the backup by hand, and leave what belongs to it."""
    with closing(sqlite3.connect(file)) as copy:
        copy.execute("DELETE FROM runs WHERE id = 3")
        copy.commit()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "spoil", [not_a_database, empty, truncated, overwritten, of_another_program, without_a_row_that_others_need]
)
def test_a_file_that_is_no_whole_backup_is_refused_and_the_database_stays_empty(
    new_database: MakeDatabase, tmp_path: Path, kind: str, spoil: Callable[[Path], None]
) -> None:
    file, database = whole_backup(tmp_path), new_database(kind)
    spoil(file)

    with pytest.raises(UsageError, match="no whole backup"):
        backup.restore(database, file, NOON)

    database.upgrade()
    assert set(map(len, content(database).values())) == {0}


def test_a_backup_that_is_not_there_is_named(new_database: MakeDatabase, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"There is no backup .*nowhere"):
        backup.restore(new_database("sqlite"), tmp_path / "nowhere", NOON)


def test_a_backup_at_a_place_where_nobody_may_look_is_told_as_one_that_cannot_be_read_or_written(
    new_database: MakeDatabase, tmp_path: Path
) -> None:
    place = tmp_path / ("x" * 300)  # as a folder that the account may not enter

    with pytest.raises(UsageError, match="There is no backup"):
        backup.restore(new_database("sqlite"), place, NOON)
    with pytest.raises(UsageError, match="cannot be written"):
        backup.back_up(new_database("sqlite"), place, NOON)


def test_a_backup_of_a_newer_version_is_refused_by_saying_so(new_database: MakeDatabase, tmp_path: Path) -> None:
    file = whole_backup(tmp_path)
    with closing(sqlite3.connect(file)) as copy:
        copy.execute("UPDATE alembic_version SET version_num = '9999'")
        copy.commit()

    with pytest.raises(ConfigurationError, match="newer version"):
        backup.restore(new_database("sqlite"), file, NOON)


def test_an_older_backup_is_brought_up_to_date_and_stays_as_it_was_written(
    new_database: MakeDatabase, tmp_path: Path
) -> None:
    file = tmp_path / "old.backup"
    first_version = Config()
    first_version.set_main_option("script_location", str(Path(store.__file__).parent / "migrations"))
    old = Database(f"sqlite:///{file}")
    with old.writing() as connection:
        first_version.attributes["connection"] = connection
        command.upgrade(first_version, "0001")
        connection.execute(
            text("INSERT INTO runs (id, command, host, pid, started_at) VALUES (1, 'run', 'host', 1, :began)"),
            {"began": "2026-08-17 05:00:00.000000"},
        )
    old.close()
    file.chmod(0o400)
    written, database = file.read_bytes(), new_database("sqlite")

    backup.restore(database, file, NOON)

    assert len(content(database)["runs"]) == 1
    assert content(database)["run_requests"] == []
    assert file.read_bytes() == written


@pytest.mark.postgres
def test_requests_of_a_restored_database_whose_daemon_is_long_gone_are_taken_up(
    new_database: MakeDatabase, tmp_path: Path
) -> None:
    database, restored = new_database("sqlite"), new_database("postgres")
    database.upgrade()
    number = queue.ask(database, PROGRAMME, "full", "", "rina", NOON)
    queue_taking.claim(database, number, NOON)

    backup.restore(restored, backed_up(database, tmp_path), NOON)

    found = queue_taking.requeue_the_dead(restored, NOON + timedelta(days=1))
    assert [each.id for each in found] == [number]


def test_a_copy_that_may_only_be_read_is_looked_at_and_backed_up_without_a_file_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once every command refused it, as one that must be written to."""
    folder = tmp_path / "copy"
    whole = Database(f"sqlite:///{folder / 'latsar.db'}")
    whole.upgrade()
    with whole.writing() as connection:
        runs.start_run(connection, "sync", "host", 1, NOON)
    whole.close()
    monkeypatch.setattr(os, "access", lambda path, _mode: Path(path) not in (folder, folder / "latsar.db"))

    copy = Database(f"sqlite:///{folder / 'latsar.db'}", make=False)
    copy.upgrade()
    backup.back_up(copy, tmp_path / "backup.db", NOON)
    with copy.reading() as connection:
        number = connection.execute(text("SELECT count(*) FROM runs")).scalar_one()
    with pytest.raises(OperationalError), copy.writing() as connection:
        runs.start_run(connection, "sync", "host", 1, NOON)
    copy.close()

    assert number == 1
    assert [each.name for each in folder.iterdir()] == ["latsar.db"]
    with closing(sqlite3.connect(tmp_path / "backup.db")) as written:
        assert written.execute("SELECT count(*) FROM runs").fetchone() == (1,)
