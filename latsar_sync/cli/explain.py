"""The command that explains one person end to end: explain."""

from typing import Annotated

import typer

from latsar_sync.cli.context import Json, known_programmes, note_view, now, open_database
from latsar_sync.cli.lookup import number_or_id
from latsar_sync.cli.screens.console import output, print_json
from latsar_sync.cli.screens.explanation import show_explanation
from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _
from latsar_sync.domain.nip import mask_nip
from latsar_sync.shapes.explain import explain as explain_person
from latsar_sync.store import listings

app = typer.Typer(add_completion=False)


@app.command()
def explain(
    context: typer.Context,
    nip: Annotated[str, typer.Argument(metavar="NIP", help="The NIP, or the participant's internal id.")],
    as_json: Json = False,
) -> None:
    """Explain one person end to end: matched, seen, judged, placed, confirmed, or where it stopped."""
    settings = context.obj.settings()
    database = open_database(settings)
    with database.reading() as connection:
        known = known_programmes(settings, None)
        found = listings.participant_rows(connection, known, nip=number_or_id(settings, nip))
        found = found or listings.participant_rows(
            connection, known, participant_id=number_or_id(settings, nip), erased=True
        )
        moment = now()
        days = {name: (settings.today(moment, name), moment) for name in known}
        shapes = [
            explain_person(
                connection, row, days[row["programme"]], settings.zone_in(row["programme"]), settings.language
            )
            for row in found
        ]
    if not shapes:
        raise UsageError(
            _("No participant has the NIP or id {nip}.").format(nip=_unrecognisable(nip)),
            _("Run sync first, or look in latsar-sync participants."),
        )
    for row in found:
        note_view(database, "explain", [row["programme"]], row["participant_id"])
    if as_json:
        print_json({**shapes[0], "others": shapes[1:]})
        return
    for shape in shapes:
        show_explanation(output, shape, settings.language)


def _unrecognisable(typed: str) -> str:
    """Return what was typed, masked if it may be somebody's number however it was written."""
    digits = "".join(filter(str.isdigit, typed))
    return mask_nip(digits) if len(digits) >= 8 and len(typed) < 32 else typed
