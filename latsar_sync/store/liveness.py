"""Who holds a programme's lease, and whether that process still lives (rule 9)."""

import os
import socket
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from latsar_sync.store.database import Database
from latsar_sync.store.tables import leases

EXPIRES_AFTER = timedelta(seconds=60)
"""Without a heartbeat for so long, a lease is a dead process's."""


def this_host() -> str:
    """Name the host and, in a container, its process-id space: a process id means something only there."""
    try:
        space = os.readlink("/proc/self/ns/pid")
    except OSError:
        space = ""
    boot = Path("/proc/sys/kernel/random/boot_id")
    started = boot.read_text(encoding="ascii").strip() if boot.exists() else _boot_time()
    return f"{socket.gethostname()} {space} {started}".replace("  ", " ")


def _boot_time() -> str:
    import psutil

    return str(int(psutil.boot_time()))


def process_started(pid: int) -> str | None:
    """Return when a process of this host started, in seconds since the boot; None if there is no such process.

    A process id is used again one day; and the time of day of a start moves when the system clock is set.
    """
    import psutil  # no command needs it that finds nobody at work

    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return None  # dead, and only not yet reaped by its parent
        return f"{process.create_time() - psutil.boot_time():.2f}"
    except psutil.Error:
        return None


def this_process() -> dict[str, Any]:
    """Return what tells this process from every other, as columns: host, pid, process_started."""
    pid = os.getpid()
    return {"host": this_host(), "pid": pid, "process_started": process_started(pid) or ""}


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a programme, since when, and when it last gave a sign of life."""

    programme: str
    holder: str
    host: str
    pid: int
    process_started: str
    taken_at: datetime
    beat_at: datetime

    def is_dead(self, now: datetime) -> bool:
        """Say whether the lease has expired, or its process is gone from this host."""
        if now - self.beat_at > EXPIRES_AFTER:
            return True
        return self.host == this_host() and process_started(self.pid) != self.process_started


def holders(database: Database) -> list[Holder]:
    """Return every lease that is written down, dead ones too."""
    with database.reading() as connection:
        return [Holder(**row._mapping) for row in connection.execute(select(leases))]


def is_held(database: Database, programme: str, now: datetime) -> bool:
    """Say whether a living run holds a programme."""
    return any(each.programme == programme and not each.is_dead(now) for each in holders(database))
