"""A custom report: rows of cells in the words of a page."""

from pydantic import TypeAdapter

from latsar_sync.moodle.fields import Text, Whole
from latsar_sync.moodle.parsing import Payload, Shape


class ReportRow(Payload):
    """One row; a cell without anything is empty or null."""

    columns: tuple[Text | None, ...]


class ReportRows(Payload):
    """The rows of a page, the headings of the columns, which may be alike, and how many rows there are in all."""

    headers: tuple[Text, ...]
    rows: tuple[ReportRow, ...]
    totalrowcount: Whole


class ReportAnswer(Payload):
    """Answer of ``retrieve_report``."""

    data: ReportRows


REPORT = Shape(TypeAdapter(ReportAnswer))
