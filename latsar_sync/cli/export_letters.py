"""The command that writes letters to the sending institutions, one ZIP for each."""

from pathlib import Path
from typing import Annotated

import typer

from latsar_sync.cli.context import (
    AngkatanOption,
    Json,
    OverwriteOption,
    ProgrammeOption,
    note_view,
    now,
    one_programme,
    open_database,
    typed_day,
)
from latsar_sync.cli.screens.console import errors, output, print_json
from latsar_sync.cli.screens.frames import say
from latsar_sync.domain import figures
from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _, counted
from latsar_sync.exports.letter_zips import write_zips
from latsar_sync.exports.letters import LetterRequest, compose_letters
from latsar_sync.exports.one_letter import LetterKind
from latsar_sync.store import listings


def letters(
    context: typer.Context,
    kind: Annotated[LetterKind, typer.Argument(metavar="KIND", help="call-up, or duty (release from duties).")],
    programme: ProgrammeOption = None,
    angkatan: AngkatanOption = None,
    institution: Annotated[
        str | None, typer.Option("--institution", metavar="NAME", help="Only to this institution.")
    ] = None,
    place: Annotated[
        str | None, typer.Option("--place", metavar="NAME", help="Only about who comes together there.")
    ] = None,
    number: Annotated[str | None, typer.Option(help="Its number; without it a place to write it.")] = None,
    date: Annotated[
        str | None, typer.Option("--date", metavar="DATE", help="Its date; without it a place to write it.")
    ] = None,
    folder: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write into this folder, which must be there.")
    ] = None,
    overwrite: OverwriteOption = False,
    as_json: Json = False,
) -> None:
    """Write letters to the sending institutions: one ZIP each into a folder, with every letter as DOCX and PDF."""
    settings = context.obj.settings()
    wanted = one_programme(settings, programme)
    if folder is None:
        raise UsageError(_("Letters go into a folder."), _("Name it with -o."))
    dated = typed_day("--date", date) if date is not None else None
    request = LetterRequest(kind, now(), angkatan, institution, place, number, dated)
    database = open_database(settings)
    with database.reading() as connection:
        _numbers, rows = listings.each_on_the_roster(connection, [wanted.id], angkatan)
        made = compose_letters(settings, wanted, rows, request)
    note_view(
        database, "export letters", [wanted.id for mine in made.values() for each in mine for _one in each.people]
    )
    files, problem = write_zips(made, folder, overwrite)
    if problem is not None:
        say(errors, problem)
    if as_json:
        print_json([{"file": str(path), "format": "zip", "bytes": size} for path, size in files])
        return
    for path, size in files:
        say(output, _("{file}: {size} bytes.").format(file=path, size=figures.count(size)))
    text = counted(
        "{number} institution. The files hold personal data; only this account may read them.",
        "{number} institutions. The files hold personal data; only this account may read them.",
        len(files),
    )
    say(output, text.format(number=len(files)))
