"""The command that shows the state of the service: status."""

import typer

from latsar_sync.cli.context import Json, now, open_database
from latsar_sync.cli.screens.console import output, print_json
from latsar_sync.cli.screens.findings import names_of
from latsar_sync.cli.screens.notices import show_undelivered
from latsar_sync.cli.screens.runs import show_status
from latsar_sync.domain.records import Finding
from latsar_sync.domain.request import RunOutcome
from latsar_sync.run.spacing import Spacings
from latsar_sync.service.schedule import timetables
from latsar_sync.settings.files_needed import files_not_there
from latsar_sync.shapes.status import ProgrammeStatusShape, StatusShape, daemon, programme_status, quarantine
from latsar_sync.shapes.undelivered import undelivered_shape
from latsar_sync.store import runs, site_health, unconfigured
from latsar_sync.store.leases import holders
from latsar_sync.store.living_daemons import living_daemons

app = typer.Typer(add_completion=False)


@app.command()
def status(context: typer.Context, as_json: Json = False) -> None:
    """Show the state of the service: last run, last good run, who is running, what a guard holds."""
    settings = context.obj.settings()
    database = open_database(settings)
    running = {each.programme: each for each in holders(database) if not each.is_dead(now())}
    plan = timetables(settings)
    found: list[Finding] = []
    lines: list[ProgrammeStatusShape] = []
    with database.reading() as connection:
        ill = {name: each for name, each in site_health.ill_sites(connection).items() if name in settings.sites}
        undelivered = undelivered_shape(settings, connection, now())
        loose = unconfigured.find(connection, settings.ids())
        spacings = Spacings(connection, settings)
        for programme in settings.programmes:
            telling = runs.last_telling_run(connection, programme.id)
            held = telling.findings if telling and telling.outcome is RunOutcome.GUARDED else ()
            found += held
            slots = (each.next_after(now()) for each in plan if each.programme == programme.id)
            next_run = min((slot for slot in slots if slot), default=None)
            slowed = spacings.slowing(programme, now())
            holder = running.get(programme.id)
            lines.append(programme_status(connection, settings, programme, held, holder, next_run, slowed))
    shape: StatusShape = {
        "database": database.name,
        "revision": database.upgrade()[1],
        "daemons": [daemon(each, settings) for each in living_daemons(database, now())],
        "quarantine": [quarantine(each, settings) for each in ill.values()],
        "undelivered": undelivered,
        "unconfigured": [
            {"programme": each.programme, "angkatan": each.angkatan, "people": each.people, "text": each.text}
            for each in loose
        ],
        "files_not_there": [{"key": key, "file": str(file)} for key, file in files_not_there(settings).items()],
        "programmes": lines,
    }
    if as_json:
        print_json(shape)
    else:
        show_status(output, shape, settings.language, names_of(database, "status", found))
        show_undelivered(undelivered)
