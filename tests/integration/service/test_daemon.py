"""The daemon in this process, by a clock that the tests move: schedule, requests of people, stopping, faults."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

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
from unattended import (
    NOON,
    Clock,
    daemon_at_work,
    programme,
    requests_of,
    settle,
    small_campus,
    wait_for,
)

from latsar_sync.demo import Campus
from latsar_sync.service import daemon as daemon_module
from latsar_sync.store import queue
from latsar_sync.store.tables import run_requests

OTHER = "latsar-2026-ii"
QUARTERLY = 'schedule = "*/15 * * * *"'
HOUR, DAY = timedelta(hours=1), timedelta(days=1)

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


# The schedule


@on_sqlite
def test_a_slot_is_run_when_its_time_has_come_and_not_before(make: MakeService, clock: Clock, events: Events) -> None:
    service = make(programme(PROGRAMME, more=QUARTERLY))
    with daemon_at_work(service, clock) as daemon:
        settle(daemon, clock, service.database, minutes=14, seconds=59)
        assert requests_of(service.database) == []

        settle(daemon, clock, service.database, seconds=10)

        [request] = wait_for(done(service), "the run")
    assert (request.outcome, request.manual, request.scope) == ("ok", False, "incremental")
    assert {row["state"] for row in service.roster().values()} == {"confirmed"}
    [line] = told(events, "run ended")
    assert (line["outcome"], line["error"]) == ("ok", None)
    assert [note for note in line["notes"] if "clock" in note], "the clock of the tests is not the site's"


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


@on_sqlite
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
