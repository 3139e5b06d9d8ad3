"""How connections are made: real transactions on SQLite; on PostgreSQL whoever vanished is waited for a minute."""

import sqlite3
from typing import Any

from sqlalchemy import URL, Connection, Engine, RootTransaction, create_engine, event
from sqlalchemy.exc import DatabaseError

LOCK_TIMEOUT_SECONDS = 1
"""So long whoever changes a whole table of PostgreSQL waits for it: whoever comes after waits behind."""
BUSY_TIMEOUT_MILLISECONDS = 30_000
CACHE_KILOBYTES = 4_000
"""So much of a SQLite file is held at most: in SQLite's own 2,000 the pages that an import writes to do not all fit."""
GIVEN_UP = "25P03"  # PostgreSQL's idle_in_transaction_session_timeout
WRITES = "writes"
"""What is noted with a connection whose next transaction will write."""
VANISHED_AFTER_SECONDS = 60
"""So long a server waits for the next statement of somebody who writes, and whoever asks for a server's answer."""
PATIENCE_WITH_A_SERVER = {
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": VANISHED_AFTER_SECONDS * 1000,
}
"""Parameters of libpq, unless the address has its own: by itself it waits for hours for a server that is cut off."""

AS_THE_DRIVER_READS = {"client_encoding": "utf8", "prepare_threshold": None}
"""Whatever server, role and environment say. Behind PgBouncer each transaction may have another connection of the
server: what was prepared on one is not there on the next, or is there already.
"""


def make_engine(address: URL) -> Engine:
    """Return the engine of a SQLite file or of a PostgreSQL server; nothing is opened yet.

    Raise ArgumentError, NoSuchModuleError or ValueError for what is no address, ModuleNotFoundError where the driver is
    not installed.
    """
    of_a_file = address.get_backend_name() == "sqlite"
    parameters = {} if of_a_file else PATIENCE_WITH_A_SERVER
    own: dict[str, object] = {name: value for name, value in parameters.items() if name not in address.query}
    own |= {} if of_a_file else AS_THE_DRIVER_READS
    engine = create_engine(address, pool_pre_ping=not of_a_file, hide_parameters=True, connect_args=own)
    if of_a_file:
        _prepare_sqlite(engine)
    else:
        _prepare_postgresql(engine)
    return engine


def begin_writing(connection: Connection) -> RootTransaction:
    """Begin a transaction in which something will be written."""
    connection.info[WRITES] = True
    return connection.begin()


def was_given_up(error: DatabaseError) -> bool:
    """Say whether the server ended a transaction of ours, since nothing had been heard of it for too long."""
    return getattr(error.orig, "sqlstate", None) == GIVEN_UP


def _prepare_sqlite(engine: Engine) -> None:
    """Give SQLite real transactions (its driver would begin them late), WAL, foreign keys and patience."""

    @event.listens_for(engine, "connect")
    def connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MILLISECONDS}")
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if "readonly" not in str(error):  # who may only read the file does, and is told so when writing
                raise
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute(f"PRAGMA cache_size=-{CACHE_KILOBYTES}")
        cursor.execute("PRAGMA secure_delete=ON")  # what is deleted or changed is written over, not left in the file
        cursor.close()

    def begin(connection: Any) -> None:
        # a writer takes its lock at once: two that upgrade from reading to writing would deadlock
        connection.execute("BEGIN IMMEDIATE" if connection.info.pop(WRITES, False) else "BEGIN")

    engine.dialect.do_begin = begin  # type: ignore[assignment,method-assign] # an event would be looked for at every statement


def _prepare_postgresql(engine: Engine) -> None:
    """Let the server give up a transaction whose process or host is gone, or stands still: others wait for its rows.

    It writes moments as the driver can read them, whatever its administrator prefers.
    """

    @event.listens_for(engine, "connect")
    def connect(connection: Any, _record: Any) -> None:
        if not connection.info.parameter_status("DateStyle").startswith("ISO"):
            connection.execute("SET DateStyle TO ISO")
            connection.commit()

    def begin(connection: Any) -> None:
        if connection.info.pop(WRITES, False):
            connection.execute(f"SET LOCAL idle_in_transaction_session_timeout = '{VANISHED_AFTER_SECONDS}s'")

    engine.dialect.do_begin = begin  # type: ignore[assignment,method-assign]
