"""What is shown of retention: how long data are kept, what is due, the reports of what was destroyed (rule 16)."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection

from latsar_sync.actions.destroying import end_of, keepings, months_of
from latsar_sync.rules.retention import DataClass, Keeping
from latsar_sync.settings import Settings
from latsar_sync.shapes import fields
from latsar_sync.store import access, destruction_reports, retention
from latsar_sync.store.counts import people_by_programme
from latsar_sync.store.destruction_reports import Destruction


def retention_json(connection: Connection, settings: Settings, now: datetime) -> dict[str, Any]:
    """Return how long each data class is kept, what is due today, and every report."""
    return _kept(connection, settings, now, data_class_json)


def retention_in_brief(connection: Connection, settings: Settings, now: datetime) -> dict[str, Any]:
    """Return the same for a page, with how many ``people`` (or ``lines``) there are in place of all rows of all tables:
    of a million people those are counted only where they are about to be destroyed.
    """
    return _kept(connection, settings, now, _in_brief)


_Told = Callable[[Connection, Keeping, date], dict[str, Any]]


def _kept(connection: Connection, settings: Settings, now: datetime, tell: _Told) -> dict[str, Any]:
    names = [programme.id for programme in settings.programmes]
    names += [name for name in retention.recorded_programmes(connection) if name not in names]
    return {
        "months": {str(each): months_of(settings, each) for each in DataClass},
        "legal_basis": settings.retention.legal_basis,
        "keep_runs_days": settings.service.keep_runs,
        "programmes": [
            {
                "id": name,
                "ended_on": _iso(end_of(settings, name)),
                "classes": [
                    tell(connection, keeping, settings.today(now, name))
                    for keeping in keepings(settings, name, end_of(settings, name))
                ],
            }
            for name in names
        ],
        "reports": [report_json(each, settings) for each in destruction_reports.find_reports(connection)],
    }


def report_json(report: Destruction, settings: Settings) -> dict[str, Any]:
    """One report of destruction."""
    return {
        **asdict(report),
        "data_class": str(report.data_class),
        "ended_on": report.ended_on.isoformat(),
        "at": fields.moment(report.at, settings.zone),
    }


def data_class_json(connection: Connection, keeping: Keeping, today: date) -> dict[str, Any]:
    """Return how long one data class is kept, and what of it there is."""
    counts = retention.count_rows(connection, keeping.programme, keeping.data_class)
    return {
        "data_class": str(keeping.data_class),
        "months": keeping.months,
        "due_on": _iso(keeping.due_on),
        "due": keeping.is_due(today) and bool(counts),
        "rows": sum(counts.values()),
        "counts": counts,
    }


def _in_brief(connection: Connection, keeping: Keeping, today: date) -> dict[str, Any]:
    number = {
        DataClass.IDENTITIES: lambda: {"people": retention.count_named(connection, keeping.programme)},
        DataClass.LEDGER: lambda: {"people": people_by_programme(connection, [keeping.programme])[keeping.programme]},
        DataClass.ACCESS_LOG: lambda: {"lines": access.count_accesses(connection, [keeping.programme])},
    }[keeping.data_class]()
    return {
        "data_class": str(keeping.data_class),
        "due_on": _iso(keeping.due_on),
        "due": keeping.is_due(today) and retention.is_kept(connection, keeping.programme, keeping.data_class),
        **number,
    }


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
