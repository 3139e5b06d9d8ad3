"""The commands that say what became of a programme's id: programme rename, close."""

from typing import Annotated

import typer

from latsar_sync.actions import renames
from latsar_sync.actions.typed_text import named
from latsar_sync.cli.context import Json, note_action, now, open_database
from latsar_sync.cli.screens.console import output, print_json
from latsar_sync.domain.language import _

app = typer.Typer(
    help="What became of a programme whose id the configuration lost.", no_args_is_help=True, add_completion=False
)
Old = Annotated[str, typer.Argument(help="The id that is recorded and no longer configured.")]
New = Annotated[str, typer.Argument(help="The id that the configuration has now.")]
By = Annotated[str, typer.Option(metavar="NAME", help="Who says so.")]
Reason = Annotated[str, typer.Option(help="Why, in words.")]


@app.command("rename")
def rename_programme(context: typer.Context, old: Old, new: New, by: By, reason: Reason, as_json: Json = False) -> None:
    """Say that a programme has another id now: everything that is recorded follows."""
    settings = context.obj.settings()
    why, who = named("--reason", reason), named("--by", by)
    database = open_database(settings)
    renames.rename_programme(settings, database, now, old, new, why, who)
    note_action(database, "programme rename", new)
    tell({"renamed": old, "to": new, "by": who}, _("{old} is {new} from now on.").format(old=old, new=new), as_json)


@app.command("close")
def close_programme(context: typer.Context, old: Old, by: By, reason: Reason, as_json: Json = False) -> None:
    """Say that a programme is over: nobody is asked about it again, and its groups are free for others."""
    settings = context.obj.settings()
    why, who = named("--reason", reason), named("--by", by)
    database = open_database(settings)
    renames.close(settings, database, now, old, None, why, who)
    note_action(database, "programme close", old)
    tell({"closed": old, "by": who}, _("{name} is closed.").format(name=old), as_json)


def tell(shape: dict[str, str], said: str, as_json: bool) -> None:
    if as_json:
        print_json(shape)
    else:
        output.print(said, markup=False, highlight=False, soft_wrap=True)
