"""The campus without a wire: requests of the client are handed to a campus that runs in this very process.

A request over a socket costs three times what asking and answering costs: two threads, a timer, headers written and
read. What the wire does is proved where it is meant: ``@pytest.mark.wire``, and every test that starts a process.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPMessage
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

import pytest
from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter
from urllib3 import HTTPResponse

from latsar_sync.demo import Campus
from latsar_sync.demo.protocol import REST_PATH, Answer
from latsar_sync.demo.server import CampusHandler
from latsar_sync.moodle.deadline import Adapter

_OVER_THE_WIRE = HTTPAdapter.send
_START = Campus.start
_started: dict[str, Campus] = {}
"""By host and port, the one that was started there last."""


class _Handed(CampusHandler):
    """Takes one request as the server does, and keeps the answer instead of sending it."""

    answer: Answer

    def __init__(self, campus: Campus, request: PreparedRequest) -> None:
        address = urlsplit(request.url or "")
        self.server = type("Server", (), {"campus": campus})()  # type: ignore[assignment] # all that is asked of it
        self.path, self.command = f"{address.path}?{address.query}", request.method or ""
        self.headers = HTTPMessage()
        self.headers["Host"] = address.netloc
        self.headers["Content-Type"] = request.headers.get("Content-Type", "")
        body = request.body or b""
        self._serve(body if isinstance(body, bytes) else body.encode())

    def _send(self, answer: Answer) -> None:
        self.answer = answer

    def received(self) -> HTTPResponse:
        """Return the answer as it comes off a wire."""
        headers = {"Date": self.date_time_string(), "Content-Type": self.answer.content_type} | self.answer.headers
        body = BytesIO(self.answer.body)
        return HTTPResponse(body, headers, self.answer.status, preload_content=False, decode_content=False)


def _reached(adapter: HTTPAdapter, request: PreparedRequest) -> Campus | None:
    """Return the campus that a request of the client goes to, None if only a wire can do what is to happen there."""
    address = urlsplit(request.url or "")
    campus = _started.get(address.netloc) if isinstance(adapter, Adapter) else None
    if campus is None or campus._server is None or campus.latency or campus.faults.described():
        return None
    if campus.before_write or campus.after_write:  # what they raise is to break a connection
        return None
    return campus if address.path.endswith(REST_PATH) and address.scheme == "http" else None


def _send(adapter: HTTPAdapter, request: PreparedRequest, *arguments: Any, **options: Any) -> Response:
    campus = _reached(adapter, request)
    if campus is None:
        return _OVER_THE_WIRE(adapter, request, *arguments, **options)
    return adapter.build_response(request, _Handed(campus, request).received())


def _start(campus: Campus) -> Campus:
    _START(campus)
    _started[urlsplit(campus.url).netloc] = campus
    return campus


@contextmanager
def handing_over() -> Iterator[None]:
    """Hand requests over until the block ends."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Campus, "start", _start)
        patch.setattr(HTTPAdapter, "send", _send)
        yield
