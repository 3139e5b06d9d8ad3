"""The database file itself: is it whole?"""

from collections.abc import Iterator

from sqlalchemy import Connection, text
from sqlalchemy.exc import DatabaseError

from latsar_sync.domain.language import _
from latsar_sync.store.check.contradiction import RUN_FULL, Contradiction


def damage(connection: Connection) -> Iterator[Contradiction]:
    """SQLite finds its file whole."""
    if connection.dialect.name != "sqlite":
        return
    try:
        lines = list(connection.execute(text("PRAGMA integrity_check")).scalars())
    except DatabaseError as error:
        lines = [str(error.orig)]
    for line in lines:
        if line != "ok":
            said = _("SQLite finds its file damaged: {said}.").format(said=" ".join(line.split()))
            yield Contradiction("file_damaged", said, _("Stop the service and restore the last backup."))


def rows_point_somewhere(connection: Connection) -> Iterator[Contradiction]:
    """No row points to one that is not there."""
    if connection.dialect.name != "sqlite":
        return  # PostgreSQL lets nobody delete what others point to
    for row in connection.execute(text("PRAGMA foreign_key_check")):
        yield Contradiction(
            "row_points_nowhere",
            _("A row of {table} points to a missing row of {other}.").format(table=row[0], other=row[2]),
            _(RUN_FULL),
        )
