"""What the run of one programme took, and what is written down of it; also of one that broke off."""

import time
from collections.abc import Mapping

from latsar_sync.domain.errors import LatsarError
from latsar_sync.domain.language import _
from latsar_sync.domain.request import Progress, RunOutcome, Step
from latsar_sync.moodle.client import MoodleClient
from latsar_sync.run.context import Tools
from latsar_sync.run.report import RunReport
from latsar_sync.store import runs
from latsar_sync.store.leases import Holder
from latsar_sync.store.runs import ProgrammeRun


class RunCosts:
    """What a run takes from now on. Listens to its steps, and passes them on. Seconds by the clock that never jumps."""

    def __init__(self, tell: Progress, clients: Mapping[str, MoodleClient]) -> None:
        self._tell = tell
        self._clients = clients
        self._began = self._since = time.monotonic()
        self._asked_before = {site: (client.requests_sent, client.seconds_asked) for site, client in clients.items()}
        self._steps: dict[Step, float] = {}
        self._present: Step | None = None

    def __call__(self, programme: str, step: Step, count: int) -> None:
        """Note that a step begins. Raise whatever the listener raises that is told next."""
        self._end()
        self._present = step
        self._steps.setdefault(step, 0.0)
        self._tell(programme, step, count)

    def seconds(self) -> float:
        """Return how long it took."""
        return round(time.monotonic() - self._began, 3)

    def steps(self) -> tuple[tuple[int, float], ...]:
        """Return the steps with the seconds that each took, all its times together, as each first began."""
        self._end()
        return tuple((int(step), round(seconds, 3)) for step, seconds in self._steps.items())

    def requests(self) -> int:
        """Return how many requests were sent, those included that were repeated."""
        return sum(client.requests_sent - self._asked_before[site][0] for site, client in self._clients.items())

    def lms_seconds(self) -> dict[str, float]:
        """Return how long the sites took to answer, by site, without those that were not asked."""
        asked = {
            site: round(client.seconds_asked - self._asked_before[site][1], 3) for site, client in self._clients.items()
        }
        return {site: seconds for site, seconds in asked.items() if seconds}

    def _end(self) -> None:
        now = time.monotonic()
        if self._present is not None:
            self._steps[self._present] += now - self._since
        self._since = now


def record_of(
    programme: str, report: RunReport | None, error: LatsarError | None, run_id: int, costs: RunCosts
) -> ProgrammeRun:
    """Return what is written down of a programme's run; ``report`` None: it did not begin.

    What is wrong with a site meets each of its courses: it is told once.
    """
    said = dict.fromkeys([*report.remarks, *map(str, report.problems)] if report else [])
    said.pop(str(error), None)
    return ProgrammeRun(
        programme=programme,
        kind=report.kind if report else "none",
        outcome=report.outcome if report and not error else RunOutcome.FAILED,
        counts=report.counts() if report else {},
        findings=tuple(report.findings) if report else (),
        courses_read=tuple(report.courses_read) if report else (),
        messages=tuple(said),
        error=str(error) if error else None,
        accepted_by=report.accepted_by if report else None,
        push_ended=bool(report and report.push_ended),
        requests=costs.requests(),
        seconds=costs.seconds(),
        steps=costs.steps(),
        lms_seconds=costs.lms_seconds(),
        run_id=run_id,
    )


def record_what_broke_off(tools: Tools, programme: str, before: Holder | None) -> None:
    """Record as failed what a process was doing that held the programme before us and is no more."""
    if before is None:
        return
    said = _("The run broke off: process {pid} on {host} ended in the middle.")
    with tools.database.writing() as connection:
        run_id = runs.unfinished_run(connection, programme, before.host, before.pid)
        if run_id is None:
            return
        broken = ProgrammeRun(
            programme=programme,
            kind="none",
            outcome=RunOutcome.FAILED,
            counts={},
            error=said.format(pid=before.pid, host=before.host),
        )
        runs.finish_programme(connection, run_id, broken, tools.clock())
        runs.finish_run(connection, run_id, RunOutcome.FAILED, tools.clock())
