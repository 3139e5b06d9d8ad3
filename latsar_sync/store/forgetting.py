"""What is deleted for good is written over in the files of the database too, however often that takes (rule 16).

That comes after the deletion, which may be the last thing that a process does. So what is owed is written down with it.
"""

from collections.abc import Collection
from contextlib import suppress

from sqlalchemy import Connection, delete, insert, select
from sqlalchemy.exc import SQLAlchemyError

from latsar_sync.domain.errors import NotReady
from latsar_sync.store.database import Database
from latsar_sync.store.tables import owed_rewriting


def owe_rewriting(connection: Connection, tables: Collection[str]) -> None:
    """Write down, in the transaction that deletes, that these tables are to be written anew."""
    if tables:
        connection.execute(insert(owed_rewriting).values(tables=sorted(tables)))


def rewrite_what_is_owed(database: Database) -> NotReady | None:
    """Write anew what is owed; return None where nothing is left, or what stands in the way. Then it stays owed."""
    with database.reading() as connection:
        rows = connection.execute(select(owed_rewriting)).all()
    if not rows:
        return None
    refused = database.forget_deleted({table for row in rows for table in row.tables})
    if refused is None:
        with suppress(SQLAlchemyError), database.writing() as connection:  # else it is done once more
            connection.execute(delete(owed_rewriting).where(owed_rewriting.c.id.in_([row.id for row in rows])))
    return refused
