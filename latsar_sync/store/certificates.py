"""Certificates as evidence: each content once a programme; the document is kept until a person has decided."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from latsar_sync.store.bulk import batches
from latsar_sync.store.names_in_texts import TAKEN_OUT
from latsar_sync.store.tables import certificates, identities

Row = Mapping[str, Any]


class CertificateState(StrEnum):
    """Where a certificate stands: its facts are proposed, a person took them over, or refused it."""

    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"


COLUMNS = tuple(column for column in certificates.columns if column.name != "content")


def number_of(connection: Connection, programme: str, digest: str) -> int | None:
    """Return the number of the certificate with this content, None if a programme has none."""
    where = certificates.c.programme == programme, certificates.c.digest == digest
    return connection.execute(select(certificates.c.id).where(*where)).scalar()


def add(
    connection: Connection,
    programme: str,
    digest: str,
    name: str,
    content: bytes,
    facts: Mapping[str, str],
    participant_id: str | None,
    by: str,
    now: datetime,
) -> tuple[int, bool]:
    """Write a certificate down and return its number, and whether it is new."""
    known = number_of(connection, programme, digest)
    if known is not None:
        return known, False
    statement = insert(certificates).values(
        programme=programme,
        digest=digest,
        name=name,
        content=content,
        facts=dict(facts),
        confirmed={},
        participant_id=participant_id,
        state=str(CertificateState.PROPOSED),
        added_by=by,
        added_at=now,
    )
    return int(connection.execute(statement.returning(certificates.c.id)).scalar_one()), True


def listed(connection: Connection, programme: str, state: CertificateState | None = None) -> list[Row]:
    """Return the certificates of a programme, oldest first, with name and NIP of whom each was matched to."""
    statement = (
        select(*COLUMNS, identities.c.nip, identities.c.name.label("person"))
        .outerjoin(identities, identities.c.participant_id == certificates.c.participant_id)
        .where(certificates.c.programme == programme)
        .order_by(certificates.c.id)
    )
    if state is not None:
        statement = statement.where(certificates.c.state == str(state))
    return [dict(row._mapping) for row in connection.execute(statement)]


def count_waiting(connection: Connection, programme: str) -> int:
    """Count the certificates of a programme that nobody has decided about."""
    waits = certificates.c.state == str(CertificateState.PROPOSED)
    mine = select(func.count()).select_from(certificates).where(certificates.c.programme == programme, waits)
    return connection.execute(mine).scalar_one()


def delete_those_of(
    connection: Connection, programmes: Sequence[str], pattern: re.Pattern[str] | None, numbers: re.Pattern[str] | None
) -> None:
    """Delete the certificates of programmes that nobody has decided about and that name whom a pattern finds.

    One of a namesake stays: of somebody called alike, to whom it was matched, without one of the person's ``numbers``.
    Without a pattern all of them go.
    """
    waits = certificates.c.programme.in_(programmes), certificates.c.state == str(CertificateState.PROPOSED)
    columns = certificates.c.id, certificates.c.facts, certificates.c.name, identities.c.name.label("person")
    matched = identities.c.participant_id == certificates.c.participant_id
    rows = connection.execute(select(*columns).outerjoin(identities, matched).where(*waits)).all()
    named = []
    for row in rows:
        text = "\n".join([row.name, *row.facts.values()])
        if pattern is not None and pattern.search(row.person or ""):
            is_theirs = numbers is not None and numbers.search(text) is not None
        else:
            is_theirs = pattern is None or pattern.search(text) is not None
        named += [row.id] if is_theirs else []
    for batch in batches(named):
        connection.execute(delete(certificates).where(certificates.c.id.in_(batch)))


def forget_names(connection: Connection, programme: str) -> None:
    """Take the names of a programme's files out."""
    connection.execute(update(certificates).where(certificates.c.programme == programme).values(name=TAKEN_OUT))


def get(connection: Connection, number: int) -> Row | None:
    """Return one certificate with its document, None if there is none of that number."""
    row = connection.execute(select(certificates).where(certificates.c.id == number)).first()
    return None if row is None else dict(row._mapping)


def decide(
    connection: Connection,
    number: int,
    state: CertificateState,
    by: str,
    now: datetime,
    participant_id: str | None = None,
    confirmed: Mapping[str, str] | None = None,
    reason: str | None = None,
    import_id: int | None = None,
) -> bool:
    """Record what a person decided, and destroy the document and what was read; False if it was decided before."""
    values: dict[str, Any] = {
        "state": str(state),
        "decided_by": by,
        "decided_at": now,
        "content": None,
        "facts": {},
        "confirmed": dict(confirmed or {}),
        "reason": reason,
        "import_id": import_id,
    }
    if participant_id is not None:
        values["participant_id"] = participant_id
    open_ones = certificates.c.id == number, certificates.c.state == str(CertificateState.PROPOSED)
    return connection.execute(update(certificates).where(*open_ones).values(**values)).rowcount == 1


def take_back(connection: Connection, number: int, by: str, now: datetime, reason: str, import_id: int | None) -> bool:
    """Record that a certificate that was taken over is refused after all; False if it is no longer one taken over.

    ``import_id`` is the import that says so, None where the certificate counts no more anyway.
    """
    values: dict[str, Any] = {
        "state": str(CertificateState.REJECTED),
        "decided_by": by,
        "decided_at": now,
        "reason": reason,
        "import_id": import_id,
    }
    taken_over = certificates.c.id == number, certificates.c.state == str(CertificateState.CONFIRMED)
    return connection.execute(update(certificates).where(*taken_over).values(**values)).rowcount == 1
