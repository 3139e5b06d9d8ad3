"""The commands about keeping and destroying: retention show, apply, report; and the access log (rule 16)."""

from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from latsar_sync.actions import destroying
from latsar_sync.actions.typed_text import named
from latsar_sync.cli.context import Json, note_action, now, open_database, typed_day
from latsar_sync.cli.screens import privacy
from latsar_sync.cli.screens.console import is_json, output, print_json, write_document, write_json
from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _
from latsar_sync.settings import Settings
from latsar_sync.settings.values import GREATEST_NUMBER
from latsar_sync.shapes.retention import data_class_json, report_json, retention_json
from latsar_sync.shapes.retention_text import report_text
from latsar_sync.store import destruction_reports

app = typer.Typer(
    help="How long data are kept, and their destruction when the time is over.",
    no_args_is_help=True,
    add_completion=False,
)


@app.command()
def show(context: typer.Context, as_json: Json = False) -> None:
    """Show how long each data class is kept, what is due, and the reports of what was destroyed."""
    settings = context.obj.settings()
    with open_database(settings).reading() as connection:
        shape = retention_json(connection, settings, now())
    if as_json:
        print_json(shape)
    else:
        privacy.show_retention(output, shape)


@app.command()
def apply(
    context: typer.Context,
    programme: Annotated[str, typer.Option(help="The programme's id.")],
    by: Annotated[str, typer.Option(metavar="NAME", help="Who orders the destruction; the report names them.")],
    ended: Annotated[
        str | None,
        typer.Option(metavar="DATE", help="The programme's last day, where the configuration does not say it."),
    ] = None,
    apply: Annotated[
        bool, typer.Option("--apply", help="Do it; without it the command only says what would happen.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Destroy for good what a programme's retention periods have run out for, and record a report of it."""
    settings = context.obj.settings()
    by = named("--by", by)
    database = open_database(settings)
    today = _today(settings, programme)
    last_day = None if ended is None else typed_day("--ended", ended)
    with database.reading() as connection:
        end = destroying.checked_end(connection, settings, programme, last_day)
        due = destroying.due_of(connection, destroying.keepings(settings, programme, end), today)
        shape: dict[str, Any] = {
            "programme": programme,
            "applied": apply,
            "classes": [data_class_json(connection, keeping, today) for keeping in due],
            "reports": [],
        }
    if apply and due:
        basis = settings.retention.legal_basis or ""
        with database.reading() as connection:
            known = len(destruction_reports.find_reports(connection))
        done = destroying.destroy(database, now, due, basis, by)
        note_action(database, "retention apply", programme)
        with database.reading() as connection:
            reports = [
                each for each in destruction_reports.find_reports(connection)[known:] if each.programme == programme
            ]
        shape["reports"] = [report_json(each, settings) for each in reports]
        shape |= {"file_clean": done.file_clean, "waiting": done.waiting}
    if as_json:
        print_json(shape)
    else:
        privacy.show_destruction(output, shape, [str(keeping.due_on) for keeping in due])


@app.command()
def report(
    context: typer.Context,
    number: Annotated[int, typer.Argument(max=GREATEST_NUMBER, help="The number that retention show lists.")],
    file: Annotated[Path | None, typer.Option("--output", "-o", help="Write to this file.")] = None,
    as_json: Json = False,
) -> None:
    """Print the report of one destruction, to be signed and filed; it holds no personal data of participants."""
    settings = context.obj.settings()
    with open_database(settings).reading() as connection:
        found = destruction_reports.find_reports(connection, number)
    if not found:
        raise UsageError(_("There is no report {number}.").format(number=number), _("See latsar-sync retention show."))
    if as_json or is_json(file):
        write_json(file, report_json(found[0], settings))
    else:
        write_document(file, report_text(found[0], settings.zone))


def _today(settings: Settings, programme: str) -> date:
    return settings.today(now(), programme)
