"""The daemon among others and against odds: leases, dead hosts, clocks, databases that were moved; and how it ends."""

import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Event

import pytest
from daemon_in_thread import (
    PROGRAMME,
    Events,
    MakeService,
    ask,
    done,
    held_up_at_a_write,
    kinds,
    on_sqlite,
    services_on,
    told,
)
from sqlalchemy import delete, insert, text, update
from sqlalchemy.exc import OperationalError
from starlette.testclient import TestClient
from unattended import (
    NOON,
    Clock,
    daemon_at_work,
    let_it_look,
    requests_of,
    settle,
    small_campus,
    wait_for,
)

from latsar_sync.demo import Campus
from latsar_sync.domain.errors import DatabaseMoved
from latsar_sync.service import daemon as daemon_module
from latsar_sync.service.meters import Meters
from latsar_sync.setup.doctor import examine
from latsar_sync.store import living_daemons as daemons_of_the_store
from latsar_sync.store import queue, queue_taking
from latsar_sync.store.leases import Lease, holders
from latsar_sync.store.living_daemons import living_daemons
from latsar_sync.store.tables import daemons, leases, run_requests
from latsar_sync.web.health import health_app

LEASE_LOST = "the lease was lost during the run, which goes on from there"

pytestmark = pytest.mark.usefixtures("look_often")


@pytest.fixture
def campus() -> Iterator[Campus]:
    """Give a campus with two small courses."""
    with small_campus(8, 2) as campus:
        yield campus


@pytest.fixture
def make(campus: Campus, database_url: str, tmp_path: Path) -> Iterator[MakeService]:
    """Give a factory of services on the campus: all on one database, as several daemons are."""
    with services_on(database_url, campus, tmp_path) as new:
        yield new


def seats(campus: Campus) -> dict[str, int]:
    """Return how many people sit in each course."""
    return {name: len(campus.kelas.course(name).enrolments) for name in ("KLS-1", "KLS-2")}


# Several daemons


@on_sqlite
def test_a_programme_that_another_run_holds_is_taken_as_soon_as_it_is_free(make: MakeService, clock: Clock) -> None:
    service = make()
    with daemon_at_work(service, clock) as daemon:
        with Lease(service.database, PROGRAMME, clock):
            ask(service)
            settle(daemon, clock, service.database, seconds=14)
            assert kinds(service) == []
        settle(daemon, clock, service.database, seconds=1)

        [request] = wait_for(done(service), "the run")
    assert request.outcome == "ok"


def test_whoever_has_lost_the_lease_writes_nothing_more_and_the_run_goes_on_later(
    make: MakeService, clock: Clock, campus: Campus, events: Events
) -> None:
    service = make()
    with daemon_at_work(service, clock) as daemon:
        ask(service)
        with held_up_at_a_write(campus) as wait:
            wait()
            with service.database.writing() as connection:
                connection.execute(update(leases).values(holder="somebody else", host="another host"))
        wait_for(lambda: told(events, LEASE_LOST), "the notice")
        assert seats(campus) == {"KLS-1": 0, "KLS-2": 0}
        with service.database.writing() as connection:
            connection.execute(delete(leases))
        settle(daemon, clock, service.database, seconds=16)

        [request] = wait_for(done(service), "the run")
    assert request.outcome == "ok"
    assert sum(seats(campus).values()) == len(service.roster())


def test_what_a_dead_daemon_of_another_host_had_begun_is_taken_over_within_ninety_seconds(
    make: MakeService, clock: Clock
) -> None:
    service = make()
    number = ask(service)
    assert queue_taking.claim(service.database, number, clock())
    elsewhere = {"host": "another host", "pid": 1, "process_started": "1.00"}
    with service.database.writing() as connection:
        connection.execute(update(run_requests).values(**elsewhere))
        lease = {"programme": PROGRAMME, "holder": "another", "taken_at": NOON, "beat_at": NOON + timedelta(seconds=15)}
        connection.execute(insert(leases).values(**lease, **elsewhere))

    with daemon_at_work(service, clock) as daemon:
        clock.go_on(seconds=75)
        let_it_look(daemon, clock)
        assert [each.id for each in requests_of(service.database, queue.RUNNING)] == [number]
        settle(daemon, clock, service.database, seconds=6)

        [request] = wait_for(done(service), "the run")
    assert (request.id, request.outcome) == (number, "ok")


