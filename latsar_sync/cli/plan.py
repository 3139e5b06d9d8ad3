"""The command that shows what a run would do: plan."""

import typer

from latsar_sync.cli.context import Json, ProgrammeOption, chosen, open_for_a_plan
from latsar_sync.cli.sync import run_and_show
from latsar_sync.domain.request import Request

app = typer.Typer(add_completion=False)


@app.command()
def plan(context: typer.Context, programme: ProgrammeOption = None, as_json: Json = False) -> None:
    """Show who would be admitted, pushed or held by a guard, and why; write nothing."""
    settings = context.obj.settings()
    request = Request("plan", chosen(programme), dry_run=True)
    run_and_show(settings, open_for_a_plan(settings), [request], as_json)
