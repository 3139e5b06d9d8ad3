"""The command that shows who looked at whose data: access-log (rule 16)."""

from typing import Annotated

import typer

from latsar_sync.cli.context import Json, ProgrammeOption, chosen, open_database
from latsar_sync.cli.screens import privacy
from latsar_sync.cli.screens.console import output, print_json
from latsar_sync.settings.values import GREATEST_NUMBER
from latsar_sync.shapes import registers
from latsar_sync.store import access

app = typer.Typer(add_completion=False)


@app.command("access-log")
def access_log(
    context: typer.Context,
    programme: ProgrammeOption = None,
    limit: Annotated[int, typer.Option(min=1, max=GREATEST_NUMBER, help="How many.")] = 20,
    as_json: Json = False,
) -> None:
    """Show who looked at whose data, or acted on it, newest first; people by internal id."""
    settings = context.obj.settings()
    with open_database(settings).reading() as connection:
        found = access.recorded_accesses(connection, chosen(programme), limit)
    if programme is not None and not found:
        settings.programme(programme)  # of one that is configured no longer there is something, or nobody knows it
    lines = [registers.access_json(each, settings.zone) for each in found]
    if as_json:
        print_json(lines)
    else:
        privacy.show_accesses(output, lines)
