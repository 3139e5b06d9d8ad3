"""A service and its campus in a time that passes only when told to."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from service import PROGRAMME, KnownCampus, Service, ServiceFactory
from sqlalchemy import text

from latsar_sync.demo import CASES, Campus
from latsar_sync.demo.reached import HIGHEST
from latsar_sync.demo.records import COMPLETE
from latsar_sync.domain.records import Checkpoint
from latsar_sync.domain.request import RunOutcome
from latsar_sync.run import known_people
from latsar_sync.run.pipeline import ProgrammeResult
from latsar_sync.store import checkpoints
from latsar_sync.store.entries import load_entries
from latsar_sync.store.participants import load_records

EVALUATION = "EVAL-AKADEMIK"
MOOC = "MOOC-LATSAR"
NO_PUSH = 'push = "confirmed"'
BY_SIGNALS = "exact_up_to = 0"
"""Only whom the site's signals name is asked: else everybody of so few would be."""
START = datetime(2026, 9, 20, 8, 0, tzinfo=UTC)


@dataclass
class Time:
    """The time of both sites and of the service; it passes only when told to."""

    now: datetime = START

    def passes(self, minutes: float) -> None:
        """Let so many minutes pass."""
        self.now += timedelta(minutes=minutes)

    def seconds(self) -> int:
        """Return the time as the sites count it."""
        return int(self.now.timestamp())


@dataclass
class Office:
    """A service and its campus, with what was asked of the MOOC since the last look."""

    service: Service
    campus: Campus
    time: Time

    def run(self, **wanted: Any) -> ProgrammeResult:
        """Forget what was asked, run once, and let a quarter of an hour pass."""
        self.campus.log.clear()
        result = self.service.run(now=wanted.pop("now", self.time.now), **wanted)
        self.time.passes(15)
        return result

    def begin(self, runs: int = 1) -> ProgrammeResult:
        """Run so often, a quarter of an hour apart, or put in place what that came to in another test a moment ago."""
        began = self.time.now
        result = self.service.begin_when(f"{runs} runs from {began}", lambda: [self.run() for _ in range(runs)][-1])
        self.time.now = began + timedelta(minutes=15 * runs)
        return result

    def asked(self, function: str) -> int:
        """Return how often a function was called since the last look, inside batches too."""
        return sum([entry.function, *entry.inner_functions].count(function) for entry in self.campus.log)

    def person(self, case: str, number: int = 0) -> int:
        """Return the MOOC account of a case's person."""
        name = CASES[case][number]
        return name if isinstance(name, int) else self.campus.mooc.user_id(name)

    def row(self, user_id: int) -> Any:
        """Return a person's row in the listing."""
        return self.service.participants()[self.campus.mooc.users[user_id].idnumber]

    def outcome(self, user_id: int) -> str:
        """Return the decision about a person."""
        return str(self.row(user_id)["outcome"])

    def checkpoint(self) -> Checkpoint | None:
        """Return how far the service has read."""
        with self.service.database.reading() as connection:
            return checkpoints.load_checkpoint(connection, PROGRAMME)

    def finish_materials(self, user_id: int, visiting: bool = True) -> None:
        """Let a person do everything that is required."""
        for module in self.campus.mooc.course(MOOC).modules:
            if module.tracking and module.idnumber != EVALUATION:
                self.campus.mooc.set_completion(user_id, module.cmid, COMPLETE, visiting=visiting)

    @property
    def evaluation(self) -> int:
        """Return the course-module id of the evaluation."""
        return self.campus.mooc.module_named(EVALUATION).cmid


def keep_the_best_attempt(campus: Campus) -> None:
    """Let the evaluation's grade be that of the best attempt."""
    quiz = campus.mooc.module_named(EVALUATION).quiz
    assert quiz is not None
    quiz.method = HIGHEST


class TwoOffices:
    """Two services of one campus: one looks at everybody in each run, one at those whom something changed."""

    def __init__(
        self,
        make_service: ServiceFactory,
        folder: Path,
        campus: Campus,
        time: Time,
        monkeypatch: pytest.MonkeyPatch,
        source: str = "",
        programme: str = 'push = "confirmed"\nplacement = "first_qualified"',
    ) -> None:
        services = [
            make_service(f"sqlite:///{folder / name}.db", programme=programme, source=source) for name in ("all", "few")
        ]
        self.all_known, self.few_known = (Office(service, campus, time) for service in services)
        self.both = self.all_known, self.few_known
        self._monkeypatch = monkeypatch

    def decide_alike(self, **wanted: Any) -> dict[int, Any]:
        """Run both in the same minute; return what is known of everybody, by user id, which is the same of both."""
        one, other = self._decided(self.all_known, 10**9, wanted), self._decided(self.few_known, 0, wanted)
        assert one == other
        assert one[0][0] is RunOutcome.OK
        self.all_known.time.passes(15)
        return one[1]

    def send_alike(self, **wanted: Any) -> dict[int, Any]:
        """Do the same where the runs write to the campus, on which the second one finds what the first one found."""
        campus = self.all_known.campus
        assert isinstance(campus, KnownCampus)
        held, few, kept = campus.saved(), 10**9, []
        for office in (self.all_known, self.few_known):
            campus.put_back(held)
            kept.append((self._decided(office, few, wanted), campus.saved(), _pushes_of(office.service)))
            few = 0
        (one, here, sent), (other, there, sent_too) = kept
        assert one == other
        assert sent == sent_too
        assert here == there
        self.all_known.time.passes(15)
        return one[1]

    def _decided(self, office: Office, few: int, wanted: dict[str, Any]) -> tuple[Any, dict[int, Any]]:
        self._monkeypatch.setattr(known_people, "FEW", few)
        now = office.time.now
        result = office.run(**wanted)
        office.time.now = now
        with office.service.database.reading() as connection:
            records, entries = load_records(connection, PROGRAMME), load_entries(connection, PROGRAMME)
        user_ids = {each.participant.id: number for number, each in records.items()}
        told = result.run.outcome, result.run.counts, [each.code for each in result.run.findings]
        return told, {
            number: (
                *(each.participant._replace(id="", merged_into=None), each.evidence, each.decision),
                *(each.evidence_version, each.decision_version, user_ids.get(each.participant.merged_into or "")),
                (entry := entries.get(each.participant.id)) and entry[1:],
            )
            for number, each in records.items()
        }


def _pushes_of(service: Service) -> list[tuple[object, ...]]:
    """Return what was sent, and to whom: by user id in the MOOC."""
    told = "p.kind, p.attempt, p.state, p.course_id, p.target_user_id, p.group_id, p.run_id, w.source_user_id"
    asked = f"SELECT {told} FROM pushes p LEFT JOIN participants w ON w.id = p.subject ORDER BY p.id"
    with service.database.reading() as connection:
        return [tuple(row) for row in connection.execute(text(asked))]
