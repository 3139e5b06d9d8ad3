"""Many rows at once. Writing: SQLite takes them many at a time, PostgreSQL by COPY. Reading: as plain named tuples.

SQLAlchemy's own way binds value by value, which for a hundred thousand participants takes longer than all the rest.
Here every column is bound once for all the rows, by the same types.
"""

import json
from collections import namedtuple
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import lru_cache, partial
from itertools import chain, groupby, islice
from operator import itemgetter
from typing import Any, TypeVar

from sqlalchemy import JSON, Column, Connection, Select, Table
from sqlalchemy.exc import DBAPIError

from latsar_sync.store.kept_writes import KeptWrites
from latsar_sync.store.tables.columns import UtcDateTime, moment_on_sqlite, moment_with_zone
from latsar_sync.store.writes_beside import WritesBeside

ROWS_AT_ONCE = 2_000
"""So many rows are bound and sent together, and no more of them are held in memory."""

ROWS_IN_HAND = 2_000
"""So many rows the driver hands over together; not all of them, which would be held beside what is made of them."""

FEW = 100
"""Up to here PostgreSQL changes row by row; a table for the changes costs more than it saves."""

Row = Mapping[str, Any]
Columns = Mapping[str, Sequence[Any]]
"""The values of some rows by column name, in the order of the rows."""
T = TypeVar("T")
Writer = Connection | KeptWrites | WritesBeside
"""What rows are written to."""


ALIKE = 8_192
"""So many different short values are kept for the rows to come: most people's are like somebody else's."""


@lru_cache(ALIKE)
def shared(text: T) -> T:
    """Return one and the same text for equal ones, where a column says the same thing of many people."""
    return text


def batches(items: Iterable[T], size: int = ROWS_AT_ONCE) -> Iterator[list[T]]:
    """Cut what may be a generator into lists that are written together."""
    remaining = iter(items)
    while batch := list(islice(remaining, size)):
        yield batch


def read_rows(connection: Connection, statement: Select[Any]) -> Iterator[Any]:
    """Yield the rows of a query with their columns as attributes, which tell their values faster than SQLAlchemy's."""
    found = connection.execute(statement, execution_options={"yield_per": ROWS_IN_HAND})
    yield from map(partial(tuple.__new__, kind_of_row(tuple(found.keys()))), found)


@lru_cache(256)
def kind_of_row(names: tuple[str, ...]) -> Any:
    """Return the named tuple of these columns; it is made by compiling code, which costs more than most queries."""
    return namedtuple("Found", names)  # its fields are known with the query


def add_rows(connection: Writer, table: Table, rows: Iterable[Row]) -> None:
    """Insert rows: values by column name, all with the same columns. Errors are SQLAlchemy's, as of any statement."""
    for names, alike in groupby(map(_filled, map(_columns, batches(rows))), tuple):
        _insert(connection, table, _quoted(connection, table.name), names, alike)


def change_rows(connection: Writer, table: Table, key: str, rows: Iterable[Row]) -> None:
    """Update rows by their column ``key``: values by column name, all with the same columns, the key among them."""
    remaining = iter(rows)
    few = list(islice(remaining, FEW + 1))
    if not few:
        return
    changed = [name for name in few[0] if name != key]
    name, mark = _quoted(connection, table.name), _quoted(connection, key)
    everything = batches(chain(few, remaining))
    if connection.dialect.name == "sqlite" or len(few) <= FEW:
        place = "?" if connection.dialect.name == "sqlite" else "%s"
        values = ", ".join(f"{_quoted(connection, each)} = {place}" for each in changed)
        statement = f"UPDATE {name} SET {values} WHERE {mark} = {place}"  # noqa: S608  our names
        for batch in everything:
            connection.exec_driver_sql(statement, _bound(connection, table, _columns(batch, [*changed, key])))
        return
    listed = ", ".join(_quoted(connection, each) for each in (key, *changed))
    values = ", ".join(f"{_quoted(connection, each)} = changes.{_quoted(connection, each)}" for each in changed)
    made = f"CREATE TEMPORARY TABLE changes ON COMMIT DROP AS SELECT {listed} FROM {name} WITH NO DATA"  # noqa: S608  our names
    connection.exec_driver_sql(made)
    names = [key, *changed]
    _insert(connection, table, "changes", names, (_columns(batch, names) for batch in everything))
    joined = f"UPDATE {name} SET {values} FROM changes WHERE {name}.{mark} = changes.{mark}"  # noqa: S608  our names
    connection.exec_driver_sql(joined)
    connection.exec_driver_sql("DROP TABLE changes")


