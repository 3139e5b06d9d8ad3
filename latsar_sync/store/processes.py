"""What tells a process from every other, on whichever host, and whether it still lives."""

import os
import socket
from pathlib import Path
from typing import Any


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
