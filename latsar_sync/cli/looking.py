"""The commands that only look: roster, participants, explain, threshold show, runs, status."""

from dataclasses import asdict
from enum import StrEnum
from io import StringIO
from typing import Annotated, Any

import typer
from rich.console import Console

from latsar_sync.actions import recording
from latsar_sync.cli import notices
from latsar_sync.cli.context import (
    AngkatanOption,
    Json,
    MadeByOption,
    OutputOption,
    OverwriteOption,
    ProgrammeOption,
    errors,
    known_programmes,
    note_view,
    now,
    number_or_id,
    open_database,
    output,
    print_json,
    write_json,
    write_text,
)
from latsar_sync.cli.export import export, form_of
from latsar_sync.cli.screens import actions as act_screen
from latsar_sync.cli.screens import people
from latsar_sync.cli.screens import runs as screen
from latsar_sync.cli.screens.findings import A_FEW, names_of
from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _
from latsar_sync.domain.model import EntryState, Outcome, RunOutcome, Scale
from latsar_sync.domain.nip import mask_nip
from latsar_sync.domain.records import Finding
from latsar_sync.exports import Form, Paper
from latsar_sync.rules.admission import threshold_in_force
from latsar_sync.rules.guards import finding_text
from latsar_sync.service.schedules import timetables
from latsar_sync.settings.rule_values import configured_ids
from latsar_sync.shapes import actions, listings
from latsar_sync.shapes.person import explain as explain_person
from latsar_sync.store import reports, rosters, runs, site_health, thresholds, unconfigured
from latsar_sync.store.daemons import living_daemons
from latsar_sync.store.leases import holders


def _unrecognisable(typed: str) -> str:
    """Return what was typed, masked if it may be somebody's number however it was written."""
    digits = "".join(filter(str.isdigit, typed))
    return mask_nip(digits) if len(digits) >= 8 and len(typed) < 32 else typed


