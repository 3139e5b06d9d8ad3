"""The shapes of runs: ``sync``, ``plan``, ``runs``, ``status``, and what a guard found."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, NotRequired
from zoneinfo import ZoneInfo

from typing_extensions import TypedDict

from latsar_sync.domain import language
from latsar_sync.domain.entry import Admission, EntryState
from latsar_sync.domain.finding_remedies import finding_text
from latsar_sync.domain.in_class import PushKind
from latsar_sync.domain.records import Finding
from latsar_sync.domain.request import PlanLine, RunOutcome
from latsar_sync.shapes.fields import Moment, Nip, ParticipantId, moment
from latsar_sync.store.runs import ProgrammeRun

NOWHERE: Mapping[str, str] = MappingProxyType({})

if TYPE_CHECKING:  # status shows past runs, and need not load what makes one
    from latsar_sync.run.pipeline import ProgrammeResult, RunResult


class FindingShape(TypedDict):
    """One finding of a guard. ``key`` is equal only for the same finding: it is what ``--accept`` releases.

    ``subject`` is what it is about (a course, an angkatan, a programme), ``before`` and ``now`` are the values that
    differ, ``people`` those whom releasing it would move, ``text`` the sentence of the screen.
    """

    key: str
    code: str
    subject: str
    before: str
    now: str
    people: list[ParticipantId]
    text: str
    programme: str


class CourseReadShape(TypedDict):
    """A course that a run read to its end; ``whole`` says that everything of everybody in it was read."""

    site: str
    course: str
    people: int
    whole: bool


class FiguresShape(TypedDict):
    """What a run did for one programme.

    ``participants`` to ``held`` count decisions after the run, ``pushed`` to ``to_review`` transitions made in it,
    ``requests`` the HTTP requests sent, repetitions included. ``findings_in_full`` are the findings once more, under
    the name that they had while ``findings`` held their keys alone. ``lms_seconds`` is by site how long its answers
    took. One that ``stands_for`` more than itself is the last of so many incremental runs alike; it has the requests
    and seconds of all.
    """

    kind: str
    participants: int
    qualified: int
    not_yet: int
    undetermined: int
    held: int
    pushed: int
    confirmed: int
    failed: int
    withdrawn: int
    to_review: int
    requests: int
    seconds: float
    findings: list[FindingShape]
    findings_in_full: list[FindingShape]
    courses_read: list[CourseReadShape]
    messages: list[str]
    accepted_by: str | None
    error: str | None
    lms_seconds: dict[str, float]
    stands_for: int


class PlanLineShape(TypedDict):
    """Where somebody would stand, and what would be sent (null: nothing).

    ``place`` is where they would come together in class, of several; null where nobody says.
    """

    participant_id: ParticipantId
    nip: Nip | None
    name: str
    angkatan: str | None
    state: EntryState
    reason: str | None
    action: PushKind | None
    admission: Admission
    place: str | None


class _Named(TypedDict):
    id: str
    outcome: RunOutcome


class _Planned(TypedDict):
    plan: NotRequired[list[PlanLineShape]]


class ProgrammeRunShape(_Named, FiguresShape, _Planned):
    """One programme of a run; ``plan`` stands in a plan alone."""


class RunShape(TypedDict):
    """A run: ``sync --json``, ``plan --json``."""

    run_id: int | None
    outcome: RunOutcome
    error: str | None
    programmes: list[ProgrammeRunShape]


class _Dated(TypedDict):
    run_id: int
    programme: str
    outcome: RunOutcome
    started_at: Moment | None
    finished_at: Moment | None


class PastRunShape(_Dated, FiguresShape):
    """A recorded run of one programme."""


def run_json(result: "RunResult", places: Mapping[str, str] = NOWHERE) -> RunShape:
    """Shape of ``sync --json``; ``places`` are those of the people of a plan, by internal id."""
    return {
        "run_id": result.run_id,
        "outcome": result.outcome,
        "error": next((each.run.error for each in result.programmes if each.run.error), None),
        "programmes": [programme_json(programme, places) for programme in result.programmes],
    }


def programme_json(result: "ProgrammeResult", places: Mapping[str, str] = NOWHERE) -> ProgrammeRunShape:
    """One programme of ``sync --json``; ``plan`` adds who would be sent, an empty list if nobody."""
    lines = [plan_json(line, places.get(line.participant_id)) for line in result.plan]
    planned: _Planned = {"plan": lines} if result.run.kind == "plan" else {}
    return {"id": result.run.programme, "outcome": result.run.outcome, **_figures(result.run), **planned}


def past_run_json(run: ProgrammeRun, zone: ZoneInfo) -> PastRunShape:
    """One line of ``runs --json``."""
    return {
        "run_id": run.run_id,
        "programme": run.programme,
        "outcome": run.outcome,
        "started_at": moment(run.started_at, zone),
        "finished_at": moment(run.finished_at, zone),
        **_figures(run),
    }


def finding_json(finding: Finding, programme: str) -> FindingShape:
    """One finding of a guard: its parts, the sentence of the screen, the internal ids of everybody whom it is about."""
    return {
        "key": finding.key,
        "code": finding.code,
        "subject": finding.subject,
        "before": finding.before,
        "now": finding.now,
        "people": list(finding.people),
        "text": finding_text(finding, language.in_use()),
        "programme": programme,
    }


def plan_json(line: PlanLine, place: str | None = None) -> PlanLineShape:
    """One line of ``plan --json``."""
    return {
        "participant_id": line.participant_id,
        "nip": line.nip,
        "name": line.name,
        "angkatan": line.angkatan,
        "state": line.state,
        "reason": line.reason,
        "action": line.action,
        "admission": line.admission,
        "place": place or None,
    }


def _figures(run: ProgrammeRun) -> FiguresShape:
    def count(name: str) -> int:
        return run.counts.get(name, 0)

    findings = [finding_json(finding, run.programme) for finding in run.findings]
    return {
        "kind": run.kind,
        "participants": count("participants"),
        "qualified": count("qualified"),
        "not_yet": count("not_yet"),
        "undetermined": count("undetermined"),
        "held": count("held"),
        "pushed": count("pushed"),
        "confirmed": count("confirmed"),
        "failed": count("failed"),
        "withdrawn": count("withdrawn"),
        "to_review": count("to_review"),
        "requests": run.requests,
        "seconds": run.seconds,
        "findings": findings,
        "findings_in_full": findings,
        "courses_read": [
            {"site": each.site, "course": each.course, "people": each.people, "whole": each.whole}
            for each in run.courses_read
        ],
        "messages": list(run.messages),
        "accepted_by": run.accepted_by,
        "error": run.error,
        "lms_seconds": dict(run.lms_seconds),
        "stands_for": run.stands_for,
    }
