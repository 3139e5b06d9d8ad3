"""The pages of programmes as a whole: how far their people have come, what is ill, what comes next."""

from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from latsar_sync.domain.model import RunOutcome
from latsar_sync.service.schedules import timetables
from latsar_sync.settings import ProgrammeSettings
from latsar_sync.shapes.funnel import funnels
from latsar_sync.store import queue, runs, searches, site_health
from latsar_sync.store.accounts import Account
from latsar_sync.store.daemons import living_daemons
from latsar_sync.store.leases import holders
from latsar_sync.web.context import Desk


def pages(desk: Desk) -> APIRouter:
    """Return the pages of programmes."""
    router = APIRouter()
    Reader = Annotated[Account, Depends(desk.reader)]  # noqa: N806  # a type, made of this desk

    @router.get("/")
    def home(account: Annotated[Account, Depends(desk.signed_in)]) -> Response:
        return RedirectResponse("/classes" if account.classes is not None else "/programmes", 303)

    @router.get("/programmes")
    def programmes(request: Request, account: Reader) -> Response:
        return desk.page(
            request, "programmes.html", account, programmes=[overview(desk, each) for each in desk.programmes(account)]
        )

    @router.get("/programmes/{name}")
    def programme(request: Request, account: Reader, name: str) -> Response:
        chosen = desk.programme(account, name)
        return desk.page(request, "programme.html", account, **overview(desk, chosen), may_act=account.may_act(name))

    return router


def overview(desk: Desk, programme: ProgrammeSettings) -> dict[str, Any]:
    """Return what is known of a programme as a whole: its condition, and how far its people have come."""
    with desk.database.reading() as connection:
        whole, parts = funnels(programme, searches.standing(connection, programme.id))
    return {**condition(desk, programme), "whole": whole, "angkatan_funnels": parts}


def condition(desk: Desk, programme: ProgrammeSettings) -> dict[str, Any]:
    """Return how a programme is: last and next run, what a guard holds, what is ill, what is under way."""
    now = desk.clock()
    with desk.database.reading() as connection:
        last = next(iter(runs.recorded_runs(connection, programme.id, 1)), None)
        good = runs.last_good_run(connection, programme.id)
        telling = runs.last_telling_run(connection, programme.id)
        ill = [each for name, each in site_health.ill_sites(connection).items() if name in programme.sites]
        asked = queue.open_requests(connection, programme.id)
    stale_after = timedelta(hours=float(desk.settings.service.stale_after))
    held = telling if telling is not None and telling.outcome is RunOutcome.GUARDED else None
    timed = [each for each in timetables(desk.settings) if each.programme == programme.id]
    slots = [each.next_after(now) for each in timed]
    return {
        "programme": programme,
        "last_run": last,
        "good_run": good,
        "next_run": min((slot for slot in slots if slot is not None), default=None),
        "held": held,
        "stale": bool(timed)
        and (good is None or good.finished_at is None or abs(now - good.finished_at) > stale_after),
        "ill": ill,
        "asked": len(asked),
        "running": any(each.programme == programme.id and not each.is_dead(now) for each in holders(desk.database)),
        "served": bool(living_daemons(desk.database, now)),
    }
