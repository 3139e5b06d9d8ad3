"""A document on paper: letterhead, a list with its head on every page, counts, notes, a place to sign."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import IO

from latsar_sync.domain import figures, language
from latsar_sync.domain.language import _
from latsar_sync.domain.nip import format_nip
from latsar_sync.domain.state_words import OUTCOME_TEXTS, STATE_TEXTS
from latsar_sync.exports.document import Cell, Column, ColumnKind, Document, RowGroup, Section
from latsar_sync.exports.fonts import FAMILY
from latsar_sync.exports.office_paper import SIGNATURE_HEIGHT, OfficePaper

MARGIN, FOOT = 10.0, 14.0
"""Millimetres of white around the page, and at its foot."""
BODY, SMALL = 8.5, 7.5
"""Sizes of letters in points."""
LINE, PAD = 3.9, 1.2
"""Height of a line of the table, and white around its text, in millimetres."""
A_NIP, A_DAY, A_HAIR = "88888888 888888 8 888", "88/88/8888", 0.1
"""The widest that a NIP and the day of a moment can be, and millimetres by which their columns are wider."""
GREY, RULE = (226, 232, 242), (110, 110, 110)
PAGES, PAGE_WIDTH = "{pages}", 28.0
"""What stands for the number of pages until it is known, and the width of a page's number in millimetres."""
MIDDLE = frozenset({ColumnKind.NUMBER, ColumnKind.CENTRED, ColumnKind.SIGNATURE})
RIGHT = frozenset({ColumnKind.SCORE})


def write_pdf(document: Document, file: IO[bytes]) -> None:
    """Write the document as PDF. Raise ConfigurationError if the logo cannot be read."""
    paper = _ListOnPaper(document)
    try:
        for section in document.sections:
            paper.print_section(section)
        file.write(paper.output())
    finally:
        paper.close_fonts()


