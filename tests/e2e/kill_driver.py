"""Runs the service once in a process of its own, and kills that process at one step as the kernel would."""

import os
import signal
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from latsar_sync.domain.request import Request, Step
from latsar_sync.run import pipeline
from latsar_sync.settings import load_settings
from latsar_sync.store.database import Database


def drive(config: str, environment: Mapping[str, str], step_name: str = "", occurrence: int = 0) -> None:
    """Run every programme of the configuration once; do not come back if the step is reached.

    ``step_name`` is the name of a ``Step``, ``occurrence`` counts from 1. Without them the run goes to its end, unless
    somebody else kills it: the tests do so from inside the campus.
    """
    os.environ.update(environment)
    begun: Counter[str] = Counter()

    def progress(programme: str, step: Step, count: int) -> None:
        begun[step.name] += 1
        if step.name == step_name and begun[step_name] == occurrence:
            os.kill(os.getpid(), signal.SIGKILL)

    settings = load_settings(Path(config), os.environ)
    database = Database(settings.database_url)
    database.upgrade()
    pipeline.run(settings, database, Request("sync"), lambda: datetime.now(UTC), progress)
