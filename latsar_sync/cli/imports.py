"""The commands for files of offices: import participants, scores, confirm, show, list."""

import getpass
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from latsar_sync.actions.layouts import LONGEST_NAME
from latsar_sync.actions.scores import confirm_scores
from latsar_sync.actions.typed_text import named
from latsar_sync.cli import layouts, received
from latsar_sync.cli.context import (
    Json,
    ProgrammeOption,
    TheProgrammeOption,
    known_programmes,
    leave_with,
    note_view,
    now,
    one_programme,
    open_database,
)
from latsar_sync.cli.exit_codes import EXIT_GUARDED
from latsar_sync.cli.proof import proven_account
from latsar_sync.cli.screens.console import output, print_json
from latsar_sync.cli.screens.imports import show_confirmed, show_imports, show_report, show_scores
from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _
from latsar_sync.files import import_request, importing
from latsar_sync.files.column_profiles import ScoreScale
from latsar_sync.settings.values import GREATEST_NUMBER
from latsar_sync.shapes.import_reports import report_json
from latsar_sync.shapes.imports import import_json, score_json
from latsar_sync.store import imports, scores_of_files
from latsar_sync.store.database import Database

app = typer.Typer(
    help="Lists of participants and MOOC scores from CSV and XLSX files.", no_args_is_help=True, add_completion=False
)
EXIT_REJECTED = 1
"""A row was rejected, so nothing of the file was taken."""

OfficeFile = Annotated[Path, typer.Argument(metavar="FILE", help="A CSV, XLSX or PDF file.")]
Apply = Annotated[bool, typer.Option("--apply", help="Import it; without this nothing is written.")]
SheetOption = Annotated[str | None, typer.Option("--sheet", help="The sheet, if several have such a table.")]
ColumnOption = Annotated[
    list[str] | None,
    typer.Option("--column", metavar="FIELD=TITLE", help="Which column is which; again for each."),
]
ProfileOption = Annotated[
    str | None, typer.Option("--profile", metavar="NAME", help="With --apply: learn these columns under this name.")
]
Number = Annotated[int, typer.Argument(metavar="ID", max=GREATEST_NUMBER, help="The number of the import.")]


@app.command()
def participants(
    context: typer.Context,
    file: OfficeFile,
    programme: TheProgrammeOption = None,
    apply: Apply = False,
    add: Annotated[bool, typer.Option("--add", help="The file is a part: who is missing from it stays.")] = False,
    accept: Annotated[
        bool, typer.Option("--accept", help="Take it although many are missing who took part until now.")
    ] = False,
    by: Annotated[str | None, typer.Option(metavar="NAME", help="Who imports [default: the login name].")] = None,
    sheet: SheetOption = None,
    column: ColumnOption = None,
    profile: ProfileOption = None,
    as_json: Json = False,
) -> None:
    """Show what a list of participants would change, and make it the programme's list with --apply."""
    settings = context.obj.settings()
    who = _login_name() if by is None else named("--by", by)
    request = import_request.ImportRequest(
        file, one_programme(settings, programme).id, apply, who, whole=not add, sheet=sheet, accept=accept
    )
    request = replace(request, columns=column or (), profile=_learned(profile, column))
    database = open_database(settings, make=True)
    tell(database, importing.import_participants(settings, database, request, now), request, as_json)


