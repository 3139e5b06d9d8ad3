"""The command line: a door. It reads arguments, opens the database, calls the corridor, prints; it decides nothing."""

import os
import sys
from inspect import cleandoc
from pathlib import Path
from typing import Annotated, Any

import typer

from latsar_sync import __version__
from latsar_sync.cli import clearance as clearing
from latsar_sync.cli import doctor, imports, init, looking, recording, renames, rostering, running, serving
from latsar_sync.cli import export as exporting
from latsar_sync.cli import identity as identifying
from latsar_sync.cli import notices as noticing
from latsar_sync.cli import override as overriding
from latsar_sync.cli import person as persons
from latsar_sync.cli import retention as retaining
from latsar_sync.cli import user as accounting
from latsar_sync.cli.context import Desk, close_databases, errors, print_json
from latsar_sync.cli.running import EXIT_CONFIGURATION, EXIT_FAILED, EXIT_GUARDED, EXIT_HELD
from latsar_sync.cli.screens import runs
from latsar_sync.cli.screens.outlets import ways_out
from latsar_sync.domain import language
from latsar_sync.domain.errors import ConfigurationError, LatsarError, LeaseHeld, NotReady, UsageError
from latsar_sync.domain.language import _
from latsar_sync.run.faults import fault_of

EXIT_STOPPED = 130
"""What a shell calls a command that Ctrl-C ended; the parser itself answers with it."""

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Promotes qualified Latsar CPNS participants from the MOOC into the in-class phase roster.",
    epilog="Exit codes: 0 done · 1 all failed · 2 bad configuration or usage · 3 done in part · "
    "4 held by a guard · 75 another run holds the programme.",
)
roster = typer.Typer(
    help="List the in-class roster in all its states; approve it, move people, finalise it.",
    invoke_without_command=True,
)
clearance = typer.Typer(help="Checked admission documents of participants and of angkatan.", no_args_is_help=True)
threshold = typer.Typer(help="The recorded pass threshold: its history, and a new one.", no_args_is_help=True)
export = typer.Typer(help="Write a document for the office, as a spreadsheet or PDF.", no_args_is_help=True)
override = typer.Typer(help="Decide about one participant against the rule, by name and reason.", no_args_is_help=True)
user = typer.Typer(help="Accounts of the dashboard.", no_args_is_help=True)
person = typer.Typer(help="One person's data: everything held, erasure, and its register.", no_args_is_help=True)
retention = typer.Typer(
    help="How long data are kept, and their destruction when the time is over.", no_args_is_help=True
)
notices = typer.Typer(help="Notices to the operators, and messages to people through Moodle.", no_args_is_help=True)
identity = typer.Typer(
    help="Who is who: NIPs, MOOC accounts and class accounts, by the word of a named person.", no_args_is_help=True
)
files = typer.Typer(help="Lists of participants and MOOC scores from CSV and XLSX files.", no_args_is_help=True)
database = typer.Typer(help="The database of the service.", no_args_is_help=True)
programme = typer.Typer(help="What became of a programme whose id the configuration lost.", no_args_is_help=True)
angkatan = typer.Typer(help="What became of an angkatan whose id the configuration lost.", no_args_is_help=True)

