"""Answers that came ahead: what a reading is known to ask goes out in one request, and each call finds its own there.

What is asked ahead is a guess from what an earlier run found. An answer that nobody asks for is let go, and what was
not answered is asked as ever: so a guess that is wrong costs a request and never decides anything.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from latsar_sync.moodle.functions import Arguments, Function

OF_ONE = {"courseid", "userid"}
"""The arguments of a call about one person in a course."""


@dataclass(frozen=True, slots=True)
class Call:
    """One read: the function and its arguments; it is not asked where the service holds the function ``unless``."""

    function: Function
    arguments: Arguments
    unless: Function | None = None


class Ahead:
    """The answers that came ahead, as JSON texts by call. Each is given out once: who asks again wants to know anew."""

    def __init__(self) -> None:
        """Begin with none."""
        self._answers: dict[str, str] = {}
        self._refused: dict[str, str] = {}
        self._silent: dict[object, str] = {}

    def keep(self, calls: Iterable[Call], answers: Sequence[str]) -> None:
        """Keep the answers to the first of ``calls``, in their order."""
        answered = zip(calls, answers, strict=False)  # a batch ends at its first call that fails
        self._answers.update({_key(call.function, call.arguments): each for call, each in answered})

    def keep_refused(self, call: Call, error: str) -> None:
        """Keep the error, a JSON text, by which the site refused what was asked about one of many people."""
        self._refused[_key(call.function, call.arguments)] = error

    def keep_silent(self, user_id: object, error: str) -> None:
        """Keep the error, a JSON text, by which the site refuses whatever is asked about an account in a course."""
        self._silent[user_id] = error

    def take_refused(self, function: Function, arguments: Arguments) -> str | None:
        """Return the error by which a call was refused, or would be, and have the former no more; None if none was."""
        error = self._refused.pop(_key(function, arguments), None) if self._refused else None
        return error or (self._silent.get(arguments["userid"]) if arguments.keys() == OF_ONE else None)

    def has(self, function: Function, arguments: Arguments) -> bool:
        """Say whether a call was answered ahead."""
        return bool(self._answers) and _key(function, arguments) in self._answers

    def take(self, function: Function, arguments: Arguments) -> str | None:
        """Return the answer to a call, and have it no more; None if it was not asked ahead."""
        return self._answers.pop(_key(function, arguments), None) if self._answers else None

    def forget(self) -> None:
        """Let go of everything: something was changed, or time has passed."""
        self._answers.clear()
        self._refused.clear()
        self._silent.clear()


_IN_ORDER = json.JSONEncoder(sort_keys=True).encode


def _key(function: Function, arguments: Arguments) -> str:
    return f"{function} {_IN_ORDER(arguments)}"
