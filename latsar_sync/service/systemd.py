"""The few words that systemd understands (sd_notify(3)); without systemd they go nowhere."""

import os
import re
import socket
from contextlib import suppress

PATIENCE_SECONDS = 1.0


def tell(*lines: str) -> None:
    """Send lines such as ``READY=1`` or ``STATUS=…`` to the service manager that started this process, if any."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    if address.startswith("@"):
        address = "\0" + address[1:]  # an abstract socket
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        # a manager that has gone away, or reads no more, is no reason to stop working
        channel.settimeout(PATIENCE_SECONDS)
        channel.sendto("\n".join(lines).encode(), address)


def watchdog_seconds() -> float | None:
    """Return how often to say ``WATCHDOG=1``: half of what the service manager waits, None if it does not."""
    microseconds = os.environ.get("WATCHDOG_USEC", "")
    if not re.fullmatch("[1-9][0-9]*", microseconds):
        return None
    if os.environ.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return None
    return int(microseconds) / 2_000_000
