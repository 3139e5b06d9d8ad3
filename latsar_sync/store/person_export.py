"""Reads for the export of one person: the whole history, not only what stands now. They judge nothing."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from latsar_sync.domain.request import RunOutcome
from latsar_sync.store.listings import Row
from latsar_sync.store.participant_values import evidence_of
from latsar_sync.store.participants import EVIDENCE_COLUMNS, SCORE_SEEN
from latsar_sync.store.tables import (
    angkatan_moves,
    clearances,
    decisions,
    erasures,
    evidence,
    identities,
    identity_actions,
    imported_scores,
    messages,
    metadata,
    overrides,
    participants,
    pushes,
    required_sets,
    roster_entries,
    roster_events,
    run_programmes,
    run_requests,
    runs,
    score_confirmations,
)

TOLD = frozenset(
    {
        identities,
        evidence,
        decisions,
        roster_entries,
        roster_events,
        overrides,
        clearances,
        angkatan_moves,
        identity_actions,
        imported_scores,
        score_confirmations,
        erasures,
    }
)
"""Tables that point to a participant and are told of in words; the rows of any other are shown as they are."""


def evidence_history(connection: Connection, participant_id: str) -> list[Row]:
    """Return every reading of a participant that differed from the one before, oldest first."""
    rows = connection.execute(
        select(*EVIDENCE_COLUMNS)
        .select_from(evidence)
        .outerjoin(imported_scores, SCORE_SEEN)
        .where(evidence.c.participant_id == participant_id)
        .order_by(evidence.c.version)
    )
    return [{"evidence": evidence_of(row), "seen_at": row.e_seen_at, "version": row.e_version} for row in rows]


def activity_names(connection: Connection, programme: str) -> dict[int, str]:
    """Return the name of every activity that was ever required, by course-module id; the newest name counts."""
    sets = connection.execute(
        select(required_sets.c.activities)
        .where(required_sets.c.programme == programme)
        .order_by(required_sets.c.version)
    ).scalars()
    return {cmid: name for activities in sets for cmid, name, *_ in activities}


def requests_about(connection: Connection, numbers: Sequence[str]) -> list[Row]:
    """Return the requests for a run about a person that wait or are under way; a finished one names nobody."""
    statement = select(run_requests).where(run_requests.c.subject.in_(numbers)).order_by(run_requests.c.id)
    return [dict(row._mapping) for row in connection.execute(statement)]


def runs_that_changed(connection: Connection, participant_id: str) -> list[Row]:
    """Return every run that decided, placed or sent something about a participant: number, when, command, what."""
    changed: dict[int, list[str]] = {}
    for name, table, owner, number in (
        ("decision", decisions, decisions.c.participant_id, decisions.c.version),
        ("roster", roster_events, roster_events.c.participant_id, roster_events.c.version),
        ("push", pushes, pushes.c.subject, pushes.c.attempt),
    ):
        for row in connection.execute(select(table.c.run_id, number.label("number")).where(owner == participant_id)):
            if row.run_id is not None:
                changed.setdefault(row.run_id, []).append(f"{name} {row.number}")
    found = connection.execute(select(runs).where(runs.c.id.in_(changed)).order_by(runs.c.id))
    return [
        {"run_id": row.id, "started_at": row.started_at, "command": row.command, "changed": changed[row.id]}
        for row in found
    ]


def runs_that_read(connection: Connection, programme: str, since: datetime, until: datetime) -> Row:
    """Count the recorded runs over everybody of a programme that read its people between two moments."""
    row = connection.execute(
        select(func.count().label("count"), func.min(runs.c.started_at), func.max(runs.c.started_at))
        .join(run_programmes, run_programmes.c.run_id == runs.c.id)
        .where(
            run_programmes.c.programme == programme,
            run_programmes.c.kind != "participant",
            run_programmes.c.outcome != str(RunOutcome.FAILED),
            run_programmes.c.finished_at >= since,
            runs.c.started_at <= until,
        )
    ).one()
    return {"count": row[0], "first": row[1], "last": row[2]}


def identity_of(connection: Connection, participant_id: str) -> Row:
    """Return the identity as stored, empty if it was erased."""
    row = connection.execute(select(identities).where(identities.c.participant_id == participant_id)).first()
    return {} if row is None else dict(row._mapping)


def other_rows(connection: Connection, participant_id: str) -> dict[str, list[dict[str, Any]]]:
    """Return the rows about a participant in every further table that points to one, by table."""
    found = {}
    for table in metadata.sorted_tables:
        pointing = [key.parent for key in table.foreign_keys if key.column is participants.c.id]
        if pointing and table not in TOLD:
            rows = connection.execute(select(table).where(pointing[0] == participant_id))
            found[table.name] = [dict(row._mapping) for row in rows]
    written_to = connection.execute(select(messages).where(messages.c.recipient == participant_id))
    found[messages.name] = [dict(row._mapping) for row in written_to]
    return {name: rows for name, rows in found.items() if rows}
