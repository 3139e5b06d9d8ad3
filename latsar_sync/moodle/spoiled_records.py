"""A record that spoils each answer it is in is found by halving and set aside; a site that fails is not (rule 20)."""

import threading
from collections.abc import Sequence
from typing import TypeVar

from latsar_sync.domain.errors import NOT_CONFIRMED, LatsarError, RecordRejected, SiteRefuses, SiteUnavailable
from latsar_sync.moodle.answers import PHP_MESSAGE, UNREADABLE
from latsar_sync.moodle.answers_by_status import FATAL
from latsar_sync.moodle.connection import TOO_LARGE

T = TypeVar("T")

OF_ONE_RECORD = frozenset(
    {
        PHP_MESSAGE,
        UNREADABLE,
        FATAL,
        TOO_LARGE,
        "invalidresponse",
        "dmlreadexception",
        "dmlwriteexception",
    }
)
"""Codes of errors that one bad record can bring upon everybody in the same answer."""
IN_A_ROW = 3
"""Records that fail one after another, each after all its repetitions: then it is the site."""
AT_LEAST, SHARE = 5, 5
"""More records than five, and than a fifth of those asked for, or all of them: then it is the site, or a plugin."""


def spoils(error: LatsarError) -> bool:
    """Say whether an error may be that of one record among those that were asked for together."""
    return code_of(error) in OF_ONE_RECORD


def spoils_a_list(error: LatsarError) -> bool:
    """Say the same where the call names no record: Moodle's own error is of one that it came to by itself."""
    return spoils(error) or isinstance(error, RecordRejected)


def code_of(error: LatsarError) -> str:
    """Return Moodle's code of an error, or ours; empty where there is none."""
    return error.errorcode if isinstance(error, RecordRejected | SiteUnavailable | SiteRefuses) else ""


def set_aside(error: LatsarError) -> RecordRejected:
    """Return an error as that of one record."""
    return RecordRejected(error.message, error.remedy, code_of(error) or UNREADABLE)


def is_unreadable(error: RecordRejected) -> bool:
    """Say whether a record was set aside because it cannot be read, rather than refused for what it is."""
    return error.errorcode in OF_ONE_RECORD


def what_lacks(error: RecordRejected) -> str | None:
    """Say why nothing is known of a record: NOT_CONFIRMED, or what made it unreadable; None if it was just refused."""
    if error.errorcode == NOT_CONFIRMED:  # a state of the account, which the reason of the decision says
        return NOT_CONFIRMED
    return error.message if is_unreadable(error) else None


class Patience:
    """Tells one record that fails from a site that does, over the calls of one reading. Safe between threads."""

    def __init__(self) -> None:
        """Begin with nothing that failed."""
        self._lock = threading.Lock()
        self._in_a_row = 0

    def answered(self) -> None:
        """Take note that the site answered."""
        with self._lock:
            self._in_a_row = 0

    def failed(self, error: LatsarError) -> RecordRejected:
        """Return the error of the one record that was asked for; raise it if so many failed that it is the site."""
        with self._lock:
            self._in_a_row += 1
            if self._in_a_row >= IN_A_ROW:
                raise error
        return set_aside(error)


def require_most(answers: Sequence[T | RecordRejected]) -> None:
    """Raise SiteRefuses if so many records could not be read that the function answers otherwise than it should."""
    unreadable = [each for each in answers if isinstance(each, RecordRejected) and is_unreadable(each)]
    if is_the_site(len(unreadable), len(answers)):
        first = unreadable[0]
        raise SiteRefuses(first.message, first.remedy, first.errorcode)


def is_the_site(unreadable: int, asked: int) -> bool:
    """Say whether so many of the records that were asked for cannot be read that it is the site, or a plugin."""
    return unreadable > max(AT_LEAST, asked // SHARE) or 1 < asked == unreadable


def note_spoiled(spoiled: dict[int, str], user_ids: Sequence[int], answers: Sequence[object]) -> None:
    for user_id, answer in zip(user_ids, answers, strict=True):
        if isinstance(answer, RecordRejected) and (what := what_lacks(answer)):
            spoiled[user_id] = what
