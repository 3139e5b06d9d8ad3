"""The commands that write documents for offices: daftar hadir, chase list, list of a surat pemanggilan, ledger."""

from typing import Annotated

import typer

from latsar_sync.cli.context import AngkatanOption, Json, MadeByOption, OutputOption, OverwriteOption, ProgrammeOption
from latsar_sync.cli.documents import document_form, export
from latsar_sync.cli.export_accounts import accounts
from latsar_sync.cli.export_letters import letters
from latsar_sync.exports import Form, Paper

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
