"""Language and colours of a browser's pages: in a cookie of its own, which holds nothing else and outlasts sessions."""

from collections.abc import Mapping

from fastapi import Response
from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Receive, Scope, Send

from latsar_sync.domain.language import LANGUAGES, speaking

COOKIE = "latsar_look"
THEMES = ("light", "dark")
HINT = "Sec-CH-Prefers-Color-Scheme"
"""The header in which a browser that was asked says what colours its system has."""
SYSTEM = "system"
"""What is chosen to follow the system again."""
DAYS_KEPT = 365


def language_of(cookies: Mapping[str, str]) -> str | None:
    """Return the language that was chosen in this browser, None if none was."""
    chosen = cookies.get(COOKIE, "").partition(".")[0]
    return chosen if chosen in LANGUAGES else None


def theme_of(cookies: Mapping[str, str]) -> str | None:
    """Return the colours that were chosen in this browser, None if none were: then they are those of the system."""
    chosen = cookies.get(COOKIE, "").partition(".")[2]
    return chosen if chosen in THEMES else None


def theme_of_the_system(headers: Mapping[str, str]) -> str:
    """Return the colours that a browser says its system has, where it does; else light. Scripts look by themselves."""
    said = headers.get(HINT, "").strip('"')
    return said if said in THEMES else "light"


def choose(answer: Response, cookies: Mapping[str, str], language: str, theme: str, path: str, secure: bool) -> None:
    """Let a browser keep what was chosen; what is no choice leaves it as it was."""
    language = language if language in LANGUAGES else language_of(cookies) or ""
    theme = "" if theme == SYSTEM else theme if theme in THEMES else theme_of(cookies) or ""
    # lax: it is wanted after the way back from a sign-in provider, too
    answer.set_cookie(
        COOKIE,
        f"{language}.{theme}",
        DAYS_KEPT * 86_400,
        path=path or "/",
        secure=secure,
        httponly=True,
        samesite="lax",
    )


class Speaking:
    """Answers each request in the language of its browser, else in that of the configuration."""

    def __init__(self, app: ASGIApp, language: str) -> None:
        self._app, self._language = app, language

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        header = next((value for name, value in scope.get("headers", ()) if name == b"cookie"), b"")
        with speaking(language_of(cookie_parser(header.decode("latin-1"))) or self._language):
            await self._app(scope, receive, send)
