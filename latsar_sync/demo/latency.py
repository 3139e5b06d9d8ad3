"""Answer times like those of a real Moodle, off by default: what each call costs the server, on so many cores.

The figures are those measured on a real Moodle 4.3 with 2,019 people and 13 activities; they cover what the service
reads. Only their proportions mean anything: another server is faster or slower as a whole.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

START_UP: Final = 0.040
"""Seconds that every HTTP request costs before any function runs: PHP, configuration, token, log."""

A_CALL: Final = {
    "core_completion_get_activities_completion_status": 0.0167,
    "core_completion_get_course_completion_status": 0.0061,
    "mod_quiz_get_user_attempts": 0.0023,
    "mod_quiz_get_user_quiz_attempts": 0.0023,
    "mod_quiz_get_user_best_grade": 0.0023,
    "core_course_get_updates_since": 0.100,
    "core_course_get_contents": 0.050,
}
"""Seconds of one call, also inside a batch."""
ANY_CALL: Final = 0.002

A_PERSON: Final = {
    "core_enrol_get_enrolled_users": 0.00035,
    "gradereport_user_get_grade_items": 0.0068,
}
"""Seconds of each person in the answer."""


class Latency:
    """The time that a server with ``cores`` cores takes; more requests at once than cores wait for one another."""

    def __init__(self, cores: int = 2) -> None:
        """Take the number of cores."""
        self._cores = threading.Semaphore(cores)
        self._mine = threading.local()

    @contextmanager
    def request(self) -> Iterator[None]:
        """Hold a core for as long as the calls inside cost together."""
        with self._cores:
            began, self._mine.seconds = time.monotonic(), START_UP
            yield
            # answers as slow as a real Moodle's are what this is for; the campus's own time is part of it
            time.sleep(max(0.0, began + self._mine.seconds - time.monotonic()))

    def called(self, function: str, answer: Any) -> None:
        """Count one call by what it answered."""
        people = answer.get("usergrades", ()) if isinstance(answer, dict) else answer
        cost = A_CALL.get(function, ANY_CALL)
        if function in A_PERSON:
            cost += A_PERSON[function] * len(people)
        self._mine.seconds += cost
