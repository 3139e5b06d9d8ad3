"""A run every minute: from handing in to the seat in the next one, and slower by itself where that costs too much."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from service import PROGRAMME, Service, ServiceFactory
from timed_office import Office, Time

from latsar_sync.demo import Campus
from latsar_sync.domain.request import RunOutcome
from latsar_sync.run.pipeline import run as run_all
from latsar_sync.service.queue_due_runs import DueRuns
from latsar_sync.service.requests_of_the_queue import request_of
from latsar_sync.store import queue, queue_taking, runs
from latsar_sync.store.runs import ProgrammeRun

EVERY_MINUTE = 'schedule = "* * * * *"'


@pytest.fixture
def campus(timed_campus: Campus) -> Campus:
    return timed_campus


@pytest.fixture
def office(make_service: ServiceFactory, sqlite_url: str, campus: Campus, time: Time) -> Office:
    return Office(make_service(sqlite_url, programme=EVERY_MINUTE), campus, time)


def what_is_due(schedule: DueRuns, service: Service, time: Time) -> list[queue.RunRequest]:
    """Let the schedule look, and return what waits in the queue then."""
    schedule.look_again()
    schedule.put_due_runs_into_the_queue()
    with service.database.reading() as connection:
        return queue_taking.waiting(connection, time.now + timedelta(minutes=1), [PROGRAMME])


def carry_out(service: Service, time: Time, request: queue.RunRequest) -> ProgrammeRun:
    """Run what waits, as a daemon does."""
    holder = queue_taking.claim(service.database, request.id, time.now)
    assert holder is not None
    asked = request_of(request, None)
    result = run_all(service.settings, service.database, asked, lambda: time.now, lambda *_: None)
    queue_taking.finish(service.database, request.id, holder, result.run_id, RunOutcome.OK, None, time.now)
    return result.programmes[0].run


def test_whoever_hands_in_the_evaluation_sits_in_the_course_a_minute_later(office: Office) -> None:
    service, time = office.service, office.time
    office.run()
    office.run()
    schedule = DueRuns(service.settings, service.database, lambda: time.now)
    person = office.person("score_69_99")
    nip = office.campus.mooc.users[person].idnumber
    assert nip not in service.roster()

    time.passes(1)
    before = [carry_out(service, time, each) for each in what_is_due(schedule, service, time)]
    office.campus.mooc.add_attempt(person, office.evaluation, Decimal(9))
    time.passes(1)
    after = [carry_out(service, time, each) for each in what_is_due(schedule, service, time)]

    assert [each.changed_nothing for each in (*before, *after)] == [True, False]
    assert after[0].counts["confirmed"] == 1
    seat = service.roster()[nip]
    assert seat["state"] == "confirmed"
    course = office.campus.kelas.course(seat["course"])
    group = next(each for each in course.groups.values() if each.id == seat["group_id"])
    assert seat["target_user_id"] in group.members


@pytest.mark.parametrize(
    ("kind", "outcome"),
    [
        pytest.param("incremental", RunOutcome.OK, id="quiet"),
        pytest.param("full", RunOutcome.GUARDED, id="held, for which each run reads everything"),
        pytest.param("night", RunOutcome.FAILED, id="a night that each run makes up for in vain"),
    ],
)
def test_the_schedule_slows_down_where_runs_take_more_of_a_site_than_their_share(
    office: Office, kind: str, outcome: RunOutcome
) -> None:
    service, time = office.service, office.time
    schedule = DueRuns(service.settings, service.database, lambda: time.now)
    took = ProgrammeRun(PROGRAMME, kind, outcome, {}, lms_seconds={"mooc": 9.0})

    began = []
    for _ in range(10):
        for request in what_is_due(schedule, service, time):
            began.append(time.now)
            holder = queue_taking.claim(service.database, request.id, time.now) or ""
            with service.database.writing() as connection:
                run_id = runs.start_run(connection, "run", "host", 1, time.now)
                runs.finish_programme(connection, run_id, replace(took, run_id=run_id), time.now)
            queue_taking.finish(service.database, request.id, holder, run_id, RunOutcome.OK, None, time.now)
        time.passes(1)

    assert {later - earlier for earlier, later in pairwise(began)} == {timedelta(minutes=3)}
    assert schedule.slowed[PROGRAMME].site == "mooc"


def test_a_run_that_the_budget_spaces_says_so_and_one_that_is_cheap_does_not(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus, time: Time
) -> None:
    tight = make_service(sqlite_url, programme=EVERY_MINUTE, site="max_lms_share = 0.00001")
    office = Office(tight, campus, time)

    first, _, third = [office.run().run.messages for _ in range(3)]

    assert [each for each in third if "max_lms_share" in each]
    assert not [each for each in first if "max_lms_share" in each]
