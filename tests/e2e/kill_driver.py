"""Runs the service once in a process of its own, or looks for files, and kills that process as the kernel would."""

import os
import signal
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

from latsar_sync.domain.request import Request, Step
from latsar_sync.files.reading_pdf import PrintedTexts
from latsar_sync.run import pipeline, push
from latsar_sync.service.receiving import fetch
from latsar_sync.settings import load_settings
from latsar_sync.store.database import Database

WRITES_A_CALL = 2
"""So few rows of one write, so that a run dies between two of a kind."""


def drive(config: str, environment: Mapping[str, str], step_name: str = "", occurrence: int = 0) -> None:
    """Run every programme of the configuration once; do not come back if the step is reached.

    ``step_name`` is the name of a ``Step``, ``occurrence`` counts from 1. Without them the run goes to its end, unless
    somebody else kills it: the tests do so from inside the campus.
    """
    os.environ.update(environment)
    push.WRITES_A_CALL.update(dict.fromkeys(push.WRITES_A_CALL, WRITES_A_CALL))
    begun: Counter[str] = Counter()

    def progress(programme: str, step: Step, count: int) -> None:
        begun[step.name] += 1
        if step.name == step_name and begun[step_name] == occurrence:
            os.kill(os.getpid(), signal.SIGKILL)

    settings = load_settings(Path(config), os.environ)
    database = Database(settings.database_url)
    database.upgrade()
    pipeline.run(settings, database, Request("sync"), lambda: datetime.now(UTC), progress)


def text_at_hand(content: bytes) -> PrintedTexts:
    """Return the text of a made-up certificate without a process of its own to read it, which is not what is tried."""
    return PrintedTexts(content.decode("latin-1"))


def take_in(config: str, environment: Mapping[str, str], where: str, when: str, occurrence: int = 1) -> None:
    """Look once for files; die before or after a function is called for the so-manieth time.

    ``where`` is module and function, as in ``latsar_sync.store.received:record``.
    """
    os.environ.update(environment)
    module, name = where.split(":")
    setattr(import_module("latsar_sync.actions.received_certificates"), "read_texts", text_at_hand)  # noqa: B010
    owner = import_module(module)
    spared: Callable[..., Any] = getattr(owner, name)
    calls = 0

    def deadly(*arguments: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == occurrence and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        found = spared(*arguments, **named)
        if calls == occurrence and when == "after":
            os.kill(os.getpid(), signal.SIGKILL)
        return found

    setattr(owner, name, deadly)
    settings = load_settings(Path(config), os.environ)
    database = Database(settings.database_url)
    [programme] = settings.programmes
    fetch(settings, database, programme, lambda: datetime.now(UTC))