app.command()(running.demo)
app.command()(init.init)
app.command()(doctor.doctor)
app.command()(running.sync)
app.command()(running.plan)
app.command()(serving.run)
app.command()(serving.serve)
app.command()(serving.resync)
roster.callback()(looking.roster)
roster.command()(recording.approve)
roster.command()(rostering.move)
roster.command()(rostering.finalise)
roster.command()(rostering.amend)
roster.command()(rostering.finalised)
app.add_typer(roster, name="roster")
app.command()(looking.participants)
app.command()(looking.explain)
export.command()(exporting.attendance)
export.command()(exporting.chase)
export.command()(exporting.summons)
export.command("ledger")(exporting.export_ledger)
app.add_typer(export, name="export")
threshold.command("show")(looking.threshold_show)
threshold.command("preview")(looking.threshold_preview)
threshold.command("set")(recording.threshold_set)
app.add_typer(threshold, name="threshold")
override.command()(overriding.admit)
override.command()(overriding.hold)
override.command()(overriding.release)
override.command("list")(overriding.list_overrides)
app.add_typer(override, name="override")
identity.command()(identifying.correct)
identity.command()(identifying.merge)
identity.command()(identifying.account)
identity.command("list")(identifying.list_identities)
app.add_typer(identity, name="identity")
person.command()(persons.export)
person.command()(persons.erase)
person.command()(persons.resume)
person.command()(persons.erasures)
app.add_typer(person, name="person")
retention.command()(retaining.show)
retention.command()(retaining.apply)
retention.command()(retaining.report)
app.add_typer(retention, name="retention")
app.command("access-log")(retaining.access_log)
notices.command("test")(noticing.send_test)
notices.command("list")(noticing.list_sent)
notices.command()(noticing.preview)
app.add_typer(notices, name="notices")
clearance.command()(clearing.add)
clearance.command()(clearing.revoke)
clearance.command("list")(clearing.list_clearances)
clearance.command("import")(clearing.import_file)
app.add_typer(clearance, name="clearance")
files.command()(imports.participants)
files.command()(imports.scores)
files.command()(imports.confirm)
files.command()(imports.show)
files.command("list")(imports.list_imports)
app.add_typer(files, name="import")
app.command("runs")(looking.show_runs)
app.command()(looking.status)
user.command("add")(accounting.add)
user.command("list")(accounting.list_accounts)
user.command("remove")(accounting.remove)
user.command("password")(accounting.password)
user.command("token")(accounting.token)
app.add_typer(user, name="user")
database.command("upgrade")(recording.db_upgrade)
database.command("check")(recording.db_check)
database.command("backup")(recording.db_backup)
database.command("restore")(recording.db_restore)
database.command("compact")(recording.db_compact)
app.add_typer(database, name="db")
programme.command("rename")(renames.rename_programme)
programme.command("close")(renames.close_programme)
app.add_typer(programme, name="programme")
angkatan.command("rename")(renames.rename_angkatan)
angkatan.command("close")(renames.close_angkatan)
app.add_typer(angkatan, name="angkatan")


def _tell_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"latsar-sync {__version__}")
        raise typer.Exit


@app.callback()
def start(
    context: typer.Context,
    config: Annotated[
        Path | None,
        typer.Option(help="The configuration; without it $LATSAR_CONFIG, else config/latsar.toml."),
    ] = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_tell_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Find the configuration; the commands load it."""
    context.obj = Desk(config or Path(os.environ.get("LATSAR_CONFIG") or "config/latsar.toml"))


def speaking_command() -> Any:
    """Return the whole command line with its help in the language in use."""
    command = typer.main.get_command(app)
    _say_help(command)
    return command


def _say_help(command: Any) -> None:
    for name in ("help", "epilog", "short_help"):
        if getattr(command, name, None):
            setattr(command, name, language._(cleandoc(getattr(command, name))))
    for parameter in command.params:
        if getattr(parameter, "help", None):
            parameter.help = language._(parameter.help)
    for each in getattr(command, "commands", {}).values():
        _say_help(each)


def main() -> None:
    """Run the command line and exit with the code that the outcome has, whatever becomes of what is shown."""
    os.umask(os.umask(0o077) | 0o077)  # whatever is made holds names and NIPs: its owner's alone
    language.choose(language.language_of(os.environ))
    with ways_out():
        code = _run()
    sys.exit(code)


def _run() -> int:
    try:
        code = speaking_command()(standalone_mode=False)
    except (typer.Abort, KeyboardInterrupt):
        code = EXIT_STOPPED
    except typer.TyperException as error:
        said = getattr(error, "format_message", error.__str__)()
        code = _fail(UsageError(said, _("See latsar-sync --help.")))
    except LatsarError as error:
        code = _fail(error)
    except Exception as error:  # noqa: BLE001 whatever it is: its text may hold a value, its kind and place are told
        code = _fail(fault_of(error))
    finally:
        close_databases()
    if code == EXIT_STOPPED:
        errors.print(_("Stopped. The next run goes on from what is there."))
    return code if isinstance(code, int) else 0


def _fail(error: LatsarError) -> int:
    """Show an error, as JSON where that was asked for, and return its exit code."""
    if "--json" in sys.argv:
        problems = list(error.problems) if isinstance(error, ConfigurationError) else []
        print_json({"outcome": "failed", "error": str(error), "problems": problems})
    runs.show_error(errors, error)
    if isinstance(error, ConfigurationError):
        return EXIT_CONFIGURATION
    if isinstance(error, NotReady) and error.guarded:
        return EXIT_GUARDED
    return EXIT_HELD if isinstance(error, LeaseHeld) else EXIT_FAILED
