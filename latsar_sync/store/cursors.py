"""How far the MOOC course of each programme was read by the last good run, by the site's own clock."""

from sqlalchemy import Connection, delete, insert, select

from latsar_sync.records import Cursor
from latsar_sync.store.tables import cursors


def load_cursor(connection: Connection, programme: str) -> Cursor | None:
    """Return how far the last good run had read; None if the next one must ask everybody."""
    row = connection.execute(select(cursors).where(cursors.c.programme == programme)).first()
    return None if row is None else Cursor(row.course_id, row.cmid, row.quiz_id, row.site_time, row.full_at)


def save_cursor(connection: Connection, programme: str, cursor: Cursor | None) -> None:
    """Make ``cursor`` the one from which the next run looks; None removes it."""
    connection.execute(delete(cursors).where(cursors.c.programme == programme))
    if cursor is not None:
        connection.execute(
            insert(cursors).values(
                programme=programme,
                course_id=cursor.course_id,
                cmid=cursor.cmid,
                quiz_id=cursor.quiz_id,
                site_time=cursor.site_time,
                full_at=cursor.full_at,
            )
        )
