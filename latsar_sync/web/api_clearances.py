"""Documents by the API: listed, recorded as seen and checked, revoked."""

from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, HTTPException, Query
from pydantic import Field

from latsar_sync.actions import clearances
from latsar_sync.actions.action_transaction import Sent
from latsar_sync.actions.typed_text import named, sensible
from latsar_sync.domain.account import Account
from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _
from latsar_sync.files.clearances import NewClearance
from latsar_sync.settings import ProgrammeSettings
from latsar_sync.settings.for_the_rules import require_angkatan
from latsar_sync.shapes.actions import ClearanceShape, clearance_json
from latsar_sync.store import clearances as stored_clearances
from latsar_sync.store import searches
from latsar_sync.web.api import VIA, Caller, Id, Key
from latsar_sync.web.api_actions import Body, IfMatch, Number, Said, ToActOn, Who
from latsar_sync.web.api_pages import LISTED, Listed
from latsar_sync.web.dependencies import Context
from latsar_sync.web.idempotency import OnceRoute

router = APIRouter(route_class=OnceRoute)


class ClearanceBody(Body):
    """A document that was seen and checked, of one participant or of a whole angkatan."""

    participant_id: Who | None = None
    angkatan: str | None = Field(default=None, max_length=64)
    kind: Said
    number: Said
    issuer: Said
    issued: date
    valid_until: date


class RevocationBody(Body):
    """Why a document counts no more."""

    reason: Said


@router.get("/programmes/{programme}/clearances", responses=LISTED)
def list_clearances(
    context: Context,
    account: Caller,
    programme: Id,
    part: Listed,
    state: Annotated[Literal["valid", "expired", "revoked"] | None, Query(description="Only those.")] = None,
) -> list[ClearanceShape]:
    """List every document on record, oldest first; ``state`` as of today."""
    context.programme(account, programme)
    today = context.settings.today(context.clock(), programme)
    with context.database.reading() as connection:
        rows, total = stored_clearances.part_of_clearances(
            connection, programme, state or "", today, part.offset, part.limit
        )
    found = part.tell([clearance_json(row, today, context.settings.zone) for row in rows], total)
    people = len({each["participant_id"] for each in found} - {None})
    context.note(account, "clearances", programme, people, via=VIA)
    return found


@router.post("/programmes/{programme}/clearances", status_code=201)
def add_clearance(
    context: Context,
    account: Caller,
    wanted: ToActOn,
    body: ClearanceBody,
    _key: Key = None,
    if_match: IfMatch = None,
) -> ClearanceShape:
    """Record that a document was seen and checked; it is not stored.

    ``If-Match`` is what ``…/seen`` of the participant said, or ``…/roster/seen`` of the angkatan.
    """
    if (body.participant_id is None) == (body.angkatan is None):
        raise UsageError(_("A clearance is of one participant or of a whole angkatan."))
    if body.angkatan is not None:
        require_angkatan(wanted, body.angkatan)
    if body.participant_id is not None:
        with context.database.reading() as connection:
            rows = searches.people_of(connection, wanted.id, [body.participant_id])
        if not rows:
            raise HTTPException(404)
    texts = named("kind", body.kind), named("number", body.number), named("issuer", body.issuer)
    days = sensible(body.issued), sensible(body.valid_until)
    document = NewClearance(body.participant_id, body.angkatan, *texts, *days)
    added = clearances.record_document(
        context.settings, context.database, context.clock, wanted.id, document, account.name, Sent(if_match), True
    )
    context.note(account, "clearance add", wanted.id, int(body.participant_id is not None), body.participant_id, VIA)
    return _clearance(context, account, wanted, added.version)


@router.post("/programmes/{programme}/clearances/{number}/revocation", status_code=201)
def revoke_clearance(
    context: Context, account: Caller, wanted: ToActOn, number: Number, body: RevocationBody, _key: Key = None
) -> ClearanceShape:
    """Record that a document counts no more."""
    reason = named("reason", body.reason)
    clearances.revoke_document(context.database, context.clock, wanted.id, number, reason, account.name)
    context.note(account, "clearance revoke", wanted.id, via=VIA)
    return _clearance(context, account, wanted, number)


def _clearance(context: Context, account: Account, programme: ProgrammeSettings, number: int) -> ClearanceShape:
    with context.database.reading() as connection:
        row = stored_clearances.clearance_numbered(connection, programme.id, number)
    return clearance_json(row, context.settings.today(context.clock(), programme.id), context.settings.zone)
