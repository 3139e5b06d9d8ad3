"""What a page answers when it cannot do what it was asked: a sentence, a remedy if there is one, the way back.

A form comes back on its own page, with what was typed; anything else gets a page that says so.
"""

from urllib.parse import urlencode, urlsplit

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from sqlalchemy.exc import DataError, SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException as StarletteHTTPException

from latsar_sync.actions.typed_text import LONGEST_TEXT
from latsar_sync.domain.account import Account
from latsar_sync.domain.errors import AlreadyDone, LatsarError, NotReady, SeenChanged, UsageError
from latsar_sync.domain.language import _, mark
from latsar_sync.store import action_keys
from latsar_sync.web import api_problems, sessions, words
from latsar_sync.web.context import PageContext
from latsar_sync.web.database_refusals import why_refused
from latsar_sync.web.refused_forms import (
    TYPED,
    GoneBack,
    Refusal,
    StaleForm,
    is_ours,
    key_of,
    page_of,
    show_again,
    typed_into,
)
from latsar_sync.web.sessions import SignInNeeded
from latsar_sync.web.sign_in import seal
from latsar_sync.web.templating import WebPage

STATUS_TEXTS = {
    403: mark("This account may not do that."),
    404: mark("There is no such page, or this account may not see it."),
    405: mark("This address only takes a form, and none was sent. Nothing was done."),
    422: mark("The form was not filled in as expected."),
}
OTHERWISE = mark("That did not work.")
CONFLICTS = (NotReady, SeenChanged)


def add_refusals(app: FastAPI) -> None:
    """Let an application answer its errors by pages."""
    app.add_exception_handler(SignInNeeded, send_to_sign_in)
    app.add_exception_handler(AlreadyDone, go_on)
    app.add_exception_handler(GoneBack, go_back)
    app.add_exception_handler(LatsarError, refuse)
    app.add_exception_handler(SQLAlchemyError, refuse_without_database)
    app.add_exception_handler(StarletteHTTPException, refuse_by_status)
    app.add_exception_handler(RequestValidationError, refuse_by_status)


async def send_to_sign_in(request: Request, _error: Exception) -> Response:
    """Lead whoever is not signed in to the sign-in page, and from there to what was asked for.

    A form that was sent goes along: what was typed into it stands in it again after signing in.
    """
    if request.method == "POST":
        context: PageContext = request.app.state.context
        typed, here = await typed_into(request), await page_of(request)
        if here is None:
            return RedirectResponse("/sign-in", 303)
        page = WebPage(request, context.templates, context.database)
        return page.show("sign_in.html", None, 401, trouble="over", to=here, form=seal(context, typed))
    asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return RedirectResponse("/sign-in" + (f"?{urlencode({'to': asked})}" if asked != "/" else ""), 303)


async def go_on(request: Request, error: Exception) -> Response:
    """Answer a form that was taken before as if it had been taken now, and say so."""
    context: PageContext = request.app.state.context
    return WebPage(request, context.templates, context.database).go_to(await page_of(request) or "/", str(error))


async def go_back(request: Request, _error: Exception) -> Response:
    """Show the form again with what was typed and ticked, to be changed; nothing was recorded."""
    return await show_again(request, None) or RedirectResponse("/", 303)


async def refuse(request: Request, error: Exception) -> Response:
    """Tell what one of our errors says."""
    if not isinstance(error, LatsarError):
        raise error
    return await _refused(request, Refusal(_status_of(error), error.message, error.remedy, error.details))


async def refuse_without_database(request: Request, error: Exception) -> Response:
    """Tell that the database is away, or that it cannot keep or compare what was sent."""
    if isinstance(error, DataError):
        return await _refused(request, Refusal(422, _(STATUS_TEXTS[422])))
    said, remedy = why_refused(error)
    await _keep_what_was_typed(request)
    return _page(request, None, Refusal(503, said, remedy))


