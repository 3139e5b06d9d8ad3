"""Read a list that says which account of the in-class site is whose: a line a participant, by the account's user id."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time

from latsar_sync.files.cells import Cell, CellRefused, shown, text_of
from latsar_sync.files.checking import Reader, Sheet
from latsar_sync.files.office_file import OfficeFile
from latsar_sync.files.tables import Wanted, find_table

WANTED = Wanted(required=("nip", "account"))
LARGEST = 2**31 - 1
"""The greatest user id that a Moodle gives."""


def check_accounts(office: OfficeFile, today: date) -> tuple[Mapping[str, tuple[int, int]], Sheet]:
    """Return line and user id by NIP, and the sheet with what is wrong in it; an account stands in one line.

    Raise UsageError if the file has no such table.
    """
    found = find_table(office, WANTED)
    noon = datetime.combine(today, time(12), UTC)
    sheet = Sheet(found.header, Reader(noon, UTC, {}, exact_width=found.exact_width, open_cell=found.open_cell))
    told: dict[str, tuple[int, int]] = {}
    lines: dict[int, list[int]] = {}
    for line, cells, nip in sheet.people(found.rows, ("nip", "account")):
        account = sheet.take(line, cells, "account", _account)
        if account is not None:
            lines.setdefault(account, []).append(line)
        if nip is not None and account is not None:
            told[nip] = line, account
    for repeated in lines.values():
        for line in repeated if len(repeated) > 1 else ():
            sheet.reject(
                line, "account", "account_repeated", other=str(next(each for each in repeated if each != line))
            )
    return told, sheet


def _account(cell: Cell) -> int:
    text = text_of(cell)
    if not text:
        raise CellRefused("account_missing")
    if not (re.fullmatch("[0-9]{1,10}", text) and 0 < int(text) <= LARGEST):
        raise CellRefused("account_unreadable", shown=shown(text))
    return int(text)
