"""The database: SQLite or PostgreSQL, in short transactions. How its tables are brought up to date: ``upgrading``."""

import os
import re
import shutil
import sqlite3
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL, Connection, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError
from sqlalchemy.exc import NoSuchModuleError as NoSuchDriver

from latsar_sync.domain.errors import ConfigurationError, DatabaseMoved, NoDatabase, NotReady
from latsar_sync.domain.language import _
from latsar_sync.domain.system_errors import reason_of
from latsar_sync.store import upgrading
from latsar_sync.store.database_errors import first_line, is_full, is_in_use, says_only_reading
from latsar_sync.store.engines import LOCK_TIMEOUT_SECONDS, begin_writing, make_engine

LEAST_SPACE = 65_536
"""Bytes beside a SQLite file without which it cannot even be opened."""

REWRITES = 50
REWRITE_AGAIN_SECONDS = 0.2
"""A table of a server keeps what any transaction under way may see, of its other databases too: most end soon."""


def _keeps_what_was_deleted(connection: Connection, table: str) -> bool:
    """Write a table of a server anew; say whether deleted rows stay in it, since somebody sees an older state."""
    kept: list[int] = []
    server: Any = connection.connection.driver_connection

    def hear(said: Any) -> None:
        # the detail begins with the number of them, in whatever language (``copy_table_data`` in PostgreSQL)
        kept.extend(int(number) for number in re.findall(r"\d+", said.message_detail or "")[:1])

    server.add_notice_handler(hear)
    try:
        connection.exec_driver_sql(f'VACUUM (FULL, VERBOSE) "{table}"')
    finally:
        server.remove_notice_handler(hear)
    return any(kept)


