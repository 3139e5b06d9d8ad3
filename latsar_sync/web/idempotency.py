"""A call of the API with a key (``Idempotency-Key``) is done once: sent again, it gets the same answer again."""

import json
import re
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator, Mapping
from hashlib import sha256
from typing import Any

from fastapi import Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.params import Form
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from latsar_sync.domain.errors import AlreadyDone, LatsarError
from latsar_sync.domain.spelling import seen
from latsar_sync.store import accounts, action_keys
from latsar_sync.store.access import Access, note_accesses
from latsar_sync.web import api_problems
from latsar_sync.web.context import NOTED, PageContext

HEADER = "Idempotency-Key"
LONGEST_KEY = 64
Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class OnceRoute(APIRoute):
    """A route whose calls with the same key are taken once; what was refused may be sent again with its key.

    A body of another kind than the described one is refused (415) before it is read, and a parameter that the call does
    not have (422): what was meant to narrow a list, and is misspelt, must not give all of it. So is one that stands
    twice or is empty, and a body that says a key twice: which of the two was meant? And an ``If-Match`` where nothing
    is compared: whoever sends one believes that nothing is done if something has changed.
    """

    def get_route_handler(self) -> Handler:
        """Return what answers a call."""
        original = super().get_route_handler()
        body = self.body_field
        is_form = body is not None and isinstance(body.field_info, Form)
        kind = "multipart/form-data" if is_form else "application/json"
        parameters = set(_parameters(self.dependant))
        compares = any(each.alias == "if-match" for each in self.dependant.header_params)

        async def handler(request: Request) -> Response:
            sent = request.headers.get("content-type", kind).partition(";")[0].strip().lower()
            if body is not None and sent != kind:
                return api_problems.answer(415, api_problems.DESCRIPTIONS[415], f"Send it as {kind}.")
            if not parameters.issuperset(request.query_params.keys()):
                there_are = f"There are: {', '.join(sorted(parameters)) or 'none'}."
                return api_problems.answer(
                    422, "The address holds a parameter that this call does not have.", there_are
                )
            sent_empty = [name for name, value in request.query_params.multi_items() if not seen(value)]
            if sent_empty:
                text = f"The parameter {sent_empty[0]} is empty in the address."
                return api_problems.answer(422, text, "Give its value, or leave it out.")
            asked = Counter(name for name, _value in request.query_params.multi_items())
            if asked and max(asked.values()) > 1:
                name = max(asked, key=asked.__getitem__)
                return api_problems.answer(422, f"The parameter {name} stands twice in the address.", "Send it once.")
            if request.method == "POST" and not compares and "if-match" in request.headers:
                return api_problems.answer(422, "This call compares nothing with If-Match.", "Send it without.")
            if body is not None and not is_form and (twice := _key_said_twice(await request.body())) is not None:
                return api_problems.answer(422, f"{twice} stands twice in the same object.", "Send it once.")
            key = request.headers.get(HEADER, "") if request.method == "POST" else ""
            account = await run_in_threadpool(account_name, request) if key else None
            if not key or account is None:
                return await original(request)
            if len(key) > LONGEST_KEY:
                return api_problems.answer(422, f"{HEADER} is longer than {LONGEST_KEY} characters.")
            return await _once(request, original, account, key)

        return handler


def _key_said_twice(content: bytes) -> str | None:
    """Return which key stands twice in one object of a JSON text, of which the last would count; None if none does."""
    twice: list[str] = []

    def look(pairs: list[tuple[str, Any]]) -> None:
        names = Counter(name for name, _value in pairs)
        twice.extend(name for name, times in names.items() if times > 1)

    try:
        json.loads(content, object_pairs_hook=look)
    except (ValueError, RecursionError):
        return None  # it is refused as such
    if not twice:
        return None
    return f"The key {twice[0]}" if re.fullmatch("[a-z_]{1,40}", twice[0]) else "A key"  # nothing else is said back


