"""What ends a command before its time: SIGTERM, SIGQUIT and a terminal that closes end it as Ctrl-C does, in order."""

import json
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from types import FrameType
from typing import Any

from latsar_sync.domain.language import _

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
UNHEEDED = (signal.SIGUSR1, signal.SIGUSR2)
"""What tells other programs to open their log anew, and ends whoever does not know it."""
SERVICES = (["run"], ["serve"])
CLOSED_WITHIN_SECONDS = 5.0
"""So long closing in order may take: nobody waits for a site that does not answer."""
SAME_SECONDS = 0.5
"""A signal that comes again so soon is the same one: programs around a command send on what a terminal sent already."""
_received: list[int] = []
_said: list[str] = []


def end_in_order() -> None:
    """Let the signals of service managers, containers and closing terminals end this process as Ctrl-C does.

    What was ignored from outside (``nohup``) stays ignored. The services set their own (``unattended``).
    """
    for number in ENDING:
        if signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
            signal.signal(number, _interrupt)
    for number in UNHEEDED:
        if signal.getsignal(number) == signal.SIG_DFL:
            signal.signal(number, signal.SIG_IGN)


def is_told_to_end() -> bool:
    """Say whether a signal came: a library that was interrupted in the middle may have made another error of it."""
    return bool(_received)


def code_when_stopped(arguments: Sequence[str]) -> int:
    """Return the exit code that a shell gives to a command which the signal ended, 130 for Ctrl-C; 0 for a service.

    A service that is told to stop while it still starts has stopped as it was told.
    """
    rest = list(arguments)
    while rest and rest[0].startswith("-"):
        rest = rest[2:] if rest[0] == "--config" else rest[1:]
    return 0 if rest[:1] in SERVICES else 128 + next(iter(_received), signal.SIGINT)


def what_is_said() -> tuple[str, dict[str, Any] | None]:
    """Return what is said, once, of a command that was stopped; as JSON, too, where that was asked for."""
    text = _("Stopped. What was recorded until then is kept; the same command can be given again.")
    _said.append(text)
    return text, {"outcome": "failed", "error": text, "problems": []} if "--json" in sys.argv else None


def leave_in_time() -> None:
    """Let a process of its own, which this is, be left when closing takes too long, or somebody signals again."""
    signal.signal(signal.SIGALRM, _leave)


def leave_if_stopped(code: object) -> None:
    """Leave without waiting for threads that still ask a site, if a signal ended this."""
    if is_told_to_end() and isinstance(code, int):
        os._exit(code)


def _interrupt(number: int, _frame: FrameType | None) -> None:
    if signal.getsignal(signal.SIGALRM) is _leave:
        if _received:
            if signal.getitimer(signal.ITIMER_REAL)[0] < CLOSED_WITHIN_SECONDS - SAME_SECONDS:
                _leave(number, None)
            return
        signal.setitimer(signal.ITIMER_REAL, CLOSED_WITHIN_SECONDS)
    _received.append(number)
    raise KeyboardInterrupt


def _leave(*_signal: object) -> None:
    """Leave at once: as safe as being killed, the next run converges."""
    if not _said:
        text, told = what_is_said()
        with suppress(OSError):
            os.write(2, f"{text}\n".encode())
            os.write(1, json.dumps(told).encode() + b"\n" if told else b"")
    os._exit(code_when_stopped(sys.argv[1:]))
