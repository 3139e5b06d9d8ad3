"""The page of the threshold: its history, whom another value would move, and recording one."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Query, Request, Response

from latsar_sync.actions import recording
from latsar_sync.domain.language import _
from latsar_sync.domain.model import Scale
from latsar_sync.rules.admission import is_seed, threshold_in_force
from latsar_sync.store.accounts import Account
from latsar_sync.store.thresholds import threshold_history
from latsar_sync.web.context import Desk, Field, day, require_acting

MOVES_SHOWN = 500
"""People on the page of a preview; the rest is counted."""


def pages(desk: Desk) -> APIRouter:
    """Return the page of the threshold and the address of its form."""
    router = APIRouter()
    Reader = Annotated[Account, Depends(desk.reader)]  # noqa: N806  # a type, made of this desk

    @router.get("/programmes/{name}/threshold")
    def threshold(
        request: Request,
        account: Reader,
        name: str,
        value: Annotated[str, Query(max_length=20)] = "",
        scale: Scale = Scale.POINTS,
    ) -> Response:
        chosen = desk.programme(account, name)
        with desk.database.reading() as connection:
            history = threshold_history(connection, name)
        tried: dict[str, Any] = {}
        if value:
            limit = recording.threshold(value, scale)
            preview = recording.preview_threshold(desk.settings, desk.database, desk.clock, name, limit, scale)
            desk.note(account, "threshold preview", name, min(len(preview.moves), MOVES_SHOWN))
            tried = {"value": value, "limit": limit, "scale": scale, "preview": preview}
        return desk.page(
            request,
            "threshold.html",
            account,
            programme=chosen,
            history=history,
            in_force=threshold_in_force(history, desk.clock()),
            seeded=next((each.version for each in history if is_seed(each)), None),
            tried=tried,
            shown=MOVES_SHOWN,
            may_act=account.may_act(name),
        )

    @router.post("/programmes/{name}/threshold")
    def record(
        request: Request,
        account: Reader,
        name: str,
        csrf: Field,
        value: Field,
        scale: Annotated[Scale, Form()],
        legal_basis: Field = "",
        since: Field = "",
    ) -> Response:
        chosen = desk.programme(account, name)
        require_acting(request, account, name, csrf)
        first, basis = day(since), recording.named(_("Legal basis"), legal_basis)
        zone = desk.settings.zone_of(chosen)
        at_once = first is None or first == desk.clock().astimezone(zone).date()
        begin = None if first is None or at_once else datetime(first.year, first.month, first.day, tzinfo=zone)
        limit = recording.threshold(value, scale)
        recording.record_threshold(desk.database, desk.clock, name, limit, scale, basis, account.name, begin)
        desk.note(account, "threshold set", name)
        return desk.back_to(request, f"/programmes/{name}/threshold", _("Recorded. The next run judges by it."))

    return router
