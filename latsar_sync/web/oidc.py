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
from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from itsdangerous import BadData, URLSafeSerializer
from limits import RateLimitItemPerMinute

from latsar_sync.domain.errors import SiteRefuses, SiteUnavailable
from latsar_sync.domain.language import LANGUAGES, _, in_use, speaking
from latsar_sync.store import accounts
from latsar_sync.web.context import KEPT, OIDC, Desk
from latsar_sync.web.provider import Provider, error_code

COOKIE = "latsar_oidc"
BEGIN = "/sign-in/oidc"
RETURN = f"{BEGIN}/return"
LASTS_MINUTES = 10
ONCE = RateLimitItemPerMinute(1, LASTS_MINUTES)
"""A sign-in that was begun comes back once."""
NO_REFERRER = {"Referrer-Policy": "no-referrer"}  # the address of the return holds a code

Parameter = Annotated[str, Query(max_length=4000)]
log = structlog.get_logger(__name__)


def pages(desk: Desk) -> APIRouter:
    """Return the pages of the provider's door; none where no provider is configured."""
    router = APIRouter()
    service = desk.settings.service
    home = service.public_url
    if service.oidc is None or home is None:
        return router
    provider = Provider(service.oidc, home + RETURN, desk.clock)
    seal = URLSafeSerializer(accounts.session_key(desk.database), salt=COOKIE)

    def refuse(request: Request, status: int, message: str, remedy: str) -> Response:
        answer = desk.page(
            request, "refused.html", None, status, message=message, remedy=remedy, back="/sign-in", here="/sign-in"
        )
        answer.headers.update(NO_REFERRER)
        return answer

    def refuse_too_many(request: Request) -> Response:
        return refuse(request, 429, _("Too many tries from your address."), _("Wait five minutes, then try again."))

    @router.get(BEGIN)
    def begin(request: Request) -> Response:
        """Send somebody to the provider."""
        if not desk.may_knock(_address(request)):
            return refuse_too_many(request)
        flow = {"state": secrets.token_urlsafe(24), "nonce": secrets.token_urlsafe(24)}
        flow["verifier"] = secrets.token_urlsafe(48)
        try:
            way = provider.way_in(**flow)
        except (SiteUnavailable, SiteRefuses) as error:
            log.warning("the sign-in provider cannot be used", reason=error.errorcode)
            return refuse(request, 503, error.message, error.remedy)
        look = {name: request.session[name] for name in KEPT if name in request.session}
        answer = RedirectResponse(way, 303)
        answer.set_cookie(
            COOKIE,
            seal.dumps({**flow, "began": desk.clock().isoformat(), "look": look}),
            max_age=LASTS_MINUTES * 60,
            path=desk.settings.service.public_path + BEGIN,
            secure=home.startswith("https:"),
            httponly=True,
            samesite="lax",
        )
        return answer

    @router.get(RETURN)
    def come_back(request: Request, state: Parameter = "", code: Parameter = "", error: Parameter = "") -> Response:
        """Take somebody back whom the provider sends; let them in if it proves who they are."""
        if not desk.may_knock(_address(request)):
            return refuse_too_many(request)
        flow = opened(request, state)
        if flow is None:
            return refuse(
                request,
                400,
                _("This sign-in was not begun in this browser, or it is over."),
                _("Sign in again, by way of {address}.").format(address=f"{home}/sign-in"),
            )
        request.session.update(flow["look"])
        language = flow["look"].get("language")
        with speaking(language if language in LANGUAGES else in_use()):
            answer = let_in(request, flow, code, error)
        answer.delete_cookie(COOKIE, path=desk.settings.service.public_path + BEGIN)
        return answer

    def opened(request: Request, state: str) -> dict[str, Any] | None:
        """Return what was begun in this browser under this state and has not come back yet; None if nothing."""
        try:
            flow: dict[str, Any] = seal.loads(request.cookies.get(COOKIE, ""))
        except BadData:
            return None
        began = datetime.fromisoformat(flow["began"])
        in_time = began <= desk.clock() < began + timedelta(minutes=LASTS_MINUTES)
        if not in_time or not compare_digest(flow["state"].encode(), state.encode()):
            return None
        return flow if desk.limiter.hit(ONCE, OIDC, state) else None

    def let_in(request: Request, flow: dict[str, Any], code: str, error: str) -> Response:
        if error or not code:
            what = error_code(error)
            log.info("the sign-in provider let somebody not in", reason=what)
            message = _("{name} did not sign you in ({what}).").format(name=provider.name, what=what)
            return refuse(request, 403, message, _("Sign in again, or with your password of latsar-sync."))
        try:
            identity = provider.identity(code, flow["nonce"], flow["verifier"])
        except SiteUnavailable as trouble:
            log.warning("the sign-in provider cannot be used", reason=trouble.errorcode)
            return refuse(request, 503, trouble.message, trouble.remedy)
        except SiteRefuses as trouble:
            desk.knocked_in_vain(_address(request), trouble.errorcode)
            return refuse(request, 403, trouble.message, trouble.remedy)
        with desk.database.reading() as connection:
            account = accounts.find_account(connection, identity)
        if account is None:
            desk.knocked_in_vain(_address(request), "no account")
            return refuse(
                request,
                403,
                _("{name} knows you as {identity}, but there is no account of that name here.").format(
                    name=provider.name, identity=identity
                ),
                _("Ask the administrator of latsar-sync for one. An identity at the provider alone lets nobody in."),
            )
        desk.sign_in(request, account, OIDC)
        answer = desk.page(request, "signed_in.html", account, here="/")
        answer.headers.update(NO_REFERRER)
        return answer

    @router.get(f"{BEGIN}/left")
    def left(request: Request) -> Response:
        """Say after signing out that the provider has a session of its own."""
        return desk.page(request, "signed_out.html", None, way_out=provider.way_out())

    return router


def _address(request: Request) -> str:
    return request.client.host if request.client else ""
