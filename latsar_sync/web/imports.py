"""The page of imports: a file is sent, looked at line by line, taken or set aside; scores are confirmed."""

from contextlib import nullcontext
from typing import Any

from fastapi import APIRouter, HTTPException, Response, UploadFile

from latsar_sync import exports
from latsar_sync.actions import received_files
from latsar_sync.actions.layouts import layout_seen, may_change
from latsar_sync.actions.scores import confirm_scores, scores_seen
from latsar_sync.actions.typed_text import named
from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _, in_use, joined
from latsar_sync.exports.example_files import EXAMPLES, example_in_memory
from latsar_sync.exports.rejected_lines import rejected_lines
from latsar_sync.files import looking_at_received, receiving
from latsar_sync.files.column_titles import usual_title
from latsar_sync.files.import_request import counts_of
from latsar_sync.files.wanted_columns import wanted_kinds
from latsar_sync.rules.fingerprints import fingerprint
from latsar_sync.settings import ProgrammeSettings
from latsar_sync.shapes.changed_lines import changed_lines
from latsar_sync.shapes.imports import import_json
from latsar_sync.shapes.received import column_profile_json, received_json
from latsar_sync.store import column_profiles, imports, received, scores_of_files, searches
from latsar_sync.store.housekeeping import REFUSED_KEPT
from latsar_sync.store.received import ReceivedState, Way
from latsar_sync.web.dependencies import (
    Context,
    Field,
    Number,
    Page,
    PageNumber,
    Programme,
    ProgrammeToActOn,
    Reader,
    SentForm,
    part_of,
    received_file_of,
)
from latsar_sync.web.documents import called, file_answer
from latsar_sync.web.import_layouts import imports_address, layouts
from latsar_sync.web.selections import DoneAboutMany
from latsar_sync.web.uploads import TABLES, sent_file

LINES_SHOWN = 150
"""Lines of a file on a page, which is to weigh less than 100 kB."""

router = APIRouter()


@router.get("/programmes/{name}/imports")
def show_imports(context: Context, page: Page, account: Reader, programme: Programme) -> Response:
    """Show the files that wait, and every import with who made and who confirmed it."""
    zone = context.settings.zone
    with context.database.reading() as connection:
        files = received.listed(connection, [programme.id])
        rows = imports.recorded_imports(connection, [programme.id])
        profiles = column_profiles.known(connection)
    return page.show(
        "imports.html",
        account,
        programme=programme,
        files=[received_json(each, zone) for each in reversed(files)],
        imports=[import_json(each, zone) for each in reversed(rows)],
        examples=_examples(programme),
        layouts=[column_profile_json(each, zone) for each in profiles if each["kind"] in wanted_kinds(programme)],
        layouts_seen={each["name"]: fingerprint(layout_seen(each)) for each in profiles if may_change(account, each)},
        columns=usual_title,
        may_act=account.may_act(programme.id),
    )


@router.post("/programmes/{name}/imports")
def upload(
    context: Context, page: Page, account: Reader, programme: ProgrammeToActOn, sent: SentForm, file: UploadFile
) -> Response:
    """Take in a file to be looked at; nothing of it is imported by that."""
    file_name, content = sent_file(file, TABLES)
    if not file.filename:
        raise UsageError(_("No file was chosen."), _("Choose a CSV, XLSX or PDF file."))
    arrival = receiving.Arrival(file_name, content, Way.PAGE, account.name)
    with context.once(account, sent):
        found, _new = receiving.receive(context.settings, context.database, programme, arrival, context.clock)
    context.note(account, "file sent", programme.id, found.rows or 0)
    return page.go_to(f"/programmes/{programme.id}/imports/{found.id}")


@router.get("/programmes/{name}/imports/{number}")
def show_file(
    context: Context, page: Page, account: Reader, programme: Programme, number: Number, turned_to: PageNumber = 1
) -> Response:
    """Show line by line what a file would change, or what is wrong with it."""
    found = received_file_of(context, programme, number)
    report = None
    if found.state is ReceivedState.WAITING:
        report = looking_at_received.look_at(context.settings, context.database, number, context.clock)[1]
    shape: dict[str, Any] = dict(received_json(found, context.settings.zone))
    lines = changed_lines(report) if report else []
    part = part_of(turned_to, len(lines), LINES_SHOWN)
    context.note(account, "file", programme.id, found.rows or 0)
    return page.show(
        "import.html",
        account,
        programme=programme,
        file=shape,
        counts=counts_of(report) if report else {},
        held=report.held if report else None,
        lines=lines[part.offset : part.offset + LINES_SHOWN],
        part=part,
        warnings=[(each.line, each.column, each.said(in_use())) for each in report.warnings] if report else [],
        ignored=report.ignored if report else (),
        file_seen=received_files.seen_of(report),
        kept_days=REFUSED_KEPT.days,
        has_lines=looking_at_received.refused_lines(context.settings, context.database, number) is not None,
        layouts=layouts(context, programme, number) if account.may_act(programme.id) else None,
        may_act=account.may_act(programme.id),
    )


