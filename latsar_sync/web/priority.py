"""The page of priority: who is preferred, who fills what is left, and from when (*diutamakan*, rule 14)."""

from fastapi import APIRouter, Response

from latsar_sync.domain.decision import Outcome
from latsar_sync.domain.entry import HOLDS_A_SEAT, Admission
from latsar_sync.shapes.priority import priority_json
from latsar_sync.store import reports
from latsar_sync.web.dependencies import Context, Page, Programme, Reader

SHOWN = 200
"""People by name in each list; the rest is counted."""

router = APIRouter()


@router.get("/programmes/{name}/priority")
def show_priority(context: Context, page: Page, account: Reader, programme: Programme) -> Response:
    """Show the seats of each angkatan by whose they are, who fills now, and who would."""
    with context.database.reading() as connection:
        rows = [row for row in reports.participant_rows(connection, [programme.id]) if not row["merged_into"]]
    shape = priority_json(programme, rows, context.settings.today(context.clock(), programme.id))
    fills = [row for row in rows if row["admission"] == Admission.FILLED and row["state"] in HOLDS_A_SEAT]
    waits = [row for row in rows if row["outcome"] == Outcome.NOT_YET and row["state"] not in HOLDS_A_SEAT]
    waits = waits if shape["fill_from"] else []
    shown = len(fills[:SHOWN]) + len(waits[:SHOWN])
    if shown:
        context.note(account, "priority", programme.id, shown)
    return page.show(
        "priority.html",
        account,
        programme=programme,
        priority=shape,
        fills=fills[:SHOWN],
        fills_more=max(0, len(fills) - SHOWN),
        waits=waits[:SHOWN],
        waits_more=max(0, len(waits) - SHOWN),
    )
