"""While a run judges everybody on SQLite others write, though one writer keeps all others waiting there."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from io import BytesIO
from typing import Any

import pytest
from service import Service, ServiceFactory
from sqlalchemy.exc import OperationalError

from latsar_sync.domain.request import RunOutcome
from latsar_sync.rules.records_after_reading import records_after_reading
from latsar_sync.store.kept_writes import KeptWrites


@pytest.fixture
def service(make_service: ServiceFactory, sqlite_url: str) -> Service:
    return make_service(sqlite_url)


def in_the_midst_of_judging(monkeypatch: pytest.MonkeyPatch, happen: Callable[[], None]) -> None:
    def interrupted(*arguments: Any) -> Iterator[Any]:
        for number, pair in enumerate(records_after_reading(*arguments)):
            if number == 20:
                happen()
            yield pair

    monkeypatch.setattr("latsar_sync.run.decisions.records_after_reading", interrupted)
    monkeypatch.setattr("latsar_sync.run.decisions.PEOPLE_AT_ONCE", 5)


def test_whoever_writes_while_everybody_is_judged_does_not_wait(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = []

    def write() -> None:
        file = service.database.file
        with closing(sqlite3.connect(str(file), timeout=0, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            written.append(other.execute("SELECT count(*) FROM decisions").fetchone()[0])
            other.execute("COMMIT")

    in_the_midst_of_judging(monkeypatch, write)

    assert service.run().run.outcome is RunOutcome.OK
    assert written == [0]
    assert service.count("decisions") > 20


def test_a_run_that_breaks_off_while_judging_records_nobody(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    def break_off() -> None:
        raise KeyError("broken")

    in_the_midst_of_judging(monkeypatch, break_off)

    assert service.run().run.outcome is RunOutcome.FAILED
    assert service.count("participants") == service.count("decisions") == 0


def test_a_full_disk_is_told_as_the_database_tells_it(service: Service) -> None:
    class Full(BytesIO):
        def write(self, _content: Any) -> int:
            raise OSError(28, "No space left on device")

    kept = KeptWrites(service.database.engine.dialect, Full())

    with pytest.raises(OperationalError, match="No space left"):
        kept.exec_driver_sql("INSERT", [("x",)])
