"""What a diagnosis is made of: one check with its outcome and remedy, and the page they are written on."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar

from latsar_sync.domain.errors import LatsarError, SiteRefuses

T = TypeVar("T")


class Status(StrEnum):
    """``ok`` proved good · ``warn`` works, but somebody should look · ``fail`` a run would stop or read wrongly."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Check:
    """One check. ``subject`` is what was examined, ``name`` a stable code (a capability is its own), the rest is said.

    ``remedy`` tells the LMS admin what to change; it is empty when the check is ok.
    """

    subject: str
    name: str
    status: Status
    text: str
    remedy: str = ""


@dataclass
class Page:
    """The checks of one subject, in the order in which they were made."""

    subject: str
    checks: list[Check] = field(default_factory=list)

    def ok(self, name: str, text: str) -> None:
        """Write down that something is as it should be."""
        self.checks.append(Check(self.subject, name, Status.OK, text))

    def warn(self, name: str, text: str, remedy: str) -> None:
        """Write down that something works but should be looked at."""
        self.checks.append(Check(self.subject, name, Status.WARN, text, remedy))

    def fail(self, name: str, text: str, remedy: str) -> None:
        """Write down that something would stop a run or make it read wrongly."""
        self.checks.append(Check(self.subject, name, Status.FAIL, text, remedy))

    def tried(self, name: str, call: Callable[[], T]) -> T | None:
        """Return what ``call`` answers; None, and its error written down as failed, if it raises one of ours.

        A function that the service lacks is not written down again: that stands with the site.
        """
        try:
            return call()
        except LatsarError as error:
            if not says_function_is_missing(error):
                self.fail(name, error.message, error.remedy)
            return None


def says_function_is_missing(error: LatsarError) -> bool:
    """Say whether Moodle refused a function as such; the token itself was accepted before any page was begun."""
    return isinstance(error, SiteRefuses) and error.errorcode == "accessexception"
