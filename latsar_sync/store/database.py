"""The database: SQLite or PostgreSQL, short transactions, and a schema that the program brings up to date itself."""

import os
import re
import shutil
import sqlite3
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from urllib.parse import quote

from sqlalchemy import URL, Connection, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, DatabaseError
from sqlalchemy.exc import NoSuchModuleError as NoSuchDriver

from latsar_sync.domain.errors import ConfigurationError, DatabaseMoved, NoDatabase, NotReady
from latsar_sync.domain.language import _
from latsar_sync.domain.system_errors import reason_of
from latsar_sync.store.database_errors import first_line, is_full, is_in_use, remedy_of_damage, says_only_reading
from latsar_sync.store.engines import begin_writing, make_engine

MIGRATIONS = Path(__file__).parent / "migrations"
LOCK_TIMEOUT_SECONDS = 1
"""So long an upgrade waits for a table on PostgreSQL: whoever comes after it waits behind it."""
UPGRADE_AGAIN_SECONDS = 1.0
UPGRADE_WITHIN_SECONDS = 20.0
"""So long it is tried, with pauses in which the others go on, before a person is told who is in the way."""
LEAST_SPACE = 65_536
"""Bytes beside a SQLite file without which it cannot even be opened."""
UPGRADE_LOCK = 725_272_631  # any number, the same in every process: PostgreSQL's advisory locks are numbered


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
        self._tell = tell
        self._make = make
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

    def upgrade(self, of_a_copy: bool = False) -> tuple[str | None, str]:
        """Bring the schema up to date and return the revision before and after; nothing happens if it is.

        Where others use the tables it is tried again, which is told; so it is while a daemon or a run of an older
        version is at work, but in a copy, in which those of the original stand. Raise NotReady if they do so for too
        long or the disk is full, ConfigurationError if the database cannot be opened, was made by a newer version of
        the program, or is not there though it must be.
        """
        enough, told = time.monotonic() + UPGRADE_WITHIN_SECONDS, False
        while True:
            try:
                return self._upgrade(of_a_copy)
            except _InUse as waiting:
                if time.monotonic() >= enough:
                    raise NotReady(
                        _("The tables of {name} must be brought up to date, and others use them ({error}).").format(
                            name=self.name, error=waiting
                        ),
                        _(
                            "Nothing was changed. End what reads or writes there (psql, a backup, an older "
                            "latsar-sync), then run latsar-sync db upgrade."
                        ),
                    ) from None
                if not told:
                    self._tell(_("The tables must be brought up to date, and others use them; trying again."))
                told = True
                Event().wait(UPGRADE_AGAIN_SECONDS)

    def is_outgrown(self) -> bool:
        """Say whether another version of the program has changed the tables since this one brought them up to date."""
        with self.reading() as connection:
            return _revision(connection) != _revisions()[-1]

    def _upgrade(self, of_a_copy: bool) -> tuple[str | None, str]:
        revisions = _revisions()
        head = revisions[-1]
        try:
            with self.reading() as connection:
                before = _revision(connection)
            if before == head:
                return head, head
            if before is None and not self._make:
                raise self._missing()
            with self.writing() as connection:
                if self.engine.dialect.name == "postgresql":
                    connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT_SECONDS}s'"))
                    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": UPGRADE_LOCK})
                before = _revision(connection)
                if before != head:
                    self._refuse_few_letters(connection, before)
                    self._refuse_anothers(connection, before)
                    self._refuse_newer(revisions, before)
                    if before is not None and not of_a_copy:
                        _refuse_beside_others(connection)
                    _migrate(connection)
        except DatabaseError as error:
            if is_in_use(error):
                raise _InUse(first_line(error)) from None
            if is_full(error) or self._is_without_space():
                raise NotReady(
                    _("The disk of the database {name} is full.").format(name=self.name),
                    _("Nothing was changed. Free at least half of the database's size, then do it again."),
                ) from None
            raise ConfigurationError(
                _("The database {name} cannot be opened ({error}).").format(name=self.name, error=first_line(error)),
                remedy_of_damage(error) or self._remedy_of_opening(),
            ) from None
        return before, head

    def _is_without_space(self) -> bool:
        """Say whether what SQLite lays beside its file no longer fits there; it calls that an I/O error."""
        if self.file is None:
            return False
        with suppress(OSError):
            return shutil.disk_usage(self.file.parent).free < LEAST_SPACE
        return False

    def _remedy_of_opening(self) -> str:
        if self.engine.dialect.name == "sqlite":
            return _("Check the address, and the rights on the file and its folder: this account must write in both.")
        return _("Check the address, that the server runs, and what this account may do in that database.")

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
        try:
            with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.exec_driver_sql(f"SET lock_timeout = '{LOCK_TIMEOUT_SECONDS}s'")
                try:
                    for table in sorted(tables):
                        connection.exec_driver_sql(f'VACUUM (FULL) "{table}"')
                finally:
                    connection.exec_driver_sql("RESET lock_timeout")
        except DatabaseError as error:
            return self._not_written_anew(error)
        return None

    def _not_written_anew(self, error: DatabaseError | None) -> NotReady:
        """Return why the database was not written anew; without an error somebody reads an older state."""
        if error is None or is_in_use(error):
            reason = _("it is in use by somebody who reads an older state")
            remedy = _("Stop the service and whatever else has it open, then run the command again.")
        elif is_full(error) or self._is_without_space():
            reason = _("the disk is full")
            remedy = _("Free as much as the database takes, then run the command again.")
        elif says_only_reading(error):
            reason = _("it can only be read here")
            remedy = _("Run the command where this account may write, and the disk may be written to.")
        else:
            reason, remedy = first_line(error), self._remedy_of_opening()
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
            if not self._make:
                if not os.path.isfile(path):
                    raise self._missing()
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

    def _missing(self) -> NoDatabase:
        return NoDatabase(
            _("There is no database of latsar-sync at {name}.").format(name=self.name),
            _(
                "Was there one before? Then correct database_url (a relative path starts from the configuration file), "
                "or mount its folder. If this is the beginning, run latsar-sync db upgrade or sync."
            ),
        )

    def _refuse_few_letters(self, connection: Connection, revision: str | None) -> None:
        """Raise ConfigurationError where tables would be made that cannot hold every name."""
        encoding = "UTF8" if self.one_writer or revision else connection.scalar(text("SHOW server_encoding"))
        if encoding != "UTF8":
            raise ConfigurationError(
                _("The database {name} keeps its texts in {encoding}, which has not every letter of a name.").format(
                    name=self.name, encoding=encoding
                ),
                _("Make it anew with: CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0"),
            )

    def _refuse_anothers(self, connection: Connection, revision: str | None) -> None:
        """Raise ConfigurationError in a database of another program: a file with other tables, or its own revision."""
        is_another = revision is None and self.one_writer and inspect(connection).get_table_names()
        if is_another or (revision is not None and not re.fullmatch("[0-9]{4}", revision)):
            raise ConfigurationError(
                _("The database {name} is another program's.").format(name=self.name),
                _("Nothing was changed. Correct database_url: latsar-sync wants a database of its own."),
            )

    def _refuse_newer(self, revisions: Collection[str], revision: str | None) -> None:
        if revision is not None and revision not in revisions:
            raise ConfigurationError(
                _("The database {name} was made by a newer version of latsar-sync (revision {revision}).").format(
                    name=self.name, revision=revision
                ),
                _("Install that version again, or restore the backup made before the upgrade."),
            )


class _InUse(Exception):
    """Somebody else uses what an upgrade must change; the text says who, or what the database said."""


def _revisions() -> list[str]:
    return sorted(path.name[:4] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))


def _refuse_beside_others(connection: Connection) -> None:
    """Let no daemon or run of an older version go on with tables that it does not know."""
    from latsar_sync.store.living_daemons import at_work  # which opens databases itself

    others = sorted({each.named for each in at_work(connection, datetime.now(UTC))})
    if others:
        raise _InUse(_("an older latsar-sync is at work: {others}").format(others="; ".join(others)))


def _revision(connection: Connection) -> str | None:
    """Return the revision that the tables have, None where there are none yet."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()


def _migrate(connection: Connection) -> None:
    # Alembic takes a sixth of a second to load, which the commands on an up-to-date database need not wait for
    from alembic import command
    from alembic.config import Config

    configuration = Config()
    configuration.set_main_option("script_location", str(MIGRATIONS))
    configuration.attributes["connection"] = connection
    command.upgrade(configuration, "head")
