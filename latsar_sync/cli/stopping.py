"""What ends a command before its time: SIGTERM and a terminal that closes end it as Ctrl-C does, in order."""

import signal
from types import FrameType

ENDING = (signal.SIGTERM, signal.SIGHUP)
_received: list[int] = []


def end_in_order() -> None:
    """Let the signals of service managers, containers and closing terminals end this process as Ctrl-C does.

    What was ignored from outside (``nohup``) stays ignored. The services set their own (``unattended``).
    """
    for number in ENDING:
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _interrupt)


def code_when_stopped() -> int:
    """Return the exit code that a shell gives to a command which the signal ended: 130 for Ctrl-C."""
    return 128 + next(iter(_received), signal.SIGINT)


def _interrupt(number: int, _frame: FrameType | None) -> None:
    _received.append(number)
    raise KeyboardInterrupt
