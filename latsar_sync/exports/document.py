"""A document as plain values: what stands in it, before anybody asks whether it becomes a sheet or paper."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from latsar_sync.settings import OfficeSettings

Cell = str | int | Decimal | datetime | None
Row = tuple[Cell, ...]

SIZES = {"A4": (210.0, 297.0), "F4": (215.0, 330.0)}
"""Width and height of a sheet of paper in millimetres."""


class Form(StrEnum):
    """The two forms in which offices exchange documents."""

    XLSX = "xlsx"
    PDF = "pdf"


class ColumnKind(StrEnum):
    """What a column holds, and so how it is written and aligned."""

    TEXT = "text"
    NUMBER = "number"
    NIP = "nip"
    SCORE = "score"
    MOMENT = "moment"
    STATE = "state"
    """The word of a decision or of a state of the roster."""
    CENTRED = "centred"
    SIGNATURE = "signature"


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its width on ``paper`` in millimetres, and in a sheet in ``letters``; 0 leaves it out there."""

    heading: str
    kind: ColumnKind
    paper: float
    letters: int


@dataclass(frozen=True, slots=True)
class RowGroup:
    """Rows under one heading: a heading line on paper, a column of its own in a sheet (so that it can be filtered)."""

    title: str
    rows: Iterable[Row]


@dataclass(frozen=True, slots=True)
class Section:
    """One list with its own title page, closing and signature; a worksheet of its own in a sheet.

    ``facts`` stand under the title (what the list is about: a decree that fixes it belongs there too), ``totals`` and
    ``notes`` after the rows, each as label and value. ``name`` is short, for the worksheet's tab and the foot of pages.
    ``grouping`` is the heading of the groups' column in a sheet, empty where the groups have no titles.
    """

    name: str
    title: str
    facts: Sequence[tuple[str, str]]
    columns: Sequence[Column]
    groups: Iterable[RowGroup]
    totals: Sequence[tuple[str, int]]
    notes: Sequence[tuple[str, str]]
    grouping: str = ""
    landscape: bool = False
    row_height: float = 0.0
    """Least height of a row in millimetres, 0 where the text decides."""


@dataclass(frozen=True, slots=True)
class Document:
    """What is written to one file. ``made_at`` is local time; nothing else in the file depends on the moment."""

    title: str
    sections: Sequence[Section]
    office: OfficeSettings
    made_at: datetime
    made_by: str
