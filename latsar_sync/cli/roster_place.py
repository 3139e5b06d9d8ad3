"""The command that says at which of several places people come together in class."""

from pathlib import Path
from typing import Annotated

import typer

from latsar_sync.actions.action_transaction import about
from latsar_sync.actions.places import choose_places, known_place
from latsar_sync.actions.typed_text import named
from latsar_sync.cli.context import Json, ProgrammeOption, note_view, now, one_programme, open_database
from latsar_sync.cli.lookup import number_or_id
from latsar_sync.cli.screens.console import output, print_json
from latsar_sync.cli.screens.frames import say
from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _, counted
from latsar_sync.files.place_list import read_places
from latsar_sync.store import listings

NOBODYS_WORD = "-"


def place(
    context: typer.Context,
    reason: Annotated[str, typer.Option(help="The reason; it stands on record for good.")],
    by: Annotated[str, typer.Option(metavar="NAME", help="Who decides.")],
    nip: Annotated[list[str] | None, typer.Argument(metavar="NIP", help="Whom, by NIP or internal id.")] = None,
    to: Annotated[
        str | None, typer.Option(metavar="PLACE", help="The place; - takes back what was chosen before.")
    ] = None,
    file: Annotated[
        Path | None, typer.Option("--file", help="Everybody of a CSV or XLSX file with the columns NIP and Lokasi.")
    ] = None,
    programme: ProgrammeOption = None,
    as_json: Json = False,
) -> None:
    """Say at which of several places people come together in class; seats and decisions do not depend on it."""
    settings = context.obj.settings()
    reason, by = named("--reason", reason), named("--by", by)
    wanted = one_programme(settings, programme)
    if bool(nip) == bool(file) or bool(nip) != bool(to):
        raise UsageError(_("Nobody was named."), _("Give NIPs with --to, or a --file."))
    if file is not None:
        names = [each.name for each in wanted.places]
        told: dict[str, str | None] = {**read_places(file, names, settings.today(now(), wanted.id))}
    else:
        place_of_all = None if to == NOBODYS_WORD else known_place(wanted, to or "")
        told = {number_or_id(settings, each): place_of_all for each in nip or ()}
    database = open_database(settings)
    with database.reading() as connection:
        rows = listings.participant_rows(connection, [wanted.id])
    owners: dict[str, list[str]] = {}
    for row in rows:
        for key in {row["nip"], row["participant_id"]} - {None}:
            if row["merged_into"] is None:
                owners.setdefault(key, []).append(row["participant_id"])
    alone = {owners[key][0]: where for key, where in told.items() if len(owners.get(key, ())) == 1}
    if not alone:
        raise UsageError(_("No participant has this NIP or id."), _("Look in latsar-sync participants."))
    sent = about(row for row in rows if row["participant_id"] in alone)
    done = choose_places(settings, database, now, wanted.id, alone, reason, by, sent)
    note_view(database, "roster place", [wanted.id] * len(alone))
    unknown = sum(len(owners.get(key, ())) != 1 for key in told)
    if as_json:
        counts = {"recorded": len(done), "unchanged": len(alone) - len(done), "unknown": unknown}
        print_json({"programme": wanted.id, **counts})
        return
    text = counted("Recorded: the place of {number} person.", "Recorded: the places of {number} people.", len(done))
    say(output, text.format(number=len(done)))
    if unknown:
        text = counted(
            "{number} NIP or id is nobody's, or several people's.",
            "{number} NIPs or ids are nobody's, or several people's.",
            unknown,
        )
        say(output, text.format(number=unknown))
