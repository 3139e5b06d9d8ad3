"""What an error of SQLite or PostgreSQL means: disk full, file broken, in use, or open for reading alone."""

from sqlalchemy.exc import DatabaseError, SQLAlchemyError

from latsar_sync.domain.language import _
from latsar_sync.domain.system_errors import told_by_database

DAMAGED = ("malformed", "file is not a database", "already exists")
"""What SQLite, or a migration, says of a file that is broken or somebody else's."""
FULL = "disk is full"  # SQLite's words
FULL_IN_POSTGRESQL = "53100"  # its code disk_full
NOT_FREE = frozenset({"55P03", "40P01"})  # PostgreSQL's lock_not_available and deadlock_detected


def is_full(error: SQLAlchemyError) -> bool:
    """Say whether the disk of the database is full."""
    said = getattr(error, "orig", None)
    return FULL in str(said) or getattr(said, "sqlstate", None) == FULL_IN_POSTGRESQL


def remedy_of_damage(error: SQLAlchemyError) -> str | None:
    """Return what to do where the file itself is broken; None for any other error."""
    if not any(words in str(getattr(error, "orig", "")) for words in DAMAGED):
        return None
    return _(
        "The file is damaged, or is another program's. Put it aside with its -wal and -shm, and restore the newest "
        "backup: latsar-sync db restore FILE (docs/deploy.md)."
    )


def says_only_reading(error: DatabaseError) -> bool:
    """Say whether a database refused because it is opened, or may be used, for reading alone."""
    denied = getattr(error.orig, "sqlstate", None) in ("25006", "42501")  # read-only transaction, no right
    return denied or "readonly" in str(error.orig)


def is_in_use(error: DatabaseError) -> bool:
    """Say whether somebody else has what is asked for: a lock was not to be had in time."""
    return getattr(error.orig, "sqlstate", None) in NOT_FREE or "locked" in str(error.orig)


def first_line(error: DatabaseError) -> str:
    """Return in a line what the database said."""
    return told_by_database(str(error.orig)) if error.orig else type(error).__name__
