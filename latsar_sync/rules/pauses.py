"""How long is waited after the first, second … attempt of a notice or webhook, or of a site that failed. Pure.

How often, and how long, one request to a Moodle is repeated within a run stands in ``domain.site_limits``
(``retry_attempts``, ``retry_budget``); ``moodle.transport`` repeats it.
"""

from collections.abc import Iterable
from datetime import timedelta


def _minutes(each: Iterable[int]) -> tuple[timedelta, ...]:
    return tuple(timedelta(minutes=minutes) for minutes in each)


NOTICE_PAUSES = _minutes((1, 5, 15, 60, 180, 360))
"""After the last pause comes one more attempt."""
WEBHOOK_PAUSES = _minutes((1, 5, 15, 60, 180, 360, 720, 1440))
"""After the last pause comes one more attempt."""
SITE_PAUSES = _minutes((1, 2, 5, 10, 20, 30))
"""So long a failing site is left alone; the last is kept."""
LONGEST_SITE_PAUSE = timedelta(days=1)
"""No site is left alone for longer, whatever it asks for."""
