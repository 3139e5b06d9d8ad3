"""Signing in and out, and the language of the pages. Who signs in comes to the page that was asked for."""

import json
import secrets
import zlib
from base64 import b64decode, b64encode
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import RedirectResponse
from itsdangerous import BadData, URLSafeSerializer

from latsar_sync.domain.errors import UsageError
from latsar_sync.store import accounts
from latsar_sync.web import language_and_colours, sessions
from latsar_sync.web.context import PageContext
from latsar_sync.web.dependencies import Context, FormToken, Page, Visitor
from latsar_sync.web.refused_forms import Typed, is_ours
from latsar_sync.web.sign_in_limits import too_many_tries

Short = Annotated[str, Form(max_length=200)]
Address = Annotated[str, Form(max_length=4000)]
BROWSER_COOKIE = "latsar_browser"
BROWSER_DAYS = 180
LONGEST_WAITING_FORM = 240_000
"""Characters: a form with 2,000 people who were ticked, as it is sealed."""

router = APIRouter()


@router.get("/sign-in")
def sign_in_page(page: Page, visitor: Visitor, to: Annotated[str, Query(max_length=4000)] = "") -> Response:
    """Show the form of signing in to whoever is not signed in; ``to`` is the page that they asked for."""
    if visitor is not None:
        return RedirectResponse(to if is_ours(to) else "/", 303)
    return page.show("sign_in.html", None, to=to if is_ours(to) else "")


@router.post("/sign-in")
def sign_in(
    request: Request,
    context: Context,
    page: Page,
    name: Short,
    password: Short,
    to: Address = "",
    form: Annotated[str, Form(max_length=LONGEST_WAITING_FORM)] = "",
) -> Response:
    """Let somebody in by name and password; ``form`` is one that was sent while they were not signed in."""
    address = request.client.host if request.client else ""
    to = to if is_ours(to) else ""
    browser = _known_browser(request, context, name)
    again: dict[str, Any] = {"name": name, "to": to, "form": form}
    if not context.attempts.take(name, address, browser):
        return page.show("sign_in.html", None, 429, trouble="many", too_many=too_many_tries(), **again)
    account = accounts.check_password(context.database, name, password)
    if account is None:
        context.attempts.went_wrong(address)
        return page.show("sign_in.html", None, 401, trouble="wrong", **again)
    context.attempts.went_well(name, address, browser)
    session = sessions.of(request)
    agent = request.headers.get("user-agent", "")
    sessions.begin(session, context.database, account, context.clock(), address, agent)
    if form:
        session.hold(context.database, sessions.WAITING_FORM, _opened(context, form))
    answer = RedirectResponse(to or "/", 303)
    _remember_browser(answer, context, account.name)
    return answer


@router.post("/sign-out")
def sign_out(request: Request, context: Context, visitor: Visitor, _token: FormToken) -> Response:
    """End the session; who came by a provider is told that there is another one there."""
    session = sessions.of(request)
    by = session.by if visitor is not None else None
    sessions.end(session, context.database)
    return RedirectResponse("/sign-in/oidc/left" if by == sessions.OIDC else "/sign-in", 303)


@router.post("/look")
def choose_look(
    request: Request, context: Context, language: Short = "", theme: Short = "", back: Address = "/"
) -> Response:
    """Choose language and colours of this browser's pages."""
    answer = RedirectResponse(back if is_ours(back) else "/", 303)
    service = context.settings.service
    language_and_colours.choose(answer, request.cookies, language, theme, service.public_path, context.is_behind_tls)
    return answer


def seal(context: PageContext, typed: Typed) -> str:
    """Return a form that was sent while nobody was signed in, as the sign-in page carries it along: encrypted.

    Empty where nothing was typed, or more than a page may carry.
    """
    if not typed.fields:
        return ""
    told = json.dumps({"address": typed.address, "fields": dict(typed.fields)}).encode()
    sealed = context.hide(b64encode(zlib.compress(told)).decode())
    return sealed if len(sealed) <= LONGEST_WAITING_FORM else ""


def _opened(context: PageContext, form: str) -> Any:
    """Return the form that was sent before signing in; None if it is too old."""
    try:
        return json.loads(zlib.decompress(b64decode(context.reveal(form))))
    except UsageError:
        return None


def _serializer(context: PageContext) -> URLSafeSerializer:
    return URLSafeSerializer(accounts.session_key(context.database), salt=BROWSER_COOKIE)


def _known_browser(request: Request, context: PageContext, name: str) -> str | None:
    """Return what a browser is called in which this name has signed in before; None for any other."""
    try:
        known = _serializer(context).loads(request.cookies.get(BROWSER_COOKIE, ""))
    except BadData:
        return None
    return str(known["id"]) if known["name"] == name else None


def _remember_browser(answer: Response, context: PageContext, name: str) -> None:
    answer.set_cookie(
        BROWSER_COOKIE,
        str(_serializer(context).dumps({"id": secrets.token_urlsafe(16), "name": name})),
        BROWSER_DAYS * 86_400,
        path=(context.settings.service.public_path or "") + "/sign-in",
        secure=context.is_behind_tls,
        httponly=True,
        samesite="strict",
    )
