"""Runs the daemon under a clock that the soak can set: a line ``SECONDS`` on standard input moves it by so much.

    python daemon_driver.py CONFIG SECONDS

Everything else is the real thing: the command ``run`` in a process of its own.
"""

import signal
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Thread

import time_machine

from latsar_sync.cli import main


def listen(move: Callable[[timedelta], None]) -> None:
    """Move the clock as told, until the soak closes the line."""
    for line in sys.stdin:
        move(timedelta(seconds=float(line)))


if __name__ == "__main__":
    config, ahead = sys.argv[1:]
    shown = time_machine.travel(datetime.now(UTC) + timedelta(seconds=float(ahead)), tick=True).start()
    # the daemon waits for these in a thread of its own; ours, which is older, must not catch them
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    Thread(target=listen, args=(shown.shift,), daemon=True).start()
    sys.argv = ["latsar-sync", "--config", config, "run"]
    main()
