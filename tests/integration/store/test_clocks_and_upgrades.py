"""A clock that is wrong is told; an upgrade that others stand in the way of is bounded, told and made later."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic import command as alembic
from alembic.config import Config
from service import Command, Service, ServiceFactory, new_postgres
from sqlalchemy import create_engine, text

from latsar_sync.domain.errors import NotReady
from latsar_sync.domain.request import RunOutcome
from latsar_sync.store import database as database_module
from latsar_sync.store.database import MIGRATIONS, Database

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
    monkeypatch.setattr(database_module, "UPGRADE_WITHIN_SECONDS", 1.5)
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
    monkeypatch.setattr(database_module, "UPGRADE_WITHIN_SECONDS", 0.0)
    monkeypatch.setattr(database_module, "BUSY_TIMEOUT_MILLISECONDS", 50)
    address = f"sqlite:///{tmp_path / 'latsar.db'}"
    database, other = older(address), Database(address)

    with other.writing(), pytest.raises(NotReady, match="others use them"):
        database.upgrade()

    assert database.upgrade()[0] == "0009"
    database.close()
    other.close()