def set_rows(connection: Writer, table: Table, key: str, keys: Sequence[str], values: Row) -> None:
    """Give the same values, by column name, to every row whose column ``key`` is one of ``keys``."""
    name, mark = _quoted(connection, table.name), _quoted(connection, key)
    sqlite = connection.dialect.name == "sqlite"
    place = "?" if sqlite else "%s"
    listed = ", ".join(f"{_quoted(connection, each)} = {place}" for each in values)
    [bound] = _bound(connection, table, _columns([values]))
    for batch in batches(keys):
        among = f"IN ({', '.join('?' * len(batch))})" if sqlite else "= ANY(%s::text[])"
        statement = f"UPDATE {name} SET {listed} WHERE {mark} {among}"  # noqa: S608  our names
        connection.exec_driver_sql(statement, (*bound, *batch) if sqlite else (*bound, _as_array(batch)))


def _as_array(texts: Iterable[str]) -> str:
    """Return texts as PostgreSQL writes an array of them: the driver would take ten times as long."""
    quoted = (text.replace("\\", "\\\\").replace('"', '\\"') for text in texts)
    return "{" + ",".join(f'"{each}"' for each in quoted) + "}"


def _columns(rows: Sequence[Row], names: Sequence[str] = ()) -> Columns:
    """Return rows as columns by name: all of them, or those of these names in their order."""
    names = names or list(rows[0])
    values = map(itemgetter(*names), rows) if len(names) > 1 else ((row[names[0]],) for row in rows)
    return dict(zip(names, zip(*values, strict=True), strict=True))


def _filled(columns: Columns) -> Columns:
    """Return the columns that must be told: one that is empty in every row has no default that would take its place."""
    return {
        name: values for name, values in columns.items() if values[0] is not None or values.count(None) < len(values)
    }


def _insert(connection: Writer, table: Table, target: str, names: Sequence[str], of_batches: Iterable[Columns]) -> None:
    """Insert batches of rows of ``table`` into ``target``: itself, or one that was made like it.

    PostgreSQL takes them in one COPY, so that it stores the last batch while the next is made.
    """
    into = f"{target} ({', '.join(_quoted(connection, name) for name in names)})"
    if isinstance(connection, KeptWrites) or connection.dialect.name == "sqlite":
        places = ", ".join("?" * len(names))
        for columns in of_batches:
            bound = _bound(connection, table, columns)
            connection.exec_driver_sql(f"INSERT INTO {into} VALUES ({places})", bound)  # noqa: S608  our names
        return
    statement = f"COPY {into} FROM STDIN"
    all_bound = (_bound(connection, table, columns) for columns in of_batches)
    if isinstance(connection, Connection):
        _copied(connection, statement, all_bound)()
        return
    first = next(all_bound)  # while the server still carries out what came before
    connection.leave(_copied(connection.settled(), statement, chain([first], all_bound)))


def _copied(connection: Connection, statement: str, bound: Iterable[Sequence[tuple[Any, ...]]]) -> Callable[[], None]:
    """Hand the rows of a COPY over; return what waits until the server has stored them."""
    driver: Any = connection.connection.driver_connection
    with _errors_of(connection, statement), ExitStack() as stack:
        copy = stack.enter_context(stack.enter_context(driver.cursor()).copy(statement))
        for row in chain.from_iterable(bound):
            copy.write_row(row)
        ended = stack.pop_all()

    def wait() -> None:
        with _errors_of(connection, statement):
            ended.close()

    return wait


@contextmanager
def _errors_of(connection: Connection, statement: str) -> Iterator[None]:
    """Raise errors of the driver as SQLAlchemy's."""
    of_driver = connection.dialect.loaded_dbapi.Error
    try:
        yield
    except of_driver as error:
        raise DBAPIError.instance(statement, None, error, of_driver, True, dialect=connection.dialect) from error


def _bound(connection: Writer, table: Table, columns: Columns) -> list[tuple[Any, ...]]:
    """Return the rows as the driver takes them: each column bound for itself, each different value once."""
    bound = [_bound_column(connection, table.columns[name], values) for name, values in columns.items()]
    return list(zip(*bound, strict=True))


def _bound_column(connection: Writer, column: Column[Any], values: Sequence[Any]) -> Sequence[Any]:
    bind: Callable[[Any], Any] | None = column.type.dialect_impl(connection.dialect).bind_processor(connection.dialect)
    if isinstance(column.type, JSON):
        bind = _as_json
    elif isinstance(column.type, UtcDateTime):  # the driver would write the same moment out for each row, in Python
        bind = moment_on_sqlite if connection.dialect.name == "sqlite" else moment_with_zone
    if bind is None:
        return values
    try:
        bound = {value: bind(value) for value in set(values)}
    except TypeError:  # lists and the like, which cannot be told apart by their hash
        return [bind(value) for value in values]
    return list(map(bound.__getitem__, values))


def _as_json(value: Any) -> str | None:
    return None if value is None else "[]" if value == [] else json.dumps(value)


def _quoted(connection: Writer, name: str) -> str:
    return connection.dialect.identifier_preparer.quote(name)
