"""What every screen is built of: tables that fit 80 columns, labelled lines, how a NIP, a number or a time looks."""

from collections.abc import Mapping

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table
from rich.text import Text

from latsar_sync import language
from latsar_sync.nip import format_nip


def whole(heading: str) -> Column:
    """Return a column whose text must stay whole to be copied."""
    return Column(heading, no_wrap=True)


def figures(heading: str) -> Column:
    """Return a column of numbers."""
    return Column(heading, justify="right", no_wrap=True)


def table(title: str, *columns: Column | str, gap: int = 2) -> Table:
    """Return an empty table with ``gap`` blanks between its columns; an empty title is none."""
    return Table(
        *columns,
        title=escape(title) or None,
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        padding=(0, gap, 0, 0),
    )


def line(console: Console, label: str, text: str) -> None:
    """Print one labelled line; what is too long goes on under its own beginning."""
    grid = Table.grid(padding=(0, 1))
    grid.add_column(width=16, style="bold cyan", no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_row(f"  {label}", escape(text))
    console.print(grid)


def say(console: Console, text: str, style: str | None = None) -> None:
    """Print a sentence, broken between words; a command to be copied stays whole."""
    console.print(text, style=style, markup=False, highlight=False, soft_wrap=text.startswith("  latsar-sync"))


def styled(code: str, styles: Mapping[str, str], shown: str | None = None) -> Text:
    """Return a code, or what is shown for it, in its colour."""
    return Text(shown or code, style=styles.get(code, "yellow"))


def nip(number: str | None) -> str:
    """Return a NIP in its four parts, a dash if there is none."""
    return format_nip(number) if number else "–"


def decimal(number: str | None) -> str:
    """Return a plain decimal as it is written in the language in use, a dash if there is none."""
    return language.decimal(number, language.in_use()) if number else "–"


def moment(stamp: str | None) -> str:
    """Return an ISO 8601 time as day and minute, empty if there is none."""
    return (stamp or "")[:16].replace("T", " ")
