"""One writer per programme: who holds it, when it passes on, and that whoever lost it writes nothing more."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from threading import Barrier, Event, Lock, current_thread
from time import monotonic
from typing import Any

import psutil
import pytest
from service import new_postgres
from sqlalchemy import Connection, insert, text, update
from sqlalchemy.exc import TimeoutError as PoolTimeout
from unattended import NOON, Clock

from latsar_sync.domain.errors import LeaseHeld, LeaseLost
from latsar_sync.store import engines, shared_clock
from latsar_sync.store import leases as leases_module
from latsar_sync.store.database import Database
from latsar_sync.store.leases import Lease, holders, is_held
from latsar_sync.store.living_daemons import announce, living_daemons
from latsar_sync.store.tables import leases

PROGRAMME = "latsar-2026-iii"

HOLD_UNTIL_KILLED = """
import sys
from datetime import UTC, datetime
from latsar_sync.store.database import Database
from latsar_sync.store.leases import Lease
with Lease(Database(sys.argv[1]), sys.argv[2], lambda: datetime.now(UTC)):
    print("held", flush=True)
    sys.stdin.readline()
"""

TAKE_ON_COMMAND = """
import sys
from datetime import UTC, datetime
from latsar_sync.domain.errors import LeaseHeld
from latsar_sync.store.database import Database
from latsar_sync.store.leases import Lease
database = Database(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
try:
    with Lease(database, sys.argv[2], lambda: datetime.now(UTC)):
        print("won", flush=True)
        sys.stdin.readline()
except LeaseHeld as held:
    print(held, flush=True)
"""


@pytest.fixture
def database(module_database: Database) -> Iterator[Database]:
    """Give the database with no lease in it."""
    yield module_database
    with module_database.writing() as connection:
        connection.execute(leases.delete())


def address_of(database: Database) -> str:
    """Return the address that another process can open the database by."""
    return database.engine.url.render_as_string(hide_password=False)


def change_holder(database: Database, **values: Any) -> None:
    """Make the written lease look as if somebody else had taken it."""
    with database.writing() as connection:
        connection.execute(update(leases).values(**values))


def try_to_take(database: Database, clock: Clock) -> None:
    """Take the lease and give it back; raise LeaseHeld if somebody holds it."""
    with Lease(database, PROGRAMME, clock):
        pass


@contextmanager
def process_with(script: str, database: Database) -> Iterator["subprocess.Popen[str]"]:
    """Start a process that runs the script on the database, wait for its first line, and end it afterwards."""
    process = subprocess.Popen(
        [sys.executable, "-c", script, address_of(database), PROGRAMME],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() in ("held\n", "ready\n")
            yield process
        finally:
            process.kill()


def test_a_lease_that_was_given_back_can_be_taken_at_once(database: Database) -> None:
    clock = Clock()

    try_to_take(database, clock)

    assert holders(database) == []
    try_to_take(database, clock)


def test_a_lease_is_given_back_when_the_run_ends_in_an_error(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), Lease(database, PROGRAMME, Clock()):
        _ = 1 / 0

    assert holders(database) == []


def test_whoever_comes_second_is_told_who_holds_it_and_since_when(database: Database) -> None:
    clock = Clock()
    with Lease(database, PROGRAMME, clock):
        clock.go_on(seconds=125)
        change_holder(database, beat_at=clock.now)

        with pytest.raises(LeaseHeld) as held:
            try_to_take(database, clock)
        change_holder(database, taken_at=clock.now + timedelta(seconds=1))  # as seen just after
        with pytest.raises(LeaseHeld, match=", 0 minutes"):
            try_to_take(database, clock)

    said = str(held.value)
    assert PROGRAMME in said
    assert socket.gethostname() in said
    assert f"process {os.getpid()}" in said
    assert "since 17 Aug 2026 05:00 UTC" in said
    assert "2 minutes" in said
    assert held.value.remedy


def test_another_programme_is_not_held(database: Database) -> None:
    clock = Clock()

    with Lease(database, PROGRAMME, clock), Lease(database, "another-programme", clock):
        assert {each.programme for each in holders(database)} == {PROGRAMME, "another-programme"}


def test_the_lease_of_a_killed_process_of_this_host_is_taken_over_at_once(database: Database) -> None:
    clock = Clock(datetime.now(UTC))
    with process_with(HOLD_UNTIL_KILLED, database) as process:
        with pytest.raises(LeaseHeld, match=f"process {process.pid}"):
            try_to_take(database, clock)

        process.kill()
        process.wait(timeout=30)

        with Lease(database, PROGRAMME, clock):
            [holder] = holders(database)
            assert holder.pid == os.getpid()


def test_a_lease_whose_host_ran_ahead_before_it_was_booted_anew_blocks_nobody(database: Database) -> None:
    clock = Clock()
    with Lease(database, PROGRAMME, clock) as gone:
        change_holder(database, host="elsewhere", beat_at=clock.now + timedelta(days=400))

        with Lease(database, PROGRAMME, clock), pytest.raises(LeaseLost):
            gone.check()


def test_a_clock_set_back_under_a_run_lets_no_other_process_of_its_host_take_its_lease(database: Database) -> None:
    clock = Clock()
    with Lease(database, PROGRAMME, clock) as held:
        clock.go_on(seconds=-3600)

        with pytest.raises(LeaseHeld):
            try_to_take(database, clock)
        held.check()


def test_the_lease_of_a_dead_process_is_taken_over_though_its_number_is_in_use_again(database: Database) -> None:
    clock = Clock()
    with Lease(database, PROGRAMME, clock) as dead:
        # our own number, but of a process that started another time
        change_holder(database, process_started="1.00")

        with Lease(database, PROGRAMME, clock):
            with pytest.raises(LeaseLost):
                dead.check()
            assert len(holders(database)) == 1


@pytest.mark.parametrize("seconds", [0, 1, 59])
def test_the_lease_of_another_host_is_respected_within_a_minute_of_its_last_beat(
    database: Database, seconds: int
) -> None:
    clock = Clock()
    with Lease(database, PROGRAMME, clock):
        change_holder(database, host="other-host", pid=999_999_999)
        clock.go_on(seconds=seconds)

        with pytest.raises(LeaseHeld, match=r"host other-host, process 999999999"):
            try_to_take(database, clock)


def test_the_lease_of_another_host_is_taken_over_after_a_minute_without_a_beat(database: Database) -> None:
    clock = Clock()
    with Lease(database, PROGRAMME, clock):
        change_holder(database, host="other-host")
        clock.go_on(seconds=61)

        with Lease(database, PROGRAMME, clock):
            [holder] = holders(database)
            assert holder.host != "other-host"
            assert holder.taken_at == clock.now


def test_checking_renews_the_lease_so_that_a_long_run_keeps_it(database: Database) -> None:
    clock = Clock()
    with Lease(database, PROGRAMME, clock) as lease:
        for _ in range(5):
            clock.go_on(seconds=50)
            lease.check()

        with pytest.raises(LeaseHeld):
            try_to_take(database, clock)


def test_a_lease_without_a_beat_for_a_minute_is_lost_even_if_nobody_took_it(database: Database) -> None:
    clock = Clock()
    with Lease(database, PROGRAMME, clock) as lease:
        clock.go_on(seconds=61)

        with pytest.raises(LeaseLost, match=PROGRAMME) as lost:
            lease.check()

    assert "\n" not in str(lost.value)
    assert lost.value.remedy


def test_a_transaction_longer_than_the_lease_keeps_it_since_nobody_could_take_it_meanwhile(database: Database) -> None:
    clock = Clock()
    with Lease(database, PROGRAMME, clock) as lease:
        with lease.writing():
            clock.go_on(seconds=61)

        lease.check()
        with pytest.raises(LeaseHeld):
            try_to_take(database, clock)


def test_a_lease_that_somebody_took_over_is_lost_and_stays_theirs(database: Database) -> None:
    clock = Clock()
    with Lease(database, PROGRAMME, clock) as lease:
        change_holder(database, holder="f" * 32, host="other-host")

        with pytest.raises(LeaseLost):
            lease.check()

    assert [each.holder for each in holders(database)] == ["f" * 32]


def test_a_transaction_of_the_holder_leaves_no_trace_once_somebody_took_over(database: Database) -> None:
    reached = []
    with Lease(database, PROGRAMME, Clock()) as lease:
        change_holder(database, holder="f" * 32, host="other-host")

        with pytest.raises(LeaseLost), lease.writing() as connection:
            reached.append(connection)

    assert reached == []


def test_nobody_takes_over_in_the_middle_of_a_transaction_of_the_holder(database: Database) -> None:
    clock = Clock()
    waiting = Event()

    def take() -> str:
        waiting.set()
        try:
            try_to_take(database, later)
        except LeaseHeld:
            return "held"
        return "taken"

    with ThreadPoolExecutor(1) as pool, Lease(database, PROGRAMME, clock) as lease:
        clock.go_on(seconds=50)
        later = Clock(clock.now + timedelta(seconds=30))  # too late for the beat at the start, not for the one just now
        with lease.writing():
            taken = pool.submit(take)
            assert waiting.wait(timeout=30)
            assert wait([taken], timeout=0.2).not_done

        assert taken.result(timeout=60) == "held"


def test_a_step_of_the_system_clock_does_not_make_a_living_holder_look_dead(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    with Lease(database, PROGRAMME, clock):
        started = psutil.boot_time()
        # the kernel reckons the time of the start back from the clock, so that it moves with it
        monkeypatch.setattr("psutil._pslinux.boot_time", lambda: started + 3600)

        with pytest.raises(LeaseHeld):
            try_to_take(database, clock)


def test_the_lease_goes_on_beating_when_no_connection_was_left_for_one_beat(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leases_module, "BEAT_EVERY_SECONDS", 0.01)
    beaten, failures = Event(), [PoolTimeout("no connection left")]
    clock = Clock()
    writing = database.writing

    @contextmanager
    def crowded() -> Iterator[Connection]:
        if current_thread().name.startswith("lease") and failures:
            raise failures.pop()
        with writing() as connection:
            yield connection
        if current_thread().name.startswith("lease"):
            beaten.set()

    monkeypatch.setattr(database, "writing", crowded)
    with Lease(database, PROGRAMME, clock):
        assert beaten.wait(timeout=30)

    assert failures == []


def test_the_lease_beats_by_itself_while_the_run_is_busy(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leases_module, "BEAT_EVERY_SECONDS", 0.01)
    beaten, asked = Event(), []

    def clock() -> datetime:
        asked.append(NOON + timedelta(seconds=30 * len(asked)))
        if len(asked) > 6:
            beaten.set()
        return asked[-1]

    with Lease(database, PROGRAMME, clock):
        assert beaten.wait(timeout=30)
        [holder] = holders(database)

    # six beats of half a minute each: without them the lease would have run out long ago
    assert holder.taken_at == NOON
    assert holder.beat_at >= NOON + timedelta(seconds=150)


@pytest.mark.postgres
@pytest.mark.parametrize("ahead", [timedelta(minutes=10), timedelta(minutes=-10)], ids=["ahead", "behind"])
def test_a_host_whose_clock_differs_takes_nobody_s_lease_and_keeps_its_own(
    postgres_server: str, monkeypatch: pytest.MonkeyPatch, ahead: timedelta
) -> None:
    database, here = Database(new_postgres(postgres_server)), Clock(datetime.now(UTC))
    database.upgrade()

    def elsewhere() -> datetime:
        return here() + ahead

    with Lease(database, PROGRAMME, here):
        change_holder(database, host="other-host")
        announce(database, "one", here())
        monkeypatch.setattr(shared_clock, "host_now", lambda: datetime.now(UTC) + ahead)
        with pytest.raises(LeaseHeld):
            try_to_take(database, Clock(elsewhere()))
        [holder], [daemon] = holders(database), living_daemons(database, elsewhere())
        monkeypatch.undo()
    monkeypatch.setattr(shared_clock, "host_now", lambda: datetime.now(UTC) + ahead)
    with Lease(database, PROGRAMME, elsewhere) as theirs:
        change_holder(database, host="other-host")
        monkeypatch.undo()
        with pytest.raises(LeaseHeld):
            try_to_take(database, here)
        monkeypatch.setattr(shared_clock, "host_now", lambda: datetime.now(UTC) + ahead)
        theirs.check()
    assert is_held(database, PROGRAMME, elsewhere()) is False
    database.close()

    for seen in (holder.beat_at, holder.taken_at, daemon.beat_at):
        assert abs(seen - elsewhere()) < timedelta(seconds=30)


@pytest.mark.postgres
def test_a_beat_that_waited_for_a_long_transaction_does_not_set_the_lease_back(
    postgres_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leases_module, "BEAT_EVERY_SECONDS", 0.01)
    database, clock, beaten = Database(new_postgres(postgres_server)), Clock(), Event()
    database.upgrade()
    writing = database.writing

    @contextmanager
    def told() -> Iterator[Connection]:
        with writing() as connection:
            yield connection
        if current_thread().name.startswith("lease"):
            beaten.set()

    monkeypatch.setattr(database, "writing", told)
    with Lease(database, PROGRAMME, clock) as lease:
        with lease.writing():
            wait_until_somebody_waits_for_a_lock(database)
            clock.go_on(seconds=61)
            beaten.clear()
        assert beaten.wait(timeout=30)

        lease.check()
    database.close()


@pytest.mark.postgres
def test_whoever_vanished_while_they_wrote_is_waited_for_no_longer_than_a_lease_holds(
    postgres_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "VANISHED_AFTER_SECONDS", 1)
    address, clock = new_postgres(postgres_server), Clock()
    vanished, other = Database(address), Database(address)

    def write_with_a_pause() -> None:
        with lease.writing() as connection:
            clock.go_on(seconds=61)
            with Lease(other, PROGRAMME, clock):
                assert holders(other) != before
            connection.execute(leases.select())

    with Lease(vanished, PROGRAMME, clock) as lease:
        before = holders(other)
        with pytest.raises(LeaseLost, match="lost while the run was under way"):
            write_with_a_pause()
    vanished.close()
    other.close()


def wait_until_somebody_waits_for_a_lock(database: Database) -> None:
    """Return when a statement of this PostgreSQL database waits for another transaction."""
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    give_up_at = monotonic() + 30
    while monotonic() < give_up_at:
        with database.engine.connect() as connection:
            if connection.execute(text(waiting)).scalar_one():
                return
    raise AssertionError("nobody waited for a lock within 30 seconds")


@pytest.mark.parametrize("found", ["no lease", "an expired lease"])
def test_of_many_that_race_for_a_lease_exactly_one_gets_it(database: Database, found: str) -> None:
    clock = Clock()
    if found == "an expired lease":
        with database.writing() as connection:
            expired = {"holder": "f" * 32, "host": "other-host", "pid": 1, "process_started": ""}
            long_ago = NOON - timedelta(hours=1)
            connection.execute(
                insert(leases).values(programme=PROGRAMME, taken_at=long_ago, beat_at=long_ago, **expired)
            )
    start, all_done = Barrier(4), Barrier(4)
    winners: list[str] = []
    lock = Lock()

    def race(name: str) -> None:
        start.wait(timeout=30)
        try:
            with Lease(database, PROGRAMME, clock):
                with lock:
                    winners.append(name)
                all_done.wait(timeout=30)
        except LeaseHeld:
            all_done.wait(timeout=30)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(race, ["first", "second", "third", "fourth"]))

    assert len(winners) == 1
    assert holders(database) == []


def test_of_two_processes_that_race_for_a_lease_exactly_one_gets_it(database: Database) -> None:
    with process_with(TAKE_ON_COMMAND, database) as one, process_with(TAKE_ON_COMMAND, database) as other:
        for process in (one, other):
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        said = []
        for process in (one, other):
            assert process.stdout is not None
            said.append(process.stdout.readline())

    assert sorted(line == "won\n" for line in said) == [False, True]


@pytest.mark.postgres
def test_who_loses_the_race_by_a_hair_is_still_told_who_won(postgres_server: str) -> None:
    database = Database(new_postgres(postgres_server))
    database.upgrade()
    winner = {"holder": "f" * 32, "host": "other-host", "pid": 4711, "process_started": ""}
    with ThreadPoolExecutor(1) as pool:
        with database.writing() as connection:
            connection.execute(insert(leases).values(programme=PROGRAMME, taken_at=NOON, beat_at=NOON, **winner))
            loser = pool.submit(try_to_take, database, Clock())
            wait_until_somebody_waits_for_a_lock(database)
        error = loser.exception(timeout=30)
    database.close()

    assert isinstance(error, LeaseHeld)
    assert "process 4711" in str(error)
    assert "since 17 Aug 2026 05:00 UTC" in str(error)
