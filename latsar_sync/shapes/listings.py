"""The JSON shapes of the listings and their CSV: a contract, to which keys are added and never lost."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from latsar_sync.domain import language
from latsar_sync.domain.model import Entry, Evidence, Grade, GradeStatus, Threshold
from latsar_sync.domain.reasons import Reason, sentence
from latsar_sync.domain.records import Finding, Override
from latsar_sync.domain.request import PlanLine
from latsar_sync.exports.words import as_of, is_formula
from latsar_sync.rules.admission import is_seed, plain
from latsar_sync.rules.guards import finding_text
from latsar_sync.rules.ledger import Move
from latsar_sync.run.pipeline import ProgrammeResult, RunResult
from latsar_sync.store.reports import Row
from latsar_sync.store.runs import ProgrammeRun

ROSTER_KEYS = (
    "participant_id",
    "nip",
    "name",
    "angkatan",
    "state",
    "score",
    "threshold",
    "decided_at",
    "site",
    "course",
    "course_id",
    "group",
    "group_id",
)
MORE_IN_CSV = ("reason", "institution", "evidence_as_of")
"""What the spreadsheet says as well; new columns come last, whatever reads the file by position."""


def moment(value: datetime | None, zone: ZoneInfo) -> str | None:
    """Return a time as ISO 8601 with the zone's offset, to the second."""
    return None if value is None else value.astimezone(zone).isoformat(timespec="seconds")


def number(value: Decimal | None) -> str | None:
    """Return a grade or threshold as plain text with a point and five places."""
    return None if value is None else plain(value)


def run_json(result: RunResult) -> dict[str, Any]:
    """Shape of ``sync --json``."""
    return {
        "run_id": result.run_id,
        "outcome": str(result.outcome),
        "error": next((each.run.error for each in result.programmes if each.run.error), None),
        "programmes": [programme_json(programme) for programme in result.programmes],
    }


def programme_json(result: ProgrammeResult) -> dict[str, Any]:
    """One programme of ``sync --json``; ``plan`` adds who would be sent, an empty list if nobody."""
    shape = {"id": result.run.programme, "outcome": str(result.run.outcome), **_figures(result.run)}
    if result.run.kind == "plan":
        shape["plan"] = [plan_json(line) for line in result.plan]
    return shape


def _figures(run: ProgrammeRun) -> dict[str, Any]:
    counts = ("participants", "qualified", "not_yet", "undetermined", "held", "pushed", "confirmed", "failed")
    return {
        "kind": run.kind,
        **{name: run.counts.get(name, 0) for name in counts},
        "requests": run.requests,
        "seconds": run.seconds,
        "findings": [finding.key for finding in run.findings],
        "findings_in_full": [finding_json(finding) for finding in run.findings],
        "courses_read": [asdict(course) for course in run.courses_read],
        "messages": list(run.messages),
        "accepted_by": run.accepted_by,
        "error": run.error,
    }


def finding_json(finding: Finding) -> dict[str, Any]:
    """One finding of a guard: its parts, the sentence of the screen, the internal ids of everybody whom it is about."""
    sentence = finding_text(finding, language.in_use())
    return {"key": finding.key, **asdict(finding), "people": list(finding.people), "text": sentence}


def plan_json(line: PlanLine) -> dict[str, Any]:
    """One line of ``plan --json``."""
    return {
        "participant_id": line.participant_id,
        "nip": line.nip,
        "name": line.name,
        "angkatan": line.angkatan,
        "state": str(line.state),
        "reason": line.reason,
        "action": str(line.action) if line.action else None,
    }


def roster_json(row: Row, zone: ZoneInfo) -> dict[str, Any]:
    """One line of ``roster --json``."""
    return {
        "participant_id": row["participant_id"],
        "nip": row["nip"],
        "name": row["name"],
        "angkatan": row["angkatan"],
        "state": row["state"],
        "score": number(row["score"]),
        "threshold": number(row["threshold"]),
        "decided_at": moment(row["decided_at"], zone),
        "site": row["site"],
        "course": row["course"],
        "course_id": row["course_id"],
        "group": row["group"],
        "group_id": row["group_id"],
        "programme": row["programme"],
        "reason": row["roster_reason"],
        "admission": row["admission"],
        "origin": row["origin"],
        "institution": row["institution"],
        "approved_by": row["approved_by"],
        "late": bool(row["late"]),
        "evidence_as_of": moment(as_of(row), zone),
    }


