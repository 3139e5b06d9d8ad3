"""How long each step of a run takes: noted as the steps are told, in the order in which each first began."""

import time

from latsar_sync.domain.request import Progress, Step


class StepTimes:
    """Listens to the steps of one programme's run, and passes them on. Seconds by the clock that never jumps."""

    def __init__(self, tell: Progress) -> None:
        self._tell = tell
        self._seconds: dict[Step, float] = {}
        self._present: Step | None = None
        self._since = 0.0

    def __call__(self, programme: str, step: Step, count: int) -> None:
        """Note that a step begins. Raise whatever the listener raises that is told next."""
        self._end()
        self._present, self._since = step, time.monotonic()
        self._seconds.setdefault(step, 0.0)
        self._tell(programme, step, count)

    def taken(self) -> tuple[tuple[int, float], ...]:
        """Return the steps with the seconds that each took, all its times together."""
        self._end()
        return tuple((int(step), round(seconds, 3)) for step, seconds in self._seconds.items())

    def _end(self) -> None:
        now = time.monotonic()
        if self._present is not None:
            self._seconds[self._present] += now - self._since
        self._since = now
