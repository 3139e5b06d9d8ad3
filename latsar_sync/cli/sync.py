"""The command that runs once in the foreground: sync."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

import typer

from latsar_sync.actions.resyncing import SINGLY, Scope, runs_for
from latsar_sync.actions.typed_text import named
from latsar_sync.cli.context import (
    ExactAngkatanOption,
    Json,
    ParticipantsOption,
    ProgrammeOption,
    chosen,
    leave_with,
    note_action,
    note_view,
    now,
    one_programme,
    open_database,
)
from latsar_sync.cli.exit_codes import HELD, code_of
from latsar_sync.cli.lookup import programmes_with, valid_nip
from latsar_sync.cli.screens import runs
from latsar_sync.cli.screens.console import errors, output, print_json
from latsar_sync.cli.screens.findings import names_of, planned_names
from latsar_sync.domain.errors import LeaseHeld, UsageError
from latsar_sync.domain.language import _
from latsar_sync.domain.request import Request
from latsar_sync.run import accepting, pipeline
from latsar_sync.run.one_after_another import told_as_one
from latsar_sync.run.pipeline import RunResult
from latsar_sync.settings import Settings
from latsar_sync.shapes.plan_places import places_of_plan
from latsar_sync.shapes.runs import run_json
from latsar_sync.store.database import Database

app = typer.Typer(add_completion=False)


@app.command()
def sync(
    context: typer.Context,
    programme: ProgrammeOption = None,
    angkatan: ExactAngkatanOption = None,
    participant: ParticipantsOption = None,
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
    settings = context.obj.settings()
    names = chosen(programme if angkatan is None else one_programme(settings, programme).id)
    nips = list(dict.fromkeys(valid_nip(settings, each) for each in participant or ()))
    scope = Scope(full, angkatan, nips)
    known = names or tuple(each.id for each in settings.programmes)
    for name in known:
        settings.programme(name)
        runs_for(settings, name, scope)  # refuses what does not fit together
    database = open_database(settings, make=True)
    few = nips if len(nips) <= SINGLY else []
    names = tuple(programmes_with(database, known, *nips)) if nips else names
    one = Request("sync", names, None, full or len(nips) > SINGLY, dry_run, accept, name_of_person, angkatan=angkatan)
    requests = [replace(one, programmes=tuple(programmes_with(database, known, nip)), nip=nip) for nip in few]
    if accept and requests:
        with database.reading() as connection:
            requests = accepting.each_by_its_first(connection, requests)
    run_and_show(settings, database, requests or [one], as_json)


def run_and_show(settings: Settings, database: Database, requests: Sequence[Request], as_json: bool) -> None:
    """Make these runs one after another, and show what came of them as of one."""
    request = requests[0]
    ended: list[RunResult] = []
    for each in requests:
        with runs.StepLines(errors, silent=as_json) as progress:
            ended.append(pipeline.run(settings, database, each, now, progress))
    result = told_as_one(ended)
    for done in result.programmes:
        if done.run.accepted_by is not None:
            note_action(database, "accept", done.run.programme)
    note_view(database, request.command, (each.run.programme for each in result.programmes for _ in each.plan))
    with database.reading() as connection:
        places = places_of_plan(settings, connection, result)
    if as_json:
        print_json(run_json(result, places))
    else:
        for programme in result.programmes:
            if request.dry_run and programme.error is None:
                runs.show_plan(output, programme.plan, settings.language, places)
        found = [finding for each in result.programmes for finding in each.run.findings]
        planned = (line for each in result.programmes for line in each.plan)  # before the first run nobody is recorded
        names = planned_names(planned) | names_of(database, request.command, found)
        runs.show_run(output, errors, result, settings.language, names)
    leave_with(_exit_code(result))


def _exit_code(result: RunResult) -> int:
    """Return the exit code of a run over several programmes (docs/commands.md)."""
    return code_of([HELD if isinstance(each.error, LeaseHeld) else str(each.run.outcome) for each in result.programmes])
