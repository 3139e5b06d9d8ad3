"""What a page answers when it cannot do what it was asked: a sentence, a remedy if there is one, the way back."""

from urllib.parse import urlsplit

import structlog
from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException as StarletteHTTPException

from latsar_sync.domain.errors import LatsarError, LeaseHeld, NotReady, UsageError
from latsar_sync.domain.language import mark
from latsar_sync.web.context import PageContext
from latsar_sync.web.sessions import SignInNeeded
from latsar_sync.web.templating import WebPage

log = structlog.get_logger(__name__)

STATUS_TEXTS = {
    403: mark("This account may not do that."),
    404: mark("There is no such page, or this account may not see it."),
    422: mark("The form was not filled in as expected."),
}


def add_refusals(app: FastAPI) -> None:
    """Let an application answer its errors by pages."""
    app.add_exception_handler(SignInNeeded, send_to_sign_in)
    app.add_exception_handler(LatsarError, refuse)
    app.add_exception_handler(SQLAlchemyError, refuse_without_database)
    app.add_exception_handler(StarletteHTTPException, refuse_by_status)
    app.add_exception_handler(RequestValidationError, refuse_by_status)


def send_to_sign_in(_request: Request, _error: Exception) -> Response:
    """Lead whoever is not signed in to the sign-in page."""
    return RedirectResponse("/sign-in", 303)


def refuse(request: Request, error: Exception) -> Response:
    """Tell what one of our errors says."""
    if not isinstance(error, LatsarError):
        raise error
    status = 409 if isinstance(error, LeaseHeld | NotReady) else 400 if isinstance(error, UsageError) else 503
    return _refused(request, status, message=error.message, remedy=error.remedy)


def refuse_without_database(request: Request, error: Exception) -> Response:
    """Tell that the database is away."""
    log.warning("the database does not answer a page", error=type(error).__name__)
    return _refused(request, 503, message_text=mark("The database does not answer. Try again in a moment."))


def refuse_by_status(request: Request, error: Exception) -> Response:
    """Tell in our words what a status means; a form that cannot be read is 422."""
    status = error.status_code if isinstance(error, HTTPException | StarletteHTTPException) else 422
    return _refused(request, status, message_text=STATUS_TEXTS.get(status, mark("That did not work.")))


def _refused(request: Request, status: int, **said: str | None) -> Response:
    context: PageContext = request.app.state.context
    back = _back(request, context.settings.service.public_path)
    return WebPage(request, context.templates).show("refused.html", None, status, back=back, **said)


def _back(request: Request, prefix: str) -> str:
    """Return the page that a person came from, below ``prefix``, if it was one of ours."""
    came_from = urlsplit(request.headers.get("referer", ""))
    if came_from.netloc != request.url.netloc or not came_from.path.startswith(f"{prefix}/"):
        return "/"
    return came_from.path.removeprefix(prefix) + (f"?{came_from.query}" if came_from.query else "")
