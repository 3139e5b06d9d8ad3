"""Personal data by the API, for administrators: one person's export, an erasure, what is due, who looked at what."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Query
from sqlalchemy import Connection

from latsar_sync.actions import destroying, erasing
from latsar_sync.actions.action_transaction import Sent
from latsar_sync.actions.typed_text import named
from latsar_sync.domain.account import Account, Role
from latsar_sync.rules.fingerprints import fingerprint
from latsar_sync.rules.retention import Keeping
from latsar_sync.shapes.decided import FingerprintShape
from latsar_sync.shapes.erasing import consequences_json
from latsar_sync.shapes.person_export import DossierShape, dossier_json
from latsar_sync.shapes.personal_data import DestroyedShape, ErasingShape, ResumedShape, RetentionShape
from latsar_sync.shapes.registers import AccessShape, ErasureShape, access_json, erasure_json
from latsar_sync.shapes.retention import data_class_json, report_json, retention_json
from latsar_sync.store import access, destruction_reports, erasure
from latsar_sync.store.erasable_people import FoundPerson
from latsar_sync.web.api import VIA, Caller, Id, Key, ParticipantId
from latsar_sync.web.api_actions import Body, IfMatch, Said
from latsar_sync.web.api_pages import LISTED, Listed
from latsar_sync.web.context import PageContext
from latsar_sync.web.dependencies import Context
from latsar_sync.web.idempotency import OnceRoute

router = APIRouter(route_class=OnceRoute)


class ErasureBody(Body):
    """Why somebody is erased, without a name or NIP: it stands on record for good."""

    reason: Said


def administrator(account: Caller) -> Account:
    """Return who calls, if they administer the service (403)."""
    if account.role is not Role.ADMIN:
        raise HTTPException(403, "This is for administrators.")
    return account


Administrator = Annotated[Account, Depends(administrator)]


@router.get("/participants/{participant_id}/export")
def export_person(context: Context, account: Administrator, participant_id: ParticipantId) -> DossierShape:
    """Return everything held about one person, as ``person export --json`` does."""
    with context.database.reading() as connection:
        people = _people(connection, participant_id)
    _note(context, account, "person export", people)
    with context.database.reading() as connection:
        return dossier_json(connection, context.settings, people, account.name, context.clock())


@router.get("/participants/{participant_id}/erasure")
def preview_erasure(context: Context, account: Administrator, participant_id: ParticipantId) -> ErasingShape:
    """Tell what an erasure would destroy, leave and not reach; nothing is changed."""
    with context.database.reading() as connection:
        people = erasing.not_erased(connection, _people(connection, participant_id))
    _note(context, account, "person erase preview", people)
    with context.database.reading() as connection:
        shape: Any = consequences_json(connection, context.settings, people)
    shape |= {"applied": False}
    return shape  # type: ignore[no-any-return]


@router.get("/participants/{participant_id}/erasure/seen")
def what_stands_of_an_erasure(
    context: Context, account: Administrator, participant_id: ParticipantId
) -> FingerprintShape:
    """Tell who would be erased now, for ``If-Match`` of the erasure."""
    with context.database.reading() as connection:
        people = erasing.not_erased(connection, _people(connection, participant_id))
    return {"seen": fingerprint(erasing.seen_of(people))}


@router.post("/participants/{participant_id}/erasure", status_code=201)
def erase_person(
    context: Context,
    account: Administrator,
    participant_id: ParticipantId,
    body: ErasureBody,
    _key: Key = None,
    if_match: IfMatch = None,
) -> ErasingShape:
    """Destroy a person's name and NIP for good, in all programmes; while a run is under way it waits (``waiting``)."""
    reason = named("reason", body.reason)
    with context.database.reading() as connection:
        people = erasing.not_erased(connection, _people(connection, participant_id))
        shape: Any = consequences_json(connection, context.settings, people)
    done = erasing.erase(context.database, context.clock, people, reason, account.name, Sent(if_match))
    _note(context, account, "person erase", people)
    shape |= {"file_clean": done.file_clean, "waiting": done.waiting, "applied": True}
    return shape  # type: ignore[no-any-return]


