"""Clearances and their revocations: rows are added, never changed (rule 12)."""

from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, false, func, insert, not_, select, true

from latsar_sync.domain.actions import Clearance, stands
from latsar_sync.store.identities import handed_over
from latsar_sync.store.tables import clearance_revocations, clearances, identities, roster_entries
from latsar_sync.store.tables.columns import STATEMENTS_KEPT

GONE = clearance_revocations.c
ROWS_AT_ONCE = 1_000
"""So many rows of a long list are in hand together."""


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


def revoked_since(connection: Connection, programme: str, since: datetime) -> frozenset[str]:
    """Return the participants and angkatan, by their ids, of whom a clearance was revoked at or after a moment."""
    late = and_(GONE.programme == clearances.c.programme, GONE.version == clearances.c.version, GONE.at >= since)
    found = select(clearances.c.participant_id, clearances.c.angkatan).join(clearance_revocations, late)
    rows = connection.execute(found.where(clearances.c.programme == programme))
    return frozenset(row.participant_id or row.angkatan for row in rows)


def clearance_numbered(connection: Connection, programme: str, version: int) -> Any | None:
    """Return one clearance, with ``revoked_by``, ``revoked_at``, ``revoked_reason``; None if none has that number."""
    return connection.execute(_recorded(programme).where(clearances.c.version == version)).one_or_none()


def clearances_of_person(
    connection: Connection, programme: str, participant_id: str, angkatan: str | None = None
) -> list[Any]:
    """Return, so too, the clearances of one participant and of the angkatan that is theirs, oldest first."""
    mine = clearances.c.participant_id == participant_id
    mine = mine if angkatan is None else mine | (clearances.c.angkatan == angkatan)
    return list(connection.execute(_recorded(programme).where(mine)))


def count_clearances(connection: Connection, programme: str, state: str, today: date) -> int:
    """Return how many clearances are in a ``state`` as of ``today`` (empty: any)."""
    counted = _recorded(programme).where(_in_state(state, today)).order_by(None).subquery()
    return int(connection.execute(select(func.count()).select_from(counted)).scalar_one())


def part_of_clearances(
    connection: Connection, programme: str, state: str, today: date, offset: int, limit: int, newest_first: bool = False
) -> tuple[list[Any], int]:
    """Return, so too, some of the clearances in a ``state`` as of ``today`` (empty: any), and how many there are."""
    statement = _recorded(programme).where(_in_state(state, today))
    if newest_first:
        statement = statement.order_by(None).order_by(clearances.c.version.desc())
    found = list(connection.execute(statement.offset(offset).limit(limit)))
    return found, count_clearances(connection, programme, state, today)


def each_with_owner(
    connection: Connection, programme: str, angkatan: str | None = None, version: int | None = None
) -> Iterator[Any]:
    """Yield the clearances of a programme, oldest first and as they come, with whose they are: ``nip``, ``name`` and
    ``roster_angkatan``. ``angkatan`` is that of the clearance or of whose it is, ``version`` its number.
    """
    statement = _owned(programme, angkatan).add_columns(
        identities.c.nip, identities.c.name, roster_entries.c.angkatan.label("roster_angkatan")
    )
    if version is not None:
        statement = statement.where(clearances.c.version == version)
    return iter(connection.execute(statement.execution_options(yield_per=ROWS_AT_ONCE)))


def count_with_owner(connection: Connection, programme: str, angkatan: str | None = None) -> tuple[int, int]:
    """Return how many of the same there are, and how many are of one participant."""
    statement = _owned(programme, angkatan).order_by(None)
    told = statement.with_only_columns(func.count(), func.count(clearances.c.participant_id))
    number, of_people = connection.execute(told).one()
    return number, of_people


def load_clearances(
    connection: Connection, programme: str, people: Collection[str] | None = None
) -> tuple[Clearance, ...]:
    """Return every clearance of a programme, oldest first; with ``people`` of the participants theirs alone.

    Those of whoever had an account before count as revoked.
    """
    statement = _recorded(programme)
    if people is not None:
        statement = statement.where(clearances.c.participant_id.is_(None) | clearances.c.participant_id.in_(people))
    rows = connection.execute(statement).all()
    since = handed_over(connection, programme) if rows else {}
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
            revoked=row.revoked_at is not None or not stands(row.at, row.participant_id or "", since),
        )
        for row in rows
    )


@lru_cache(STATEMENTS_KEPT)
def _recorded(programme: str) -> Select[Any]:
    return (
        select(
            clearances, GONE.by.label("revoked_by"), GONE.at.label("revoked_at"), GONE.reason.label("revoked_reason")
        )
        .outerjoin(
            clearance_revocations, and_(GONE.programme == clearances.c.programme, GONE.version == clearances.c.version)
        )
        .where(clearances.c.programme == programme)
        .order_by(clearances.c.version)
    )


def _owned(programme: str, angkatan: str | None) -> Select[Any]:
    """Return the same question with whose they are; of whoever was erased neither who nor where they are is told."""
    statement = (
        _recorded(programme)
        .outerjoin(identities, identities.c.participant_id == clearances.c.participant_id)
        .outerjoin(roster_entries, roster_entries.c.participant_id == identities.c.participant_id)
    )
    if angkatan is None:
        return statement
    return statement.where((clearances.c.angkatan == angkatan) | (roster_entries.c.angkatan == angkatan))


def _in_state(state: str, today: date) -> ColumnElement[bool]:
    """Return the condition of a state, as a clearance is shown; of one that does not exist there is none."""
    if state == "revoked":
        return GONE.at.is_not(None)
    valid = clearances.c.valid_until >= today
    standing = {"": true(), "valid": and_(GONE.at.is_(None), valid), "expired": and_(GONE.at.is_(None), not_(valid))}
    return standing.get(state, false())
