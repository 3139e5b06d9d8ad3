"""Which angkatan, or which place, a cell of an office's table names. Pure."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, time

from latsar_sync.domain.spelling import name_form
from latsar_sync.files.cells import BLANK, Cell, CellRefused, shown, text_of

_ROMAN = re.compile(r"M{0,3}(CM|CD|D?C{0,3})(XC|XL|L?X{0,3})(IX|IV|V?I{0,3})")
_ROMAN_VALUES = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100, "D": 500, "M": 1000}
_ANGKATAN_WORDS = re.compile(r"^(angkatan|angk\.?|kelompok|kelas|gelombang)\b[\s:.-]*")


def numeral(text: str) -> int | None:
    """Return the number that a Roman or Arabic numeral means, None if it is neither; read exactly, never in part."""
    if re.fullmatch(r"[0-9]{1,5}", text):
        return int(text)
    letters = text.upper()
    if not letters or not _ROMAN.fullmatch(letters):
        return None
    values = [_ROMAN_VALUES[letter] for letter in letters]
    return sum(
        -value if index + 1 < len(values) and value < values[index + 1] else value for index, value in enumerate(values)
    )


def read_angkatan(cell: Cell, angkatan: Mapping[str, Sequence[str]]) -> str | None:
    """Return the id of the angkatan that a cell means, None where it is empty.

    ``angkatan`` maps each id to its other names. A name counts whole, with or without the word "Angkatan" or
    "Kelompok" before it, without regard to capitals; a numeral counts in Roman and Arabic alike, if it fits one only.
    """
    if isinstance(cell, datetime | time):
        raise CellRefused("became_date")
    text = text_of(cell).removeprefix("'")
    if text in BLANK:
        return None
    wanted = bare_angkatan(text)
    found = [each for each, names in angkatan.items() if wanted in {bare_angkatan(name) for name in (each, *names)}]
    number = numeral(wanted)
    if not found and number is not None:
        found = [each for each in angkatan if numeral(bare_angkatan(each)) == number]
    if len(found) == 1:
        return found[0]
    raise CellRefused("angkatan_unknown", shown=shown(text), known=", ".join(angkatan))


def read_place(cell: Cell, places: Sequence[str]) -> str:
    """Return the place that a cell names, as it is configured; with no ``places`` any name is one. Empty for none."""
    text = text_of(cell)
    if not text or not places:
        return text
    known = {name_form(name): name for name in places}
    if name_form(text) not in known:
        raise CellRefused("place_unknown", shown=shown(text), known=", ".join(places))
    return known[name_form(text)]


def bare_angkatan(text: str) -> str:
    """Return the name of an angkatan without the word for it, such as kelompok, in small letters."""
    return _ANGKATAN_WORDS.sub("", " ".join(text.casefold().split()))
