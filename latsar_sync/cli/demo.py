"""The command that shows the main job on the bundled campus: demo."""

from pathlib import Path
from typing import Annotated

import typer

from latsar_sync.cli.context import Json, leave_with, now
from latsar_sync.cli.screens.console import errors, output
from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _

app = typer.Typer(add_completion=False)


@app.command()
def demo(
    serve: Annotated[bool, typer.Option("--serve", help="Keep the campus up afterwards, until Ctrl-C.")] = False,
    folder: Annotated[Path, typer.Option(help="Where configuration and database of the demo go.")] = Path("data/demo"),
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on loopback; 0 takes a free one.")] = 0,
    campus_only: Annotated[
        bool, typer.Option("--campus-only", help="Start the campus and nothing else, to try init on it.")
    ] = False,
    files: Annotated[
        bool, typer.Option("--files", help="Show a second programme too, that runs on files beside the first.")
    ] = False,
    fault: Annotated[
        list[str] | None, typer.Option(help="With --serve: switch a fault on, such as maintenance or slow.")
    ] = None,
    moodle: Annotated[
        str | None,
        typer.Option(metavar="VERSION", help="Which Moodle the campus is: 4.0, 4.3, 4.5 or 5.1, the newest."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Run the main job against the bundled campus, twice, and show what came of it."""
    # the campus is loaded for this command alone
    from latsar_sync.cli import demo_run

    if campus_only:
        if serve or fault or as_json or files:
            raise UsageError(_("--campus-only stands alone."), _("Only --port and --moodle go with it."))
        demo_run.show_campus(output, port, moodle)
        return
    leave_with(demo_run.demonstrate(output, errors, folder, port, moodle, serve, fault or [], as_json, now, files))
