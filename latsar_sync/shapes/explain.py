"""How one person is told end to end, by what is stored of them: the values of ``explain_shape``."""

from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from latsar_sync.domain.decision import Reason
from latsar_sync.domain.reason_sentences import sentence
from latsar_sync.exports.words import as_of
from latsar_sync.rules.score_against_threshold import plain
from latsar_sync.shapes.actions import override_json
from latsar_sync.shapes.evidence import seen_json
from latsar_sync.shapes.explain_shape import (
    DecisionShape,
    ExplanationShape,
    JudgingThresholdShape,
    ListedShape,
    PersonExplainedShape,
    PlaceShape,
    PushShape,
)
from latsar_sync.shapes.fields import moment, number, told
from latsar_sync.shapes.imports import score_json
from latsar_sync.shapes.not_placed import why_not_placed
from latsar_sync.shapes.participants import read_at_json
from latsar_sync.shapes.with_actions import explained
from latsar_sync.store import histories, imports, overrides, scores_of_files
from latsar_sync.store.listings import Row


def explain(
    connection: Connection, row: Row, now: tuple[date, datetime], zone: ZoneInfo, language: str
) -> PersonExplainedShape:
    """Return what is known of a participant, a ``row`` of a listing: matched, seen, judged, placed, confirmed.

    ``now`` is today in the programme's zone, and the moment.
    """
    today, moment_now = now
    binding = overrides.in_force_of(connection, row["participant_id"], moment_now)
    kept_off_by = why_not_placed(connection, row)
    return {
        **explanation(connection, row, histories.current_evidence(connection, row["participant_id"]), zone, language),
        **explained(connection, row, today, zone),
        "override_in_force": override_json(binding, zone) if binding is not None else None,
        "not_placed": kept_off_by.told(language) if kept_off_by is not None else None,
    }


def explanation(
    connection: Connection, row: Row, evidence: Row | None, zone: ZoneInfo, language: str
) -> ExplanationShape:
    """Return what the rule did with a participant; ``evidence`` is what the decision in force rests on."""
    who = row["participant_id"]
    decisions = histories.decision_history(connection, who)
    scores = scores_of_files.scores_of(connection, None, who)
    return {
        "participant": {
            "participant_id": who,
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
        "evidence": None
        if evidence is None
        else {**seen_json(evidence, zone), "as_of": moment(as_of(row), zone), **read_at_json(row, zone)},
        "decisions": [_decision(each, zone, language) for each in decisions],
        "threshold": _threshold(decisions[-1]) if decisions else None,
        "roster": _place(row, histories.roster_history(connection, who), zone, language) if row["state"] else None,
        "pushes": [_push(push, zone) for push in histories.push_history(connection, who)],
        "overrides": [
            override_json(each, zone) for each in overrides.override_history(connection, row["programme"], who)
        ],
        "imports": [score_json(each, zone) for each in scores],
        "listed": _listed(imports.listed_by(connection, who), zone),
    }


def _listed(found: Row | None, zone: ZoneInfo) -> ListedShape | None:
    if found is None:
        return None
    return {
        "import_id": found["id"],
        "file": found["file"],
        "line": found["line"],
        "by": found["by"],
        "at": told(found["at"], zone),
    }


def _threshold(last: Row) -> JudgingThresholdShape | None:
    if last["threshold_version"] is None:
        return None
    return {
        "version": last["threshold_version"],
        "value": plain(last["threshold"]),
        "scale": last["scale"],
        "legal_basis": last["legal_basis"],
    }


def _decision(stored: Row, zone: ZoneInfo, language: str) -> DecisionShape:
    decision, terms = stored["decision"], stored["terms"]
    return {
        "version": stored["version"],
        "decision": decision.outcome,
        "reasons": [reason.code for reason in decision.reasons],
        "sentences": [sentence(reason, language) for reason in decision.reasons],
        "score": number(decision.score),
        "threshold": number(stored["threshold"]),
        "threshold_version": stored["threshold_version"],
        "materials_done": decision.materials_done,
        "materials_total": decision.materials_total,
        "reached_at": moment(decision.reached_at, zone),
        "decided_at": told(stored["decided_at"], zone),
        "rule_version": stored["rule_version"],
        "required_version": stored["required_version"],
        "judged_by": terms._asdict() if terms else None,
        "evidence_version": stored["evidence_version"],
        "run_id": stored["run_id"],
    }


def _place(row: Row, events: Sequence[Row], zone: ZoneInfo, language: str) -> PlaceShape:
    return {
        "state": row["state"],
        "angkatan": row["angkatan"],
        "admission": row["admission"],
        "origin": row["origin"],
        "site": row["site"],
        "course": row["course"],
        "course_id": row["course_id"],
        "group": row["group"],
        "group_id": row["group_id"],
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
                "at": told(event["at"], zone),
                "run_id": event["run_id"],
            }
            for event in events
        ],
    }


def _push(push: Row, zone: ZoneInfo) -> PushShape:
    return {
        "kind": push["kind"],
        "attempt": push["attempt"],
        "state": push["state"],
        "site": push["site"],
        "course_id": push["course_id"],
        "target_user_id": push["target_user_id"],
        "group_id": push["group_id"],
        "error": push["error"],
        "run_id": push["run_id"],
        "sent_at": moment(push["sent_at"], zone),
        "settled_at": moment(push["settled_at"], zone),
    }
