"""The one place that talks HTTP to a Moodle.

Reads are repeated while the site is unavailable; writes are sent once, and a write without a proved answer is
WriteUnknown. The token travels in the form body only. Exceptions of requests never leave this file: they hold
the body, and with it the token.
"""

import ipaddress
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import chain, repeat
from math import inf
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import requests
from pydantic import SecretStr
from requests_ratelimiter import LimiterAdapter
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    wait_exponential_jitter,
)
from urllib3.exceptions import HTTPError, NewConnectionError

from latsar_sync.errors import (
    ConfigurationError,
    LatsarError,
    RecordRejected,
    SiteRefuses,
    SiteUnavailable,
    WriteUnknown,
)
from latsar_sync.language import _
from latsar_sync.moodle.answers import Answer, parse, proves_refusal, understand
from latsar_sync.moodle.batch import (
    BATCH_SIZES,
    DEFAULT_BATCH_SIZE,
    chunks,
    in_parallel,
    sub_answers,
    sub_requests,
)
from latsar_sync.moodle.functions import WRITES, Arguments, Function, form_body
from latsar_sync.moodle.payloads import NOTHING, SITE_INFO, Shape, SiteInfo

T = TypeVar("T")

_BACK_OFF = wait_exponential_jitter(initial=1, max=30)


@dataclass(frozen=True)
class Limits:
    """How hard the service may lean on a site. Times in seconds; ``retry_budget`` covers one call with its waits."""

    connect_timeout: float = 10.0
    read_timeout: float = 120.0
    max_parallel: int = 2
    requests_per_second: float = 10.0
    retry_budget: float = 180.0
    retry_attempts: int = 5


DEFAULT_LIMITS = Limits()


