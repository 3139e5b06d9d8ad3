"""Read a list that says at which place each participant comes together in class."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from pathlib import Path

from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _, in_use
from latsar_sync.files.angkatan_cells import read_place
from latsar_sync.files.checking import Reader, Sheet
from latsar_sync.files.opening import read_office_file
from latsar_sync.files.tables import Wanted, find_table

WANTED = Wanted(required=("nip", "place"))


def read_places(path: Path, places: Sequence[str], today: date) -> dict[str, str]:
    """Return the place of every NIP (18 digits) in a CSV or XLSX file with the columns NIP and place.

    ``places`` are those that there are; none: any name is one. Raise UsageError with every bad line in ``problems`` if
    there is any; nothing of the file is taken then. No NIP is in a message.
    """
    found = find_table(read_office_file(path), WANTED)
    noon = datetime.combine(today, time(12), UTC)
    reader = Reader(noon, UTC, {}, exact_width=found.exact_width, open_cell=found.open_cell)
    sheet = Sheet(found.header, reader)
    told: dict[str, str] = {}
    for line, cells, nip in sheet.people(found.rows, ("nip", "place")):
        before = len(sheet.rejected)
        place = sheet.take(line, cells, "place", lambda cell: read_place(cell, places))
        if not place and len(sheet.rejected) == before:
            sheet.reject(line, "place", "place_missing")
        if nip is not None and place:
            told[nip] = place
    if sheet.rejected:
        wrong = sorted(sheet.rejected, key=lambda remark: remark.line)
        problems = [_("line {line}: {problem}").format(line=each.line, problem=each.said(in_use())) for each in wrong]
        raise UsageError(
            _("{path} was not taken: {number} of its lines are wrong.").format(path=path, number=len(problems)),
            _("Correct the lines listed; nothing of the file is used until then."),
            tuple(problems),
        )
    if not told:
        raise UsageError(_("no line holds a participant"), _("It needs the columns NIP and Lokasi."))
    return told
