"""The command that shows the state of the service: status."""

import typer

from latsar_sync.cli.context import Json, now, open_database
from latsar_sync.cli.screens.console import output, print_json
from latsar_sync.cli.screens.findings import names_of
from latsar_sync.cli.screens.notices import show_undelivered
from latsar_sync.cli.screens.runs import show_status
from latsar_sync.domain.entry import EntryState
from latsar_sync.domain.records import Finding
from latsar_sync.domain.request import RunOutcome
from latsar_sync.rules.guards import finding_text
from latsar_sync.run.spacing import Spacings
from latsar_sync.service.cron_slots import timetables
from latsar_sync.shapes import fields
from latsar_sync.shapes.runs import finding_json, past_run_json
from latsar_sync.shapes.status import ProgrammeStatusShape, StatusShape
from latsar_sync.shapes.undelivered import undelivered_shape
from latsar_sync.store import runs, site_health, unconfigured
from latsar_sync.store.daemons import living_daemons
from latsar_sync.store.entries import count_entries
from latsar_sync.store.holders import holders

app = typer.Typer(add_completion=False)


@app.command()
def status(context: typer.Context, as_json: Json = False) -> None:
    """Show the state of the service: last run, last good run, who is running, what a guard holds."""
    settings = context.obj.settings()
    database = open_database(settings)
    living = {each.programme: each for each in holders(database) if not each.is_dead(now())}
    plan = timetables(settings)
    lines: list[ProgrammeStatusShape] = []
    found: list[Finding] = []
    with database.reading() as connection:
        ill = site_health.ill_sites(connection)
        undelivered = undelivered_shape(settings, connection, now())
        loose = unconfigured.find(connection, settings.ids())
        spacings = Spacings(connection, settings)
        for programme in settings.programmes:
            last = runs.recorded_runs(connection, programme.id, 1)
            good = runs.last_good_run(connection, programme.id)
            telling = runs.last_telling_run(connection, programme.id)
            held = telling.findings if telling and telling.outcome is RunOutcome.GUARDED else ()
            found += held
            entries = count_entries(connection, programme.id)
            holder = living.get(programme.id)
            slowed = spacings.slowing(programme, now())
            next_runs = [
                slot for each in plan if each.programme == programme.id for slot in [each.next_after(now())] if slot
            ]
            lines.append(
                {
                    "id": programme.id,
                    "title": programme.title,
                    "last_run": past_run_json(last[0], settings.zone) if last else None,
                    "last_good_run": past_run_json(good, settings.zone) if good else None,
                    "running": None
                    if holder is None
                    else {
                        "host": holder.host.split(" ", maxsplit=1)[0],
                        "pid": holder.pid,
                        "since": fields.told(holder.taken_at, settings.zone),
                    },
                    "next_run": fields.moment(min(next_runs, default=None), settings.zone),
                    "held_by": [finding_text(finding, settings.language) for finding in held],
                    "held_in_full": [finding_json(finding, programme.id) for finding in held],
                    "roster": {str(state): entries[state] for state in EntryState},
                    "slowed": None
                    if slowed is None
                    else {
                        "site": slowed.site,
                        "lms_seconds": round(slowed.seconds, 3),
                        "max_lms_share": slowed.share,
                        "seconds_between": slowed.every.total_seconds(),
                    },
                }
            )
    shape: StatusShape = {
        "database": database.name,
        "revision": database.upgrade()[1],
        "daemons": [
            {
                "host": each.host.split(" ", maxsplit=1)[0],
                "pid": each.pid,
                "since": fields.told(each.started_at, settings.zone),
            }
            for each in living_daemons(database, now())
        ],
        "quarantine": [
            {
                "site": each.site,
                "reason": each.reason,
                "failures": each.failures,
                "since": fields.told(each.since, settings.zone),
                "next_try": fields.moment(each.next_try_at, settings.zone),
            }
            for each in ill.values()
        ],
        "undelivered": undelivered,
        "unconfigured": [
            {"programme": each.programme, "angkatan": each.angkatan, "people": each.people, "text": each.text}
            for each in loose
        ],
        "programmes": lines,
    }
    if as_json:
        print_json(shape)
    else:
        show_status(output, shape, settings.language, names_of(database, "status", found))
        show_undelivered(undelivered)
