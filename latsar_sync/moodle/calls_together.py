"""Several calls in one request, and what comes back taken apart again; how many, ``pace`` says.

``tool_mobile_call_external_functions`` saves the start-up of Moodle per call. It stops at the first call that
fails, so its answer is as long as the work done; what it did not reach is asked again (trap 46).
"""

import json
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import takewhile
from typing import TypeVar

from latsar_sync.domain.errors import LatsarError, RecordRejected, SiteRefuses, SiteUnavailable
from latsar_sync.domain.language import _
from latsar_sync.moodle.answers import parse, refusal
from latsar_sync.moodle.answers_ahead import Call
from latsar_sync.moodle.functions import Arguments
from latsar_sync.moodle.parsing import Shape
from latsar_sync.moodle.payloads import BATCH, EXCEPTION
from latsar_sync.moodle.spoiled_records import set_aside, spoils

T = TypeVar("T")
R = TypeVar("R")


class FirstFails(SiteUnavailable):
    """The first call of a batch fails, and may go on failing: it says nothing of the others."""


def chunks(rows: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """Given rows, produce them again in pieces of at most ``size``, in order."""
    for start in range(0, len(rows), size):
        yield rows[start : start + size]


def requests_of(calls: Iterable[Call]) -> Arguments:
    """Given several calls, produce the arguments of the one call that carries them."""
    return {"requests": [{"function": each.function, "arguments": json.dumps(each.arguments)} for each in calls]}


def told_ahead(where: str, body: bytes | str) -> tuple[list[str], str | None]:
    """Return the answers, as JSON texts, to the calls that went well before the first that did not; and its error."""
    responses = parse(where, BATCH, body).responses
    answers = [each.data or "null" for each in takewhile(lambda each: not each.error, responses)]
    return answers, responses[len(answers)].exception if len(answers) < len(responses) else None


def error_in_batch(where: str, text: str) -> LatsarError:
    """Return the error of one call of a batch."""
    exception = parse(where, EXCEPTION, text)
    return refusal(where, exception)


def sub_answers(where: str, shape: Shape[T], asked: int, body: bytes | str) -> list[T | RecordRejected]:
    """Given the answer to ``asked`` calls, produce the outcomes of those that were reached, in order, at least one.

    Raise the error of a failed call if it would hit the others too. One that passes by itself is raised only in
    the first place, where repeating the request makes sense; further on it counts as not reached. An answer that
    cannot be read is the RecordRejected of its one record.
    """
    responses = parse(where, BATCH, body).responses
    if not 0 < len(responses) <= asked:
        raise SiteRefuses(
            _("{where}: {responses} answers to a batch of {asked} calls.").format(
                where=where, responses=len(responses), asked=asked
            ),
            _(
                "Take tool_mobile_call_external_functions out of the external service (Site administration > Server > "
                "Web services > External services): a plugin changes it, and each record is asked for by itself then."
            ),
        )
    outcomes: list[T | RecordRejected] = []
    for response in responses:
        try:
            if not response.error:
                outcomes.append(parse(where, shape, response.data or "null"))
                continue
            error = error_in_batch(where, response.exception or "{}")
        except (SiteRefuses, SiteUnavailable) as unreadable:
            outcomes.append(set_aside(unreadable))
            continue
        if isinstance(error, SiteUnavailable) and outcomes:
            break
        if isinstance(error, SiteUnavailable) and spoils(error):
            raise FirstFails(error.message, error.remedy, error.retry_after, error.errorcode)
        if not isinstance(error, RecordRejected):
            raise error
        outcomes.append(error)
    return outcomes


def in_parallel(work: Callable[[T], R], items: Sequence[T], threads: int) -> list[R]:
    """Do ``work`` on every item, a few at once; results in the order of the items.

    The first error, in that order, is raised once the work under way has ended; the rest is not begun.
    """
    return in_pieces(lambda piece: [work(piece[0])], items, lambda _waiting, _begun: 1, threads)


def in_pieces(
    work: Callable[[Sequence[T]], list[R]], rows: Sequence[T], size: Callable[[int, int], int], threads: int
) -> list[R]:
    """Do ``work`` on all rows in pieces, a few at once; results in the order of the rows.

    ``size`` is asked before each piece, with the number of rows that wait and that have begun. Errors as
    ``in_parallel``. The caller's thread works too: where one piece is all, no other is started.
    """
    lock = threading.Lock()
    done: dict[int, list[R]] = {}
    failed: dict[int, LatsarError] = {}
    begun = 0

    def next_piece() -> tuple[int, Sequence[T]] | None:
        nonlocal begun
        with lock:
            start = begun
            begun = len(rows) if failed else begun + size(len(rows) - begun, begun)
            return None if failed or start >= len(rows) else (start, rows[start:begun])

    def worker(piece: tuple[int, Sequence[T]] | None) -> None:
        nonlocal begun
        while piece:
            try:
                done[piece[0]] = work(piece[1])
            except LatsarError as error:
                failed[piece[0]] = error
            except BaseException:
                begun = len(rows)
                raise
            piece = next_piece()

    first = next_piece()
    if begun < len(rows) and threads > 1:
        pool, waits = ThreadPoolExecutor(threads - 1), True
        try:
            others = [pool.submit(worker, piece) for _thread in range(threads - 1) if (piece := next_piece())]
            worker(first)
            for other in others:
                other.result()
        except KeyboardInterrupt:  # whoever ends the program waits for no site
            waits = False
            raise
        finally:
            pool.shutdown(wait=waits, cancel_futures=True)
    else:
        worker(first)
    if failed:
        raise failed[min(failed)]
    return [result for start in sorted(done) for result in done[start]]
