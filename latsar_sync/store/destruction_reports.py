"""The reports of what was destroyed, which nothing deletes (rule 16)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, select

from latsar_sync.rules.retention import DataClass
from latsar_sync.store.tables import destructions


@dataclass(frozen=True, slots=True)
class Destruction:
    """The report of one destruction: ``counts`` are the rows by table, ``months`` the period after ``ended_on``."""

    number: int
    programme: str
    data_class: DataClass
    ended_on: date
    months: int
    legal_basis: str
    counts: Mapping[str, int]
    by: str
    at: datetime


def find_reports(connection: Connection, number: int | None = None) -> list[Destruction]:
    """Return the reports of destruction, oldest first: all, or the one of this number."""
    statement = select(destructions).order_by(destructions.c.id)
    if number is not None:
        statement = statement.where(destructions.c.id == number)
    return [
        Destruction(
            row.id,
            row.programme,
            DataClass(row.data_class),
            row.ended_on,
            row.months,
            row.legal_basis,
            row.counts,
            row.by,
            row.at,
        )
        for row in connection.execute(statement)
    ]
