"""The commands of the unattended service: run (the daemon) and resync (ask it for a run, and follow it)."""

import logging
import os
import re
import signal
from threading import Event, Thread
from typing import Annotated
from urllib.parse import parse_qsl, unquote

import structlog
import typer

from latsar_sync.actions.recording import named
from latsar_sync.cli.context import (
    Json,
    ProgrammeOption,
    errors,
    known_programmes,
    leave_with,
    login_name,
    now,
    open_database,
    output,
    print_json,
    valid_nip,
)
from latsar_sync.cli.running import code_of
from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _, in_use
from latsar_sync.domain.reasons import REQUEST_STATE_TEXTS, RUN_OUTCOME_TEXTS, word
from latsar_sync.domain.request import STEP_TEXTS, Step
from latsar_sync.service.daemon import Daemon
from latsar_sync.service.logs import set_up_log
from latsar_sync.service.meters import Meters
from latsar_sync.settings import Settings
from latsar_sync.store import queue
from latsar_sync.store.daemons import living_daemons
from latsar_sync.store.database import Database
from latsar_sync.store.queue import RunRequest

FOLLOW_EVERY_SECONDS = 0.3
LONG_ENOUGH_FOR_A_SECRET = 8
"""Parts of an Apprise address from this length on are hidden: any of them may be a password or token."""
GRACE_SECONDS = 5.0
"""After the time that stopping may take, for the good-byes to the database and the service manager."""


def run(context: typer.Context) -> None:
    """Run unattended: schedule, resync requests, dashboard, health and metrics; until SIGTERM or Ctrl-C."""
    # what serves pages takes half a second to load, which the other commands need not wait for
    from latsar_sync.web.app import add_dashboard
    from latsar_sync.web.context import PageContext
    from latsar_sync.web.health import health_app
    from latsar_sync.web.server import WebServer

    settings = context.obj.settings()
    service = settings.service
    set_up_log(
        service.log_format, secrets_of(settings), service.log_file, service.log_file_megabytes, service.log_files_kept
    )
    database = open_database(settings, make=True)
    meters = Meters(now)
    daemon = Daemon(settings, database, now, meters)
    _stop_on_signal(daemon, float(service.stop_within) + GRACE_SECONDS)
    warn_when_bound_wider(settings)
    app = add_dashboard(health_app(settings, database, daemon, meters, now), PageContext(settings, database, now))
    with WebServer(app, service.host, service.port):
        in_time = daemon.run()
    if not in_time:
        _leave_at_once()  # a thread still waits for the LMS
    database.close()


def serve(context: typer.Context) -> None:
    """Serve the dashboard alone, for instance on another host of the same database; until SIGTERM or Ctrl-C."""
    from latsar_sync.web.app import add_dashboard
    from latsar_sync.web.context import PageContext
    from latsar_sync.web.health import bare_app
    from latsar_sync.web.server import WebServer

    settings = context.obj.settings()
    service = settings.service
    set_up_log(
        service.log_format, secrets_of(settings), service.log_file, service.log_file_megabytes, service.log_files_kept
    )
    database = open_database(settings)
    warn_when_bound_wider(settings)
    app = add_dashboard(bare_app(settings, database, now), PageContext(settings, database, now))
    signals = _ending_signals()
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    with WebServer(app, service.host, service.port):
        structlog.get_logger("latsar_sync").info("serving", host=service.host, port=service.port)
        signal.sigwait(signals)
    database.close()


def warn_when_bound_wider(settings: Settings) -> None:
    """Say so when the pages are reachable from other hosts and no TLS is named before them."""
    service = settings.service
    behind_tls = (service.public_url or "").startswith("https:")
    if service.host not in ("127.0.0.1", "::1", "localhost") and not behind_tls:
        structlog.get_logger("latsar_sync").warning(
            "pages, health and metrics are reachable from other hosts, without TLS", host=service.host
        )


def _stop_on_signal(daemon: Daemon, at_the_latest: float) -> None:
    """Let SIGTERM, SIGHUP and Ctrl-C stop the daemon; if something hangs, leave all the same after so many seconds.

    A thread waits for the signals: a handler would run in the middle of whatever the main thread does, and could
    wait for a lock that the main thread itself holds.
    """
    signals = _ending_signals()
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)

    def wait() -> None:
        signal.sigwait(signals)
        daemon.stop()
        Event().wait(at_the_latest)
        _leave_at_once()

    Thread(target=wait, name="signals", daemon=True).start()


def _ending_signals() -> set[signal.Signals]:
    """Return what ends a service in order; a terminal that closes (SIGHUP) does not where nohup had it ignored."""
    signals = {signal.SIGTERM, signal.SIGINT}
    return signals if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN else signals | {signal.SIGHUP}


def _leave_at_once() -> None:
    """End without waiting for anybody: as safe as being killed, the next run converges."""
    logging.shutdown()
    os._exit(0)


def secrets_of(settings: Settings) -> list[str]:
    """Return every text of the configuration that no log line may hold: passwords as written and as meant."""
    found = [site.token.get_secret_value() for site in settings.sites.values()]
    if settings.service.oidc:
        found.append(settings.service.oidc.client_secret.get_secret_value())
    for secret in settings.notices.urls if settings.notices else ():
        whole = secret.get_secret_value()
        found += [whole, *(part for part in re.split(r"[^\w.~-]+", whole) if len(part) >= LONG_ENOUGH_FOR_A_SECRET)]
    for address in filter(None, [settings.database_url, *_proxies(settings)]):
        password = re.match(r"[^:]+://[^:/@]*:(.*)@", address)
        found += [password[1], unquote(password[1])] if password else []
        found += [value for name, value in parse_qsl(address.partition("?")[2]) if "password" in name]
    return [text for text in found if text]


def _proxies(settings: Settings) -> list[str | None]:
    oidc = settings.service.oidc
    return [*(site.proxy for site in settings.sites.values()), oidc.proxy if oidc else None]


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
        raise UsageError(_("--full and --participant do not go together."), _("A participant is always read whole."))
    settings = context.obj.settings()
    database = open_database(settings)
    nip = valid_nip(settings, participant) if participant is not None else ""
    asked_by = login_name() if by is None else named("--by", by)
    if asked_by == queue.SCHEDULE:
        raise UsageError(
            _('"{name}" is what the timetable is called.').format(name=queue.SCHEDULE),
            _("Give the name of a person with --by."),
        )
    scope = "participant" if nip else "full" if full else "incremental"
    names = known_programmes(settings, programme)

    asked = [queue.ask(database, name, scope, nip, asked_by, now()) for name in names]
    alive = living_daemons(database, now())
    if not alive:
        errors.print(_("No daemon gives a sign of life; the request waits until one is started (latsar-sync run)."))
    found = _follow(database, asked, silent=as_json) if wait else _find(database, asked)
    if as_json:
        print_json([_shape(request) for request in found])
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
        if all(request.state == queue.DONE for request in found):
            return found
        Event().wait(FOLLOW_EVERY_SECONDS)


def _find(database: Database, asked: list[int]) -> list[RunRequest]:
    with database.reading() as connection:
        return queue.find(connection, asked)


def _news(request: RunRequest) -> str:
    if request.state == queue.RUNNING and request.step:
        count = f" ({request.step_count})" if request.step_count else ""
        return f"{request.programme}: {request.step:2d}/{len(Step)} {_(STEP_TEXTS[Step(request.step)])}{count}"
    return f"{request.programme}: {word(REQUEST_STATE_TEXTS, request.state, in_use())}"


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
