"""A document as a workbook, a worksheet for each section, ready to be filtered and to be printed on A4."""

from datetime import UTC, datetime
from decimal import Decimal
from itertools import chain
from math import ceil
from typing import IO, Any

from xlsxwriter import Workbook

from latsar_sync.domain import language
from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import INDONESIAN, _
from latsar_sync.exports.document import Cell, Column, ColumnKind, Document, Section
from latsar_sync.exports.words import is_formula

A4 = 9
LONGEST_CELL = 32_767
"""Characters that Excel keeps of a cell; XlsxWriter leaves a longer text out without a word."""
MOST_ROWS = 1_048_000
"""Rows of people that a worksheet has room for; XlsxWriter leaves further ones out without a word."""
LINE = 15.0
"""Height of a line in points."""
POINTS_A_MILLIMETRE = 72 / 25.4
NOT_IN_A_TAB = str.maketrans(dict.fromkeys("[]:*?/\\", " "))
INDONESIAN_MOMENT, OTHER_MOMENT = "[$-421]d mmm yyyy hh.mm", "d mmm yyyy hh:mm"


def write_xlsx(document: Document, file: IO[bytes]) -> None:
    """Write the document as XLSX. Rows go to the file one by one, so memory does not grow with their number."""
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with Workbook(file, options) as book:
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


class _Styles:
    """The formats of a workbook: by kind of column, and for what stands around the table."""

    def __init__(self, book: Any) -> None:
        cell = {"border": 1, "border_color": "#808080", "valign": "top", "text_wrap": True}
        middle, moment = {"align": "center"}, INDONESIAN_MOMENT if language.in_use() == INDONESIAN else OTHER_MOMENT
        self.of_kind = {
            ColumnKind.TEXT: book.add_format(cell),
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
        self.total, self.count = book.add_format({"bold": True}), book.add_format({"bold": True, "align": "center"})


class _Sheet:
    """One worksheet, written from top to bottom and never looked back at."""

    def __init__(self, sheet: Any, styles: _Styles, section: Section) -> None:
        self._sheet, self._styles, self._section = sheet, styles, section
        self._row = 0
        columns = [column for column in section.columns if column.letters]
        if section.grouping:
            columns.insert(1, Column(section.grouping, ColumnKind.TEXT, 0, 30))
        self._columns = columns
        self._written = [number for number, column in enumerate(section.columns) if column.letters]

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
                if height:
                    self._sheet.set_row(self._row, height)
                for number, (column, value) in enumerate(zip(self._columns, cells, strict=True)):
                    self._cell(number, column.kind, value)
                self._row += 1
                if self._row > MOST_ROWS:
                    raise UsageError(
                        _("The list has more rows than a spreadsheet can hold."),
                        _("Write it as PDF, or choose one angkatan with --angkatan."),
                    )

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
        width = sum(column.letters for column in self._columns)
        self._sheet.set_row(self._row, line * max(1, ceil(len(text) * 1.1 / width)))
        self._sheet.merge_range(self._row, 0, self._row, len(self._columns) - 1, "", style)
        self._sheet.write_string(self._row, 0, text[:LONGEST_CELL], style)
        self._row += 1

    def _show_and_print(self, document: Document, head: int, last: int) -> None:
        sheet, width = self._sheet, len(self._columns) - 1
        sheet.freeze_panes(head + 1, 0)
        if last > head:
            sheet.autofilter(head, 0, last, width)
            # a NIP is a number stored as text on purpose
            sheet.ignore_errors({"number_stored_as_text": f"A{head + 2}:{_letters(width)}{last + 1}"})
        sheet.set_paper(A4)
        if self._section.landscape or width > 5:
            sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
        sheet.repeat_rows(head)
        sheet.print_area(0, 0, self._row - 1, width)
        page = _("Page {page} of {pages}").format(page="&P", pages="&N")
        sheet.set_footer(f"&L&8{_plain(document.title)} · {_plain(self._section.name)}&R&8{page}")


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
