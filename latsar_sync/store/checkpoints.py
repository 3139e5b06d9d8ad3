"""How far the MOOC course of each programme was read by the last good run, by the site's own clock."""

from dataclasses import asdict

from sqlalchemy import Connection, delete, insert, select

from latsar_sync.domain.records import Checkpoint
from latsar_sync.store.tables import checkpoints
from latsar_sync.store.tables.columns import OF_PROGRAMME

READ_SO_FAR = select(checkpoints).where(checkpoints.c.programme == OF_PROGRAMME)
FORGET = delete(checkpoints).where(checkpoints.c.programme == OF_PROGRAMME)
BEGIN_HERE = insert(checkpoints)


def load_checkpoint(connection: Connection, programme: str) -> Checkpoint | None:
    """Return how far the last good run had read; None if the next one must ask everybody."""
    row = connection.execute(READ_SO_FAR, {"of_programme": programme}).first()
    return None if row is None else Checkpoint(*row[1:])


def save_checkpoint(connection: Connection, programme: str, checkpoint: Checkpoint | None) -> None:
    """Make ``checkpoint`` the one from which the next run looks; None removes it."""
    connection.execute(FORGET, {"of_programme": programme})
    if checkpoint is not None:
        connection.execute(BEGIN_HERE, {"programme": programme, **asdict(checkpoint)})
