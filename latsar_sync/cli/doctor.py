"""The command that examines the set-up: doctor. It prints checks; what they are is decided in ``doctor``."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from itertools import groupby
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from latsar_sync.cli.context import Json, ProgrammeOption, leave_with, now
from latsar_sync.cli.screens.console import errors, output, print_json
from latsar_sync.domain.language import in_use
from latsar_sync.domain.state_words import check_word
from latsar_sync.settings import Settings
from latsar_sync.setup.doctor import Check, Status, examine

app = typer.Typer(add_completion=False)
STYLES = {Status.OK: "green", Status.WARN: "yellow", Status.FAIL: "red"}


@app.command()
def doctor(
    context: typer.Context,
    programme: ProgrammeOption = None,
    problems: Annotated[bool, typer.Option("--problems", help="Show only what is not ok.")] = False,
    as_json: Json = False,
) -> None:
    """Examine both sites and the set-up, line by line, each with its remedy; exit code 1 if a check fails."""
    checks = diagnose(context.obj.settings(), programme, silent=as_json)
    failed = any(check.status is Status.FAIL for check in checks)
    if as_json:
        print_json(
            {
                "outcome": "failed" if failed else "ok",
                **{str(status): _count(checks, status) for status in Status},
                "checks": [asdict(check) for check in checks if not problems or check.status is not Status.OK],
            }
        )
    else:
        show_checks(output, checks, problems)
    leave_with(1 if failed else 0)


def diagnose(settings: Settings, programme: str | None, silent: bool) -> list[Check]:
    """Make every check, showing in a terminal what is being examined."""
    if silent or not errors.is_terminal:
        return examine(settings, programme, now, lambda subject: None)
    with errors.status("") as status:
        return examine(settings, programme, now, lambda subject: status.update(escape(subject)))


def show_checks(console: Console, checks: Sequence[Check], problems: bool = False) -> None:
    """Print the checks under what they are about, and their number; with ``problems`` only those that are not ok."""
    shown = [check for check in checks if not problems or check.status is not Status.OK]
    for subject, about in groupby(shown, key=lambda check: check.subject):
        console.print(Text(subject, style="bold"))
        table = Table.grid(padding=(0, 2, 0, 0))
        table.add_column(no_wrap=True)
        table.add_column(no_wrap=True, min_width=max(len(_word(each)) for each in Status))
        table.add_column(overflow="fold")
        for check in about:
            table.add_row("", Text(_word(check.status), style=STYLES[check.status]), _said(check))
        console.print(table)
    counts = ", ".join(f"{_count(checks, status)} {_word(status)}" for status in Status)
    console.print(Text(counts, style="bold"), highlight=False)


def _said(check: Check) -> Text:
    """Return the text of a check, the right that it proves, and the remedy on a line of its own."""
    proved = check.status is Status.OK and "/" in check.name
    said = Text.assemble(check.text, (f" ({check.name})" if proved else "", "dim"))
    return said.append(f"\n→ {check.remedy}") if check.remedy else said


def _word(status: Status) -> str:
    return check_word(status, in_use())


def _count(checks: Sequence[Check], status: Status) -> int:
    return Counter(check.status for check in checks)[status]
