"""The command of the unattended service: run, the daemon."""

import logging
import os
import signal
from threading import Event, Thread

import typer

from latsar_sync.cli.context import now, open_database
from latsar_sync.cli.unattended import ending_signals, outgrown, secrets_of, warn_when_bound_wider
from latsar_sync.service.daemon import Daemon
from latsar_sync.service.logs import set_up_log
from latsar_sync.service.meters import Meters

app = typer.Typer(add_completion=False)
GRACE_SECONDS = 5.0
"""After the time that stopping may take, for the good-byes to the database and the service manager."""


@app.command()
def run(context: typer.Context) -> None:
    """Run unattended: schedule, resync requests, dashboard, health and metrics; until SIGTERM or Ctrl-C."""
    # what serves pages takes half a second to load, which the help of all commands need not wait for
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
    with WebServer(app, service.host, service.port, service.proxies):
        in_time = daemon.run()
    if daemon.moved is not None:
        raise daemon.moved
    if daemon.outgrown:
        raise outgrown(database)
    if not in_time:
        _leave_at_once()  # a thread still waits for the LMS
    database.close()


def _stop_on_signal(daemon: Daemon, at_the_latest: float) -> None:
    """Let SIGTERM, SIGHUP and Ctrl-C stop the daemon; if something hangs, leave all the same after so many seconds.

    A thread waits for the signals: a handler would run in the middle of whatever the main thread does, and could
    wait for a lock that the main thread itself holds.
    """
    signals = ending_signals()
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)

    def wait() -> None:
        signal.sigwait(signals)
        daemon.stop()
        Event().wait(at_the_latest)
        _leave_at_once()

    Thread(target=wait, name="signals", daemon=True).start()


def _leave_at_once() -> None:
    """End without waiting for anybody: as safe as being killed, the next run converges."""
    logging.shutdown()
    os._exit(0)