class Database:
    """One database by its address (``sqlite:///…`` or ``postgresql+psycopg://…``).

    ``tell`` is told what a person who waits should know. Without ``make`` the database must be there already: whoever
    only looks makes no empty one where the old one was expected. Raise ConfigurationError if the address, its driver or
    the server behind it cannot be used. ``mark`` is the file of ``marks``, beside a SQLite file unless one is given.
    """

    def __init__(
        self,
        address: str,
        tell: Callable[[str], None] = lambda text: None,
        make: bool = True,
        mark: Path | None = None,
    ) -> None:
        self.tell = tell
        self.makes = make
        try:
            self._address = make_url(address)
            self.mark = mark or self._mark_beside()
            self._make_folder()
            self.engine = make_engine(self._address_to_open())
        except (ArgumentError, NoSuchDriver, ValueError) as error:
            raise ConfigurationError(
                _("database_url cannot be used ({name}).").format(name=type(error).__name__),
                _("Write sqlite:///data/latsar.db or postgresql+psycopg://user@host/name."),
            ) from None
        except ModuleNotFoundError:
            raise ConfigurationError(
                _("The driver for PostgreSQL is not installed."), _('Install it: pip install "latsar-sync[postgres]".')
            ) from None
        self._file_opened: tuple[int, int] | None = None

    @classmethod
    def of_file(cls, file: Path) -> "Database":
        """Open the SQLite database in a file, whatever signs of an address its path holds."""
        return cls(URL.create("sqlite", database=str(file)).render_as_string())

    @property
    def name(self) -> str:
        """The address without its password, for messages; that of a file as its folder is called."""
        return f"sqlite:///{self.file}" if self.file else self._address.render_as_string(hide_password=True)

    @property
    def one_writer(self) -> bool:
        """Whether nobody else can write while somebody does."""
        return self.engine.dialect.name == "sqlite"

    @property
    def file(self) -> Path | None:
        """The database's file, None where it is a server's or stands in memory."""
        path = self._address.database if self._address.get_backend_name() == "sqlite" else None
        return Path(path) if path and path != ":memory:" else None

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open a connection for reading only; it sees one state of the database throughout."""
        with self.engine.connect() as connection:
            if not self.one_writer:
                connection.execution_options(isolation_level="REPEATABLE READ")
            self._require_its_file()
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Open a transaction that commits at the end of the block, or leaves no trace if the block raises."""
        with self.engine.connect() as connection, begin_writing(connection):
            self._require_its_file()
            yield connection

    def _require_its_file(self) -> None:
        """Raise DatabaseMoved where the file that is open is not the one at the address any more.

        SQLite goes on with a file that was moved, deleted or replaced: others would not see what is written there.
        """
        file = self.file
        if file is None:
            return
        try:
            found = file.stat()
            there = (found.st_dev, found.st_ino)
        except OSError:
            there = None
        self._file_opened = self._file_opened or there
        if there != self._file_opened:
            raise DatabaseMoved(
                _("The file of the database {name} was moved, deleted or replaced while it was in use.").format(
                    name=self.name
                ),
                _(
                    "Nothing more is recorded or sent. Put the right file there with its -wal and -shm, and start "
                    "again; stop the service before its database is moved or restored."
                ),
            )

    def is_without_space(self) -> bool:
        """Say whether what SQLite lays beside its file no longer fits there; it calls that an I/O error."""
        if self.file is None:
            return False
        with suppress(OSError):
            return shutil.disk_usage(self.file.parent).free < LEAST_SPACE
        return False

    def remedy_of_opening(self) -> str:
        """Return what to do about a database that cannot be opened."""
        if self.engine.dialect.name == "sqlite":
            return _("Check the address, and the rights on the file and its folder: this account must write in both.")
        return _("Check the address, that the server runs, and what this account may do in that database.")

    def upgrade(self, of_a_copy: bool = False) -> tuple[str | None, str]:
        """Bring the schema up to date, as ``upgrading.upgrade`` does."""
        return upgrading.upgrade(self, of_a_copy)

    def is_outgrown(self) -> bool:
        """Say whether another version of the program has changed the tables since this one brought them up to date."""
        return upgrading.is_outgrown(self)

    def forget_deleted(self, tables: Collection[str]) -> NotReady | None:
        """Write the file, or these tables of a server, anew, so that nothing of a deleted row is left in it.

        Return None, or what stands in the way: somebody who reads an old state, the disk. Then it is worth doing again.
        """
        if self.engine.dialect.name == "sqlite":
            with closing(self.engine.raw_connection()) as raw:
                cursor = raw.cursor()
                try:
                    cursor.execute("VACUUM")
                    [busy, *_pages] = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
                except sqlite3.Error as error:
                    return self._not_written_anew(DatabaseError("VACUUM", None, error))
            return self._not_written_anew(None) if busy else None
        left = sorted(tables)
        try:
            with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.exec_driver_sql(f"SET lock_timeout = '{LOCK_TIMEOUT_SECONDS}s'")
                try:
                    for again in range(REWRITES):
                        time.sleep(REWRITE_AGAIN_SECONDS * bool(again))
                        left = [table for table in left if _keeps_what_was_deleted(connection, table)]
                        if not left:
                            break
                finally:
                    connection.exec_driver_sql("RESET lock_timeout")
        except DatabaseError as error:
            return self._not_written_anew(error)
        return self._not_written_anew(None) if left else None

    def _not_written_anew(self, error: DatabaseError | None) -> NotReady:
        """Return why the database was not written anew; without an error somebody reads an older state."""
        if error is None or is_in_use(error):
            reason = _("it is in use by somebody who reads an older state")
            remedy = _("Stop the service and whatever else has it open, then run the command again.")
        elif is_full(error) or self.is_without_space():
            reason = _("the disk is full")
            remedy = _("Free as much as the database takes, then run the command again.")
        elif says_only_reading(error):
            reason = _("it can only be read here")
            remedy = _("Run the command where this account may write, and the disk may be written to.")
        else:
            reason, remedy = first_line(error), self.remedy_of_opening()
        return NotReady(
            _("{database} was not written anew: {reason}.").format(database=self.name, reason=reason), remedy
        )

    def close(self) -> None:
        """Give every connection back."""
        self._file_opened = None
        self.engine.dispose()

    def _address_to_open(self) -> URL:
        """Return the address; of a copy that this account can only look at, one by which SQLite wants to write nothing.

        A file in WAL mode cannot be read otherwise where the files beside it cannot be made. Where they are there,
        somebody writes, and SQLite reads along with them.
        """
        file = self.file
        if file is None or not os.path.isfile(file) or os.access(file, os.W_OK) or os.access(file.parent, os.W_OK):
            return self._address
        if Path(f"{file}-wal").exists():
            return self._address
        return self._address.set(database=f"file:{quote(str(file))}", query={"immutable": "1", "uri": "true"})

    def _mark_beside(self) -> Path | None:
        return Path(f"{self.file}.mark") if self.file else None

    def _make_folder(self) -> None:
        path = self._address.database
        if self._address.get_backend_name() == "sqlite" and path and path != ":memory:":
            if not self.makes:
                if not os.path.isfile(path):
                    raise self.missing()
                return
            try:
                Path(path).parent.mkdir(parents=True, exist_ok=True)
                if not Path(path).exists():
                    Path(path).touch(mode=0o600)  # it holds names and NIPs: nobody else on the host reads it
            except OSError as error:
                raise ConfigurationError(
                    _("The database {path} cannot be made ({strerror}).").format(path=path, strerror=reason_of(error)),
                    _("Choose a folder that this account may write in."),
                ) from None

    def missing(self) -> NoDatabase:
        """Return the error of a database that is not there."""
        return NoDatabase(
            _("There is no database of latsar-sync at {name}.").format(name=self.name),
            _(
                "Was there one before? Then correct database_url (a relative path starts from the configuration file), "
                "or mount its folder. If this is the beginning, run latsar-sync db upgrade or sync."
            ),
        )
