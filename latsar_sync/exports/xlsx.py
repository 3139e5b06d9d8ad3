"""A document as a workbook, a worksheet for each section, ready to be filtered and to be printed."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from itertools import accumulate, chain
from math import ceil
from textwrap import wrap
from typing import IO, Any

from xlsxwriter import Workbook
from xlsxwriter.exceptions import FileCreateError

from latsar_sync.domain import language
from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import INDONESIAN, _
from latsar_sync.exports.document import Cell, Column, ColumnKind, Document, Section
from latsar_sync.exports.words import is_formula

PAPERS = {"A4": 9, "F4": 14}
"""Excel's numbers of the papers; what it calls Folio is F4 but for a millimetre."""
WIDEST_PAGE, LETTERS_A_PAGE = 260, 170
"""Letters in a row that are still legible on one page; what is wider goes on over pages of so many, side by side."""
UPRIGHT = 110
"""Letters in a row up to which a page stands upright."""
ON_EVERY_PAGE = 3
"""Columns at the left that are repeated where a row goes on over several pages."""
LONGEST_CELL = 32_767
"""Characters that Excel keeps of a cell; XlsxWriter leaves a longer text out without a word."""
MOST_ROWS = 1_048_000
"""Rows of people that a worksheet has room for; XlsxWriter leaves further ones out without a word."""
OTHER_FILES = 256
"""Files that the process may have open beside one for each worksheet."""
LINE = 15.0
"""Height of a line in points."""
POINTS_A_MILLIMETRE = 72 / 25.4
WRAPPED = frozenset({ColumnKind.TEXT, ColumnKind.STATE, ColumnKind.CENTRED})
NOT_IN_A_TAB = str.maketrans(dict.fromkeys("[]:*?/\\", " "))
INDONESIAN_MOMENT, OTHER_MOMENT = "[$-421]d mmm yyyy hh.mm", "d mmm yyyy hh:mm"


def write_xlsx(document: Document, file: IO[bytes]) -> None:
    """Write the document as XLSX. Rows go to the file one by one, so memory does not grow with their number."""
    _have_files_for(len(document.sections))
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with _told_by_the_system(), Workbook(file, options) as book:
        book.set_properties(
            {
                "title": document.title,
                "author": document.made_by,
                "company": " ".join(document.office.letterhead),
                "created": document.made_at.astimezone(UTC).replace(tzinfo=None),
            }
        )
        styles = _Styles(book)
        tabs: set[str] = set()
        for section in document.sections:
            _Sheet(book.add_worksheet(_tab(section.name, tabs)), styles, section).write(document)


@contextmanager
def _told_by_the_system() -> Iterator[None]:
    """Raise what the system said, OSError, in place of XlsxWriter's word for a file that cannot be written."""
    try:
        yield
    except FileCreateError as error:
        raise next((each for each in error.args if isinstance(each, OSError)), OSError(str(error))) from None


def _have_files_for(sheets: int) -> None:
    """Let the process open a file for each worksheet, as XlsxWriter does; Linux lets it open 1,024 at first.

    Raise UsageError if the system does not let it.
    """
    wanted = sheets + OTHER_FILES
    at_first, at_most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if resource.RLIM_INFINITY not in (at_first, at_most) and wanted > at_most:
        raise UsageError(
            _("The list has {count} worksheets; this system lets a program open {files} files.").format(
                count=sheets, files=at_most
            ),
            _("Write it as PDF, or choose one angkatan."),
        )
    if at_first != resource.RLIM_INFINITY and wanted > at_first:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, at_most))


