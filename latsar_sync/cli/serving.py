"""The commands of the unattended service: run (the daemon) and resync (ask it for a run, and follow it)."""

import getpass
import logging
import os
import signal
from threading import Event
from typing import Annotated

import structlog
import typer
from sqlalchemy.engine import make_url

from latsar_sync.cli import screen
from latsar_sync.cli.desk import (
    Json,
    ProgrammeOption,
    errors,
    known_programmes,
    leave_with,
    now,
    open_database,
    output,
    print_json,
    valid_nip,
)
from latsar_sync.cli.running import EXIT_FAILED, EXIT_GUARDED, EXIT_PARTIAL
from latsar_sync.daemon import Daemon
from latsar_sync.errors import UsageError
from latsar_sync.logs import set_up_log
from latsar_sync.meters import Meters
from latsar_sync.request import Step
from latsar_sync.settings import Settings
from latsar_sync.store import queue
from latsar_sync.store.daemons import living_daemons
from latsar_sync.store.database import Database
from latsar_sync.store.queue import RunRequest
from latsar_sync.web.health import health_app
from latsar_sync.web.server import WebServer

FOLLOW_EVERY_SECONDS = 0.3
EXIT_BY_OUTCOME = {"ok": 0, "partial": EXIT_PARTIAL, "guarded": EXIT_GUARDED, "failed": EXIT_FAILED}


def run(context: typer.Context) -> None:
    """Run unattended: schedule, resync requests, health and metrics; until SIGTERM or Ctrl-C."""
    settings = context.obj.settings()
    service = settings.service
    set_up_log(
        service.log_format, secrets_of(settings), service.log_file, service.log_file_megabytes, service.log_files_kept
    )
    database = open_database(settings)
    meters = Meters(now)
    daemon = Daemon(settings, database, now, meters)
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: daemon.stop())
    if service.host not in ("127.0.0.1", "::1", "localhost"):
        structlog.get_logger("latsar_sync").warning(
            "health and metrics are reachable from other hosts, without TLS", host=service.host
        )
    with WebServer(health_app(settings, database, daemon, meters, now), service.host, service.port):
        in_time = daemon.run()
    if not in_time:
        # a thread still waits for the LMS; ending here is as safe as being killed, the next run converges
        logging.shutdown()
        os._exit(0)
    database.close()


def secrets_of(settings: Settings) -> list[str]:
    """Return every text of the configuration that no log line may hold."""
    found = [site.token.get_secret_value() for site in settings.sites.values()]
    for address in [settings.database_url, *(site.proxy for site in settings.sites.values())]:
        password = make_url(address).password if address else None
        found += [password] if password else []
    return found


def resync(
    context: typer.Context,
    programme: ProgrammeOption = None,
    participant: Annotated[str | None, typer.Option(metavar="NIP", help="Only this participant.")] = None,
    full: Annotated[bool, typer.Option("--full", help="Read everything of everybody again.")] = False,
    wait: Annotated[bool, typer.Option("--wait", help="Follow it to its end.")] = False,
    by: Annotated[str | None, typer.Option(metavar="NAME", help="Who asks [default: the login name].")] = None,
    as_json: Json = False,
) -> None:
    """Ask a running daemon for a run; the same wish waits in line once."""
    if full and participant is not None:
        raise UsageError("--full and --participant do not go together.", "A participant is always read whole.")
    settings = context.obj.settings()
    database = open_database(settings)
    nip = valid_nip(participant) if participant is not None else ""
    scope = "participant" if nip else "full" if full else "incremental"
    asked = [
        queue.ask(database, name, scope, nip, by or getpass.getuser(), now())
        for name in known_programmes(settings, programme)
    ]
    alive = living_daemons(database, now())
    if not alive:
        errors.print("No daemon gives a sign of life; the request waits until one is started (latsar-sync run).")
    found = _follow(database, asked, silent=as_json) if wait else _find(database, asked)
    if as_json:
        print_json([_shape(request) for request in found])
    elif not wait:
        numbers = ", ".join(map(str, asked))
        output.print(f"Asked for, request {numbers}. Follow it with --wait, or see latsar-sync status.")
    else:
        for request in found:
            told = f"{request.programme}: {request.outcome} (run {request.run_id})"
            output.print(f"{told} {request.message}" if request.message else told, markup=False)
    if wait:
        leave_with(max((EXIT_BY_OUTCOME.get(request.outcome or "", EXIT_FAILED) for request in found), default=0))


def _follow(database: Database, asked: list[int], silent: bool) -> list[RunRequest]:
    """Show each new step until every request is done."""
    told: dict[int, tuple[str, int | None]] = {}
    while True:
        found = _find(database, asked)
        for request in found:
            news = (request.state, request.step)
            if not silent and told.get(request.id) != news:
                told[request.id] = news
                errors.print(_news(request), markup=False, highlight=False)
        if all(request.state in (queue.DONE, queue.MERGED) for request in found):
            return found
        Event().wait(FOLLOW_EVERY_SECONDS)


def _find(database: Database, asked: list[int]) -> list[RunRequest]:
    with database.reading() as connection:
        return queue.find(connection, asked)


def _news(request: RunRequest) -> str:
    if request.state == queue.RUNNING and request.step:
        count = f" ({request.step_count})" if request.step_count else ""
        return f"{request.programme}: {request.step:2d}/{len(Step)} {screen.STEP_TEXTS[Step(request.step)]}{count}"
    return f"{request.programme}: {request.state}"


def _shape(request: RunRequest) -> dict[str, object]:
    return {
        "request_id": request.id,
        "programme": request.programme,
        "scope": request.scope,
        "state": request.state,
        "step": request.step,
        "run_id": request.run_id,
        "outcome": request.outcome,
        "message": request.message,
    }
