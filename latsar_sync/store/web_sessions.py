"""Who is signed in where. The cookie holds a random number, the database its SHA-256 and all the rest.

What is deleted here is over at once, on every host: by signing out, by a new password, by an administrator.
"""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from latsar_sync.store.tables import web_sessions

IDLE = timedelta(hours=2)
LONGEST_SESSION = timedelta(hours=12)
"""A session ends after so long without a page, and after so long in any case."""
TOUCH_EVERY = timedelta(minutes=1)
LONGEST_NOTE = 200
"""Characters that are kept of what a browser says it is."""
_MINE = web_sessions.c.id_hash == bindparam("of_hash")
OF_HASH = select(web_sessions).where(_MINE)
KEEP = update(web_sessions).where(_MINE).values(content=bindparam("held"))


@dataclass(frozen=True, slots=True)
class StoredSession:
    """One session. ``content`` is the token of its forms (``csrf``), a word for the next page, a form that waits."""

    id_hash: str
    account: str
    by: str
    began_at: datetime
    seen_at: datetime
    address: str
    browser: str
    content: Mapping[str, Any]


def begin(connection: Connection, account: str, by: str, now: datetime, address: str, browser: str) -> str:
    """Begin a session and return the number for the cookie; ``by`` is "password" or "oidc"."""
    token = secrets.token_urlsafe(32)
    connection.execute(
        insert(web_sessions).values(
            id_hash=digest_of(token),
            account=account,
            by=by,
            began_at=now,
            seen_at=now,
            address=address,
            browser=browser[:LONGEST_NOTE],
            content={"csrf": secrets.token_urlsafe(24)},
        )
    )
    return token


def find(connection: Connection, token: str, now: datetime) -> StoredSession | None:
    """Return the session of a cookie, None if there is none, or it is over."""
    row = connection.execute(OF_HASH, {"of_hash": digest_of(token)}).first()
    if row is None:
        return None
    found = StoredSession(**row._mapping)
    lasts = now - LONGEST_SESSION <= found.began_at <= now + IDLE and now - IDLE <= found.seen_at
    return found if lasts else None


def go_on(connection: Connection, session: StoredSession, now: datetime) -> None:
    """Let a session last, because a page of it was asked for; nothing comes back that was ended meanwhile."""
    mine = web_sessions.c.id_hash == session.id_hash
    connection.execute(update(web_sessions).where(mine, web_sessions.c.seen_at < now).values(seen_at=now))


def is_to_be_touched(session: StoredSession, now: datetime) -> bool:
    """Say whether it is worth writing down that a session goes on."""
    return now - session.seen_at >= TOUCH_EVERY


def keep(connection: Connection, session: StoredSession, content: Mapping[str, Any]) -> None:
    """Keep what a session holds from now on."""
    connection.execute(KEEP, {"of_hash": session.id_hash, "held": dict(content)})


def end(connection: Connection, token: str) -> None:
    """End the session of a cookie."""
    connection.execute(delete(web_sessions).where(web_sessions.c.id_hash == digest_of(token)))


def end_all(connection: Connection, account: str) -> int:
    """End every session of an account, and return how many there were."""
    return connection.execute(delete(web_sessions).where(web_sessions.c.account == account)).rowcount


def end_one(connection: Connection, account: str, id_hash: str) -> bool:
    """End one session of an account, as its list names it; say whether there was one."""
    mine = (web_sessions.c.account == account, web_sessions.c.id_hash == id_hash)
    return connection.execute(delete(web_sessions).where(*mine)).rowcount == 1


def sessions_of(connection: Connection, account: str, now: datetime) -> list[StoredSession]:
    """Return the sessions of an account that are not over, the one used last first."""
    rows = connection.execute(
        select(web_sessions)
        .where(web_sessions.c.account == account, web_sessions.c.seen_at >= now - IDLE)
        .where(web_sessions.c.began_at >= now - LONGEST_SESSION)
        .order_by(web_sessions.c.seen_at.desc())
    )
    return [StoredSession(**row._mapping) for row in rows]


def forget(connection: Connection, now: datetime) -> None:
    """Forget the sessions that are over."""
    over = (web_sessions.c.seen_at < now - IDLE) | (web_sessions.c.began_at < now - LONGEST_SESSION)
    connection.execute(delete(web_sessions).where(over))


def digest_of(secret: str) -> str:
    """Return what is kept of a random number that somebody shows again: of a session, an invitation, a token."""
    return hashlib.sha256(secret.encode()).hexdigest()
