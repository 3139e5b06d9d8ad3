"""Whoever comes while a run holds the lease does nothing, and a run that lost it writes no more."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import Event
from time import monotonic
from typing import Any

import pytest
from few_people import CONFIRMED
from service import Service, ServiceFactory
from sqlalchemy import Connection, select, text, update
from sqlalchemy.exc import OperationalError
from unattended import Clock

from latsar_sync.demo import Campus
from latsar_sync.domain.errors import LatsarError, LeaseHeld, LeaseLost
from latsar_sync.domain.request import RunOutcome, Step
from latsar_sync.store.database import Database
from latsar_sync.store.leases import Lease, holders
from latsar_sync.store.tables import leases

PROGRAMME = "latsar-2026-iii"


@pytest.fixture
def database(module_database: Database) -> Iterator[Database]:
    """Give the database with no lease in it."""
    yield module_database
    with module_database.writing() as connection:
        connection.execute(leases.delete())


def change_holder(database: Database, **values: Any) -> None:
    """Make the written lease look as if somebody else had taken it."""
    with database.writing() as connection:
        connection.execute(update(leases).values(**values))


def test_a_run_that_finds_the_programme_held_reads_and_writes_nothing(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    service = make_service(sqlite_url)

    with Lease(service.database, PROGRAMME, lambda: datetime.now(UTC)):
        result = service.run()

    assert isinstance(result.error, LeaseHeld)
    assert campus.log == []
    assert (service.count("participants"), service.count("run_programmes")) == (0, 0)


def test_a_run_that_loses_its_lease_writes_no_more_to_the_lms_and_the_next_run_converges(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    service = make_service(sqlite_url)
    sent: list[str] = []

    def taken_over_meanwhile(function: str, _parameters: dict[str, Any]) -> None:
        sent.append(function)
        change_holder(service.database, holder="f" * 32, host="other-host", beat_at=datetime.now(UTC))

    campus.after_write = taken_over_meanwhile
    lost = service.run()
    campus.after_write = None

    assert isinstance(lost.error, LeaseLost)
    assert lost.run.outcome is RunOutcome.FAILED
    assert len(sent) == 1

    with service.database.writing() as connection:
        connection.execute(leases.delete())
    service.run()
    assert sum(row["state"] == "confirmed" for row in service.roster().values()) == CONFIRMED
    again = service.run()
    assert again.run.counts["pushed"] == 0


@pytest.mark.parametrize("function", ["core_group_create_groups", "enrol_manual_enrol_users"])
def test_a_run_whose_lease_goes_while_the_lms_answers_records_nothing_more_of_it(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus, function: str
) -> None:
    service = make_service(sqlite_url)
    known = []

    def taken_over_meanwhile(written: str, _parameters: dict[str, Any]) -> None:
        if written == function and not known:
            change_holder(service.database, holder="f" * 32, host="other-host", beat_at=datetime.now(UTC))
            known.append(what_is_known(service))

    campus.after_write = taken_over_meanwhile
    lost = service.run()

    assert isinstance(lost.error, LeaseLost)
    assert known == [what_is_known(service)]


@pytest.mark.parametrize("step", [Step.READ_DETAILS, Step.READ_COURSES])
def test_a_run_whose_lease_goes_while_it_reads_decides_and_places_nobody(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus, step: Step
) -> None:
    service = make_service(sqlite_url)
    known = []

    def taken_over_meanwhile(_programme: str, reached: Step, _count: int) -> None:
        if reached is step:
            change_holder(service.database, holder="f" * 32, host="other-host", beat_at=datetime.now(UTC))
            known.append(what_is_known(service))

    lost = service.run(progress=taken_over_meanwhile)

    assert isinstance(lost.error, LeaseLost)
    assert known[0] == what_is_known(service)


def what_is_known(service: Service) -> dict[str, list[Any]]:
    """Return all that is recorded of participants, roster and pushes."""
    with service.database.reading() as connection:
        return {
            table: [tuple(row) for row in connection.execute(text(f"SELECT * FROM {table} ORDER BY 1, 2"))]
            for table in ("participants", "decisions", "roster_entries", "roster_events", "pushes")
        }


def test_a_lease_is_asked_for_again_before_every_single_write_to_the_lms(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    service = make_service(sqlite_url)
    beats: list[datetime] = []

    def look(_function: str, _parameters: dict[str, Any]) -> None:
        with service.database.reading() as connection:
            beats.append(connection.execute(select(leases.c.beat_at)).scalar_one())

    campus.before_write = look
    result = service.run()

    assert not isinstance(result.error, LatsarError)
    assert len(beats) == 3  # groups, enrolments, memberships: each of all courses together
    assert len(set(beats)) == len(beats)


def test_a_lease_that_a_full_disk_kept_is_given_back_when_the_disk_has_room_again(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    lease = Lease(database, PROGRAMME, Clock())
    lease.__enter__()
    refusals = iter([OperationalError("DELETE", None, Exception("database or disk is full"))])
    writing = database.writing

    @contextmanager
    def full_at_first() -> Iterator[Connection]:
        for refusal in refusals:
            raise refusal
        with writing() as connection:
            yield connection

    monkeypatch.setattr(database, "writing", full_at_first)
    lease.__exit__(None, None, None)
    still_held = bool(holders(database))

    end = monotonic() + 30
    while holders(database):
        assert monotonic() < end
        Event().wait(0.1)
    assert still_held
