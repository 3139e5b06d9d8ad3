"""Read the list that says which participant goes to which angkatan and place, for ``placement = "list"``."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import NamedTuple

from latsar_sync.domain.errors import InputMissing, UsageError
from latsar_sync.domain.language import _, in_use
from latsar_sync.domain.placement_list import PlacementList
from latsar_sync.files.angkatan_cells import read_angkatan, read_place
from latsar_sync.files.checking import Reader, Remark, Sheet
from latsar_sync.files.office_file import OfficeFile
from latsar_sync.files.opening import read_office_file
from latsar_sync.files.tables import Wanted, find_table

WANTED = Wanted(required=("nip", "angkatan"), optional=("place",))


class ListedPlace(NamedTuple):
    """One line of a list: to which angkatan somebody goes, and at which place they come together; empty: not told."""

    line: int
    angkatan: str
    place: str = ""


def load_placement(
    path: Path, angkatan: Mapping[str, Sequence[str]], today: date, places: Sequence[str] = ()
) -> PlacementList:
    """Return what a CSV or XLSX file with the columns NIP and angkatan tells, and place where there is such a column.

    ``angkatan`` maps each id to its other names, ``places`` are those that there are; none: any name is one. Raise
    InputMissing with every bad line in ``problems`` if there is any, and take nothing from the file then. No NIP
    is in a message.
    """
    try:
        placement, sheet = check_placement(read_office_file(path), angkatan, today, places)
    except UsageError as error:
        raise InputMissing(
            _("The placement file {path} cannot be read. {reason}").format(path=path, reason=error.message),
            error.remedy,
        ) from None
    if not sheet.rows:
        raise _refusal(path, (_("no line holds a participant"),))
    if sheet.rejected:
        raise _refusal(path, tuple(map(_told, sorted(sheet.rejected, key=lambda remark: remark.line))))
    return PlacementList(
        {nip: each.angkatan for nip, each in placement.items()},
        {nip: each.place for nip, each in placement.items() if each.place},
        {nip: each.line for nip, each in placement.items()},
    )


def check_placement(
    office: OfficeFile, angkatan: Mapping[str, Sequence[str]], today: date, places: Sequence[str] = ()
) -> tuple[dict[str, ListedPlace], Sheet]:
    """Return what each line of a list tells, by NIP, and the sheet with what is wrong in it.

    Raise UsageError if the file has no such table.
    """
    found = find_table(office, WANTED)
    noon = datetime.combine(today, time(12), UTC)
    reader = Reader(noon, UTC, angkatan, exact_width=found.exact_width, open_cell=found.open_cell)
    sheet = Sheet(found.header, reader)
    placement: dict[str, ListedPlace] = {}
    for line, cells, nip in sheet.people(found.rows, ("nip", "angkatan")):
        before = len(sheet.rejected)
        home = sheet.take(line, cells, "angkatan", lambda cell: read_angkatan(cell, angkatan))
        if home is None and len(sheet.rejected) == before:
            sheet.reject(line, "angkatan", "angkatan_missing")
        place = sheet.take(line, cells, "place", lambda cell: read_place(cell, places)) or ""
        if nip is not None and home is not None:
            placement[nip] = ListedPlace(line, home, place)
    return placement, sheet


def _told(remark: Remark) -> str:
    return _("line {line}: {problem}").format(line=remark.line, problem=remark.said(in_use()))


def _refusal(path: Path, problems: tuple[str, ...]) -> InputMissing:
    return InputMissing(
        _("{path} was not taken: {number} of its lines are wrong.").format(path=path, number=len(problems)),
        _("Correct the lines listed; nothing of the file is used until then."),
        problems,
    )
