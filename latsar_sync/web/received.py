"""Further calls of the API: files that are sent to it, which import nothing; who is preferred and who fills."""

from typing import Annotated

from fastapi import APIRouter, HTTPException, Path, UploadFile

from latsar_sync.files import receiving
from latsar_sync.shapes.priority import PriorityShape, priority_json
from latsar_sync.shapes.received import ReceivedFileShape, received_json
from latsar_sync.store import received, reports
from latsar_sync.store.received import Way
from latsar_sync.web.api import VIA, Caller, Id
from latsar_sync.web.dependencies import Context
from latsar_sync.web.uploads import sent_file

router = APIRouter()


@router.post("/programmes/{programme}/files", status_code=201)
def send_file(context: Context, account: Caller, programme: Id, file: UploadFile) -> ReceivedFileShape:
    """Send a list of participants or a file of scores; it waits for a named person. The same content counts once."""
    wanted = context.programme(account, programme)
    if not account.may_act(programme):
        raise HTTPException(403, "This account may only look.")
    arrival = receiving.Arrival(*sent_file(file), Way.API, account.name)
    found, _new = receiving.receive(context.settings, context.database, wanted, arrival, context.clock)
    context.note(account, "file sent", programme, found.rows or 0, via=VIA)
    return received_json(found, context.settings.zone)


@router.get("/programmes/{programme}/priority")
def priority(context: Context, account: Caller, programme: Id) -> PriorityShape:
    """Tell who is preferred, and who fills what is left and from when, as ``roster priority --json`` does."""
    wanted = context.programme(account, programme)
    with context.database.reading() as connection:
        rows = [row for row in reports.participant_rows(connection, [programme]) if not row["merged_into"]]
    return priority_json(wanted, rows, context.settings.today(context.clock(), programme))


@router.get("/programmes/{programme}/files")
def list_files(context: Context, account: Caller, programme: Id) -> list[ReceivedFileShape]:
    """List the files that came by themselves, oldest first, and what became of each."""
    context.programme(account, programme)
    with context.database.reading() as connection:
        files = received.listed(connection, [programme])
    return [received_json(each, context.settings.zone) for each in files]


@router.get("/programmes/{programme}/files/{number}")
def show_file(
    context: Context, account: Caller, programme: Id, number: Annotated[int, Path(ge=1, le=2**31 - 1)]
) -> ReceivedFileShape:
    """Show one of them, with the lines that are wrong."""
    context.programme(account, programme)
    with context.database.reading() as connection:
        found = received.get(connection, number)
    if found is None or found.programme != programme:
        raise HTTPException(404)
    return received_json(found, context.settings.zone)
