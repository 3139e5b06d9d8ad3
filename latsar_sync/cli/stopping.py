"""What ends a command before its time: SIGTERM, SIGQUIT and a terminal that closes end it as Ctrl-C does, in order."""

import signal
from collections.abc import Sequence
from types import FrameType

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
UNHEEDED = (signal.SIGUSR1, signal.SIGUSR2)
"""What tells other programs to open their log anew, and ends whoever does not know it."""
SERVICES = (["run"], ["serve"])
_received: list[int] = []


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


def _interrupt(number: int, _frame: FrameType | None) -> None:
    _received.append(number)
    raise KeyboardInterrupt
