"""Clearances and their revocations: rows are added, never changed (rule 12)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, insert, select

from latsar_sync.domain.actions import Clearance
from latsar_sync.store.tables import clearance_revocations, clearances


def add_clearances(connection: Connection, programme: str, added: Sequence[Clearance]) -> None:
    """Record checked documents; their ``version`` must be the next ones of the programme."""
    rows = [
        {
            "programme": programme,
            "version": each.version,
            "participant_id": each.participant_id,
            "angkatan": each.angkatan,
            "kind": each.kind,
            "number": each.number,
            "issuer": each.issuer,
            "issued": each.issued,
            "valid_until": each.valid_until,
            "by": each.by,
            "at": each.at,
        }
        for each in added
    ]
    connection.execute(insert(clearances), rows)


def revoke_clearance(connection: Connection, programme: str, version: int, reason: str, by: str, now: datetime) -> None:
    """Record that a clearance counts no more; it is done once."""
    connection.execute(
        insert(clearance_revocations).values(programme=programme, version=version, reason=reason, by=by, at=now)
    )


def clearance_rows(connection: Connection, programme: str) -> list[Any]:
    """Return every clearance of a programme, oldest first, with ``revoked_by``, ``revoked_at``, ``revoked_reason``."""
    gone = clearance_revocations.c
    statement = (
        select(
            clearances,
            gone.by.label("revoked_by"),
            gone.at.label("revoked_at"),
            gone.reason.label("revoked_reason"),
        )
        .outerjoin(
            clearance_revocations, and_(gone.programme == clearances.c.programme, gone.version == clearances.c.version)
        )
        .where(clearances.c.programme == programme)
        .order_by(clearances.c.version)
    )
    return list(connection.execute(statement))


def load_clearances(connection: Connection, programme: str) -> tuple[Clearance, ...]:
    """Return every clearance of a programme, oldest first."""
    return tuple(
        Clearance(
            row.version,
            row.participant_id,
            row.angkatan,
            row.kind,
            row.number,
            row.issuer,
            row.issued,
            row.valid_until,
            row.by,
            row.at,
            revoked=row.revoked_at is not None,
        )
        for row in clearance_rows(connection, programme)
    )
