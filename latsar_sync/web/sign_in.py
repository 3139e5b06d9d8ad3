"""Signing in and out, and the language of the pages."""

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from latsar_sync.domain.language import LANGUAGES
from latsar_sync.store import accounts
from latsar_sync.web.context import OIDC, Desk, SignInNeeded, forget, require_token

THEMES = ("light", "dark")
Field = Annotated[str, Form(max_length=200)]


def pages(desk: Desk) -> APIRouter:
    """Return the pages at the door."""
    router = APIRouter()

    @router.get("/sign-in")
    def sign_in_page(request: Request) -> Response:
        try:
            desk.signed_in(request)
        except SignInNeeded:
            return desk.page(request, "sign_in.html", None)
        return RedirectResponse("/", 303)

    @router.post("/sign-in")
    def sign_in(request: Request, name: Field, password: Field) -> Response:
        address = request.client.host if request.client else ""
        if not desk.may_try(name, address):
            return desk.page(request, "sign_in.html", None, 429, trouble="many", name=name)
        with desk.database.reading() as connection:
            account = accounts.check_password(connection, name, password)
        if account is None:
            desk.went_wrong(name, address)
            return desk.page(request, "sign_in.html", None, 401, trouble="wrong", name=name)
        desk.sign_in(request, account)
        return RedirectResponse("/", 303)

    @router.post("/sign-out")
    def sign_out(request: Request, csrf: Field) -> Response:
        require_token(request, csrf)
        by = request.session.get("by")
        forget(request)
        return RedirectResponse("/sign-in/oidc/left" if by == OIDC else "/sign-in", 303)

    @router.post("/look")
    def look(request: Request, language: Field = "", theme: Field = "", back: Field = "/") -> Response:
        """Choose language and colours of this session's pages."""
        if language in LANGUAGES:
            request.session["language"] = language
        if theme in THEMES:
            request.session["theme"] = theme
        return RedirectResponse(back if back.startswith("/") and not back.startswith("//") else "/", 303)

    return router
