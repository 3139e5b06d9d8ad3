"""Signing in and out, and the language of the pages."""

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from latsar_sync.domain.language import LANGUAGES
from latsar_sync.store import accounts
from latsar_sync.web import sessions
from latsar_sync.web.dependencies import Context, FormToken, Page, Visitor

THEMES = ("light", "dark")
Short = Annotated[str, Form(max_length=200)]

router = APIRouter()


@router.get("/sign-in")
def sign_in_page(page: Page, visitor: Visitor) -> Response:
    """Show the form of signing in to whoever is not signed in."""
    return page.show("sign_in.html", None) if visitor is None else RedirectResponse("/", 303)


@router.post("/sign-in")
def sign_in(request: Request, context: Context, page: Page, name: Short, password: Short) -> Response:
    """Let somebody in by name and password."""
    address = request.client.host if request.client else ""
    if not context.attempts.may_try(name, address):
        return page.show("sign_in.html", None, 429, trouble="many", name=name)
    with context.database.reading() as connection:
        account = accounts.check_password(connection, name, password)
    if account is None:
        context.attempts.count(name, address)
        return page.show("sign_in.html", None, 401, trouble="wrong", name=name)
    sessions.begin(request.session, account, context.clock())
    return RedirectResponse("/", 303)


@router.post("/sign-out")
def sign_out(request: Request, _token: FormToken) -> Response:
    """End the session; who came by a provider is told that there is another one there."""
    by = request.session.get("by")
    sessions.forget(request.session)
    return RedirectResponse("/sign-in/oidc/left" if by == sessions.OIDC else "/sign-in", 303)


@router.post("/look")
def look(request: Request, language: Short = "", theme: Short = "", back: Short = "/") -> Response:
    """Choose language and colours of this session's pages."""
    if language in LANGUAGES:
        request.session["language"] = language
    if theme in THEMES:
        request.session["theme"] = theme
    return RedirectResponse(back if back.startswith("/") and not back.startswith("//") else "/", 303)
