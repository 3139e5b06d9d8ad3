"""What the API answers when it cannot do what it was asked: problem details (RFC 9457), the same for every refusal."""

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sqlalchemy.exc import DataError, SQLAlchemyError
from starlette.exceptions import HTTPException as StarletteHTTPException

from latsar_sync.domain.account import Role
from latsar_sync.domain.errors import LatsarError, NotReady, SeenChanged, UsageError
from latsar_sync.run.unexpected_errors import fault_of
from latsar_sync.web.database_refusals import why_refused
from latsar_sync.web.pages_for_commands import told_to_a_committee

MEDIA_TYPE = "application/problem+json"


class ProblemDetails(BaseModel):
    """Why a call was refused. ``changes`` tell what is other now than the caller had seen, ``problems`` each mistake of
    what was sent, or who is concerned.
    """

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    remedy: str = ""
    changes: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


DESCRIPTIONS = {
    400: "What was sent cannot be read.",
    401: "No token, or one that is nobody's.",
    403: "The account may not do this.",
    404: "No such thing, or this account may not see it.",
    405: "Not a method of this address.",
    409: "It cannot be done as things stand, must wait, or is being done right now; ``detail`` says why.",
    412: "Something else stands there now than the caller had seen (``If-Match``); nothing was done.",
    413: "Too large, or without its size (``Content-Length``).",
    415: "Not a kind of content that is understood here.",
    422: "Not as described; or the key of another call.",
    429: "Too many calls; ``Retry-After`` says for how many seconds to wait.",
    500: "A fault of the program; look whether the call was done.",
    503: "The database does not answer.",
}
REFUSALS: dict[int | str, dict[str, Any]] = {
    status: {"description": text, "content": {MEDIA_TYPE: {"schema": ProblemDetails.model_json_schema()}}}
    for status, text in DESCRIPTIONS.items()
}


def answer(
    status: int,
    detail: str,
    remedy: str = "",
    headers: dict[str, str] | None = None,
    **lines: tuple[str, ...],
) -> JSONResponse:
    """Return a refusal, with the ``changes`` or ``problems`` that stand in it as lines."""
    told = ProblemDetails(title=HTTPStatus(status).phrase, status=status, detail=detail, remedy=remedy, **lines)
    return JSONResponse(told.model_dump(), status, headers, MEDIA_TYPE)


def add_problems(api: FastAPI) -> None:
    """Let an API answer its errors by problem details."""
    api.add_exception_handler(LatsarError, refuse)
    api.add_exception_handler(SQLAlchemyError, refuse_without_database)
    api.add_exception_handler(StarletteHTTPException, refuse_by_status)
    api.add_exception_handler(RequestValidationError, refuse_unreadable)
    api.add_exception_handler(Exception, refuse_by_fault)


async def refuse(request: Request, error: Exception) -> JSONResponse:
    """Tell what one of our errors says: to an admin's program the whole, to others what a committee reads."""
    if not isinstance(error, LatsarError):
        raise error
    if isinstance(error, SeenChanged):
        remedy = "Ask what stands there now, and send that as If-Match."
        return answer(412, error.message, remedy, changes=error.details)
    account = getattr(request.state, "account", None)
    message, remedy, problems = error.message, error.remedy, error.details
    if account is None or account.role is not Role.ADMIN:
        message, remedy = told_to_a_committee(message), told_to_a_committee(remedy)
        problems = problems if error.committee_reads is None else ()
    cannot_be_done = isinstance(error, NotReady | UsageError)
    return answer(409 if cannot_be_done else 503, message, remedy, problems=problems)


async def refuse_without_database(_request: Request, error: Exception) -> JSONResponse:
    """Tell that the database is away, or that it cannot keep or compare what was sent."""
    if isinstance(error, DataError):
        return answer(422, "A text holds characters that cannot be kept, or a number is too large.")
    return answer(503, *why_refused(error))


async def refuse_by_status(_request: Request, error: Exception) -> JSONResponse:
    """Tell what a status means."""
    if not isinstance(error, HTTPException | StarletteHTTPException):
        raise error
    text = DESCRIPTIONS.get(error.status_code, "")
    detail = error.detail if error.detail != HTTPStatus(error.status_code).phrase else text or error.detail
    return answer(error.status_code, detail, headers=dict(error.headers or {}))


async def refuse_by_fault(_request: Request, error: Exception) -> JSONResponse:
    """Tell that the program has a fault, by its kind and place; the log has the whole."""
    fault = fault_of(error)
    return answer(500, fault.message, fault.remedy)


async def refuse_unreadable(_request: Request, error: Exception) -> JSONResponse:
    """Tell which parts of a call are not as described, by their places alone: what was sent is not said back."""
    if not isinstance(error, RequestValidationError):
        raise error
    places = [f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()]
    return answer(422, "; ".join(places[:20]) or DESCRIPTIONS[422])
