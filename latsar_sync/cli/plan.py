"""The command that shows what a run would do: plan."""

import typer

from latsar_sync.cli.context import Json, ProgrammeOption, chosen
from latsar_sync.cli.sync import run_and_show
from latsar_sync.domain.request import Request

app = typer.Typer(add_completion=False)


@app.command()
def plan(context: typer.Context, programme: ProgrammeOption = None, as_json: Json = False) -> None:
    """Show who would be admitted, pushed or held by a guard, and why; write nothing."""
    run_and_show(context.obj, Request("plan", chosen(programme), dry_run=True), as_json)