def _parameters(dependant: Dependant) -> Iterator[str]:
    """Yield the parameters that the address of a call may have, those that its dependencies read among them."""
    yield from (each.alias for each in dependant.query_params)
    for each in dependant.dependencies:
        yield from _parameters(each)


async def _once(request: Request, original: Handler, account: str, key: str) -> Response:
    context: PageContext = request.app.state.context
    asked = f"{request.method} {request.url.path}?{request.url.query}\n".encode() + await _content(request)
    digest = sha256(asked).hexdigest()
    before = await run_in_threadpool(_taken_before, context, account, key, digest)
    if before is not None:
        await request.close()  # the files of its form, which nobody reads now
        return before
    noted: list[Access] = []
    before_this = NOTED.set(noted)
    try:
        response = await original(request)
    except BaseException as error:
        if not noted or isinstance(error, (LatsarError, HTTPException)):  # what failed at its note was done
            await run_in_threadpool(_give_back, context, account, key)
        raise
    finally:
        NOTED.reset(before_this)
    if response.status_code >= 400:
        await run_in_threadpool(_give_back, context, account, key)
    else:
        told = {
            "status": response.status_code,
            "body": json.loads(bytes(response.body)),
            "people": [[each.programme, each.people, each.participant_id] for each in noted if each.people],
        }
        await run_in_threadpool(_keep, context, account, key, told)
    return response


async def _content(request: Request) -> bytes:
    """Return what a call sends; of a form its parts, since what stands between them is another each time."""
    body = await request.body()
    if not request.headers.get("content-type", "").startswith("multipart/"):
        return body
    parts: list[bytes] = []
    try:
        form = await request.form()
    except HTTPException:
        return body  # it is refused as such
    for name, value in form.multi_items():
        parts.append(name.encode())
        if isinstance(value, str):
            parts.append(value.encode())
        else:
            parts += [(value.filename or "").encode(), await value.read()]
            await value.seek(0)
    return b"\0".join(sha256(part).digest() for part in parts)


def account_name(request: Request) -> str | None:
    """Return whose token a call carries, None if nobody's."""
    context: PageContext = request.app.state.context
    scheme, _blank, token = request.headers.get("authorization", "").partition(" ")
    if scheme.casefold() != "bearer":
        return None
    with context.database.reading() as connection:
        account = accounts.account_of_token(connection, token)
    return account.name if account else None


def _taken_before(context: PageContext, account: str, key: str, digest: str) -> Response | None:
    """Take a key; return the answer of before if it was taken, None if it is new."""
    try:
        with context.database.writing() as connection:
            action_keys.claim(connection, account, key, context.clock(), digest)
    except AlreadyDone:
        with context.database.reading() as connection:
            found = action_keys.find(connection, account, key)
        if found is None or found["digest"] != digest:
            return api_problems.answer(422, f"This {HEADER} was used for another call.")
        if found["answer"] is None:
            return api_problems.answer(
                409, "The same call is being answered, or was broken off; look whether it is done."
            )
        _note_again(context, account, found["answer"])
        return JSONResponse(found["answer"]["body"], found["answer"]["status"], {"Idempotency-Replayed": "true"})
    return None


def _note_again(context: PageContext, account: str, answer: Mapping[str, Any]) -> None:
    """Note whose data an answer shows that is given once more, before it is given (rule 16)."""
    now = context.clock()
    noted = [Access(now, account, "api", "answer again", *each) for each in answer.get("people", ())]
    with context.database.writing() as connection:
        note_accesses(connection, noted)


def _give_back(context: PageContext, account: str, key: str) -> None:
    with context.database.writing() as connection:
        action_keys.give_back(connection, account, key)


def _keep(context: PageContext, account: str, key: str, told: dict[str, Any]) -> None:
    with context.database.writing() as connection:
        action_keys.keep_answer(connection, account, key, told)
