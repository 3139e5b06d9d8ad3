"""The schedule by a real clock: the scheduler's jobs wake it, and what the database refused is tried again."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from apscheduler.triggers.interval import IntervalTrigger
from service import PROGRAMME, Service
from sqlalchemy.exc import OperationalError
from unattended import open_service, programme, requests_of, wait_for, write_config

from latsar_sync.service import queue_due_runs
from latsar_sync.service.queue_due_runs import DueRuns, Timetable
from latsar_sync.store import queue


def now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    """Give a service with a slot in every second."""
    every_second = Timetable(PROGRAMME, "incremental", IntervalTrigger(seconds=1, timezone=UTC))
    monkeypatch.setattr(queue_due_runs, "timetables", lambda _settings: [every_second])
    service = open_service(write_config(tmp_path / "latsar.toml", programme(PROGRAMME)))
    yield service
    service.database.close()


@pytest.fixture
def schedule(service: Service) -> Iterator[DueRuns]:
    """Give its schedule, started."""
    schedule = DueRuns(service.settings, service.database, now)
    schedule.start()
    yield schedule
    schedule.stop()


def test_a_job_of_the_scheduler_wakes_the_schedule_at_its_slot(service: Service, schedule: DueRuns) -> None:
    schedule.put_due_runs_into_the_queue()

    def put_and_look() -> list[Any]:
        schedule.put_due_runs_into_the_queue()
        return requests_of(service.database, queue.QUEUED)

    [request] = wait_for(put_and_look, "the run of the slot")
    assert (request.programme, request.scope, request.manual) == (PROGRAMME, "incremental", False)


def test_what_the_database_refused_is_tried_by_the_next_call_although_no_slot_has_come(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    schedule = DueRuns(service.settings, service.database, now)  # its jobs are not started
    schedule.look_again()
    with monkeypatch.context() as patch:
        patch.setattr(queue, "last_slot", _refuse)
        with pytest.raises(OperationalError):
            schedule.put_due_runs_into_the_queue()
    looked: list[str] = []
    last_slot = queue.last_slot
    monkeypatch.setattr(queue, "last_slot", lambda *given: (looked.append("once"), last_slot(*given))[1])

    schedule.put_due_runs_into_the_queue()
    schedule.put_due_runs_into_the_queue()

    assert looked == ["once"]


def _refuse(*_given: object) -> None:
    raise OperationalError("SELECT", {}, Exception("gone"))