async def refuse_by_status(request: Request, error: Exception) -> Response:
    """Tell in our words what a status means; a form that cannot be read is 422."""
    if isinstance(error, RequestValidationError):
        return await _refused(request, _unfitting(error))
    status = error.status_code if isinstance(error, HTTPException | StarletteHTTPException) else 422
    if request.url.path.startswith("/api/"):
        return api_problems.answer(status, api_problems.DESCRIPTIONS.get(status, ""))
    return await _refused(request, Refusal(status, _(STATUS_TEXTS.get(status, OTHERWISE))))


async def too_large(request: Request, said: str, remedy: str) -> Response:
    """Tell that what was sent is too large; its form is not read, so it cannot stand there again."""
    return _page(request, await run_in_threadpool(_account_of, request), Refusal(413, said, remedy))


async def broken_off(request: Request, fault: LatsarError) -> Response:
    """Tell that the program has a fault."""
    account = await run_in_threadpool(_account_of, request)
    return _page(request, account, Refusal(500, fault.message, fault.remedy))


def _status_of(error: LatsarError) -> int:
    if isinstance(error, StaleForm):
        return 403
    if isinstance(error, CONFLICTS):
        return 409
    return 400 if isinstance(error, UsageError) else 503


def _unfitting(error: RequestValidationError) -> Refusal:
    """Tell of the first field that is too long by its name, or of the file that lacks, else of the form as a whole."""
    for each in error.errors():
        name = str(each["loc"][-1])
        if name == "file":  # a browser sends an empty text where none was chosen
            return Refusal(422, _("No file was chosen."), _("Choose it, then send the form again."))
        if each["type"] == "string_too_long" and name in words.FIELDS:
            most = min(int(each["ctx"]["max_length"]), LONGEST_TEXT)
            said = _("{option} is longer than {number} characters.").format(option=words.field(name), number=most)
            return Refusal(422, said, _("Say it in fewer words."))
    return Refusal(422, _(STATUS_TEXTS[422]))


async def _refused(request: Request, refusal: Refusal) -> Response:
    if await run_in_threadpool(_was_taken, request, await key_of(request)):
        return await go_on(request, AlreadyDone())
    again = await show_again(request, refusal)
    await _keep_what_was_typed(request)
    return again or _page(request, await run_in_threadpool(_account_of, request), refusal)


async def _keep_what_was_typed(request: Request) -> None:
    """Let a page without the form show what was typed into it, to be copied."""
    if request.method == "POST":
        request.scope[TYPED] = await typed_into(request)


def _was_taken(request: Request, key: str | None) -> bool:
    """Say whether a form was taken before; what it was about is not there any more, so it fails now."""
    account = _account_of(request) if key else None
    if account is None or not key:
        return False
    context: PageContext = request.app.state.context
    with context.database.reading() as connection:
        return action_keys.find(connection, account.name, key) is not None


def _account_of(request: Request) -> Account | None:
    """Return who asks, so that the page that refuses them does not look as if they were signed out."""
    context: PageContext = request.app.state.context
    try:
        return sessions.find_account(sessions.of(request), context.database, context.clock())
    except (sessions.SignInNeeded, SQLAlchemyError):
        return None


def _page(request: Request, account: Account | None, refusal: Refusal) -> Response:
    context: PageContext = request.app.state.context
    back = _back(request, context.settings.service.public_path)
    page = WebPage(request, context.templates, context.database)
    return page.show("refused.html", account, refusal.status, back=back, here=back, refused=refusal)


def _back(request: Request, prefix: str) -> str:
    """Return the page that a person came from, below ``prefix``, if it was one of ours."""
    try:
        came_from = urlsplit(request.headers.get("referer", ""))
    except ValueError:
        return "/"
    back = came_from.path.removeprefix(prefix) + (f"?{came_from.query}" if came_from.query else "")
    was_ours = came_from.netloc == request.url.netloc and came_from.path.startswith(f"{prefix}/")
    return back if was_ours and is_ours(back) else "/"
