"""The dashboard as one application: headers, sessions, errors, assets, and the pages of the other rooms."""

from collections.abc import Awaitable, Callable
from importlib.resources import files
from pathlib import Path
from urllib.parse import urlsplit

import structlog
from bootstrap_wrapper import get_bootstrap_dir
from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import PlainTextResponse, RedirectResponse
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.middleware.sessions import SessionMiddleware
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from latsar_sync.domain.errors import LatsarError, LeaseHeld, NotReady, UsageError
from latsar_sync.domain.language import LANGUAGES, mark, speaking
from latsar_sync.store import accounts
from latsar_sync.web import courses, oidc, people, programmes, rosters, runs, sign_in, thresholds
from latsar_sync.web.api import add_api
from latsar_sync.web.below import Below
from latsar_sync.web.context import LONGEST, Desk, SignInNeeded

log = structlog.get_logger(__name__)

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
COOKIE = "latsar_session"
LARGEST_FORM = 65_536
"""Bytes."""


class Speaking:
    """Answers each request in the language of its session, else in that of the configuration."""

    def __init__(self, app: ASGIApp, language: str) -> None:
        self._app, self._language = app, language

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        chosen = scope["session"].get("language") if scope["type"] == "http" else None
        with speaking(chosen if chosen in LANGUAGES else self._language):
            await self._app(scope, receive, send)


STATUS_TEXTS = {
    403: mark("This account may not do that."),
    404: mark("There is no such page, or this account may not see it."),
    422: mark("The form was not filled in as expected."),
}


def add_dashboard(app: FastAPI, desk: Desk) -> FastAPI:
    """Add the pages, their assets and their protection to an application, and return it.

    Cookies are Secure when ``service.public_url`` begins with https.
    """
    prefix = desk.settings.service.public_path
    app.add_middleware(Speaking, language=desk.settings.language)
    app.add_middleware(
        SessionMiddleware,
        secret_key=accounts.session_key(desk.database),
        session_cookie=COOKIE,
        max_age=int(LONGEST.total_seconds()),
        same_site="strict",
        path=prefix or "/",
        https_only=(desk.settings.service.public_url or "").startswith("https:"),
    )

    @app.middleware("http")
    async def protect(request: Request, go_on: Callable[[Request], Awaitable[Response]]) -> Response:
        answer = _refused_unread(request) or await go_on(request)
        for name, value in HEADERS.items():
            answer.headers.setdefault(name, value)
        if not request.url.path.startswith("/assets/"):
            answer.headers.setdefault("Cache-Control", "no-store")
        return answer

    @app.exception_handler(SignInNeeded)
    def to_the_door(request: Request, _error: Exception) -> Response:
        return RedirectResponse("/sign-in", 303)

    @app.exception_handler(LatsarError)
    def refused(request: Request, error: Exception) -> Response:
        if not isinstance(error, LatsarError):
            raise error
        status = 409 if isinstance(error, LeaseHeld | NotReady) else 400 if isinstance(error, UsageError) else 503
        return desk.page(
            request,
            "refused.html",
            None,
            status,
            message=error.message,
            remedy=error.remedy,
            back=_back(request, prefix),
        )

    @app.exception_handler(SQLAlchemyError)
    def away(request: Request, error: Exception) -> Response:
        log.warning("the database does not answer a page", error=type(error).__name__)
        text = mark("The database does not answer. Try again in a moment.")
        return desk.page(request, "refused.html", None, 503, message_text=text, back=_back(request, prefix))

    @app.exception_handler(StarletteHTTPException)
    @app.exception_handler(RequestValidationError)
    def no_such_page(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException | StarletteHTTPException) else 422
        text = STATUS_TEXTS.get(status, mark("That did not work."))
        return desk.page(request, "refused.html", None, status, message_text=text, back=_back(request, prefix))

    for room in (sign_in, oidc, programmes, people, rosters, runs, thresholds, courses):
        app.include_router(room.pages(desk))
    add_api(app, desk)
    bootstrap = StaticFiles(directory=get_bootstrap_dir())
    app.mount("/assets/bootstrap", bootstrap)
    app.add_middleware(Below, prefix=prefix)
    app.mount("/assets", StaticFiles(directory=Path(str(files("latsar_sync.web").joinpath("static")))))
    return app


def _refused_unread(request: Request) -> Response | None:
    """Refuse, before anything of it is read, what comes from another site and what is larger than any form of ours."""
    if request.method != "POST":
        return None
    # browsers say where a form was sent from; this guards those that are sent before there is a session, too
    if request.headers.get("sec-fetch-site") in ("cross-site", "same-site"):
        return PlainTextResponse("This form was sent from another site.", 403)
    length = request.headers.get("content-length", "")
    if not length.isdecimal() or int(length) > LARGEST_FORM:
        return PlainTextResponse("What was sent is too large, or does not say how large it is.", 413)
    return None


def _back(request: Request, prefix: str) -> str:
    """Return the page that a person came from, below ``prefix``, if it was one of ours."""
    came_from = urlsplit(request.headers.get("referer", ""))
    if came_from.netloc != request.url.netloc or not came_from.path.startswith(f"{prefix}/"):
        return "/"
    return came_from.path.removeprefix(prefix) + (f"?{came_from.query}" if came_from.query else "")
