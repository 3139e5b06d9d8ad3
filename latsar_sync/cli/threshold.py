"""The commands about the recorded pass threshold: threshold show, preview, set."""

from typing import Annotated, Any

import typer

from latsar_sync.actions.threshold import preview_threshold, read_threshold, record_threshold
from latsar_sync.actions.typed_text import named
from latsar_sync.cli.context import (
    Json,
    ProgrammeOption,
    TheProgrammeOption,
    known_programmes,
    note_action,
    note_view,
    now,
    one_programme,
    open_database,
    typed_moment,
)
from latsar_sync.cli.screens import people
from latsar_sync.cli.screens.console import output, print_json
from latsar_sync.cli.screens.frames import decimal
from latsar_sync.cli.screens.moments import moment
from latsar_sync.domain.decision import Scale
from latsar_sync.domain.language import _, in_use
from latsar_sync.domain.state_words import SCALE_TEXTS, word
from latsar_sync.rules.threshold import next_threshold, threshold_in_force
from latsar_sync.shapes import fields
from latsar_sync.shapes.thresholds import move_json, threshold_json
from latsar_sync.store import thresholds

app = typer.Typer(
    help="The recorded pass threshold: its history, and a new one.", no_args_is_help=True, add_completion=False
)


@app.command("show")
def threshold_show(context: typer.Context, programme: ProgrammeOption = None, as_json: Json = False) -> None:
    """Show every recorded threshold; an arrow marks the one in force."""
    settings = context.obj.settings()
    shapes: list[dict[str, Any]] = []
    with open_database(settings).reading() as connection:
        for name in known_programmes(settings, programme):
            history = thresholds.threshold_history(connection, name)
            current = threshold_in_force(history, now())
            lines = [threshold_json(each, settings.zone) for each in history]
            shapes.append({"programme": name, "in_force": current.version if current else None, "history": lines})
    if as_json:
        print_json(shapes)
        return
    for shape in shapes:
        people.show_thresholds(output, shape, settings.language)


@app.command("preview")
def threshold_preview(
    context: typer.Context,
    value: Annotated[str, typer.Argument(help="The threshold to try, such as 75.")],
    programme: TheProgrammeOption = None,
    scale: Annotated[Scale, typer.Option(help="Points of the evaluation, or per cent of its range.")] = Scale.POINTS,
    as_json: Json = False,
) -> None:
    """Show who would move if the threshold were VALUE, by name; record nothing."""
    settings = context.obj.settings()
    name = one_programme(settings, programme).id
    database = open_database(settings)
    limit = read_threshold(value, scale)
    preview = preview_threshold(settings, database, now, name, limit, scale)
    moves = [
        move_json(move, preview.entries.get(move.record.participant.id), settings.language) for move in preview.moves
    ]
    note_view(database, "threshold preview", [name for _ in moves])
    if as_json:
        print_json({"programme": name, "value": fields.number(limit), "scale": scale, "moves": moves})
    else:
        limit_said = f"{decimal(fields.number(limit))} {word(SCALE_TEXTS, scale, in_use())}"
        people.show_preview(output, name, limit_said, preview.known, moves, settings.language)


@app.command("set")
def threshold_set(
    context: typer.Context,
    value: Annotated[str, typer.Argument(help="The threshold, such as 70 or 70.01.")],
    legal_basis: Annotated[str, typer.Option(help="The decree or rule that sets it.")],
    by: Annotated[str, typer.Option(metavar="NAME", help="Who records it.")],
    programme: TheProgrammeOption = None,
    scale: Annotated[Scale, typer.Option(help="Points of the evaluation, or per cent of its range.")] = Scale.POINTS,
    effective_from: Annotated[
        str | None, typer.Option(metavar="DATE", help="In the programme's zone [default: now].")
    ] = None,
    as_json: Json = False,
) -> None:
    """Record a new threshold. The next run re-judges everybody; whoever was admitted keeps the seat."""
    settings = context.obj.settings()
    wanted = one_programme(settings, programme)
    zone = settings.zone_of(wanted)
    since = typed_moment("--effective-from", effective_from, zone) if effective_from is not None else None
    limit, basis, name_of_person = (
        read_threshold(value, scale),
        named("--legal-basis", legal_basis),
        named("--by", by),
    )
    database = open_database(settings)
    added = record_threshold(database, now, wanted.id, limit, scale, basis, name_of_person, since)
    note_action(database, "threshold set", wanted.id)
    shape = threshold_json(added, zone)
    if as_json:
        print_json({"programme": wanted.id, **shape})
    else:
        output.print(
            _("Recorded: {value} {scale} for {programme}, in force from {since}.").format(
                value=decimal(shape["value"]),
                scale=word(SCALE_TEXTS, scale, in_use()),
                programme=wanted.id,
                since=moment(shape["effective_from"]),
            )
        )
        with database.reading() as connection:
            following = next_threshold(thresholds.threshold_history(connection, wanted.id), added.effective_from)
        if following is not None:
            shape = threshold_json(following, zone)
            output.print(
                _("From {since} on {value} {scale} ({legal_basis}) judges instead: it was recorded for then.").format(
                    since=moment(shape["effective_from"]),
                    value=decimal(shape["value"]),
                    scale=word(SCALE_TEXTS, following.scale, in_use()),
                    legal_basis=following.legal_basis,
                )
            )
