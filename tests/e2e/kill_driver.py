"""Runs the service once in a process of its own, and kills that process at one step as the kernel would.

    python kill_driver.py CONFIG [STEP OCCURRENCE]

STEP is the name of a ``Step``, OCCURRENCE counts from 1. Without them the run goes to its end, unless somebody else
kills it: the tests do so from inside the campus.
"""

import os
import signal
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from latsar_sync.domain.request import Request, Step
from latsar_sync.run import pipeline
from latsar_sync.settings import load_settings
from latsar_sync.store.database import Database


def main(config: str, step_name: str = "", occurrence: str = "0") -> None:
    """Run every programme of the configuration once; do not come back if the step is reached."""
    begun: Counter[str] = Counter()

    def progress(programme: str, step: Step, count: int) -> None:
        begun[step.name] += 1
        if step.name == step_name and begun[step_name] == int(occurrence):
            os.kill(os.getpid(), signal.SIGKILL)

    settings = load_settings(Path(config), os.environ)
    database = Database(settings.database_url)
    database.upgrade()
    pipeline.run(settings, database, Request("sync"), lambda: datetime.now(UTC), progress)


if __name__ == "__main__":
    main(*sys.argv[1:])
