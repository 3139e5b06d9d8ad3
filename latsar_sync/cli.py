"""The command line: reads arguments, opens the database, calls the corridor, prints. It decides nothing."""

import json
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated, Any

import click
import typer
from rich.console import Console
from sqlalchemy.exc import DBAPIError

from latsar_sync import __version__, admission, demonstration, listings, pipeline, screen
from latsar_sync.errors import ConfigurationError, LatsarError, LeaseHeld, UsageError
from latsar_sync.guards import finding_text
from latsar_sync.model import EntryState, Outcome, RunOutcome, Scale, Threshold
from latsar_sync.nip import check_nip, mask_nip
from latsar_sync.pipeline import RunResult
from latsar_sync.request import Request
from latsar_sync.settings import Settings, load_settings
from latsar_sync.store import reports, rosters, runs, thresholds
from latsar_sync.store.database import Database
from latsar_sync.store.leases import Lease, holders

EXIT_FAILED, EXIT_CONFIGURATION, EXIT_PARTIAL, EXIT_GUARDED, EXIT_HELD = 1, 2, 3, 4, 75

output, errors = Console(), Console(stderr=True)

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Promotes qualified Latsar CPNS participants from the MOOC into the in-class phase roster.",
    epilog="Exit codes: 0 done · 1 all failed · 2 bad configuration or usage · 3 done in part · "
    "4 held by a guard · 75 another run holds the programme.",
)
roster_app = typer.Typer(help="The in-class roster: list it, or approve what is planned.", invoke_without_command=True)
threshold_app = typer.Typer(help="The recorded pass threshold: its history, and a new one.", no_args_is_help=True)
db_app = typer.Typer(help="The database of the service.", no_args_is_help=True)
app.add_typer(roster_app, name="roster")
app.add_typer(threshold_app, name="threshold")
app.add_typer(db_app, name="db")

Json = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else on standard output.")]
ProgrammeOption = Annotated[str | None, typer.Option("--programme", help="Only this programme (its id).")]
AngkatanOption = Annotated[str | None, typer.Option("--angkatan", help="Only this angkatan (its id).")]


@dataclass(frozen=True)
class Desk:
    """What the options before the command say: where the configuration is."""

    config: Path

    def settings(self) -> Settings:
        """Load the configuration; raise ConfigurationError with every mistake."""
        return load_settings(self.config, os.environ)


def now() -> datetime:
    """The clock of the service, in UTC."""
    return datetime.now(UTC)


def main() -> None:
    """Run the command line and exit with the code that the outcome has."""
    try:
        code = app(standalone_mode=False)
    except click.exceptions.Abort:
        code = 130
    except click.ClickException as error:
        code = _fail(UsageError(error.format_message(), "See latsar-sync --help."))
    except LatsarError as error:
        code = _fail(error)
    except DBAPIError as error:
        reason = str(error.orig).strip().splitlines()[0] if error.orig else type(error).__name__
        code = _fail(LatsarError(f"The database refused: {reason}.", "Check its disk space, rights and locks."))
    except KeyboardInterrupt:
        errors.print("Stopped. The next run goes on from what is there.")
        code = 130
    sys.exit(code if isinstance(code, int) else 0)


def _fail(error: LatsarError) -> int:
    """Show an error, as JSON where that was asked for, and return its exit code."""
    if "--json" in sys.argv:
        problems = list(error.problems) if isinstance(error, ConfigurationError) else []
        _print_json({"outcome": "failed", "error": str(error), "problems": problems})
    screen.show_error(errors, error)
    if isinstance(error, ConfigurationError):
        return EXIT_CONFIGURATION
    return EXIT_HELD if isinstance(error, LeaseHeld) else EXIT_FAILED


@app.callback()
def start(
    context: typer.Context,
    config: Annotated[
        Path | None,
        typer.Option(help="The configuration [default: $LATSAR_CONFIG, else config/latsar.toml].", show_default=False),
    ] = None,
    version: Annotated[bool, typer.Option("--version", help="Show the version and exit.")] = False,
) -> None:
    """Find the configuration; the commands load it."""
    if version:
        typer.echo(f"latsar-sync {__version__}")
        raise typer.Exit
    context.obj = Desk(config or Path(os.environ.get("LATSAR_CONFIG") or "config/latsar.toml"))


