"""The commands about the layouts of files: profiles that were learned, and examples to fill in; below ``import``."""

from enum import StrEnum
from typing import Annotated

import typer

from latsar_sync.actions.typed_text import named
from latsar_sync.cli.context import (
    Json,
    OutputOption,
    OverwriteOption,
    ProgrammeOption,
    note_action,
    now,
    one_programme,
    open_database,
    require_ending,
)
from latsar_sync.cli.screens.console import output, print_json
from latsar_sync.cli.screens.frames import say
from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _
from latsar_sync.exports.example_files import EXAMPLES, write_example
from latsar_sync.shapes.received import column_profile_json
from latsar_sync.store import column_profiles


class ExampleKind(StrEnum):
    """The files of which there is an example."""

    PARTICIPANTS = "participants"
    SCORES = "scores"
    CLEARANCES = "clearances"
    PLACEMENT = "placement"
    ACCOUNTS = "accounts"


TAKEN_BY = {"participants": "import participants", "scores": "import scores", "clearances": "clearance import"}
"""Which command takes a file of a kind; the others come by the page or by themselves."""


def profiles(
    context: typer.Context,
    forget: Annotated[str | None, typer.Option("--forget", metavar="NAME", help="Use this one no more.")] = None,
    by: Annotated[str | None, typer.Option(metavar="NAME", help="Who decides; needed with --forget.")] = None,
    as_json: Json = False,
) -> None:
    """List the layouts of tables that were learned, or let one be forgotten."""
    settings = context.obj.settings()
    database = open_database(settings)
    if forget is not None:
        who = named("--by", by or "")
        note_action(database, "layout forgotten", "")
        with database.writing() as connection:
            if not column_profiles.forget(connection, forget, who, now()):
                raise UsageError(
                    _("There is no profile {name}.").format(name=forget), _("See latsar-sync import profiles.")
                )
    with database.reading() as connection:
        rows = column_profiles.known(connection)
    lines = [column_profile_json(row, settings.zone) for row in rows]
    if as_json:
        print_json(lines)
        return
    if not lines:
        say(output, _("No layout was learned yet."))
    for line in lines:
        columns = ", ".join(f'{field} = "{title}"' for field, title in line["columns"].items())
        say(output, f"{line['name']} · {line['kind']} · {line['scores']}\n   {columns}\n   {line['by']}, {line['at']}")


def example(
    context: typer.Context,
    kind: Annotated[
        ExampleKind, typer.Argument(metavar="KIND", help="participants, scores, clearances, placement or accounts.")
    ],
    file: OutputOption = None,
    programme: ProgrammeOption = None,
    overwrite: OverwriteOption = False,
    as_json: Json = False,
) -> None:
    """Write a spreadsheet to fill in, with the columns of such a file and checks in its cells."""
    settings = context.obj.settings()
    wanted = one_programme(settings, programme)
    if file is None:
        raise UsageError(_("A spreadsheet goes to a file."), _("Name it with -o, as in -o example.xlsx."))
    require_ending(file, ".xlsx")
    size = write_example(EXAMPLES[kind], wanted, file, overwrite, settings.office.paper)
    if as_json:
        print_json({"file": str(file), "format": "xlsx", "bytes": size})
    else:
        where = f"latsar-sync {TAKEN_BY[kind]}" if kind in TAKEN_BY else _("the page Imports")
        say(output, _("{file}: fill it in and give it to {where}.").format(file=file, where=where))
