"""What every page shares: settings, database, clock, who is signed in, the language, and how a page is rendered."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hmac import compare_digest
from typing import Any

from fastapi import HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, PackageLoader, select_autoescape
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from latsar_sync import __version__, language
from latsar_sync.guards import finding_text
from latsar_sync.nip import format_nip
from latsar_sync.reasons import OUTCOME_TEXTS, STATE_TEXTS, Reason, sentence, word
from latsar_sync.records import Finding
from latsar_sync.settings import ProgrammeSettings, Settings
from latsar_sync.store import accounts
from latsar_sync.store.accounts import Account
from latsar_sync.store.database import Database

IDLE = timedelta(hours=2)
LONGEST = timedelta(hours=12)
"""A session ends after so long without a page, and after so long in any case."""
TRIES = RateLimitItemPerMinute(5, 5)
"""Sign-ins that may go wrong for one name or from one address: five in five minutes."""


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
            extensions=["jinja2.ext.i18n"],
        )
        self._templates.install_gettext_callables(  # type: ignore[attr-defined]
            language._, language.counted, newstyle=False
        )
        self._templates.globals.update(
            _=language._,
            version=__version__,
            outcome=_outcome,
            state=_state,
            reason=_reason,
            nip=_nip,
            finding=_finding,
        )
        self._templates.filters.update(moment=self._moment, score=_score, thousands=_thousands)

    def signed_in(self, request: Request) -> Account:
        """Return who asks. Raise SignInNeeded if nobody is signed in, or no longer."""
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
            session.clear()
            raise SignInNeeded
        session["seen"] = now.isoformat()
        return account

    def reader(self, request: Request) -> Account:
        """Return who asks, if they may see programmes; who is bound to classes has their own pages (403)."""
        account = self.signed_in(request)
        if account.classes is not None:
            raise HTTPException(403)
        return account

    def sign_in(self, request: Request, account: Account) -> None:
        """Begin a session; nothing of one before it is kept."""
        now, kept = self.clock().isoformat(), ("language", "theme")
        look = {name: request.session[name] for name in kept if name in request.session}
        request.session.clear()
        request.session.update(
            name=account.name,
            version=account.session_version,
            began=now,
            seen=now,
            csrf=secrets.token_urlsafe(24),
            **look,
        )

    def may_try(self, name: str, address: str) -> bool:
        """Say whether one more sign-in with this name, from this address, may be tried."""
        return self.limiter.test(TRIES, "name", name.casefold()) and self.limiter.test(TRIES, "address", address)

    def went_wrong(self, name: str, address: str) -> None:
        """Count a sign-in that went wrong."""
        self.limiter.hit(TRIES, "name", name.casefold())
        self.limiter.hit(TRIES, "address", address)

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
        text = self._templates.get_template(template).render(
            account=account,
            csrf=request.session.get("csrf", ""),
            language=language.in_use(),
            theme=request.session.get("theme", "light"),
            here=request.url.path + (f"?{request.url.query}" if request.url.query else ""),
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


def require_token(request: Request, token: str) -> None:
    """Refuse a form that does not carry this session's token: it came from another page (CSRF)."""
    if not compare_digest(request.session.get("csrf") or secrets.token_hex(), token):
        raise HTTPException(403)


def require_acting(account: Account, programme: str) -> None:
    """Refuse who may only look."""
    if not account.may_act(programme):
        raise HTTPException(403)


def _outcome(code: str | None) -> str:
    return word(OUTCOME_TEXTS, code, language.in_use()) if code else "–"


def _state(code: str | None) -> str:
    return word(STATE_TEXTS, code, language.in_use()) if code else "–"


def _reason(code: str, values: dict[str, str] | None = None) -> str:
    return sentence(Reason(code, values or {}), language.in_use())


def _finding(finding: Finding) -> str:
    return finding_text(finding, language.in_use())


def _nip(nip: str | None) -> str:
    return format_nip(nip) if nip else "–"


def _score(value: Any) -> str:
    return "–" if value is None else f"{value:.5f}".replace(".", "," if language.in_use() == "id" else ".")


def _thousands(number: int) -> str:
    grouped = f"{number:,}"
    return grouped.replace(",", ".") if language.in_use() == "id" else grouped
