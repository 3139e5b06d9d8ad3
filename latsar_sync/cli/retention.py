"""The commands about keeping and destroying: retention show, apply, report; and the access log (rule 16)."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy import Connection

from latsar_sync.actions.texts import named
from latsar_sync.cli.context import Json, now, open_database, typed_day
from latsar_sync.cli.screens import privacy
from latsar_sync.cli.screens.console import output, print_json, write_json, write_text
from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _
from latsar_sync.rules.retention import DataClass, Keeping
from latsar_sync.settings import Settings
from latsar_sync.shapes import fields
from latsar_sync.store import retention
from latsar_sync.store.leases import Lease
from latsar_sync.store.retention import Destruction

app = typer.Typer(
    help="How long data are kept, and their destruction when the time is over.",
    no_args_is_help=True,
    add_completion=False,
)


@app.command()
def show(context: typer.Context, as_json: Json = False) -> None:
    """Show how long each data class is kept, what is due, and the reports of what was destroyed."""
    settings = context.obj.settings()
    with open_database(settings).reading() as connection:
        names = [programme.id for programme in settings.programmes]
        names += [name for name in retention.recorded_programmes(connection) if name not in names]
        shape = {
            "months": {str(each): _months(settings, each) for each in DataClass},
            "legal_basis": settings.retention.legal_basis,
            "keep_runs_days": settings.service.keep_runs,
            "programmes": [
                {
                    "id": name,
                    "ended_on": _iso(_end(settings, name)),
                    "classes": [
                        _data_class_json(connection, keeping, _today(settings, name))
                        for keeping in _keepings(settings, name, _end(settings, name))
                    ],
                }
                for name in names
            ],
            "reports": [report_json(each, settings) for each in retention.find_reports(connection)],
        }
    if as_json:
        print_json(shape)
    else:
        privacy.show_retention(output, shape)


@app.command()
def apply(
    context: typer.Context,
    programme: Annotated[str, typer.Option(help="The programme's id.")],
    by: Annotated[str, typer.Option(metavar="NAME", help="Who orders the destruction; the report names them.")],
    ended: Annotated[
        str | None,
        typer.Option(metavar="DATE", help="The programme's last day, where the configuration does not say it."),
    ] = None,
    apply: Annotated[
        bool, typer.Option("--apply", help="Do it; without it the command only says what would happen.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Destroy for good what a programme's retention periods have run out for, and record a report of it."""
    settings = context.obj.settings()
    by = named("--by", by)
    database = open_database(settings)
    today = _today(settings, programme)
    with database.reading() as connection:
        end = _checked_end(connection, settings, programme, typed_day("--ended", ended) if ended else None)
        due = _due(connection, _keepings(settings, programme, end), today)
        shape: dict[str, Any] = {
            "programme": programme,
            "applied": apply,
            "classes": [_data_class_json(connection, keeping, today) for keeping in due],
            "reports": [],
        }
    if apply and due:
        basis = settings.retention.legal_basis or ""
        with Lease(database, programme, now) as lease, lease.writing() as connection:
            done = [retention.destroy(connection, keeping, basis, by, now()) for keeping in due]
        shape["reports"] = [report_json(each, settings) for each in done]
        tables = {table for each in done for table in each.counts}
        shape["file_clean"] = database.forget_deleted(tables)
    if as_json:
        print_json(shape)
    else:
        privacy.show_destruction(output, shape, [str(keeping.due_on) for keeping in due])


@app.command()
def report(
    context: typer.Context,
    number: Annotated[int, typer.Argument(help="The number that retention show lists.")],
    file: Annotated[Path | None, typer.Option("--output", "-o", help="Write to this file.")] = None,
    as_json: Json = False,
) -> None:
    """Print the report of one destruction, to be signed and filed; it holds no personal data of participants."""
    settings = context.obj.settings()
    with open_database(settings).reading() as connection:
        found = retention.find_reports(connection, number)
    if not found:
        raise UsageError(_("There is no report {number}.").format(number=number), _("See latsar-sync retention show."))
    if as_json:
        write_json(file, report_json(found[0], settings))
    else:
        write_text(file, privacy.report_text(found[0], settings.zone))


def report_json(report: Destruction, settings: Settings) -> dict[str, Any]:
    """One report of destruction."""
    return {
        **asdict(report),
        "data_class": str(report.data_class),
        "ended_on": report.ended_on.isoformat(),
        "at": fields.moment(report.at, settings.zone),
    }


def _months(settings: Settings, data_class: DataClass) -> int | None:
    periods: Mapping[DataClass, int | None] = {
        DataClass.IDENTITIES: settings.retention.identities,
        DataClass.LEDGER: settings.retention.ledger,
        DataClass.ACCESS_LOG: settings.retention.access_log,
    }
    return periods[data_class]


def _end(settings: Settings, programme: str) -> date | None:
    """Return the programme's last day by the configuration; None if it does not say."""
    return next((each.ended_on for each in settings.programmes if each.id == programme), None)


def _today(settings: Settings, programme: str) -> date:
    return settings.today(now(), programme)


def _keepings(settings: Settings, programme: str, end: date | None) -> list[Keeping]:
    return [Keeping(programme, each, end, _months(settings, each)) for each in DataClass]


def _checked_end(connection: Connection, settings: Settings, programme: str, said: date | None) -> date:
    """Return the day from which periods count; raise UsageError where it is unknown or said too early."""
    configured = _end(settings, programme)
    if programme not in retention.recorded_programmes(connection):
        settings.programme(programme)  # a misspelt id is told as such
        raise UsageError(
            _("Nothing is kept of programme {id}.").format(id=programme), _("See latsar-sync retention show.")
        )
    end = said or configured
    if end is None:
        raise UsageError(
            _("The end of programme {id} is not known.").format(id=programme),
            _("Give its last day with --ended, or the key ends in each of its angkatan."),
        )
    last = retention.last_entry(connection, programme)
    last_day = settings.today(last, programme) if last else None
    earliest = max((day for day in (configured, last_day) if day is not None), default=None)
    if said is not None and earliest is not None and said < earliest:
        raise UsageError(
            _("--ended {day} is too early: the programme went on until {last}.").format(day=said, last=earliest),
            _("Give the last day of its last in-class course."),
        )
    return end


def _due(connection: Connection, keepings: Sequence[Keeping], today: date) -> list[Keeping]:
    """Return what is to be destroyed today; identities go with the ledger where both are due."""
    due = [
        keeping
        for keeping in keepings
        if keeping.is_due(today) and retention.count_rows(connection, keeping.programme, keeping.data_class)
    ]
    if any(keeping.data_class is DataClass.LEDGER for keeping in due):
        due = [keeping for keeping in due if keeping.data_class is not DataClass.IDENTITIES]
    return due


def _data_class_json(connection: Connection, keeping: Keeping, today: date) -> dict[str, Any]:
    counts = retention.count_rows(connection, keeping.programme, keeping.data_class)
    return {
        "data_class": str(keeping.data_class),
        "months": keeping.months,
        "due_on": _iso(keeping.due_on),
        "due": keeping.is_due(today) and bool(counts),
        "rows": sum(counts.values()),
        "counts": counts,
    }


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