@router.get("/programmes/{name}/imports/{number}/rejected.xlsx")
def rejected(context: Context, account: Reader, programme: Programme, number: Number) -> Response:
    """Return the wrong lines of a refused file, with what is wrong in the last column."""
    received_file_of(context, programme, number)
    found = looking_at_received.refused_lines(context.settings, context.database, number)
    if found is None:
        raise HTTPException(404)
    context.note(account, "file rejected", programme.id, len(found[1]))
    return file_answer(rejected_lines(*found), exports.Form.XLSX, "baris-salah", programme.id, str(number))


@router.get("/programmes/{name}/imports/examples/{kind}.xlsx")
def example(context: Context, account: Reader, programme: Programme, kind: str) -> Response:
    """Return a spreadsheet to fill in; nobody stands in it."""
    if kind not in EXAMPLES:
        raise HTTPException(404)
    return file_answer(
        example_in_memory(EXAMPLES[kind], programme, context.settings.office.paper),
        exports.Form.XLSX,
        called(_examples(programme).get(kind, kind)),
        programme.id,
    )


@router.get("/programmes/{name}/imports/recorded/{number}")
def show_recorded(
    context: Context, page: Page, account: Reader, programme: Programme, number: Number, turned_to: PageNumber = 1
) -> Response:
    """Show the scores of an import, for whoever is to confirm them."""
    with context.database.reading() as connection:
        rows = imports.recorded_imports(connection, [programme.id])
        found = next((each for each in rows if each["id"] == number), None)
        if found is None:
            raise HTTPException(404)
        lines = scores_of_files.scores_of(connection, number)
    part = part_of(turned_to, len(lines), LINES_SHOWN)
    context.note(account, "import show", programme.id, len(lines))
    return page.show(
        "recorded_import.html",
        account,
        programme=programme,
        made=import_json(found, context.settings.zone),
        scores_seen=fingerprint(scores_seen(found)),
        lines=lines[part.offset : part.offset + LINES_SHOWN],
        part=part,
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
    why: Field = "",
) -> Response:
    """Take a waiting file in the account's name, as it was shown; scores then wait for another account."""
    found = received_file_of(context, programme, number)
    settings, database = context.settings, context.database
    in_one = found.kind in received_files.LISTS  # and its key with it
    with nullcontext() if in_one else context.once(account, sent):
        report, _request, passed = received_files.take(
            settings, database, number, account.name, context.clock, not part, bool(accept), why, sent
        )
    context.note(account, "import", programme.id, found.rows or 0)
    if passed:
        with context.database.reading() as connection:
            people = searches.people_of(connection, programme.id, [each.participant_id for each in passed])
        return page.show(
            "selected.html",
            account,
            programme=programme,
            done=DoneAboutMany(counts_of(report)["new"] - len(passed), passed),
            rows={row["participant_id"]: row for row in people},
            title=_("Placement list") if found.kind == imports.PLACEMENT else _("Accounts in class"),
            here=imports_address(programme),
            effect=context.takes_effect(programme.id, _("The next run acts on it.")),
        )
    said = _("Imported. The next run acts on it.")
    if found.kind == imports.SCORES:
        said = _("Imported; the scores wait for another account.")
    return page.go_to(imports_address(programme), context.takes_effect(programme.id, said))


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
    received_file_of(context, programme, number)
    reason = named(_("Reason"), why)
    with context.once(account, sent):
        receiving.dismiss(context.settings, context.database, number, account.name, reason, context.clock)
    context.note(account, "file dismissed", programme.id)
    return page.go_to(imports_address(programme), _("Set aside; its content is destroyed."))


@router.post("/programmes/{name}/imports/{number}/confirm")
def confirm(
    context: Context, page: Page, account: Reader, programme: ProgrammeToActOn, sent: SentForm, number: Number
) -> Response:
    """Confirm imported scores, as another account than the one that imported them (rule 21)."""
    with context.database.reading() as connection:
        if imports.find_import(connection, number).get("programme") != programme.id:
            raise HTTPException(404)
    row = confirm_scores(context.settings, context.database, context.clock, number, account, sent)
    context.note(account, "import confirm", programme.id)
    said = context.takes_effect(programme.id, _("Confirmed. The next run judges by these scores."))
    if replaced := row["scores"] - row["confirmed"] - row["awaiting"]:
        text = _("{number} of its scores were replaced by a newer file before and do not count.")
        said = joined(said, text.format(number=replaced))
    return page.go_to(imports_address(programme), said)


def _examples(programme: ProgrammeSettings) -> dict[str, str]:
    """Return the spreadsheets to fill in that a programme may want, in words."""
    found = {"participants": _("participants")} if programme.by_files else {}
    if programme.method != "classical":
        found["scores"] = _("scores")
    return {**found, "clearances": _("documents"), "placement": _("placement list"), "accounts": _("accounts in class")}
