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
    """How a piece of work stood when it was looked at: who asked for it when, and what came of it.

    A page that shows it, and what it made, reads this first: work that ends meanwhile is shown as going on. ``result``
    is None while it goes on, and where it failed; ``trouble`` says why it failed.
    """

    by: str
    began_at: datetime
    is_done: bool
    result: Any = None
    trouble: LatsarError | None = None


class Background:
    """The work of this process, a thread a kind. Safe between threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._pool = ThreadPoolExecutor(2, thread_name_prefix="background")
        self._jobs: dict[str, tuple[str, datetime, Future[Any]]] = {}

    def start(self, kind: str, work: Callable[[], Any], by: str, now: datetime) -> bool:
        """Begin work of a kind; False if such work goes on already."""
        with self._lock:
            known = self._jobs.get(kind)
            if known is not None and not known[2].done():
                return False
            context = copy_context()  # the language of who asks
            self._jobs[kind] = by, now, self._pool.submit(context.run, _logged, kind, work)
            return True

    def last(self, kind: str) -> Job | None:
        """Return how the work of a kind stands that was asked for last, None if there was none."""
        with self._lock:
            if kind not in self._jobs:
                return None
            by, began_at, future = self._jobs[kind]
        if not future.done():
            return Job(by, began_at, is_done=False)
        error = future.exception()
        if error is None:
            return Job(by, began_at, is_done=True, result=future.result())
        if not isinstance(error, LatsarError):
            error = LatsarError(_("It broke off by a fault of the program."), _("The log says more; please report it."))
        return Job(by, began_at, is_done=True, trouble=error)


def _logged(kind: str, work: Callable[[], Any]) -> Any:
    try:
        return work()
    except LatsarError:
        raise
    except Exception:
        log.exception("work of a page broke off by a fault of the program; please report it", work=kind)
        raise
