"""The session of a browser: a random number in its cookie, everything else in the database.

How long it lasts is said in ``store.web_sessions``.
"""

from datetime import datetime
from hmac import compare_digest
from http.cookies import SimpleCookie
from typing import Any

import structlog
from fastapi import Request
from starlette.datastructures import MutableHeaders
from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from latsar_sync.domain.account import Account
from latsar_sync.store import accounts, web_sessions
from latsar_sync.store.database import Database
from latsar_sync.store.web_sessions import LONGEST_SESSION, StoredSession

log = structlog.get_logger(__name__)

COOKIE = "latsar_session"
PASSWORD, OIDC = "password", "oidc"
"""By what somebody signed in."""
SAID, WAITING_FORM = "said", "form"
"""What a session holds for its next page: a word, and a form that was sent while nobody was signed in."""
STATE = "latsar.session"


class SignInNeeded(Exception):
    """Nobody is signed in; the answer is the way to the sign-in page."""


class Session:
    """The session of one request. What the database knows of it is there once ``find_account`` was asked."""

    def __init__(self, token: str | None) -> None:
        self.token = token
        self.stored: StoredSession | None = None
        self.content: dict[str, Any] = {}
        self.new_cookie: str | None = None
        """What the browser is to keep from now on; empty: nothing. None: what it has."""

    @property
    def csrf(self) -> str:
        """The token of this session's forms; empty where nobody is signed in."""
        return str(self.content.get("csrf", ""))

    @property
    def by(self) -> str | None:
        """By what somebody signed in, None where nobody is."""
        return self.stored.by if self.stored else None

    @property
    def key(self) -> str:
        """What tells this session from every other, in this process."""
        return self.stored.id_hash if self.stored else ""

    def hold(self, database: Database, name: str, value: Any) -> None:
        """Hold something for the next page."""
        if self.stored is not None:
            self.content[name] = value
            self._keep(database)

    def take(self, database: Database, name: str) -> Any:
        """Return what was held for this page, and hold it no longer."""
        found = self.content.pop(name, None)
        if found is not None:
            self._keep(database)
        return found

    def _keep(self, database: Database) -> None:
        if self.stored is not None:
            with database.writing() as connection:
                web_sessions.keep(connection, self.stored, self.content)


def of(request: Request) -> Session:
    """Return the session of a request."""
    session: Session = request.scope[STATE]
    return session


def begin(
    session: Session,
    database: Database,
    account: Account,
    now: datetime,
    address: str,
    browser: str,
    by: str = PASSWORD,
) -> None:
    """Begin a session; the one before it in this browser is over. ``by`` is "password" or "oidc"."""
    log.info("signed in", account=account.name, by=by)
    with database.writing() as connection:
        if session.token is not None:
            web_sessions.end(connection, session.token)
        token = web_sessions.begin(connection, account.name, by, now, address, browser)
        session.stored = web_sessions.find(connection, token, now)
    session.token = session.new_cookie = token
    session.content = dict(session.stored.content) if session.stored else {}


def find_account(session: Session, database: Database, now: datetime) -> Account:
    """Return who is signed in, without making the session last longer.

    Raise SignInNeeded if nobody is, or no longer: the session is over or was ended, the account is gone.
    """
    if session.token is None:
        raise SignInNeeded
    with database.reading() as connection:
        stored = web_sessions.find(connection, session.token, now)
        account = accounts.find_account(connection, stored.account) if stored is not None else None
    if stored is None or account is None:
        session.stored, session.content = None, {}
        raise SignInNeeded
    session.stored, session.content = stored, dict(stored.content)
    return account


def go_on(session: Session, database: Database, now: datetime) -> None:
    """Let a session last, because a page of it was asked for."""
    if session.stored is not None and web_sessions.is_to_be_touched(session.stored, now):
        with database.writing() as connection:
            web_sessions.go_on(connection, session.stored, now)


def end(session: Session, database: Database) -> None:
    """End a session, wherever its cookie is."""
    if session.token is not None:
        with database.writing() as connection:
            web_sessions.end(connection, session.token)
    session.token, session.stored, session.content, session.new_cookie = None, None, {}, ""


def is_token_of(session: Session, token: str) -> bool:
    """Say whether a form carries this session's token; if not, it came from another page (CSRF)."""
    return bool(session.csrf) and compare_digest(session.csrf.encode(), token.encode())


class SessionCookies:
    """Gives each request the session that its cookie names, and the browser the cookie of a session that began.

    No page writes the cookie of a session that was there: one that takes long signs nobody in again who has left.
    """

    def __init__(self, app: ASGIApp, path: str, secure: bool) -> None:
        self._app, self._path, self._secure = app, path, secure

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and its answer back."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        header = next((value for name, value in scope["headers"] if name == b"cookie"), b"")
        session = scope[STATE] = Session(cookie_parser(header.decode("latin-1")).get(COOKIE) or None)

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start" and session.new_cookie is not None:
                MutableHeaders(scope=message).append("set-cookie", self._cookie(session.new_cookie))
            await send(message)

        await self._app(scope, receive, answer)

    def _cookie(self, value: str) -> str:
        cookie: SimpleCookie = SimpleCookie({COOKIE: value})
        lasts = int(LONGEST_SESSION.total_seconds()) if value else 0
        told = {"path": self._path or "/", "samesite": "strict", "httponly": True, "max-age": lasts}
        for name, said in {**told, "secure": self._secure}.items():
            cookie[COOKIE][name] = said
        return cookie.output(header="").strip()
