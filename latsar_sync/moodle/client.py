"""What the service asks of a Moodle: reads, repeated while the site is unavailable, and writes, sent once.

A write without a proved answer is WriteUnknown. What is known to be asked may be asked ahead (``client_ahead``).
"""

import re
import threading
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from math import inf
from typing import Any, TypeVar

from latsar_sync.domain.errors import (
    LatsarError,
    RecordRejected,
    SiteRefuses,
    SiteUnavailable,
    WriteUnknown,
)
from latsar_sync.domain.language import _
from latsar_sync.moodle.ambiguous_errors import Meaning
from latsar_sync.moodle.answers import parse, proves_refusal, understand
from latsar_sync.moodle.answers_ahead import Call
from latsar_sync.moodle.calls_together import (
    FirstFails,
    error_in_batch,
    in_parallel,
    in_pieces,
    requests_of,
    sub_answers,
)
from latsar_sync.moodle.client_ahead import AheadClient
from latsar_sync.moodle.functions import WRITES, Arguments, Function
from latsar_sync.moodle.parsing import Shape
from latsar_sync.moodle.payloads import NOTHING, SITE_INFO, SiteInfo
from latsar_sync.moodle.spoiled_records import Patience, code_of, require_most, spoils

T = TypeVar("T")


class MoodleClient(AheadClient):
    """One Moodle site, called with one token. Safe to share between threads.

    ``site_info_told`` is what the site said of itself in the life of this client, None before it was asked.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        """Prepare as ``Transport`` does."""
        super().__init__(*arguments, **options)
        self.site_info_told: SiteInfo | None = None
        self._site_info_lock = threading.Lock()
        self._meaning = Meaning(self._look, self.supports, self._monotonic)

    def read(
        self, function: Function, shape: Shape[T], arguments: Arguments | None = None, *, patient: bool = True
    ) -> T:
        """Ask, repeating while the site is unavailable; once only if not ``patient``.

        Raise SiteUnavailable when attempts or time are used up, SiteRefuses, RecordRejected or ConfigurationError.
        """
        if function in WRITES:
            raise ValueError(f"{function} changes the site; it may not be repeated like a read.")
        for answer in self._came_ahead(function, shape, arguments or {}):
            return answer
        for told in self._told_ahead(function, arguments or {}):
            raise told
        try:
            return self._look(function, shape, arguments or {}, patient)
        except (RecordRejected, SiteRefuses) as error:
            raise self._meaning.of(function, arguments or {}, error) from None

    def write(self, function: Function, arguments: Arguments, course_id: int = 0) -> None:
        """Change the site once, by a function that answers nothing; ``course_id`` where the arguments name no course.

        Raise WriteUnknown if it may or may not have happened; any other error means that nothing was done.
        """
        self.write_returning(function, NOTHING, arguments, course_id)

    def write_returning(self, function: Function, shape: Shape[T], arguments: Arguments, course_id: int = 0) -> T:
        """Change the site once, by a function that answers what it made. Arguments and errors as ``write``."""
        if function not in WRITES:
            raise ValueError(f"{function} is not listed as a write.")
        self._ahead.forget()
        try:
            with self._watch_the_site():
                return self._send_write(function, shape, arguments)
        except (RecordRejected, SiteRefuses) as error:
            raise self._meaning.of(function, arguments, error, course_id) from None

    def _send_write(self, function: Function, shape: Shape[T], arguments: Arguments) -> T:
        answer = self._exchange(function, arguments, inf, no_answer=WriteUnknown)
        try:
            return parse(self._where(function), shape, understand(self._where(function), answer))
        except LatsarError as error:
            if proves_refusal(answer):
                raise
            raise WriteUnknown(
                _("No proof that it was done: {message}").format(message=error.message),
                _("Reading the course back will tell."),
                errorcode=code_of(error),
            ) from None

    def read_each(
        self, function: Function, shape: Shape[T], argument_sets: Sequence[Arguments]
    ) -> list[T | RecordRejected]:
        """Ask the same function for many records; answers in the order of ``argument_sets``.

        A record that the site rejects, or that cannot be read, has its RecordRejected in the list. Raise any other
        error of ``read``. Batched where the service has ``call_external_functions``, else one request a record.
        """
        if function in WRITES:
            raise ValueError(f"{function} changes the site; it may not be batched with reads.")
        came: list[list[T | RecordRejected]] = []
        for each in argument_sets:
            came.append([*self._came_ahead(function, shape, each)] or [*self._refused_ahead(function, each)])
        rest = [each for each, found in zip(argument_sets, came, strict=True) if not found]
        asked = iter(self._read_each(function, shape, rest) if rest else ())
        answers = [found[0] if found else next(asked) for found in came]
        require_most(answers)
        return answers

    def _read_each(
        self, function: Function, shape: Shape[T], argument_sets: Sequence[Arguments]
    ) -> list[T | RecordRejected]:
        threads, patience = self.at_once, Patience()
        try:
            if self.supports(Function.CALL_EXTERNAL_FUNCTIONS):
                calls = partial(self._gate.calls, function)
                batch = partial(self._read_batch, function, shape, patience)
                answers = in_pieces(batch, argument_sets, calls, threads)
            else:
                answers = in_parallel(partial(self._read_one, function, shape, patience), argument_sets, threads)
        except (RecordRejected, SiteRefuses) as error:
            raise self._meaning.of(function, argument_sets[0], error) from None
        self._meaning.require_theirs(function, argument_sets, answers)
        return answers

    def _refused_ahead(self, function: Function, arguments: Arguments) -> list[RecordRejected]:
        """Return the error by which a record was refused ahead, alone in a list; an empty one if it tells no such."""
        text = self._ahead.take_refused(function, arguments)
        with suppress(LatsarError):
            error = error_in_batch(self._where(function), text) if text else None
            if isinstance(error, RecordRejected):
                self._meaning.require_theirs(function, [arguments], [error])
                return [error]
        return []

    def site_info(self) -> SiteInfo:
        """Who we are to the site and which functions we may call; asked once for the life of this client."""
        with self._site_info_lock:
            if self._site_info is None:
                self._site_info = self.site_info_told = self.read(Function.SITE_INFO, SITE_INFO)
            return self._site_info

    def is_since(self, version: int) -> bool:
        """Say whether the site is of that version of Moodle (as ``version.php`` has it) or a newer one, if it tells."""
        told = self.site_info().version.split(".")[0]
        return re.fullmatch("[0-9]{1,12}", told) is not None and int(told) >= version

    def supports(self, function: Function) -> bool:
        """Whether the token's service lists the function."""
        return function in self.site_info().functions

    def _read_one(
        self, function: Function, shape: Shape[T], patience: Patience, arguments: Arguments
    ) -> T | RecordRejected:
        try:
            answer = self.read(function, shape, arguments)
        except RecordRejected as error:
            return error
        except (SiteUnavailable, SiteRefuses) as error:
            if not spoils(error):
                raise
            return patience.failed(error)
        patience.answered()
        return answer

    def _read_batch(
        self,
        function: Function,
        shape: Shape[T],
        patience: Patience,
        batch: Sequence[Arguments],
        patient: bool = True,
    ) -> list[T | RecordRejected]:
        """Ask for a batch; one that one record spoils is halved until that record stands alone."""
        outcomes: list[T | RecordRejected] = []
        while len(outcomes) < len(batch):  # every round settles at least one call or raises
            rest = batch[len(outcomes) :]
            alone = len(rest) == 1
            try:
                outcomes += self._repeated(partial(self._send_batch, function, shape, rest), patient or alone)
                patience.answered()
            except (RecordRejected, SiteUnavailable, SiteRefuses) as error:
                if not spoils(error):
                    if isinstance(error, RecordRejected):  # of the batch as a whole: it is about no one record
                        raise SiteRefuses(error.message, error.remedy, error.errorcode) from None
                    raise
                if alone or isinstance(error, FirstFails):
                    outcomes.append(patience.failed(error))
                    continue
                first, second = rest[: len(rest) // 2], rest[len(rest) // 2 :]
                before = self._read_batch(function, shape, patience, first, patient=False)
                behind = self._read_batch(function, shape, patience, second, patient=False)
                outcomes += [*before, *behind]
        return outcomes

    def _send_batch(
        self, function: Function, shape: Shape[T], rest: Sequence[Arguments], deadline: float
    ) -> list[T | RecordRejected]:
        """Send as many of ``rest`` as the site bears now; a batch that failed is smaller when it is repeated."""
        part = rest[: self._gate.calls(function, len(rest), begun=1)]
        batch, seconds = Function.CALL_EXTERNAL_FUNCTIONS, inf
        try:
            answer = self._exchange(
                batch, requests_of(Call(function, each) for each in part), deadline, no_answer=SiteUnavailable
            )
            body = understand(self._where(batch), answer)
            seconds = answer.seconds
        finally:
            self._gate.carried(function, len(part), seconds)
        return sub_answers(self._where(function), shape, len(part), body)

    def _look(self, function: Function, shape: Shape[T], arguments: Arguments, patient: bool = True) -> T:
        def once(deadline: float) -> T:
            answer = self._exchange(function, arguments, deadline, no_answer=SiteUnavailable)
            return parse(self._where(function), shape, understand(self._where(function), answer))

        return self._repeated(once, patient)
