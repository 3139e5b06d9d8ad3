"""The page of priority: who is preferred, who fills what is left, and from when (*diutamakan*, rule 14)."""

from fastapi import APIRouter, Response

from latsar_sync.domain.decision import Outcome
from latsar_sync.domain.entry import Admission
from latsar_sync.domain.stages import SEATED, UNSEATED
from latsar_sync.shapes.priority import priority_json
from latsar_sync.store import listings, searches
from latsar_sync.store.filled_courses import others_there
from latsar_sync.store.search_conditions import Search
from latsar_sync.web.dependencies import Context, Page, PageNumber, Programme, Reader

SHOWN = 200
"""People by name in each list; the rest is counted."""
ROWS = 100
"""Angkatan on one page of the table."""
FILL = Search(admission=str(Admission.FILLED), place=SEATED)
WAIT = Search(decision=str(Outcome.NOT_YET), place=UNSEATED)

router = APIRouter()


@router.get("/programmes/{name}/priority")
def show_priority(
    context: Context,
    page: Page,
    account: Reader,
    programme: Programme,
    number: PageNumber = 1,
) -> Response:
    """Show the seats of each angkatan by whose they are, who fills now, and who would."""
    with context.database.reading() as connection:
        standing, others = searches.standing(connection, programme.id), others_there(connection, programme.id)
        fills, waits = list[listings.Row](), list[listings.Row]()
        all_fill = all_wait = 0
        if any(row["admission"] == Admission.FILLED for row in standing):
            fills, all_fill = searches.find_people(connection, programme.id, FILL, 0, SHOWN, "angkatan")
        if programme.fill_from:
            waits, all_wait = searches.find_people(connection, programme.id, WAIT, 0, SHOWN, "angkatan")
    shape = priority_json(programme, standing, others, context.settings.today(context.clock(), programme.id))
    shown = len(fills) + len(waits)
    if shown:
        context.note(account, "priority", programme.id, shown)
    last = max(1, -(-len(shape["angkatan"]) // ROWS))
    number = min(number, last)
    return page.show(
        "priority.html",
        account,
        programme=programme,
        priority=shape,
        lines=shape["angkatan"][(number - 1) * ROWS : number * ROWS],
        number=number,
        last=last,
        fills=fills,
        fills_more=all_fill - len(fills),
        waits=waits,
        waits_more=all_wait - len(waits),
    )
