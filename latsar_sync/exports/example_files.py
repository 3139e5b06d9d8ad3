"""Spreadsheets to fill in: the columns of each file that can be imported, with checks in the cells."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import IO, Any

from latsar_sync.domain.language import _, mark
from latsar_sync.exports.files import write_file
from latsar_sync.files.column_titles import usual_title
from latsar_sync.files.wanted_columns import has_materials
from latsar_sync.settings import ProgrammeSettings

LINES = 1000
"""Lines with checks; more may be written below them."""
WIDTHS = {"nip": 24, "name": 40, "institution": 36, "email": 32, "issuer": 32, "number": 24}


@dataclass(frozen=True, slots=True)
class Example:
    """One kind of file: its columns, and a sentence on what it is for."""

    columns: Sequence[str]
    about: str


EXAMPLES: Mapping[str, Example] = {
    "participants": Example(
        ("nip", "name", "institution", "email", "angkatan", "place"),
        mark("The list of participants: everybody who takes part, a line each."),
    ),
    "scores": Example(
        ("nip", "name", "score", "date", "materials"),
        mark("Scores of the MOOC: a line a participant. An empty score is no score yet, which is no zero."),
    ),
    "clearances": Example(
        ("nip", "angkatan", "kind", "number", "issuer", "issued", "valid_until"),
        mark("Checked documents: a line each, of a participant (NIP) or of a whole angkatan."),
    ),
    "placement": Example(("nip", "angkatan", "place"), mark("Who goes to which angkatan: a line a participant.")),
    "accounts": Example(
        ("nip", "account"),
        mark("Which account of the in-class site is whose, where the NIP does not tell: a line each."),
    ),
}
HINTS: Mapping[str, str] = {
    "nip": mark("18 digits; the column is formatted as text, so that none is lost."),
    "email": mark("Where Moodle sends the password of a new account; it may be left out."),
    "angkatan": mark("One of the list."),
    "place": mark("Where people come together in class, where there are several places; it may be left out."),
    "score": mark("Points, with a comma or a point; no per cent."),
    "date": mark("When the score was reached; it gives the place in line."),
    "materials": mark("Such as 12/12, or ya or belum."),
    "account": mark("The number in the address of the account's profile in Moodle."),
    "kind": mark("Such as surat_sehat."),
}


def write_example(
    example: Example, programme: ProgrammeSettings, file: Path, overwrite: bool = False, paper: str = "A4"
) -> int:
    """Write a spreadsheet to fill in and return its size in bytes. Raise UsageError if it cannot be written."""
    return write_file(
        file, lambda made: _fill(made, example, _columns(example, programme), programme, paper), overwrite
    )


def example_in_memory(example: Example, programme: ProgrammeSettings, paper: str) -> bytes:
    """Return a spreadsheet to fill in as the bytes of its file."""
    made = BytesIO()
    _fill(made, example, _columns(example, programme), programme, paper)
    return made.getvalue()


def _columns(example: Example, programme: ProgrammeSettings) -> list[str]:
    left_out = set() if has_materials(programme) or example is not EXAMPLES["scores"] else {"materials"}
    left_out |= {"place"} if example is EXAMPLES["placement"] and not programme.places else set()
    return [each for each in example.columns if each not in left_out]


def _fill(made: IO[bytes], example: Example, columns: Sequence[str], programme: ProgrammeSettings, paper: str) -> None:
    from xlsxwriter import Workbook

    with Workbook(made, {"strings_to_formulas": False}) as book:
        sheet = book.add_worksheet(_("Data"))
        bold = book.add_format({"bold": True, "bg_color": "#D9E2F3", "border": 1})
        text, day = book.add_format({"num_format": "@"}), book.add_format({"num_format": "dd/mm/yyyy"})
        for index, column in enumerate(columns):
            dated = column in ("date", "issued", "valid_until")
            form = day if dated else None if column == "score" else text
            sheet.set_column(index, index, WIDTHS.get(column, 18), form)
            sheet.write_string(0, index, usual_title(column), bold)
            check = _check(column, index, programme)
            if check is not None:
                sheet.data_validation(1, index, LINES, index, check)
        sheet.freeze_panes(1, 0)
        _print_on(sheet, paper)
        about = book.add_worksheet(_("How to fill it in"))
        about.set_column(0, 0, 24)
        about.set_column(1, 1, 90, book.add_format({"text_wrap": True, "valign": "top"}))
        _print_on(about, paper)
        about.write_string(0, 0, programme.title, bold)
        about.write_string(1, 0, _(example.about))
        for line, column in enumerate(columns, start=3):
            about.write_string(line, 0, usual_title(column))
            about.write_string(line, 1, _(HINTS[column]) if column in HINTS else "")


def _print_on(sheet: Any, paper: str) -> None:
    """Let a sheet be printed over the width of the page, with its head on each, as some fill it in by hand."""
    from latsar_sync.exports.xlsx import PAPERS

    sheet.set_paper(PAPERS[paper])
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)


def _check(column: str, index: int, programme: ProgrammeSettings) -> dict[str, Any] | None:
    """Return what the spreadsheet holds a cell to; empty cells are let through."""
    cell = f"{chr(ord('A') + index)}2"
    refused = {"error_title": usual_title(column), "ignore_blank": True}
    if column == "nip":
        formula = f"=AND(LEN({cell})=18,ISNUMBER(VALUE(LEFT({cell},9))),ISNUMBER(VALUE(RIGHT({cell},9))))"
        return {"validate": "custom", "value": formula, "error_message": _("A NIP has 18 digits."), **refused}
    if column == "angkatan" or (column == "place" and programme.places):
        names = [each.id for each in programme.angkatan]
        names = names if column == "angkatan" else [each.name for each in programme.places]
        if len(",".join(names)) > 250:  # what a spreadsheet takes of a list that stands in the cell
            return None
        return {"validate": "list", "source": names, "error_message": ", ".join(names)[:250], **refused}
    if column == "score":
        most = programme.evaluation.maximum if programme.evaluation else 100
        limits = {"criteria": "between", "minimum": 0, "maximum": float(most)}
        message = _("A score lies between 0 and {most}.").format(most=f"{most:f}")
        return {"validate": "decimal", **limits, "error_message": message, **refused}
    if column == "kind":
        kinds = [*programme.clearances.of_participant, *programme.clearances.of_angkatan]
        single = list(dict.fromkeys(kind for each in kinds for kind in each.split("/")))
        return {"validate": "list", "source": single, **refused} if single and len(",".join(single)) <= 250 else None
    return None
