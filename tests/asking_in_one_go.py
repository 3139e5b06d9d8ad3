"""Requests of the test client that go to the application and come back at one stroke.

Starlette's own way makes a loop and a thread for each request and changes between the threads ten times, which costs
more than most pages. Here all requests of a process share one loop, and each goes over to its thread once.
"""

from collections.abc import Hashable, Iterator, MutableMapping
from contextlib import ExitStack, contextmanager
from typing import Any
from urllib.parse import unquote

import anyio
import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from fastapi.routing import _IncludedRouter as Included
from httpx2 import ByteStream, Request, Response
from starlette.testclient import _TestClientTransport as Transport

Message = MutableMapping[str, Any]
OF_ONE_APPLICATION = ("included_router", "dependency_overrides_provider")
"""What of the way in which a router was included is another thing in each application, and changes no answer."""


async def _answered(asked: Transport, scope: dict[str, Any], body: bytes) -> tuple[int, list[Any], bytes]:
    """Let the application answer; return status, headers and body."""
    told: list[Message] = [{"type": "http.request", "body": body}]
    start: Message = {}
    parts: list[bytes] = []
    done = anyio.Event()

    async def receive() -> Message:
        if told:
            return told.pop()
        await done.wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            start.update(message)
        elif message["type"] == "http.response.body":
            assert start, "a body before its headers"
            assert not done.is_set(), "a body behind its end"
            parts.append(bytes(message.get("body", b"")))
            if not message.get("more_body", False):
                done.set()

    try:
        await asked.app(scope, receive, send)
    except Exception:
        if asked.raise_server_exceptions:
            raise
    assert start or not asked.raise_server_exceptions, "the application did not answer"
    headers = [(name.decode(), value.decode()) for name, value in start.get("headers", [])]
    return start.get("status", 500), headers, b"" if scope["method"] == "HEAD" else b"".join(parts)


def _scope(asked: Transport, request: Request) -> dict[str, Any]:
    scheme = request.url.scheme
    return {
        "type": "http",
        "http_version": "1.1",
        "method": request.method,
        "path": unquote(request.url.path),
        "raw_path": request.url.raw_path.split(b"?", 1)[0],
        "root_path": asked.root_path,
        "scheme": scheme,
        "query_string": request.url.query,
        "headers": [(name.lower().encode(), value.encode()) for name, value in request.headers.multi_items()],
        "client": asked.client,
        "server": [request.url.raw_host.decode("ascii"), request.url.port or {"http": 80, "https": 443}[scheme]],
        "extensions": {},
        "state": asked.app_state.copy(),
    }


@contextmanager
def in_one_go() -> Iterator[None]:
    """Let test clients ask so until the block ends."""
    with ExitStack() as opened, pytest.MonkeyPatch.context() as patch:
        portals: list[BlockingPortal] = []

        def handle(asked: Transport, request: Request) -> Response:
            if not portals:  # not before the first request: a process parts without threads (side_by_side.py)
                portals.append(opened.enter_context(start_blocking_portal()))
            status, headers, body = portals[0].call(_answered, asked, _scope(asked, request), request.read())
            return Response(status, headers=headers, stream=ByteStream(body), request=request)

        patch.setattr(Transport, "handle_request", handle)
        yield


MADE_READY = Included.effective_candidates


@contextmanager
def routes_made_ready_once() -> Iterator[None]:
    """Let applications share what FastAPI makes of the routes of a file when the first of them is asked for.

    It is the same in each application: no test has dependencies overridden.
    """
    ready: dict[Hashable, tuple[object, Any]] = {}

    def candidates(included: Included) -> Any:
        router = included.original_router
        version = router._get_routes_version()
        if included._effective_candidates_version != version:
            context = vars(included.include_context).items()
            told = [repr(getattr(value, "value", value)) for name, value in context if name not in OF_ONE_APPLICATION]
            key = (id(router), version, *told)
            if key not in ready:
                ready[key] = router, MADE_READY(included)  # the router is kept, and so its id its own
            included._effective_candidates = ready[key][1]
            included._effective_candidates_version = version
        return included._effective_candidates

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Included, "effective_candidates", candidates)
        yield
