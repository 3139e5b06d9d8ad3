"""The database brings itself up to date, alone, twice, or by two processes at once, and says clearly when it cannot."""

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from service import drop_postgres, new_postgres
from sqlalchemy import JSON, create_engine, inspect, make_url, text
from sqlalchemy.exc import DBAPIError

from latsar_sync.domain.errors import ConfigurationError
from latsar_sync.store.database import Database
from latsar_sync.store.tables import metadata

pytestmark = pytest.mark.usefixtures("migrated_the_long_way")

UPGRADE_ON_COMMAND = """
import sys
from latsar_sync.store.database import Database
print("ready", flush=True)
sys.stdin.readline()
database = Database(sys.argv[1])
print(database.upgrade()[1])
"""


def upgraded(address: str) -> Database:
    """Return the database at this address with its tables in place."""
    database = Database(address)
    database.upgrade()
    return database


def add_threshold(database: Database) -> None:
    """Put one row into the ledger."""
    with database.writing() as connection:
        connection.execute(
            text(
                "INSERT INTO thresholds VALUES ('p', 1, '70.00000', 'points', 'SK', "
                "'2026-01-01 00:00:00', 'a', '2026-01-01 00:00:00')"
            )
        )


def _defaults_differ(*compared: Any) -> bool | None:
    """Let Alembic compare defaults, but those of JSON, which PostgreSQL cannot compare with anything."""
    column = compared[2]
    return False if isinstance(column.type, JSON) else None


def test_the_migrated_tables_are_those_that_the_code_uses_and_a_second_upgrade_changes_nothing_and_keeps_every_row(
    database_url: str,
) -> None:
    database = Database(database_url)

    first = database.upgrade()
    with database.reading() as connection:
        compared = {"compare_type": True, "compare_server_default": _defaults_differ}
        context = MigrationContext.configure(connection, opts=compared)
        differences = compare_metadata(context, metadata)
    add_threshold(database)
    second = database.upgrade()
    database.close()
    again = Database(database_url)
    third = again.upgrade()

    assert differences == []
    assert first[0] is None
    assert second == third == (first[1], first[1])
    with again.reading() as connection:
        assert connection.execute(text("SELECT count(*) FROM thresholds")).scalar_one() == 1
    again.close()


def test_processes_that_upgrade_at_the_same_moment_all_find_a_usable_database(database_url: str) -> None:
    command = [sys.executable, "-c", UPGRADE_ON_COMMAND, database_url]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    processes = [subprocess.Popen(command, **pipes) for _ in range(3)]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"

    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    ended = [process.communicate(timeout=60) for process in processes]

    assert [error for _, error in ended] == ["", "", ""]
    assert len({revision for revision, _ in ended}) == 1
    database = Database(database_url)
    head = database.upgrade()
    assert head[0] == head[1] == ended[0][0].strip()
    database.close()


def test_a_database_of_another_program_is_refused_and_left_alone(database_url: str) -> None:
    database = Database(database_url)
    with database.writing() as connection:
        connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32))"))
        connection.execute(text("INSERT INTO alembic_version VALUES ('1975ea83b712')"))

    with pytest.raises(ConfigurationError, match="another program's"):
        database.upgrade()

    with database.reading() as connection:
        assert inspect(connection).get_table_names() == ["alembic_version"]
    database.close()


