"""In what order goes out what is known to be asked: some requests first, then those about each of many people.

Nothing is sent here: the client's own ways of sending are handed in.
"""

import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from math import inf
from operator import itemgetter
from time import monotonic

from latsar_sync.moodle.answers_ahead import Call
from latsar_sync.moodle.calls_together import in_pieces
from latsar_sync.moodle.functions import Function
from latsar_sync.moodle.pace import Throttle


@dataclass(frozen=True, slots=True)
class AboutOne:
    """What is asked about one person, last by the function that takes the site longest.

    ``late`` says that an answer was refused before: it ends its request, so it goes to the end of it.
    """

    calls: Sequence[Call]
    late: bool = False


FEW_CALLS = 100
"""About a second of a real site: more requests would save none of it."""
Send = Callable[[Sequence[Call], bool], Sequence[Call] | None]
MOST_REFUSED = 5
"""People of one request about whom the site refuses an answer: each ends it, and the others are asked on."""


def apart(calls: Sequence[Call], beside: Collection[Function]) -> list[Sequence[Call]]:
    """Return the calls as the requests that carry them: those of ``beside`` in one of their own."""
    parts = [each for each in calls if each.function not in beside], [each for each in calls if each.function in beside]
    return [each for each in parts if each]


def held_by(functions: Collection[str], about: Sequence[AboutOne]) -> list[AboutOne]:
    """Return what is asked about each, as far as the service holds the functions."""
    kept = (replace(each, calls=[call for call in each.calls if call.function in functions]) for each in about)
    return [each for each in kept if each.calls]


def send_parts(
    parts: Sequence[Sequence[Call]],
    about: Sequence[AboutOne],
    send: Send,
    gate: Throttle,
    threads: int,
) -> None:
    """Send the parts, and behind the first of them what is asked about each of many people, as many as may be at once.

    ``send`` is told whether calls are about people, and says which are still to be asked, None where the site failed.
    The first part may settle a pending regrade, in which two requests would meet.
    """
    rows: list[Sequence[Call] | AboutOne] = [*parts, *about]
    first_answered = threading.Event()

    def size(_waiting: int, begun: int) -> int:
        return 1 if begun < len(parts) or not about else _calls_of_next(about, begun - len(parts), gate)

    def work(some: Sequence[Sequence[Call] | AboutOne]) -> list[None]:
        people = [each for each in some if isinstance(each, AboutOne)]
        if people:
            first_answered.wait()
            _send_about(people, send, gate)
        for part in some:
            if not isinstance(part, AboutOne):
                try:
                    send(part, False)
                finally:
                    if part is parts[0]:
                        first_answered.set()
        return []

    if not parts:
        first_answered.set()
    in_pieces(work, rows, size, threads)


def _calls_of_next(about: Sequence[AboutOne], begun: int, gate: Throttle) -> int:
    """Return about how many of those who wait the next request asks: of whom the same is asked, or all of a few."""
    if begun == len(about):
        return 0
    longest = about[begun].calls[-1].function
    alike = [each for each in about[begun:] if each.calls[-1].function == longest]
    number = gate.calls(longest, len(alike), begun, _calls_each(alike))
    few = begun == 0 and number == len(alike) and sum(len(each.calls) for each in about) <= FEW_CALLS
    return len(about) if few else number


def _send_about(some: Sequence[AboutOne], send: Send, gate: Throttle) -> None:
    """Ask about some people, by function: a site keeps less in mind where functions alternate."""
    longest, began = some[0].calls[-1].function, monotonic()
    of_each = [(each.late, call.function == longest, call) for each in some for call in each.calls]
    left: Sequence[Call] | None = [call for _late, _longest, call in sorted(of_each, key=itemgetter(0, 1))]
    for _refused in range(MOST_REFUSED):
        left = send(left, True) if left else left
    gate.carried(longest, len(some), inf if left is None else monotonic() - began, _calls_each(some))


def _calls_each(some: Sequence[AboutOne]) -> int:
    return max(len(each.calls) for each in some)
