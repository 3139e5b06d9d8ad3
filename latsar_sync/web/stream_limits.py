"""How many live streams are open: few in one session, and not too many in one process."""

from collections import Counter
from collections.abc import AsyncIterator
from threading import Lock

from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

MOST_A_SESSION = 3
MOST_A_PROCESS = 100


class Streams:
    """Counts the live streams of this process. Safe between threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._open = Counter[str]()

    def take(self, session: str) -> bool:
        """Count one more stream of a session; False if it has enough of them, or the process has."""
        with self._lock:
            if self._open[session] >= MOST_A_SESSION or self._open.total() >= MOST_A_PROCESS:
                return False
            self._open[session] += 1
            return True

    def give_back(self, session: str) -> None:
        """Count one stream of a session less."""
        with self._lock:
            self._open[session] -= 1
            if not self._open[session]:
                del self._open[session]


class CountedStream(StreamingResponse):
    """A live stream that was taken, and is given back when it ends, however that comes about."""

    def __init__(self, streams: Streams, session: str, events: AsyncIterator[str]) -> None:
        super().__init__(events, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})
        self._streams, self._session = streams, session

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._streams.give_back(self._session)
