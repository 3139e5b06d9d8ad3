"""Writes that are kept until the database takes all of them at once.

On SQLite whoever writes keeps everybody else from writing. What takes long to make out is therefore made out first, and
written then: a person's action waits for the writing alone, and a reading is still recorded whole or not at all.
"""

import pickle
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

from sqlalchemy import Connection, Dialect
from sqlalchemy.exc import OperationalError

from latsar_sync.store.writes_beside import WritesBeside


class KeptWrites:
    """Takes the statements of ``store.bulk`` in place of a connection, into a file that no folder names.

    The file stands on the disk of the database and is gone with the process, however that ends.
    """

    def __init__(self, dialect: Dialect, file: IO[bytes]) -> None:
        self.dialect = dialect
        self._file = file

    @classmethod
    @contextmanager
    def beside(cls, dialect: Dialect, database: Path | None) -> Iterator["KeptWrites"]:
        """Open the file beside a database file, or where such files usually stand."""
        with TemporaryFile(dir=database.parent if database else None) as file:
            yield cls(dialect, file)

    def exec_driver_sql(self, statement: str, values: Any = None) -> None:
        """Keep a statement with the values of its rows. Raise OperationalError on a full disk, as a database does."""
        try:
            pickle.dump((statement, values), self._file, pickle.HIGHEST_PROTOCOL)
        except OSError as error:
            raise OperationalError(statement, None, error) from error

    def write_to(self, connection: Connection) -> None:
        """Write everything that was kept, in the order in which it came."""
        end = self._file.tell()
        self._file.seek(0)
        while self._file.tell() < end:
            connection.exec_driver_sql(*pickle.load(self._file))  # noqa: S301  our own bytes, of this very process


@dataclass(frozen=True, slots=True)
class Recording:
    """What a long record is written to: ``rows`` takes rows as they are made out; ``at_once`` opens the transaction
    that has them all. Where it is never opened, nothing was written.
    """

    rows: KeptWrites | WritesBeside
    at_once: Callable[[], AbstractContextManager[Connection]]
