"""Files by the API: sent to it, looked at, taken or set aside; what was imported, and the layouts that are known."""

from pathlib import Path
from typing import Annotated, Literal

from fastapi import APIRouter, HTTPException, Query, UploadFile
from pydantic import Field

from latsar_sync.actions import received_files
from latsar_sync.actions.action_transaction import Sent
from latsar_sync.actions.layouts import LONGEST_NAME, forget_layout, layout_seen, learn_layout
from latsar_sync.actions.typed_text import named
from latsar_sync.files import looking_at_received, receiving
from latsar_sync.files.column_profiles import ScoreScale
from latsar_sync.files.import_request import ImportRequest
from latsar_sync.rules.fingerprints import fingerprint
from latsar_sync.shapes.decided import FingerprintShape
from latsar_sync.shapes.import_reports import ListReportShape, PeopleReportShape, ScoreReportShape, report_json
from latsar_sync.shapes.imports import ImportShape, import_json, score_json
from latsar_sync.shapes.received import ColumnProfileShape, ReceivedFileShape, column_profile_json, received_json
from latsar_sync.store import column_profiles, imports, received, scores_of_files
from latsar_sync.store.received import Way
from latsar_sync.web.api import VIA, Caller, Id, Key
from latsar_sync.web.api_actions import Body, IfMatch, Number, Said, ToActOn
from latsar_sync.web.api_pages import LISTED, Listed
from latsar_sync.web.dependencies import Context, received_file_of
from latsar_sync.web.idempotency import OnceRoute
from latsar_sync.web.uploads import TABLES, sent_file

FIELDS = ("nip", "name", "institution", "email", "place", "angkatan", "score", "date", "materials")
Title = Annotated[str, Field(min_length=1, max_length=255)]

router = APIRouter(route_class=OnceRoute)


class TakingBody(Body):
    """How a file is taken: ``part`` lets those stay who are missing from it, ``accept`` allows many to be missing.

    ``reason`` is why a placement list moves people, or a list of accounts chooses them.
    """

    part: bool = False
    accept: bool = False
    reason: str = Field(default="", max_length=500)


class DismissalBody(Body):
    """Why a file is set aside."""

    reason: Said


class ColumnsBody(Body):
    """Which column of a file is what: title by field; learned under a name. ``scores`` says how scores are written."""

    kind: Literal["participants", "scores"]
    name: Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]
    columns: dict[Literal[tuple(FIELDS)], Title]  # type: ignore[valid-type]  # told one by one, for the description
    scores: ScoreScale = "points"


class ForgettingBody(Body):
    """The name of a layout that is to be used no more."""

    name: Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]


@router.post("/programmes/{programme}/files", status_code=201)
def send_file(
    context: Context, account: Caller, wanted: ToActOn, file: UploadFile, _key: Key = None
) -> ReceivedFileShape:
    """Send a list of an office or a file of scores; it waits for a named person. The same content counts once."""
    arrival = receiving.Arrival(*sent_file(file, TABLES), Way.API, account.name)
    found, _new = receiving.receive(context.settings, context.database, wanted, arrival, context.clock)
    context.note(account, "file sent", wanted.id, found.rows or 0, via=VIA)
    return received_json(found, context.settings.zone)


@router.get("/programmes/{programme}/files", responses=LISTED)
def list_files(context: Context, account: Caller, programme: Id, part: Listed) -> list[ReceivedFileShape]:
    """List the files that came by themselves, oldest first, and what became of each."""
    context.programme(account, programme)
    with context.database.reading() as connection:
        files = received.listed(connection, [programme])
    return [received_json(each, context.settings.zone) for each in part.of(files)]


@router.get("/programmes/{programme}/files/{number}")
def show_file(context: Context, account: Caller, programme: Id, number: Number) -> ReceivedFileShape:
    """Show one of them, with the lines that are wrong."""
    found = received_file_of(context, context.programme(account, programme), number)
    context.note(account, "file", programme, found.rows or 0, via=VIA)
    return received_json(found, context.settings.zone)


@router.get("/programmes/{programme}/files/{number}/changes")
def show_changes(
    context: Context, account: Caller, programme: Id, number: Number
) -> PeopleReportShape | ScoreReportShape | ListReportShape:
    """Tell line by line what a file that waits would change now, as ``import received --json`` does."""
    found = received_file_of(context, context.programme(account, programme), number)
    report = looking_at_received.look_at(context.settings, context.database, number, context.clock)[1]
    if report is None:
        raise HTTPException(404, "This file does not wait.")
    context.note(account, "file", programme, found.rows or 0, via=VIA)
    return report_json(report, ImportRequest(Path(found.name), programme, False, account.name))


@router.get("/programmes/{programme}/files/{number}/seen")
def what_stands_of_a_file(context: Context, account: Caller, programme: Id, number: Number) -> FingerprintShape:
    """Tell what a file would change now, for ``If-Match`` of taking it."""
    received_file_of(context, context.programme(account, programme), number)
    report = looking_at_received.look_at(context.settings, context.database, number, context.clock)[1]
    return {"seen": received_files.seen_of(report)}


