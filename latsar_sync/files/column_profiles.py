"""Column profiles: which column of an office's own layout is what, learned once and known again by its titles. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _, for_admins
from latsar_sync.files.cells import title_of
from latsar_sync.files.column_titles import usual_title
from latsar_sync.files.finding_columns import LOOKED_THROUGH
from latsar_sync.files.office_file import OfficeFile
from latsar_sync.files.tables import Wanted

ScoreScale = Literal["points", "percent"]
"""How scores are written: in the evaluation's own points, or in per cent of its maximum."""


@dataclass(frozen=True, slots=True)
class ColumnProfile:
    """A layout: ``columns`` maps a field to the title that its column has; ``scores`` says how scores are written."""

    name: str
    kind: str
    columns: Mapping[str, str]
    scores: ScoreScale
    by: str
    at: datetime | None = None

    def narrowed(self, wanted: Wanted) -> Wanted:
        """Return what is wanted, each column known by the title that this layout gives it and by no other."""
        titles = {field: ((title_of(title),),) for field, title in self.columns.items()}
        fields = {*wanted.required, *wanted.optional, *wanted.either}
        return replace(
            wanted,
            optional=[field for field in wanted.optional if field in titles],
            titles={field: titles.get(field, ()) for field in fields},
        )


def columns_of(told: Sequence[str], wanted: Wanted) -> dict[str, str]:
    """Return the title of each field as a person told it, ``nip=Nomor Pegawai``.

    Raise UsageError for what is no such line, for a field that such a file does not have, and if a needed one lacks.
    """
    fields = list(dict.fromkeys([*wanted.either, *wanted.required, *wanted.optional]))
    columns: dict[str, str] = {}
    for line in told:
        field, sign, title = line.partition("=")
        if not sign or field.strip() not in fields or not title_of(title):
            raise UsageError(
                _('"{told}" does not say which column is which.').format(told=line),
                _("Write FIELD=TITLE, with one of: {fields}.").format(fields=", ".join(fields)),
            )
        columns[field.strip()] = title.strip()
    missing = [field for field in [*wanted.either, *wanted.required] if field not in columns]
    if missing:
        raise UsageError(
            _("Not told which column is: {fields}.").format(fields=", ".join(map(usual_title, dict.fromkeys(missing)))),
            for_admins(_("Write FIELD=TITLE, with one of: {fields}.").format(fields=", ".join(fields)), ""),
        )
    return columns


def titles_in(office: OfficeFile) -> list[str]:
    """Return what may be the titles of a file's columns: the row near its top in which most cells hold words."""
    best: list[str] = []
    for table in office.tables:
        for row in table.rows[:LOOKED_THROUGH]:
            words = [" ".join(str(cell).split()) for cell in row.cells if title_of(cell)]
            titles = list(dict.fromkeys(text for text in words if any(map(str.isalpha, text))))
            if len(titles) > len(best):
                best = titles
    return best


def fitting(profiles: Sequence[ColumnProfile], office: OfficeFile, wanted: Wanted) -> ColumnProfile | None:
    """Return the profile whose titles all stand in one row of a table and that tells all that is needed.

    Of several the one with the most columns, and of those the last by name; None if none fits: then it is asked anew.
    """
    needed = {*wanted.required, *wanted.either}
    rows = [{title_of(cell) for cell in row.cells} for table in office.tables for row in table.rows[:LOOKED_THROUGH]]
    found = [
        each
        for each in profiles
        if needed <= set(each.columns)
        and any({title_of(title) for title in each.columns.values()} <= titles for titles in rows)
    ]
    return max(found, key=lambda each: (len(each.columns), each.name), default=None)
