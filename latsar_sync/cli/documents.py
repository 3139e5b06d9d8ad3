"""How a document for an office is written by a command: in which form, into a file or on the screen."""

from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from latsar_sync.actions.typed_text import named
from latsar_sync.cli.context import known_programmes, login_name, note_view, now, open_database
from latsar_sync.cli.screens.console import output, print_json
from latsar_sync.domain import figures
from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _
from latsar_sync.exports import ExportRequest, Form, Paper, compose, write
from latsar_sync.exports.files import require_writable
from latsar_sync.settings import Settings
from latsar_sync.store import counts

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
    require_writable(file, overwrite)  # before the work is done
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
