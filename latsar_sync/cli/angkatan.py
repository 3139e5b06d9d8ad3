"""The commands that say what became of an angkatan's id: angkatan rename, close."""

from typing import Annotated

import typer

from latsar_sync.actions import renames
from latsar_sync.actions.typed_text import named
from latsar_sync.cli.context import Json, note_action, now, open_database
from latsar_sync.cli.programme import By, New, Old, Reason, tell
from latsar_sync.domain.language import _

app = typer.Typer(
    help="What became of an angkatan whose id the configuration lost.", no_args_is_help=True, add_completion=False
)
Programme = Annotated[str, typer.Argument(help="The programme's id.")]


@app.command("rename")
def rename_angkatan(
    context: typer.Context, programme: Programme, old: Old, new: New, by: By, reason: Reason, as_json: Json = False
) -> None:
    """Say that an angkatan has another id now: its people, group and records follow."""
    settings = context.obj.settings()
    why, who = named("--reason", reason), named("--by", by)
    database = open_database(settings)
    renames.rename_angkatan(settings, database, now, programme, old, new, why, who)
    note_action(database, "angkatan rename", programme)
    said = {"programme": programme, "renamed": old, "to": new, "by": who}
    tell(said, _("{old} is {new} from now on.").format(old=old, new=new), as_json)


@app.command("close")
def close_angkatan(
    context: typer.Context, programme: Programme, old: Old, by: By, reason: Reason, as_json: Json = False
) -> None:
    """Say that an angkatan is over: its people stay as they were last seen, and its group is free for others."""
    settings = context.obj.settings()
    why, who = named("--reason", reason), named("--by", by)
    database = open_database(settings)
    renames.close(settings, database, now, programme, old, why, who)
    note_action(database, "angkatan close", programme)
    tell({"programme": programme, "closed": old, "by": who}, _("{name} is closed.").format(name=old), as_json)
