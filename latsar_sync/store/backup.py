"""A consistent copy of the whole database in one file, made while the service runs; and the way back.

The copy is a SQLite file whatever the database is, so it can be looked at anywhere and restored into either kind.
"""

import os
import shutil
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import Connection, func, insert, select
from sqlalchemy.exc import DBAPIError

from latsar_sync.domain.actions import Erasure
from latsar_sync.domain.errors import ConfigurationError, NotWritten, UsageError
from latsar_sync.domain.language import _
from latsar_sync.domain.system_errors import reason_of, told_by_database
from latsar_sync.store import database_mark, filled_courses
from latsar_sync.store.database import Database
from latsar_sync.store.erasable_people import FoundPerson
from latsar_sync.store.erasure import repeat
from latsar_sync.store.forgetting import owe_rewriting, rewrite_what_is_owed
from latsar_sync.store.tables import metadata

ROWS_AT_ONCE = 1000
ABANDONED_AFTER = timedelta(days=1)
"""An unfinished copy that nobody wrote to for so long is one whose process was killed; it holds everybody."""
OF_SQLITE = b"SQLite format 3\0"
ONE_FILE = "PRAGMA journal_mode=DELETE"
"""Makes SQLite keep everything in one file, with nothing beside it."""
PASSING = frozenset({"leases", "daemons", "owed_rewriting"})
"""Tables that describe living processes, and files; a restored database has none."""


def back_up(database: Database, file: Path, now: datetime) -> int:
    """Write a copy of everything to ``file`` and return its size in bytes.

    The copy shows one moment of the database, and says of itself that it is a copy, however it is put back.
    Raise UsageError if the file exists or lies where none can be made, NotWritten if it cannot be written to its end.
    """
    if os.path.exists(file):
        raise UsageError(
            _("{file} exists already.").format(file=file), _("Choose another name; a backup never overwrites one.")
        )
    unfinished = file.with_name(f".{file.name}.unfinished")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        _remove_what_was_abandoned(file.parent, now)
        unfinished.unlink(missing_ok=True)
        unfinished.touch(mode=0o600, exist_ok=False)  # in a folder of many it could be somebody else's by now
    except OSError as error:
        raise UsageError(*_refusal(file, reason_of(error))) from None
    try:
        _copy_to(database, unfinished, now)
        os.replace(unfinished, file)
    except (OSError, sqlite3.Error, DBAPIError, ConfigurationError) as error:
        said = str(getattr(error, "orig", None) or error)
        reason = reason_of(error) if isinstance(error, OSError) else told_by_database(said)
        raise NotWritten(*_refusal(file, reason)) from None
    finally:
        _remove_with_what_is_beside(unfinished)
    return file.stat().st_size


def _remove_what_was_abandoned(folder: Path, now: datetime) -> None:
    """Remove the copies in a folder that a killed process left: under other names, they would lie there for good."""
    for left in folder.glob(".*.unfinished"):
        with suppress(OSError):
            lies_there = now - datetime.fromtimestamp(left.lstat().st_mtime, UTC)
            if left.is_symlink() or lies_there < ABANDONED_AFTER:
                continue
            with left.open("rb") as copy:
                is_ours = copy.read(len(OF_SQLITE)) in (OF_SQLITE, b"")
            if is_ours:
                _remove_with_what_is_beside(left)


def _remove_with_what_is_beside(copy: Path) -> None:
    for beside in ("-wal", "-shm", "-journal", ""):
        with suppress(OSError):
            copy.with_name(copy.name + beside).unlink(missing_ok=True)


def _refusal(file: Path, reason: str) -> tuple[str, str]:
    return (
        _("The backup {file} cannot be written: {reason}.").format(file=file, reason=reason),
        _("Check the folder and its space."),
    )


