"""The commands about one person's data: person export, erase, resume, erasures (rule 16; UU 27/2022)."""

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import Connection

from latsar_sync.actions import erasing
from latsar_sync.actions.typed_text import named
from latsar_sync.cli.context import Json, OverwriteOption, login_name, note_view, now, open_database
from latsar_sync.cli.lookup import number_or_id
from latsar_sync.cli.screens import privacy
from latsar_sync.cli.screens.console import is_json, output, print_json, write_document, write_json
from latsar_sync.domain.actions import Erasure, ErasureKind
from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _
from latsar_sync.settings import Settings
from latsar_sync.shapes import person_export, registers
from latsar_sync.shapes.erasing import consequences_json
from latsar_sync.shapes.person_export_text import dossier_text
from latsar_sync.store import erasure
from latsar_sync.store.database import Database
from latsar_sync.store.erasable_people import FoundPerson

app = typer.Typer(
    help="One person's data: everything held, erasure, and its register.", no_args_is_help=True, add_completion=False
)
Who = Annotated[str, typer.Argument(metavar="NIP", help="The NIP, or the participant's internal id.")]
Why = Annotated[str, typer.Option(help="The reason; it stands on record for good, so no name and no NIP in it.")]
By = Annotated[str, typer.Option(metavar="NAME", help="Who decides.")]
Apply = Annotated[bool, typer.Option("--apply", help="Do it; without it the command only says what would happen.")]
File = Annotated[Path | None, typer.Option("--output", "-o", help="Write to this file, readable for its owner only.")]


@app.command()
def export(
    context: typer.Context, nip: Who, file: File = None, overwrite: OverwriteOption = False, as_json: Json = False
) -> None:
    """Show or write down everything held about one person, with the trail of its processing."""
    settings = context.obj.settings()
    database = open_database(settings)
    with database.reading() as connection:
        people = _people(settings, connection, nip)
    _note(database, "person export", people)
    with database.reading() as connection:
        shape = person_export.dossier_json(connection, settings, people, login_name(), now())
    if as_json or is_json(file):
        write_json(file, shape, overwrite)
    else:
        write_document(file, dossier_text(shape, settings.zone), overwrite)


@app.command()
def erase(context: typer.Context, nip: Who, reason: Why, by: By, apply: Apply = False, as_json: Json = False) -> None:
    """Destroy a person's name and NIP for good, in all programmes; the numbers stay under the internal id."""
    settings = context.obj.settings()
    reason, by = named("--reason", reason), named("--by", by)
    database = open_database(settings)
    with database.reading() as connection:
        people = erasing.not_erased(connection, _people(settings, connection, nip))
    erasing.require_nameless(reason, people)
    if not apply:
        _note(database, "person erase preview", people)
    with database.reading() as connection:
        shape = consequences_json(connection, settings, people)
    if apply:
        done = erasing.erase(database, now, people, reason, by)
        _note(database, "person erase", people)
        shape |= {"file_clean": done.file_clean, "waiting": done.waiting}
    shape["applied"] = apply
    if as_json:
        print_json(shape)
    else:
        privacy.show_erasure(output, shape)


@app.command()
def resume(
    context: typer.Context,
    internal_id: Annotated[str, typer.Argument(metavar="ID", help="The internal id that person erasures shows.")],
    reason: Why,
    by: By,
    as_json: Json = False,
) -> None:
    """Take an erased person in again: the next run reads, judges and places them anew."""
    settings = context.obj.settings()
    reason, by = named("--reason", reason), named("--by", by)
    database = open_database(settings)
    with database.reading() as connection:
        person = erasing.find_erased(connection, internal_id)
    done = erasing.resume(database, now, settings, person, reason, by)
    _note(database, "person resume", [person])
    if as_json:
        about = {"participant_id": person.participant_id, "programme": person.programme}
        print_json({**about, "resumed": True, "waiting": done.waiting})
    else:
        output.print(_("Recorded. The next run over everybody collects the person again."))


@app.command()
def erasures(context: typer.Context, file: File = None, as_json: Json = False) -> None:
    """Show the register of erasures, by internal id; db restore takes it with --erasures."""
    settings = context.obj.settings()
    if file is not None:
        from latsar_sync.exports.files import require_writable  # with every document: half a second for this alone

        require_writable(file, overwrite=True)
        if file.exists():
            load_register(file)  # an older register is replaced, nothing else is
    with open_database(settings).reading() as connection:
        lines = [registers.erasure_json(each, settings.zone) for each in erasure.register(connection)]
    if as_json or file is not None:
        write_json(file, lines, overwrite=True)
    else:
        privacy.show_erasures(output, lines)


def load_register(file: Path) -> list[Erasure]:
    """Read a register that ``person erasures`` wrote; raise UsageError if it is none."""
    try:
        lines = json.loads(file.read_text(encoding="utf-8"))
        found = [
            Erasure(
                line["participant_id"],
                line["version"],
                ErasureKind(line["kind"]),
                line["reason"],
                line["by"],
                datetime.fromisoformat(line["at"]),
            )
            for line in lines
        ]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        raise UsageError(
            _("{file} is no register of erasures.").format(file=file),
            _("Write it with latsar-sync person erasures -o FILE."),
        ) from None
    return sorted(found, key=lambda line: (line.participant_id, line.version))


def _people(settings: Settings, connection: Connection, nip: str) -> list[FoundPerson]:
    return erasing.find_people(connection, number_or_id(settings, nip))


def _note(database: Database, action: str, people: Sequence[FoundPerson]) -> None:
    for person in people:
        note_view(database, action, [person.programme], person.participant_id)