@on_sqlite
def test_a_clock_that_jumps_ahead_in_the_middle_of_a_run_doubles_nothing(
    make: MakeService, clock: Clock, campus: Campus, events: Events
) -> None:
    service = make()
    with daemon_at_work(service, clock) as daemon:
        number = ask(service)
        with held_up_at_a_write(campus) as wait:
            wait()
            clock.go_on(hours=1)
            moment = clock.now
            wait_for(lambda: daemon.looked_at == moment, "a look of the daemon")
            clock.go_on(seconds=6)
            wait_for(lambda: daemon.looked_at > moment, "another look of the daemon")
            assert [each.id for each in requests_of(service.database, queue.RUNNING)] == [number]
        wait_for(lambda: told(events, LEASE_LOST), "the notice")
        settle(daemon, clock, service.database, seconds=20)

        [request] = wait_for(done(service), "the run")
    assert request.outcome == "ok"
    assert sum(seats(campus).values()) == len(service.roster())


def test_a_daemon_that_was_taken_for_dead_is_among_the_living_again(make: MakeService, clock: Clock) -> None:
    service = make()
    with daemon_at_work(service, clock) as daemon:
        wait_for(lambda: living_daemons(service.database, clock()), "the daemon")
        with service.database.writing() as connection:
            connection.execute(delete(daemons))

        settle(daemon, clock, service.database, seconds=11)

        [living] = living_daemons(service.database, clock())
        assert living.started_at == NOON
    assert living_daemons(service.database, clock()) == []


def test_a_daemon_tells_that_its_configuration_was_changed_since_it_read_it(
    make: MakeService, clock: Clock, events: Events
) -> None:
    """Once an administrator edited the file, saw nothing happen, and nothing told why."""
    service = make()
    as_read = service.config.read_bytes()
    with daemon_at_work(service, clock) as daemon:
        wait_for(lambda: living_daemons(service.database, clock()), "the daemon")
        service.config.write_bytes(as_read + b"# capacity is 30 by now")
        settle(daemon, clock, service.database, seconds=11)
        [changed] = living_daemons(service.database, clock())
        found = examine(service.settings, None, clock, lambda _: None)
        checks = [each for each in found if each.name == "changed_files"]
        settle(daemon, clock, service.database, seconds=11)
        service.config.write_bytes(as_read)
        settle(daemon, clock, service.database, seconds=11)
        [as_before] = living_daemons(service.database, clock())

    assert (changed.changed_files, as_before.changed_files) == ((str(service.config),), ())
    assert all(str(service.config) in each.text and "restart" in each.remedy for each in checks)
    assert len(checks) == 2  # of the daemon, and of these settings themselves
    [said] = told(events, "the configuration was changed; restart to go by it")
    assert said["files"] == [str(service.config)]


@on_sqlite
def test_a_database_that_was_closed_opens_the_file_that_stands_there_by_then(make: MakeService) -> None:
    database = make().database
    assert database.file is not None
    with database.reading():
        pass
    database.close()
    shutil.copy(database.file, copied := database.file.with_name("copied.db"))
    copied.replace(database.file)

    with database.reading() as connection:
        assert connection.execute(text("SELECT count(*) FROM runs")).scalar_one() == 0


