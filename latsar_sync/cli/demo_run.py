"""The demonstration: starts the campus, writes a configuration for it, and runs the main job against it twice."""

import json
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from datetime import datetime
from pathlib import Path
from secrets import token_urlsafe
from threading import Event, Thread
from typing import Any

from rich.console import Console

from latsar_sync.cli.demo_configuration import PROGRAMME, TOKENS, configure
from latsar_sync.cli.demo_files import as_called, demonstrate_files
from latsar_sync.cli.screens import people, runs
from latsar_sync.demo import CASES, KINDS, NEWEST, VERSIONS, Campus, Fault
from latsar_sync.demo.mailbox import serving
from latsar_sync.domain import language
from latsar_sync.domain.account import Account, Role
from latsar_sync.domain.errors import ConfigurationError, UsageError
from latsar_sync.domain.language import _
from latsar_sync.domain.request import Request, RunOutcome
from latsar_sync.domain.system_errors import reason_of
from latsar_sync.run import pipeline
from latsar_sync.run.pipeline import RunResult
from latsar_sync.service.daemon import Daemon
from latsar_sync.service.meters import Meters
from latsar_sync.settings import Settings, load_settings
from latsar_sync.shapes.roster import roster_json
from latsar_sync.shapes.runs import run_json
from latsar_sync.store import accounts, listings
from latsar_sync.store.database import Database
from latsar_sync.web.app import add_dashboard
from latsar_sync.web.context import PageContext
from latsar_sync.web.health import health_app
from latsar_sync.web.server import WebServer

MARK = ".latsar-demo"
"""A folder without this file is not the demo's own and is never emptied."""


def demonstrate(
    output: Console,
    errors: Console,
    folder: Path,
    port: int,
    moodle: str | None,
    serve: bool,
    faults: Sequence[str],
    as_json: bool,
    clock: Callable[[], datetime],
    files: bool = False,
) -> int:
    """Run the main job twice on a fresh campus and a fresh database in ``folder``; return the exit code.

    The second run must push nothing. With ``serve`` the campus stays up until Ctrl-C, with ``faults`` switched on.
    """
    unknown = [name for name in faults if name not in KINDS]
    if unknown or (faults and not serve):
        raise UsageError(
            _("No such fault: {fault}.").format(fault=unknown[0]) if unknown else _("--fault works with --serve only."),
            _("There are {kinds}.").format(kinds=", ".join(KINDS)),
        )
    campus = _started(port, moodle)
    try:
        _empty(folder)
        mailbox = serving(folder) if files else nullcontext()
        config = configure(folder, campus, clock().date())
        settings = load_settings(config, {**os.environ, **TOKENS})
        language.choose_zone(settings.zone)
        database = Database(settings.database_url, mark=settings.mark_file)
        database.upgrade()
        if not as_json:
            output.print(
                _("A campus of two made-up Moodle sites is up at {url}").format(url=campus.url), highlight=False
            )
        results = []
        for title in (_("First run"), _("Second run: nothing is left to push")):
            if not as_json:
                output.rule(title, align="left")
            with runs.StepLines(errors, silent=as_json) as progress:
                results.append(pipeline.run(settings, database, Request("demo"), clock, progress))
            if not as_json:
                runs.show_run(output, errors, results[-1], settings.language, {})
        with database.reading() as connection:
            rows = listings.roster_rows(connection, [PROGRAMME])
        lines = [roster_json(row, settings.zone) for row in rows]
        if as_json:
            shape: dict[str, Any] = {"config": str(config), "runs": [run_json(each) for each in results]}
            output.file.write(json.dumps(shape, ensure_ascii=False, indent=2) + "\n")
        else:
            output.rule(_("The roster"), align="left")
            people.show_roster(output, lines, settings.language)
            _show_where_to_look(output, config, campus, serve)
        went_well, where = _went_well(results), errors if as_json else output
        with mailbox as box:
            if box is not None:
                went_well &= demonstrate_files(where, errors, folder, campus, box, clock)
            if serve:
                for name in faults:
                    campus.faults.add(Fault(name))
                with _dashboard(where, settings, database, clock):
                    _stay(where)
        return 0 if went_well else 1
    finally:
        campus.stop()