def restore(
    database: Database,
    file: Path,
    now: datetime,
    erased: Sequence[Erasure] = (),
    before: Callable[[Connection, Sequence[FoundPerson]], None] = lambda connection, people: None,
) -> tuple[int, datetime]:
    """Fill an empty database from a backup; return the number of rows and up to when it knows what happened.

    That it is a copy is written into it, so that the next runs are held until a person has looked (rule 22).

    ``erased`` is a register that is younger than the backup: what it says is done again in the same transaction, so
    that nobody who was erased since comes back; ``before`` is done before people are erased.
    Raise UsageError if the file is no backup of this version, or if the database holds anything already.
    """
    if not os.path.isfile(file) or not os.access(file, os.R_OK):
        raise UsageError(
            _("There is no backup {file} that this account may read.").format(file=file),
            _("Give the file that db backup wrote."),
        )
    with TemporaryDirectory() as folder:
        # an old backup is brought up to date in a copy; the file itself stays as it was written
        copy = Path(folder) / "copy.db"
        shutil.copyfile(file, copy)
        _require_whole(copy, file)
        source = Database.of_file(copy)
        try:
            source.upgrade(of_a_copy=True)
            database.upgrade()
            with source.reading() as old, database.writing() as new:
                _require_empty(database, new)
                rows = copy_rows(old, new)
                _continue_the_numbering(new)
                if repeat(new, erased, before):
                    owe_rewriting(new, metadata.tables)
                as_of = _known_up_to(new, now)
                database_mark.note_copy(new, as_of, now)
        finally:
            source.close()
    rewrite_what_is_owed(database)
    return rows, as_of


def _known_up_to(connection: Connection, now: datetime) -> datetime:
    """Return when the copy was made; one of an older version does not say, but when its last row was written."""
    copied, noted = filled_courses.newest_restoration(connection), filled_courses.last_noted(connection)
    return max(copied.as_of if copied else datetime.min.replace(tzinfo=UTC), min(noted or now, now))


def _require_whole(copy: Path, file: Path) -> None:
    """Refuse what is no database of this program, and one that is damaged or lacks rows that others point to."""
    try:
        with closing(sqlite3.connect(copy)) as connection:
            ours = connection.execute("SELECT version_num FROM alembic_version").fetchone() is not None
            sound = connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            whole = ours and sound and connection.execute("PRAGMA foreign_key_check").fetchone() is None
    except sqlite3.Error:
        whole = False
    if not whole:
        raise UsageError(_("{file} is no whole backup of this program.").format(file=file), _("Take another one."))


def _require_empty(database: Database, connection: Connection) -> None:
    for table in metadata.sorted_tables:
        if connection.execute(select(table).limit(1)).first() is not None:
            raise UsageError(
                _("The database {name} is not empty.").format(name=database.name),
                _("Restore into a new one: set database_url to it."),
            )


def copy_rows(old: Connection, new: Connection) -> int:
    """Copy every row of every lasting table, in an order in which nothing points to what is not there yet."""
    total = 0
    for table in metadata.sorted_tables:
        if table.name in PASSING:
            continue
        result = old.execution_options(yield_per=ROWS_AT_ONCE).execute(select(table))
        for part in result.mappings().partitions(ROWS_AT_ONCE):
            new.execute(insert(table), [dict(row) for row in part])
            total += len(part)
    return total


def _copy_to(database: Database, file: Path, now: datetime) -> None:
    copy = Database.of_file(file)
    try:
        if database.engine.dialect.name == "sqlite":
            _copy_pages(database, file)
        else:
            copy.upgrade()
            one_moment = database.engine.execution_options(isolation_level="REPEATABLE READ")
            with one_moment.connect() as old, copy.writing() as new:
                copy_rows(old, new)
        with copy.writing() as new:
            database_mark.note_copy(new, now, now)
    finally:
        copy.close()
    with closing(sqlite3.connect(file)) as written:
        written.execute(ONE_FILE)


def _copy_pages(database: Database, file: Path) -> None:
    """Let SQLite itself copy a database that others are writing to."""
    with closing(database.engine.raw_connection()) as source, closing(sqlite3.connect(file)) as target:
        source.driver_connection.backup(target)  # type: ignore[union-attr]  # it is one of sqlite3
        target.execute(ONE_FILE)


def _continue_the_numbering(connection: Connection) -> None:
    """Let PostgreSQL's counters go on after the highest number that was restored."""
    if connection.dialect.name != "postgresql":
        return
    for table in metadata.sorted_tables:
        if table.autoincrement_column is None:
            continue
        following = select(func.coalesce(func.max(table.c.id), 0) + 1).scalar_subquery()
        sequence = func.pg_get_serial_sequence(table.name, "id")
        connection.execute(select(func.setval(sequence, following, False)))
