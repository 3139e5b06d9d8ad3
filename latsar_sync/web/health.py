"""Health and metrics of a daemon: is the process alive, is it able to work, what has it counted."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from fastapi import FastAPI, Response
from fastapi.responses import JSONResponse
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from latsar_sync.actions.overrides import PEOPLE_AT_ONCE
from latsar_sync.domain.errors import DatabaseMoved
from latsar_sync.service.daemon import Daemon
from latsar_sync.service.meters import Meters
from latsar_sync.service.schedule import timetables
from latsar_sync.settings import Settings
from latsar_sync.store import runs
from latsar_sync.store.database import Database

STUCK_AFTER = timedelta(seconds=60)
FIELDS_BESIDE = 100
"""Fields of a form beside the people who were ticked in it."""


def health_app(
    settings: Settings, database: Database, daemon: Daemon, meters: Meters, clock: Callable[[], datetime]
) -> FastAPI:
    """Return the application with ``/healthz``, ``/readyz`` and ``/metrics``; nothing in it names a person.

    ``/healthz`` is 200 while the daemon's loop turns and each run under way gives signs, a step begun or a request
    ended, within what one request may take; it names the runs. ``/readyz`` is 200 when the database answers and every
    scheduled programme had a good run within ``service.stale_after`` hours; else 503 with the reasons.
    """
    app = bare_app(settings, database, clock, lambda: daemon.database_refuses)
    sites = settings.sites.values()
    waits = (max(each.retry_budget, each.connect_timeout + each.read_timeout) for each in sites)
    longest = timedelta(seconds=float(max(waits, default=0)))

    @app.get("/healthz")
    def healthz() -> JSONResponse:
        now = clock()
        quiet = now - daemon.looked_at
        under_way = daemon.under_way()
        stuck = [each.programme for each in under_way if now - each.sign_at > STUCK_AFTER + longest]
        alive = quiet <= STUCK_AFTER and not stuck
        told = {
            "alive": alive,
            "seconds_since_last_look": quiet.total_seconds(),
            "stuck": stuck,
            "slowed": [
                {"programme": name, "site": each.site, "seconds_between": each.every.total_seconds()}
                for name, each in sorted(daemon.slowed().items())
            ],
            "under_way": [
                {
                    "programme": each.programme,
                    "seconds": (now - each.since).total_seconds(),
                    "seconds_since_last_sign": (now - each.sign_at).total_seconds(),
                }
                for each in under_way
            ],
        }
        return JSONResponse(told, 200 if alive else 503)

    @app.get("/metrics")
    def metrics() -> Response:
        return Response(meters.text(), media_type="text/plain; version=0.0.4; charset=utf-8")

    return app


def bare_app(
    settings: Settings,
    database: Database,
    clock: Callable[[], datetime],
    refuses: Callable[[], str | None] = lambda: None,
) -> FastAPI:
    """Return an application with ``/readyz`` alone, for pages without a daemon beside them.

    ``refuses`` is what the database said to the daemon where it did not take what was due: it may be read all the same.
    """
    limits: Any = {"max_fields": PEOPLE_AT_ONCE + FIELDS_BESIDE, "max_files": 1}
    app = FastAPI(title="latsar-sync", docs_url=None, redoc_url=None, openapi_url=None, form_limits=limits)

    @app.get("/readyz")
    def readyz() -> JSONResponse:
        reasons = _not_ready(settings, database, clock())
        if (said := refuses()) is not None:
            reasons.append(f"the database does not take what is due ({said})")
        return JSONResponse({"ready": not reasons, "reasons": reasons}, 503 if reasons else 200)

    return app


def _not_ready(settings: Settings, database: Database, now: datetime) -> list[str]:
    """Say what keeps the service from being ready, a line each."""
    stale = timedelta(hours=float(settings.service.stale_after))
    scheduled = {timetable.programme for timetable in timetables(settings)}
    reasons = [] if scheduled else ["no programme has a schedule"]
    try:
        with database.reading() as connection:
            connection.execute(text("SELECT 1"))
            for name in sorted(scheduled):
                good = runs.last_good_run(connection, name)
                if good is None or good.finished_at is None:
                    reasons.append(f"{name}: no good run yet")
                elif abs(now - good.finished_at) > stale:
                    reasons.append(f"{name}: the last good run ended {good.finished_at.isoformat(timespec='seconds')}")
    except (SQLAlchemyError, DatabaseMoved) as error:
        reasons.append(f"the database does not answer ({type(error).__name__})")
    return reasons
