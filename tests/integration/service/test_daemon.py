"""The daemon in this process, by a clock that the tests move: schedule, requests of people, stopping, faults."""

import shutil
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from service import Service
from sqlalchemy import delete, insert, text, update
from sqlalchemy.exc import OperationalError
from unattended import (
    NOON,
    PATIENCE,
    Clock,
    daemon_at_work,
    let_it_look,
    open_service,
    programme,
    requests_of,
    settle,
    small_campus,
    urls_of,
    wait_for,
    write_config,
)

from latsar_sync.demo import Campus
from latsar_sync.domain.errors import DatabaseMoved
from latsar_sync.service import daemon as daemon_module
from latsar_sync.service.meters import Meters
from latsar_sync.store import daemons as daemons_of_the_store
from latsar_sync.store import queue, runs
from latsar_sync.store.daemons import living_daemons
from latsar_sync.store.leases import Lease, holders
from latsar_sync.store.tables import daemons, leases, run_requests

PROGRAMME = "latsar-2026-iii"
OTHER = "latsar-2026-ii"
QUARTERLY = 'schedule = "*/15 * * * *"'
LEASE_LOST = "the lease was lost during the run, which goes on from there"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)

Events = list[Mapping[str, Any]]
MakeService = Callable[..., Service]

pytestmark = pytest.mark.usefixtures("look_often")


@pytest.fixture
def campus() -> Iterator[Campus]:
    """Give a campus with two small courses."""
    with small_campus(8, 2) as campus:
        yield campus


@pytest.fixture
def make(campus: Campus, database_url: str, tmp_path: Path) -> Iterator[MakeService]:
    """Give a factory of services on the campus: all on one database, as several daemons are."""
    made: list[Service] = []

    def new(*programmes: str, **more: str) -> Service:
        text = "".join(programmes) or programme(PROGRAMME)
        config = tmp_path / f"latsar-{len(made)}.toml"
        write_config(config, text, more.pop("urls", None) or urls_of(campus), database_url, **more)
        made.append(open_service(config))
        return made[-1]

    yield new
    for service in made:
        service.database.close()


on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def told(events: Events, event: str) -> Events:
    """Return the log lines that say this."""
    return [each for each in events if each["event"] == event]


def ask(service: Service, scope: str = "incremental", subject: str = "", name: str = PROGRAMME) -> int:
    """Ask for a run as a person does."""
    return queue.ask(service.database, name, scope, subject, "rina", NOON)


def done(service: Service, times: int = 1) -> Callable[[], list[Any]]:
    """Return what waits for so many finished requests."""

    def look() -> list[Any]:
        found = requests_of(service.database, queue.DONE)
        return found if len(found) >= times else []

    return look


def kinds(service: Service) -> list[str]:
    """Return the kinds of the runs so far, oldest first."""
    with service.database.reading() as connection:
        return [run.kind for run in reversed(runs.recorded_runs(connection, limit=100))]


def seats(campus: Campus) -> dict[str, int]:
    """Return how many people sit in each course."""
    return {name: len(campus.kelas.course(name).enrolments) for name in ("KLS-1", "KLS-2")}


@contextmanager
def held_up_at_a_write(campus: Campus) -> Iterator[Callable[[], None]]:
    """Hold the first write to the LMS up; give a function that waits until it has come."""
    reached, go_on = Event(), Event()

    def hold(function: str, parameters: Mapping[str, Any]) -> None:
        reached.set()
        assert go_on.wait(PATIENCE)

    def wait() -> None:
        assert reached.wait(PATIENCE)

    campus.before_write = hold
    try:
        yield wait
    finally:
        campus.before_write = None
        go_on.set()


# The schedule


def test_a_slot_is_run_when_its_time_has_come_and_not_before(make: MakeService, clock: Clock) -> None:
    service = make(programme(PROGRAMME, more=QUARTERLY))
    with daemon_at_work(service, clock) as daemon:
        settle(daemon, clock, service.database, minutes=14, seconds=59)
        assert requests_of(service.database) == []

        settle(daemon, clock, service.database, seconds=10)

        [request] = wait_for(done(service), "the run")
    assert (request.outcome, request.manual, request.scope) == ("ok", False, "incremental")
    assert {row["state"] for row in service.roster().values()} == {"confirmed"}


@on_sqlite
def test_slots_missed_while_nobody_was_there_are_made_up_for_by_one_run_and_told(
    make: MakeService, clock: Clock, events: Events
) -> None:
    service = make(programme(PROGRAMME, more=QUARTERLY))
    with daemon_at_work(service, clock) as daemon:
        settle(daemon, clock, service.database, minutes=15)
    clock.go_on(hours=3)

    with daemon_at_work(service, clock) as daemon:
        settle(daemon, clock, service.database)
        settle(daemon, clock, service.database, minutes=14)

    assert len(kinds(service)) == 2
    [line] = told(events, "runs were missed; one makes up for them")
    assert (line["programme"], line["scope"], line["missed"]) == (PROGRAMME, "incremental", 11)
    assert line["since"].startswith("2026-08-17T12:30:00+07:00")


