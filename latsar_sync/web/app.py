"""The dashboard as one application: headers, sessions, refusals, assets, and a router for each group of pages."""

import re

from fastapi import FastAPI, Request, Response
from fastapi.responses import PlainTextResponse
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint

from latsar_sync.files.opening import MAX_BYTES
from latsar_sync.web import (
    accounts,
    api_actions,
    api_privacy,
    api_records,
    assets,
    certificates,
    clearances,
    courses,
    identities,
    imports,
    invitations,
    letters,
    messages,
    oidc,
    people,
    persons,
    priority,
    privacy,
    problems,
    programmes,
    received,
    rosters,
    runs,
    selections,
    setup,
    sign_in,
    thresholds,
)
from latsar_sync.web.api import add_api
from latsar_sync.web.below import Below
from latsar_sync.web.context import PageContext
from latsar_sync.web.look import Speaking
from latsar_sync.web.refusals import add_refusals
from latsar_sync.web.sessions import SessionCookies

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
LARGEST_FORM = 262_144
"""Bytes: of 2,000 people who were ticked, with all that a form carries along."""
SENDS_A_FILE = re.compile(r"(?:/api/v1)?/programmes/[^/]+/(?:imports|files|certificates)")
"""The addresses to which files of an office are sent, which are larger than any form."""


PAGES = (
    sign_in,
    programmes,
    people,
    persons,
    identities,
    selections,
    rosters,
    runs,
    thresholds,
    clearances,
    imports,
    certificates,
    letters,
    priority,
    messages,
    courses,
    accounts,
    invitations,
    setup,
    privacy,
    assets,
)
"""The files whose router serves a group of pages."""


def add_dashboard(app: FastAPI, context: PageContext) -> FastAPI:
    """Add the pages, their assets and their protection to an application, and return it.

    Cookies are Secure when ``service.public_url`` begins with https.
    """
    service = context.settings.service
    app.state.context = context
    app.add_middleware(Speaking, language=context.settings.language)
    app.add_middleware(SessionCookies, path=service.public_path, secure=context.is_behind_tls)
    app.add_middleware(BaseHTTPMiddleware, dispatch=protect)
    add_refusals(app)
    for group in PAGES:
        app.include_router(group.router)
    provider = oidc.provider_of(context)
    if provider is not None:
        app.state.provider = provider
        app.include_router(oidc.router)
    add_api(app, context, received.router, api_actions.router, api_records.router, api_privacy.router)
    app.add_middleware(Below, prefix=service.public_path)
    return app


async def protect(request: Request, go_on: RequestResponseEndpoint) -> Response:
    """Refuse what is not to be read at all, and give every answer the headers that protect it."""
    answer = _refused_unread(request) or await go_on(request)
    for name, value in HEADERS.items():
        answer.headers.setdefault(name, value)
    if not request.url.path.startswith("/assets/"):
        answer.headers.setdefault("Cache-Control", "no-store")
    return answer


def _refused_unread(request: Request) -> Response | None:
    """Refuse, before anything of it is read, what comes from another site and what is larger than any form of ours."""
    if request.method != "POST":
        return None
    # browsers say where a form was sent from; this guards those that are sent before there is a session, too
    if request.headers.get("sec-fetch-site") in ("cross-site", "same-site"):
        return PlainTextResponse("This form was sent from another site.", 403)
    length = request.headers.get("content-length", "")
    path = request.url.path
    largest = LARGEST_FORM + (MAX_BYTES if SENDS_A_FILE.fullmatch(path) else 0)
    if length.isdecimal() and int(length) <= largest:
        return None
    said = "What was sent is too large, or does not say how large it is."
    return problems.answer(413, said) if path.startswith("/api/") else PlainTextResponse(said, 413)
