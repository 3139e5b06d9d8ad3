"""The commands by which a named person decides about one participant: override admit, hold, release, list (rule 15)."""

from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy import Connection

from latsar_sync.actions.action_transaction import about
from latsar_sync.actions.overrides import decide, decide_about
from latsar_sync.actions.typed_text import named
from latsar_sync.cli.context import (
    Json,
    ProgrammeOption,
    known_programmes,
    note_view,
    now,
    one_programme,
    open_database,
    typed_day,
)
from latsar_sync.cli.lookup import find_participant
from latsar_sync.cli.screens.console import output, print_json, print_json_list
from latsar_sync.cli.screens.decided import show_decided
from latsar_sync.cli.screens.people import show_overrides
from latsar_sync.cli.whom_meant import Whom, people_of
from latsar_sync.domain.actions import OverrideKind
from latsar_sync.domain.language import _
from latsar_sync.domain.state_words import OVERRIDE_TEXTS, word
from latsar_sync.settings import Settings
from latsar_sync.shapes.actions import override_json
from latsar_sync.shapes.decided import decided_json
from latsar_sync.store import overrides
from latsar_sync.store.database import Database

app = typer.Typer(
    help="Decide about participants against the rule, by name and reason.",
    no_args_is_help=True,
    add_completion=False,
)
Who = Annotated[list[str] | None, typer.Argument(metavar="NIP", help="NIPs, or internal ids of participants.")]
OfFile = Annotated[Path | None, typer.Option("--file", help="Everybody of a CSV or XLSX file with a column NIP.")]
Where = Annotated[
    str | None,
    typer.Option(
        metavar="STATE/REASON", help="Everybody with this decision or roster state, and reason; either may be *."
    ),
]
Why = Annotated[str, typer.Option(help="The reason; it stands on record for good.")]
By = Annotated[str, typer.Option(metavar="NAME", help="Who decides.")]
Until = Annotated[
    str | None,
    typer.Option(metavar="DATE", help="The last day on which it binds [default: no end]."),
]


@app.command()
def admit(
    context: typer.Context,
    reason: Why,
    by: By,
    nip: Who = None,
    file: OfFile = None,
    where: Where = None,
    until: Until = None,
    programme: ProgrammeOption = None,
    as_json: Json = False,
) -> None:
    """Admit somebody whatever the rule, the date or the capacity says; the next run places and sends them."""
    _decide(
        context.obj.settings(), OverrideKind.ADMIT, Whom(nip or (), file, where), reason, by, until, programme, as_json
    )


@app.command()
def hold(
    context: typer.Context,
    reason: Why,
    by: By,
    nip: Who = None,
    file: OfFile = None,
    where: Where = None,
    until: Until = None,
    programme: ProgrammeOption = None,
    as_json: Json = False,
) -> None:
    """Hold somebody back: not sent while it lasts; whoever is in the in-class course stays there."""
    _decide(
        context.obj.settings(), OverrideKind.HOLD, Whom(nip or (), file, where), reason, by, until, programme, as_json
    )


@app.command()
def release(
    context: typer.Context,
    reason: Why,
    by: By,
    nip: Who = None,
    file: OfFile = None,
    where: Where = None,
    programme: ProgrammeOption = None,
    as_json: Json = False,
) -> None:
    """End somebody's hold or admission: the rule judges again."""
    _decide(
        context.obj.settings(), OverrideKind.RELEASE, Whom(nip or (), file, where), reason, by, None, programme, as_json
    )


@app.command("list")
def list_overrides(context: typer.Context, programme: ProgrammeOption = None, as_json: Json = False) -> None:
    """List every override, oldest first, and whether it binds now."""
    settings = context.obj.settings()
    database = open_database(settings)
    names = known_programmes(settings, programme)
    with database.reading() as connection:
        numbers = Counter({name: overrides.count_overrides(connection, name) for name in names})
        note_view(database, "override list", numbers.elements())
        lines = (line for name in names for line in _lines(connection, settings, name))
        if as_json:
            print_json_list(lines)
        else:
            show_overrides(output, list(lines), settings.language)


def _lines(connection: Connection, settings: Settings, programme: str) -> Iterator[dict[str, Any]]:
    binding = overrides.overrides_in_force(connection, programme, now())
    for each, nip, name in overrides.each_with_name(connection, programme):
        in_force = binding.get(each.participant_id) == each
        whose = {"nip": nip, "name": name, "programme": programme}
        yield {**whose, **override_json(each, settings.zone_in(programme)), "in_force": in_force}


def _decide(
    settings: Settings,
    kind: OverrideKind,
    whom: Whom,
    reason: str,
    by: str,
    until: str | None,
    programme: str | None,
    as_json: bool,
) -> None:
    reason, by = named("--reason", reason), named("--by", by)
    database = open_database(settings)
    last = None if until is None else typed_day("--until", until)
    if whom.alone is None:
        _decide_about_many(settings, database, kind, whom, (reason, by, last), programme, as_json)
        return
    row = find_participant(settings, database, known_programmes(settings, programme), whom.alone)
    name, who = row["programme"], row["participant_id"]
    decision = decide(settings, database, now, name, who, kind, reason, by, last, about([row]))
    note_view(database, f"override {kind}", [name], who)
    if as_json:
        print_json({"nip": row["nip"], "name": row["name"], **override_json(decision, settings.zone_in(name))})
    else:
        output.print(
            _("Recorded: {kind} of {name} by {by}. The next run acts on it.").format(
                kind=word(OVERRIDE_TEXTS, kind, settings.language), name=row["name"], by=by
            ),
            markup=False,
        )


def _decide_about_many(
    settings: Settings,
    database: Database,
    kind: OverrideKind,
    whom: Whom,
    why: tuple[str, str, date | None],
    programme: str | None,
    as_json: bool,
) -> None:
    """Decide the same about many in one transaction; tell how many, and whom it passed over and why."""
    reason, by, last = why
    name = one_programme(settings, programme).id
    people, unknown = people_of(settings, database, name, whom)
    note_view(database, f"override {kind}", [name] * len(people))
    sent = about(people.values())
    done = decide_about(settings, database, now, name, list(people), kind, reason, by, last, sent)
    passed = [(each.participant_id, each.why) for each in done.passed_over]
    shape = decided_json(done.overrides, passed, done.in_class, unknown, people, settings.zone)
    if as_json:
        print_json(shape)
    else:
        show_decided(output, shape, word(OVERRIDE_TEXTS, kind, settings.language))
