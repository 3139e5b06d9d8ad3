"""The wrong lines of a file that was refused, as they stood in it, with what is wrong in the last column."""

from collections.abc import Sequence
from io import BytesIO

from latsar_sync.domain.language import _
from latsar_sync.files.cells import Cell, as_it_stands


def rejected_lines(header: Sequence[Cell], lines: Sequence[tuple[Sequence[Cell], str]]) -> bytes:
    """Return a workbook of the header and each line, with what is wrong in it; cells as text, so that none is lost."""
    from xlsxwriter import Workbook

    made = BytesIO()
    width = max(len(header), *(len(cells) for cells, _why in lines), 1)
    with Workbook(made, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        sheet = book.add_worksheet(_("Wrong lines"))
        bold, text = book.add_format({"bold": True, "border": 1}), book.add_format({"num_format": "@"})
        wrapped = book.add_format({"text_wrap": True})
        sheet.set_column(0, width - 1, 24, text)
        sheet.set_column(width, width, 80, wrapped)
        for index, cell in enumerate(header):
            sheet.write_string(0, index, as_it_stands(cell), bold)
        sheet.write_string(0, width, _("What is wrong"), bold)
        for row, (cells, why) in enumerate(lines, start=1):
            for index, cell in enumerate(cells):
                sheet.write_string(row, index, as_it_stands(cell), text)
            sheet.write_string(row, width, why, wrapped)
        sheet.freeze_panes(1, 0)
    return made.getvalue()
