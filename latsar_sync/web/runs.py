"""The page of runs: what was done, what a guard holds, asking for a run, accepting a held one, live progress."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _
from latsar_sync.domain.records import Finding
from latsar_sync.domain.request import STEP_TEXTS, Step
from latsar_sync.store import queue, runs, searches
from latsar_sync.store.accounts import Account
from latsar_sync.store.leases import holders
from latsar_sync.store.queue import RunRequest
from latsar_sync.web.context import Desk, Field, SignInNeeded, require_acting
from latsar_sync.web.programmes import condition

LOOK_EVERY_SECONDS = 0.5
RUNS_SHOWN = 50
PEOPLE_SHOWN = 500
"""Of a plan; the rest is counted."""


def pages(desk: Desk) -> APIRouter:
    """Return the page of runs, the addresses of its forms, and the live progress of a programme."""
    router = APIRouter()
    Reader = Annotated[Account, Depends(desk.reader)]  # noqa: N806  # a type, made of this desk
    RunNumber = Annotated[int, Form(ge=1, le=2**31 - 1)]  # noqa: N806  # a type

    def require_held(name: str, run: int) -> None:
        with desk.database.reading() as connection:
            found = runs.find_run(connection, name, run)
        if found is None or not found.findings:
            raise UsageError(_("A guard did not hold this run."), _("Look at the page of runs again."))

    @router.get("/programmes/{name}/runs")
    def past_runs(request: Request, account: Reader, name: str) -> Response:
        chosen = desk.programme(account, name)
        known = condition(desk, chosen)
        with desk.database.reading() as connection:
            history = runs.recorded_runs(connection, name, RUNS_SHOWN)
            plan = _plan_of(queue.last_plan(connection, name), known["held"])
            planned = {
                line["participant_id"]: line["angkatan"] for line in (plan or {"lines": []})["lines"][:PEOPLE_SHOWN]
            }
            people = [
                {**row, "planned_angkatan": planned[row["participant_id"]]}
                for row in searches.people_of(connection, list(planned))
            ]
            findings = known["held"].findings if known["held"] else ()
            concerned = {row["participant_id"]: row for row in searches.people_of(connection, _concerned(findings))}
        if people or concerned:
            desk.note(account, "plan", name, len(concerned.keys() | planned.keys()))
        return desk.page(
            request,
            "runs.html",
            account,
            **known,
            history=history,
            plan=plan,
            people=people,
            concerned=concerned,
            shown=PEOPLE_SHOWN,
            may_act=account.may_act(name),
        )

    @router.post("/programmes/{name}/sync")
    def sync(request: Request, account: Reader, name: str, csrf: Field, full: Field = "") -> Response:
        desk.programme(account, name)
        require_acting(request, account, name, csrf)
        queue.ask(desk.database, name, "full" if full else "incremental", "", account.name, desk.clock())
        desk.note(account, "sync full" if full else "sync", name)
        return desk.back_to(request, f"/programmes/{name}/runs", _("Asked for. The service begins in a moment."))

    @router.post("/programmes/{name}/preview")
    def preview(request: Request, account: Reader, name: str, csrf: Field, run: RunNumber) -> Response:
        desk.programme(account, name)
        require_acting(request, account, name, csrf)
        require_held(name, run)
        queue.ask(desk.database, name, queue.PREVIEW, str(run), account.name, desk.clock())
        desk.note(account, f"preview run {run}", name)
        said = _("Asked for. Nothing is sent; the list stands here in a moment.")
        return desk.back_to(request, f"/programmes/{name}/runs", said)

    @router.post("/programmes/{name}/accept")
    def accept(request: Request, account: Reader, name: str, csrf: Field, run: RunNumber) -> Response:
        desk.programme(account, name)
        require_acting(request, account, name, csrf)
        require_held(name, run)
        queue.ask(desk.database, name, queue.ACCEPT, str(run), account.name, desk.clock())
        desk.note(account, f"accept run {run}", name)
        return desk.back_to(request, f"/programmes/{name}/runs", _("Accepted. The service runs again in a moment."))

    @router.get("/programmes/{name}/progress")
    async def progress(request: Request, name: str) -> Response:
        # a page that is left open does not make the session last
        account = await run_in_threadpool(desk.still_reader, request)
        desk.programme(account, name)

        async def events() -> AsyncIterator[str]:
            told = None
            while not await request.is_disconnected():
                try:
                    await run_in_threadpool(desk.still_reader, request)
                except SignInNeeded:
                    return
                now = await run_in_threadpool(_under_way, desk, name)
                if now != told:
                    told = now
                    yield f"data: {json.dumps(now, ensure_ascii=False)}\n\n"
                await asyncio.sleep(LOOK_EVERY_SECONDS)

        return StreamingResponse(events(), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})

    return router


def _concerned(findings: Sequence[Finding]) -> list[str]:
    """Return the people whom findings are about, as many of each as a page shows."""
    return sorted({who for finding in findings for who in finding.people[:PEOPLE_SHOWN]})


def _plan_of(plan: Any, held: runs.ProgrammeRun | None) -> Any:
    """Return a preview if it shows what releasing exactly these findings would send, else None."""
    if held is None or plan is None:
        return None
    return plan if plan["looked_at"] == sorted({finding.key for finding in held.findings}) else None


def _under_way(desk: Desk, name: str) -> dict[str, object]:
    """Return what is asked for and under way in a programme, and how many have ended, for the live line of a page."""
    with desk.database.reading() as connection:
        open_requests = queue.open_requests(connection, name)
        ended = queue.count_finished(connection, name)
    lines = [_line(request) for request in open_requests]
    held = any(each.programme == name and not each.is_dead(desk.clock()) for each in holders(desk.database))
    if held and all(each.state != queue.RUNNING for each in open_requests):
        lines.append(_("A run by command is under way."))
    return {"lines": lines, "last": ended}


def _line(request: RunRequest) -> str:
    if request.state != queue.RUNNING:
        if request.manual:
            return _("Waiting for the service; asked for by {name}.").format(name=request.requested_by)
        return _("Waiting for the service; asked for by the schedule.")
    if not request.step:
        return _("Beginning.")
    text = _(STEP_TEXTS[Step(request.step)])
    count = f" ({request.step_count})" if request.step_count else ""
    return _("Step {step} of {steps}: {text}").format(step=request.step, steps=len(Step), text=text) + count
