"""The pages of programmes as a whole: how far their people have come, what is ill, what comes next."""

from datetime import timedelta
from typing import Any

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse

from latsar_sync.domain.request import RunOutcome
from latsar_sync.service.timetables import timetables
from latsar_sync.settings import ProgrammeSettings
from latsar_sync.shapes.funnel import funnels
from latsar_sync.store import queue, runs, searches, site_health
from latsar_sync.store.daemons import living_daemons
from latsar_sync.store.leases import holders
from latsar_sync.web.context import PageContext
from latsar_sync.web.dependencies import Context, Page, Programme, Reader, SignedIn

router = APIRouter()


@router.get("/")
def home(account: SignedIn) -> Response:
    """Lead to the first page of an account."""
    return RedirectResponse("/classes" if account.courses is not None else "/programmes", 303)


@router.get("/programmes")
def list_programmes(context: Context, page: Page, account: Reader) -> Response:
    """List the programmes of an account, each with its condition."""
    overviews = [overview(context, each) for each in context.programmes(account)]
    return page.show("programmes.html", account, programmes=overviews)


@router.get("/programmes/{name}")
def show_programme(context: Context, page: Page, account: Reader, programme: Programme) -> Response:
    """Show one programme."""
    may_act = account.may_act(programme.id)
    return page.show("programme.html", account, known=overview(context, programme), may_act=may_act)


def overview(context: PageContext, programme: ProgrammeSettings) -> dict[str, Any]:
    """Return what is known of a programme as a whole: its condition, and how far its people have come."""
    with context.database.reading() as connection:
        whole, parts = funnels(programme, searches.standing(connection, programme.id))
    return {**condition(context, programme), "whole": whole, "angkatan_funnels": parts}


def condition(context: PageContext, programme: ProgrammeSettings) -> dict[str, Any]:
    """Return how a programme is: last and next run, what a guard holds, what is ill, what is under way."""
    now = context.clock()
    with context.database.reading() as connection:
        last = next(iter(runs.recorded_runs(connection, programme.id, 1)), None)
        good = runs.last_good_run(connection, programme.id)
        telling = runs.last_telling_run(connection, programme.id)
        ill = [each for name, each in site_health.ill_sites(connection).items() if name in programme.sites]
        asked = queue.open_requests(connection, programme.id)
    stale_after = timedelta(hours=float(context.settings.service.stale_after))
    held = telling if telling is not None and telling.outcome is RunOutcome.GUARDED else None
    timed = [each for each in timetables(context.settings) if each.programme == programme.id]
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
        "running": any(each.programme == programme.id and not each.is_dead(now) for each in holders(context.database)),
        "served": bool(living_daemons(context.database, now)),
    }
