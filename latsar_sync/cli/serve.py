"""The command that serves the dashboard alone: serve."""

import signal
from contextlib import suppress

import structlog
import typer
from sqlalchemy.exc import SQLAlchemyError

from latsar_sync.cli.context import now, open_database
from latsar_sync.cli.unattended import ending_signals, outgrown, secrets_of, warn_when_bound_wider
from latsar_sync.service.logs import set_up_log

app = typer.Typer(add_completion=False)
LOOK_EVERY_SECONDS = 10.0
"""How often it is seen whether the tables are still those of this version."""


@app.command()
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
    signals = ending_signals()
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    with WebServer(app, service.host, service.port, service.proxies):
        structlog.get_logger("latsar_sync").info("serving", host=service.host, port=service.port)
        while signal.sigtimedwait(signals, LOOK_EVERY_SECONDS) is None:
            with suppress(SQLAlchemyError):  # the pages say so
                if database.is_outgrown():
                    raise outgrown(database)
    database.close()
