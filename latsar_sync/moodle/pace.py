"""How hard to lean on a site: requests in a second, as configured; requests at once, and calls in one, as it answers.

The last two are halved when the site struggles (slow, 429, 5xx, no answer) and grow slowly while it answers well.
``Pace`` is the rule, without a clock or a thread of its own; ``Throttle`` lets requests through by it.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import ceil, inf

from latsar_sync.domain.site_limits import SiteLimits
from latsar_sync.moodle.deadline import Adapter
from latsar_sync.moodle.functions import MAX_VARIABLES, Function

SLOW = 10.0
"""Seconds that no request should take: half of what proxies and people waiting at an exam bear."""
COMFORTABLE = 5.0
"""A request grows only while it is expected to stay under this many seconds."""
UNCOMFORTABLE = 7.5
"""Seconds from which a request shrinks again, so that it seldom becomes slow."""
GROWTH = 1.5
GOOD_IN_A_ROW = 10
"""Good answers after which one more request at once is tried."""

FIRST_SIZES = {
    Function.GRADE_ITEMS: 250,
    Function.ACTIVITIES_COMPLETION_STATUS: 150,
    Function.COURSE_COMPLETION_STATUS: 100,
    Function.BEST_GRADE: 100,
    Function.USER_ATTEMPTS: 100,
    Function.USER_QUIZ_ATTEMPTS: 100,
}
"""Calls in one request to begin with, as measured on a real site; any other function begins with ``FIRST_SIZE``."""
FIRST_SIZE = 25
IN_A_SECOND = {Function.GRADE_ITEMS: 120, Function.ACTIVITIES_COMPLETION_STATUS: 80}
"""Calls that a real site at rest answers in about a second: more are worth the requests that may be sent at once."""
MOST_CALLS = MAX_VARIABLES // 2
"""Each call of a batch takes two variables of the form; 400 answers of completion are two megabytes."""


DEFAULT_LIMITS = SiteLimits()


def limited(per_second: float, at_once: int) -> Adapter:
    """Return what sends at most ``per_second`` requests (``requests_per_second``) over ``at_once`` connections."""
    # after a 429 we wait ourselves
    return Adapter(per_second=per_second, limit_statuses=(), pool_connections=1, pool_maxsize=at_once)


class Pace:
    """The present width (requests at once, at most ``max_parallel``) and the calls in one request, by function."""

    def __init__(self, max_parallel: int) -> None:
        """Begin at full width and the measured sizes."""
        self._max_parallel = max_parallel
        self._sizes: dict[Function, int] = {}
        self._good = 0
        self.width = max_parallel

    def answered(self, seconds: float) -> None:
        """Take note of a request that was answered well in so many seconds."""
        if seconds > SLOW:
            self.struggled()
            return
        self._good += 1
        if self._good >= GOOD_IN_A_ROW:
            self._good = 0
            self.width = min(self._max_parallel, self.width + 1)

    def struggled(self) -> None:
        """Take note of a request that was turned away, failed on the site's side, or was not answered in time."""
        self._good = 0
        self.width = max(1, self.width // 2)

    def calls(self, function: Function, waiting: int, begun: int = 0, calls_each: int = 1) -> int:
        """Return how many of the ``waiting`` calls go into the next request: evenly, over as few as will do.

        What takes more than a second goes out over all requests that are sent at once, unless calls that belong to it
        have ``begun``; where that is more than one round, the last requests are smaller, so that none of those at once
        is left to wait for another. Where a call brings others with it, they are ``calls_each`` together.
        """
        if not waiting:
            return 0
        size = min(self._size(function, calls_each), MOST_CALLS // calls_each)
        second = IN_A_SECOND.get(function)
        if second and self.width > 1 and waiting + begun > self.width * size:
            least = second if waiting > 1.5 * second else waiting
            return min(waiting, size, max(ceil(waiting / self.width), least))
        at_once = self.width if not begun and waiting > (second or waiting) else 1
        return ceil(waiting / max(ceil(waiting / size), at_once))

    def _size(self, function: Function, calls_each: int) -> int:
        return self._sizes.get(function, FIRST_SIZES.get(function, FIRST_SIZE) * 2 // (calls_each + 1))

    def carried(self, function: Function, calls: int, seconds: float, calls_each: int = 1) -> None:
        """Take note that one request carried so many calls in so many seconds; ``inf`` if it failed."""
        size = self._size(function, calls_each)
        if seconds > SLOW:
            self._sizes[function] = max(1, min(size, calls) // 2)
        elif seconds > UNCOMFORTABLE:
            self._sizes[function] = max(1, int(min(size, calls) / GROWTH))
        elif calls * GROWTH >= size and seconds / calls * size * GROWTH <= COMFORTABLE:
            self._sizes[function] = min(MOST_CALLS, ceil(size * GROWTH))


class Throttle:
    """Lets as many requests through at once as the pace allows, and none while the site asked for a pause."""

    def __init__(
        self,
        max_parallel: int,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Open the gate; ``sleep`` and ``monotonic`` are the client's."""
        self._pace = Pace(max_parallel)
        self._sleep = sleep
        self._monotonic = monotonic
        self._changed = threading.Condition()
        self._inside = 0
        self._closed_until = -inf

    @contextmanager
    def slot(self) -> Iterator[None]:
        """Wait for a slot and hold it while a request is under way."""
        with self._changed:
            self._changed.wait_for(lambda: self._inside < self._pace.width)
            self._inside += 1
        try:
            pause = self._closed_until - self._monotonic()
            if pause > 0:
                self._sleep(pause)
            yield
        finally:
            with self._changed:
                self._inside -= 1
                self._changed.notify_all()

    def close_for(self, seconds: float) -> None:
        """Send nothing more for so many seconds, as the site asked (Retry-After)."""
        with self._changed:
            self._closed_until = max(self._closed_until, self._monotonic() + seconds)

    def answered(self, seconds: float, well: bool) -> None:
        """Take note of a request: its seconds, and whether the site took it well."""
        with self._changed:
            if well:
                self._pace.answered(seconds)
            else:
                self._pace.struggled()
            self._changed.notify_all()

    def calls(self, function: Function, waiting: int, begun: int = 0, calls_each: int = 1) -> int:
        """Return how many of the waiting calls go into the next request, as ``Pace`` does."""
        with self._changed:
            return self._pace.calls(function, waiting, begun, calls_each)

    def carried(self, function: Function, calls: int, seconds: float, calls_each: int = 1) -> None:
        """Take note of a batch: its calls and seconds, ``inf`` if it failed."""
        with self._changed:
            self._pace.carried(function, calls, seconds, calls_each)
