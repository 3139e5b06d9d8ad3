"""Signing in by an OpenID Connect provider, where one is configured; who has no account here is not let in.

The session's cookie is SameSite=Strict, so the browser does not send it when the provider sends somebody back. What is
needed then travels in a cookie of its own (signed, Lax, for ten minutes), and the first page after it is reached from
a page of ours, not by a redirect.
"""

import secrets
from datetime import datetime, timedelta
from hmac import compare_digest
from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import RedirectResponse
from itsdangerous import BadData, URLSafeSerializer
from limits import RateLimitItemPerMinute

from latsar_sync.domain.language import _
from latsar_sync.store import accounts
from latsar_sync.web import sessions
from latsar_sync.web.context import PageContext
from latsar_sync.web.dependencies import Context, Page
from latsar_sync.web.oidc_provider import Provider, ProviderRefuses, ProviderUnavailable, error_code
from latsar_sync.web.refused_forms import Refusal, is_ours
from latsar_sync.web.sign_in_limits import MINUTES
from latsar_sync.web.templating import WebPage

COOKIE = "latsar_oidc"
BEGIN = "/sign-in/oidc"
RETURN = f"{BEGIN}/return"
LASTS_MINUTES = 10
ONCE = RateLimitItemPerMinute(1, LASTS_MINUTES)
"""A sign-in that was begun comes back once."""
NO_REFERRER = {"Referrer-Policy": "no-referrer"}  # the address of the return holds a code

Parameter = Annotated[str, Query(max_length=4000)]
log = structlog.get_logger(__name__)

router = APIRouter()


def provider_of(context: PageContext) -> Provider | None:
    """Return the provider that the configuration names, with the way back to us; None where there is none."""
    service = context.settings.service
    if service.oidc is None or service.public_url is None:
        return None
    return Provider(service.oidc, service.public_url + RETURN, context.clock)


async def configured_provider(request: Request) -> Provider:
    """Return the provider of the application that was asked; these pages are there only if it has one."""
    provider: Provider = request.app.state.provider
    return provider


async def caller_address(request: Request) -> str:
    """Return the address from which a request comes."""
    return request.client.host if request.client else ""


ByProvider = Annotated[Provider, Depends(configured_provider)]
CallerAddress = Annotated[str, Depends(caller_address)]


@router.get(BEGIN)
def begin(context: Context, page: Page, provider: ByProvider, address: CallerAddress, to: Parameter = "") -> Response:
    """Send somebody to the provider; ``to`` is the page that they asked for."""
    if not context.attempts.may_try_from(address):
        return _refuse_too_many(page)
    flow = {"state": secrets.token_urlsafe(24), "nonce": secrets.token_urlsafe(24)}
    flow["verifier"] = secrets.token_urlsafe(48)
    try:
        way = provider.way_in(**flow)
    except (ProviderUnavailable, ProviderRefuses) as error:
        log.warning("the sign-in provider cannot be used", reason=error.errorcode)
        return _refuse(page, 503, error.message, error.remedy)
    answer = RedirectResponse(way, 303)
    answer.set_cookie(
        COOKIE,
        _seal(context).dumps({**flow, "began": context.clock().isoformat(), "to": to if is_ours(to) else ""}),
        max_age=LASTS_MINUTES * 60,
        path=context.settings.service.public_path + BEGIN,
        secure=_home(context).startswith("https:"),
        httponly=True,
        samesite="lax",
    )
    return answer


@router.get(RETURN)
def come_back(
    request: Request,
    context: Context,
    page: Page,
    provider: ByProvider,
    address: CallerAddress,
    state: Parameter = "",
    code: Parameter = "",
    error: Parameter = "",
) -> Response:
    """Take somebody back whom the provider sends; let them in if it proves who they are."""
    if not context.attempts.may_try_from(address):
        return _refuse_too_many(page)
    flow = _begun(context, request.cookies.get(COOKIE, ""), state)
    if flow is None:
        return _refuse(
            page,
            400,
            _("This sign-in was not begun in this browser, or it is over."),
            _("Sign in again, by way of {address}.").format(address=f"{_home(context)}/sign-in"),
        )
    if error or not code:
        answer = _refuse_denied(page, provider.name, error_code(error))
    else:
        answer = _let_in(request, context, page, provider, address, flow, code)
    answer.delete_cookie(COOKIE, path=context.settings.service.public_path + BEGIN)
    return answer