class RosterForm(StrEnum):
    """How the roster is printed."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    XLSX = Form.XLSX
    PDF = Form.PDF


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


def roster(
    context: typer.Context,
    programme: ProgrammeOption = None,
    angkatan: AngkatanOption = None,
    form: Annotated[
        RosterForm | None,
        typer.Option("--format", help="How to print it [default: what the file's ending says, else a table]."),
    ] = None,
    file: OutputOption = None,
    overwrite: OverwriteOption = False,
    by: MadeByOption = None,
    as_json: Json = False,
) -> None:
    """List the roster in all its states."""
    if context.invoked_subcommand is not None:
        return
    if as_json and form not in (None, RosterForm.JSON):
        raise UsageError(
            _("--json and --format {form} do not go together.").format(form=form), _("Leave one of them out.")
        )
    chosen_form = RosterForm.JSON if as_json else form_of(RosterForm, form, file) or RosterForm.TABLE
    settings = context.obj.settings()
    if chosen_form in (RosterForm.XLSX, RosterForm.PDF):
        export(settings, Paper.ROSTER, Form(chosen_form), file, overwrite, by, programme, angkatan)
        return
    database = open_database(settings)
    with database.reading() as connection:
        known = known_programmes(settings, programme)
        rows = [listings.roster_json(row, settings.zone) for row in reports.roster_rows(connection, known)]
        everybody = actions.with_actions(connection, rows, settings.zone)
        loose = unconfigured.find(connection, configured_ids(settings))
    lines = [line for line in everybody if angkatan in (None, line["angkatan"])]
    left = act_screen.left_in(everybody, angkatan)
    for each in loose:
        errors.print(each.text, markup=False, highlight=False)
    note_view(
        database, "roster", [*(line["programme"] for line in lines), *(line["programme"] for line, where in left)]
    )
    if chosen_form is RosterForm.JSON:
        write_json(file, lines, overwrite)
    elif chosen_form is RosterForm.CSV:
        write_text(file, listings.roster_csv(lines), overwrite)
    elif file is not None:
        paper = StringIO()
        people.show_roster(Console(file=paper, width=100), lines, settings.language)
        act_screen.show_left_behind(Console(file=paper, width=100), left)
        write_text(file, paper.getvalue(), overwrite)
    else:
        people.show_roster(output, lines, settings.language)
        act_screen.show_left_behind(output, left)


def participants(
    context: typer.Context,
    programme: ProgrammeOption = None,
    state: Annotated[
        list[State] | None, typer.Option(help="Only this decision or roster state; may be given again.")
    ] = None,
    angkatan: AngkatanOption = None,
    as_json: Json = False,
) -> None:
    """List everybody by sending agency, with what is missing: the chase list."""
    settings = context.obj.settings()
    database = open_database(settings)
    with database.reading() as connection:
        rows = reports.participant_rows(
            connection, known_programmes(settings, programme), [str(each) for each in state or ()], angkatan
        )
    note_view(database, "participants", (row["programme"] for row in rows))
    lines = [listings.participant_json(row, settings.zone, settings.language) for row in rows]
    if as_json:
        print_json(lines)
    else:
        people.show_participants(output, lines, settings.language)


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
        found = reports.participant_rows(connection, known, nip=number_or_id(settings, nip))
        found = found or reports.participant_rows(
            connection, known, participant_id=number_or_id(settings, nip), erased=True
        )
        days = {name: settings.today(now(), name) for name in known}
        shapes = [
            explain_person(connection, row, days[row["programme"]], settings.zone, settings.language) for row in found
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
        people.show_explanation(output, shape, settings.language)


def threshold_show(context: typer.Context, programme: ProgrammeOption = None, as_json: Json = False) -> None:
    """Show every recorded threshold; an arrow marks the one in force."""
    settings = context.obj.settings()
    shapes: list[dict[str, Any]] = []
    with open_database(settings).reading() as connection:
        for name in known_programmes(settings, programme):
            history = thresholds.threshold_history(connection, name)
            current = threshold_in_force(history, now())
            lines = [listings.threshold_json(each, settings.zone) for each in history]
            shapes.append({"programme": name, "in_force": current.version if current else None, "history": lines})
    if as_json:
        print_json(shapes)
        return
    for shape in shapes:
        people.show_thresholds(output, shape, settings.language)


def threshold_preview(
    context: typer.Context,
    value: Annotated[str, typer.Argument(help="The pass limit to try, such as 75.")],
    programme: Annotated[str, typer.Option(help="The programme's id.")],
    scale: Annotated[Scale, typer.Option(help="Points of the evaluation, or per cent of its range.")] = Scale.POINTS,
    as_json: Json = False,
) -> None:
    """Show who would move if the threshold were VALUE, by name; record nothing."""
    settings = context.obj.settings()
    database = open_database(settings)
    limit = recording.threshold(value, scale)
    preview = recording.preview_threshold(settings, database, now, programme, limit, scale)
    moves = [
        listings.move_json(move, preview.entries.get(move.record.participant.id), settings.language)
        for move in preview.moves
    ]
    note_view(database, "threshold preview", [programme for _ in moves])
    if as_json:
        print_json({"programme": programme, "value": listings.number(limit), "scale": scale, "moves": moves})
    else:
        people.show_preview(output, programme, f"{value} {scale}", preview.known, moves, settings.language)


def show_runs(
    context: typer.Context,
    programme: ProgrammeOption = None,
    limit: Annotated[int, typer.Option(min=1, help="How many.")] = 20,
    as_json: Json = False,
) -> None:
    """List past runs, newest first."""
    settings = context.obj.settings()
    if programme is not None:
        settings.programme(programme)
    database = open_database(settings)
    with database.reading() as connection:
        history = runs.recorded_runs(connection, programme, limit)
    lines = [listings.past_run_json(run, settings.zone) for run in history]
    if as_json:
        print_json(lines)
    else:
        names = names_of(database, "runs", (finding for run in history for finding in run.findings), A_FEW)
        screen.show_runs(output, lines, settings.language, names)


def status(context: typer.Context, as_json: Json = False) -> None:
    """Show the state of the service: last run, last good run, who is running, what a guard holds."""
    settings = context.obj.settings()
    database = open_database(settings)
    living = {each.programme: each for each in holders(database) if not each.is_dead(now())}
    plan = timetables(settings)
    lines = []
    found: list[Finding] = []
    with database.reading() as connection:
        ill = site_health.ill_sites(connection)
        undelivered = notices.undelivered_shape(settings, connection)
        loose = unconfigured.find(connection, configured_ids(settings))
        for programme in settings.programmes:
            last = runs.recorded_runs(connection, programme.id, 1)
            good = runs.last_good_run(connection, programme.id)
            telling = runs.last_telling_run(connection, programme.id)
            held = telling.findings if telling and telling.outcome is RunOutcome.GUARDED else ()
            found += held
            entries = rosters.load_entries(connection, programme.id).values()
            holder = living.get(programme.id)
            next_runs = [
                slot for each in plan if each.programme == programme.id for slot in [each.next_after(now())] if slot
            ]
            lines.append(
                {
                    "id": programme.id,
                    "title": programme.title,
                    "last_run": listings.past_run_json(last[0], settings.zone) if last else None,
                    "last_good_run": listings.past_run_json(good, settings.zone) if good else None,
                    "running": holder
                    and {
                        "host": holder.host.split(" ", maxsplit=1)[0],
                        "pid": holder.pid,
                        "since": listings.moment(holder.taken_at, settings.zone),
                    },
                    "next_run": listings.moment(min(next_runs, default=None), settings.zone),
                    "held_by": [finding_text(finding, settings.language) for finding in held],
                    "held_in_full": [listings.finding_json(finding) for finding in held],
                    "roster": {str(state): sum(entry.state is state for entry in entries) for state in EntryState},
                }
            )
    shape = {
        "database": database.name,
        "revision": database.upgrade()[1],
        "daemons": [
            {
                "host": each.host.split(" ", maxsplit=1)[0],
                "pid": each.pid,
                "since": listings.moment(each.started_at, settings.zone),
            }
            for each in living_daemons(database, now())
        ],
        "quarantine": [
            {
                "site": each.site,
                "reason": each.reason,
                "failures": each.failures,
                "since": listings.moment(each.since, settings.zone),
                "next_try": listings.moment(each.next_try_at, settings.zone),
            }
            for each in ill.values()
        ],
        "undelivered": undelivered,
        "unconfigured": [asdict(each) | {"text": each.text} for each in loose],
        "programmes": lines,
    }
    if as_json:
        print_json(shape)
    else:
        screen.show_status(output, shape, settings.language, names_of(database, "status", found))
        notices.show_undelivered(undelivered)
