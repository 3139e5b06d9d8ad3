"""Work that takes longer than a page may: one piece at a time in this process, off the request that asked for it.

Who asks again for the same is shown how far it is, and gets it when it is there.
"""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Any, TypeVar

MADE_AT_ONCE = 5_000
"""What is about more people is made off the request."""
KEPT = timedelta(minutes=15)
"""So long what was made waits to be fetched."""
MOST_WAITING = 20
"""More pieces of work are not taken: they would wait for too long."""


@dataclass(slots=True)
class Piece:
    """One piece of work: who asked for it when, and what becomes of it."""

    asked_at: datetime
    future: Future[Any]

    @property
    def is_done(self) -> bool:
        """Whether it is there, or has failed."""
        return self.future.done()


@dataclass(frozen=True, slots=True)
class Waiting:
    """How far a piece of work is: when it was asked for, and how many come before it (0: it is being made)."""

    asked_at: datetime
    before: int


class TooMuchWork(Exception):
    """Too many pieces of work wait already."""


Made = TypeVar("Made")


class LongWork:
    """The pieces of work of this process, one at a time. Safe between threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="long work")
        self._pieces: dict[str, Piece] = {}

    def get(self, key: str, make: Callable[[], Made], now: datetime) -> Made | Waiting:
        """Return what ``make`` makes if it is there, else how far it is; it is begun if nobody has asked for it yet.

        What was fetched, has failed, or was not fetched in time is forgotten. Raise what ``make`` raised, and
        TooMuchWork if too many wait.
        """
        with self._lock:
            self._forget(now)
            piece = self._pieces.get(key)
            if piece is not None and piece.is_done:
                made: Made = self._pieces.pop(key).future.result()
                return made
            if piece is None:
                if len(self._open()) >= MOST_WAITING:
                    raise TooMuchWork
                context = copy_context()  # the language of who asks
                piece = self._pieces[key] = Piece(now, self._worker.submit(context.run, make))
            mine = [each for each in self._open() if each.asked_at <= piece.asked_at and each is not piece]
            return Waiting(piece.asked_at, len(mine))

    def _open(self) -> list[Piece]:
        return [each for each in self._pieces.values() if not each.is_done]

    def _forget(self, now: datetime) -> None:
        for key, piece in list(self._pieces.items()):
            if piece.is_done and not piece.asked_at <= now < piece.asked_at + KEPT:
                del self._pieces[key]
