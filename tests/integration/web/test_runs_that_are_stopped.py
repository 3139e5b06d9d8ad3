"""A person stops a run on the page: it ends at its next step, says so, and the next one goes on from there."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from dashboard import HOME, Dashboard
from service import PROGRAMME, Service
from unattended import Clock, daemon_at_work, open_service, programme, small_campus, urls_of, wait_for, write_config

from latsar_sync.demo import Campus
from latsar_sync.domain.request import RunOutcome, Step
from latsar_sync.store import queue, queue_taking, runs
from latsar_sync.store.runs import ProgrammeRun


@pytest.fixture
def campus() -> Iterator[Campus]:
    """Give a campus with one small course."""
    with small_campus(6, 1) as campus:
        yield campus


@pytest.fixture
def service(campus: Campus, tmp_path: Path) -> Iterator[Service]:
    """Give a service that has not run yet."""
    made = open_service(write_config(tmp_path / "latsar.toml", programme(PROGRAMME, ["1"]), urls_of(campus)))
    yield made
    made.database.close()


@pytest.mark.usefixtures("quick_hashes", "look_often")
def test_a_run_that_is_stopped_ends_at_the_next_step_and_the_next_one_converges(
    service: Service, campus: Campus, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock(datetime.now(UTC))
    pages = Dashboard(service, clock)
    pages.add("rina")
    rina = pages.browser("rina").in_english()
    tell, seen = queue_taking.tell_step, list[str]()

    def press_stop(database: Any, request: int, holder: str, step: int, count: int) -> str | None:
        tell(database, request, holder, step, count)
        if step == Step.ADD_TO_GROUPS and not seen:  # everybody is enrolled, and nobody is in the group yet
            seen.append(rina.get(f"{HOME}/runs"))
            seen.append(rina.post(f"{HOME}/runs/stop"))
        return tell(database, request, holder, step, count)

    monkeypatch.setattr(queue_taking, "tell_step", press_stop)
    rina.get(f"{HOME}/runs")
    rina.post(f"{HOME}/sync", full="1")
    with daemon_at_work(service, clock):
        wait_for(lambda: not pending(service), "the end of the run")
        with service.database.reading() as connection:
            [stopped] = runs.recorded_runs(connection, PROGRAMME)
        rina.get(f"{HOME}/runs")
        rina.post(f"{HOME}/sync", full="1")
        wait_for(lambda: not pending(service), "the end of the next run")

    before, after = seen
    assert "Step 12 of 14: add to groups" in before
    assert "Stop this run" in before
    assert "It ends at the next step" in after
    assert "rina asked it to end" in after
    assert stopped.outcome is RunOutcome.FAILED
    assert "rina ended the run before this step" in rina.get(f"{HOME}/runs/{stopped.run_id}")
    assert {row["state"] for row in service.roster().values()} <= {"confirmed"}
    enrolled = [each for each in campus.log if each.function == "enrol_manual_enrol_users"]
    assert len(enrolled) == 1, "nobody is enrolled twice"
    assert "That run is under way no more" in rina.post(f"{HOME}/runs/stop", request="1")


def pending(service: Service) -> list[queue.RunRequest]:
    """Return what waits or is under way."""
    with service.database.reading() as connection:
        return queue.open_requests(connection, PROGRAMME)


def test_the_page_of_a_run_tells_how_long_each_step_took(dashboard: Dashboard) -> None:
    with dashboard.service.database.reading() as connection:
        [first] = runs.recorded_runs(connection, PROGRAMME, 1)
    sari = dashboard.browser("sari").in_english()

    shown = sari.get(f"{HOME}/runs/{first.run_id}")

    steps = [step for step, _seconds in first.steps]
    assert (steps[0], steps[-1], len(set(steps))) == (Step.LEASE, Step.FINISH, len(steps))
    assert first.seconds / 2 < sum(seconds for _step, seconds in first.steps) <= first.seconds + 0.01 * len(steps)
    assert "read the MOOC course, its people and grades" in shown
    old = ProgrammeRun(PROGRAMME, "full", RunOutcome.OK, {})
    assert old.steps == (), "a run of an earlier version has none"