@router.get(f"{BEGIN}/left")
def left(page: Page, provider: ByProvider) -> Response:
    """Say after signing out that the provider has a session of its own."""
    still_signed_in = _(
        "At {name} you may be signed in still: on a computer that others use, sign out there too, or close the browser."
    ).format(name=provider.name)
    return page.show("signed_out.html", None, still_signed_in=still_signed_in, way_out=provider.way_out())


def _begun(context: PageContext, sealed: str, state: str) -> dict[str, Any] | None:
    """Return what was begun in this browser under this state and has not come back yet; None if nothing."""
    try:
        flow: dict[str, Any] = _seal(context).loads(sealed)
    except BadData:
        return None
    began = datetime.fromisoformat(flow["began"])
    in_time = began <= context.clock() < began + timedelta(minutes=LASTS_MINUTES)
    if not in_time or not compare_digest(flow["state"].encode(), state.encode()):
        return None
    return flow if context.attempts.is_first(ONCE, sessions.OIDC, state) else None


def _let_in(
    request: Request,
    context: PageContext,
    page: WebPage,
    provider: Provider,
    address: str,
    flow: dict[str, Any],
    code: str,
) -> Response:
    try:
        identity = provider.identity(code, flow["nonce"], flow["verifier"])
    except ProviderUnavailable as trouble:
        log.warning("the sign-in provider cannot be used", reason=trouble.errorcode)
        return _refuse(page, 503, trouble.message, trouble.remedy)
    except ProviderRefuses as trouble:
        context.attempts.count_from(address, trouble.errorcode)
        return _refuse(page, 403, trouble.message, trouble.remedy)
    with context.database.reading() as connection:
        account = accounts.find_account(connection, identity)
    if account is None:
        context.attempts.count_from(address, "no account")
        return _refuse(
            page,
            403,
            _("{name} knows you as {identity}, but there is no account of that name here.").format(
                name=provider.name, identity=identity
            ),
            _("Ask the administrator of latsar-sync for one. An identity at the provider alone lets nobody in."),
        )
    session, agent = sessions.of(request), request.headers.get("user-agent", "")
    sessions.begin(session, context.database, account, context.clock(), address, agent, sessions.OIDC)
    answer = page.show("signed_in.html", account, here="/", to=flow["to"] or "/")
    answer.headers.update(NO_REFERRER)
    return answer


def _refuse_denied(page: WebPage, name: str, what: str) -> Response:
    """Tell what the provider said instead of sending a code."""
    log.info("the sign-in provider let somebody not in", reason=what)
    message = _("{name} did not sign you in ({what}).").format(name=name, what=what)
    return _refuse(page, 403, message, _("Sign in again, or with your password of latsar-sync."))


def _refuse_too_many(page: WebPage) -> Response:
    return _refuse(
        page,
        429,
        _("Too many tries from your address."),
        _("Wait {minutes} minutes, then try again.").format(minutes=MINUTES),
    )


def _refuse(page: WebPage, status: int, message: str, remedy: str) -> Response:
    refusal = Refusal(status, message, remedy)
    answer = page.show("refused.html", None, status, refused=refusal, back="/sign-in", here="/sign-in")
    answer.headers.update(NO_REFERRER)
    return answer


def _seal(context: PageContext) -> URLSafeSerializer:
    return URLSafeSerializer(accounts.session_key(context.database), salt=COOKIE)


def _home(context: PageContext) -> str:
    """Return the public address of the dashboard, which whoever configures a provider must name."""
    return context.settings.service.public_url or ""
