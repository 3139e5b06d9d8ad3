"""Personal data by the API, for administrators: one person's export, an erasure, what is due and its destruction."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException
from sqlalchemy import Connection

from latsar_sync.actions import erasing
from latsar_sync.actions.texts import named
from latsar_sync.shapes.commands import DestroyedShape, ErasingShape, RetentionShape
from latsar_sync.shapes.erasing import consequences_json
from latsar_sync.shapes.person_export import DossierShape, dossier_json
from latsar_sync.shapes.retention import data_class_json, report_json, retention_json
from latsar_sync.store import retention
from latsar_sync.store.accounts import Account, Role
from latsar_sync.store.erasure import FoundPerson
from latsar_sync.web.api import VIA, Caller, Id, Key, ParticipantId
from latsar_sync.web.api_actions import Body, Said
from latsar_sync.web.context import PageContext
from latsar_sync.web.dependencies import Context
from latsar_sync.web.once import OnceRoute

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


@router.post("/participants/{participant_id}/erasure", status_code=201)
def erase_person(
    context: Context, account: Administrator, participant_id: ParticipantId, body: ErasureBody, _key: Key = None
) -> ErasingShape:
    """Destroy a person's name and NIP for good, in all programmes; while a run is under way it waits (``waiting``)."""
    reason = named("reason", body.reason)
    with context.database.reading() as connection:
        people = erasing.not_erased(connection, _people(connection, participant_id))
        shape: Any = consequences_json(connection, context.settings, people)
    done = erasing.erase(context.database, context.clock, people, reason, account.name)
    _note(context, account, "person erase", people)
    shape |= {"file_clean": done.file_clean, "waiting": done.waiting, "applied": True}
    return shape  # type: ignore[no-any-return]


@router.get("/retention")
def show_retention(context: Context, account: Administrator) -> RetentionShape:
    """Tell how long each data class is kept, what is due, and every report, as ``retention show --json`` does."""
    with context.database.reading() as connection:
        shape: Any = retention_json(connection, context.settings, context.clock())
    context.note(account, "retention", "", via=VIA)
    return shape  # type: ignore[no-any-return]


@router.post("/programmes/{programme}/destruction", status_code=201)
def destroy(context: Context, account: Administrator, programme: Id, _key: Key = None) -> DestroyedShape:
    """Destroy for good what is due of a programme today; while a run is under way it waits (``waiting``)."""
    today = context.settings.today(context.clock(), programme)
    with context.database.reading() as connection:
        end = erasing.checked_end(connection, context.settings, programme, None)
        due = erasing.due_of(connection, erasing.keepings(context.settings, programme, end), today)
        classes: Any = [data_class_json(connection, each, today) for each in due]
        known = len(retention.find_reports(connection))
    basis = context.settings.retention.legal_basis or ""
    done = erasing.destroy(context.database, context.clock, due, basis, account.name)
    context.note(account, "retention apply", programme, via=VIA)
    with context.database.reading() as connection:
        reports = [each for each in retention.find_reports(connection)[known:] if each.programme == programme]
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
    """Return the records of one person in all programmes, named by one of their internal ids."""
    [named_one, *_rest] = erasing.find_people(connection, participant_id)
    return erasing.find_people(connection, named_one.nip) if named_one.nip else [named_one]


def _note(context: PageContext, account: Account, action: str, people: list[FoundPerson]) -> None:
    for each in people:
        context.note(account, action, each.programme, 1, each.participant_id, VIA)
