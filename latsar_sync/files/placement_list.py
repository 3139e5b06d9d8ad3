"""Read the list that says which participant goes to which angkatan, for ``placement = "list"``."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from pathlib import Path

from latsar_sync.domain.errors import ConfigurationError, UsageError
from latsar_sync.domain.language import _, in_use
from latsar_sync.files.cells import read_angkatan
from latsar_sync.files.checking import Reader, Remark, Sheet
from latsar_sync.files.opening import OfficeFile, read_office_file
from latsar_sync.files.tables import Wanted, find_table

WANTED = Wanted(required=("nip", "angkatan"))


def load_placement(path: Path, angkatan: Mapping[str, Sequence[str]], today: date) -> dict[str, str]:
    """Return the angkatan id of every NIP (18 digits) in a CSV or XLSX file with the columns NIP and angkatan.

    ``angkatan`` maps each id to its other names. Raise ConfigurationError with every bad line in ``problems`` if there
    is any, and take nothing from the file then. No NIP is in a message.
    """
    try:
        placement, sheet = check_placement(read_office_file(path), angkatan, today)
    except UsageError as error:
        raise ConfigurationError(
            _("The placement file {path} cannot be read. {reason}").format(path=path, reason=error.message),
            error.remedy,
        ) from None
    if not sheet.rows:
        raise _refusal(path, (_("no line holds a participant"),))
    if sheet.rejected:
        raise _refusal(path, tuple(map(_told, sorted(sheet.rejected, key=lambda remark: remark.line))))
    return {nip: home for nip, (_line, home) in placement.items()}


def check_placement(
    office: OfficeFile, angkatan: Mapping[str, Sequence[str]], today: date
) -> tuple[dict[str, tuple[int, str]], Sheet]:
    """Return the line and the angkatan of every NIP of a list, and the sheet with what is wrong in it.

    Raise UsageError if the file has no such table.
    """
    found = find_table(office, WANTED)
    noon = datetime.combine(today, time(12), UTC)
    reader = Reader(noon, UTC, angkatan, exact_width=found.exact_width, open_cell=found.open_cell)
    sheet = Sheet(found.header, reader)
    placement: dict[str, tuple[int, str]] = {}
    for line, cells, nip in sheet.people(found.rows, ("nip", "angkatan")):
        before = len(sheet.rejected)
        home = sheet.take(line, cells, "angkatan", lambda cell: read_angkatan(cell, angkatan))
        if home is None and len(sheet.rejected) == before:
            sheet.reject(line, "angkatan", "angkatan_missing")
        if nip is not None and home is not None:
            placement[nip] = (line, home)
    return placement, sheet


def _told(remark: Remark) -> str:
    return _("line {line}: {problem}").format(line=remark.line, problem=remark.said(in_use()))


def _refusal(path: Path, problems: tuple[str, ...]) -> ConfigurationError:
    return ConfigurationError(
        _("{path} was not taken: {number} of its lines are wrong.").format(path=path, number=len(problems)),
        _("Correct the lines listed; nothing of the file is used until then."),
        problems,
    )
