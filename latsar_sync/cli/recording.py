"""The commands that record what a person decides: roster approve, threshold set, db upgrade."""

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from latsar_sync.actions import recording
from latsar_sync.actions.recording import named
from latsar_sync.cli.context import (
    AngkatanOption,
    Json,
    ProgrammeOption,
    errors,
    known_programmes,
    leave_with,
    now,
    open_database,
    opened,
    output,
    print_json,
)
from latsar_sync.cli.person import load_register
from latsar_sync.cli.screens.frames import decimal
from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _, in_use, mark
from latsar_sync.domain.model import Scale
from latsar_sync.domain.reasons import SCALE_TEXTS, word
from latsar_sync.shapes import listings
from latsar_sync.store import backup, check
from latsar_sync.store.database import Database
from latsar_sync.store.tables.core import metadata

UNKNOWN_AFTER = (
    mark("who was enrolled, and whom a manager removed or put back"),
    mark("which messages were sent"),
    mark("holds, admissions, moves, thresholds, clearances and decrees that persons recorded"),
    mark("files that were imported"),
    mark("whose identity was erased: give the newer register with --erasures"),
)
"""What a restored database lacks."""


def approve(
    context: typer.Context,
    by: Annotated[str, typer.Option(metavar="NAME", help="Who approves.")],
    programme: ProgrammeOption = None,
    angkatan: AngkatanOption = None,
    as_json: Json = False,
) -> None:
    """Approve the planned entries of programmes with push = "confirmed"; the next run sends them."""
    name_of_person = named("--by", by)
    settings = context.obj.settings()
    database = open_database(settings)
    approved = sum(
        recording.approve(database, now, name, angkatan, name_of_person)
        for name in known_programmes(settings, programme)
    )
    if as_json:
        print_json({"approved": approved, "by": by})
    else:
        output.print(
            _("{number} planned entries approved by {by}; the next run sends them.").format(number=approved, by=by),
            markup=False,
        )


def threshold_set(
    context: typer.Context,
    value: Annotated[str, typer.Argument(help="The pass limit, such as 70 or 70.01.")],
    legal_basis: Annotated[str, typer.Option(help="The decree or rule that sets it.")],
    by: Annotated[str, typer.Option(metavar="NAME", help="Who records it.")],
    programme: Annotated[str, typer.Option(help="The programme's id.")],
    scale: Annotated[Scale, typer.Option(help="Points of the evaluation, or per cent of its range.")] = Scale.POINTS,
    effective_from: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M"], help="In the programme's zone [default: now]."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Record a new threshold. The next run re-judges everybody; whoever was admitted keeps the seat."""
    settings = context.obj.settings()
    zone = settings.zone_of(settings.programme(programme))
    since = effective_from.replace(tzinfo=zone) if effective_from else None
    limit, basis, name_of_person = (
        recording.threshold(value, scale),
        named("--legal-basis", legal_basis),
        named("--by", by),
    )
    added = recording.record_threshold(
        open_database(settings), now, programme, limit, scale, basis, name_of_person, since
    )
    shape = listings.threshold_json(added, zone)
    if as_json:
        print_json({"programme": programme, **shape})
    else:
        output.print(
            _("Recorded: {value} {scale} for {programme}, in force from {since}.").format(
                value=decimal(shape["value"]),
                scale=word(SCALE_TEXTS, scale, in_use()),
                programme=programme,
                since=shape["effective_from"],
            )
        )


def db_upgrade(context: typer.Context, as_json: Json = False) -> None:
    """Bring the database's tables up to date; every other command does it too."""
    database = Database(context.obj.settings().database_url, errors.print)
    before, after = database.upgrade()
    if as_json:
        print_json({"database": database.name, "before": before, "after": after})
    elif before == after:
        output.print(
            _("{name} is up to date (revision {after}).").format(name=database.name, after=after), overflow="fold"
        )
    else:
        output.print(
            _("{name}: revision {before} → {after}.").format(name=database.name, before=before or "–", after=after),
            overflow="fold",
        )


def db_backup(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="The file to write; it must not exist.")],
    as_json: Json = False,
) -> None:
    """Write a consistent copy of the database to one file, while the service runs."""
    size = backup.back_up(open_database(context.obj.settings()), file, now())
    if as_json:
        print_json({"file": str(file), "bytes": size})
    else:
        output.print(
            _("{file}: {size:,} bytes. Restore it with: latsar-sync db restore {file}").format(file=file, size=size),
            soft_wrap=True,
        )


def db_restore(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="A file that db backup wrote.")],
    erasures: Annotated[
        Path | None, typer.Option(help="A newer register of person erasures: erase the same people again.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Fill the configured database, which must be empty, from a backup."""
    settings = context.obj.settings()
    erased = [] if erasures is None else load_register(erasures)
    database = Database(settings.database_url)
    opened.append(database)
    rows, as_of = backup.restore(database, file, now(), erased)
    moment = listings.moment(as_of, settings.zone) or ""
    if as_json:
        print_json({"file": str(file), "rows": rows, "as_of": moment, "unknown": [_(each) for each in UNKNOWN_AFTER]})
        return
    restored = _("{number} rows restored. The copy knows what happened up to {moment}.")
    output.print(restored.format(number=rows, moment=moment[:16].replace("T", " ")), soft_wrap=True)
    output.print(_("It cannot know what happened after that:"))
    for each in UNKNOWN_AFTER:
        output.print(f"- {_(each)}", markup=False, soft_wrap=True)
    output.print(
        _(
            "So the next run of each programme is held and names whom it would send. Record again what is lost, put a "
            "hold on whom a manager removed since, and release the rest with sync --accept --by NAME."
        ),
        soft_wrap=True,
    )


def db_compact(context: typer.Context, as_json: Json = False) -> None:
    """Write the database anew, so that nothing of what was deleted is left in its files; stop the service first."""
    database = open_database(context.obj.settings())
    if not database.forget_deleted(metadata.tables.keys()):
        raise UsageError(
            _("{database} is in use by somebody who reads an older state.").format(database=database.name),
            _("Stop the service and whatever else has it open, then run the command again."),
        )
    if as_json:
        print_json({"database": database.name, "compacted": True})
    else:
        output.print(_("{database} was written anew.").format(database=database.name), soft_wrap=True)


def db_check(context: typer.Context, as_json: Json = False) -> None:
    """Look for contradictory records; exit code 1 if there are any."""
    settings = context.obj.settings()
    capacities = {
        (programme.id, angkatan.id): angkatan.capacity
        for programme in settings.programmes
        for angkatan in programme.angkatan
        if angkatan.capacity is not None
    }
    with open_database(settings).reading() as connection:
        found = check.check_records(connection, capacities)
    if as_json:
        print_json([asdict(each) for each in found])
    elif not found:
        output.print(_("No contradiction found."))
    else:
        for each in found:
            output.print(f"{each.code}: {each.found}\n  → {each.remedy}", markup=False, highlight=False, soft_wrap=True)
    leave_with(1 if found else 0)
