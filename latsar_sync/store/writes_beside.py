"""Writes that a server carries out while what comes next is made out.

A server takes half of its time for what it needs nothing more of us for: foreign keys, indexes, rows to be changed.
"""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Dialect

UNDER_WAY = 8
"""So many statements wait at most: their rows are held until then."""


class WritesBeside:
    """Takes the statements of ``store.bulk`` in place of the connection to a server.

    A thread hands them over in their order and waits for the answers. It does nothing else: two that make out rows take
    Python's lock from each other. The error of one that failed is raised by a later one, or by ``settled``.
    """

    def __init__(self, connection: Connection, beside: ThreadPoolExecutor) -> None:
        self.connection = connection
        self._beside = beside
        self._under_way = deque[Future[Any]]()

    @classmethod
    @contextmanager
    def on(cls, connection: Connection) -> Iterator["WritesBeside"]:
        """Write to a connection, which is used for nothing else meanwhile; with the end of the block all is written."""
        with ThreadPoolExecutor(1, "writes") as beside:
            writes = cls(connection, beside)
            try:
                yield writes
                writes.settled()
            finally:
                wait(writes._under_way)

    @property
    def dialect(self) -> Dialect:
        """What the statements are written for."""
        return self.connection.dialect

    def exec_driver_sql(self, statement: str, values: Any = None) -> None:
        """Let the server carry out a statement."""
        self.leave(lambda: self.connection.exec_driver_sql(statement, values))

    def leave(self, waiting: Callable[[], Any]) -> None:
        """Leave it to the thread to wait for what ``waiting`` returns, behind what is under way."""
        while len(self._under_way) >= UNDER_WAY:
            self._under_way.popleft().result()
        self._under_way.append(self._beside.submit(waiting))

    def settled(self) -> Connection:
        """Return the connection once nothing is under way. Raise SQLAlchemy's error of what failed."""
        while self._under_way:
            self._under_way.popleft().result()
        return self.connection


@contextmanager
def beside(connection: Connection) -> Iterator[Connection | WritesBeside]:
    """Give what rows are written to while they are made out; SQLite is no server, and writes them by itself."""
    if connection.dialect.name == "sqlite":
        yield connection
        return
    with WritesBeside.on(connection) as writes:
        yield writes
