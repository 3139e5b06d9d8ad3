"""The dashboard as one application: headers, sessions, refusals, assets, and a router for each group of pages."""

from fastapi import FastAPI, Request, Response
from fastapi.responses import PlainTextResponse
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.middleware.gzip import DEFAULT_EXCLUDED_CONTENT_TYPES, GZipMiddleware

from latsar_sync.web import (
    accounts,
    api_actions,
    api_certificates,
    api_clearances,
    api_documents,
    api_files,
    api_identity,
    api_outward,
    api_people,
    api_privacy,
    api_records,
    assets,
    certificates,
    chase_mails,
    clearances,
    course_manager,
    destroying,
    finalising,
    identities,
    import_layouts,
    imports,
    invitations,
    letters,
    messages,
    oidc,
    own_account,
    participant_page,
    participants,
    priority,
    privacy,
    programmes,
    rosters,
    run_progress,
    runs,
    selections,
    setup,
    sign_in,
    thresholds,
)
from latsar_sync.web.api import add_api
from latsar_sync.web.asked_by_head import AskedByHead
from latsar_sync.web.base_path import Below
from latsar_sync.web.body_limits import Bounded
from latsar_sync.web.context import PageContext
from latsar_sync.web.documents import MEDIA_TYPES
from latsar_sync.web.faults import FaultsTold
from latsar_sync.web.host_names import OnlyByItsNames
from latsar_sync.web.language_and_colours import HINT, Speaking
from latsar_sync.web.refusals import add_refusals
from latsar_sync.web.sessions import SessionCookies

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Accept-CH": HINT,
}

PAGES = (
    sign_in,
    programmes,
    participants,
    participant_page,
    identities,
    selections,
    rosters,
    finalising,
    runs,
    run_progress,
    thresholds,
    clearances,
    imports,
    import_layouts,
    certificates,
    letters,
    chase_mails,
    priority,
    messages,
    course_manager,
    accounts,
    own_account,
    invitations,
    setup,
    privacy,
    destroying,
    assets,
)
"""The files whose router serves a group of pages."""
CALLS = (
    api_people,
    api_files,
    api_actions,
    api_clearances,
    api_records,
    api_identity,
    api_certificates,
    api_documents,
    api_outward,
    api_privacy,
)
"""The files whose router serves calls of the API, beside ``web/api.py``."""

ALREADY_SMALL = (*DEFAULT_EXCLUDED_CONTENT_TYPES, *MEDIA_TYPES.values())


def add_dashboard(app: FastAPI, context: PageContext) -> FastAPI:
    """Add the pages, their assets and their protection to an application, and return it.

    Cookies are Secure when ``service.public_url`` begins with https.
    """
    service = context.settings.service
    app.state.context = context
    app.add_middleware(FaultsTold)
    app.add_middleware(AskedByHead)
    app.add_middleware(Bounded)
    app.add_middleware(Speaking, language=context.settings.language)
    app.add_middleware(SessionCookies, path=service.public_path, secure=context.is_behind_tls)
    app.add_middleware(BaseHTTPMiddleware, dispatch=protect)
    # what is secret on a page is not found out by its length: nobody else's page can ask for it (SameSite=Strict)
    app.add_middleware(GZipMiddleware, compresslevel=5, exclude_content_types=ALREADY_SMALL)
    add_refusals(app)
    for group in PAGES:
        app.include_router(group.router)
    provider = oidc.provider_of(context)
    if provider is not None:
        app.state.provider = provider
        app.include_router(oidc.router)
    add_api(app, context, *(each.router for each in CALLS))
    app.add_middleware(Below, prefix=service.public_path)
    app.add_middleware(OnlyByItsNames, service=service)
    return app


async def protect(request: Request, go_on: RequestResponseEndpoint) -> Response:
    """Refuse what comes from another site, and give every answer the headers that protect it."""
    # browsers say where a form was sent from; this guards those that are sent before there is a session, too
    foreign = request.method == "POST" and request.headers.get("sec-fetch-site") in ("cross-site", "same-site")
    answer = PlainTextResponse("This form was sent from another site.", 403) if foreign else await go_on(request)
    for name, value in HEADERS.items():
        answer.headers.setdefault(name, value)
    answer.headers.setdefault("Cache-Control", "no-store")
    return answer
