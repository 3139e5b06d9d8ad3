"""Further decisions by the API: decrees, thresholds, moves, and who somebody is; as on the pages."""

from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, Field

from latsar_sync.actions import finalisations, moves, shown_values
from latsar_sync.actions.action_transaction import Sent, about
from latsar_sync.actions.threshold import preview_threshold, read_threshold, record_threshold
from latsar_sync.actions.typed_text import named
from latsar_sync.domain.decision import Scale
from latsar_sync.rules.fingerprints import fingerprint
from latsar_sync.shapes import fields
from latsar_sync.shapes.actions import FinalisationShape, RecordedMoveShape, angkatan_move_json, finalisations_json
from latsar_sync.shapes.decided import FingerprintShape
from latsar_sync.shapes.priority import PriorityShape, priority_json
from latsar_sync.shapes.thresholds import ThresholdPreviewShape, ThresholdShape, move_json, threshold_json
from latsar_sync.store import searches
from latsar_sync.store.filled_courses import others_there
from latsar_sync.store.finalisations import finalisation_history
from latsar_sync.web.api import VIA, Caller, Id, Key, ParticipantId
from latsar_sync.web.api_actions import Body, IfMatch, Said, ToActOn
from latsar_sync.web.api_identity import person_to_act_on
from latsar_sync.web.api_pages import LISTED, Listed
from latsar_sync.web.dependencies import Context, Language
from latsar_sync.web.finalising import names_are_noted
from latsar_sync.web.idempotency import OnceRoute

router = APIRouter(route_class=OnceRoute)


class DecreeBody(Body):
    """A decree (SK) about the roster of an angkatan as it stands; an amendment once there was one."""

    angkatan: str = Field(min_length=1, max_length=64)
    number: Said
    dated: date


class ThresholdBody(Body):
    """A threshold, with its legal basis; ``effective_from`` is a moment to come, null: now."""

    value: Annotated[str, Field(pattern=r"^[0-9]{1,6}([.][0-9]{1,5})?$")]
    scale: Literal["points", "percent"] = "points"
    legal_basis: Said
    effective_from: AwareDatetime | None = None


class MoveBody(Body):
    """To which angkatan somebody is moved, and why."""

    angkatan: str = Field(min_length=1, max_length=64)
    reason: Said


@router.get("/programmes/{programme}/decrees", responses=LISTED)
def decrees(context: Context, account: Caller, programme: Id, part: Listed) -> list[FinalisationShape]:
    """List every decree, oldest first, as ``roster finalised --json`` does."""
    context.programme(account, programme)
    with context.database.reading() as connection:
        history = finalisation_history(connection, programme)
    return part.of(finalisations_json(programme, history, context.settings.zone))


@router.post("/programmes/{programme}/decrees", status_code=201)
def finalise(
    context: Context, account: Caller, wanted: ToActOn, body: DecreeBody, _key: Key = None, if_match: IfMatch = None
) -> FinalisationShape:
    """Fix the roster of an angkatan by decree, or amend it once it is fixed; it cannot be taken back.

    ``If-Match`` is what ``…/roster/seen`` said.
    """
    number = named("number", body.number)
    with context.database.reading() as connection:
        amendment = any(each.angkatan == body.angkatan for each in finalisation_history(connection, wanted.id))
    with names_are_noted(context, account, wanted.id, VIA):
        fixed = finalisations.fix_list(
            wanted,
            context.database,
            context.clock,
            body.angkatan,
            number,
            body.dated,
            account.name,
            amendment,
            Sent(if_match),
        )
    people = len(fixed.decree.members) + len(fixed.decree.left)
    context.note(account, "amend" if amendment else "finalise", wanted.id, people, via=VIA)
    return finalisations_json(wanted.id, fixed.history, context.settings.zone)[-1]


@router.get("/programmes/{programme}/thresholds/preview", responses=LISTED)
def preview(
    context: Context,
    account: Caller,
    language: Language,
    programme: Id,
    part: Listed,
    value: Annotated[str, Query(max_length=20, description="The threshold to try, such as 75 or 69.5.")],
    scale: Annotated[Literal["points", "percent"], Query(description="Of what it is a number.")] = "points",
) -> ThresholdPreviewShape:
    """Tell whom another threshold would move, a page at a time, as ``threshold preview --json`` does."""
    context.programme(account, programme)
    limit = read_threshold(value, Scale(scale))
    found = preview_threshold(context.settings, context.database, context.clock, programme, limit, Scale(scale))
    told = part.of(found.moves)
    context.note(account, "threshold preview", programme, len(told), via=VIA)
    lines = [move_json(each, found.entries.get(each.record.participant.id), language) for each in told]
    return {"programme": programme, "value": fields.number(limit) or "", "scale": Scale(scale), "moves": lines}


@router.get("/programmes/{programme}/thresholds/seen")
def what_stands_of_thresholds(context: Context, account: Caller, programme: Id) -> FingerprintShape:
    """Tell what stands of the thresholds now, for ``If-Match`` of recording one."""
    context.programme(account, programme)
    with context.database.reading() as connection:
        return {"seen": fingerprint(shown_values.of_threshold(connection, programme, context.clock()))}


@router.post("/programmes/{programme}/thresholds", status_code=201)
def set_threshold(
    context: Context,
    account: Caller,
    wanted: ToActOn,
    body: ThresholdBody,
    _key: Key = None,
    if_match: IfMatch = None,
) -> ThresholdShape:
    """Record a threshold; the next run judges by it, once it is in force. ``If-Match`` is what ``…/seen`` said."""
    scale = Scale(body.scale)
    limit, basis = read_threshold(body.value, scale), named("legal_basis", body.legal_basis)
    added = record_threshold(
        context.database,
        context.clock,
        wanted.id,
        limit,
        scale,
        basis,
        account.name,
        body.effective_from,
        Sent(if_match),
    )
    context.note(account, "threshold set", wanted.id, via=VIA)
    return threshold_json(added, context.settings.zone)


@router.get("/programmes/{programme}/priority")
def priority(context: Context, account: Caller, programme: Id) -> PriorityShape:
    """Tell who is preferred, and who fills what is left and from when, as ``roster priority --json`` does."""
    wanted = context.programme(account, programme)
    with context.database.reading() as connection:
        standing, others = searches.standing(connection, programme), others_there(connection, programme)
    return priority_json(wanted, standing, others, context.settings.today(context.clock(), programme))


@router.post("/participants/{participant_id}/move", status_code=201)
def move(
    context: Context,
    account: Caller,
    participant_id: ParticipantId,
    body: MoveBody,
    _key: Key = None,
    if_match: IfMatch = None,
) -> RecordedMoveShape:
    """Move somebody to another angkatan. ``If-Match`` is what ``…/seen`` of the participant said."""
    row = person_to_act_on(context, account, participant_id)
    reason = named("reason", body.reason)
    sent = about([row], if_match)
    moved = moves.move(
        context.settings, context.database, context.clock, row, body.angkatan, reason, account.name, sent
    )
    context.note(account, "move", row["programme"], 1, participant_id, VIA)
    whom = {"nip": row["nip"], "name": row["name"], "programme": row["programme"], "left_behind": moved.stays_in}
    shape: RecordedMoveShape = {**whom, **angkatan_move_json(moved.move, context.settings.zone)}  # type: ignore[typeddict-item]
    return shape
