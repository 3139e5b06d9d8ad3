"""The commands by which a named person says who is who: identity correct, merge, account, list (rule 19)."""

from typing import Annotated, Any

import typer

from latsar_sync.actions import accounts_in_class, identity
from latsar_sync.actions.action_transaction import about
from latsar_sync.actions.typed_text import named
from latsar_sync.cli.context import (
    Json,
    ProgrammeOption,
    known_programmes,
    note_view,
    now,
    open_database,
)
from latsar_sync.cli.lookup import find_participant, valid_nip
from latsar_sync.cli.screens.actions import show_identities
from latsar_sync.cli.screens.console import output, print_json
from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _
from latsar_sync.settings import Settings
from latsar_sync.settings.values import GREATEST_NUMBER
from latsar_sync.shapes.identity import identity_json
from latsar_sync.store import identities, listings
from latsar_sync.store.database import Database
from latsar_sync.store.listings import Row

app = typer.Typer(
    help="Who is who: NIPs, MOOC accounts and in-class accounts, by the word of a named person.",
    no_args_is_help=True,
    add_completion=False,
)
Who = Annotated[str, typer.Argument(metavar="NIP", help="The NIP, or the participant's internal id.")]
Why = Annotated[str, typer.Option(help="The reason, without a NIP in it; it stands on record for good.")]
By = Annotated[str, typer.Option(metavar="NAME", help="Who decides.")]
Undo = Annotated[bool, typer.Option("--undo", help="Take the last one back.")]


@app.command()
def correct(
    context: typer.Context,
    nip: Who,
    reason: Why,
    by: By,
    to: Annotated[str | None, typer.Option(metavar="NIP", help="The person's right NIP.")] = None,
    undo: Undo = False,
    programme: ProgrammeOption = None,
    as_json: Json = False,
) -> None:
    """Give somebody their right NIP, where the MOOC account carries another one or none."""
    settings = context.obj.settings()
    _one_of(to is not None, undo, "--to")
    right = valid_nip(settings, to) if to is not None else None
    reason, by = identity.reason_without_numbers(named("--reason", reason)), named("--by", by)
    database = open_database(settings)
    row = find_participant(settings, database, known_programmes(settings, programme), nip)
    said = identity.correct(settings, database, now, row, right, reason, by, about([row]))
    _tell(settings, database, row, said, as_json)


@app.command()
def merge(
    context: typer.Context,
    nip: Who,
    reason: Why,
    by: By,
    other: Annotated[
        str | None, typer.Argument(metavar="OTHER", help="The NIP or internal id of the person's other account.")
    ] = None,
    undo: Annotated[bool, typer.Option("--undo", help="Part this account from the one it was merged into.")] = False,
    although_different: Annotated[
        bool,
        typer.Option("--although-different", help="They are one person although their names are clearly different."),
    ] = False,
    programme: ProgrammeOption = None,
    as_json: Json = False,
) -> None:
    """Say that OTHER is a second MOOC account of the same person: the first one counts, by the better evidence."""
    settings = context.obj.settings()
    _one_of(other is not None, undo, "OTHER")
    reason, by = identity.reason_without_numbers(named("--reason", reason)), named("--by", by)
    database = open_database(settings)
    known = known_programmes(settings, programme)
    if other is None:
        row = find_participant(settings, database, known, nip, merged=True)
        said = identity.part(settings, database, now, row, reason, by, about([row]))
    else:
        row, second = (
            find_participant(settings, database, known, nip),
            find_participant(settings, database, known, other),
        )
        both, different = about([row, second]), although_different
        said = identity.merge(settings, database, now, row, second, reason, by, both, although_different=different)
        if not as_json and (differ := identity.differences(row, second)):
            output.print(differ, markup=False)
    _tell(settings, database, row, said, as_json)


@app.command()
def account(
    context: typer.Context,
    nip: Who,
    reason: Why,
    by: By,
    user: Annotated[
        int | None,
        typer.Option(
            metavar="ID",
            min=1,
            max=GREATEST_NUMBER,
            help="The account's user id: the number in its profile's address.",
        ),
    ] = None,
    site: Annotated[str | None, typer.Option(help="The in-class site (its id), where there are several.")] = None,
    undo: Undo = False,
    programme: ProgrammeOption = None,
    as_json: Json = False,
) -> None:
    """Say which account of the in-class site is somebody's, whatever NIP it carries."""
    settings = context.obj.settings()
    _one_of(user is not None, undo, "--user")
    reason, by = identity.reason_without_numbers(named("--reason", reason)), named("--by", by)
    database = open_database(settings)
    row = find_participant(settings, database, known_programmes(settings, programme), nip)
    where = accounts_in_class.site_of_course(settings, row, site)
    said = accounts_in_class.choose(settings, database, now, row, where, user, reason, by, about([row]))
    _tell(settings, database, row, said, as_json)


@app.command("list")
def list_identities(context: typer.Context, programme: ProgrammeOption = None, as_json: Json = False) -> None:
    """List every word about who is who, oldest first, and whether it binds now."""
    settings = context.obj.settings()
    lines: list[dict[str, Any]] = []
    database = open_database(settings)
    with database.reading() as connection:
        for name in known_programmes(settings, programme):
            people = {row["participant_id"]: row for row in listings.participant_rows(connection, [name], erased=True)}
            history = identities.identity_history(connection, name)
            bound = identities.binding(history).values()
            corrected = identities.corrected_people(connection, name)  # an erasure ends a correction
            binding = {each for each in bound if each.kind != "correct" or each.participant_id in corrected}
            for each in history:
                row, shape = people[each.participant_id], identity_json(each, settings.zone)
                about = {"nip": row["nip"], "name": row["name"], "programme": name}
                lines.append({**about, **shape, "in_force": each in binding})
    note_view(database, "identity list", (line["programme"] for line in lines))
    if as_json:
        print_json(lines)
    else:
        show_identities(output, lines, settings.language)


def _tell(settings: Settings, database: Database, row: Row, said: identity.Said, as_json: bool) -> None:
    note_view(database, f"identity {said.action.kind}", [row["programme"]], row["participant_id"])
    shape = identity_json(said.action, settings.zone)
    if as_json:
        print_json({"nip": row["nip"], "name": row["name"], **shape, "shared_with": list(said.shared_with)})
        return
    output.print(_("Recorded for {name}: the next run acts on it.").format(name=row["name"]), markup=False)
    if said.shared_with:
        output.print(
            _("Others carry this NIP as well, and nobody of them can be judged until that is cleared: {names}").format(
                names=", ".join(said.shared_with)
            ),
            markup=False,
        )


def _one_of(given: bool, undo: bool, option: str) -> None:
    if given == undo:
        raise UsageError(
            _("Give either {option} or --undo.").format(option=option), _("See latsar-sync identity --help.")
        )
