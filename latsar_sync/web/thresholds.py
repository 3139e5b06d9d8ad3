"""The page of the threshold: its history, whom another value would move, and recording one."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Response

from latsar_sync.actions import recording
from latsar_sync.domain.decision import Scale
from latsar_sync.domain.language import _
from latsar_sync.rules.threshold import is_seed, threshold_in_force
from latsar_sync.store.thresholds import threshold_history
from latsar_sync.web.dependencies import Context, Field, Page, Programme, ProgrammeToActOn, Reader, day

MOVES_SHOWN = 500
"""People on the page of a preview; the rest is counted."""


router = APIRouter()


@router.get("/programmes/{name}/threshold")
def show_threshold(
    context: Context,
    page: Page,
    account: Reader,
    programme: Programme,
    value: Annotated[str, Query(max_length=20)] = "",
    scale: Scale = Scale.POINTS,
) -> Response:
    """Show the thresholds that were recorded, and whom another value would move."""
    with context.database.reading() as connection:
        history = threshold_history(connection, programme.id)
    tried: dict[str, Any] = {}
    if value:
        limit = recording.threshold(value, scale)
        preview = recording.preview_threshold(
            context.settings, context.database, context.clock, programme.id, limit, scale
        )
        context.note(account, "threshold preview", programme.id, min(len(preview.moves), MOVES_SHOWN))
        tried = {"value": value, "limit": limit, "scale": scale, "preview": preview}
    return page.show(
        "threshold.html",
        account,
        programme=programme,
        history=history,
        in_force=threshold_in_force(history, context.clock()),
        seeded=next((each.version for each in history if is_seed(each)), None),
        tried=tried,
        shown=MOVES_SHOWN,
        may_act=account.may_act(programme.id),
    )


@router.post("/programmes/{name}/threshold")
def record_threshold(
    context: Context,
    page: Page,
    account: Reader,
    programme: ProgrammeToActOn,
    value: Field,
    scale: Annotated[Scale, Form()],
    legal_basis: Field = "",
    since: Field = "",
) -> Response:
    """Record a threshold, from now or from the beginning of a day on."""
    first, basis = day(since), recording.named(_("Legal basis"), legal_basis)
    zone = context.settings.zone_of(programme)
    at_once = first is None or first == context.clock().astimezone(zone).date()
    begin = None if first is None or at_once else datetime(first.year, first.month, first.day, tzinfo=zone)
    limit = recording.threshold(value, scale)
    recording.record_threshold(context.database, context.clock, programme.id, limit, scale, basis, account.name, begin)
    context.note(account, "threshold set", programme.id)
    return page.go_to(f"/programmes/{programme.id}/threshold", _("Recorded. The next run judges by it."))