@router.post("/programmes/{programme}/files/{number}/import", status_code=201)
def take_file(
    context: Context,
    account: Caller,
    wanted: ToActOn,
    number: Number,
    body: TakingBody,
    _key: Key = None,
    if_match: IfMatch = None,
) -> PeopleReportShape | ScoreReportShape | ListReportShape:
    """Take a received file in the account's name; scores then wait for another account.

    ``If-Match`` is what ``…/seen`` of the file said.
    """
    found = received_file_of(context, wanted, number)
    report, request, passed = received_files.take(
        context.settings,
        context.database,
        number,
        account.name,
        context.clock,
        whole=not body.part,
        accept=body.accept,
        reason=body.reason,
        sent=Sent(if_match, token_of=account.by_token_of),
    )
    context.note(account, "import", wanted.id, found.rows or 0, via=VIA)
    return report_json(report, request, [(each.participant_id, each.why) for each in passed])


@router.post("/programmes/{programme}/files/{number}/dismissal", status_code=201)
def dismiss_file(
    context: Context, account: Caller, wanted: ToActOn, number: Number, body: DismissalBody, _key: Key = None
) -> ReceivedFileShape:
    """Set a received file aside; its content is destroyed."""
    received_file_of(context, wanted, number)
    reason = named("reason", body.reason)
    found = receiving.dismiss(context.settings, context.database, number, account.name, reason, context.clock)
    context.note(account, "file dismissed", wanted.id, via=VIA)
    return received_json(found, context.settings.zone)


@router.post("/programmes/{programme}/files/{number}/columns", status_code=201)
def tell_columns(
    context: Context, account: Caller, wanted: ToActOn, number: Number, body: ColumnsBody, _key: Key = None
) -> ReceivedFileShape:
    """Learn which column of a file is what, where nobody knew, and look at the file anew by that."""
    received_file_of(context, wanted, number)
    found = learn_layout(
        context.settings,
        context.database,
        context.clock,
        number,
        body.kind,
        {field: named(field, title) for field, title in body.columns.items()},
        body.scores,
        named("name", body.name),
        account,
    )
    context.note(account, "layout learned", wanted.id, via=VIA, about=body.name)
    return received_json(found, context.settings.zone)


@router.get("/programmes/{programme}/column-profiles", responses=LISTED)
def list_layouts(context: Context, account: Caller, programme: Id, part: Listed) -> list[ColumnProfileShape]:
    """List the layouts that were learned, as ``import profiles --json`` does; they are those of all programmes."""
    context.programme(account, programme)
    return part.of(_layouts(context))


@router.get("/programmes/{programme}/column-profiles/seen")
def what_stands_of_a_layout(
    context: Context, account: Caller, programme: Id, name: Annotated[str, Query(max_length=LONGEST_NAME)]
) -> FingerprintShape:
    """Tell which columns a layout has now, for ``If-Match`` of forgetting it."""
    context.programme(account, programme)
    with context.database.reading() as connection:
        found = [each for each in column_profiles.known(connection) if each["name"] == name]
    if not found:
        raise HTTPException(404)
    return {"seen": fingerprint(layout_seen(found[0]))}


@router.post("/programmes/{programme}/column-profiles/forgetting", status_code=201)
def forget(
    context: Context,
    account: Caller,
    wanted: ToActOn,
    body: ForgettingBody,
    _key: Key = None,
    if_match: IfMatch = None,
) -> list[ColumnProfileShape]:
    """Let a layout be used no more in any programme, and return those that are left; files with its titles are asked
    about anew. Only whoever learned it may, or decides in every programme.

    ``If-Match`` is what ``…/column-profiles/seen`` said.
    """
    forget_layout(context.database, context.clock, wanted.id, body.name, account, Sent(if_match))
    context.note(account, "layout forgotten", wanted.id, via=VIA, about=body.name)
    return _layouts(context)


def _layouts(context: Context) -> list[ColumnProfileShape]:
    with context.database.reading() as connection:
        rows = column_profiles.known(connection)
    return [column_profile_json(row, context.settings.zone) for row in rows]


@router.get("/programmes/{programme}/imports", responses=LISTED)
def list_imports(context: Context, account: Caller, programme: Id, part: Listed) -> list[ImportShape]:
    """List every import, oldest first, and which scores wait for another account, as ``import list --json`` does."""
    context.programme(account, programme)
    with context.database.reading() as connection:
        rows = imports.recorded_imports(connection, [programme])
    return [import_json(row, context.settings.zone) for row in part.of(rows)]


@router.get("/programmes/{programme}/imports/{number}", responses=LISTED)
def show_import(context: Context, account: Caller, programme: Id, number: Number, part: Listed) -> ImportShape:
    """Show the scores of one import, for whoever is to confirm them; its lines come a page at a time."""
    context.programme(account, programme)
    with context.database.reading() as connection:
        rows = [row for row in imports.recorded_imports(connection, [programme]) if row["id"] == number]
        if not rows:
            raise HTTPException(404)
        lines = part.of(scores_of_files.scores_of(connection, number))
    context.note(account, "import show", programme, len(lines), via=VIA)
    shape = import_json(rows[0], context.settings.zone)
    shape["lines"] = [score_json(line, context.settings.zone) for line in lines]
    return shape
