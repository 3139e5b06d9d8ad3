"""Nothing larger than a form, or where a file is sent than a file of an office, is read; of strangers no file."""

from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from latsar_sync.domain.language import _
from latsar_sync.files.opening import MAX_BYTES
from latsar_sync.web import api_problems, refusals, sessions
from latsar_sync.web.idempotency import account_name
from latsar_sync.web.uploads import REMEDIES, SENT_TO

LARGEST_FORM = 262_144
"""Bytes: of 2,000 people who were ticked, with all that a form carries along."""


class Bounded:
    """Refuses what is too large by the size that it names, and what names none, before anything of it is read.

    A file would be read before anybody asks who sends it: one of a stranger is refused here.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        if scope["type"] != "http" or scope["method"] != "POST":
            return await self._app(scope, receive, send)
        request = Request(scope, receive)
        length, path = request.headers.get("content-length", ""), request.url.path
        sent_to = SENT_TO.fullmatch(path)
        largest = LARGEST_FORM + (MAX_BYTES if sent_to else 0)
        if length.isdecimal() and int(length) <= largest:
            if int(length) > LARGEST_FORM and not await run_in_threadpool(_is_somebody, request):
                return await _who_are_you(path)(scope, receive, send)
            return await self._app(scope, receive, send)
        said, remedy = _("What was sent is too large, or does not say how large it is."), ""
        if sent_to is not None:
            said = _("What was sent is larger than {limit} MB.").format(limit=MAX_BYTES // 1_000_000)
            remedy = _(REMEDIES[sent_to[1]])
        if path.startswith("/api/"):
            return await api_problems.answer(413, said, remedy)(scope, receive, send)
        return await (await refusals.too_large(request, said, remedy))(scope, receive, send)


def _is_somebody(request: Request) -> bool:
    """Say whether whoever sends this has an account, by session or by token as the address wants it."""
    if request.url.path.startswith("/api/"):
        return account_name(request) is not None
    context = request.app.state.context
    try:
        sessions.find_account(sessions.of(request), context.database, context.clock())
    except sessions.SignInNeeded:
        return False
    return True


def _who_are_you(path: str) -> Response:
    if path.startswith("/api/"):
        return api_problems.answer(401, "Give the token of an account.", headers={"WWW-Authenticate": "Bearer"})
    return RedirectResponse("/sign-in", 303)
