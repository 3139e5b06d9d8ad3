"""Reads of one participant's history: what was seen, decided, written on the roster and sent. They judge nothing."""

from sqlalchemy import Connection, and_, select

from latsar_sync.store.listings import BY_TERMS, JUDGED_BY, TERMS, Row
from latsar_sync.store.participant_values import decision_of, evidence_of, labelled
from latsar_sync.store.participants import EVIDENCE_COLUMNS, SCORE_SEEN
from latsar_sync.store.tables import (
    decisions,
    evidence,
    imported_scores,
    participants,
    pushes,
    roster_events,
    terms,
    thresholds,
)
from latsar_sync.store.terms import terms_of_row


def current_evidence(connection: Connection, participant_id: str) -> Row | None:
    """Return the evidence that the current decision rests on, as an ``Evidence`` under ``evidence``."""
    row = connection.execute(
        select(*EVIDENCE_COLUMNS)
        .select_from(evidence)
        .join(
            participants,
            and_(participants.c.id == evidence.c.participant_id, participants.c.evidence_version == evidence.c.version),
        )
        .outerjoin(imported_scores, SCORE_SEEN)
        .where(evidence.c.participant_id == participant_id)
    ).first()
    return None if row is None else {"evidence": evidence_of(row), "seen_at": row.e_seen_at, "version": row.e_version}


def decision_history(connection: Connection, participant_id: str) -> list[Row]:
    """Return every decision of a participant, oldest first, with the threshold row that judged it."""
    rows = connection.execute(
        select(
            *labelled(decisions, "d"),
            thresholds.c.value.label("threshold"),
            thresholds.c.scale,
            thresholds.c.legal_basis,
            *TERMS,
        )
        .join(participants, participants.c.id == decisions.c.participant_id)
        .outerjoin(thresholds, JUDGED_BY)
        .outerjoin(terms, BY_TERMS)
        .where(decisions.c.participant_id == participant_id)
        .order_by(decisions.c.version)
    )
    return [
        {
            "decision": decision_of(row),
            "version": row.d_version,
            "decided_at": row.d_decided_at,
            "run_id": row.d_run_id,
            "threshold_version": row.d_threshold_version,
            "required_version": row.d_required_version,
            "evidence_version": row.d_evidence_version,
            "rule_version": row.d_rule_version,
            "terms": None if row.method is None else terms_of_row(row),
            "threshold": row.threshold,
            "scale": row.scale,
            "legal_basis": row.legal_basis,
        }
        for row in rows
    ]


def roster_history(connection: Connection, participant_id: str) -> list[Row]:
    """Return every change of a participant's roster entry, oldest first."""
    statement = (
        select(roster_events).where(roster_events.c.participant_id == participant_id).order_by(roster_events.c.version)
    )
    return [dict(row._mapping) for row in connection.execute(statement)]


def push_history(connection: Connection, participant_id: str) -> list[Row]:
    """Return every attempted write about a participant, oldest first."""
    statement = select(pushes).where(pushes.c.subject == participant_id).order_by(pushes.c.id)
    return [dict(row._mapping) for row in connection.execute(statement)]
