"""The keys of forms and calls that were taken: the same one sent twice is done once."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from latsar_sync.domain.errors import AlreadyDone
from latsar_sync.store.tables import action_keys

KEPT = timedelta(days=2)
"""So long the same form is known again; a session ends long before."""


def claim(connection: Connection, account: str, key: str, now: datetime, digest: str | None = None) -> None:
    """Take a key, in the transaction of what it stands for. Raise AlreadyDone if the account's key was taken before.

    ``digest`` is that of what a call asked for.
    """
    try:
        with connection.begin_nested():
            connection.execute(insert(action_keys).values(account=account, key=key, at=now, digest=digest))
    except IntegrityError:
        raise AlreadyDone from None


def find(connection: Connection, account: str, key: str) -> Mapping[str, Any] | None:
    """Return what is known of an account's key, its ``digest`` and ``answer``; None if it was never taken."""
    row = connection.execute(
        select(action_keys).where(action_keys.c.account == account, action_keys.c.key == key)
    ).first()
    return None if row is None else dict(row._mapping)


def keep_answer(connection: Connection, account: str, key: str, answer: Mapping[str, Any]) -> None:
    """Keep what was answered to a call, for whoever sends it again."""
    mine = (action_keys.c.account == account, action_keys.c.key == key)
    connection.execute(update(action_keys).where(*mine).values(answer=dict(answer)))


def give_back(connection: Connection, account: str, key: str) -> None:
    """Forget a key, because what it stood for was refused and may be sent again."""
    connection.execute(delete(action_keys).where(action_keys.c.account == account, action_keys.c.key == key))


def forget(connection: Connection, now: datetime) -> None:
    """Forget the keys that nobody sends any more."""
    connection.execute(delete(action_keys).where(action_keys.c.at < now - KEPT))
