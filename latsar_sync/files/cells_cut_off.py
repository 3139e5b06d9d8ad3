"""What the last cell of a file says that breaks off in the middle: may it be the beginning of another one? Pure."""

import re
from collections.abc import Sequence

from latsar_sync.files.angkatan_cells import bare_angkatan, numeral
from latsar_sync.files.cells import Cell, text_of


def may_go_on(column: str, cell: Cell, others: Sequence[str] = ()) -> bool:
    """Say whether a cell at which a file breaks off may be the beginning of another that can be read as well.

    ``others`` are the names of the angkatan. A NIP that is one has all its digits, a date its year and day.
    """
    text = text_of(cell)
    match column:
        case "nip":
            return False
        case "date" | "issued" | "valid_until":
            return re.fullmatch(r"[0-9]{4}\D+[0-9]{1,2}\D+[0-9]", text) is not None
        case "materials":
            return not text or text[-1].isdigit()
        case "angkatan":
            known = {bare_angkatan(name) for name in others}
            wanted = bare_angkatan(text)
            return (numeral(wanted) is not None and len(known) > 1) or any(
                name.startswith(wanted) and name != wanted for name in known
            )
        case _:
            return True
