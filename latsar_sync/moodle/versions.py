"""What another version of Moodle does otherwise, where the program must know the version, or the function, to tell.

Elsewhere the answer itself tells: a field that lacks is None by its shape (``payloads``), and an error that another
version words otherwise is sorted in ``ambiguous_errors``.
"""

from latsar_sync.moodle.client import MoodleClient
from latsar_sync.moodle.functions import Function

TELLS_SUSPENDED = 2021051700
"""Moodle 3.11: before it the option ``onlysuspended`` is ignored, and everybody would look suspended."""
TELLS_GRADE_TO_PASS = 2021051700
"""Moodle 3.11: before it the best grade comes without the grade-to-pass, since then only where there is none."""


def attempts_function(client: MoodleClient) -> Function:
    """Return the function that tells attempts: Moodle 5.0 has a new one (docs of the old say why)."""
    if client.supports(Function.USER_QUIZ_ATTEMPTS):
        return Function.USER_QUIZ_ATTEMPTS
    return Function.USER_ATTEMPTS
