"""The pages of programmes as a whole: what is on fire, what needs somebody today, how far the people have come."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from fastapi.responses import RedirectResponse

from latsar_sync.shapes.funnel import Funnel
from latsar_sync.web.dependencies import Context, Page, PageNumber, Programme, Reader, SignedIn
from latsar_sync.web.overview import last_day_of_trend, line_of, overview, overview_in_brief, tasks, trend

ROWS = 100
"""Angkatan on one page of the table."""
SORTS: dict[str, Callable[[Funnel], Any]] = {
    "angkatan": lambda part: 0,
    "enrolled": lambda part: -part.people["enrolled"],
    "qualified": lambda part: -part.outcomes["qualified"],
    "seats": lambda part: -part.seats - part.others,
    "confirmed": lambda part: -part.people["confirmed"],
    "waitlisted": lambda part: -part.waitlisted,
    "review": lambda part: -part.review,
}
"""By what angkatan are put in order; the configuration's own order first."""

URGENT = ("bad", "warn")
"""Of these conditions the programmes come first in their list, which may be long."""

router = APIRouter()


@router.get("/")
def home(account: SignedIn) -> Response:
    """Lead to the first page of an account."""
    return RedirectResponse("/classes" if account.courses is not None else "/programmes", 303)


@router.get("/programmes")
def list_programmes(context: Context, page: Page, account: Reader) -> Response:
    """List the programmes of an account, each with its condition; what somebody must look at stands above the rest."""
    overviews = [overview_in_brief(context, each) for each in context.programmes(account)]
    return page.show("programmes.html", account, programmes=sorted(overviews, key=_urgency))


def _urgency(known: Mapping[str, Any]) -> int:
    kind = known["state"].kind
    return URGENT.index(kind) if kind in URGENT else len(URGENT)


@router.get("/programmes/{name}")
def show_programme(
    context: Context,
    page: Page,
    account: Reader,
    programme: Programme,
    sort: Annotated[str, Query(max_length=20)] = "angkatan",
    number: PageNumber = 1,
) -> Response:
    """Show one programme."""
    known = overview(context, programme)
    sort = sort if sort in SORTS else "angkatan"
    parts = sorted(known["angkatan_funnels"], key=SORTS[sort])
    last = max(1, -(-len(parts) // ROWS))
    number = min(number, last)
    points = trend(context, programme)
    trend_ends = last_day_of_trend(points, known["next_start"])
    return page.show(
        "programme.html",
        account,
        known=known,
        tasks=tasks(context, programme, known["whole"]),
        parts=parts[(number - 1) * ROWS : number * ROWS],
        sort=sort,
        number=number,
        last=last,
        points=points,
        trend_ends=trend_ends,
        line=line_of(points, trend_ends),
        may_act=account.may_act(programme.id),
    )
