"""The transaction in which an action is recorded, beside a run that may be under way (rule 9)."""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select
from sqlalchemy.exc import IntegrityError

from latsar_sync.store import database_mark, shared_clock
from latsar_sync.store.database import Database
from latsar_sync.store.forgetting import rewrite_what_is_owed
from latsar_sync.store.leases import Holder, catch_up
from latsar_sync.store.processes import this_process
from latsar_sync.store.tables import leases

AN_ACTION = "an action"
"""Who stands in a lease while an action is recorded; no other transaction ever sees it."""


@contextmanager
def acting(database: Database, programme: str, clock: Callable[[], datetime]) -> Iterator[tuple[Connection, bool]]:
    """Open a transaction in which an action is recorded; say whether nobody works on the roster meanwhile.

    A run that holds the programme neither begins nor ends while it is open; nobody waits for a run. What waited for one
    that is over is carried out first, and what the action lets go on is at its end.
    """
    with acting_on(database, [programme], clock) as (connection, free):
        yield connection, free[programme]


@contextmanager
def acting_on(
    database: Database, programmes: Collection[str], clock: Callable[[], datetime]
) -> Iterator[tuple[Connection, Mapping[str, bool]]]:
    """Open one transaction as ``acting`` does for several programmes; say for each whether nobody works on it."""
    known = database_mark.load_mark(database.mark)
    names, gone = sorted(set(programmes)), set[str]()
    with database.writing() as connection:
        free = {name: _kept_free(connection, name, clock()) for name in names}
        for name in names:
            gone |= catch_up(connection, name, clock()) if free[name] else set()
        yield connection, free
        for name in names:
            gone |= catch_up(connection, name, clock()) if free[name] else set()
        connection.execute(delete(leases).where(leases.c.programme.in_(names), leases.c.holder == AN_ACTION))
        counted = database_mark.count_on(connection, known, clock())
    if database.mark is not None:
        with suppress(OSError):  # the next run says that it cannot be written
            database_mark.save_mark(database.mark, counted)
    if gone:
        rewrite_what_is_owed(database)


def _kept_free(connection: Connection, programme: str, now: datetime) -> bool:
    """Say whether no living run holds a programme, and let none begin or end before this transaction is over."""
    nobody = {"programme": programme, "holder": AN_ACTION, **this_process(), "taken_at": now, "beat_at": now}
    while True:
        try:
            with connection.begin_nested():
                connection.execute(insert(leases).values(**nobody))
        except IntegrityError:
            row = connection.execute(select(leases).where(leases.c.programme == programme).with_for_update()).first()
            if row is not None:
                return Holder.of(row, shared_clock.ahead(connection)).is_dead(now)
        else:
            return True  # else the run has ended in between, and its place is free now
