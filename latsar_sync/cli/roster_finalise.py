"""The commands that fix an in-class roster by decree, amend it, and list what was fixed (rule 17)."""

from typing import Annotated

import typer

from latsar_sync.actions.finalisation_conditions import PlacesAreOpen
from latsar_sync.actions.finalisations import fix_list
from latsar_sync.actions.typed_text import named
from latsar_sync.cli.context import (
    AngkatanOption,
    Json,
    ProgrammeOption,
    known_programmes,
    note_action,
    note_view,
    now,
    one_programme,
    open_database,
    require_known_angkatan,
    typed_day,
)
from latsar_sync.cli.screens.actions import decree_in_words, show_finalisations
from latsar_sync.cli.screens.console import output, print_json
from latsar_sync.domain.language import _, counted
from latsar_sync.shapes import actions
from latsar_sync.store import finalisations

Decree = Annotated[str, typer.Option("--sk", metavar="NUMBER", help="The number of the decree (SK).")]
Dated = Annotated[str, typer.Option("--date", metavar="DATE", help="The date of the decree.")]
Official = Annotated[str, typer.Option(metavar="NAME", help="Who records it.")]
Angkatan = Annotated[str, typer.Option("--angkatan", help="The angkatan's id.")]


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
    lines: list[actions.FinalisationShape] = []
    with open_database(settings).reading() as connection:
        for name in known_programmes(settings, programme):
            history = finalisations.finalisation_history(connection, name)
            lines += actions.finalisations_json(name, history, settings.zone)
    lines = [line for line in lines if angkatan in (None, line["angkatan"])]
    if not lines:
        require_known_angkatan(settings, known_programmes(settings, programme), angkatan)
    if as_json:
        print_json(lines)
    else:
        show_finalisations(output, lines)


def _fix(
    context: typer.Context,
    angkatan: str,
    sk: str,
    date: str,
    by: str,
    programme: str | None,
    as_json: bool,
    amendment: bool,
) -> None:
    settings = context.obj.settings()
    wanted = one_programme(settings, programme)
    sk, by = named("--sk", sk), named("--by", by)
    database = open_database(settings)
    try:
        fixed = fix_list(wanted, database, now, angkatan, sk, typed_day("--date", date), by, amendment)
    except PlacesAreOpen as error:
        note_view(database, "roster", {wanted.id: len(error.details)})
        raise
    note_action(database, "roster amend" if amendment else "roster finalise", wanted.id)
    decree = fixed.decree
    shape = actions.finalisations_json(wanted.id, fixed.history, settings.zone)[-1]
    if as_json:
        print_json(shape)
        return
    people = counted("{number} person", "{number} persons", len(decree.members)).format(number=len(decree.members))
    output.print(
        _("Recorded: angkatan {angkatan}, {decree}: {people} on the list.").format(
            angkatan=angkatan, decree=decree_in_words(shape), people=people
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
    if fixed.to_approve:
        output.print(
            _("{number} of them wait for a second person after the next run: latsar-sync roster approve.").format(
                number=fixed.to_approve
            ),
            markup=False,
        )
