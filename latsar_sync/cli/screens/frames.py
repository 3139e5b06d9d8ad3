"""What every screen is built of: tables that fit 80 columns, labelled lines, how a NIP, a number or a time looks."""

import re
import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from itertools import islice
from typing import Any

from rich import box
from rich import table as rich_table
from rich.cells import cell_len, set_cell_size
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.markup import escape
from rich.measure import Measurement
from rich.padding import Padding
from rich.segment import Segment
from rich.style import StyleType
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
    """A table where it fits whole; where it does not, a block a row, a line a cell, so that nothing is left out.

    It looks as rich's, which takes each cell apart six times. Here a column is measured once, a cell that has room in
    its line is written as it is, and any other is laid out by rich once for all that say the same.
    """

    def __init__(self, *columns: Column | str, **how: Any) -> None:
        super().__init__(*columns, **how)
        self._measured: dict[tuple[int, int], Measurement] = {}
        self._laid_out: dict[Any, list[list[Segment]]] = {}

    @override
    def add_row(self, *cells: RenderableType | None, style: StyleType | None = None, end_section: bool = False) -> None:
        super().add_row(*map(_text, cells), style=style, end_section=end_section)

    @override
    def _measure_column(self, console: Console, options: ConsoleOptions, column: Column) -> Measurement:
        beside = self._get_padding_width(column._index)
        if column.width is not None:
            return super()._measure_column(console, options, column)
        key = column._index, self.row_count
        if key not in self._measured:
            cells = [Measurement.get(console, options.update_width(UNBOUNDED), column.header)]
            cells += (_text(cell).__rich_measure__(console, options) for cell in column.cells)
            self._measured[key] = Measurement(max(each.minimum for each in cells), max(each.maximum for each in cells))
        least, whole_text = self._measured[key]
        return Measurement(least + beside, whole_text + beside).with_maximum(options.max_width)

    @override
    def _render(self, console: Console, options: ConsoleOptions, widths: list[int]) -> RenderResult:
        empty = copy(self)
        empty.columns, empty.rows = [column.copy() for column in self.columns], []
        frame = list(super(FittingTable, empty)._render(console, options, widths))
        below = frame[-2:] if self.box else []  # the last line
        yield from frame[: len(frame) - len(below)]
        edge = [Segment(" ")] if self.box else []
        for cells in zip(*(column.cells for column in self.columns), strict=True):
            laid_out = [
                self._lines(console, options, column, width, _text(cell))
                for column, width, cell in zip(self.columns, widths, cells, strict=True)
            ]
            for number in range(max(map(len, laid_out))):
                yield from edge
                for lines, width in zip(laid_out, widths, strict=True):
                    yield from lines[number] if number < len(lines) else [Segment(" " * width)]
                    yield from edge
                yield Segment.line()
        yield from below

    def _lines(
        self, console: Console, options: ConsoleOptions, column: Column, width: int, text: Text
    ) -> list[list[Segment]]:
        """Return the lines of a cell, each of this width."""
        words, beside = text.plain, self._get_padding_width(column._index)
        is_plain = words.isprintable() and not (text.style or text.spans or column.style)
        if is_plain and cell_len(words) <= width - beside:
            if column.justify == "right":
                words = words.rstrip()
                words = " " * (width - beside - cell_len(words)) + words
            return [[Segment(set_cell_size(words, width))]]
        key = column._index, width, words, str(text.style), tuple(text.spans)
        if key not in self._laid_out:
            how = options.update(
                width=width, justify=column.justify, no_wrap=column.no_wrap, overflow=column.overflow, height=None
            )
            padded = Padding(text, (0, beside, 0, 0))
            self._laid_out[key] = console.render_lines(padded, how, style=console.get_style(column.style))
        return self._laid_out[key]

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


def _text(cell: RenderableType | None) -> Text:
    """Return a cell as rich reads it, once."""
    return cell if isinstance(cell, Text) else Text.from_markup(str(cell or ""))


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
    """Print a sentence, broken between words as ``within`` says; a command to be copied stays whole."""
    if not text.startswith("  latsar-sync"):
        text = "\n".join(within(line, console.width) for line in text.split("\n"))
    console.print(text, style=style, markup=False, highlight=False, soft_wrap=True)


def within(line: str, width: int) -> str:
    """Return a line broken between words; what goes on begins where the line began, behind its dash."""
    begins = re.match(r"\s*(- )?", line)
    indent = " " * len(begins[0] if begins else "")
    return textwrap.fill(line, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def styled(code: str, styles: Mapping[str, str], shown: str | None = None) -> Text:
    """Return a code, or what is shown for it, in its colour."""
    return Text(shown or code, style=styles.get(code, "yellow"))


def nip(number: str | None) -> str:
    """Return a NIP in its four parts, a dash if there is none."""
    return format_nip(number) if number else "–"


def decimal(number: str | None) -> str:
    """Return a plain decimal as it is written in the language in use, a dash if there is none."""
    return language.decimal(number, language.in_use()) if number else "–"
