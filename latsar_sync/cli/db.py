"""The commands about the database of the service: db upgrade, check, backup, restore, compact."""

import shlex
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.exc import DatabaseError

from latsar_sync.actions.erasing_files import FilesOfErased
from latsar_sync.actions.typed_text import require_printable
from latsar_sync.cli.closing import at_the_end
from latsar_sync.cli.context import Json, leave_with, note_view, now, open_database
from latsar_sync.cli.person import load_register
from latsar_sync.cli.screens.console import errors, output, print_json
from latsar_sync.cli.screens.moments import moment
from latsar_sync.domain import figures
from latsar_sync.domain.language import _, mark
from latsar_sync.shapes import fields
from latsar_sync.store import backup, check, counts
from latsar_sync.store.database import Database
from latsar_sync.store.database_errors import is_full
from latsar_sync.store.tables import metadata

app = typer.Typer(help="The database of the service.", no_args_is_help=True, add_completion=False)
UNKNOWN_AFTER = (
    mark("who was enrolled, and whom a manager removed or put back"),
    mark("which messages were sent"),
    mark("holds, admissions, moves, thresholds, clearances and decrees that persons recorded"),
    mark("files that were imported"),
    mark("whose identity was erased: give the newer register with --erasures"),
)
"""What a restored database lacks."""


@app.command("upgrade")
def db_upgrade(context: typer.Context, as_json: Json = False) -> None:
    """Bring the database's tables up to date; every other command does it too."""
    database = Database(context.obj.settings().database_url, errors.print)
    before, after = database.upgrade()
    if as_json:
        print_json({"database": database.name, "before": before, "after": after})
    elif before == after:
        output.print(
            _("{name} is up to date (revision {after}).").format(name=database.name, after=after), overflow="fold"
        )
    else:
        output.print(
            _("{name}: revision {before} → {after}.").format(name=database.name, before=before or "–", after=after),
            overflow="fold",
        )


@app.command("check")
def db_check(context: typer.Context, as_json: Json = False) -> None:
    """Look for contradictory records; exit code 1 if there are any."""
    settings = context.obj.settings()
    with open_database(settings).reading() as connection:
        found = check.check_records(connection, settings.capacities())
    if as_json:
        print_json([asdict(each) for each in found])
    elif not found:
        output.print(_("No contradiction found."))
    else:
        for each in found:
            output.print(f"{each.code}: {each.found}\n  → {each.remedy}", markup=False, highlight=False, soft_wrap=True)
    leave_with(1 if found else 0)


@app.command("backup")
def db_backup(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="The file to write; it must not exist.")],
    as_json: Json = False,
) -> None:
    """Write a consistent copy of the database to one file, while the service runs."""
    require_printable("FILE", str(file))  # of a name that is no text SQLite makes no file
    database = open_database(context.obj.settings())
    with database.reading() as connection:
        people = counts.everybody_by_programme(connection)
    try:
        note_view(database, "db backup", people or {"": 0})  # before: so the copy itself tells of it
    except DatabaseError as error:
        if not is_full(error):
            raise
        # what may be the last copy is not refused for that
        text = _("The disk of the database is full: that this copy was made stands in no access log.")
        errors.print(text, markup=False, highlight=False, soft_wrap=True)
    size = backup.back_up(database, file, now())
    if as_json:
        print_json({"file": str(file), "bytes": size})
    else:
        output.print(
            _("{file}: {size} bytes. Restore it with: latsar-sync db restore {file}").format(
                file=shlex.quote(str(file)), size=figures.count(size)
            ),
            soft_wrap=True,
        )


@app.command("restore")
def db_restore(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="A file that db backup wrote.")],
    erasures: Annotated[
        Path | None, typer.Option(help="A newer register of person erasures: erase the same people again.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Fill the configured database, which must be empty, from a backup."""
    settings = context.obj.settings()
    erased = [] if erasures is None else load_register(erasures)
    database = Database(settings.database_url)
    at_the_end.callback(database.close)
    files = FilesOfErased()
    rows, as_of = backup.restore(database, file, now(), erased, files.look)
    stamp = fields.moment(as_of, settings.zone)
    if as_json:
        unknown, waiting = [_(each) for each in UNKNOWN_AFTER], sorted(files.waiting)
        told = {"file": str(file), "rows": rows, "as_of": stamp or "", "unknown": unknown, "waiting_files": waiting}
        print_json(told)
        return
    restored = _("{number} rows restored. The copy knows what happened up to {moment}.")
    output.print(restored.format(number=rows, moment=moment(stamp)), soft_wrap=True)
    if files.waiting:
        said = _("Files wait that name people who were erased since: {numbers}. Decide about them: {where}.")
        numbers = ", ".join(map(str, sorted(files.waiting)))
        output.print(said.format(numbers=numbers, where="latsar-sync import dismiss"), markup=False, soft_wrap=True)
    output.print(_("It cannot know what happened after that:"))
    for each in UNKNOWN_AFTER:
        output.print(f"- {_(each)}", markup=False, soft_wrap=True)
    output.print(
        _(
            "So the next run of each programme is held and names whom it would send. Record again what is lost, put a "
            "hold on whom a manager removed since, and release the rest with sync --accept --by NAME."
        ),
        soft_wrap=True,
    )


@app.command("compact")
def db_compact(context: typer.Context, as_json: Json = False) -> None:
    """Write the database anew, so that nothing of what was deleted is left in its files; stop the service first."""
    database = open_database(context.obj.settings())
    refused = database.forget_deleted(metadata.tables.keys())
    if refused is not None:
        raise refused
    if as_json:
        print_json({"database": database.name, "compacted": True})
    else:
        output.print(_("{database} was written anew.").format(database=database.name), soft_wrap=True)