@on_sqlite
def test_a_daemon_whose_database_was_moved_away_ends_and_writes_nothing_into_the_file_that_was_moved(
    make: MakeService, clock: Clock
) -> None:
    service = make()
    file = service.database.file
    assert file is not None
    with daemon_at_work(service, clock) as daemon:
        wait_for(lambda: living_daemons(service.database, clock()), "the daemon")
        file.rename(file.with_name("moved.db"))
        shutil.copy(file.with_name("moved.db"), file)
        clock.go_on(seconds=120)
        wait_for(lambda: daemon.moved, "the end")

    with pytest.raises(DatabaseMoved, match="was moved, deleted or replaced"), service.database.writing():
        pass


@on_sqlite
def test_a_daemon_that_wakes_up_with_the_tables_of_a_newer_version_ends_and_begins_nothing(
    make: MakeService, clock: Clock
) -> None:
    service = make()
    with daemon_at_work(service, clock) as daemon:
        wait_for(lambda: living_daemons(service.database, clock()), "the daemon")
        with service.database.writing() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        ask(service)
        clock.go_on(seconds=120)
        wait_for(lambda: daemon.outgrown, "the end")

    assert not daemon.under_way()
    assert [each.state for each in requests_of(service.database)] == [queue.QUEUED]


@on_sqlite
def test_a_database_that_can_be_read_and_not_written_is_told_once_until_it_takes_what_was_due(
    make: MakeService, clock: Clock, events: Events, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(daemon_module, "DATABASE_PAUSE_SECONDS", 0.0)
    service, is_full, beats = make(), Event(), list[int]()
    is_full.set()

    def beat(*_given: object) -> None:
        beats.append(1)
        if is_full.is_set():
            raise OperationalError("", {}, Exception("database or disk is full"))

    monkeypatch.setattr(daemons_of_the_store, "beat", beat)
    with daemon_at_work(service, clock) as daemon:
        app = health_app(service.settings, service.database, daemon, Meters(clock), clock)
        health = TestClient(app, base_url="http://127.0.0.1")
        wait_for(lambda: len(beats) > 3, "some looks")
        meanwhile = health.get("/readyz").json()["reasons"]
        is_full.clear()
        wait_for(lambda: told(events, "the database answers again"), "the end of it")
        wait_for(lambda: daemon.database_refuses is None, "the look to end")
        after = health.get("/readyz").json()["reasons"]

    assert [each for each in meanwhile if each not in after] == [
        "the database does not take what is due (database or disk is full)"
    ]

    assert len(told(events, "the database does not answer; trying again")) == 1
    assert len(told(events, "the database answers again")) == 1


# Stopping


def test_stopping_finishes_the_step_in_hand_and_the_run_goes_on_after_the_restart(
    make: MakeService, clock: Clock, campus: Campus
) -> None:
    service = make()
    with daemon_at_work(service, clock) as daemon:
        ask(service)
        with held_up_at_a_write(campus) as wait:
            wait()
            daemon.stop()
    cut_off = seats(campus)
    [waiting] = requests_of(service.database)
    assert (waiting.state, holders(service.database)) == ("queued", [])

    with daemon_at_work(service, clock):
        [request] = wait_for(done(service), "the rest of the run")

    assert request.id == waiting.id
    assert sum(cut_off.values()) < sum(seats(campus).values()) == len(service.roster())
    assert {len(rows) for rows in campus.kelas.course("KLS-1").enrolments.values()} == {1}


@on_sqlite
def test_a_hanging_lms_does_not_keep_the_daemon_from_ending(make: MakeService, clock: Clock, campus: Campus) -> None:
    service = make(service="stop_within = 0.2")
    daemon = daemon_module.Daemon(service.settings, service.database, clock, Meters(clock))
    ask(service)
    with held_up_at_a_write(campus) as wait:
        stopper = Event()

        def stop_at_the_write() -> None:
            wait()
            daemon.stop()
            stopper.set()

        ThreadPoolExecutor(1).submit(stop_at_the_write)
        in_time = daemon.run()

        assert stopper.is_set()
        assert not in_time
    wait_for(lambda: not holders(service.database), "the end of the run")
