"""Bringing the tables of a database up to date, by Alembic, where no other and no newer program stands in the way."""

from __future__ import annotations

import re
import time
from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import DatabaseError

from latsar_sync.domain.errors import ConfigurationError, NotReady
from latsar_sync.domain.language import _
from latsar_sync.store.database_errors import first_line, is_full, is_in_use, remedy_of_damage
from latsar_sync.store.engines import LOCK_TIMEOUT_SECONDS

if TYPE_CHECKING:
    from latsar_sync.store.database import Database

MIGRATIONS = Path(__file__).parent / "migrations"
UPGRADE_AGAIN_SECONDS = 1.0
UPGRADE_WITHIN_SECONDS = 20.0
"""So long it is tried, with pauses in which the others go on, before a person is told who is in the way."""
UPGRADE_LOCK = 725_272_631  # any number, the same in every process: PostgreSQL's advisory locks are numbered


def upgrade(database: Database, of_a_copy: bool = False) -> tuple[str | None, str]:
    """Bring the schema up to date and return the revision before and after; nothing happens if it is.

    Where others use the tables it is tried again, which is told; so it is while a daemon or a run of an older
    version is at work, but in a copy, in which those of the original stand. Raise NotReady if they do so for too
    long or the disk is full, ConfigurationError if the database cannot be opened, was made by a newer version of
    the program, or is not there though it must be.
    """
    enough, told = time.monotonic() + UPGRADE_WITHIN_SECONDS, False
    while True:
        try:
            return _upgrade(database, of_a_copy)
        except _InUse as waiting:
            if time.monotonic() >= enough:
                raise NotReady(
                    _("The tables of {name} must be brought up to date, and others use them ({error}).").format(
                        name=database.name, error=waiting
                    ),
                    _(
                        "Nothing was changed. End what reads or writes there (psql, a backup, an older "
                        "latsar-sync), then run latsar-sync db upgrade."
                    ),
                ) from None
            if not told:
                database.tell(_("The tables must be brought up to date, and others use them; trying again."))
            told = True
            Event().wait(UPGRADE_AGAIN_SECONDS)


def is_outgrown(database: Database) -> bool:
    """Say whether another version of the program has changed the tables since this one brought them up to date."""
    with database.reading() as connection:
        return _revision(connection) != _revisions()[-1]


def _upgrade(database: Database, of_a_copy: bool) -> tuple[str | None, str]:
    revisions = _revisions()
    head = revisions[-1]
    try:
        with database.reading() as connection:
            before = _revision(connection)
        if before == head:
            return head, head
        if before is None and not database.makes:
            raise database.missing()
        with database.writing() as connection:
            if database.engine.dialect.name == "postgresql":
                connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT_SECONDS}s'"))
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": UPGRADE_LOCK})
            before = _revision(connection)
            if before != head:
                _refuse_few_letters(database, connection, before)
                _refuse_anothers(database, connection, before)
                _refuse_newer(database, revisions, before)
                if before is not None and not of_a_copy:
                    _refuse_beside_others(connection)
                _migrate(connection)
    except DatabaseError as error:
        if is_in_use(error):
            raise _InUse(first_line(error)) from None
        if is_full(error) or database.is_without_space():
            raise NotReady(
                _("The disk of the database {name} is full.").format(name=database.name),
                _("Nothing was changed. Free at least half of the database's size, then do it again."),
            ) from None
        raise ConfigurationError(
            _("The database {name} cannot be opened ({error}).").format(name=database.name, error=first_line(error)),
            remedy_of_damage(error) or database.remedy_of_opening(),
        ) from None
    return before, head


def _refuse_few_letters(database: Database, connection: Connection, revision: str | None) -> None:
    """Raise ConfigurationError where tables would be made that cannot hold every name."""
    encoding = "UTF8" if database.one_writer or revision else connection.scalar(text("SHOW server_encoding"))
    if encoding != "UTF8":
        raise ConfigurationError(
            _("The database {name} keeps its texts in {encoding}, which has not every letter of a name.").format(
                name=database.name, encoding=encoding
            ),
            _("Make it anew with: CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0"),
        )


def _refuse_anothers(database: Database, connection: Connection, revision: str | None) -> None:
    """Raise ConfigurationError in a database of another program: a file with other tables, or its own revision."""
    is_another = revision is None and database.one_writer and inspect(connection).get_table_names()
    if is_another or (revision is not None and not re.fullmatch("[0-9]{4}", revision)):
        raise ConfigurationError(
            _("The database {name} is another program's.").format(name=database.name),
            _("Nothing was changed. Correct database_url: latsar-sync wants a database of its own."),
        )


def _refuse_newer(database: Database, revisions: Collection[str], revision: str | None) -> None:
    if revision is not None and revision not in revisions:
        raise ConfigurationError(
            _("The database {name} was made by a newer version of latsar-sync (revision {revision}).").format(
                name=database.name, revision=revision
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
