"""Who holds a programme, and when its process counts as dead (rule 9)."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, select

from latsar_sync.domain.language import _
from latsar_sync.store import shared_clock
from latsar_sync.store.database import Database
from latsar_sync.store.processes import process_started, this_host
from latsar_sync.store.tables import leases

EXPIRES_AFTER = timedelta(seconds=60)
"""Without a heartbeat for so long, a lease is a dead process's."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a programme, since when, and when it last gave a sign of life, by this host's clock."""

    programme: str
    holder: str
    host: str
    pid: int
    process_started: str
    taken_at: datetime
    beat_at: datetime

    @classmethod
    def of(cls, row: Row[Any], ahead: timedelta) -> "Holder":
        """Return a lease as it is written down, its times by this host's clock (``shared_clock``)."""
        written = cls(**row._mapping)
        return replace(written, taken_at=written.taken_at - ahead, beat_at=written.beat_at - ahead)

    def is_dead(self, now: datetime) -> bool:
        """Say whether the lease has expired, or its process is gone from this host.

        A beat of the future says nothing of another host: its clock ran ahead, or ours did before we were booted anew.
        """
        if now - self.beat_at > EXPIRES_AFTER:
            return True
        if self.host == this_host():
            return process_started(self.pid) != self.process_started
        return self.beat_at - now > EXPIRES_AFTER

    @property
    def named(self) -> str:
        """The host and the number of the process, for messages."""
        return _("host {host}, process {pid}").format(host=self.host.split(" ", maxsplit=1)[0], pid=self.pid)


def holders(database: Database) -> list[Holder]:
    """Return every lease that is written down, dead ones too."""
    with database.reading() as connection:
        ahead = shared_clock.ahead(connection)
        return [Holder.of(row, ahead) for row in connection.execute(select(leases))]


def is_held(database: Database, programme: str, now: datetime) -> bool:
    """Say whether a living run holds a programme."""
    return any(each.programme == programme and not each.is_dead(now) for each in holders(database))
