"""The commands that write documents for offices: daftar hadir, chase list, list of a surat pemanggilan, ledger."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from latsar_sync.actions.typed_text import named
from latsar_sync.cli.context import (
    AngkatanOption,
    Json,
    MadeByOption,
    OutputOption,
    OverwriteOption,
    ProgrammeOption,
    known_programmes,
    login_name,
    note_view,
    now,
    open_database,
)
from latsar_sync.cli.export_accounts import accounts
from latsar_sync.cli.export_letters import letters
from latsar_sync.cli.screens.console import output, print_json
from latsar_sync.domain import figures
from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _
from latsar_sync.exports import ExportRequest, Form, Paper, compose, write
from latsar_sync.settings import Settings
from latsar_sync.store import counts

app = typer.Typer(
    help="Write a document for the office, as a spreadsheet or PDF.", no_args_is_help=True, add_completion=False
)
FormOption = Annotated[
    Form | None, typer.Option("--format", help="Spreadsheet or PDF [default: what the file's ending says].")
]
PlaceOption = Annotated[str | None, typer.Option("--place", metavar="NAME", help="Only who comes together there.")]
InstitutionOption = Annotated[
    str | None, typer.Option("--institution", metavar="NAME", help="Only whom this institution sends.")
]


@app.command()
def attendance(
    context: typer.Context,
    programme: ProgrammeOption = None,
    angkatan: AngkatanOption = None,
    place: PlaceOption = None,
    form: FormOption = None,
    file: OutputOption = None,
    overwrite: OverwriteOption = False,
    by: MadeByOption = None,
    as_json: Json = False,
) -> None:
    """Write the attendance sheet of an in-class course (daftar hadir): a column to sign in for each day."""
    export(
        context.obj.settings(),
        Paper.ATTENDANCE,
        document_form(form, file),
        file,
        overwrite,
        by,
        programme,
        angkatan,
        as_json=as_json,
        place=place,
    )


@app.command()
def chase(
    context: typer.Context,
    programme: ProgrammeOption = None,
    angkatan: AngkatanOption = None,
    institution: InstitutionOption = None,
    place: PlaceOption = None,
    form: FormOption = None,
    file: OutputOption = None,
    overwrite: OverwriteOption = False,
    by: MadeByOption = None,
    as_json: Json = False,
) -> None:
    """Write who still lacks what, by sending institution."""
    export(
        context.obj.settings(),
        Paper.CHASE,
        document_form(form, file),
        file,
        overwrite,
        by,
        programme,
        angkatan,
        institution,
        as_json,
        place,
    )


@app.command()
def summons(
    context: typer.Context,
    programme: ProgrammeOption = None,
    angkatan: AngkatanOption = None,
    institution: InstitutionOption = None,
    place: PlaceOption = None,
    form: FormOption = None,
    file: OutputOption = None,
    overwrite: OverwriteOption = False,
    by: MadeByOption = None,
    as_json: Json = False,
) -> None:
    """Write the list that is attached to a call-up letter (surat pemanggilan), by sending institution."""
    export(
        context.obj.settings(),
        Paper.SUMMONS,
        document_form(form, file),
        file,
        overwrite,
        by,
        programme,
        angkatan,
        institution,
        as_json,
        place,
    )


@app.command("ledger")
def export_ledger(
    context: typer.Context,
    programme: ProgrammeOption = None,
    angkatan: AngkatanOption = None,
    form: FormOption = None,
    file: OutputOption = None,
    overwrite: OverwriteOption = False,
    by: MadeByOption = None,
    as_json: Json = False,
) -> None:
    """Write every decision ever made, with threshold, rules, evidence and times: for the auditor."""
    export(
        context.obj.settings(),
        Paper.LEDGER,
        document_form(form, file),
        file,
        overwrite,
        by,
        programme,
        angkatan,
        as_json=as_json,
    )


@app.command()
def recap(
    context: typer.Context,
    programme: ProgrammeOption = None,
    angkatan: AngkatanOption = None,
    institution: InstitutionOption = None,
    place: PlaceOption = None,
    columns: Annotated[
        str | None,
        typer.Option("--columns", metavar="A,B,…", help="These columns, in this order [default: all]."),
    ] = None,
    form: FormOption = None,
    file: OutputOption = None,
    overwrite: OverwriteOption = False,
    by: MadeByOption = None,
    as_json: Json = False,
) -> None:
    """Write the recap of the phase for reporting: every value of everybody, by angkatan."""
    export(
        context.obj.settings(),
        Paper.RECAP,
        document_form(form, file),
        file,
        overwrite,
        by,
        programme,
        angkatan,
        institution,
        as_json,
        place,
        tuple(each.strip() for each in columns.split(",")) if columns is not None else (),
    )


app.command()(accounts)
app.command()(letters)

Choice = TypeVar("Choice", bound=StrEnum)


def form_of(choices: type[Choice], form: Choice | None, file: Path | None) -> Choice | None:
    """Return the form that was asked for, else the one that the file's ending names, else None.

    Raise UsageError if the two contradict each other: nothing opens a table that calls itself .xlsx.
    """
    ending = file.suffix.lower().removeprefix(".") if file is not None else ""
    named_by_file = next((each for each in choices if each.value == ending), None)
    if form is not None and named_by_file not in (None, form):
        raise UsageError(
            _("{file} ends in .{ending}, and --format is {form}.").format(file=file, ending=ending, form=form),
            _("Leave --format out, or give the file another ending."),
        )
    return form or named_by_file


def document_form(form: Form | None, file: Path | None) -> Form:
    """Return whether a spreadsheet or a PDF is wanted; raise UsageError if nothing says so."""
    chosen = form_of(Form, form, file)
    if chosen is None:
        raise UsageError(
            _("Neither --format nor the file's ending says what to write."),
            _("Give a file that ends in .xlsx or .pdf, as in -o list.pdf."),
        )
    return chosen


def export(
    settings: Settings,
    paper: Paper,
    form: Form,
    file: Path | None,
    overwrite: bool,
    by: str | None,
    programme: str | None,
    angkatan: str | None,
    institution: str | None = None,
    as_json: bool = False,
    place: str | None = None,
    columns: tuple[str, ...] = (),
) -> None:
    """Write a document to a file and tell its name and size; raise UsageError without a file."""
    if file is None:
        raise UsageError(_("A spreadsheet or PDF goes to a file."), _("Name it with -o."))
    made_by = login_name() if by is None else named("--by", by)
    request = ExportRequest(paper, made_by, now(), programme, angkatan, institution, place, columns)
    database = open_database(settings)
    with database.reading() as connection:
        people = counts.people_by_programme(connection, known_programmes(settings, programme))
    note_view(database, f"export {paper}", people.elements())
    with database.reading() as connection:
        size = write(compose(settings, connection, request), form, file, overwrite)
    if as_json:
        print_json({"file": str(file), "format": form, "bytes": size})
    else:
        output.print(
            _("{file}: {size} bytes. It holds personal data; only this account may read it.").format(
                file=file, size=figures.count(size)
            ),
            markup=False,
            highlight=False,
            soft_wrap=True,
        )