def show_campus(output: Console, port: int, moodle: str | None) -> None:
    """Start a fresh campus, say what init will ask for, and stay until Ctrl-C; no configuration, no run."""
    campus = _started(port, moodle)
    try:
        output.print(_("Two made-up Moodle sites are up. latsar-sync init will ask for:"), markup=False)
        for name, site in ((_("MOOC"), campus.mooc), (_("in class"), campus.kelas)):
            output.print(f"  {name}: {site.url}\n    " + _("token") + f": {site.token}", markup=False, highlight=False)
        _stay(output)
    finally:
        campus.stop()


def _went_well(results: Sequence[RunResult]) -> bool:
    second = results[-1].programmes[0].run.counts
    return all(result.outcome is RunOutcome.OK for result in results) and second["pushed"] == 0


def _empty(folder: Path) -> None:
    """Make the demo's folder anew; campus state and database are always made together."""
    is_another = folder.is_file() or (folder.exists() and any(folder.iterdir()) and not (folder / MARK).exists())
    if is_another:
        raise UsageError(
            _("{folder} is not a folder of the demo.").format(folder=folder), _("Give --folder an empty or a new one.")
        )
    shutil.rmtree(folder, ignore_errors=True)
    try:
        folder.mkdir(parents=True)
        (folder / MARK).write_text("made by latsar-sync demo, emptied by the next one\n", encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(
            _("{folder} cannot be made: {strerror}.").format(folder=folder, strerror=reason_of(error)),
            _("Give another --folder."),
        ) from None


def _started(port: int, moodle: str | None) -> Campus:
    if moodle is not None and moodle not in VERSIONS:
        raise UsageError(
            _("No such Moodle: {version}.").format(version=moodle),
            _("There are {kinds}.").format(kinds=", ".join(VERSIONS)),
        )
    version = NEWEST if moodle is None else VERSIONS[moodle]
    try:
        return Campus(port, moodle=version).start()
    except OSError as error:
        raise UsageError(
            _("Port {port} cannot be used: {strerror}.").format(port=port, strerror=reason_of(error)),
            _("Give another --port, or 0."),
        ) from None


def _show_where_to_look(output: Console, config: Path, campus: Campus, serve: bool) -> None:
    command = f"{as_called()} --config {config}"
    shown = {
        _("why somebody is not there"): f"{command} explain {CASES['score_69_99999'][0]}",
        _("who is missing what"): f"{command} participants --state not_yet",
        _("the roster as a file"): f"{command} roster -o roster.xlsx",
        _("an attendance sheet"): f"{command} export attendance --angkatan I -o attendance.pdf",
        _("the threshold and its basis"): f"{command} threshold show",
        _("the runs"): f"{command} runs",
    }
    if serve:
        shown[_("the Participants page")] = f"{campus.url}/"
        shown[_("run again while it is up")] = f"{command} sync"
    output.rule(_("Where to look next"), align="left")
    for what, how in shown.items():
        output.print(f"  {what}:\n    {how}", markup=False, highlight=False, soft_wrap=True)


def _stay(output: Console) -> None:
    """Keep the campus up until Ctrl-C."""
    output.print(_("The campus stays up. Ctrl-C ends it."))
    with suppress(KeyboardInterrupt):
        Event().wait()
    output.print(_("Ended."))


@contextmanager
def _dashboard(
    output: Console, settings: Settings, database: Database, clock: Callable[[], datetime]
) -> Iterator[None]:
    """Run a daemon with the dashboard beside it, and say how to sign in."""
    secret = token_urlsafe(9)
    account = Account("panitia", Role.ADMIN, None, None, "demo", clock(), has_password=True, has_token=False)
    with database.writing() as connection:
        accounts.add_account(connection, account, secret)
    meters = Meters(clock)
    daemon = Daemon(settings, database, clock, meters)
    app = add_dashboard(health_app(settings, database, daemon, meters, clock), PageContext(settings, database, clock))
    worker = Thread(target=daemon.run, name="daemon")
    with WebServer(app, "127.0.0.1", 0) as server:
        worker.start()
        try:
            output.print(
                _("The dashboard is at {url}: sign in as {name} with the password {password}").format(
                    url=f"http://127.0.0.1:{server.port}/", name=account.name, password=secret
                ),
                markup=False,
                highlight=False,
                soft_wrap=True,
            )
            yield
        finally:
            daemon.stop()
            worker.join()