@app.command()
def demo(
    serve: Annotated[bool, typer.Option("--serve", help="Keep the campus up afterwards, until Ctrl-C.")] = False,
    folder: Annotated[Path, typer.Option(help="Where configuration and database of the demo go.")] = Path("data/demo"),
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on loopback; 0 takes a free one.")] = 0,
    fault: Annotated[
        list[str] | None, typer.Option(help="With --serve: switch a fault on, such as maintenance or slow.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Run the main job against the bundled campus, twice, and show what came of it."""
    _exit(demonstration.demonstrate(output, errors, folder, port, serve, fault or [], as_json, now))


@app.command()
def sync(
    context: typer.Context,
    programme: ProgrammeOption = None,
    participant: Annotated[str | None, typer.Option(metavar="NIP", help="Only this participant.")] = None,
    full: Annotated[bool, typer.Option("--full", help="Read everything of everybody again.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Write nothing, neither here nor in the LMS.")] = False,
    accept: Annotated[bool, typer.Option("--accept", help="Release what the last run's guard found.")] = False,
    by: Annotated[str | None, typer.Option(metavar="NAME", help="Who accepts; needed with --accept.")] = None,
    as_json: Json = False,
) -> None:
    """Run once in the foreground: pull, decide, roster, push, confirm."""
    if accept != bool(by):
        raise UsageError("--accept and --by NAME belong together.", "Name the person who has looked at the findings.")
    if accept and dry_run:
        raise UsageError("--accept releases a push; --dry-run makes none.", "Leave one of them out.")
    nip = _nip(participant) if participant is not None else None
    request = Request("sync", _programmes(programme), nip, full, dry_run, accept, by)
    _run(context.obj, request, as_json)


@app.command()
def plan(context: typer.Context, programme: ProgrammeOption = None, as_json: Json = False) -> None:
    """Show who would be admitted, pushed or held by a guard, and why; write nothing."""
    _run(context.obj, Request("plan", _programmes(programme), dry_run=True), as_json)


def _run(desk: Desk, request: Request, as_json: bool) -> None:
    settings = desk.settings()
    database = _open(settings)
    with screen.StepLines(errors, silent=as_json) as progress:
        result = pipeline.run(settings, database, request, now, progress)
    if as_json:
        _print_json(listings.run_json(result))
    else:
        for programme in result.programmes:
            if request.dry_run and programme.error is None:
                screen.show_plan(output, programme.plan, settings.language)
        screen.show_run(output, result, settings.language)
    _exit(exit_code(result))


def exit_code(result: RunResult) -> int:
    """Return the exit code of a run: the first of 2, 1, 4, 3, 75, 0 that applies (design §5)."""
    held = [each for each in result.programmes if isinstance(each.error, LeaseHeld)]
    walked = [each for each in result.programmes if each not in held]
    outcomes = {each.run.outcome for each in walked}
    if any(isinstance(each.error, ConfigurationError) for each in walked):
        return EXIT_CONFIGURATION
    if outcomes == {RunOutcome.FAILED}:
        return EXIT_FAILED
    if RunOutcome.GUARDED in outcomes:
        return EXIT_GUARDED
    if outcomes & {RunOutcome.PARTIAL, RunOutcome.FAILED}:
        return EXIT_PARTIAL
    return EXIT_HELD if held else 0


@roster_app.callback()
def roster(
    context: typer.Context,
    programme: ProgrammeOption = None,
    angkatan: AngkatanOption = None,
    form: Annotated[str, typer.Option("--format", click_type=click.Choice(["table", "csv", "json"]))] = "table",
    file: Annotated[Path | None, typer.Option("--output", "-o", help="Write to this file.")] = None,
    as_json: Json = False,
) -> None:
    """List the roster in all its states."""
    if context.invoked_subcommand is not None:
        return
    settings = context.obj.settings()
    with _open(settings).reading() as connection:
        rows = reports.roster_rows(connection, _known(settings, programme), angkatan)
    lines = [listings.roster_json(row, settings.zone) for row in rows]
    if as_json or form == "json":
        _write(file, _json(lines))
    elif form == "csv":
        _write(file, listings.roster_csv(lines))
    elif file is not None:
        with file.open("w", encoding="utf-8") as stream:
            screen.show_roster(Console(file=stream, width=100), lines, settings.language)
    else:
        screen.show_roster(output, lines, settings.language)


@roster_app.command()
def approve(
    context: typer.Context,
    by: Annotated[str, typer.Option(metavar="NAME", help="Who approves.")],
    programme: ProgrammeOption = None,
    angkatan: AngkatanOption = None,
    as_json: Json = False,
) -> None:
    """Approve the planned entries of programmes with push = "confirmed"; the next run sends them."""
    settings = context.obj.settings()
    database = _open(settings)
    approved = 0
    for name in _known(settings, programme):
        with Lease(database, name, now), database.writing() as connection:
            entries = rosters.load_entries(connection, name)
            chosen = [
                replace(entry, approved_by=by, reason=None)
                for entry in entries.values()
                if entry.reason == "awaiting_approval" and angkatan in (None, entry.angkatan)
            ]
            rosters.save_entries(connection, name, entries, chosen, now(), run_id=None, by=by)
            approved += len(chosen)
    if as_json:
        _print_json({"approved": approved, "by": by})
    else:
        output.print(f"{approved} planned entries approved by {by}; the next run sends them.", markup=False)


@app.command()
def participants(
    context: typer.Context,
    programme: ProgrammeOption = None,
    state: Annotated[
        list[str] | None,
        typer.Option(
            click_type=click.Choice([*map(str, Outcome), *map(str, EntryState)]),
            help="Only this decision or roster state; may be given again.",
        ),
    ] = None,
    angkatan: AngkatanOption = None,
    as_json: Json = False,
) -> None:
    """List everybody by sending agency, with what is missing: the chase list."""
    settings = context.obj.settings()
    with _open(settings).reading() as connection:
        rows = reports.participant_rows(connection, _known(settings, programme), state or (), angkatan)
    lines = [listings.participant_json(row, settings.zone, settings.language) for row in rows]
    if as_json:
        _print_json(lines)
    else:
        screen.show_participants(output, lines, settings.language)


@app.command()
def explain(
    context: typer.Context,
    nip: Annotated[str, typer.Argument(metavar="NIP", help="The NIP, or the participant's internal id.")],
    as_json: Json = False,
) -> None:
    """Explain one person end to end: matched, seen, judged, placed, confirmed, or where it stopped."""
    settings = context.obj.settings()
    with _open(settings).reading() as connection:
        known = _known(settings, None)
        found = reports.participant_rows(connection, known, nip=check_nip(nip, now().date()).nip or nip)
        found = found or reports.participant_rows(connection, known, participant_id=nip)
        shapes = [
            listings.explanation_json(
                row,
                reports.current_evidence(connection, row["participant_id"]),
                reports.decision_history(connection, row["participant_id"]),
                reports.roster_history(connection, row["participant_id"]),
                reports.push_history(connection, row["participant_id"]),
                settings.zone,
                settings.language,
            )
            for row in found
        ]
    if not shapes:
        raise UsageError(
            f"No participant has the NIP or id {mask_nip(nip) if nip.isdigit() else nip}.",
            "Run sync first, or look in latsar-sync participants.",
        )
    if as_json:
        _print_json({**shapes[0], "others": shapes[1:]})
        return
    for shape in shapes:
        screen.show_explanation(output, shape, settings.language)


@threshold_app.command("show")
def threshold_show(context: typer.Context, programme: ProgrammeOption = None, as_json: Json = False) -> None:
    """Show every recorded threshold; an arrow marks the one in force."""
    settings = context.obj.settings()
    shapes = []
    with _open(settings).reading() as connection:
        for name in _known(settings, programme):
            history = thresholds.threshold_history(connection, name)
            current = admission.threshold_in_force(history, now())
            lines = [listings.threshold_json(each, settings.zone) for each in history]
            shapes.append({"programme": name, "in_force": current.version if current else None, "history": lines})
    if as_json:
        _print_json(shapes)
        return
    for shape in shapes:
        screen.show_thresholds(output, shape["programme"], shape["history"], shape["in_force"])


@threshold_app.command("set")
def threshold_set(
    context: typer.Context,
    value: Annotated[str, typer.Argument(help="The pass limit, such as 70 or 70.01.")],
    legal_basis: Annotated[str, typer.Option(help="The decree or rule that sets it.")],
    by: Annotated[str, typer.Option(metavar="NAME", help="Who records it.")],
    programme: Annotated[str, typer.Option(help="The programme's id.")],
    scale: Annotated[str, typer.Option(click_type=click.Choice(list(map(str, Scale))))] = "points",
    effective_from: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M"], help="In the programme's zone [default: now]."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Record a new threshold. The next run re-judges everybody; whoever was admitted keeps the seat."""
    settings = context.obj.settings()
    zone = settings.zone_of(settings.programme(programme))
    moment = now()
    since = effective_from.replace(tzinfo=zone) if effective_from else moment
    if since < moment:
        raise UsageError("A threshold cannot be back-dated.", "Leave --effective-from out, or give a time to come.")
    with _open(settings).writing() as connection:
        history = thresholds.threshold_history(connection, programme)
        added = Threshold(
            history[-1].version + 1 if history else 1,
            _limit(value, Scale(scale)),
            Scale(scale),
            legal_basis.strip() or _refuse_blank("--legal-basis"),
            since,
            by.strip() or _refuse_blank("--by"),
            moment,
        )
        thresholds.add_threshold(connection, programme, added)
    shape = listings.threshold_json(added, zone)
    if as_json:
        _print_json({"programme": programme, **shape})
    else:
        output.print(f"Recorded: {shape['value']} {scale} for {programme}, in force from {shape['effective_from']}.")


def _limit(text: str, scale: Scale) -> Decimal:
    """Read a pass limit; a decimal comma is understood, nothing else is guessed."""
    try:
        value = Decimal(text.replace(",", "."))
    except InvalidOperation:
        raise UsageError(f'"{text}" is no number.', "Write it like 70 or 70.01.") from None
    places = value.as_tuple().exponent
    if not value.is_finite() or value <= 0 or (isinstance(places, int) and places < -5):
        raise UsageError(f"{text} cannot be a pass limit.", "Give a number above 0 with at most five decimal places.")
    if scale is Scale.PERCENT and value > admission.HUNDRED:
        raise UsageError(f"{text} is more than 100 per cent.", "Correct the number or the scale.")
    return value


def _refuse_blank(option: str) -> str:
    raise UsageError(f"{option} is empty.", "Say it in words; it stands in the history for good.")


@app.command("runs")
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
    with _open(settings).reading() as connection:
        lines = [listings.past_run_json(run, settings.zone) for run in runs.recorded_runs(connection, programme, limit)]
    if as_json:
        _print_json(lines)
    else:
        screen.show_runs(output, lines)


@app.command()
def status(context: typer.Context, as_json: Json = False) -> None:
    """Show the state of the service: last run, last good run, who is running, what a guard holds."""
    settings = context.obj.settings()
    database = _open(settings)
    living = {each.programme: each for each in holders(database) if not each.is_dead(now())}
    lines = []
    with database.reading() as connection:
        for programme in settings.programmes:
            last = runs.recorded_runs(connection, programme.id, 1)
            good = runs.last_good_run(connection, programme.id)
            telling = runs.last_telling_run(connection, programme.id)
            held = telling.findings if telling and telling.outcome is RunOutcome.GUARDED else ()
            entries = rosters.load_entries(connection, programme.id).values()
            holder = living.get(programme.id)
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
                    "held_by": [finding_text(finding, settings.language) for finding in held],
                    "roster": {str(state): sum(entry.state is state for entry in entries) for state in EntryState},
                }
            )
    shape = {"database": database.name, "revision": database.upgrade()[1], "programmes": lines}
    if as_json:
        _print_json(shape)
    else:
        screen.show_status(output, shape, settings.language)


@db_app.command("upgrade")
def db_upgrade(context: typer.Context, as_json: Json = False) -> None:
    """Bring the database's tables up to date; every other command does it too."""
    database = Database(context.obj.settings().database_url)
    before, after = database.upgrade()
    if as_json:
        _print_json({"database": database.name, "before": before, "after": after})
    elif before == after:
        output.print(f"{database.name} is up to date (revision {after}).", soft_wrap=True)
    else:
        output.print(f"{database.name}: revision {before or 'none'} → {after}.", soft_wrap=True)


def _open(settings: Settings) -> Database:
    """Open the database and bring its tables up to date."""
    database = Database(settings.database_url)
    database.upgrade()
    return database


def _programmes(programme: str | None) -> tuple[str, ...]:
    return () if programme is None else (programme,)


def _known(settings: Settings, programme: str | None) -> Sequence[str]:
    """Return the ids of the chosen programme or of all; raise UsageError for an unknown one."""
    if programme is not None:
        return [settings.programme(programme).id]
    return [each.id for each in settings.programmes]


def _nip(text: str) -> str:
    check = check_nip(text, now().date())
    if check.nip is None:
        raise UsageError(f"{mask_nip(text)} is no valid NIP ({check.detail or check.reason}).", "Give 18 digits.")
    return check.nip


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


def _print_json(value: Any) -> None:
    sys.stdout.write(_json(value))
    sys.stdout.flush()


def _write(file: Path | None, text: str) -> None:
    if file is None:
        sys.stdout.write(text)
        return
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror}.", "Choose another file.") from None


def _exit(code: int) -> None:
    if code:
        raise typer.Exit(code)