@router.post("/participants/{participant_id}/resumption", status_code=201)
def resume_person(
    context: Context, account: Administrator, participant_id: ParticipantId, body: ErasureBody, _key: Key = None
) -> ResumedShape:
    """Take an erased person in again: the next run over everybody reads, judges and places them anew."""
    reason = named("reason", body.reason)
    with context.database.reading() as connection:
        person = erasing.find_erased(connection, participant_id)
    done = erasing.resume(context.database, context.clock, context.settings, person, reason, account.name)
    _note(context, account, "person resume", [person])
    return {"participant_id": participant_id, "programme": person.programme, "resumed": True, "waiting": done.waiting}


@router.get("/erasures", responses=LISTED)
def list_erasures(context: Context, account: Administrator, part: Listed) -> list[ErasureShape]:
    """List the register of erasures by internal id, oldest first, as ``person erasures --json`` does."""
    with context.database.reading() as connection:
        lines = part.of(erasure.register(connection))
    return [erasure_json(each, context.settings.zone) for each in lines]


@router.get("/access-log", responses=LISTED)
def list_accesses(
    context: Context,
    account: Administrator,
    part: Listed,
    programme: Annotated[str | None, Query(max_length=64, description="Only of this programme.")] = None,
) -> list[AccessShape]:
    """List who looked at whose data, newest first, as ``access-log --json`` does."""
    programmes = [programme] if programme else []
    with context.database.reading() as connection:
        lines = access.recorded_accesses(connection, programmes, part.limit, part.offset)
        total = access.count_accesses(connection, programmes)
    return part.tell([access_json(each, context.settings.zone) for each in lines], total)


@router.get("/retention", responses=LISTED)
def show_retention(context: Context, account: Administrator, part: Listed) -> RetentionShape:
    """Tell how long each data class is kept, what is due, and the reports, which come a page at a time."""
    with context.database.reading() as connection:
        shape: Any = retention_json(connection, context.settings, context.clock())
    shape["reports"] = part.of(shape["reports"])
    context.note(account, "retention", "", via=VIA)
    return shape  # type: ignore[no-any-return]


@router.get("/programmes/{programme}/destruction/seen")
def what_stands_of_a_destruction(context: Context, account: Administrator, programme: Id) -> FingerprintShape:
    """Tell what is due of a programme now, for ``If-Match`` of its destruction."""
    with context.database.reading() as connection:
        return {"seen": fingerprint(destroying.seen_of_due(connection, _due(connection, context, programme)))}


@router.post("/programmes/{programme}/destruction", status_code=201)
def destroy(
    context: Context, account: Administrator, programme: Id, _key: Key = None, if_match: IfMatch = None
) -> DestroyedShape:
    """Destroy for good what is due of a programme today; while a run is under way it waits (``waiting``)."""
    today = context.settings.today(context.clock(), programme)
    with context.database.reading() as connection:
        due = _due(connection, context, programme)
        classes: Any = [data_class_json(connection, each, today) for each in due]
        known = len(destruction_reports.find_reports(connection))
    basis = context.settings.retention.legal_basis or ""
    done = destroying.destroy(context.database, context.clock, due, basis, account.name, Sent(if_match))
    context.note(account, "retention apply", programme, via=VIA)
    with context.database.reading() as connection:
        reports = [each for each in destruction_reports.find_reports(connection)[known:] if each.programme == programme]
    told: Any = [report_json(each, context.settings) for each in reports]
    return {
        "programme": programme,
        "applied": bool(due),
        "classes": classes,
        "reports": told,
        "file_clean": done.file_clean,
        "waiting": done.waiting,
    }


def _people(connection: Connection, participant_id: str) -> list[FoundPerson]:
    """Return the records of one person in all programmes, named by one of their internal ids; 404 for nobody."""
    found = erasing.everywhere(connection, participant_id)
    if not found:
        raise HTTPException(404)
    return found


def _due(connection: Connection, context: PageContext, programme: str) -> list[Keeping]:
    """Return what is due of a programme today."""
    end = destroying.checked_end(connection, context.settings, programme, None)
    today = context.settings.today(context.clock(), programme)
    return destroying.due_of(connection, destroying.keepings(context.settings, programme, end), today)


def _note(context: PageContext, account: Account, action: str, people: list[FoundPerson]) -> None:
    for each in people:
        context.note(account, action, each.programme, 1, each.participant_id, VIA)
