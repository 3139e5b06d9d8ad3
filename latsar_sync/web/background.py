"""Work that an admin asks for on a page and that takes longer than a page may: off the request, one of a kind.

What came of it is kept until it is asked for anew, or the process ends.
"""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Any

import structlog

from latsar_sync.domain.errors import LatsarError
from latsar_sync.domain.language import _

log = structlog.get_logger("latsar_sync")


@dataclass(frozen=True, slots=True)
class Job:
    """A piece of work: who asked for it when, and what becomes of it."""

    by: str
    began_at: datetime
    future: Future[Any]

    @property
    def is_done(self) -> bool:
        """Whether it has ended."""
        return self.future.done()

    @property
    def result(self) -> Any:
        """What came of it; None while it goes on, and where it failed."""
        return self.future.result() if self.is_done and not self.future.exception() else None

    @property
    def trouble(self) -> LatsarError | None:
        """Why it failed, None otherwise."""
        error = self.future.exception() if self.is_done else None
        if error is None or isinstance(error, LatsarError):
            return error
        return LatsarError(_("It broke off by a fault of the program."), _("The log says more; please report it."))


class Background:
    """The work of this process, a thread a kind. Safe between threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._pool = ThreadPoolExecutor(2, thread_name_prefix="background")
        self._jobs: dict[str, Job] = {}

    def start(self, kind: str, work: Callable[[], Any], by: str, now: datetime) -> bool:
        """Begin work of a kind; False if such work goes on already."""
        with self._lock:
            known = self._jobs.get(kind)
            if known is not None and not known.is_done:
                return False
            context = copy_context()  # the language of who asks
            self._jobs[kind] = Job(by, now, self._pool.submit(context.run, _logged, kind, work))
            return True

    def last(self, kind: str) -> Job | None:
        """Return the work of a kind that was asked for last, None if there was none."""
        with self._lock:
            return self._jobs.get(kind)


def _logged(kind: str, work: Callable[[], Any]) -> Any:
    try:
        return work()
    except LatsarError:
        raise
    except Exception:
        log.exception("work of a page broke off by a fault of the program; please report it", work=kind)
        raise
