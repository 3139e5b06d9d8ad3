"""The command that lists past runs: runs."""

from typing import Annotated

import typer

from latsar_sync.cli.context import Json, ProgrammeOption, open_database
from latsar_sync.cli.screens.console import output, print_json
from latsar_sync.cli.screens.findings import A_FEW, names_of
from latsar_sync.cli.screens.runs import show_runs
from latsar_sync.settings.values import GREATEST_NUMBER
from latsar_sync.shapes.runs import past_run_json
from latsar_sync.store import runs

app = typer.Typer(add_completion=False)


@app.command("runs")
def list_runs(
    context: typer.Context,
    programme: ProgrammeOption = None,
    limit: Annotated[int, typer.Option(min=1, max=GREATEST_NUMBER, help="How many.")] = 20,
    as_json: Json = False,
) -> None:
    """List past runs, newest first."""
    settings = context.obj.settings()
    database = open_database(settings)
    with database.reading() as connection:
        history = runs.recorded_runs(connection, programme, limit)
    if programme is not None and not history:
        settings.programme(programme)  # of one that is configured no longer there are some, or nobody knows it
    lines = [past_run_json(run, settings.zone) for run in history]
    if as_json:
        print_json(lines)
    else:
        names = names_of(database, "runs", (finding for run in history for finding in run.findings), A_FEW)
        show_runs(output, lines, settings.language, names)
