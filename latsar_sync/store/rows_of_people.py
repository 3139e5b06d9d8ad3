"""Rows about people of one programme: where they are few they are looked through, and not all of its people."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Row, Select, Table

from latsar_sync.store.tables import participants
from latsar_sync.store.tables.columns import OF_PROGRAMME

FEW = 1_000
"""So many rows, of all programmes together, are sooner looked through than the people of one large programme."""


class RowsOfPeople:
    """A query for rows of a table, joined with ``participants``, that takes ``of_programme``.

    SQLite knows no number of rows: left alone, it would look for a row of each person of the programme.
    """

    def __init__(self, table: Table, chosen: Select[Any]) -> None:
        self._some = f"SELECT 1 FROM {table.name} LIMIT {FEW}"  # noqa: S608  a name of our own
        self._by_people = chosen.where(participants.c.programme == OF_PROGRAMME)
        self._by_rows = chosen.where(participants.c.programme.concat("") == OF_PROGRAMME)  # by no index

    def on(self, connection: Connection) -> Select[Any]:
        """Return the query as it is answered sooner now."""
        return self._by_rows if self._number(connection) < FEW else self._by_people

    def of(
        self, connection: Connection, programme: str, *which: ColumnElement[bool], order: Sequence[Column[Any]] = ()
    ) -> Sequence[Row[Any]]:
        """Return the rows about people of a programme, all or those for ``which`` this holds; where the table has none,
        which is how most are, nothing more is asked.
        """
        number = self._number(connection)
        if not number:
            return ()
        chosen = self._by_rows if number < FEW else self._by_people
        return connection.execute(chosen.where(*which).order_by(*order), {OF_PROGRAMME.key: programme}).all()

    def _number(self, connection: Connection) -> int:
        return len(connection.exec_driver_sql(self._some).all())
