"""What every page shares: settings, database, clock, who is signed in, the language, and how a page is rendered."""

import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from hashlib import sha256
from hmac import compare_digest
from typing import Annotated, Any

import structlog
from cryptography.fernet import Fernet, InvalidToken
from fastapi import Form, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, PackageLoader, select_autoescape
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from latsar_sync import __version__
from latsar_sync.domain import language
from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _
from latsar_sync.settings import ProgrammeSettings, Settings
from latsar_sync.store import accounts
from latsar_sync.store.access import Access, note_accesses
from latsar_sync.store.accounts import Account
from latsar_sync.store.database import Database
from latsar_sync.web import words

log = structlog.get_logger(__name__)

IDLE = timedelta(hours=2)
LONGEST = timedelta(hours=12)
"""A session ends after so long without a page, and after so long in any case."""
TRIES = RateLimitItemPerMinute(5, 5)
"""Sign-ins that may go wrong for one name from one address: five in five minutes."""
TRIES_IN_ALL = RateLimitItemPerMinute(50, 5)
"""Those for one name from everywhere, and from one address (an office may share one) for every name."""


PASSWORD, OIDC = "password", "oidc"
"""By what somebody signed in."""
KEPT = frozenset({"language", "theme"})
Field = Annotated[str, Form(max_length=2000)]


class SignInNeeded(Exception):
    """Nobody is signed in; the answer is the way to the sign-in page."""


