"""Invitations: a link, good once and for a few days, by which somebody chooses a password that nobody else has known.

The link holds a random token, the database its SHA-256.
"""

import secrets
from datetime import datetime, timedelta

from sqlalchemy import Connection, select, update

from latsar_sync.store import accounts as store
from latsar_sync.store.tables import accounts
from latsar_sync.store.web_sessions import digest_of

LASTS = timedelta(days=3)


def invite(connection: Connection, name: str, now: datetime) -> str | None:
    """Return a new token for the owner of an account, which replaces the one before; None if there is no account.

    A password that there is counts until another was chosen.
    """
    token = secrets.token_urlsafe(32)
    values = {"invitation_hash": digest_of(token), "invited_until": now + LASTS}
    invited = connection.execute(update(accounts).where(accounts.c.name == name).values(**values))
    return token if invited.rowcount == 1 else None


def invited_name(connection: Connection, token: str, now: datetime) -> str | None:
    """Return whom a token is for; None if it was used, replaced, or is too old."""
    return connection.execute(
        select(accounts.c.name).where(accounts.c.invitation_hash == digest_of(token), accounts.c.invited_until > now)
    ).scalar_one_or_none()


def accept(connection: Connection, token: str, password: str, now: datetime) -> str | None:
    """Give an account the password that its owner chose, once; return its name, None if the token is good no more."""
    name = invited_name(connection, token, now)
    if name is None:
        return None
    used = connection.execute(
        update(accounts)
        .where(accounts.c.invitation_hash == digest_of(token))
        .values(invitation_hash=None, invited_until=None)
    )
    if used.rowcount != 1:  # used by another in the same moment
        return None
    store.change_password(connection, name, password)
    return name
