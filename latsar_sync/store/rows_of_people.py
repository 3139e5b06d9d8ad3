"""Rows about people of one programme: where they are few they are looked through, and not all of its people."""

from typing import Any

from sqlalchemy import Connection, Select, Table

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
        number = len(connection.exec_driver_sql(self._some).all())
        return self._by_rows if number < FEW else self._by_people
