"""Sending one request to a Moodle and taking its answer; repeating what failed while the site is unavailable.

Which answers say that it is stands in ``answers_by_status``.

The token travels in the form body only. Exceptions of requests never leave this file: they hold the body, and with it
the token.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import chain, repeat
from math import inf
from pathlib import Path
from typing import TypeVar

import requests
from pydantic import SecretStr
from tenacity import RetryCallState, Retrying, retry_if_exception_type, wait_exponential_jitter
from urllib3.exceptions import HTTPError

from latsar_sync.domain.errors import (
    ConfigurationError,
    LatsarError,
    SiteError,
    SiteRefuses,
    SiteUnavailable,
    WriteUnknown,
)
from latsar_sync.domain.language import _
from latsar_sync.domain.site_limits import SiteLimits
from latsar_sync.moodle.answers import Answer, told_at
from latsar_sync.moodle.connection import connection_problem, open_session, read_body, site_url
from latsar_sync.moodle.deadline import Deadline
from latsar_sync.moodle.functions import Arguments, Function, form_body
from latsar_sync.moodle.pace import DEFAULT_LIMITS, Throttle

T = TypeVar("T")

_BACK_OFF = wait_exponential_jitter(initial=1, max=30)


class Transport:
    """The connection to one Moodle site with one token. Safe to share between threads.

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
        limits: SiteLimits = DEFAULT_LIMITS,
        gate: Throttle | None = None,
        sleep: Callable[[float], None] = time.sleep,  # between repetitions; tests give their own and never wait
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepare, without asking the site anything. Raise ConfigurationError if address, token or CA file is bad."""
        self.name = name
        self.url = site_url(name, url)
        self.observer: Callable[[Function, float, str], None] | None = None
        self.requests_sent = 0
        self.seconds_asked = 0.0
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
        at_once = limits.max_parallel
        self._session = open_session(f"sites.{name}", self.url, ca_bundle, proxy, limits.requests_per_second, at_once)

    def clock_now(self) -> datetime | None:
        """Return what the site's own clock shows now, by its last answer; None if that told no time."""
        since = timedelta(seconds=self._monotonic() - self._told_at)
        return None if self.site_time is None else self.site_time + since

    @property
    def at_once(self) -> int:
        """How many requests may be under way at once while the site answers well."""
        return self._limits.max_parallel

    def close(self) -> None:
        """Close the connections and the rate limiter's thread."""
        self._session.close()

    def _where(self, function: Function) -> str:
        return f"{self.name}: {function}"

    def _repeated(self, once: Callable[[float], T], patient: bool = True) -> T:
        """Do ``once`` until it succeeds, within attempts and budget; it is told until when it must have its answer."""
        deadline = self._monotonic() + self._limits.retry_budget
        ends = chain([inf], repeat(deadline))  # the budget is for repetitions; the first try has its whole time-out
        began = self._monotonic()

        def attempt() -> T:
            nonlocal began
            began = self._monotonic()
            try:
                return once(next(ends))
            except SiteUnavailable as error:
                if error.retry_after and error.retry_after <= self._limits.retry_budget:
                    self._gate.close_for(error.retry_after)
                raise

        def give_up(state: RetryCallState) -> bool:
            now = self._monotonic()
            left, whole = deadline - now - state.upcoming_sleep, self._limits.read_timeout
            # a site is still at work on what it did not answer in time: with less time, the same only adds to that
            out_of_time = left <= 0 or left < whole <= now - began
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
            self.trouble = error if concerns_the_site(error) else None
            if isinstance(error, SiteError):
                error.came_from(self.name)
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
        with self._gate.slot():
            with self._count_lock:
                self.requests_sent += 1
            began = self._monotonic()
            read_timeout = min(self._limits.read_timeout, max(1.0, deadline - began))
            outcome = "no answer"
            watch = Deadline(read_timeout)
            try:
                with (
                    watch,
                    self._session.post(
                        f"{self.url}/webservice/rest/server.php",
                        data=body,
                        timeout=(self._limits.connect_timeout, read_timeout),
                        allow_redirects=False,
                        stream=True,
                    ) as response,
                ):
                    content = read_body(self._where(function), response, self._limits.largest_answer)
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
                with self._count_lock:
                    self.seconds_asked += seconds
                well = outcome.isdecimal() and int(outcome) < 500 and int(outcome) != 429
                self._gate.answered(seconds, well)
                if self.observer:
                    self.observer(function, seconds, outcome)
        self.site_time, self._told_at = told_at(response.headers), self._monotonic()
        # a firewall's page or debug text may quote what was sent
        content = content.replace(self._token.get_secret_value().encode(), b"[token]")
        return Answer(response.status_code, response.headers, content, seconds)


OF_THE_ACCOUNT = frozenset(
    [
        *("accessexception", "forcepasswordchangenotice", "invalidtoken", "nopasswordchangeforced"),
        *("restrictedcontextexception", "sitepolicynotagreed", "usernotfullysetup"),
    ]
)
"""Codes by which a site lets the account, or its token, in nowhere; so do those that begin with ``wsaccess``."""


def concerns_the_site(error: LatsarError) -> bool:
    """Say whether an error would meet every call: no answer, a wrong address, a token or account turned away."""
    if not isinstance(error, SiteRefuses):
        return True
    return error.errorcode in OF_THE_ACCOUNT or error.errorcode.startswith("wsaccess")


def _wait(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    asked = error.retry_after if isinstance(error, SiteUnavailable) else None
    return max(asked or 0.0, _BACK_OFF(state))
