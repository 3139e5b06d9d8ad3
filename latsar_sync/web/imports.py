"""The page of imports: a file is sent, looked at line by line, taken or set aside; scores are confirmed."""

from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Path, Response, UploadFile

from latsar_sync.actions.scores import confirm_scores
from latsar_sync.actions.texts import named
from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _
from latsar_sync.files import receiving
from latsar_sync.files.importing import counts_of
from latsar_sync.files.opening import MAX_BYTES
from latsar_sync.settings import ProgrammeSettings
from latsar_sync.shapes.imports import import_json
from latsar_sync.shapes.received import received_json
from latsar_sync.store import imports, received
from latsar_sync.store.received import ReceivedState, Way
from latsar_sync.web.context import PageContext
from latsar_sync.web.dependencies import Context, Field, Page, Programme, ProgrammeToActOn, Reader, SentForm

Number = Annotated[int, Path(ge=1, le=2**31 - 1)]

router = APIRouter()


@router.get("/programmes/{name}/imports")
def show_imports(context: Context, page: Page, account: Reader, programme: Programme) -> Response:
    """Show the files that wait, and every import with who made and who confirmed it."""
    zone = context.settings.zone
    with context.database.reading() as connection:
        files = received.listed(connection, [programme.id])
        rows = imports.recorded_imports(connection, [programme.id])
    return page.show(
        "imports.html",
        account,
        programme=programme,
        files=[received_json(each, zone) for each in reversed(files)],
        imports=[import_json(each, zone) for each in reversed(rows)],
        may_act=account.may_act(programme.id),
    )


@router.post("/programmes/{name}/imports")
def upload(
    context: Context, page: Page, account: Reader, programme: ProgrammeToActOn, sent: SentForm, file: UploadFile
) -> Response:
    """Take in a file to be looked at; nothing of it is imported by that."""
    content = file.file.read(MAX_BYTES + 1)
    if not content:
        raise UsageError(_("No file was chosen."), _("Choose a CSV or XLSX file."))
    receiving.require_bounded(len(content), file.filename or "file")
    context.take_once(account, sent)
    arrival = receiving.Arrival(file.filename or "file", content, Way.PAGE, account.name)
    found, _new = receiving.receive(context.settings, context.database, programme, arrival, context.clock)
    context.note(account, "file sent", programme.id, found.rows or 0)
    return page.go_to(f"/programmes/{programme.id}/imports/{found.id}")


@router.get("/programmes/{name}/imports/{number}")
def show_file(context: Context, page: Page, account: Reader, programme: Programme, number: Number) -> Response:
    """Show what a file would change, or what is wrong with it, line by line."""
    found = _file(context, programme, number)
    report = None
    if found.state is ReceivedState.WAITING:
        report = receiving.look_at(context.settings, context.database, number, context.clock)[1]
    shape: dict[str, Any] = dict(received_json(found, context.settings.zone))
    context.note(account, "file", programme.id, found.rows or 0)
    return page.show(
        "import.html",
        account,
        programme=programme,
        file=shape,
        counts=counts_of(report) if report else {},
        held=report.held if report else None,
        may_act=account.may_act(programme.id),
    )


@router.post("/programmes/{name}/imports/{number}/take")
def take(
    context: Context,
    page: Page,
    account: Reader,
    programme: ProgrammeToActOn,
    sent: SentForm,
    number: Number,
    part: Field = "",
    accept: Field = "",
) -> Response:
    """Import a waiting file in the account's name; scores then wait for another account."""
    found = _file(context, programme, number)
    context.take_once(account, sent)
    receiving.take(
        context.settings, context.database, number, account.name, context.clock, whole=not part, accept=bool(accept)
    )
    context.note(account, "import", programme.id, found.rows or 0)
    said = _("Imported.") if found.kind == imports.PEOPLE else _("Imported; the scores wait for another account.")
    return page.go_to(_address(programme), said)


@router.post("/programmes/{name}/imports/{number}/dismiss")
def dismiss(
    context: Context,
    page: Page,
    account: Reader,
    programme: ProgrammeToActOn,
    sent: SentForm,
    number: Number,
    why: Field = "",
) -> Response:
    """Set a waiting file aside; its content is destroyed."""
    _file(context, programme, number)
    reason = named(_("Reason"), why)
    context.take_once(account, sent)
    receiving.dismiss(context.settings, context.database, number, account.name, reason, context.clock)
    context.note(account, "file dismissed", programme.id)
    return page.go_to(_address(programme), _("Set aside; its content is destroyed."))


@router.post("/programmes/{name}/imports/{number}/confirm")
def confirm(
    context: Context, page: Page, account: Reader, programme: ProgrammeToActOn, sent: SentForm, number: Number
) -> Response:
    """Confirm imported scores, as another account than the one that imported them (rule 21)."""
    with context.database.reading() as connection:
        if imports.find_import(connection, number).get("programme") != programme.id:
            raise HTTPException(404)
    confirm_scores(context.settings, context.database, context.clock, number, account, sent)
    context.note(account, "import confirm", programme.id)
    said = context.takes_effect(programme.id, _("Confirmed. The next run judges by these scores."))
    return page.go_to(_address(programme), said)


def _file(context: PageContext, programme: ProgrammeSettings, number: int) -> received.ReceivedFile:
    with context.database.reading() as connection:
        found = received.get(connection, number)
    if found is None or found.programme != programme.id:
        raise HTTPException(404)
    return found


def _address(programme: ProgrammeSettings) -> str:
    return f"/programmes/{programme.id}/imports"
