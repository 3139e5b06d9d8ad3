"""How far the MOOC course of each programme was read by the last good run, by the site's own clock."""

from sqlalchemy import Connection, delete, insert, select

from latsar_sync.domain.records import Checkpoint
from latsar_sync.store.tables import checkpoints


def load_checkpoint(connection: Connection, programme: str) -> Checkpoint | None:
    """Return how far the last good run had read; None if the next one must ask everybody."""
    row = connection.execute(select(checkpoints).where(checkpoints.c.programme == programme)).first()
    return None if row is None else Checkpoint(*row[1:])


def save_checkpoint(connection: Connection, programme: str, checkpoint: Checkpoint | None) -> None:
    """Make ``checkpoint`` the one from which the next run looks; None removes it."""
    connection.execute(delete(checkpoints).where(checkpoints.c.programme == programme))
    if checkpoint is not None:
        connection.execute(
            insert(checkpoints).values(
                programme=programme,
                course_id=checkpoint.course_id,
                cmid=checkpoint.cmid,
                quiz_id=checkpoint.quiz_id,
                site_time=checkpoint.site_time,
                full_at=checkpoint.full_at,
                night_at=checkpoint.night_at,
            )
        )
