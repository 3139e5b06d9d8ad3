"""The command line: it reads arguments, calls what the other folders do, and prints; it decides nothing.

Each command has a file of its name, which is loaded when the command is called (``command_files``).
It must not know how anything is stored, judged or sent.
"""

import gc
import os
import sys
import warnings
from getpass import GetPassWarning
from pathlib import Path
from typing import Annotated

import typer

from latsar_sync import __version__
from latsar_sync.cli.as_typed import strict
from latsar_sync.cli.closing import at_the_end
from latsar_sync.cli.command_files import CommandFiles
from latsar_sync.cli.exit_codes import EXIT_STOPPED, code_of_error
from latsar_sync.cli.parser_language import sentence, speak
from latsar_sync.cli.screens.console import errors, print_json
from latsar_sync.cli.screens.errors import show_error
from latsar_sync.cli.screens.outlets import ways_out
from latsar_sync.cli.stopping import code_when_stopped, end_in_order, is_told_to_end, what_is_said
from latsar_sync.domain import language
from latsar_sync.domain.errors import LatsarError, UsageError
from latsar_sync.domain.language import _
from latsar_sync.domain.nip import with_masked_nips

COLLECT_RARELY = (100_000, 50, 50)
"""Thresholds of Python's collector of cycles: as it comes, it goes through everything time and again."""

app = typer.Typer(
    cls=CommandFiles,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Promotes qualified Latsar CPNS participants from the MOOC into the in-class phase roster.",
    epilog="Exit codes: 0 done · 1 all failed · 2 bad configuration or usage · 3 done in part · "
    "4 held by a guard · 75 another run holds the programme.",
)


def _tell_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"latsar-sync {__version__}")
        raise typer.Exit


@app.callback()
def start(
    context: typer.Context,
    config: Annotated[
        Path | None,
        # whether it may be read says loading it, with what to do
        typer.Option(readable=False, help="The configuration; without it $LATSAR_CONFIG, else config/latsar.toml."),
    ] = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_tell_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Find the configuration; the commands load it."""
    from latsar_sync.cli.context import CommandContext

    context.obj = CommandContext(config or Path(os.environ.get("LATSAR_CONFIG") or "config/latsar.toml"))


def main() -> None:
    """Run the command line and exit with the code that the outcome has, whatever becomes of what is shown."""
    gc.set_threshold(*COLLECT_RARELY)
    gc.disable()  # until the command is loaded
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # nobody else's code looks at what is validated
    os.umask(os.umask(0o077) | 0o077)  # whatever is made holds names and NIPs: its owner's alone
    language.choose(language.language_of(os.environ))
    warnings.simplefilter("error", GetPassWarning)  # a secret is typed where nobody sees it, or not at all
    end_in_order()
    with ways_out():
        code = _run()
    sys.exit(code)


def _run() -> int:
    try:
        code = strict(speak(typer.main.get_command(app)))(standalone_mode=False)
    except (typer.Abort, KeyboardInterrupt) as stopped:
        code = _unanswered() if isinstance(stopped.__context__, EOFError) else EXIT_STOPPED
    except GetPassWarning:
        code = _unanswered()
    except typer.TyperException as error:
        mistake = sentence(getattr(error, "format_message", error.__str__)()) or _("Missing command.")
        context = getattr(error, "ctx", None)
        command = context.command_path if context else "latsar-sync"
        code = _fail(UsageError(mistake, _("See {command} --help.").format(command=command)))
    except LatsarError as error:
        code = _fail(error)
    except Exception as error:  # noqa: BLE001 whatever it is: its text may hold a value, its kind and place are told
        from latsar_sync.run.unexpected_errors import fault_of

        code = EXIT_STOPPED if is_told_to_end() else _fail(fault_of(error))
    finally:
        at_the_end.close()
    if code == EXIT_STOPPED:
        code = code_when_stopped(sys.argv[1:])
        said_last, told = what_is_said()
        if told is not None:
            print_json(told)
        errors.print(said_last)
    return code if isinstance(code, int) else 0


def _unanswered() -> int:
    """Fail for a question where no terminal is, or whose input has ended: a timer, a pipe, Ctrl-D."""
    typer.echo()  # ends the line of the question
    return _fail(
        UsageError(
            _("A question was asked, and nobody can answer it here."),
            _("Give the command in a terminal, or what it asks as options: they stand in its --help."),
        )
    )


def _fail(error: LatsarError) -> int:
    """Show an error, as JSON where that was asked for, and return its exit code."""
    if "--json" in sys.argv:
        details = [with_masked_nips(each) for each in error.details]
        told = {"error": with_masked_nips(str(error)), "problems": details}
        print_json({"outcome": "failed", **told})
    show_error(errors, error)
    return code_of_error(error)
