"""One deadline for a whole answer: what drips in byte by byte is cut off as what never comes.

A time-out of a socket is that of a single wait, and each byte begins a new one. So a clock of its own runs beside every
exchange and shuts the socket down, wherever it is being waited for: in the status line, a header, or the body.
"""

import socket
import threading
from contextlib import suppress
from http.client import CONTINUE, OK, SWITCHING_PROTOCOLS, parse_headers
from http.client import HTTPResponse as PlainResponse
from types import TracebackType
from typing import Any

from requests_ratelimiter import LimiterAdapter
from requests_ratelimiter.buckets import HostBucketFactory
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.response import HTTPResponse

_in_hand = threading.local()


class Deadline:
    """Runs beside the one exchange of its thread, from the moment the request was sent, for so many seconds."""

    def __init__(self, seconds: float) -> None:
        """Prepare; the clock starts when the request has been sent."""
        self.passed = False
        self._seconds = seconds
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._timer: threading.Timer | None = None

    def __enter__(self) -> "Deadline":
        _in_hand.deadline = self
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _in_hand.deadline = None
        with self._lock:
            self._socket = None  # it may carry another exchange from here on
        if self._timer is not None:
            self._timer.cancel()

    def begin(self, connection: socket.socket) -> None:
        """Start the clock for the answer that comes over this connection; a proxy's own came before it."""
        if self._timer is not None:
            self._timer.cancel()
        self._socket = connection
        self._timer = threading.Timer(self._seconds, self._cut)
        self._timer.daemon = True
        self._timer.start()

    def _cut(self) -> None:
        with self._lock:
            if self._socket is None:
                return
            self.passed = True
            with suppress(OSError):  # closed by the site in the same moment
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


class _LastResponse(PlainResponse):
    """The answer itself: what comes before it ("103 Early Hints") is none (RFC 9110, 15.2).

    The library knows that of 100 alone. Left unread, the answer itself would be taken for that to another request.
    """

    def _read_status(self) -> tuple[str, int, str]:
        while True:
            told: tuple[str, int, str] = super()._read_status()  # type: ignore[misc] # it has no other way in
            if not CONTINUE < told[1] < OK or told[1] == SWITCHING_PROTOCOLS:
                return told
            parse_headers(self.fp)


class _Watched:
    """Tells the deadline of its thread over which socket the answer comes."""

    sock: socket.socket | None
    response_class = _LastResponse

    def getresponse(self) -> HTTPResponse:
        self._begin()
        response: HTTPResponse = super().getresponse()  # type: ignore[misc] # it is mixed into a connection
        return response

    def _tunnel(self) -> None:
        self._begin()
        super()._tunnel()  # type: ignore[misc] # likewise
        deadline: Deadline | None = getattr(_in_hand, "deadline", None)
        if deadline is not None and deadline.passed:  # what was cut off looks like the end of the proxy's answer
            raise TimeoutError

    def _begin(self) -> None:
        deadline: Deadline | None = getattr(_in_hand, "deadline", None)
        if deadline is not None and self.sock is not None:
            deadline.begin(self.sock)


class _Connection(_Watched, HTTPConnection):  # type: ignore[misc] # both declare sock
    pass


class _SecureConnection(_Watched, HTTPSConnection):  # type: ignore[misc] # likewise
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


_POOLS = {"http": _Pool, "https": _SecurePool}


class _LateRequests(HostBucketFactory):
    """The requests of late by host; those that count no more go as the next one comes.

    By itself the library keeps a thread with an event loop for that beside every connection, which took a twelfth of
    the processor time of an incremental run.
    """

    def schedule_leak(self, new_bucket: Any) -> None:
        """Begin no such thread."""

    def get(self, item: Any) -> Any:
        """Return those of a host that still count."""
        bucket = super().get(item)
        bucket.leak(bucket.now())  # type: ignore[no-untyped-call]
        return bucket


class Adapter(LimiterAdapter):
    """Sends at a limited rate over connections that a ``Deadline`` can cut."""

    def __init__(self, **options: Any) -> None:
        """Take what both the rate and the connections want."""
        super().__init__(**options)
        self.limiter.bucket_factory = _LateRequests(self.limiter.bucket_factory.rates)  # type: ignore[attr-defined]

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        """Make the pools of direct connections."""
        super().init_poolmanager(*arguments, **options)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, *arguments: Any, **options: Any) -> Any:
        """Make the pools of connections through a proxy."""
        manager = super().proxy_manager_for(*arguments, **options)
        manager.pool_classes_by_scheme = _POOLS
        return manager
