"""By which clock signs of life are written down: on PostgreSQL the database's, since hosts may differ (rule 9)."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, func, select

TOLERATED = timedelta(seconds=5)
"""By so much clocks differ that are right, and an answer is late."""
AT_ONE = timedelta(0)


def host_now() -> datetime:
    """Return the time by this host's clock."""
    return datetime.now(UTC)


def ahead(connection: Connection) -> timedelta:
    """Return by how much the clock by which signs of life are written down is ahead of this host's.

    What is written is the host's time and this; what is read is put back by it, and compared with the host's time. A
    file of SQLite is on the host that works on it.
    """
    if connection.dialect.name != "postgresql":
        return AT_ONE
    differs: timedelta = connection.execute(select(func.clock_timestamp())).scalar_one() - host_now()
    return differs if abs(differs) > TOLERATED else AT_ONE
