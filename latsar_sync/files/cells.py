"""What one cell of an office's table says: a NIP, a score, a date, how much material is done, a column's title. Pure.

Nothing is guessed: a cell that can be read in two ways is refused, with a stable code that the import turns into a
sentence. Cells come as text from CSV, and as text, numbers, truth values and dates from XLSX.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal

from latsar_sync.domain.nip import NipCheck, check_nip
from latsar_sync.domain.spelling import plain, seen, without_apostrophes


@dataclass(frozen=True, slots=True)
class Untold:
    """A cell that does not say what it means: ``code`` tells why (a rejection), ``text`` what stands there.

    Its formula was never computed, or somebody struck it out or hid it from whoever looks at the sheet.
    """

    code: str
    text: str = ""


UNCOMPUTED = Untold("formula_without_value")


class Rounded(float):
    """A number of which the sheet shows fewer decimal places than it holds: ``shown`` is how it looks there."""

    shown: str

    def __new__(cls, number: float, shown: str) -> "Rounded":
        rounded = super().__new__(cls, number)
        rounded.shown = shown
        return rounded


Cell = str | int | float | bool | datetime | date | time | Untold | None

LONGEST_SHOWN = 30
SAFE_DIGITS = 15
"""Digits of a number that a spreadsheet keeps; whatever is longer is no longer what somebody typed."""
FLOAT_NOISE = Decimal("1e-9")
GREATEST = 1_000_000
PLACES = Decimal("0.00001")

BLANK = frozenset({"", "-", "–", "—"})
YES = frozenset(
    [
        "ya",
        "yes",
        "y",
        "v",
        "✓",
        "√",
        "sudah",
        "selesai",
        "lengkap",
        "tuntas",
        "done",
        "complete",
        "completed",
        "true",
        "benar",
    ]
)
NO = frozenset(["tidak", "no", "n", "belum", "incomplete", "false", "salah"])

_ERROR = re.compile(r"#(?:N/A|GETTING_DATA|[A-Z][A-Z0-9/_]*[!?]|#+)|Err:[0-9]{3}")
"""In English and in other languages (#NAMA?), of LibreOffice, and a number that its column is too narrow for."""
_FORCED_TEXT = re.compile(r'="([^"]*)"')
_COMMAND = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")
"""What would colour a terminal: nothing of it belongs to a name."""
_SCORE = re.compile(r"[0-9]{1,6}(?:[.,]([0-9]+))?")
_SHARE = re.compile(r"([0-9]{1,4})\s*(?:/|dari|of)\s*([0-9]{1,4})")
_PERCENT = re.compile(r"([0-9]{1,3})(?:[.,]([0-9]+))?\s*%")


class CellRefused(ValueError):
    """A cell cannot be taken: ``code`` is stable, ``values`` fill in its sentence and never hold a name or NIP."""

    def __init__(self, code: str, **values: str) -> None:
        super().__init__(code)
        self.code = code
        self.values = values


def encoded_once(text: str) -> str:
    """Return a text as it was before UTF-8 was taken for Windows-1252 and saved again; itself if it was not."""
    try:
        return text if text.isascii() else text.encode("cp1252").decode("utf-8")
    except UnicodeError:
        return text


def text_of(cell: Cell) -> str:
    """Return a cell ``as_it_stands``; refuse errors and what does not say what it means."""
    if isinstance(cell, Untold):
        raise CellRefused(cell.code)
    text = as_it_stands(cell)
    if _ERROR.fullmatch(text):
        raise CellRefused("cell_error", shown=text)
    return text


def as_it_stands(cell: Cell) -> str:
    """Return a cell as one line of text without invisible characters.

    Text that was forced with ``="…"`` comes out bare; a whole number without a decimal point.
    """
    if isinstance(cell, Untold):
        return cell.text
    if isinstance(cell, float) and cell.is_integer():
        return f"{cell:.0f}"
    text = "" if cell is None else plain(_COMMAND.sub("", str(cell)))
    forced = _FORCED_TEXT.fullmatch(text)
    return forced[1].strip() if forced else text


def is_blank(cell: Cell) -> bool:
    """Say whether nothing stands in a cell; a formula or an error is not nothing."""
    return cell is None or (isinstance(cell, str) and not seen(cell))


def read_nip(cell: Cell, today: date) -> NipCheck:
    """Return what ``check_nip`` says of a cell; a number of more than 15 digits has lost some and is never taken."""
    text = text_of(cell)
    if isinstance(cell, int | float) and not isinstance(cell, bool) and len(f"{abs(cell):.0f}") > SAFE_DIGITS + 1:
        return NipCheck(None, "nip_invalid", "spreadsheet_lost_digits")
    return check_nip(text, today)


def read_score(cell: Cell) -> Decimal | None:
    """Return a score at five places, None for an empty cell or a dash; point and comma are both decimal signs.

    Only a float's own noise is rounded away (rule 1); more than five places are refused.
    """
    if isinstance(cell, datetime | date | time):
        raise CellRefused("became_date")
    text = text_of(cell).removeprefix("'")
    if text in BLANK:
        return None
    if isinstance(cell, float):
        if not 0 <= cell < GREATEST:
            raise CellRefused("score_unreadable", shown=shown(text))
        exact = Decimal(repr(cell))
    else:
        match = _SCORE.fullmatch(text)
        if match is None or isinstance(cell, bool):
            raise CellRefused("score_unreadable", shown=shown(text))
        exact = Decimal(text.replace(",", "."))
    score = exact.quantize(PLACES)
    if abs(score - exact) > (FLOAT_NOISE if isinstance(cell, float) else 0):
        raise CellRefused("score_too_precise", shown=shown(text))
    return score


def read_materials(cell: Cell) -> tuple[int, int] | None:
    """Return (done, total) of a cell such as ``11/12``, ``11 dari 12``, ``ya``, ``belum``; None where it is empty.

    Yes is (1, 1) and no (0, 1); so are 100 % and less.
    """
    if isinstance(cell, bool):
        return (int(cell), 1)
    if isinstance(cell, datetime | date | time):
        raise CellRefused("became_date")
    text = text_of(cell).removeprefix("'").casefold()
    if text in BLANK:
        return None
    share = _SHARE.fullmatch(text)
    if share and int(share[2]) > 0:
        done, total = int(share[1]), int(share[2])
        if done > total:
            raise CellRefused("materials_beyond_total", shown=shown(text))
        return done, total
    percent = _PERCENT.fullmatch(text)
    if percent and Decimal(f"{percent[1]}.{percent[2] or 0}") <= 100:
        return (int(Decimal(f"{percent[1]}.{percent[2] or 0}") == 100), 1)
    words = text.split()
    if words and not isinstance(cell, int | float):
        if words[0] in NO and all(word in YES | NO for word in words):
            return (0, 1)
        if all(word in YES for word in words):
            return (1, 1)
    raise CellRefused("materials_unreadable", shown=shown(text))


def title_of(cell: Cell) -> str:
    """Return a column's title as it is compared: small letters and digits, single blanks, nothing in parentheses."""
    try:
        # letters that nobody sees make no title another one: its ground may be that of a table's style
        text = as_it_stands(cell) if isinstance(cell, Untold) and cell.code == "not_shown" else text_of(cell)
    except CellRefused:
        return ""
    text = without_apostrophes(text).casefold()
    return " ".join(re.sub(r"[^\w]+|_", " ", re.sub(r"\([^)]*\)", " ", text)).split())


def shown(text: str) -> str:
    """Return a cell's text for a message: short, and every long number in it masked, since it may be somebody's."""
    masked = re.sub(r"[0-9](?:[\s.-]?[0-9]){7,}", lambda match: "*" * len(match[0]), text)
    return masked if len(masked) <= LONGEST_SHOWN else f"{masked[:LONGEST_SHOWN]}…"
