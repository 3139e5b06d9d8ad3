"""The one place that talks HTTP to a Moodle.

Reads are repeated while the site is unavailable; writes are sent once, and a write without a proved answer is
WriteUnknown. The token travels in the form body only. Exceptions of requests never leave this file: they hold
the body, and with it the token.
"""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import chain, repeat
from math import inf
from pathlib import Path
from typing import TypeVar

import requests
from pydantic import SecretStr
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    wait_exponential_jitter,
)
from urllib3.exceptions import HTTPError

from latsar_sync.domain.errors import (
    ConfigurationError,
    LatsarError,
    RecordRejected,
    SiteRefuses,
    SiteUnavailable,
    WriteUnknown,
)
from latsar_sync.domain.language import _
from latsar_sync.moodle.answers import Answer, parse, proves_refusal, told_at, understand
from latsar_sync.moodle.aside import Patience, require_most, spoils
from latsar_sync.moodle.batch import FirstFails, in_parallel, in_pieces, sub_answers, sub_requests
from latsar_sync.moodle.connection import body_of, connection_problem, open_session, site_url
from latsar_sync.moodle.deadline import Deadline
from latsar_sync.moodle.functions import WRITES, Arguments, Function, form_body
from latsar_sync.moodle.meaning import Meaning
from latsar_sync.moodle.pace import Throttle
from latsar_sync.moodle.parsing import Shape
from latsar_sync.moodle.payloads import NOTHING, SITE_INFO, SiteInfo

T = TypeVar("T")

_BACK_OFF = wait_exponential_jitter(initial=1, max=30)


@dataclass(frozen=True)
class ClientLimits:
    """How hard the service may lean on a site. Times in seconds; ``retry_budget`` covers one call with its waits.

    ``read_timeout`` is for a whole answer once the request was sent; ``largest_answer`` is in bytes, unpacked.
    """

    connect_timeout: float = 10.0
    read_timeout: float = 120.0
    max_parallel: int = 2
    requests_per_second: float = 10.0
    retry_budget: float = 180.0
    retry_attempts: int = 5
    largest_answer: int = 64_000_000


DEFAULT_LIMITS = ClientLimits()


