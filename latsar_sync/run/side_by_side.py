"""Which programmes are run one after the other and which side by side: by what a run must have for itself (rule 20)."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from threading import Event
from typing import TypeVar

from latsar_sync.moodle.client import MoodleClient
from latsar_sync.settings import ProgrammeSettings

T = TypeVar("T")

ROWS_AT_ONCE = 8
"""Programmes that have nothing in common and are run at the same time by one command."""


@dataclass(frozen=True, slots=True)
class UnderWay:
    """A run under way in a daemon, and what it ``holds``: since when, and when a step or a request ended in it."""

    programme: str
    holds: frozenset[str]
    since: datetime
    sign_at: datetime


def holds(programme: ProgrammeSettings) -> frozenset[str]:
    """Return what a programme must have for itself while it runs: its source, and the courses of its courses.

    Two programmes that have nothing of it in common do not wait for each other (rule 20); two that fill one course do,
    since each counts the seats that the other takes.
    """
    source = f"source {programme.source.site}" if programme.source.site else f"programme {programme.id}"
    return frozenset({source, *(f"course {each.site}/{each.course}" for each in programme.angkatan if each.course)})


def independent(programmes: Sequence[ProgrammeSettings]) -> list[list[ProgrammeSettings]]:
    """Return the programmes in rows: those of one row follow each other, the rows go side by side."""
    rows: list[tuple[set[str], list[ProgrammeSettings]]] = []
    for programme in programmes:
        uses, row = set(holds(programme)), [programme]
        for other in [each for each in rows if each[0] & uses]:
            rows.remove(other)
            uses, row = uses | other[0], other[1] + row
        rows.append((uses, row))
    return [row for _uses, row in rows]


def side_by_side(
    run_row: Callable[[Sequence[ProgrammeSettings], Mapping[str, MoodleClient]], list[T]],
    rows: Sequence[Sequence[ProgrammeSettings]],
    clients: Sequence[Mapping[str, MoodleClient]],
    stop: Event,
) -> list[list[T]]:
    """Run the rows, a few at once, so that a slow site keeps its own programmes waiting and no others."""
    if len(rows) == 1:
        return [run_row(rows[0], clients[0])]
    with ThreadPoolExecutor(min(len(rows), ROWS_AT_ONCE), thread_name_prefix="run") as pool:
        try:
            begin = [partial(run_row, *each) for each in zip(rows, clients, strict=True)]
            futures = [pool.submit(copy_context().run, each) for each in begin]
            return [future.result() for future in futures]
        except BaseException:
            stop.set()  # the others end at their next step, and are recorded as broken off
            raise