class MoodleClient:
    """One Moodle site, called with one token. Safe to share between threads.

    ``observer``, if set, is told after every request: function, seconds, and the HTTP status or ``no answer``.
    ``trouble`` is the error by which the site as a whole failed when it was last asked, None when it answered.
    ``server_time`` is the ``Date`` header of the last answer.
    """

    def __init__(
        self,
        name: str,
        url: str,
        token: SecretStr,
        *,
        ca_bundle: Path | None = None,
        proxy: str | None = None,
        limits: Limits = DEFAULT_LIMITS,
        sleep: Callable[[float], None] = time.sleep,  # between repetitions; tests give their own and never wait
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepare, without asking the site anything. Raise ConfigurationError if address, token or CA file is bad."""
        self.name = name
        self.url = site_url(name, url)
        self.observer: Callable[[Function, float, str], None] | None = None
        self.requests_sent = 0
        self.trouble: LatsarError | None = None
        self.server_time = ""
        if not token.get_secret_value().strip():
            raise ConfigurationError(
                _("sites.{name}: the token is empty.").format(name=name), _("Give the token of the service account.")
            )
        self._token = token
        self._limits = limits
        self._sleep = sleep
        self._monotonic = monotonic
        self._slots = threading.BoundedSemaphore(limits.max_parallel)
        self._count_lock = threading.Lock()
        self._site_info_lock = threading.Lock()
        self._site_info: SiteInfo | None = None
        self._session = _session(name, self.url, ca_bundle, proxy, limits)

    def read(self, function: Function, shape: Shape[T], arguments: Arguments | None = None) -> T:
        """Ask, repeating while the site is unavailable.

        Raise SiteUnavailable when attempts or time are used up, SiteRefuses, RecordRejected or ConfigurationError.
        """
        if function in WRITES:
            raise ValueError(f"{function} changes the site; it may not be repeated like a read.")
        return self._ask(function, arguments or {}, partial(parse, self._where(function), shape))

    def write(self, function: Function, arguments: Arguments) -> None:
        """Change the site once, by a function that answers nothing.

        Raise WriteUnknown if it may or may not have happened; any other error means that nothing was done.
        """
        self.write_returning(function, NOTHING, arguments)

    def write_returning(self, function: Function, shape: Shape[T], arguments: Arguments) -> T:
        """Change the site once, by a function that answers what it made. Errors as ``write``."""
        if function not in WRITES:
            raise ValueError(f"{function} is not listed as a write.")
        with self._watch_the_site():
            return self._send(function, shape, arguments)

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

        A record that the site rejects has its RecordRejected in the list. Raise any other error of ``read``.
        Batched where the service has ``call_external_functions``, else one request a record.
        """
        if function in WRITES:
            raise ValueError(f"{function} changes the site; it may not be batched with reads.")
        if not argument_sets:
            return []
        threads = self._limits.max_parallel
        if not self.supports(Function.CALL_EXTERNAL_FUNCTIONS):
            return in_parallel(partial(self._read_one, function, shape), argument_sets, threads)
        batches = list(chunks(argument_sets, BATCH_SIZES.get(function, DEFAULT_BATCH_SIZE)))
        return list(chain.from_iterable(in_parallel(partial(self._read_batch, function, shape), batches, threads)))

    def site_info(self) -> SiteInfo:
        """Who we are to the site and which functions we may call; asked once for the life of this client."""
        with self._site_info_lock:
            if self._site_info is None:
                self._site_info = self.read(Function.SITE_INFO, SITE_INFO)
            return self._site_info

    def supports(self, function: Function) -> bool:
        """Whether the token's service lists the function."""
        return function in self.site_info().functions

    def close(self) -> None:
        """Close the connections and the rate limiter's thread."""
        self._session.close()

    def _where(self, function: Function) -> str:
        return f"{self.name}: {function}"

    def _read_one(self, function: Function, shape: Shape[T], arguments: Arguments) -> T | RecordRejected:
        try:
            return self.read(function, shape, arguments)
        except RecordRejected as error:
            return error

    def _read_batch(self, function: Function, shape: Shape[T], batch: Sequence[Arguments]) -> list[T | RecordRejected]:
        outcomes: list[T | RecordRejected] = []
        while len(outcomes) < len(batch):  # every round settles at least one call or raises
            rest = batch[len(outcomes) :]
            meaning = partial(sub_answers, self._where(function), shape, len(rest))
            try:
                outcomes += self._ask(Function.CALL_EXTERNAL_FUNCTIONS, sub_requests(function, rest), meaning)
            except RecordRejected as error:  # of the batch as a whole: it says nothing about any one record
                raise SiteRefuses(error.message, error.remedy, error.errorcode) from None
        return outcomes

    def _ask(self, function: Function, arguments: Arguments, meaning: Callable[[bytes], T]) -> T:
        deadline = self._monotonic() + self._limits.retry_budget
        ends = chain([inf], repeat(deadline))  # the budget is for repetitions; the first try has its whole time-out

        def attempt() -> T:
            answer = self._exchange(function, arguments, next(ends), no_answer=SiteUnavailable)
            return meaning(understand(self._where(function), answer))

        def give_up(state: RetryCallState) -> bool:
            out_of_time = self._monotonic() + state.upcoming_sleep >= deadline
            return out_of_time or state.attempt_number >= self._limits.retry_attempts

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
        with self._slots:
            with self._count_lock:
                self.requests_sent += 1
            began = self._monotonic()
            read_timeout = min(self._limits.read_timeout, max(1.0, deadline - began))
            outcome = "no answer"
            try:
                response = self._session.post(
                    f"{self.url}/webservice/rest/server.php",
                    data=body,
                    timeout=(self._limits.connect_timeout, read_timeout),
                    allow_redirects=False,
                )
                outcome = str(response.status_code)
                self.server_time = response.headers.get("Date", "")
            except (requests.RequestException, HTTPError) as error:
                raise _connection_problem(self._where(function), self.url, error, no_answer) from None
            finally:
                if self.observer:
                    self.observer(function, self._monotonic() - began, outcome)
        # an error quotes the answer, and a firewall's page or debug text in it may quote what was sent
        content = response.content.replace(self._token.get_secret_value().encode(), b"[token]")
        return Answer(response.status_code, response.headers, content)


def site_url(name: str, url: str) -> str:
    """Given a site's address, produce it without trailing slashes.

    Raise ConfigurationError unless it is https, or http to this machine itself (design rule 18), and bare of
    user, query and fragment.
    """
    try:
        parts = urlsplit(url.strip())
        host = parts.hostname or ""
        bare = parts.port != 0 and not (parts.username or parts.password or parts.query or parts.fragment)
    except ValueError:
        host, bare = "", False
    if not (host and bare and parts.scheme in ("https", "http")):
        raise ConfigurationError(
            _("sites.{name}.url is not a site's address.").format(name=name),
            _("Write it like https://lms.example.go.id"),
        )
    if parts.scheme == "http" and not _is_loopback(host):
        raise ConfigurationError(
            _("sites.{name}.url is http: the token would cross the network in the clear.").format(name=name),
            _("Use https."),
        )
    return parts.geturl().rstrip("/")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _session(name: str, url: str, ca_bundle: Path | None, proxy: str | None, limits: Limits) -> requests.Session:
    session = requests.Session()
    session.trust_env = False  # no proxy, certificate file or password from the environment
    session.headers["Content-Type"] = "application/x-www-form-urlencoded"
    session.headers["User-Agent"] = "latsar-sync"
    if proxy:
        session.proxies = {"http": proxy, "https": proxy}
    if ca_bundle:
        try:
            ssl.create_default_context(cafile=ca_bundle)
        except OSError as error:
            raise ConfigurationError(
                _("sites.{name}.ca_bundle: {ca_bundle} cannot be read as certificates ({strerror}).").format(
                    name=name, ca_bundle=ca_bundle, strerror=error.strerror
                )
            ) from None
        session.verify = str(ca_bundle)
    adapter = LimiterAdapter(
        per_second=limits.requests_per_second,
        limit_statuses=(),  # after a 429 we wait ourselves
        pool_connections=1,
        pool_maxsize=limits.max_parallel,
    )
    session.mount(url, adapter)
    return session


def _concerns_the_site(error: LatsarError) -> bool:
    """Say whether an error would meet every call: no answer, a wrong address, a token that is not let in."""
    if not isinstance(error, SiteRefuses):
        return True
    return error.errorcode in ("invalidtoken", "accessexception") or error.errorcode.startswith("wsaccess")


def _wait(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    asked = error.retry_after if isinstance(error, SiteUnavailable) else None
    return max(asked or 0.0, _BACK_OFF(state))


def _connection_problem(where: str, url: str, error: BaseException, no_answer: type[SiteUnavailable]) -> LatsarError:
    """Our own words for a failed connection: the text of requests' errors may hold address and body."""
    causes = tuple(_causes(error))
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes):
        return ConfigurationError(
            _("{where}: the TLS certificate of {url} cannot be verified.").format(where=where, url=url),
            _("If the site's certificate is from a private authority, name its file in `ca_bundle`."),
        )
    if isinstance(error, ValueError):
        return ConfigurationError(
            _("{where}: `proxy` is not a usable address.").format(where=where), _("Write it like http://proxy:3128")
        )
    reasons = [cause.strerror for cause in causes if isinstance(cause, OSError) and cause.strerror]
    reason = (
        reasons[-1] if reasons else _("no answer in time") if isinstance(error, requests.Timeout) else _("broken off")
    )
    never_sent = isinstance(error, requests.ConnectTimeout | requests.exceptions.ProxyError) or any(
        isinstance(cause, NewConnectionError) for cause in causes
    )
    if never_sent:
        return SiteUnavailable(
            _("{where}: no connection to {url} ({reason}).").format(where=where, url=url, reason=reason),
            _("Is the site up and reachable from here?"),
        )
    return no_answer(
        _("{where}: no answer from {url} ({reason}).").format(where=where, url=url, reason=reason),
        _("The next run reads again."),
    )


def _causes(error: BaseException) -> Iterator[BaseException]:
    yield error
    for wrapped in (getattr(error, "reason", None), *error.args, error.__cause__):
        if isinstance(wrapped, BaseException):
            yield from _causes(wrapped)