class MoodleClient:
    """One Moodle site, called with one token. Safe to share between threads.

    ``observer``, if set, is told after every request: function, seconds, and the HTTP status or ``no answer``.
    ``site_time`` is what the site's own clock said in its last answer (HTTP ``Date``), None before the first.
    ``gate`` is shared by clients of one site, so that together they lean on it no harder than one.
    ``trouble`` is the error by which the site as a whole failed when it was last asked, None when it answered.
    """

    def __init__(
        self,
        name: str,
        url: str,
        token: SecretStr,
        *,
        ca_bundle: Path | None = None,
        proxy: str | None = None,
        limits: ClientLimits = DEFAULT_LIMITS,
        gate: Throttle | None = None,
        sleep: Callable[[float], None] = time.sleep,  # between repetitions; tests give their own and never wait
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepare, without asking the site anything. Raise ConfigurationError if address, token or CA file is bad."""
        self.name = name
        self.url = site_url(name, url)
        self.observer: Callable[[Function, float, str], None] | None = None
        self.requests_sent = 0
        self.site_time: datetime | None = None
        self._told_at = 0.0
        self.trouble: LatsarError | None = None
        if not token.get_secret_value().strip():
            raise ConfigurationError(
                _("sites.{name}: the token is empty.").format(name=name), _("Give the token of the service account.")
            )
        self._token = token
        self._limits = limits
        self._sleep = sleep
        self._monotonic = monotonic
        self._gate = gate or Throttle(limits.max_parallel, sleep, monotonic)
        self._count_lock = threading.Lock()
        self._site_info_lock = threading.Lock()
        self._site_info: SiteInfo | None = None
        self._meaning = Meaning(self._look, self.supports, monotonic)
        self._session = open_session(name, self.url, ca_bundle, proxy, limits.requests_per_second, limits.max_parallel)

    def read(
        self, function: Function, shape: Shape[T], arguments: Arguments | None = None, *, patient: bool = True
    ) -> T:
        """Ask, repeating while the site is unavailable; once only if not ``patient``.

        Raise SiteUnavailable when attempts or time are used up, SiteRefuses, RecordRejected or ConfigurationError.
        """
        if function in WRITES:
            raise ValueError(f"{function} changes the site; it may not be repeated like a read.")
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
        try:
            with self._watch_the_site():
                return self._send(function, shape, arguments)
        except (RecordRejected, SiteRefuses) as error:
            raise self._meaning.of(function, arguments, error, course_id) from None

    def _send(self, function: Function, shape: Shape[T], arguments: Arguments) -> T:
        answer = self._exchange(function, arguments, inf, no_answer=WriteUnknown)
        try:
            return parse(self._where(function), shape, understand(self._where(function), answer))
        except LatsarError as error:
            if proves_refusal(answer):
                raise
            raise WriteUnknown(
                _("No proof that it was done: {message}").format(message=error.message),
                _("Reading the course back will tell."),
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
        if not argument_sets:
            return []
        threads, patience = self._limits.max_parallel, Patience()
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
        require_most(answers)
        return answers

    def site_info(self) -> SiteInfo:
        """Who we are to the site and which functions we may call; asked once for the life of this client."""
        with self._site_info_lock:
            if self._site_info is None:
                self._site_info = self.read(Function.SITE_INFO, SITE_INFO)
            return self._site_info

    def supports(self, function: Function) -> bool:
        """Whether the token's service lists the function."""
        return function in self.site_info().functions

    def clock_now(self) -> datetime | None:
        """Return what the site's own clock shows now, by its last answer; None if that told no time."""
        since = timedelta(seconds=self._monotonic() - self._told_at)
        return None if self.site_time is None else self.site_time + since

    def close(self) -> None:
        """Close the connections and the rate limiter's thread."""
        self._session.close()

    def _where(self, function: Function) -> str:
        return f"{self.name}: {function}"

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
        part = rest[: self._gate.calls(function, len(rest))]
        batch, seconds = Function.CALL_EXTERNAL_FUNCTIONS, inf
        try:
            answer = self._exchange(batch, sub_requests(function, part), deadline, no_answer=SiteUnavailable)
            body = understand(self._where(batch), answer)
            seconds = answer.seconds
        finally:
            self._gate.carried(function, len(part), seconds)
        return sub_answers(self._where(function), shape, len(part), body)

    def _look(self, function: Function, shape: Shape[T], arguments: Arguments, patient: bool = True) -> T:
        return self._ask(function, arguments, partial(parse, self._where(function), shape), patient)

    def _ask(self, function: Function, arguments: Arguments, meaning: Callable[[bytes], T], patient: bool) -> T:
        def once(deadline: float) -> T:
            answer = self._exchange(function, arguments, deadline, no_answer=SiteUnavailable)
            return meaning(understand(self._where(function), answer))

        return self._repeated(once, patient)

    def _repeated(self, once: Callable[[float], T], patient: bool = True) -> T:
        """Do ``once`` until it succeeds, within attempts and budget; it is told until when it must have its answer."""
        deadline = self._monotonic() + self._limits.retry_budget
        ends = chain([inf], repeat(deadline))  # the budget is for repetitions; the first try has its whole time-out

        def attempt() -> T:
            try:
                return once(next(ends))
            except SiteUnavailable as error:
                if error.retry_after and error.retry_after <= self._limits.retry_budget:
                    self._gate.close_for(error.retry_after)
                raise

        def give_up(state: RetryCallState) -> bool:
            out_of_time = self._monotonic() + state.upcoming_sleep >= deadline
            return out_of_time or state.attempt_number >= (self._limits.retry_attempts if patient else 1)

        retrying = Retrying(
            retry=retry_if_exception_type(SiteUnavailable),
            wait=_wait,
            stop=give_up,
            sleep=self._sleep,
            reraise=True,
        )
        with self._watch_the_site():
            return retrying(attempt)

    @contextmanager
    def _watch_the_site(self) -> Iterator[None]:
        """Note whether the site as a whole fails; a refusal of one course or record says nothing about it."""
        try:
            yield
        except (SiteUnavailable, SiteRefuses, ConfigurationError) as error:
            self.trouble = error if _concerns_the_site(error) else None
            raise
        except LatsarError:
            self.trouble = None
            raise
        self.trouble = None

    def _exchange(
        self, function: Function, arguments: Arguments, deadline: float, no_answer: type[SiteUnavailable]
    ) -> Answer:
        """Send once and take the answer as it comes; ``no_answer`` is raised when the request may have arrived."""
        body = form_body(function, arguments, self._token.get_secret_value())
        with self._gate.turn():
            with self._count_lock:
                self.requests_sent += 1
            began = self._monotonic()
            read_timeout = min(self._limits.read_timeout, max(1.0, deadline - began))
            outcome = "no answer"
            watch = Deadline(read_timeout)
            try:
                with watch:
                    response = self._session.post(
                        f"{self.url}/webservice/rest/server.php",
                        data=body,
                        timeout=(self._limits.connect_timeout, read_timeout),
                        allow_redirects=False,
                        stream=True,
                    )
                    content = body_of(self._where(function), response, self._limits.largest_answer)
                if watch.passed:
                    raise requests.ReadTimeout
                outcome = str(response.status_code)
            except SiteRefuses as error:
                if no_answer is WriteUnknown:
                    raise WriteUnknown(error.message, error.remedy) from None
                raise
            except (requests.RequestException, HTTPError) as error:
                cause = requests.ReadTimeout() if watch.passed else error
                raise connection_problem(self._where(function), self.url, cause, no_answer) from None
            finally:
                seconds = self._monotonic() - began
                well = outcome.isdecimal() and int(outcome) < 500 and int(outcome) != 429
                self._gate.answered(seconds, well)
                if self.observer:
                    self.observer(function, seconds, outcome)
        self.site_time, self._told_at = told_at(response.headers), self._monotonic()
        # a firewall's page or debug text may quote what was sent
        content = content.replace(self._token.get_secret_value().encode(), b"[token]")
        return Answer(response.status_code, response.headers, content, seconds)


def _concerns_the_site(error: LatsarError) -> bool:
    """Say whether an error would meet every call: no answer, a wrong address, a token that is not let in."""
    if not isinstance(error, SiteRefuses):
        return True
    return error.errorcode in ("invalidtoken", "accessexception") or error.errorcode.startswith("wsaccess")


def _wait(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    asked = error.retry_after if isinstance(error, SiteUnavailable) else None
    return max(asked or 0.0, _BACK_OFF(state))
