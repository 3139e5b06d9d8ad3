"""The daemons on this database: who is there, and when each last gave a sign of life."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, insert, inspect, select, update

from latsar_sync.store import shared_clock
from latsar_sync.store.database import Database
from latsar_sync.store.leases import Holder
from latsar_sync.store.processes import this_process
from latsar_sync.store.tables import daemons, leases


@dataclass(frozen=True, slots=True)
class DaemonSeen:
    """A living daemon."""

    host: str
    pid: int
    started_at: datetime
    beat_at: datetime
    changed_files: tuple[str, ...] = ()
    """Files of its configuration that were changed since it read them: it goes by what it read."""


def announce(database: Database, holder: str, now: datetime) -> None:
    """Write down that a daemon begins, and forget those that are dead."""
    with database.writing() as connection:
        ahead = shared_clock.ahead(connection)
        for row in connection.execute(select(daemons)).all():
            if _holder(row, ahead).is_dead(now):
                connection.execute(delete(daemons).where(daemons.c.holder == row.holder))
        _insert(connection, holder, now + ahead, now + ahead, ())


def beat(
    database: Database, holder: str, started_at: datetime, now: datetime, changed_files: Sequence[str] = ()
) -> None:
    """Give a sign of life; whoever was taken for dead meanwhile is written down again."""
    with database.writing() as connection:
        ahead = shared_clock.ahead(connection)
        sign = {"beat_at": now + ahead, "changed_files": list(changed_files) or None}
        mine = connection.execute(update(daemons).where(daemons.c.holder == holder).values(sign))
        if mine.rowcount == 0:
            _insert(connection, holder, started_at + ahead, now + ahead, changed_files)


def leave(database: Database, holder: str) -> None:
    """Write down that a daemon ends."""
    with database.writing() as connection:
        connection.execute(delete(daemons).where(daemons.c.holder == holder))


def living_daemons(database: Database, now: datetime) -> list[DaemonSeen]:
    """Return the daemons that gave a sign of life within a minute."""
    with database.reading() as connection:
        ahead = shared_clock.ahead(connection)
        found = [(_holder(row, ahead), tuple(row.changed_files or ())) for row in connection.execute(select(daemons))]
    return [
        DaemonSeen(each.host, each.pid, each.taken_at, each.beat_at, changed)
        for each, changed in found
        if not each.is_dead(now)
    ]


def _insert(
    connection: Connection, holder: str, started_at: datetime, now: datetime, changed_files: Sequence[str]
) -> None:
    times = {"started_at": started_at, "beat_at": now, "changed_files": list(changed_files) or None}
    connection.execute(insert(daemons).values(holder=holder, **this_process(), **times))


def _holder(row: Any, ahead: timedelta) -> Holder:
    since, beat_at = row.started_at - ahead, row.beat_at - ahead
    return Holder("", row.holder, row.host, row.pid, row.process_started, since, beat_at)


def at_work(connection: Connection, now: datetime) -> list[Holder]:
    """Return every living daemon and run, also in the tables of an older version, which had these columns already."""
    if not inspect(connection).has_table(daemons.name):
        return []  # a version before there were any
    ahead = shared_clock.ahead(connection)
    there_always = [each for each in daemons.c if each is not daemons.c.changed_files]
    waiting = [_holder(row, ahead) for row in connection.execute(select(*there_always))]
    running = [Holder.of(row, ahead) for row in connection.execute(select(leases))]
    return [each for each in (*waiting, *running) if not each.is_dead(now)]