@pytest.mark.postgres
def test_a_server_that_prefers_other_dates_and_encodings_is_read_all_the_same(
    postgres_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = new_postgres(postgres_server)
    administrator = Database(address)
    with administrator.writing() as connection:
        connection.execute(text(f'ALTER DATABASE "{make_url(address).database}" SET DateStyle TO "SQL, DMY"'))
    administrator.close()
    monkeypatch.setenv("PGCLIENTENCODING", "SQL_ASCII")

    database = Database(address)
    with database.reading() as connection:
        told = connection.execute(text("SELECT timestamptz '2026-12-01 00:00+07', 'Nur’aini'")).one()
    database.close()
    drop_postgres(address)

    assert told == (datetime(2026, 11, 30, 17, tzinfo=UTC), "Nur’aini")


@pytest.mark.postgres
def test_a_database_that_cannot_hold_every_letter_is_refused_before_anything_is_made(postgres_server: str) -> None:
    address = make_url(postgres_server).set(drivername="postgresql+psycopg", database="few_letters")
    administrator = create_engine(address.set(database="postgres"), isolation_level="AUTOCOMMIT")
    with administrator.connect() as connection:
        connection.execute(text("CREATE DATABASE few_letters ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0"))
    database = Database(address.render_as_string(hide_password=False))

    with pytest.raises(ConfigurationError, match=r"LATIN1.*ENCODING 'UTF8'"):
        database.upgrade()

    with database.reading() as connection:
        assert inspect(connection).get_table_names() == []
    database.close()
    with administrator.connect() as connection:
        connection.execute(text("DROP DATABASE few_letters"))
    administrator.dispose()


def test_a_file_with_tables_of_another_program_is_refused_and_left_alone(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'theirs.db'}")
    with database.writing() as connection:
        connection.execute(text("CREATE TABLE notes (text TEXT)"))

    with pytest.raises(ConfigurationError, match="another program's"):
        database.upgrade()

    with database.reading() as connection:
        assert inspect(connection).get_table_names() == ["notes"]
    database.close()


def test_an_upgrade_that_fails_half_way_leaves_nothing_behind(database_url: str) -> None:
    database = Database(database_url)
    with database.writing() as connection:
        connection.execute(text("CREATE VIEW run_programmes AS SELECT 1 AS in_the_way"))

    with pytest.raises((ConfigurationError, DBAPIError)):
        database.upgrade()

    with database.reading() as connection:
        assert inspect(connection).get_table_names() == []
    with database.writing() as connection:
        connection.execute(text("DROP VIEW run_programmes"))
    assert database.upgrade()[0] is None
    database.close()


def test_a_new_sqlite_database_uses_a_write_ahead_log_and_enforces_foreign_keys(sqlite_url: str) -> None:
    database = upgraded(sqlite_url)

    with database.reading() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar_one() == "wal"
        assert connection.execute(text("PRAGMA foreign_keys")).scalar_one() == 1
        assert connection.execute(text("PRAGMA busy_timeout")).scalar_one() > 0
    database.close()


def test_an_unreachable_postgresql_is_told_in_one_line_without_the_password() -> None:
    database = Database("postgresql+psycopg://latsar:tirai-bambu@127.0.0.1:1/latsar")

    with pytest.raises(ConfigurationError) as refused:
        database.upgrade()
    database.close()

    assert "127.0.0.1" in str(refused.value)
    assert "\n" not in str(refused.value)
    assert "tirai-bambu" not in str(refused.value)
    assert refused.value.remedy


@pytest.mark.postgres
def test_a_postgresql_without_that_database_is_told_in_one_line(postgres_server: str) -> None:
    address = make_url(postgres_server).set(drivername="postgresql+psycopg", database="there_is_none")
    database = Database(address.render_as_string(hide_password=False))

    with pytest.raises(ConfigurationError, match="there_is_none") as refused:
        database.upgrade()
    database.close()

    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("place", ["a_file/latsar.db", "a_file/below/latsar.db", "a_folder"])
def test_a_folder_that_cannot_be_written_is_told_in_one_line(tmp_path: Path, place: str) -> None:
    (tmp_path / "a_file").write_text("not a folder", encoding="utf-8")
    (tmp_path / "a_folder").mkdir()

    with pytest.raises(ConfigurationError) as refused:
        Database(f"sqlite:///{tmp_path / place}").upgrade()

    assert str(tmp_path / place) in str(refused.value)
    assert "\n" not in str(refused.value)
    assert refused.value.remedy


def test_a_file_that_is_no_database_is_told_in_one_line(tmp_path: Path) -> None:
    file = tmp_path / "latsar.db"
    file.write_text("Nama,NIP\n" * 200, encoding="utf-8")

    with pytest.raises(ConfigurationError) as refused:
        Database(f"sqlite:///{file}").upgrade()

    assert str(file) in str(refused.value)
    assert "\n" not in str(refused.value)
    assert "db restore" in str(refused.value)
    assert file.read_text(encoding="utf-8") == "Nama,NIP\n" * 200


@pytest.mark.parametrize(
    "address",
    [
        "mysql://localhost/latsar",
        "no address at all",
        "sqlite+nothing:///:memory:",
        "postgresql+psycopg://latsar:hunter2@localhost:port/latsar",
    ],
)
def test_an_address_that_is_no_database_is_told_in_one_line(address: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        Database(address)

    assert "\n" not in str(refused.value)
    assert "hunter2" not in str(refused.value)
    assert refused.value.remedy
