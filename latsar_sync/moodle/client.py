"""What the service asks of a Moodle: reads, repeated while the site is unavailable, and writes, sent once.

A write without a proved answer is WriteUnknown. What is known to be asked may be asked ahead, in one request.
"""

import re
import threading
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from functools import partial
from math import inf
from typing import Any, TypeVar

from latsar_sync.domain.errors import (
    NOT_CONFIRMED,
    LatsarError,
    RecordRejected,
    SiteRefuses,
    SiteUnavailable,
    WriteUnknown,
)
from latsar_sync.domain.language import _
from latsar_sync.moodle.ambiguous_errors import Meaning
from latsar_sync.moodle.answers import parse, proves_refusal, understand
from latsar_sync.moodle.answers_ahead import Ahead, Call
from latsar_sync.moodle.asking_ahead import AboutOne, apart, held_by, send_parts
from latsar_sync.moodle.calls_together import (
    FirstFails,
    error_in_batch,
    in_parallel,
    in_pieces,
    requests_of,
    sub_answers,
    told_ahead,
)
from latsar_sync.moodle.error_codes import NO_CRITERIA
from latsar_sync.moodle.functions import WRITES, Arguments, Function
from latsar_sync.moodle.parsing import Shape
from latsar_sync.moodle.payloads import NOTHING, SITE_INFO, SiteInfo
from latsar_sync.moodle.spoiled_records import Patience, code_of, require_most, spoils
from latsar_sync.moodle.transport import Transport

T = TypeVar("T")


class MoodleClient(Transport):
    """One Moodle site, called with one token. Safe to share between threads.

    ``site_info_told`` is what the site said of itself in the life of this client, None before it was asked.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        """Prepare as ``Transport`` does."""
        super().__init__(*arguments, **options)
        self.site_info_told: SiteInfo | None = None
        self._site_info_lock = threading.Lock()
        self._site_info: SiteInfo | None = None
        self._remembered: SiteInfo | None = None
        self._ahead = Ahead()
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

    @contextmanager
    def ahead(self, calls: Sequence[Call], beside: Collection[Function] = ()) -> Iterator[None]:
        """Ask ahead as ``ask_ahead`` does; the answers are found inside, and none outlives it."""
        try:
            self.ask_ahead(calls, beside)
            yield
        finally:
            self._ahead.forget()

    def ask_ahead(
        self, calls: Sequence[Call], beside: Collection[Function] = (), about: Sequence[AboutOne] = ()
    ) -> None:
        """Ask all these reads in one request, where the service can: ``read`` and ``read_each`` find the answers.

        Calls of ``beside`` go in a request of their own at the same time, those ``about`` each of many people behind
        the first request, as many at once as may be. The answers are let go by a write, and when anything else is asked
        by this. What fails is asked again as ever, and tells its error then. The first answer is as old as the whole
        request: so are ``site_time`` and ``clock_now``.
        """
        self._ahead.forget()
        began = self._monotonic()
        self.ask_more_ahead(calls, about, beside)
        if self.site_time is not None and self._told_at > began:
            self.site_time -= timedelta(seconds=int(self._told_at - began))  # a site tells whole ones
            self._told_at = began

    def ask_more_ahead(
        self, calls: Sequence[Call], about: Sequence[AboutOne], beside: Collection[Function] = ()
    ) -> None:
        """Ask ahead as ``ask_ahead`` does; what came ahead before stays."""
        known, threads = self._site_info or self._remembered, self.at_once
        functions = known.functions if known else frozenset()
        calls = [each for each in calls if each.function in functions and each.unless not in functions]
        if self._site_info is None:
            calls = [Call(Function.SITE_INFO, {}), *calls]
        about = held_by(functions, about)
        if (len(calls) < 2 and not about) or Function.CALL_EXTERNAL_FUNCTIONS not in functions:
            return
        send_parts(apart(calls, beside if threads > 1 else ()), about, self._send_ahead, self._gate, threads)

    def came_ahead(self, function: Function, arguments: Arguments) -> bool:
        """Say whether a read is answered already."""
        return self._ahead.has(function, arguments)

    def _came_ahead(self, function: Function, shape: Shape[T], arguments: Arguments) -> list[T]:
        """Return the answer that came ahead, alone in a list; an empty one if there is none that can be read."""
        text = self._ahead.take(function, arguments)
        if text is not None:
            with suppress(LatsarError):  # it is asked again, and looked into then
                return [parse(self._where(function), shape, text)]
        return []

    def _refused_ahead(self, function: Function, arguments: Arguments) -> list[RecordRejected]:
        """Return the error by which a record was refused ahead, alone in a list; an empty one if it tells no such."""
        text = self._ahead.take_refused(function, arguments)
        with suppress(LatsarError):
            error = error_in_batch(self._where(function), text) if text else None
            if isinstance(error, RecordRejected):
                self._meaning.require_theirs(function, [arguments], [error])
                return [error]
        return []

    def _told_ahead(self, function: Function, arguments: Arguments) -> list[LatsarError]:
        """Return the error by which the site told ahead how a course is set, alone in a list; an empty one if none."""
        text = self._ahead.take_refused(function, arguments)
        error = error_in_batch(self._where(function), text) if text else None
        return [error] if error and _tells_of_the_course(error) else []

    def _send_ahead(self, calls: Sequence[Call], about_people: bool = False) -> Sequence[Call] | None:
        """Return the calls behind the first that was refused, which were not answered; None if the request failed.

        Whatever else is asked about an account that is not confirmed is refused too, and not among them.
        """
        batch = Function.CALL_EXTERNAL_FUNCTIONS

        def once(deadline: float) -> bytes:
            answer = self._exchange(batch, requests_of(calls), deadline, no_answer=SiteUnavailable)
            return understand(self._where(batch), answer)

        try:
            answers, error = told_ahead(self._where(batch), self._repeated(once, patient=False))
        except LatsarError:
            self._doubt_the_site_info()
            return None
        self._ahead.keep(calls, answers)
        refused, behind = calls[len(answers) : len(answers) + 1], calls[len(answers) + 1 :]
        if about_people and error is not None and refused:  # of many people somebody is refused
            self._ahead.keep_refused(refused[0], error)
            user_id, said = refused[0].arguments.get("userid"), error_in_batch(self._where(batch), error)
            if user_id and isinstance(said, RecordRejected) and said.errorcode == NOT_CONFIRMED:
                self._ahead.keep_silent(user_id, error)
                return [each for each in behind if each.arguments.get("userid") != user_id]
        elif refused and error is not None and _tells_of_the_course(error_in_batch(self._where(batch), error)):
            self._ahead.keep_refused(refused[0], error)
        elif refused:
            self._doubt_the_site_info()
        return behind

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

    def remember(self, info: SiteInfo, anew: bool = False) -> None:
        """Take what the site said of itself to an earlier client; ``anew`` uses it to guess, and asks again."""
        self._remembered, self._site_info = info, None if anew else info

    def _doubt_the_site_info(self) -> None:
        """Ask the site anew who we are to it, if what it said is from an earlier time."""
        if self._site_info is self._remembered:
            self._site_info = None
        self._remembered = None

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


def _tells_of_the_course(error: LatsarError) -> bool:
    """Say whether an error tells how a course is set, which is an answer, and not that a right or a record lacks."""
    return isinstance(error, SiteRefuses) and error.errorcode == NO_CRITERIA
