"""The daemons on this database: who is there, and when each last gave a sign of life."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, inspect, select, update

from latsar_sync.store.database import Database
from latsar_sync.store.holders import Holder
from latsar_sync.store.processes import this_process
from latsar_sync.store.tables import daemons, leases


@dataclass(frozen=True, slots=True)
class DaemonSeen:
    """A living daemon."""

    host: str
    pid: int
    started_at: datetime
    beat_at: datetime


def announce(database: Database, holder: str, now: datetime) -> None:
    """Write down that a daemon begins, and forget those that are dead."""
    with database.writing() as connection:
        for row in connection.execute(select(daemons)).all():
            if _holder(row).is_dead(now):
                connection.execute(delete(daemons).where(daemons.c.holder == row.holder))
        _insert(connection, holder, now, now)


def beat(database: Database, holder: str, started_at: datetime, now: datetime) -> None:
    """Give a sign of life; whoever was taken for dead meanwhile is written down again."""
    with database.writing() as connection:
        mine = connection.execute(update(daemons).where(daemons.c.holder == holder).values(beat_at=now))
        if mine.rowcount == 0:
            _insert(connection, holder, started_at, now)


def leave(database: Database, holder: str) -> None:
    """Write down that a daemon ends."""
    with database.writing() as connection:
        connection.execute(delete(daemons).where(daemons.c.holder == holder))


def living_daemons(database: Database, now: datetime) -> list[DaemonSeen]:
    """Return the daemons that gave a sign of life within a minute."""
    with database.reading() as connection:
        rows = connection.execute(select(daemons)).all()
    return [DaemonSeen(row.host, row.pid, row.started_at, row.beat_at) for row in rows if not _holder(row).is_dead(now)]


def _insert(connection: Connection, holder: str, started_at: datetime, now: datetime) -> None:
    connection.execute(insert(daemons).values(holder=holder, **this_process(), started_at=started_at, beat_at=now))


def _holder(row: Any) -> Holder:
    return Holder("", row.holder, row.host, row.pid, row.process_started, row.started_at, row.beat_at)


def at_work(connection: Connection, now: datetime) -> list[Holder]:
    """Return every living daemon and run, also in the tables of an older version, which had these columns already."""
    if not inspect(connection).has_table(daemons.name):
        return []  # a version before there were any
    waiting = [_holder(row) for row in connection.execute(select(daemons))]
    running = [Holder(**row._mapping) for row in connection.execute(select(leases))]
    return [each for each in (*waiting, *running) if not each.is_dead(now)]
