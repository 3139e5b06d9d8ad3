"""Read the list that says which participant goes to which angkatan, for ``placement = "list"``."""

import csv
import re
from collections.abc import Collection, Iterator
from datetime import date
from io import StringIO
from pathlib import Path

from latsar_sync.errors import ConfigurationError
from latsar_sync.language import _, mark
from latsar_sync.nip import check_nip
from latsar_sync.settings.problems import did_you_mean

_COLUMNS = ("nip", "angkatan")

_NIP_REASONS = {
    "": mark("the NIP is empty"),
    "length": mark("the NIP does not have 18 digits"),
    "looks_like_nik": mark("16 digits look like a NIK, not a NIP"),
    "birth_date": mark("the NIP does not begin with a birth date"),
    "appointment_month": mark("digits 13 and 14 of the NIP are not a month"),
    "looks_like_pppk": mark("this looks like the number of a PPPK, not of a CPNS"),
    "sex": mark("digit 15 of the NIP is neither 1 nor 2"),
    "sequence": mark("the last three digits of the NIP are 000"),
    "spreadsheet_lost_digits": mark("a spreadsheet lost the last digits of the NIP; format the column as text"),
}


def load_placement(path: Path, angkatan_ids: Collection[str], today: date) -> dict[str, str]:
    """Return the angkatan id of every NIP (18 digits) in a CSV file with columns ``nip`` and ``angkatan``.

    The file is UTF-8, with or without a byte-order mark, separated by commas or semicolons. Raise
    ConfigurationError with every bad line in ``problems`` if there is any, and take nothing from the file
    then. No NIP is in a message.
    """
    rows = _read_rows(path)
    header = next(rows, (0, []))[1]
    if sorted(cell.strip().lower() for cell in header) != sorted(_COLUMNS):
        raise ConfigurationError(
            _("{path} does not begin with the columns nip and angkatan.").format(path=path),
            _("Make its first line: nip,angkatan"),
        )
    nip_column = [cell.strip().lower() for cell in header].index("nip")

    placement: dict[str, str] = {}
    lines: dict[str, int] = {}
    problems: list[str] = []
    for line, cells in rows:
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(_COLUMNS):
            problems.append(_("line {line}: {cells} cells instead of 2").format(line=line, cells=len(cells)))
            continue

        angkatan = cells[1 - nip_column].strip()
        check = check_nip(cells[nip_column], today)
        if check.nip is None:
            problems.append(_("line {line}: {reason}").format(line=line, reason=_(_NIP_REASONS[check.detail])))
        elif check.nip in lines:
            problems.append(_("line {line}: the same NIP as in line {first}").format(line=line, first=lines[check.nip]))
        if angkatan not in angkatan_ids:
            problems.append(
                _("line {line}: {reason}").format(line=line, reason=_unknown_angkatan(angkatan, angkatan_ids))
            )
        if check.nip is not None:
            lines.setdefault(check.nip, line)
            placement[check.nip] = angkatan

    if not lines and not problems:
        problems.append(_("no line holds a participant"))
    if problems:
        raise ConfigurationError(
            _("{path} was not taken: {number} of its lines are wrong.").format(path=path, number=len(problems)),
            _("Correct the lines listed; nothing of the file is used until then."),
            tuple(problems),
        )
    return placement


def _read_rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield line number and cells of every row, the header included."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise ConfigurationError(
            _("{path} is not written in UTF-8.").format(path=path), _('Save it as "CSV UTF-8".')
        ) from None
    except OSError as error:
        raise ConfigurationError(
            _("The placement file {path} cannot be read: {strerror}.").format(path=path, strerror=error.strerror),
            _("Correct placement_file or the file."),
        ) from None
    first_line = text.partition("\n")[0]
    reader = csv.reader(StringIO(text, newline=""), delimiter=";" if ";" in first_line else ",", strict=True)
    try:
        for cells in reader:
            yield reader.line_num, cells
    except csv.Error as error:
        raise ConfigurationError(
            _("{path} line {line} cannot be read: {error}.").format(path=path, line=reader.line_num, error=error),
            _("Correct the quotes in that line."),
        ) from None


def _unknown_angkatan(angkatan: str, known: Collection[str]) -> str:
    if not angkatan:
        return _("the angkatan is empty")
    # Swapped columns put a NIP here.
    shown = _("a long number") if re.search("[0-9]{8}", angkatan) else f'"{angkatan}"'
    return _("{shown} is not the id of an angkatan. {known}").format(shown=shown, known=did_you_mean(angkatan, known))
