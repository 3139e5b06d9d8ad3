"""What a programme judged by, beside threshold and required set: one row each time it changed, never changed itself."""

from datetime import datetime

from sqlalchemy import Connection, insert, select

from latsar_sync.domain.records import RecordedTerms, Terms
from latsar_sync.store.tables import terms


def latest_terms(connection: Connection, programme: str) -> RecordedTerms | None:
    """Return what the programme last judged by, None before its first decision that was recorded with it."""
    row = connection.execute(
        select(terms).where(terms.c.programme == programme).order_by(terms.c.version.desc()).limit(1)
    ).first()
    return None if row is None else RecordedTerms(row.version, terms_of_row(row))


def add_terms(connection: Connection, programme: str, recorded: RecordedTerms, now: datetime) -> None:
    """Record what the programme judges by from now on."""
    content = recorded.terms._asdict() | {"clearances": list(recorded.terms.clearances)}
    connection.execute(insert(terms).values(programme=programme, version=recorded.version, recorded_at=now, **content))


def terms_of_row(row: object) -> Terms:
    """Return the terms in a row that has their columns."""
    values = {name: getattr(row, name) for name in Terms._fields}
    return Terms(**values | {"clearances": tuple(values["clearances"])})