@app.command()
def scores(
    context: typer.Context,
    file: OfficeFile,
    programme: TheProgrammeOption = None,
    apply: Apply = False,
    by: Annotated[
        str | None, typer.Option(metavar="NAME", help="With --apply: who imports; somebody else has to confirm.")
    ] = None,
    sheet: SheetOption = None,
    column: ColumnOption = None,
    percent: Annotated[bool, typer.Option("--percent", help="With --column: scores are written in per cent.")] = False,
    profile: ProfileOption = None,
    as_json: Json = False,
) -> None:
    """Show what a file of scores would change, and record it with --apply; it waits for a second person."""
    settings = context.obj.settings()
    if apply and by is None:
        raise UsageError(
            _("--apply needs --by NAME: scores are imported in somebody's name."),
            _("Name yourself; somebody else confirms them."),
        )
    who = _login_name() if by is None else named("--by", by)
    request = import_request.ImportRequest(file, one_programme(settings, programme).id, apply, who, sheet=sheet)
    if percent and not column:
        raise UsageError(_("--percent goes with --column."), _("Say which column is which, or leave it out."))
    scale: ScoreScale = "percent" if percent else "points"
    request = replace(request, columns=column or (), profile=_learned(profile, column), scores=scale)
    database = open_database(settings, make=True)
    tell(database, importing.import_scores(settings, database, request, now), request, as_json)


@app.command()
def confirm(
    context: typer.Context,
    number: Number,
    by: Annotated[
        str,
        typer.Option(metavar="NAME", help="Another account than the one that imported; its token is asked for."),
    ],
    as_json: Json = False,
) -> None:
    """Confirm imported scores as a second person; the next run judges by them."""
    settings = context.obj.settings()
    database = open_database(settings)
    account = proven_account(database, named("--by", by))
    row = confirm_scores(settings, database, now, number, account)
    note_view(database, "import confirm", [row["programme"]])
    if as_json:
        print_json(import_json(row, settings.zone))
    else:
        show_confirmed(output, row)


@app.command()
def show(context: typer.Context, number: Number, as_json: Json = False) -> None:
    """Show the scores of one import, for whoever is to confirm them."""
    settings = context.obj.settings()
    known = known_programmes(settings, None)
    database = open_database(settings)
    with database.reading() as connection:
        found = [row for row in imports.recorded_imports(connection, known) if row["id"] == number]
        lines = scores_of_files.scores_of(connection, number)
    if not found:
        raise UsageError(_("There is no import {number}.").format(number=number), _("See latsar-sync import list."))
    note_view(database, "import show", [found[0]["programme"] for _line in lines])
    shape = import_json(found[0], settings.zone)
    shape["lines"] = [score_json(line, settings.zone) for line in lines]
    if as_json:
        print_json(shape)
    else:
        show_scores(output, shape)


app.command()(layouts.profiles)
app.command()(layouts.example)
app.command()(received.fetch)
app.command()(received.received)
app.command()(received.take)
app.command()(received.dismiss)


@app.command("list")
def list_imports(context: typer.Context, programme: ProgrammeOption = None, as_json: Json = False) -> None:
    """List every import, oldest first, and which scores wait for a second person."""
    settings = context.obj.settings()
    with open_database(settings).reading() as connection:
        rows = imports.recorded_imports(connection, known_programmes(settings, programme))
    lines = [import_json(row, settings.zone) for row in rows]
    if as_json:
        print_json(lines)
    else:
        show_imports(output, lines)


def tell(
    database: Database,
    report: import_request.Report,
    request: import_request.ImportRequest,
    as_json: bool,
    passed_over: Sequence[tuple[str, str]] = (),
) -> None:
    """Print what a file would change or changed; exit code 1 if a row was rejected, that of a guard if one holds it."""
    shown = sum(count for what, count in import_request.counts_of(report).items() if what != "unchanged")
    note_view(database, f"import {report.kind}", [request.programme] * shown)
    if as_json:
        print_json(report_json(report, request, passed_over))
    else:
        show_report(output, report, request)
    leave_with(EXIT_REJECTED if report.rejected else EXIT_GUARDED if report.held else 0)


def _learned(profile: str | None, column: list[str] | None) -> str | None:
    """Return the name under which columns are learned; raise UsageError where none are told."""
    if profile is None:
        return None
    if not column:
        raise UsageError(_("--profile goes with --column."), _("Say which column is which, or leave it out."))
    return named("--profile", profile, LONGEST_NAME)


def _login_name() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        raise UsageError(_("This account has no name."), _("Say with --by who imports.")) from None
