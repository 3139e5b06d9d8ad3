"""The command that asks a running daemon for a run, and follows it: resync."""

from collections.abc import Sequence
from threading import Event
from typing import Annotated

import typer

from latsar_sync.actions.resyncing import SINGLY, Scope, ask
from latsar_sync.actions.typed_text import named
from latsar_sync.cli.context import (
    ExactAngkatanOption,
    Json,
    ParticipantsOption,
    ProgrammeOption,
    known_programmes,
    leave_with,
    login_name,
    now,
    one_programme,
    open_database,
)
from latsar_sync.cli.exit_codes import code_of
from latsar_sync.cli.lookup import programmes_with, valid_nip
from latsar_sync.cli.screens.console import errors, output, print_json
from latsar_sync.domain.language import _, in_use
from latsar_sync.domain.request import DONE, RUNNING, STEP_TEXTS, Step
from latsar_sync.domain.state_words import REQUEST_STATE_TEXTS, RUN_OUTCOME_TEXTS, word
from latsar_sync.shapes.requests import request_line_json
from latsar_sync.store import queue
from latsar_sync.store.database import Database
from latsar_sync.store.living_daemons import living_daemons
from latsar_sync.store.queue import RunRequest

app = typer.Typer(add_completion=False)
FOLLOW_EVERY_SECONDS = 0.3


@app.command()
def resync(
    context: typer.Context,
    programme: ProgrammeOption = None,
    angkatan: ExactAngkatanOption = None,
    participant: ParticipantsOption = None,
    full: Annotated[bool, typer.Option("--full", help="Read everything of everybody again.")] = False,
    wait: Annotated[bool, typer.Option("--wait", help="Follow it to its end.")] = False,
    by: Annotated[str | None, typer.Option(metavar="NAME", help="Who asks [default: the login name].")] = None,
    as_json: Json = False,
) -> None:
    """Ask a running daemon for a run; the same request waits in the queue once."""
    settings = context.obj.settings()
    database = open_database(settings)
    nips = [valid_nip(settings, each) for each in participant or ()]
    asked_by = login_name() if by is None else named("--by", by)
    if angkatan is not None:
        names: Sequence[str] = [one_programme(settings, programme).id]
    else:
        names = known_programmes(settings, programme)
    scopes = [(name, Scope(full, angkatan, nips)) for name in names]
    if nips and not full and angkatan is None:
        each_alone = [[nip] for nip in dict.fromkeys(nips)] if len(set(nips)) <= SINGLY else [nips]
        scopes = [
            (name, Scope(nips=those)) for those in each_alone for name in programmes_with(database, names, *those)
        ]
    asked = [each for name, scope in scopes for each in ask(settings, database, now, name, scope, asked_by)]
    alive = living_daemons(database, now())
    if not alive:
        errors.print(_("No daemon gives a sign of life; the request waits until one is started (latsar-sync run)."))
    found = _follow(database, asked, silent=as_json) if wait else _find(database, asked)
    if as_json:
        print_json([request_line_json(request) for request in found])
    elif not wait:
        numbers = ", ".join(map(str, asked))
        output.print(
            _("Asked for, request {numbers}. Follow it with --wait, or see latsar-sync status.").format(numbers=numbers)
        )
    else:
        for request in found:
            told = _("{programme}: {outcome} (run {run_id})").format(
                programme=request.programme,
                outcome=word(RUN_OUTCOME_TEXTS, request.outcome or "failed", in_use()),
                run_id=request.run_id,
            )
            output.print(f"{told} {request.message}" if request.message else told, markup=False)
    if wait:
        leave_with(code_of([request.outcome or "failed" for request in found]))


def _follow(database: Database, asked: list[int], silent: bool) -> list[RunRequest]:
    """Show each new step until every request is done; for a merged one, that which it was merged into."""
    told: dict[int, tuple[str, int | None]] = {}
    while True:
        found = _find(database, asked)
        for request in found:
            news = (request.state, request.step)
            if not silent and told.get(request.id) != news:
                told[request.id] = news
                errors.print(_news(request), markup=False, highlight=False)
        asked = [request.merged_into or request.id for request in found]
        if all(request.state == DONE for request in found):
            return found
        Event().wait(FOLLOW_EVERY_SECONDS)


def _find(database: Database, asked: list[int]) -> list[RunRequest]:
    with database.reading() as connection:
        return queue.find(connection, asked)


def _news(request: RunRequest) -> str:
    if request.state == RUNNING and request.step:
        count = f" ({request.step_count})" if request.step_count else ""
        return f"{request.programme}: {request.step:2d}/{len(Step)} {_(STEP_TEXTS[Step(request.step)])}{count}"
    return f"{request.programme}: {word(REQUEST_STATE_TEXTS, request.state, in_use())}"
