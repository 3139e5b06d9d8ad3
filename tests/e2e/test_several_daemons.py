"""Several daemons in real processes share one PostgreSQL: nothing is written twice, whichever is killed or frozen."""

import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from daemon_process import (
    LONG,
    Daemon,
    Make,
    all_done,
    ask,
    ended_afterwards,
    held_up_at_a_write,
    seated,
    services_of,
)
from seen_in_runs import writes_in
from service import Service, new_postgres
from sqlalchemy import text, update
from unattended import (
    PATIENCE,
    open_service,
    programme,
    requests_of,
    small_campus,
    urls_of,
    wait_for,
    write_config,
)

from latsar_sync.demo import Campus
from latsar_sync.domain.request import RunOutcome
from latsar_sync.store import queue, runs
from latsar_sync.store.check import check_records
from latsar_sync.store.leases import holders
from latsar_sync.store.tables import leases, run_requests

NAMES = ("satu", "dua", "tiga", "empat")


@pytest.fixture
def started() -> Iterator[list[Daemon]]:
    """Give the list of daemons of a test; none outlives it."""
    with ended_afterwards() as daemons:
        yield daemons


@pytest.fixture
def campus() -> Iterator[Campus]:
    """Give a campus with eight small courses."""
    with small_campus(32, 8) as campus:
        yield campus


@pytest.fixture
def make(campus: Campus, tmp_path: Path) -> Iterator[Make]:
    """Give a factory of configured services."""
    with services_of(campus, tmp_path) as new:
        yield new


# Several daemons on one PostgreSQL


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> object:
    """Give the in-class site as it must be in the end: as undisturbed runs of the four programmes leave it."""
    folder = tmp_path_factory.mktemp("undisturbed")
    with small_campus(32, 8) as campus:
        service = open_service(write_config(folder / "latsar.toml", "".join(four_programmes()), urls_of(campus)))
        service.run()
        with service.database.reading() as connection:
            recorded = {(run.programme, run.outcome) for run in runs.recorded_runs(connection)}
        assert recorded == {(name, RunOutcome.OK) for name in NAMES}
        service.database.close()
        return campus.kelas.snapshot()


@pytest.fixture
def three(make: Make, started: list[Daemon], postgres_server: str) -> Service:
    """Start three daemons on one PostgreSQL; give the service of one of them."""
    address = new_postgres(postgres_server)
    services = [make(*four_programmes(), database_url=address) for _ in range(3)]
    started += [Daemon(service.config, f"daemon-{number}") for number, service in enumerate(services)]
    for daemon in started:
        daemon.hear("started")
    return services[0]


def four_programmes() -> list[str]:
    """Return four programmes that share the sites and the MOOC course, with two courses each."""
    return [programme(name, [str(2 * number + 1), str(2 * number + 2)]) for number, name in enumerate(NAMES)]


def who_writes(service: Service, daemons: list[Daemon]) -> tuple[Daemon, str]:
    """Return the daemon whose write is held up, and its programme; writes of the others end by themselves."""

    def only_one() -> list[str]:
        with service.database.reading() as connection:
            sending = connection.execute(text("SELECT DISTINCT programme FROM pushes WHERE state = 'sending'"))
            names = list(sending.scalars())
        return names if len(names) == 1 else []

    [name] = wait_for(only_one, "the end of the others' writes", LONG)
    [pid] = [each.pid for each in holders(service.database) if each.programme == name]
    [daemon] = [each for each in daemons if each.process.pid == pid]
    return daemon, name


def age(service: Service, name: str) -> None:
    """Let the lease and the claim of a programme look as if they had been kept warm last two minutes ago."""
    long_ago = datetime.now(UTC) - timedelta(minutes=2)
    with service.database.writing() as connection:
        connection.execute(update(leases).where(leases.c.programme == name).values(beat_at=long_ago))
        running = (run_requests.c.programme == name, run_requests.c.state == queue.RUNNING)
        connection.execute(update(run_requests).where(*running).values(claimed_at=long_ago))


def assert_all_is_well(service: Service, campus: Campus, expected: object) -> None:
    """After one more full run of everything nothing has changed, and the records agree with each other."""
    numbers = [ask(service, name, "full") for name in NAMES]
    wait_for(lambda: all_done(service, *numbers), "the full runs", LONG)
    assert {each.outcome for each in requests_of(service.database)} == {"ok"}
    assert campus.kelas.snapshot() == expected
    assert {row["state"] for row in seated(service)} == {"confirmed"}
    with service.database.reading() as connection:
        assert check_records(connection, {}) == []


@pytest.mark.postgres
def test_three_daemons_share_the_programmes_and_take_over_from_one_that_is_killed_while_it_writes(
    three: Service, campus: Campus, started: list[Daemon], expected: object
) -> None:
    with held_up_at_a_write(campus, committed=True) as wait:
        numbers = [ask(three, name) for name in NAMES]
        wait()
        killed, name = who_writes(three, started)
        killed.process.kill()
        killed.process.wait(PATIENCE)
    wait_for(lambda: all_done(three, *numbers), "all runs", LONG)

    others = [daemon for daemon in started if daemon is not killed]
    taken_over = [line for daemon in others for line in daemon.told("taken over from a dead daemon")]
    assert {line["programme"] for line in taken_over} == {name}
    assert all(daemon.told("run begins") for daemon in started)
    ended = [line["programme"] for daemon in others for line in daemon.told("run ended")]
    assert sorted(ended) == sorted(NAMES)
    assert_all_is_well(three, campus, expected)


@pytest.mark.postgres
@pytest.mark.parametrize("committed", [False, True], ids=["in flight", "committed"])
def test_one_that_was_frozen_past_its_lease_and_woken_again_writes_nothing_more(
    three: Service, campus: Campus, started: list[Daemon], expected: object, committed: bool
) -> None:
    with held_up_at_a_write(campus, committed, "enrol_manual_enrol_users") as wait:
        numbers = [ask(three, name) for name in NAMES]
        wait()
        frozen, name = who_writes(three, started)
        frozen.process.send_signal(signal.SIGSTOP)
        age(three, name)
        wait_for(lambda: all_done(three, *numbers), "the runs of the others", LONG)
        writes = writes_in(campus)
        assert campus.kelas.snapshot() == expected
        assert [each.outcome for each in requests_of(three.database)] == ["ok"] * 4
        recorded = three.count("roster_events"), three.count("pushes")
        frozen.process.send_signal(signal.SIGCONT)
    lost = frozen.hear("the lease was lost during the run, which goes on from there")

    assert (lost["programme"], isinstance(lost["run"], int)) == (name, True)
    assert writes_in(campus) == writes
    assert (three.count("roster_events"), three.count("pushes")) == recorded
    assert campus.kelas.snapshot() == expected
    assert [each.outcome for each in requests_of(three.database)] == ["ok"] * 4
    assert_all_is_well(three, campus, expected)
    assert frozen.stop() == 0
