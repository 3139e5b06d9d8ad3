"""Asking a Moodle ahead: what is known to be asked goes out in few requests, and is found answered when it is asked."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any, TypeVar

from latsar_sync.domain.errors import NOT_CONFIRMED, LatsarError, RecordRejected, SiteRefuses, SiteUnavailable
from latsar_sync.moodle.answers import parse, understand
from latsar_sync.moodle.answers_ahead import Ahead, Call
from latsar_sync.moodle.asking_ahead import AboutOne, apart, held_by, send_parts
from latsar_sync.moodle.calls_together import error_in_batch, requests_of, told_ahead
from latsar_sync.moodle.error_codes import NO_CRITERIA
from latsar_sync.moodle.functions import Arguments, Function
from latsar_sync.moodle.parsing import Shape
from latsar_sync.moodle.payloads import SiteInfo
from latsar_sync.moodle.transport import Transport

T = TypeVar("T")


class AheadClient(Transport):
    """The part of a ``MoodleClient`` that asks ahead, by what the site said of itself to it or to an earlier one."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        """Prepare as ``Transport`` does."""
        super().__init__(*arguments, **options)
        self._site_info: SiteInfo | None = None
        self._remembered: SiteInfo | None = None
        self._ahead = Ahead()

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

    def _told_ahead(self, function: Function, arguments: Arguments) -> list[LatsarError]:
        """Return the error by which the site told ahead how a course is set, alone in a list; an empty one if none."""
        text = self._ahead.take_refused(function, arguments)
        error = error_in_batch(self._where(function), text) if text else None
        return [error] if error and tells_of_the_course(error) else []

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
        elif refused and error is not None and tells_of_the_course(error_in_batch(self._where(batch), error)):
            self._ahead.keep_refused(refused[0], error)
        elif refused:
            self._doubt_the_site_info()
        return behind

    def remember(self, info: SiteInfo, anew: bool = False) -> None:
        """Take what the site said of itself to an earlier client; ``anew`` uses it to guess, and asks again."""
        self._remembered, self._site_info = info, None if anew else info

    def _doubt_the_site_info(self) -> None:
        """Ask the site anew who we are to it, if what it said is from an earlier time."""
        if self._site_info is self._remembered:
            self._site_info = None
        self._remembered = None


def tells_of_the_course(error: LatsarError) -> bool:
    """Say whether an error tells how a course is set, which is an answer, and not that a right or a record lacks."""
    return isinstance(error, SiteRefuses) and error.errorcode == NO_CRITERIA
