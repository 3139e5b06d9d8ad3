"""A clock that is wrong is told; an upgrade that others stand in the way of is bounded, told and made later."""

import os
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic import command as alembic
from alembic.config import Config
from service import Command, Service, ServiceFactory, new_postgres
from sqlalchemy import create_engine, event, insert, text, update

from latsar_sync.domain.errors import ConfigurationError, NotReady
from latsar_sync.domain.request import RunOutcome
from latsar_sync.store import database as database_module
from latsar_sync.store import engines, upgrading
from latsar_sync.store.backup import restore
from latsar_sync.store.database import Database
from latsar_sync.store.living_daemons import living_daemons
from latsar_sync.store.processes import this_process
from latsar_sync.store.tables import metadata
from latsar_sync.store.upgrading import MIGRATIONS

DAY = timedelta(days=1)


def older(address: str, revision: str = "0009") -> Database:
    """Return a database with the tables of an older version."""
    database = Database(address)
    with database.writing() as connection:
        configuration = Config()
        configuration.set_main_option("script_location", str(MIGRATIONS))
        configuration.attributes["connection"] = connection
        alembic.upgrade(configuration, revision)
    return database


@pytest.fixture
def service(make_service: ServiceFactory, tmp_path: Path) -> Iterator[Service]:
    """Give the service on a SQLite database."""
    return make_service(f"sqlite:///{tmp_path / 'latsar.db'}")


def test_the_first_run_of_a_clock_ahead_stops_no_run_after_it_and_the_jump_is_told(
    service: Service, command: Command
) -> None:
    ahead = service.run(now=datetime.now(UTC) + DAY)
    code, doctors, _ = command(service, "doctor")
    after = service.run()
    again = service.run()

    assert (ahead.run.outcome, after.run.outcome, again.run.outcome) == (RunOutcome.OK,) * 3
    assert [line[:22] for line in after.run.messages if "clock" in line] == ["The last run ended at "]
    assert not [line for line in again.run.messages if "clock" in line]
    assert code == 0
    assert "The last run ended at" in doctors


def test_a_run_says_whose_clock_is_minutes_apart_from_its_own(service: Service) -> None:
    told = service.run(now=datetime.now(UTC) + timedelta(minutes=7)).run.messages
    quiet = service.run(now=datetime.now(UTC) + timedelta(minutes=3)).run.messages

    said = [line.split(" shows")[0] for line in told if "clock" in line]
    assert said == ["The clock of site kelas", "The clock of site mooc"]
    assert not [line for line in quiet if "clock" in line]


@pytest.mark.postgres
def test_an_upgrade_waits_for_nobody_longer_than_it_is_bounded_and_holds_nobody_up(
    postgres_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upgrading, "UPGRADE_WITHIN_SECONDS", 3.0)
    address, waited, told = new_postgres(postgres_server, migrated=False), [], []
    older(address).close()
    database = Database(address, told.append)
    engine = create_engine(address)

    def read(began: threading.Event) -> None:
        with engine.connect() as other:
            began.wait()
            start = datetime.now(UTC)
            other.execute(text("SELECT count(*) FROM run_requests"))
            waited.append((datetime.now(UTC) - start).total_seconds())

    with engine.connect() as reader:
        reader.execute(text("SELECT * FROM run_requests"))  # psql in a transaction, a page that hangs
        began = threading.Event()
        other = threading.Thread(target=read, args=(began,))
        other.start()
        threading.Timer(0.3, began.set).start()
        with pytest.raises(NotReady, match="others use them") as refused:
            database.upgrade()
        other.join()
        with engine.connect() as looking:
            assert looking.execute(text("SELECT version_num FROM alembic_version")).scalar_one() == "0009"

    assert "Nothing was changed" in refused.value.remedy
    assert told
    assert waited[0] < 1.4
    assert database.upgrade()[0] == "0009"
    engine.dispose()
    database.close()


@pytest.mark.postgres
def test_an_upgrade_is_made_as_soon_as_the_others_are_gone(postgres_server: str) -> None:
    older(address := new_postgres(postgres_server, migrated=False)).close()
    engine = create_engine(address)
    reader = engine.connect()
    reader.execute(text("SELECT * FROM run_requests"))
    database = Database(address, lambda said: reader.close())

    before, after = database.upgrade()

    assert before == "0009" != after
    engine.dispose()
    database.close()


