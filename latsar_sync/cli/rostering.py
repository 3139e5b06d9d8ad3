"""The commands by which a named person moves people between angkatan and fixes a roster by decree (rule 17)."""

from datetime import datetime
from typing import Annotated, Any

import typer

from latsar_sync.actions import roster
from latsar_sync.actions.recording import named
from latsar_sync.cli.context import (
    AngkatanOption,
    Json,
    ProgrammeOption,
    known_programmes,
    note_view,
    now,
    one_programme,
    open_database,
    output,
    print_json,
)
from latsar_sync.cli.override import find_participant
from latsar_sync.cli.screens import actions as act_screen
from latsar_sync.domain.language import _, counted
from latsar_sync.shapes import actions
from latsar_sync.store import finalisations

Who = Annotated[str, typer.Argument(metavar="NIP", help="The NIP, or the participant's internal id.")]
Decree = Annotated[str, typer.Option("--sk", metavar="NUMBER", help="The number of the decree (SK).")]
Dated = Annotated[datetime, typer.Option("--date", formats=["%Y-%m-%d"], help="The date of the decree.")]
Official = Annotated[str, typer.Option(metavar="NAME", help="Who records it.")]
Angkatan = Annotated[str, typer.Option("--angkatan", help="The angkatan's id.")]


def move(
    context: typer.Context,
    nip: Who,
    to: Annotated[str, typer.Option(help="The angkatan's id.")],
    reason: Annotated[str, typer.Option(help="The reason; it stands on record for good.")],
    by: Annotated[str, typer.Option(metavar="NAME", help="Who decides.")],
    programme: ProgrammeOption = None,
    as_json: Json = False,
) -> None:
    """Move somebody to another angkatan, with evidence and decision; nothing is undone in the old class."""
    settings = context.obj.settings()
    reason, by = named("--reason", reason), named("--by", by)
    database = open_database(settings)
    row = find_participant(settings, database, known_programmes(settings, programme), nip)
    moved = roster.move(settings, database, now, row, to, reason, by)
    note_view(database, "roster move", [row["programme"]], row["participant_id"])
    shape, stays = actions.angkatan_move_json(moved.move, settings.zone), moved.stays_in
    if as_json:
        print_json(
            {"nip": row["nip"], "name": row["name"], "programme": row["programme"], **shape, "left_behind": stays}
        )
        return
    output.print(
        _("Recorded: {name} moves from angkatan {before} to {after}. The next run acts on it.").format(
            name=row["name"], before=moved.move.before or "–", after=to
        ),
        markup=False,
    )
    if stays:
        output.print(
            _("Nothing is undone in {course}: take them out there by hand.").format(course=stays), markup=False
        )


def finalise(
    context: typer.Context,
    angkatan: Angkatan,
    sk: Decree,
    date: Dated,
    by: Official,
    programme: ProgrammeOption = None,
    as_json: Json = False,
) -> None:
    """Fix an angkatan's roster by decree; from then on newcomers enter only as an amendment."""
    _fix(context, angkatan, sk, date, by, programme, as_json, amendment=False)


def amend(
    context: typer.Context,
    angkatan: Angkatan,
    sk: Decree,
    date: Dated,
    by: Official,
    programme: ProgrammeOption = None,
    as_json: Json = False,
) -> None:
    """Take the newcomers into a finalised roster, and those who left it out, by a decree that amends it."""
    _fix(context, angkatan, sk, date, by, programme, as_json, amendment=True)


def finalised(
    context: typer.Context, programme: ProgrammeOption = None, angkatan: AngkatanOption = None, as_json: Json = False
) -> None:
    """List every finalised roster and its amendments, oldest first."""
    settings = context.obj.settings()
    lines: list[dict[str, Any]] = []
    with open_database(settings).reading() as connection:
        for name in known_programmes(settings, programme):
            history = finalisations.finalisation_history(connection, name)
            lines += actions.finalisations_json(name, history, settings.zone)
    lines = [line for line in lines if angkatan in (None, line["angkatan"])]
    if as_json:
        print_json(lines)
    else:
        act_screen.show_finalisations(output, lines)


def _fix(
    context: typer.Context,
    angkatan: str,
    sk: str,
    date: datetime,
    by: str,
    programme: str | None,
    as_json: bool,
    amendment: bool,
) -> None:
    settings = context.obj.settings()
    wanted = one_programme(settings, programme)
    sk, by = named("--sk", sk), named("--by", by)
    fixed = roster.fix_list(wanted, open_database(settings), now, angkatan, sk, date.date(), by, amendment)
    decree = fixed.decree
    shape = actions.finalisations_json(wanted.id, fixed.history, settings.zone)[-1]
    if as_json:
        print_json(shape)
        return
    people = counted("{number} person", "{number} persons", len(decree.members)).format(number=len(decree.members))
    output.print(
        _("Recorded: angkatan {angkatan}, {decree}: {people} on the list.").format(
            angkatan=angkatan, decree=act_screen.decree_in_words(shape), people=people
        ),
        markup=False,
    )
    if fixed.in_review:
        output.print(
            _("{number} of them are in review until the in-class LMS is mended; look at latsar-sync roster.").format(
                number=fixed.in_review
            ),
            markup=False,
        )
    if decree.left:
        output.print(_("{number} left the list.").format(number=len(decree.left)), markup=False)
    if fixed.sent:
        output.print(_("The next run sends {number} of them.").format(number=fixed.sent), markup=False)
