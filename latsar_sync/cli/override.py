"""The commands by which a named person decides about one participant: override admit, hold, release, list (rule 15)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

import typer

from latsar_sync.actions import recording
from latsar_sync.actions.recording import named
from latsar_sync.cli.context import (
    Json,
    ProgrammeOption,
    known_programmes,
    note_view,
    now,
    number_or_id,
    open_database,
    output,
    print_json,
)
from latsar_sync.cli.screens import people as people_screen
from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _
from latsar_sync.domain.reasons import OVERRIDE_TEXTS, word
from latsar_sync.domain.records import OverrideKind
from latsar_sync.settings import Settings
from latsar_sync.shapes import listings
from latsar_sync.store import overrides, reports
from latsar_sync.store.database import Database

Who = Annotated[str, typer.Argument(metavar="NIP", help="The NIP, or the participant's internal id.")]
Why = Annotated[str, typer.Option(help="The reason; it stands on record for good.")]
By = Annotated[str, typer.Option(metavar="NAME", help="Who decides.")]
Until = Annotated[
    datetime | None,
    typer.Option(formats=["%Y-%m-%d"], help="The last day on which it binds [default: no end]."),
]


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


def hold(
    context: typer.Context,
    nip: Who,
    reason: Why,
    by: By,
    until: Until = None,
    programme: ProgrammeOption = None,
    as_json: Json = False,
) -> None:
    """Hold somebody back: not sent while it lasts; whoever is in the class stays there."""
    _decide(context.obj.settings(), OverrideKind.HOLD, nip, reason, by, until, programme, as_json)


def release(
    context: typer.Context, nip: Who, reason: Why, by: By, programme: ProgrammeOption = None, as_json: Json = False
) -> None:
    """End somebody's hold or admission: the rule judges again."""
    _decide(context.obj.settings(), OverrideKind.RELEASE, nip, reason, by, None, programme, as_json)


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
                row, shape = people[each.participant_id], listings.override_json(each, settings.zone)
                in_force = binding.get(each.participant_id) == each
                lines.append({"nip": row["nip"], "name": row["name"], "programme": name, **shape, "in_force": in_force})
    note_view(database, "override list", (line["programme"] for line in lines))
    if as_json:
        print_json(lines)
    else:
        people_screen.show_overrides(output, lines, settings.language)


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
    decision = recording.decide(
        settings, database, now, row["programme"], row["participant_id"], kind, reason, by, last
    )
    note_view(database, f"override {kind}", [row["programme"]], row["participant_id"])
    if as_json:
        print_json({"nip": row["nip"], "name": row["name"], **listings.override_json(decision, settings.zone)})
    else:
        output.print(
            _("Recorded: {kind} of {name} by {by}. The next run acts on it.").format(
                kind=word(OVERRIDE_TEXTS, kind, settings.language), name=row["name"], by=by
            ),
            markup=False,
        )


def find_participant(
    settings: Settings, database: Database, programmes: Sequence[str], nip: str, merged: bool = False
) -> reports.Row:
    """Return the one participant meant; raise UsageError for none or several.

    Of several accounts with one NIP that one is meant which counts. An account that was merged into another is meant
    only where ``merged`` says so: whatever is decided about the person belongs to the other one.
    """
    with database.reading() as connection:
        found = reports.participant_rows(connection, programmes, nip=number_or_id(settings, nip))
        found = found or reports.participant_rows(connection, programmes, participant_id=number_or_id(settings, nip))
    if not found:
        raise UsageError(
            _("No participant has this NIP or id."), _("Run sync first, or look in latsar-sync participants.")
        )
    if len(found) > 1:
        found = [row for row in found if (row["merged_into"] is not None) == merged] or found
    if len(found) > 1:
        found = [row for row in found if not _gives_way(row)] or found
    if len(found) > 1:
        ids = ", ".join(row["participant_id"] for row in found)
        raise UsageError(
            _("{number} participants carry this NIP.").format(number=len(found)),
            _("Name one by its internal id: {ids}.").format(ids=ids),
        )
    if found[0]["merged_into"] is not None and not merged:
        raise UsageError(
            _("This account was merged into another one of the same person."),
            _("Name that one by its internal id: {ids}.").format(ids=found[0]["merged_into"]),
        )
    return found[0]


def _gives_way(row: reports.Row) -> bool:
    return any(code == "other_account_counts" for code, _values in row["reasons"] or ())