def participant_json(row: Row, zone: ZoneInfo, language: str) -> dict[str, Any]:
    """One line of ``participants --json``."""
    return {
        "participant_id": row["participant_id"],
        "nip": row["nip"],
        "name": row["name"],
        "decision": row["outcome"],
        "reasons": [code for code, _ in row["reasons"] or []],
        "score": number(row["score"]),
        "materials_done": row["materials_done"],
        "materials_total": row["materials_total"],
        "angkatan": row["angkatan"],
        "roster_state": row["state"],
        "evidence_as_of": moment(as_of(row), zone),
        "programme": row["programme"],
        "institution": row["institution"],
        "enrolment": row["enrolment"],
        "roster_reason": row["roster_reason"],
        "merged_into": row["merged_into"],
        "missing": missing(row, language),
    }


def missing(row: Row, language: str) -> list[str]:
    """Return what stands between a participant and the seat, a sentence each."""
    sentences = [sentence(Reason(code, values), language) for code, values in row["reasons"] or []]
    if row["roster_reason"]:
        sentences.append(sentence(Reason(row["roster_reason"]), language))
    return sentences


def threshold_json(threshold: Threshold, zone: ZoneInfo) -> dict[str, Any]:
    """One row of the threshold history."""
    return {
        "version": threshold.version,
        "value": number(threshold.value),
        "scale": str(threshold.scale),
        "legal_basis": threshold.legal_basis,
        "effective_from": moment(threshold.effective_from, zone),
        "always": is_seed(threshold),
        "recorded_by": threshold.recorded_by,
        "recorded_at": moment(threshold.recorded_at, zone),
    }


def move_json(move: Move, entry: Entry | None, language: str) -> dict[str, Any]:
    """Somebody whom another threshold would move."""
    participant, before = move.record.participant, move.record.decision
    return {
        "participant_id": participant.id,
        "nip": participant.nip,
        "name": participant.person.name,
        "institution": participant.person.institution,
        "before": str(before.outcome) if before else None,
        "after": str(move.after.outcome),
        "score": number(move.after.score),
        "roster_state": str(entry.state) if entry else None,
        "angkatan": entry.angkatan if entry else None,
        "sentences": [sentence(reason, language) for reason in move.after.reasons],
    }


def override_json(override: Override, zone: ZoneInfo) -> dict[str, Any]:
    """One row of the overrides."""
    return {
        "participant_id": override.participant_id,
        "version": override.version,
        "kind": str(override.kind),
        "reason": override.reason,
        "by": override.by,
        "at": moment(override.at, zone),
        "until": moment(override.until, zone),
    }


def past_run_json(run: ProgrammeRun, zone: ZoneInfo) -> dict[str, Any]:
    """One line of ``runs --json``."""
    return {
        "run_id": run.run_id,
        "programme": run.programme,
        "outcome": str(run.outcome),
        "started_at": moment(run.started_at, zone),
        "finished_at": moment(run.finished_at, zone),
        **_figures(run),
    }