class _Styles:
    """The formats of a workbook: by kind of column, and for what stands around the table."""

    def __init__(self, book: Any) -> None:
        cell = {"border": 1, "border_color": "#808080", "valign": "top", "text_wrap": True}
        middle, moment = {"align": "center"}, INDONESIAN_MOMENT if language.in_use() == INDONESIAN else OTHER_MOMENT
        self.of_kind = {
            ColumnKind.TEXT: book.add_format(cell),
            ColumnKind.STATE: book.add_format(cell),
            ColumnKind.CENTRED: book.add_format(cell | middle),
            ColumnKind.NUMBER: book.add_format(cell | middle),
            ColumnKind.NIP: book.add_format(cell | middle | {"num_format": "@"}),
            ColumnKind.SCORE: book.add_format(cell | {"num_format": "General"}),
            ColumnKind.MOMENT: book.add_format(cell | middle | {"num_format": moment}),
            ColumnKind.SIGNATURE: book.add_format(cell),
        }
        # what Excel itself sets when somebody types an apostrophe first: the text stays a text wherever it is copied to
        self.defused = book.add_format(cell | {"quote_prefix": True, "num_format": "@"})
        self.head = book.add_format(cell | middle | {"bold": True, "bg_color": "#D9E1F2", "valign": "vcenter"})
        self.office = book.add_format({"bold": True, "align": "center", "text_wrap": True})
        self.title = book.add_format({"bold": True, "font_size": 14, "align": "center", "text_wrap": True})
        self.line = book.add_format({"text_wrap": True, "valign": "top"})
        self.total, self.count = (
            book.add_format({"bold": True}),
            book.add_format({"bold": True, "align": "center", "num_format": "#,##0"}),
        )