def test_a_sqlite_file_that_somebody_writes_to_is_not_said_to_have_a_wrong_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upgrading, "UPGRADE_WITHIN_SECONDS", 0.0)
    monkeypatch.setattr(engines, "BUSY_TIMEOUT_MILLISECONDS", 50)
    address = f"sqlite:///{tmp_path / 'latsar.db'}"
    database, other = older(address), Database(address)

    with other.writing(), pytest.raises(NotReady, match="others use them"):
        database.upgrade()

    assert database.upgrade()[0] == "0009"
    database.close()
    other.close()


@pytest.mark.parametrize("table", ["daemons", "leases"])
def test_no_upgrade_is_made_under_a_daemon_or_a_run_of_another_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, table: str
) -> None:
    monkeypatch.setattr(upgrading, "UPGRADE_WITHIN_SECONDS", 0.0)
    database, now = older(f"sqlite:///{tmp_path / 'latsar.db'}"), datetime.now(UTC)
    who = {"holder": "h", **this_process()}
    more = {"daemons": {"started_at": now}, "leases": {"programme": "p", "taken_at": now}}[table]
    with database.writing() as connection:
        connection.execute(insert(metadata.tables[table]).values(**who, **more, beat_at=now))

    with pytest.raises(NotReady, match=f"process {os.getpid()}") as refused:
        database.upgrade()

    with database.writing() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one() == "0009"
        connection.execute(update(metadata.tables[table]).values(beat_at=now - timedelta(seconds=61)))
    assert "Nothing was changed" in refused.value.remedy
    assert database.upgrade()[0] == "0009"
    database.close()


def test_a_backup_of_an_older_version_is_restored_beside_the_daemon_that_it_was_taken_of(tmp_path: Path) -> None:
    old, now = older(f"sqlite:///{tmp_path / 'old.db'}"), datetime.now(UTC)
    with old.writing() as connection:
        connection.execute(
            insert(metadata.tables["daemons"]).values(holder="h", **this_process(), started_at=now, beat_at=now)
        )
    old.close()
    new = Database(f"sqlite:///{tmp_path / 'new.db'}")

    restore(new, tmp_path / "old.db", now)

    assert living_daemons(new, now) == []
    new.close()


def test_a_disk_too_full_for_an_upgrade_is_told_as_that(tmp_path: Path) -> None:
    database = older(f"sqlite:///{tmp_path / 'latsar.db'}")

    @event.listens_for(database.engine, "connect")
    def leave_no_space(connection: Any, _record: Any) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count={pages}")

    database.engine.dispose()
    with pytest.raises(NotReady, match="is full") as refused:
        database.upgrade()
    event.remove(database.engine, "connect", leave_no_space)
    database.engine.dispose()

    assert "Nothing was changed" in refused.value.remedy
    assert database.upgrade()[0] == "0009"
    database.close()


def test_a_database_that_cannot_be_opened_for_want_of_space_is_not_said_to_have_a_wrong_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "latsar.db").write_bytes(b"not even the file beside it fits" * 40)
    monkeypatch.setattr(database_module, "LEAST_SPACE", 2**62)

    with pytest.raises(NotReady, match="is full"):
        Database(f"sqlite:///{tmp_path / 'latsar.db'}").upgrade()


def test_a_database_of_a_newer_version_is_refused_and_left_alone(database_url: str) -> None:
    database = Database(database_url)
    database.upgrade()
    with database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(ConfigurationError, match=r"newer version of latsar-sync \(revision 9999\)") as refused:
        database.upgrade()

    assert "\n" not in str(refused.value)
    assert refused.value.remedy
    with database.reading() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one() == "9999"
    database.close()


def test_a_program_notices_that_a_newer_one_has_changed_the_tables(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'latsar.db'}")
    database.upgrade()
    before = database.is_outgrown()

    with database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    assert (before, database.is_outgrown()) == (False, True)
    database.close()
