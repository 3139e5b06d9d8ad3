"""The command that lists everybody with what is missing: participants, the chase list."""

from enum import StrEnum
from typing import Annotated

import typer

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
from latsar_sync.shapes.participants import participant_json
from latsar_sync.store import listings

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
        numbers, rows = listings.each_participant(connection, names, states, angkatan)
        if not numbers:
            require_known_angkatan(settings, names, angkatan)
        note_view(database, "participants", numbers.elements())
        lines = (participant_json(row, settings.zone, settings.language) for row in rows)
        if as_json:
            print_json_list(lines)
        else:
            people.show_participants(output, list(lines), settings.language)