def test_each_slot_is_run_once_however_many_daemons_there_are(make: MakeService, clock: Clock) -> None:
    one, two = make(programme(PROGRAMME, more=QUARTERLY)), make(programme(PROGRAMME, more=QUARTERLY))
    with daemon_at_work(one, clock) as first, daemon_at_work(two, clock) as second:
        for _ in range(4):
            clock.go_on(minutes=15)
            settle(first, clock, one.database)
            settle(second, clock, two.database)

    assert len(kinds(one)) == 4
    assert [each.state for each in requests_of(one.database)] == ["done"] * 4


@on_sqlite
def test_incremental_and_full_runs_of_one_moment_are_both_run(make: MakeService, clock: Clock) -> None:
    service = make(programme(PROGRAMME, more=f'{QUARTERLY}\nfull_schedule = "30 * * * *"'))
    service.run(clock.now)
    with daemon_at_work(service, clock) as daemon:
        settle(daemon, clock, service.database, minutes=30)

    assert sorted(kinds(service)[1:]) == ["incremental", "night"]


@on_sqlite
def test_programmes_of_one_moment_are_spread_over_the_jitter(make: MakeService, clock: Clock) -> None:
    service = make(programme(PROGRAMME, ["1"], QUARTERLY), programme(OTHER, ["2"], QUARTERLY), service="jitter = 600")
    with daemon_at_work(service, clock) as daemon:
        settle(daemon, clock, service.database, minutes=15)
        assert len(requests_of(service.database)) == 2

        settle(daemon, clock, service.database, minutes=10)

        assert len(wait_for(done(service, 2), "both runs")) == 2


@on_sqlite
@pytest.mark.parametrize("wrong", [timedelta(hours=-1), timedelta(hours=2), timedelta(days=400)])
def test_a_clock_that_was_wrong_for_a_while_neither_silences_nor_doubles_the_schedule(
    make: MakeService, clock: Clock, wrong: timedelta
) -> None:
    service = make(programme(PROGRAMME, more='schedule = "0 * * * *"'))
    with daemon_at_work(service, clock) as daemon:
        settle(daemon, clock, service.database, hours=1)
        assert len(kinds(service)) == 1

        for jump in (wrong, -wrong):
            settle(daemon, clock, service.database, seconds=jump.total_seconds())
            settle(daemon, clock, service.database, minutes=1)
        after_the_jumps = len(kinds(service))
        for _ in range(4):
            settle(daemon, clock, service.database, hours=1)

    assert after_the_jumps <= 2
    assert len(kinds(service)) - after_the_jumps in ((3, 4) if wrong == timedelta(hours=2) else (4,))


@on_sqlite
def test_a_machine_that_booted_with_a_wrong_clock_still_makes_up_for_what_it_missed(
    make: MakeService, clock: Clock
) -> None:
    service = make(programme(PROGRAMME, more='schedule = "0 * * * *"'))
    with daemon_at_work(service, clock) as daemon:
        settle(daemon, clock, service.database, hours=1)
        settle(daemon, clock, service.database, days=60)
    clock.now = NOON + 5 * HOUR + timedelta(minutes=1)
    ran = len(kinds(service))

    with daemon_at_work(service, clock) as daemon:
        settle(daemon, clock, service.database)
        assert len(kinds(service)) == ran + 1
        settle(daemon, clock, service.database, hours=1)

    assert len(kinds(service)) == ran + 2


# requests of people


def test_a_request_is_taken_though_no_time_passes_and_forgets_whom_it_was_about(
    make: MakeService, clock: Clock
) -> None:
    service = make()
    service.run(now=NOON - DAY, dry_run=True)
    with daemon_at_work(service, clock):
        ask(service)
        [whole] = wait_for(done(service), "the run")
        nip = next(nip for nip, row in service.roster().items() if row["state"] == "confirmed")
        ask(service, "participant", nip)
        [_, single] = wait_for(done(service, 2), "the run of one participant")

    assert daemon_module.LOOK_EVERY_SECONDS < 1
    assert (whole.outcome, single.outcome, single.subject) == ("ok", "ok", "")
    assert kinds(service)[-1] == "participant"
    with service.database.reading() as connection:
        assert nip not in str(connection.execute(run_requests.select()).all())


def test_a_request_waits_until_a_daemon_is_started(make: MakeService, clock: Clock) -> None:
    service = make()
    number = ask(service, "full")

    with daemon_at_work(service, clock):
        [request] = wait_for(done(service), "the run")

    assert request.id == number
    assert kinds(service) == ["full"]


def test_requests_during_a_run_are_queued_once_and_run_once_after_it(
    make: MakeService, clock: Clock, campus: Campus
) -> None:
    service = make()
    with daemon_at_work(service, clock) as daemon:
        first = ask(service)
        with held_up_at_a_write(campus) as wait:
            wait()
            [running] = requests_of(service.database, queue.RUNNING)
            second, third = ask(service), ask(service)
            assert running.step is not None
        found = wait_for(done(service, 2), "both runs")
        settle(daemon, clock, service.database, minutes=1)

    assert second == third != first
    assert [each.id for each in found] == [first, second]
    assert len(kinds(service)) == 2


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
    assert queue.claim(service.database, number, clock())
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
    with daemon_at_work(service, clock):
        wait_for(lambda: len(beats) > 3, "some looks")
        is_full.clear()
        wait_for(lambda: told(events, "the database answers again"), "the end of it")

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
