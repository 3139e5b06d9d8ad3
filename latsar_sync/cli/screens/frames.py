"""What every screen is built of: tables that fit 80 columns, labelled lines, how a NIP, a number or a time looks."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice

from rich import box
from rich import table as rich_table
from rich.console import Console, ConsoleOptions, RenderResult
from rich.markup import escape
from rich.table import Column
from rich.text import Text
from typing_extensions import override

from latsar_sync.domain import language
from latsar_sync.domain.nip import format_nip

UNBOUNDED = 10_000
"""Columns of a terminal in which everything has room."""

ROWS_TOGETHER = 1_000
"""So many rows stand in one table; more stand below it in another."""


def whole(heading: str) -> Column:
    """Return a column whose text must stay whole to be copied."""
    return Column(heading, no_wrap=True)


def figures(heading: str) -> Column:
    """Return a column of numbers."""
    return Column(heading, justify="right", no_wrap=True)


class FittingTable(rich_table.Table):
    """A table where it fits whole; where it does not, a block a row, a line a cell, so that nothing is left out."""

    @override
    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        room = options.max_width - self._extra_width
        least = [self._least(console, options, column) for column in self.columns]
        if sum(least) > room:  # closer together it may fit
            self.padding = 0
            least = [self._least(console, options, column) for column in self.columns]
        if sum(least) > room:
            yield from self._blocks()
            return
        given = self._calculate_column_widths(console, options.update_width(room))
        if any(width < minimum for width, minimum in zip(given, least, strict=True)):
            self._share_out(room, least)
        yield from super().__rich_console__(console, options)

    def _least(self, console: Console, options: ConsoleOptions, column: Column) -> int:
        """Return how wide a column must be at least: its longest word, or all of it where it is not to be broken."""
        wanted = self._measure_column(console, options.update_width(UNBOUNDED), column)
        return wanted.maximum if column.no_wrap else wanted.minimum

    def _share_out(self, room: int, least: list[int]) -> None:
        """Give each column its longest word, and the widest ones what is left; rich would cut words off."""
        left = room - sum(least)
        wrapped = [index for index, column in enumerate(self.columns) if not column.no_wrap]
        for index, column in enumerate(self.columns):
            extra = left // len(wrapped) if index in wrapped else 0
            column.width = least[index] + extra - self._get_padding_width(index)

    def _blocks(self) -> RenderResult:
        if self.title:
            yield Text.from_markup(str(self.title), style=self.title_style or "", overflow="fold")
        for cells in zip(*(column.cells for column in self.columns), strict=True):
            yield ""
            for column, cell in zip(self.columns, cells, strict=True):
                text = cell if isinstance(cell, Text) else Text.from_markup(str(cell))
                if text.plain.strip():
                    heading = Text.from_markup(f"{column.header}: " if column.header else "", style="bold")
                    yield Text.assemble(heading, text, overflow="fold", no_wrap=False)


def table(title: str, *columns: Column | str, gap: int = 2) -> FittingTable:
    """Return an empty table with ``gap`` blanks between its columns; an empty title is none."""
    return FittingTable(
        *columns,
        title=escape(title) or None,
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        padding=(0, gap, 0, 0),
    )


def print_rows(
    console: Console, title: str, columns: Callable[[], Sequence[Column | str]], rows: Iterable[Sequence[str | Text]]
) -> None:
    """Print a table row by row as they come; of very many it is several below each other, so that few are held."""
    remaining = iter(rows)
    while some := list(islice(remaining, ROWS_TOGETHER)):
        frame, title = table(title, *columns()), ""
        for cells in some:
            frame.add_row(*cells)
        console.print(frame)


def line(console: Console, label: str, text: str) -> None:
    """Print one labelled line; what is too long goes on under its own beginning."""
    grid = FittingTable.grid(padding=(0, 1))
    longest = len("  5 ") + len(language._("confirmed"))
    grid.add_column(width=max(16, longest), style="bold cyan", no_wrap=True)
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