class _ListOnPaper(OfficePaper):
    """The sheets of one document, filled from top to bottom."""

    def __init__(self, document: Document) -> None:
        super().__init__(document.office.paper)
        self._document = document
        self._section: Section = document.sections[0]
        self.set_auto_page_break(auto=False)
        self.set_margin(MARGIN)
        self.set_draw_color(*RULE)
        self.set_line_width(0.2)
        self.alias_nb_pages(PAGES)
        self.oversized_images = "DOWNSCALE"
        self.set_title(document.title)
        self.set_author(" ".join(document.office.letterhead) or document.made_by)
        self.set_creator("latsar-sync")
        self.set_lang(language.in_use())
        self.set_creation_date(document.made_at)

    def footer(self) -> None:
        """Print the foot of a page, as fpdf2 asks for it: what it belongs to, and the page of how many."""
        self.set_y(self.h - 10)
        self.set_font(FAMILY, "", SMALL)
        about = f"{self._section.title} · {self._section.name}"
        self.cell(0, 4, self.letters.legible(about))
        page = _("Page {page} of {pages}").format(page=self.page_no(), pages=PAGES)
        self.set_x(self.w - self.r_margin - PAGE_WIDTH)
        self.cell(PAGE_WIDTH, 4, page)

    def print_section(self, section: Section) -> None:
        """Print one list from its letterhead to its signature, on pages of its own."""
        # the foot of the page before, which is printed here, still speaks of the section before
        self.add_page(orientation="landscape" if section.landscape else "portrait")
        self._section = section
        self._columns = _fitted(section.columns, self.epw, self._least_widths())
        self.letters.any_written_otherwise = False
        self.print_letterhead(self._document.office)
        self._print_title()
        self._print_head()
        self._print_rows(section.groups)
        self._print_closing()

    def _least_widths(self) -> dict[ColumnKind, float]:
        """Return how wide a column must be, by its kind, so that nothing in it is broken which has to be read whole."""
        states = (_(text) for texts in (OUTCOME_TEXTS, STATE_TEXTS) for text in texts.values())
        whole = {
            ColumnKind.NIP: [A_NIP],
            ColumnKind.MOMENT: [A_DAY],
            ColumnKind.STATE: [part for state in states for part in state.split()],
        }
        return {
            kind: max(self.width_of(each, "", BODY) for each in texts) + 2 * PAD + A_HAIR
            for kind, texts in whole.items()
        }

    # the top

    def _print_title(self) -> None:
        self.print_middle(self._section.title.upper(), "B", 12.5, 0)
        self.set_y(self.y + 3)
        self._print_pairs(self._section.facts, BODY, 38)
        self.set_y(self.y + 2)

    def _print_pairs(self, pairs: Sequence[tuple[str, str]], size: float, label_width: float) -> None:
        """Print labels with their values, which wrap in a column of their own."""
        height = size * 0.48
        for label, value in pairs:
            lines = self.wrapped(value, self.epw - label_width - 3, "", size)
            for number, line in enumerate(lines):
                if self.y + height > self._bottom:
                    self._next_page(with_head=False)
                self.set_font(FAMILY, "", size)
                self.set_x(self.l_margin)
                self.cell(label_width, height, self.letters.legible(label) if number == 0 else "")
                self.cell(3, height, ":" if number == 0 else "")
                self.cell(0, height, line, new_x="LMARGIN", new_y="NEXT")

    # the table

    def _print_head(self) -> None:
        cells = [self.wrapped(column.heading, width - 2 * PAD, "B", SMALL) for column, width in self._columns]
        self._print_line(cells, "B", SMALL, fill=True, middle=True)

    def _print_rows(self, groups: Iterable[RowGroup]) -> None:
        """Print the rows; the last one goes to the next page where the closing would else stand there alone."""
        waiting: tuple[str, str, list[list[str]]] | None = None
        for line in self._lines_of(groups):
            if waiting is not None:
                self._print_waiting(*waiting, below=0.0)
            waiting = line
        if waiting is None:
            waiting = _("Nobody."), "", []
        self._print_waiting(*waiting, below=self._closing_height())

    def _lines_of(self, groups: Iterable[RowGroup]) -> Iterator[tuple[str, str, list[list[str]]]]:
        """Yield every row with its cells as lines, after the title over it and that for the case that a page begins.

        Only the first row of a group has its title over it; but a page that is taken out of the pile says whose it is.
        """
        shown = [number for number, column in enumerate(self._section.columns) if column.paper]
        for group in groups:
            title, again = group.title, ""
            for row in group.rows:
                cells = [
                    self.wrapped(_text(row[number], column.kind), width - 2 * PAD, "", BODY)
                    for number, (column, width) in zip(shown, self._columns, strict=True)
                ]
                yield title, again, cells
                title, again = "", _("{group} (continued)").format(group=group.title) if group.title else ""

    def _print_waiting(self, title: str, again: str, cells: list[list[str]], below: float) -> None:
        """Print a row and the group's title over it, where both and what must stand below have room."""
        title_height = LINE + 2 * PAD
        needed = (title_height if title else 0.0) + (self._height_of(cells) if cells else 0.0) + below
        if self.y + needed > self._bottom and self.y > self._first_row:
            self._next_page(with_head=True)
            title = title or again
        if title:
            self.set_font(FAMILY, "B", BODY)
            self.set_x(self.l_margin)
            [shown, *_rest] = self.wrapped(title, self.epw - 2 * PAD, "B", BODY)
            self.cell(self.epw, title_height, shown, border=1)
            self.set_y(self.y + title_height)
        if cells:
            self._print_line(cells, "", BODY)

    def _height_of(self, cells: Sequence[Sequence[str]]) -> float:
        return max(max(map(len, cells)) * LINE + 2 * PAD, self._section.row_height)

    def _print_line(
        self, cells: Sequence[Sequence[str]], style: str, size: float, fill: bool = False, middle: bool = False
    ) -> None:
        self.set_font(FAMILY, style, size)
        self.set_fill_color(*GREY)
        top, x, height = self.y, self.l_margin, self._height_of(cells) if not fill else self._head_height(cells)
        for (column, width), lines in zip(self._columns, cells, strict=True):
            self.rect(x, top, width, height, style="DF" if fill else "D")
            # a tall row is for signing: its text stands in the middle of the height
            down = (height - len(lines) * LINE) / 2 if middle or self._section.row_height else PAD
            for number, line in enumerate(lines):
                space = width - 2 * PAD - self.width_of(line, style, size)
                aside = space / 2 if middle or column.kind in MIDDLE else space if column.kind in RIGHT else 0.0
                self.text(x + PAD + aside, top + down + number * LINE + LINE * 0.75, line)
            x += width
        self.set_y(top + height)
        if fill:
            self._first_row = self.y

    @staticmethod
    def _head_height(cells: Sequence[Sequence[str]]) -> float:
        return max(map(len, cells)) * LINE + 2 * PAD

    # the end

    def _closing_height(self) -> float:
        notes = sum(len(self.wrapped(value, self.epw - 41, "", SMALL)) for _label, value in self._section.notes)
        totals = len(self._section.totals) * BODY * 0.48
        return 3 + max(totals, SIGNATURE_HEIGHT) + (notes + 1) * SMALL * 0.48

    def _print_closing(self) -> None:
        """Print the totals with the place to sign beside them, and the notes below both."""
        self.set_y(self.y + 3)
        top = self.y
        self._print_pairs([(label, figures.count(number)) for label, number in self._section.totals], BODY, 50)
        below = self.y
        self.set_y(top)
        self.print_signature(self._document.office, self._document.made_at.date())
        self.set_y(max(below, self.y) + 3)
        notes = list(self._section.notes)
        if self.letters.any_written_otherwise:
            notes.append(("*", _("written in Latin letters; the spreadsheet has the text as it is")))
        self._print_pairs(notes, SMALL, 38)

    # pages

    @property
    def _bottom(self) -> float:
        return float(self.h - FOOT)

    def _next_page(self, with_head: bool) -> None:
        self.add_page(orientation="landscape" if self._section.landscape else "portrait")
        if with_head:
            self._print_head()


def _fitted(columns: Sequence[Column], width: float, least: Mapping[ColumnKind, float]) -> list[tuple[Column, float]]:
    """Return the columns of the paper with widths that fill the line, none narrower than the ``least`` of its kind."""
    shown = [column for column in columns if column.paper]
    widths: list[float | None] = [None] * len(shown)
    while True:
        whole = sum(column.paper for column, fixed in zip(shown, widths, strict=True) if fixed is None)
        share = (width - sum(fixed or 0 for fixed in widths)) / (whole or 1)
        found = [column.paper * share if fixed is None else fixed for column, fixed in zip(shown, widths, strict=True)]
        narrow = [at for at, column in enumerate(shown) if found[at] < least.get(column.kind, 0)]
        if not narrow:
            return list(zip(shown, found, strict=True))
        for at in narrow:
            widths[at] = least[shown[at].kind]


def _text(value: Cell, kind: ColumnKind) -> str:
    match value:
        case None:
            return ""
        case datetime():
            return figures.short_moment(value)
        case Decimal():
            return figures.number(value)
        case str() if kind is ColumnKind.NIP:
            return format_nip(value)
        case _:
            return str(value)
