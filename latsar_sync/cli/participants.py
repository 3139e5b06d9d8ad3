"""The command that lists everybody with what is missing: participants, the chase list."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated

import typer
from sqlalchemy import Connection

from latsar_sync.cli.context import (
    AngkatanOption,
    Json,
    ProgrammeOption,
    known_programmes,
    note_view,
    open_database,
    require_known_angkatan,
)
from latsar_sync.cli.screens import people
from latsar_sync.cli.screens.console import output, print_json_list
from latsar_sync.domain.decision import Outcome
from latsar_sync.domain.entry import EntryState
from latsar_sync.settings import Settings
from latsar_sync.shapes.funnel import group_of, groups_of
from latsar_sync.shapes.participants import participant_json
from latsar_sync.store import listings
from latsar_sync.store.search_conditions import Search
from latsar_sync.store.searches import resolved

app = typer.Typer(add_completion=False)


class State(StrEnum):
    """What the chase list can be filtered by: a decision or a roster state."""

    QUALIFIED = Outcome.QUALIFIED
    NOT_YET = Outcome.NOT_YET
    UNDETERMINED = Outcome.UNDETERMINED
    HELD = Outcome.HELD
    WAITLISTED = EntryState.WAITLISTED
    PLANNED = EntryState.PLANNED
    PUSHED = EntryState.PUSHED
    CONFIRMED = EntryState.CONFIRMED
    REVIEW = EntryState.REVIEW
    WITHDRAWN = EntryState.WITHDRAWN


@app.command()
def participants(
    context: typer.Context,
    programme: ProgrammeOption = None,
    state: Annotated[
        list[State] | None, typer.Option(help="Only this decision or roster state; may be given again.")
    ] = None,
    angkatan: AngkatanOption = None,
    as_json: Json = False,
) -> None:
    """List everybody by sending institution, with what is missing: the chase list."""
    settings = context.obj.settings()
    database = open_database(settings)
    names, states = known_programmes(settings, programme), [str(each) for each in state or ()]
    with database.reading() as connection:
        groups = _would_come(settings, connection, names, angkatan)
        numbers, rows = listings.each_participant(connection, names, states, angkatan, groups)
        if not numbers:
            require_known_angkatan(settings, names, angkatan)
        note_view(database, "participants", numbers.elements())
        lines = (participant_json(row, settings.zone, settings.language) for row in rows)
        if as_json:
            print_json_list(lines)
        else:
            people.show_participants(output, lines, settings.language)


def _would_come(
    settings: Settings, connection: Connection, programmes: Sequence[str], angkatan: str | None
) -> dict[str, Sequence[str]]:
    """Return by programme the groups, as stored, whose people come into an angkatan once they have a seat."""
    if angkatan is None:
        return {}
    known = {name: settings.programme(name) for name in programmes}
    wanted = {
        name: Search(angkatan=angkatan, group=group_of(each, angkatan), groups=groups_of(each))
        for name, each in known.items()
        if angkatan in each.angkatan_by_id
    }
    return {name: resolved(connection, name, search).texts or () for name, search in wanted.items()}
