"""The commands by which a named person decides about one participant: override admit, hold, release, list (rule 15)."""

from datetime import datetime
from typing import Annotated, Any

import typer

from latsar_sync.actions import deciding
from latsar_sync.actions.texts import named
from latsar_sync.cli.context import Json, ProgrammeOption, known_programmes, note_view, now, open_database
from latsar_sync.cli.lookup import find_participant
from latsar_sync.cli.screens.console import output, print_json
from latsar_sync.cli.screens.people import show_overrides
from latsar_sync.domain.language import _
from latsar_sync.domain.reasons import OVERRIDE_TEXTS, word
from latsar_sync.domain.records import OverrideKind
from latsar_sync.settings import Settings
from latsar_sync.shapes.actions import override_json
from latsar_sync.store import overrides, reports

app = typer.Typer(
    help="Decide about one participant against the rule, by name and reason.",
    no_args_is_help=True,
    add_completion=False,
)
Who = Annotated[str, typer.Argument(metavar="NIP", help="The NIP, or the participant's internal id.")]
Why = Annotated[str, typer.Option(help="The reason; it stands on record for good.")]
By = Annotated[str, typer.Option(metavar="NAME", help="Who decides.")]
Until = Annotated[
    datetime | None,
    typer.Option(formats=["%Y-%m-%d"], help="The last day on which it binds [default: no end]."),
]


@app.command()
def admit(
    context: typer.Context,
    nip: Who,
    reason: Why,
    by: By,
    until: Until = None,
    programme: ProgrammeOption = None,
    as_json: Json = False,
) -> None:
    """Admit somebody whatever the rule, the date or the capacity says; the next run places and sends them."""
    _decide(context.obj.settings(), OverrideKind.ADMIT, nip, reason, by, until, programme, as_json)


@app.command()
def hold(
    context: typer.Context,
    nip: Who,
    reason: Why,
    by: By,
    until: Until = None,
    programme: ProgrammeOption = None,
    as_json: Json = False,
) -> None:
    """Hold somebody back: not sent while it lasts; whoever is in the in-class course stays there."""
    _decide(context.obj.settings(), OverrideKind.HOLD, nip, reason, by, until, programme, as_json)


@app.command()
def release(
    context: typer.Context, nip: Who, reason: Why, by: By, programme: ProgrammeOption = None, as_json: Json = False
) -> None:
    """End somebody's hold or admission: the rule judges again."""
    _decide(context.obj.settings(), OverrideKind.RELEASE, nip, reason, by, None, programme, as_json)


@app.command("list")
def list_overrides(context: typer.Context, programme: ProgrammeOption = None, as_json: Json = False) -> None:
    """List every override, oldest first, and whether it binds now."""
    settings = context.obj.settings()
    lines: list[dict[str, Any]] = []
    database = open_database(settings)
    with database.reading() as connection:
        for name in known_programmes(settings, programme):
            people = {row["participant_id"]: row for row in reports.participant_rows(connection, [name], erased=True)}
            binding = overrides.overrides_in_force(connection, name, now())
            for each in overrides.override_history(connection, name):
                row, shape = people[each.participant_id], override_json(each, settings.zone)
                in_force = binding.get(each.participant_id) == each
                lines.append({"nip": row["nip"], "name": row["name"], "programme": name, **shape, "in_force": in_force})
    note_view(database, "override list", (line["programme"] for line in lines))
    if as_json:
        print_json(lines)
    else:
        show_overrides(output, lines, settings.language)


def _decide(
    settings: Settings,
    kind: OverrideKind,
    nip: str,
    reason: str,
    by: str,
    until: datetime | None,
    programme: str | None,
    as_json: bool,
) -> None:
    reason, by = named("--reason", reason), named("--by", by)
    database = open_database(settings)
    row = find_participant(settings, database, known_programmes(settings, programme), nip)
    last = None if until is None else until.date()
    decision = deciding.decide(settings, database, now, row["programme"], row["participant_id"], kind, reason, by, last)
    note_view(database, f"override {kind}", [row["programme"]], row["participant_id"])
    if as_json:
        print_json({"nip": row["nip"], "name": row["name"], **override_json(decision, settings.zone)})
    else:
        output.print(
            _("Recorded: {kind} of {name} by {by}. The next run acts on it.").format(
                kind=word(OVERRIDE_TEXTS, kind, settings.language), name=row["name"], by=by
            ),
            markup=False,
        )
