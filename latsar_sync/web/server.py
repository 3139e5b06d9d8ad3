"""Serves an application beside the daemon, in a thread of its own."""

import asyncio
import errno
import socket
from collections import Counter
from collections.abc import Sequence
from threading import Event, Thread
from typing import ClassVar

import h11
import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.h11_impl import H11Protocol

from latsar_sync.domain.errors import ConfigurationError
from latsar_sync.domain.language import _
from latsar_sync.domain.system_errors import reason_of

HEADERS_WITHIN_SECONDS = 15.0
BODY_WITHIN_SECONDS = 60.0
SLOWEST_BYTES_A_SECOND = 10_000
"""A request must have been sent whole by then: its head, and its body, for whose size there is more time."""
UNREAD_WITHIN_SECONDS = 60.0
"""So long an answer waits for whoever asked to read on."""
MOST_CONNECTIONS = 500
"""More at once are turned away (503)."""
MOST_UNSENT = 100
"""So many connections of one address may wait for a request to be sent: else one could take all that there are."""


class BoundedProtocol(H11Protocol):
    """HTTP that is not waited for without end: who sends a request drop by drop, or reads no answer, is cut off."""

    _limit: asyncio.TimerHandle | None = None
    _unread: asyncio.TimerHandle | None = None
    _unsent: ClassVar[Counter[str]] = Counter()
    """By address: connections over which a request has not come whole."""
    _address = ""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Begin to count when somebody connects."""
        super().connection_made(transport)
        self._address = (transport.get_extra_info("peername") or ("",))[0]
        self._begin_to_count(HEADERS_WITHIN_SECONDS)
        if self._unsent[self._address] > MOST_UNSENT and not self.config.proxy_headers:
            transport.abort()  # where a proxy is before it, everybody comes from its address

    def data_received(self, data: bytes) -> None:
        """Count on with each part; end when the request is there whole."""
        if self._limit is None:
            self._begin_to_count(HEADERS_WITHIN_SECONDS)
        before = self.conn.their_state
        super().data_received(data)
        if self.conn.their_state not in (h11.IDLE, h11.SEND_BODY):
            self._end_counting()
        elif before is h11.IDLE and self.conn.their_state is h11.SEND_BODY:
            self._begin_to_count(BODY_WITHIN_SECONDS + self._length() / SLOWEST_BYTES_A_SECOND)

    def pause_writing(self) -> None:
        """Begin to count when an answer is not read as fast as it is sent."""
        super().pause_writing()
        self._unread = self.loop.call_later(UNREAD_WITHIN_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """Count no more when it is read on."""
        self._forget_unread()
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """Count no more."""
        self._end_counting()
        self._forget_unread()
        super().connection_lost(exc)

    def _forget_unread(self) -> None:
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None

    def _length(self) -> int:
        told = next((value for name, value in self.headers if name == b"content-length"), b"0")
        return int(told) if told.isdigit() else 0

    def _begin_to_count(self, seconds: float) -> None:
        self._end_counting()
        self._unsent[self._address] += 1
        self._limit = self.loop.call_later(seconds, self.transport.abort)

    def _end_counting(self) -> None:
        if self._limit is not None:
            self._limit.cancel()
            self._limit = None
            self._unsent[self._address] -= 1
            if not self._unsent[self._address]:
                del self._unsent[self._address]


def _remedy_of(error: OSError) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            return _("Does another daemon run on this host? Choose another service.port.")
        case errno.EACCES:
            return _("Choose a service.port from 1024; those below belong to the system.")
    return _("service.host must be an address of this host: 127.0.0.1, or 0.0.0.0 for all that it has.")


class WebServer:
    """Serves ``app`` between entering and leaving a ``with`` block.

    Of ``proxies`` (addresses, networks) alone is believed from where a request comes.

    Raise ConfigurationError on entering if the address cannot be bound.
    """

    def __init__(self, app: FastAPI, host: str, port: int, proxies: Sequence[str] = ()) -> None:
        self._host, self._port = host, port
        configuration = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            lifespan="off",
            server_header=False,
            timeout_graceful_shutdown=2,
            proxy_headers=bool(proxies),
            forwarded_allow_ips=list(proxies),
            http=BoundedProtocol,
            ws="none",
            limit_concurrency=MOST_CONNECTIONS,
        )
        self._server = uvicorn.Server(configuration)
        self._stopping = app.state.stopping = Event()
        """Tells what has no end of its own, a live line, that the server ends."""
        self._thread: Thread | None = None
        self._socket: socket.socket | None = None

    @property
    def port(self) -> int:
        """The port that it listens on, which matters where 0 asked for a free one."""
        return int(self._socket.getsockname()[1]) if self._socket is not None else self._port

    def __enter__(self) -> "WebServer":
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_STREAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._socket.bind((self._host, self._port))
            self._socket.listen()  # two that start at one moment can both bind, only one can listen
        except OSError as error:
            self._socket.close()
            raise ConfigurationError(
                _("service.host {host} port {port} cannot be used: {strerror}.").format(
                    host=self._host, port=self._port, strerror=reason_of(error)
                ),
                _remedy_of(error),
            ) from None
        self._thread = Thread(target=self._server.run, args=([self._socket],), name="web", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._server.should_exit = True
        if self._thread is not None:
            self._thread.join(timeout=5)
        if self._socket is not None:
            self._socket.close()
