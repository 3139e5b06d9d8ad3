"""The commands that run: demo, sync, plan; and the exit code that the outcome of a run has."""

from collections.abc import Collection
from pathlib import Path
from typing import Annotated

import typer

from latsar_sync.actions.recording import named
from latsar_sync.cli.context import (
    Desk,
    Json,
    ProgrammeOption,
    chosen,
    errors,
    leave_with,
    note_view,
    now,
    open_database,
    open_for_a_plan,
    output,
    print_json,
    valid_nip,
)
from latsar_sync.cli.screens import runs
from latsar_sync.cli.screens.findings import names_of
from latsar_sync.domain.errors import LeaseHeld, UsageError
from latsar_sync.domain.language import _
from latsar_sync.domain.model import RunOutcome
from latsar_sync.domain.request import Request
from latsar_sync.run import pipeline
from latsar_sync.run.pipeline import RunResult
from latsar_sync.shapes import listings

HELD = "held by another run"
EXIT_FAILED, EXIT_CONFIGURATION, EXIT_PARTIAL, EXIT_GUARDED, EXIT_HELD = 1, 2, 3, 4, 75


def demo(
    serve: Annotated[bool, typer.Option("--serve", help="Keep the campus up afterwards, until Ctrl-C.")] = False,
    folder: Annotated[Path, typer.Option(help="Where configuration and database of the demo go.")] = Path("data/demo"),
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on loopback; 0 takes a free one.")] = 0,
    campus_only: Annotated[
        bool, typer.Option("--campus-only", help="Start the campus and nothing else, to try init on it.")
    ] = False,
    fault: Annotated[
        list[str] | None, typer.Option(help="With --serve: switch a fault on, such as maintenance or slow.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Run the main job against the bundled campus, twice, and show what came of it."""
    # the campus is loaded for this command alone
    from latsar_sync.cli import demonstration

    if campus_only:
        if serve or fault or as_json:
            raise UsageError(_("--campus-only stands alone."), _("Only --port goes with it."))
        demonstration.show_campus(output, port)
        return
    leave_with(demonstration.demonstrate(output, errors, folder, port, serve, fault or [], as_json, now))


def sync(
    context: typer.Context,
    programme: ProgrammeOption = None,
    participant: Annotated[str | None, typer.Option(metavar="NIP", help="Only this participant.")] = None,
    full: Annotated[bool, typer.Option("--full", help="Read everything of everybody again.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Write nothing but the record of the run.")] = False,
    accept: Annotated[bool, typer.Option("--accept", help="Release what the last run's guard found.")] = False,
    by: Annotated[str | None, typer.Option(metavar="NAME", help="Who accepts; needed with --accept.")] = None,
    as_json: Json = False,
) -> None:
    """Run once in the foreground: pull, decide, roster, push, confirm."""
    if accept != (by is not None):
        raise UsageError(
            _("--accept and --by NAME belong together."), _("Name the person who has looked at the findings.")
        )
    if accept and dry_run:
        raise UsageError(_("--accept releases a push; --dry-run makes none."), _("Leave one of them out."))
    name_of_person = named("--by", by) if by is not None else None
    nip = valid_nip(context.obj.settings(), participant) if participant is not None else None
    request = Request("sync", chosen(programme), nip, full, dry_run, accept, name_of_person)
    _run(context.obj, request, as_json)


def plan(context: typer.Context, programme: ProgrammeOption = None, as_json: Json = False) -> None:
    """Show who would be admitted, pushed or held by a guard, and why; write nothing."""
    _run(context.obj, Request("plan", chosen(programme), dry_run=True), as_json)


def _run(desk: Desk, request: Request, as_json: bool) -> None:
    settings = desk.settings()
    database = open_database(settings, make=True) if request.command == "sync" else open_for_a_plan(settings)
    with runs.StepLines(errors, silent=as_json) as progress:
        result = pipeline.run(settings, database, request, now, progress)
    note_view(database, request.command, (each.run.programme for each in result.programmes for _ in each.plan))
    if as_json:
        print_json(listings.run_json(result))
    else:
        for programme in result.programmes:
            if request.dry_run and programme.error is None:
                runs.show_plan(output, programme.plan, settings.language)
        found = [finding for each in result.programmes for finding in each.run.findings]
        names = names_of(database, request.command, found)
        runs.show_run(output, errors, result, settings.language, names)
    leave_with(exit_code(result))


def exit_code(result: RunResult) -> int:
    """Return the exit code of a run over several programmes (docs/commands.md)."""
    return code_of([HELD if isinstance(each.error, LeaseHeld) else str(each.run.outcome) for each in result.programmes])


def code_of(outcomes: Collection[str]) -> int:
    """Return the exit code of several outcomes, of which HELD is one: the first of 1, 4, 3, 75, 0 that applies.

    2 is for what is found before anything runs; a course that is wrong is found by a run, which then failed. Where
    something was done while another run held the rest, it is done in part.
    """
    walked = set(outcomes) - {HELD}
    if walked == {str(RunOutcome.FAILED)}:
        return EXIT_FAILED
    if RunOutcome.GUARDED in walked:
        return EXIT_GUARDED
    if walked - {str(RunOutcome.OK)} or (walked and HELD in outcomes):
        return EXIT_PARTIAL
    return EXIT_HELD if HELD in outcomes else 0
