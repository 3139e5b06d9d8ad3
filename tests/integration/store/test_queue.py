"""The queue of run requests: each request and each slot once, people first, and nothing lost with a dead daemon."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier
from typing import Any, TypeVar

import pytest
from sqlalchemy import delete, insert, select, update
from unattended import NOON

from latsar_sync.domain.request import RunOutcome
from latsar_sync.store import queue, queue_taking
from latsar_sync.store.database import Database
from latsar_sync.store.processes import process_started, this_host
from latsar_sync.store.queue import RunRequest
from latsar_sync.store.tables import leases, run_requests, runs

NIP = "199508172025042003"
PROGRAMME = "latsar-2026-iii"
OTHER = "latsar-2026-ii"
SLOT = NOON
Answer = TypeVar("Answer")


@pytest.fixture
def database(module_database: Database) -> Iterator[Database]:
    """Give the database with an empty line."""
    yield module_database
    with module_database.writing() as connection:
        for table in (run_requests, leases, runs):
            connection.execute(delete(table))


def ask(
    database: Database, scope: str = "incremental", subject: str = "", now: datetime = NOON, by: str = "rina"
) -> int:
    """Ask for a run of the programme."""
    return queue.ask(database, PROGRAMME, scope, subject, by, now)


def line(database: Database, now: datetime = NOON) -> list[RunRequest]:
    """Return what may be taken now."""
    with database.reading() as connection:
        return queue_taking.waiting(connection, now, [PROGRAMME, OTHER])


def request_of(database: Database, number: int) -> RunRequest:
    """Return one request."""
    with database.reading() as connection:
        [found] = queue.find(connection, [number])
    return found


def claim(database: Database, number: int, now: datetime = NOON) -> str:
    """Take a request and return the claim."""
    holder = queue_taking.claim(database, number, now)
    assert holder is not None
    return holder


def change(database: Database, number: int, **values: Any) -> None:
    """Make a request look as if somebody else had claimed it."""
    with database.writing() as connection:
        connection.execute(update(run_requests).where(run_requests.c.id == number).values(**values))


def beat_of_another_host(database: Database, at: datetime) -> None:
    """Write down a lease of the programme that another host keeps."""
    values = {"holder": "x", "host": "another host", "pid": 1, "process_started": "1.00", "taken_at": at, "beat_at": at}
    with database.writing() as connection:
        connection.execute(insert(leases).values(programme=PROGRAMME, **values))


def all_at_once(times: int, action: Callable[[], Answer]) -> list[Answer]:
    """Do the same from several threads at the same moment and return every answer."""
    together = Barrier(times)

    def when_all_are_there() -> Answer:
        together.wait(30)
        return action()

    with ThreadPoolExecutor(times) as pool:
        return [each.result() for each in [pool.submit(when_all_are_there) for _ in range(times)]]


def stored(database: Database) -> str:
    """Return everything that is written in the table of requests."""
    with database.reading() as connection:
        return str([tuple(row) for row in connection.execute(select(run_requests))])


# Asking


def test_the_same_request_waits_in_line_once(database: Database) -> None:
    first, second = ask(database), ask(database, by="budi")

    assert first == second
    assert [each.id for each in line(database)] == [first]


def test_other_scopes_people_and_programmes_are_other_requests(database: Database) -> None:
    numbers = {
        ask(database),
        ask(database, "full"),
        ask(database, "participant", NIP),
        ask(database, "participant", "199001012020121001"),
        queue.ask(database, OTHER, "incremental", "", "rina", NOON),
    }

    assert {each.id for each in line(database)} == numbers
    assert len(numbers) == 5


def test_a_request_during_a_run_of_the_same_is_queued_once_and_not_lost(database: Database) -> None:
    running = ask(database)
    holder = claim(database, running)

    after, again = ask(database), ask(database)

    assert running != after == again
    queue_taking.finish(database, running, holder, None, RunOutcome.OK, None, NOON)
    assert [each.id for each in line(database)] == [after]


def test_many_who_ask_at_the_same_moment_get_the_same_number(database: Database) -> None:
    numbers = all_at_once(6, lambda: ask(database))

    assert len(set(numbers)) == 1
    assert len(line(database)) == 1


def test_a_request_that_meets_a_scheduled_run_still_waiting_makes_it_due_and_a_persons(database: Database) -> None:
    queue.schedule(database, PROGRAMME, "incremental", SLOT, NOON + timedelta(minutes=9))
    assert line(database) == []

    number = ask(database)

    [waiting] = line(database)
    assert (waiting.id, waiting.manual, waiting.requested_by) == (number, True, "rina")


def test_a_request_that_meets_one_put_off_makes_it_due(database: Database) -> None:
    first = ask(database)
    queue_taking.put_back(database, first, claim(database, first), NOON + timedelta(minutes=1))
    assert line(database) == []

    assert ask(database, by="budi") == first

    assert [(each.id, each.requested_by) for each in line(database)] == [(first, "rina")]


# The schedule


def test_a_slot_is_taken_by_one_of_several_daemons(database: Database) -> None:
    taken = all_at_once(4, lambda: queue.schedule(database, PROGRAMME, "incremental", SLOT, NOON))

    assert sorted(taken) == [False, False, False, True]
    assert len(line(database)) == 1


def test_a_slot_stays_taken_after_its_run(database: Database) -> None:
    assert queue.schedule(database, PROGRAMME, "incremental", SLOT, NOON)
    [waiting] = line(database)
    queue_taking.finish(database, waiting.id, claim(database, waiting.id), None, RunOutcome.OK, None, NOON)

    assert not queue.schedule(database, PROGRAMME, "incremental", SLOT, NOON)

    assert line(database) == []


def test_the_same_moment_is_another_slot_for_another_scope_or_programme(database: Database) -> None:
    assert queue.schedule(database, PROGRAMME, "incremental", SLOT, NOON)
    assert queue.schedule(database, PROGRAMME, "full", SLOT, NOON)
    assert queue.schedule(database, OTHER, "full", SLOT, NOON)

    assert len(line(database)) == 3


def test_a_slot_that_meets_the_same_run_still_waiting_is_merged_with_it_for_good(database: Database) -> None:
    number = ask(database)
    later = SLOT + timedelta(minutes=15)

    assert not queue.schedule(database, PROGRAMME, "incremental", later, later)

    assert [each.id for each in line(database, later)] == [number]
    with database.reading() as connection:
        assert queue.last_slot(connection, PROGRAMME, "incremental", later) == later
    queue_taking.finish(database, number, claim(database, number), None, RunOutcome.OK, None, later)
    assert not queue.schedule(database, PROGRAMME, "incremental", later, later)
    assert line(database, later) == []


def test_the_last_slot_is_the_newest_of_its_scope_and_never_one_to_come(database: Database) -> None:
    for minutes in (15, 0, 30):
        queue.schedule(database, PROGRAMME, "incremental", SLOT + timedelta(minutes=minutes), NOON)
    queue.schedule(database, PROGRAMME, "full", SLOT + timedelta(minutes=20), NOON)

    def last(now: datetime, scope: str = "incremental") -> datetime | None:
        with database.reading() as connection:
            return queue.last_slot(connection, PROGRAMME, scope, now)

    assert last(SLOT + timedelta(hours=1)) == SLOT + timedelta(minutes=30)
    assert last(SLOT + timedelta(minutes=29)) == SLOT + timedelta(minutes=15)
    assert last(SLOT + timedelta(hours=1), "full") == SLOT + timedelta(minutes=20)
    assert last(SLOT - timedelta(hours=1)) is None


# Taking


def test_people_come_before_the_schedule_and_then_the_oldest_first(database: Database) -> None:
    queue.schedule(database, PROGRAMME, "full", SLOT, NOON)
    queue.schedule(database, OTHER, "full", SLOT, NOON)
    requests = [ask(database), ask(database, "participant", NIP)]

    assert [each.id for each in line(database)][:2] == requests
    assert [each.programme for each in line(database)][2:] == [PROGRAMME, OTHER]


def test_only_programmes_of_ones_own_configuration_are_offered(database: Database) -> None:
    queue.ask(database, "unknown-here", "full", "", "rina", NOON)

    assert line(database) == []


def test_nothing_is_offered_before_its_time(database: Database) -> None:
    queue.schedule(database, PROGRAMME, "full", SLOT, NOON + timedelta(seconds=20))

    assert line(database, NOON + timedelta(seconds=19)) == []
    assert len(line(database, NOON + timedelta(seconds=20))) == 1


def test_a_time_that_only_a_wrong_clock_can_have_written_keeps_nothing_waiting(database: Database) -> None:
    queue.schedule(database, PROGRAMME, "full", SLOT + timedelta(days=400), NOON + timedelta(days=400))

    assert len(line(database)) == 1


def test_one_of_several_daemons_gets_the_request(database: Database) -> None:
    number = ask(database)

    claims = all_at_once(4, lambda: queue_taking.claim(database, number, NOON))

    assert sum(each is not None for each in claims) == 1
    assert request_of(database, number).state == "running"
    assert line(database) == []


def test_steps_are_told_by_the_holder_alone(database: Database) -> None:
    number = ask(database)
    holder = claim(database, number)

    queue_taking.tell_step(database, number, holder, 3, 12)
    queue_taking.tell_step(database, number, "somebody else", 9, 1)

    found = request_of(database, number)
    assert (found.step, found.step_count) == (3, 12)


# Ending


def test_a_finished_request_says_how_it_ended_and_forgets_the_nip(database: Database) -> None:
    with database.writing() as connection:
        connection.execute(insert(runs).values(id=7, command="resync", host="h", pid=1, started_at=NOON))
    number = ask(database, "participant", NIP)

    queue_taking.finish(
        database, number, claim(database, number), 7, RunOutcome.PARTIAL, "one in-class course failed", NOON
    )

    found = request_of(database, number)
    assert (found.state, found.run_id, found.outcome, found.message) == (
        "done",
        7,
        "partial",
        "one in-class course failed",
    )
    assert NIP not in stored(database)


def test_a_claim_that_was_lost_ends_nothing(database: Database) -> None:
    number = ask(database)
    lost = claim(database, number)
    queue_taking.put_back(database, number, lost, NOON)
    holder = claim(database, number)

    queue_taking.finish(database, number, lost, None, RunOutcome.FAILED, "too late", NOON)
    queue_taking.put_back(database, number, lost, NOON)

    found = request_of(database, number)
    assert (found.state, found.outcome) == ("running", None)
    queue_taking.finish(database, number, holder, None, RunOutcome.OK, None, NOON)
    assert request_of(database, number).outcome == "ok"


def test_a_request_that_is_put_back_is_merged_with_the_same_request_that_waits_and_its_nip_is_forgotten(
    database: Database,
) -> None:
    first = ask(database, "participant", NIP)
    holder = claim(database, first)
    second = ask(database, "participant", NIP)

    queue_taking.put_back(database, first, holder, NOON)

    assert (request_of(database, first).state, request_of(database, first).merged_into) == ("merged", second)
    assert [(each.id, each.subject) for each in line(database)] == [(second, NIP)]
    queue_taking.finish(database, second, claim(database, second), None, RunOutcome.OK, None, NOON)
    assert NIP not in stored(database)


def test_a_persons_request_that_is_merged_into_the_schedules_run_is_waited_for_no_longer_and_keeps_its_name(
    database: Database,
) -> None:
    wanted = ask(database, by="rina")
    holder = claim(database, wanted)
    queue.schedule(database, PROGRAMME, "incremental", SLOT, NOON + timedelta(minutes=5))

    queue_taking.put_back(database, wanted, holder, NOON + timedelta(seconds=15))

    assert line(database) == []
    [waiting] = line(database, NOON + timedelta(seconds=15))
    assert (waiting.id, waiting.requested_by) == (request_of(database, wanted).merged_into, "rina")


# Dead daemons


def test_what_a_living_daemon_has_claimed_is_left_to_it(database: Database) -> None:
    number = ask(database)
    claim(database, number)

    assert queue_taking.requeue_the_dead(database, NOON + timedelta(seconds=59)) == []
    assert request_of(database, number).state == "running"


def test_what_a_killed_process_of_this_host_had_claimed_goes_back_at_once(database: Database) -> None:
    gone = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    started = process_started(gone.pid)
    number = ask(database)
    claim(database, number)
    change(database, number, pid=gone.pid, process_started=started)
    assert queue_taking.requeue_the_dead(database, NOON) == []

    gone.communicate(timeout=30)

    assert [each.id for each in queue_taking.requeue_the_dead(database, NOON)] == [number]
    assert [each.id for each in line(database)] == [number]


def test_a_process_number_that_is_in_use_again_does_not_keep_a_claim_alive(database: Database) -> None:
    number = ask(database)
    claim(database, number)
    change(database, number, pid=os.getpid(), process_started="1.00")

    assert [each.id for each in queue_taking.requeue_the_dead(database, NOON)] == [number]


@pytest.mark.parametrize(("beat", "dead"), [(None, True), (0, True), (30, False), (61, False)])
def test_a_daemon_of_another_host_lives_as_long_as_its_lease_is_kept_warm(
    database: Database, beat: int | None, dead: bool
) -> None:
    number = ask(database)
    claim(database, number)
    change(database, number, host="another host")
    if beat is not None:
        beat_of_another_host(database, NOON + timedelta(seconds=beat))

    found = queue_taking.requeue_the_dead(database, NOON + timedelta(seconds=61))

    assert bool(found) is dead


def test_what_is_under_way_in_this_very_process_is_not_dead_whatever_the_clock_says(database: Database) -> None:
    number = ask(database)
    holder = claim(database, number)

    assert queue_taking.requeue_the_dead(database, NOON + timedelta(days=1), under_way=[holder]) == []
    assert request_of(database, number).state == "running"
    assert len(queue_taking.requeue_the_dead(database, NOON + timedelta(days=1))) == 1


def test_several_daemons_that_find_the_dead_put_a_request_back_once(database: Database) -> None:
    number = ask(database)
    claim(database, number)
    change(database, number, host="another host")

    all_at_once(4, lambda: queue_taking.requeue_the_dead(database, NOON + timedelta(minutes=2)))

    assert [each.id for each in line(database, NOON + timedelta(minutes=2))] == [number]
    assert this_host() != "another host"