def explanation_json(
    row: Row,
    evidence: Row | None,
    decisions: Sequence[Row],
    events: Sequence[Row],
    pushes: Sequence[Row],
    overrides: Sequence[Override],
    zone: ZoneInfo,
    language: str,
    imports: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """The one object of ``explain --json``: matched, seen, judged, placed, pushed, confirmed."""
    last = decisions[-1] if decisions else None
    threshold = None
    if last is not None and last["threshold_version"] is not None:
        threshold = {
            "version": last["threshold_version"],
            "value": number(last["threshold"]),
            "scale": last["scale"],
            "legal_basis": last["legal_basis"],
        }
    return {
        "participant": {
            "participant_id": row["participant_id"],
            "nip": row["nip"],
            "name": row["name"],
            "programme": row["programme"],
            "institution": row["institution"],
            "source_site": row["source_site"],
            "source_user_id": row["source_user_id"],
            "groups": row["groups"],
            "enrolment": row["enrolment"],
            "first_seen_at": moment(row["first_seen_at"], zone),
            "last_seen_at": moment(row["last_seen_at"], zone),
        },
        "evidence": None if evidence is None else _evidence(row, evidence, zone),
        "decisions": [_decision(each, zone, language) for each in decisions],
        "threshold": threshold,
        "roster": _roster(row, events, zone, language) if row["state"] else None,
        "pushes": [_push(push, zone) for push in pushes],
        "overrides": [override_json(override, zone) for override in overrides],
        "imports": list(imports),
    }


def _evidence(row: Row, stored: Row, zone: ZoneInfo) -> dict[str, Any]:
    return {**seen_json(stored, zone), "as_of": moment(as_of(row), zone)}


def seen_json(stored: Row, zone: ZoneInfo) -> dict[str, Any]:
    """What was seen in one reading; the grade is that of the source that counts, an imported score stands beside it."""
    evidence: Evidence = stored["evidence"]
    grade, materials, attempts, imported = evidence.grade, evidence.materials, evidence.attempts, evidence.imported
    if evidence.source == "import" and imported is not None:
        status = GradeStatus.NO_GRADE if imported.raw is None else GradeStatus.GRADED
        grade = Grade(status, imported.raw, imported.minimum, imported.maximum, graded_at=imported.at)
    return {
        "source": evidence.source,
        "version": stored["version"],
        "enrolment": str(evidence.enrolment),
        "seen_at": moment(stored["seen_at"], zone),
        "grade_status": str(grade.status),
        "grade": number(grade.raw),
        "grade_min": number(grade.minimum),
        "grade_max": number(grade.maximum),
        "overridden": grade.overridden,
        "graded_at": moment(grade.graded_at, zone),
        "materials": materials
        and {
            "done": materials.done,
            "total": materials.total,
            "open": list(materials.open),
            "failed": list(materials.failed),
            "unknown": list(materials.unknown),
        },
        "attempts": attempts
        and {
            "finished": attempts.finished,
            "ungraded": attempts.ungraded,
            "best": number(attempts.best),
            "reached_at": moment(attempts.reached_at, zone),
        },
    }


def _decision(stored: Row, zone: ZoneInfo, language: str) -> dict[str, Any]:
    decision = stored["decision"]
    return {
        "version": stored["version"],
        "decision": str(decision.outcome),
        "reasons": [reason.code for reason in decision.reasons],
        "sentences": [sentence(reason, language) for reason in decision.reasons],
        "score": number(decision.score),
        "threshold": number(stored["threshold"]),
        "threshold_version": stored["threshold_version"],
        "materials_done": decision.materials_done,
        "materials_total": decision.materials_total,
        "reached_at": moment(decision.reached_at, zone),
        "decided_at": moment(stored["decided_at"], zone),
        "rule_version": stored["rule_version"],
        "required_version": stored["required_version"],
        "judged_by": stored["terms"]._asdict() if stored["terms"] else None,
        "evidence_version": stored["evidence_version"],
        "run_id": stored["run_id"],
    }


def _roster(row: Row, events: Sequence[Row], zone: ZoneInfo, language: str) -> dict[str, Any]:
    keys = ("state", "angkatan", "admission", "origin", "site", "course", "course_id", "group", "group_id")
    return {
        **{key: row[key] for key in keys},
        "reason": row["roster_reason"],
        "sentence": sentence(Reason(row["roster_reason"]), language) if row["roster_reason"] else None,
        "target_user_id": row["target_user_id"],
        "approved_by": row["approved_by"],
        "history": [
            {
                "state": event["state"],
                "angkatan": event["angkatan"],
                "reason": event["reason"],
                "by": event["by"],
                "at": moment(event["at"], zone),
                "run_id": event["run_id"],
            }
            for event in events
        ],
    }


def _push(push: Row, zone: ZoneInfo) -> dict[str, Any]:
    keys = ("kind", "attempt", "state", "site", "course_id", "target_user_id", "group_id", "error", "run_id")
    return {
        **{key: push[key] for key in keys},
        "sent_at": moment(push["sent_at"], zone),
        "settled_at": moment(push["settled_at"], zone),
    }


def roster_csv(lines: Sequence[Mapping[str, Any]]) -> str:
    """Return roster lines as CSV with a header; cells that a spreadsheet would run as a formula are defused."""
    text = io.StringIO()
    writer = csv.DictWriter(text, [*ROSTER_KEYS, *MORE_IN_CSV], extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    for line in lines:
        writer.writerow({key: _defused(value) for key, value in line.items()})
    return text.getvalue()


def _defused(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and is_formula(value) else value
