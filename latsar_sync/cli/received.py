"""The commands about files that came by themselves: fetch, received, take, dismiss; they stand below ``import``."""

from pathlib import Path
from typing import Annotated

import typer

from latsar_sync.actions.received_files import take as take_file
from latsar_sync.actions.typed_text import named
from latsar_sync.cli.context import (
    Json,
    ProgrammeOption,
    known_programmes,
    note_action,
    note_view,
    now,
    open_database,
)
from latsar_sync.cli.screens.console import errors, output, print_json
from latsar_sync.cli.screens.received import show_received, show_received_files
from latsar_sync.domain.language import _
from latsar_sync.files import looking_at_received, receiving
from latsar_sync.files.import_request import ImportRequest, Report, counts_of
from latsar_sync.service.receiving import fetch as fetch_files
from latsar_sync.settings.values import GREATEST_NUMBER
from latsar_sync.shapes.received import looked_at_json, received_json
from latsar_sync.store import received as store
from latsar_sync.store.database import Database
from latsar_sync.store.received import ReceivedState

Number = Annotated[int, typer.Argument(metavar="ID", max=GREATEST_NUMBER, help="The number of the received file.")]


def fetch(context: typer.Context, programme: ProgrammeOption = None, as_json: Json = False) -> None:
    """Look once into the watched folders and mailboxes, as the daemon does by itself."""
    settings = context.obj.settings()
    names = known_programmes(settings, programme)
    database = open_database(settings, make=True)
    new: list[store.ReceivedFile] = []
    problems: list[str] = []
    for name in names:
        found = fetch_files(settings, database, settings.programme(name), now)
        new += found.new
        problems += found.problems
    if as_json:
        print_json({"new": [received_json(each, settings.zone) for each in new], "problems": problems})
    else:
        show_received_files(output, [received_json(each, settings.zone) for each in new], _("Nothing new came."))
        for problem in problems:
            errors.print(problem, markup=False, highlight=False, soft_wrap=True)
    if problems:
        raise typer.Exit(1)


def received(
    context: typer.Context,
    number: Annotated[
        int | None,
        typer.Argument(metavar="ID", max=GREATEST_NUMBER, help="One file, with what it would change."),
    ] = None,
    programme: ProgrammeOption = None,
    every: Annotated[bool, typer.Option("--all", help="Also those that wait no more.")] = False,
    as_json: Json = False,
) -> None:
    """List the files that came by themselves and wait for a named person, or show one."""
    settings = context.obj.settings()
    database = open_database(settings)
    if number is not None:
        found, report = looking_at_received.look_at(settings, database, number, now)
        if found.programme not in known_programmes(settings, programme):
            raise looking_at_received.no_such_file(number)
        request = ImportRequest(Path(found.name), found.programme, False, looking_at_received.BY_ITSELF)
        _note(database, "import received", found.programme, report)
        shape = looked_at_json(found, report, request if report else None, settings.zone)
        if as_json:
            print_json([shape])
        else:
            show_received(output, shape, report, request)
        return
    with database.reading() as connection:
        state = None if every else ReceivedState.WAITING
        lines = store.listed(connection, known_programmes(settings, programme), state)
    shapes = [received_json(each, settings.zone) for each in lines]
    if as_json:
        print_json(shapes)
    else:
        show_received_files(output, shapes, _("No file has come by itself yet.") if every else _("No file waits."))


def take(
    context: typer.Context,
    number: Number,
    by: Annotated[str, typer.Option(metavar="NAME", help="Who takes it; scores then wait for somebody else.")],
    add: Annotated[bool, typer.Option("--add", help="The file is a part: who is missing from it stays.")] = False,
    accept: Annotated[
        bool, typer.Option("--accept", help="Take it although many are missing who took part until now.")
    ] = False,
    reason: Annotated[str, typer.Option(help="Why people are moved, or accounts are theirs, of such a list.")] = "",
    as_json: Json = False,
) -> None:
    """Import a received file that waits, in a named person's name."""
    from latsar_sync.cli.imports import tell

    settings = context.obj.settings()
    database = open_database(settings)
    report, request, passed = take_file(settings, database, number, named("--by", by), now, not add, accept, reason)
    for each in passed:
        errors.print(f"{each.participant_id}: {each.why}", markup=False, highlight=False, soft_wrap=True)
    tell(database, report, request, as_json, [(each.participant_id, each.why) for each in passed])


def dismiss(
    context: typer.Context,
    number: Number,
    by: Annotated[str, typer.Option(metavar="NAME", help="Who decides.")],
    reason: Annotated[str, typer.Option(help="The reason; it stands on record for good.")],
    as_json: Json = False,
) -> None:
    """Set a received file aside for good; its content is destroyed."""
    settings = context.obj.settings()
    database = open_database(settings)
    found = receiving.dismiss(settings, database, number, named("--by", by), named("--reason", reason), now)
    note_action(database, "file dismissed", found.programme)
    if as_json:
        print_json(received_json(found, settings.zone))
    else:
        text = _("File {number} is set aside; its content is destroyed.").format(number=number)
        output.print(text, markup=False, highlight=False)


def _note(database: Database, action: str, programme: str, report: Report | None) -> None:
    if report is not None:
        shown = sum(count for what, count in counts_of(report).items() if what != "unchanged")
        note_view(database, action, [programme] * shown)
