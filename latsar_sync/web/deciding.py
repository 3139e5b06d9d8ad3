"""What a signed-in person does: ask for a run, accept a held one, hold, admit, release, approve, set the threshold.

Every form carries the session's token; what was done is recorded with the account's name.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from latsar_sync import acts
from latsar_sync.errors import UsageError
from latsar_sync.language import _
from latsar_sync.model import Scale
from latsar_sync.records import OverrideKind
from latsar_sync.request import STEP_TEXTS, Step
from latsar_sync.store import queue
from latsar_sync.store.accounts import Account
from latsar_sync.store.queue import RunRequest
from latsar_sync.web.desk import Desk, require_acting, require_token
from latsar_sync.web.looking import find_person

LOOK_EVERY_SECONDS = 0.5
Field = Annotated[str, Form(max_length=2000)]


def pages(desk: Desk) -> APIRouter:
    """Return the addresses to which forms are sent, and the live progress of a programme."""
    router = APIRouter()
    Reader = Annotated[Account, Depends(desk.reader)]  # noqa: N806  # a type, made of this desk

    def allowed(request: Request, account: Account, name: str, csrf: str) -> None:
        desk.programme(account, name)
        require_acting(account, name)
        require_token(request, csrf)

    @router.post("/programmes/{name}/sync")
    def sync(request: Request, account: Reader, name: str, csrf: Field, full: Field = "") -> Response:
        allowed(request, account, name, csrf)
        scope = "full" if full else "incremental"
        queue.ask(desk.database, name, scope, "", account.name, desk.clock())
        return desk.back_to(request, f"/programmes/{name}/runs", _("Asked for. The service begins in a moment."))

    @router.post("/programmes/{name}/accept")
    def accept(request: Request, account: Reader, name: str, csrf: Field, run: Annotated[int, Form()]) -> Response:
        allowed(request, account, name, csrf)
        queue.ask(desk.database, name, queue.ACCEPT, str(run), account.name, desk.clock())
        return desk.back_to(request, f"/programmes/{name}/runs", _("Accepted. The service runs again in a moment."))

    @router.post("/people/{participant_id}/sync")
    def sync_person(request: Request, account: Reader, participant_id: str, csrf: Field) -> Response:
        row = find_person(desk, account, participant_id)
        allowed(request, account, row["programme"], csrf)
        if row["nip"] is None:
            raise UsageError(
                _("Without a usable NIP this person cannot be asked for alone."), _("Sync the whole programme.")
            )
        queue.ask(desk.database, row["programme"], "participant", row["nip"], account.name, desk.clock())
        return desk.back_to(request, f"/people/{participant_id}", _("Asked for. Look again in a moment."))

    @router.post("/people/{participant_id}/decide")
    def decide(
        request: Request,
        account: Reader,
        participant_id: str,
        csrf: Field,
        kind: Annotated[OverrideKind, Form()],
        reason: Field = "",
        until: Field = "",
    ) -> Response:
        row = find_person(desk, account, participant_id)
        allowed(request, account, row["programme"], csrf)
        acts.decide(
            desk.settings,
            desk.database,
            desk.clock,
            row["programme"],
            participant_id,
            kind,
            acts.named(_("Reason"), reason),
            account.name,
            _day(until),
        )
        return desk.back_to(request, f"/people/{participant_id}", _("Recorded. The next run acts on it."))

    @router.post("/programmes/{name}/approve")
    def approve(request: Request, account: Reader, name: str, csrf: Field, angkatan: Field) -> Response:
        allowed(request, account, name, csrf)
        number = acts.approve(desk.database, desk.clock, name, angkatan, account.name)
        said = _("{number} approved; the next run enrols them.").format(number=number)
        return desk.back_to(request, f"/programmes/{name}/roster?angkatan={angkatan}", said)

    @router.post("/programmes/{name}/threshold")
    def record_threshold(
        request: Request,
        account: Reader,
        name: str,
        csrf: Field,
        value: Field,
        scale: Annotated[Scale, Form()],
        legal_basis: Field = "",
        since: Field = "",
    ) -> Response:
        allowed(request, account, name, csrf)
        day = _day(since)
        zone = desk.settings.zone_of(desk.programme(account, name))
        acts.record_threshold(
            desk.database,
            desk.clock,
            name,
            acts.pass_limit(value, scale),
            scale,
            acts.named(_("Legal basis"), legal_basis),
            account.name,
            None if day is None else datetime(day.year, day.month, day.day, tzinfo=zone),
        )
        return desk.back_to(request, f"/programmes/{name}/threshold", _("Recorded. The next run judges by it."))

    @router.get("/programmes/{name}/progress")
    async def progress(request: Request, account: Reader, name: str) -> Response:
        desk.programme(account, name)

        async def events() -> AsyncIterator[str]:
            told = None
            while not await request.is_disconnected():
                now = await run_in_threadpool(_under_way, desk, name)
                if now != told:
                    told = now
                    yield f"data: {json.dumps(now, ensure_ascii=False)}\n\n"
                await asyncio.sleep(LOOK_EVERY_SECONDS)

        return StreamingResponse(events(), media_type="text/event-stream", headers={"Cache-Control": "no-store"})

    return router


def _under_way(desk: Desk, name: str) -> dict[str, object]:
    """Return what is asked for and under way in a programme, and the last run, for the live line of a page."""
    with desk.database.reading() as connection:
        open_requests = queue.open_requests(connection, name)
        last = queue.last_finished(connection, name)
        return {
            "lines": [_line(request) for request in open_requests],
            "last": None if last is None else last.run_id,
        }


def _line(request: RunRequest) -> str:
    if request.state != queue.RUNNING:
        return _("Waiting for the service; asked for by {name}.").format(name=request.requested_by)
    if not request.step:
        return _("Beginning.")
    text = _(STEP_TEXTS[Step(request.step)])
    count = f" ({request.step_count})" if request.step_count else ""
    return _("Step {step} of {steps}: {text}").format(step=request.step, steps=len(Step), text=text) + count


def _day(text: str) -> date | None:
    if not text.strip():
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise UsageError(_('"{text}" is no day.').format(text=text), _("Write it like 2026-12-07.")) from None