class _Sheet:
    """One worksheet, written from top to bottom and never looked back at."""

    def __init__(self, sheet: Any, styles: _Styles, section: Section) -> None:
        self._sheet, self._styles, self._section = sheet, styles, section
        self._row = 0
        # what is for the office's own use stands at the right, and is not printed
        written = sorted(
            (number for number, column in enumerate(section.columns) if column.letters),
            key=lambda number: not section.columns[number].paper,
        )
        self._written = written
        columns = [section.columns[number] for number in written]
        if section.grouping:
            columns.insert(1, Column(section.grouping, ColumnKind.TEXT, 34, 34))
        self._columns = columns
        printed = [column.letters for column in columns if column.paper] or [column.letters for column in columns]
        self._printed, self._width = len(printed), sum(printed)
        self._pages = 1 if self._width <= WIDEST_PAGE else ceil(self._width / LETTERS_A_PAGE)
        # a title that went on over several pages would be read on none, and one over repeated columns cut on each
        self._titled = range(self._printed)
        if self._pages > 1:
            on_first = sum(whole <= LETTERS_A_PAGE for whole in accumulate(printed))
            first = min(ON_EVERY_PAGE, self._printed - 1)
            self._titled = range(first, max(on_first, first + 1))

    def write(self, document: Document) -> None:
        """Write everything, and say how it is to be shown and printed."""
        for number, column in enumerate(self._columns):
            self._sheet.set_column(number, number, column.letters)
        for line in document.office.letterhead:
            self._wide(line, self._styles.office)
        self._wide(self._section.title.upper(), self._styles.title, 20.0)
        self._row += 1
        for label, value in self._section.facts:
            self._wide(f"{label}: {value}", self._styles.line)
        self._row += 1
        head = self._row
        self._sheet.set_row(head, LINE * max(lines_of(column.heading, column.letters) for column in self._columns))
        for number, column in enumerate(self._columns):
            self._sheet.write_string(head, number, column.heading, self._styles.head)
        self._row += 1
        self._rows()
        last = self._row - 1
        if last == head:
            self._wide(_("Nobody."), self._styles.line)
        self._row += 1
        for label, count in self._section.totals:
            self._sheet.write_string(self._row, 1, label, self._styles.total)
            self._sheet.write_number(self._row, 2, count, self._styles.count)
            self._row += 1
        self._row += 1
        for label, value in self._section.notes:
            self._wide(f"{label}: {value}", self._styles.line)
        self._show_and_print(document, head, last)

    def _rows(self) -> None:
        height = self._section.row_height * POINTS_A_MILLIMETRE
        for group in self._section.groups:
            for row in group.rows:
                cells: list[Cell] = [row[number] for number in self._written]
                if self._section.grouping:
                    cells.insert(1, group.title)
                # a spreadsheet that opens the file need not measure it, and not all do
                needed = LINE * self._lines(cells)
                if max(height, needed) > LINE:
                    self._sheet.set_row(self._row, max(height, needed))
                for number, (column, value) in enumerate(zip(self._columns, cells, strict=True)):
                    self._cell(number, column.kind, value)
                self._row += 1
                if self._row > MOST_ROWS:
                    raise UsageError(
                        _("The list has more rows than a spreadsheet can hold."),
                        _("Write it as PDF, or choose one angkatan."),
                    )

    def _lines(self, cells: list[Cell]) -> int:
        """Return how many lines the highest cell of a row needs."""
        texts = ((column, cell) for column, cell in zip(self._columns, cells, strict=True) if isinstance(cell, str))
        return max((lines_of(text, column.letters) for column, text in texts if column.kind in WRAPPED), default=1)

    def _cell(self, number: int, kind: ColumnKind, value: Cell) -> None:
        style = self._styles.of_kind[kind]
        match value:
            case None | "":
                self._sheet.write_blank(self._row, number, None, style)
            case datetime():
                self._sheet.write_datetime(self._row, number, value.replace(tzinfo=None), style)
            case int() | Decimal():
                self._sheet.write_number(self._row, number, value, style)
            case _:
                style = self._styles.defused if is_formula(value) else style
                self._sheet.write_string(self._row, number, value[:LONGEST_CELL], style)

    def _wide(self, text: str, style: Any, line: float = LINE) -> None:
        """Write a line over the whole width, as high as its text needs."""
        width, first = sum(self._columns[number].letters for number in self._titled), self._titled[0]
        self._sheet.set_row(self._row, line * lines_of(text, width))
        if len(self._titled) > 1:
            self._sheet.merge_range(self._row, first, self._row, self._titled[-1], "", style)
        self._sheet.write_string(self._row, first, text[:LONGEST_CELL], style)
        self._row += 1

    def _show_and_print(self, document: Document, head: int, last: int) -> None:
        sheet, width = self._sheet, len(self._columns) - 1
        sheet.freeze_panes(head + 1, 0)
        if last > head:
            sheet.autofilter(head, 0, last, width)
            # a NIP is a number stored as text on purpose
            sheet.ignore_errors({"number_stored_as_text": f"A{head + 2}:{_letters(width)}{last + 1}"})
        sheet.set_paper(PAPERS[document.office.paper])
        if self._section.landscape or self._width > UPRIGHT:
            sheet.set_landscape()
        sheet.fit_to_pages(self._pages, 0)
        if self._pages > 1:
            sheet.repeat_columns(0, min(ON_EVERY_PAGE, self._printed) - 1)
        sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
        sheet.repeat_rows(head)
        sheet.print_area(0, 0, self._row - 1, self._printed - 1)
        page = _("Page {page} of {pages}").format(page="&P", pages="&N")
        sheet.set_footer(f"&L&8{_plain(document.title)} · {_plain(self._section.name)}&R&8{page}")


def lines_of(text: str, width: int) -> int:
    """Return how many lines a text takes in a cell as wide as so many digits, rather one too many."""
    letters = max(1, width)
    return 1 if len(text) <= letters else len(wrap(text, letters))


def _plain(text: str) -> str:
    return text.replace("&", "&&")


def _letters(column: int) -> str:
    """Return the letters by which a sheet calls a column, up to the 702nd."""
    return "".join(filter(None, [chr(64 + column // 26) if column >= 26 else "", chr(65 + column % 26)]))


def _tab(name: str, taken: set[str]) -> str:
    """Return a name that a tab may carry and none carries yet: at most 31 letters, case does not tell two apart."""
    wanted = name.translate(NOT_IN_A_TAB).strip("' ") or "–"
    for each in chain([wanted[:31]], (f"{wanted[:25]} ({number})" for number in range(2, 1000))):
        if each.casefold() not in taken:
            taken.add(each.casefold())
            return each
    raise ValueError("more than a thousand sections of one name")
