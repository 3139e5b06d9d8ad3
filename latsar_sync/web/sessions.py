"""The session of a browser: who is signed in since when, until when, and the token that its forms carry."""

import secrets
from datetime import datetime, timedelta
from hmac import compare_digest
from typing import Any

import structlog

from latsar_sync.store import accounts
from latsar_sync.store.accounts import Account
from latsar_sync.store.database import Database

log = structlog.get_logger(__name__)

IDLE = timedelta(hours=2)
LONGEST = timedelta(hours=12)
"""A session ends after so long without a page, and after so long in any case."""

PASSWORD, OIDC = "password", "oidc"
"""By what somebody signed in."""
KEPT = frozenset({"language", "theme"})
Session = dict[str, Any]


class SignInNeeded(Exception):
    """Nobody is signed in; the answer is the way to the sign-in page."""


def begin(session: Session, account: Account, now: datetime, by: str = PASSWORD) -> None:
    """Begin a session; nothing of one before it is kept. ``by`` is "password" or "oidc"."""
    forget(session)
    log.info("signed in", account=account.name, by=by)
    session.update(
        name=account.name,
        version=account.session_version,
        by=by,
        began=now.isoformat(),
        seen=now.isoformat(),
        csrf=secrets.token_urlsafe(24),
    )


def find_account(session: Session, database: Database, now: datetime) -> Account:
    """Return who is signed in, without making the session last longer.

    Raise SignInNeeded if nobody is, or no longer: the session is over, the account gone, its password a new one.
    """
    if not session.get("name"):
        raise SignInNeeded
    began, seen = datetime.fromisoformat(session["began"]), datetime.fromisoformat(session["seen"])
    with database.reading() as connection:
        account = accounts.find_account(connection, session["name"])
    if (
        account is None
        or account.session_version != session["version"]
        or not now - LONGEST <= began <= now + IDLE
        or not now - IDLE <= seen
    ):
        forget(session)
        raise SignInNeeded
    return account


def go_on(session: Session, now: datetime) -> None:
    """Let a session last, because a page of it was asked for."""
    session["seen"] = now.isoformat()


def forget(session: Session) -> None:
    """End a session; only how the pages look is kept."""
    for name in session.keys() - KEPT:
        del session[name]


def is_token_of(session: Session, token: str) -> bool:
    """Say whether a form carries this session's token; if not, it came from another page (CSRF)."""
    known = session.get("csrf") or secrets.token_hex()
    return compare_digest(known.encode(), token.encode())