@dataclass
class Desk:
    """The shared ground of the pages. ``clock`` gives the time, aware of its zone."""

    settings: Settings
    database: Database
    clock: Callable[[], datetime]
    limiter: MovingWindowRateLimiter = field(default_factory=lambda: MovingWindowRateLimiter(MemoryStorage()))

    def __post_init__(self) -> None:
        self._templates = Environment(
            loader=PackageLoader("latsar_sync.web"),
            autoescape=select_autoescape(),
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
            extensions=["jinja2.ext.i18n"],
        )
        self._templates.install_gettext_callables(  # type: ignore[attr-defined]  # the extension adds it
            language._, language.counted, newstyle=False
        )
        key = sha256(f"search {accounts.session_key(self.database)}".encode()).digest()
        self._secrecy = Fernet(urlsafe_b64encode(key))
        self._templates.globals.update(_=language._, counted=language.counted, version=__version__, **words.GLOBALS)
        oidc = self.settings.service.oidc
        self._templates.globals.update(provider=oidc.name if oidc else None, base=self.settings.service.public_path)
        self._templates.filters.update(moment=self._moment, **words.FILTERS)

    def signed_in(self, request: Request) -> Account:
        """Return who asks, whose session goes on by that. Raise SignInNeeded if nobody is signed in, or no longer."""
        account = self.still_signed_in(request)
        request.session["seen"] = self.clock().isoformat()
        return account

    def still_signed_in(self, request: Request) -> Account:
        """Return who asks, without making the session last longer. Raise SignInNeeded as ``signed_in`` does."""
        session, now = request.session, self.clock()
        if not session.get("name"):
            raise SignInNeeded
        began, seen = datetime.fromisoformat(session["began"]), datetime.fromisoformat(session["seen"])
        with self.database.reading() as connection:
            account = accounts.find_account(connection, session["name"])
        if (
            account is None
            or account.session_version != session["version"]
            or not now - LONGEST <= began <= now + IDLE
            or not now - IDLE <= seen
        ):
            forget(request)
            raise SignInNeeded
        return account

    def reader(self, request: Request) -> Account:
        """Return who asks, if they may see programmes; who is bound to classes has their own pages (403)."""
        return _require_programmes(self.signed_in(request))

    def still_reader(self, request: Request) -> Account:
        """Return who asks as ``reader`` does, without making the session last longer."""
        return _require_programmes(self.still_signed_in(request))

    def sign_in(self, request: Request, account: Account, by: str = PASSWORD) -> None:
        """Begin a session; nothing of one before it is kept. ``by`` is "password" or "oidc"."""
        forget(request)
        now = self.clock().isoformat()
        log.info("signed in", account=account.name, by=by)
        request.session.update(
            name=account.name,
            version=account.session_version,
            by=by,
            began=now,
            seen=now,
            csrf=secrets.token_urlsafe(24),
        )

    def may_knock(self, address: str) -> bool:
        """Say whether one more sign-in from this address may be tried whose name is not known yet."""
        return self.limiter.test(TRIES_IN_ALL, "address", address)

    def knocked_in_vain(self, address: str, reason: str) -> None:
        """Count a sign-in that proved no name of an account: it must not keep out whoever has such a name."""
        log.warning("sign-in refused", address=address, reason=reason)
        self.limiter.hit(TRIES_IN_ALL, "address", address)

    def may_try(self, name: str, address: str) -> bool:
        """Say whether one more sign-in with this name, from this address, may be tried."""
        return all(self.limiter.test(*each) for each in _limits(name, address))

    def went_wrong(self, name: str, address: str) -> None:
        """Count a sign-in that went wrong; the log does not tell the name, which may be a password typed too early."""
        log.warning("sign-in refused", address=address)
        for each in _limits(name, address):
            self.limiter.hit(*each)

    def note(
        self,
        account: Account,
        action: str,
        programme: str,
        people: int = 0,
        participant_id: str | None = None,
        via: str = "web",
    ) -> None:
        """Write into the access log whose data an account is about to see, or what it did (rule 16)."""
        access = Access(self.clock(), account.name, via, action, programme, people, participant_id)
        with self.database.writing() as connection:
            note_accesses(connection, [access])

    def hide(self, text: str) -> str:
        """Return a text, a name or NIP that somebody looks for, as it may stand in an address: encrypted."""
        return self._secrecy.encrypt(text.encode()).decode()

    def reveal(self, hidden: str) -> str:
        """Return what ``hide`` hid within the last hours. Raise UsageError if it is anything else."""
        try:
            return self._secrecy.decrypt(hidden.encode(), int(LONGEST.total_seconds())).decode() if hidden else ""
        except InvalidToken:
            raise UsageError(_("This search is over."), _("Search again.")) from None

    def programme(self, account: Account, name: str) -> ProgrammeSettings:
        """Return a programme that this account may see. Raise 404 for any other, so that none is betrayed."""
        for programme in self.settings.programmes:
            if programme.id == name and account.may_see(name):
                return programme
        raise HTTPException(404)

    def programmes(self, account: Account) -> list[ProgrammeSettings]:
        """Return the programmes that this account may see."""
        return [programme for programme in self.settings.programmes if account.may_see(programme.id)]

    def page(
        self, request: Request, template: str, account: Account | None, status: int = 200, **values: Any
    ) -> HTMLResponse:
        """Render a page in the language in use, with what every page needs."""
        values.setdefault("here", request.url.path + (f"?{request.url.query}" if request.url.query else ""))
        text = self._templates.get_template(template).render(
            account=account,
            csrf=request.session.get("csrf", ""),
            language=language.in_use(),
            theme=request.session.get("theme", "light"),
            said=request.session.pop("said", None),
            **values,
        )
        return HTMLResponse(text, status)

    def back_to(self, request: Request, address: str, said: str | None = None) -> RedirectResponse:
        """Send the browser on after something was done, with a word about it for the next page."""
        if said:
            request.session["said"] = said
        return RedirectResponse(address, 303)

    def _moment(self, value: datetime | None) -> str:
        return "–" if value is None else f"{value.astimezone(self.settings.zone):%Y-%m-%d %H:%M}"


def forget(request: Request) -> None:
    """End a session; only how the pages look is kept."""
    for name in request.session.keys() - KEPT:
        del request.session[name]


def _require_programmes(account: Account) -> Account:
    if account.classes is not None:
        raise HTTPException(403)
    return account


def require_token(request: Request, token: str) -> None:
    """Refuse a form that does not carry this session's token: it came from another page (CSRF)."""
    known = request.session.get("csrf") or secrets.token_hex()
    if not compare_digest(known.encode(), token.encode()):
        raise HTTPException(403)


def require_acting(request: Request, account: Account, programme: str, token: str) -> None:
    """Refuse who may only look, and a form that came from another page."""
    if not account.may_act(programme):
        raise HTTPException(403)
    require_token(request, token)


def day(text: str) -> date | None:
    """Read a day that a form sends, None where it was left empty. Raise UsageError if it is none."""
    if not text.strip():
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise UsageError(_('"{text}" is no day.').format(text=text), _("Write it like 2026-12-07.")) from None


def _limits(name: str, address: str) -> tuple[tuple[RateLimitItemPerMinute, str, str], ...]:
    name = name.casefold()
    return (TRIES, name, address), (TRIES_IN_ALL, "name", name), (TRIES_IN_ALL, "address", address)
