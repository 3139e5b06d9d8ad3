"""Serves an application beside the daemon, in a thread of its own."""

import socket
from threading import Thread

import uvicorn
from fastapi import FastAPI

from latsar_sync.domain.errors import ConfigurationError
from latsar_sync.domain.language import _


class WebServer:
    """Serves ``app`` between entering and leaving a ``with`` block.

    Raise ConfigurationError on entering if the address cannot be bound.
    """

    def __init__(self, app: FastAPI, host: str, port: int) -> None:
        self._host, self._port = host, port
        configuration = uvicorn.Config(
            app, log_config=None, access_log=False, lifespan="off", server_header=False, timeout_graceful_shutdown=2
        )
        self._server = uvicorn.Server(configuration)
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
                    host=self._host, port=self._port, strerror=error.strerror
                ),
                _("Does another daemon run here? Choose another service.port."),
            ) from None
        self._thread = Thread(target=self._server.run, args=([self._socket],), name="web", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        if self._thread is not None:
            self._thread.join(timeout=5)
        if self._socket is not None:
            self._socket.close()
