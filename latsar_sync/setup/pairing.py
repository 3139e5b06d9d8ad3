"""Which group of the MOOC belongs to which in-class course: numerals are read exactly or not at all (rule 11).

Pure, and used by ``init`` alone: a run compares names letter by letter. What is not certain stays unpaired.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence

_WORDS = frozenset(
    {"angkatan", "angk", "akt", "kelas", "kls", "klasikal", "kelompok", "kel", "batch", "class", "group"}
)
"""Words whose numeral names an angkatan."""
_NOT_AN_ANGKATAN = frozenset({"golongan", "gol", "modul", "agenda", "tahap", "gelombang", "tahun", "ta"})
"""Words whose numeral names something else: "Golongan III" is a grade."""
_TOKEN = re.compile(r"[^\W_]+")
_ROMAN = re.compile(r"(?=[CLXVI])(C{0,3})(XC|XL|L?X{0,3})(IX|IV|V?I{0,3})")
_VALUES = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100}
_LETTERS_OF_ANGKATAN = frozenset("CL")
"""Alone they are far more often the letter of an angkatan than the number 50 or 100."""


def numeral_of(name: str) -> tuple[int, str] | None:
    """Return the angkatan's number in a name and how it is written; None if there is none or it is not certain.

    For example ``Latsar Golongan III Angkatan IV`` gives 4, ``KLS-02`` 2, ``Angkatan I-A`` and ``III 2026`` nothing.
    Roman numerals go to CCCXCIX, Arabic ones to 999; a year is no angkatan.
    """
    tokens = _TOKEN.findall(name)
    after_words: list[tuple[int, str] | None] = []
    alone: list[tuple[int, str] | None] = []
    for position, token in enumerate(tokens):
        before = tokens[position - 1].lower() if position else ""
        value = _value(token.upper() if before in _WORDS else token)
        if value is None or before in _NOT_AN_ANGKATAN:
            continue
        following = tokens[position + 1] if position + 1 < len(tokens) else ""
        found = None if len(following) == 1 and _value(following) is None else (value, token)
        (after_words if before in _WORDS else alone).append(found)
    certain = after_words or alone
    return certain[0] if len(certain) == 1 else None


def pair(groups: Sequence[str], courses: Mapping[str, str]) -> dict[str, str | None]:
    """Return the course of each group, None where none is certain.

    ``courses`` is full name by short name. A course is paired by the number in its short name, else in its full name;
    a number that two groups or two courses carry pairs nobody.
    """
    by_number: dict[int, list[str]] = {}
    for shortname, fullname in courses.items():
        numerals = {found[0] for found in (numeral_of(shortname), numeral_of(fullname)) if found is not None}
        if len(numerals) == 1:  # two names that contradict each other are not certain
            by_number.setdefault(numerals.pop(), []).append(shortname)
    numbers = {group: found[0] for group in groups if (found := numeral_of(group)) is not None}
    carried = Counter(numbers.values())
    paired: dict[str, str | None] = {}
    for group in groups:
        number = numbers.get(group)
        candidates = by_number.get(number, []) if number is not None and carried[number] == 1 else []
        paired[group] = candidates[0] if len(candidates) == 1 else None
    return paired


def pair_group(name: str, groups: Sequence[str]) -> str | None:
    """Return an in-class course's group for a MOOC group: the one of its name, else the only one of its number."""
    if name in groups:
        return name
    wanted = numeral_of(name)
    if wanted is None:
        return None
    numbered = [group for group in groups if (found := numeral_of(group)) is not None and found[0] == wanted[0]]
    return numbered[0] if len(numbered) == 1 else None


def angkatan_ids(groups: Sequence[str]) -> dict[str, str]:
    """Return a short id for each group: its numeral as written, else its name in the letters that an id may have."""
    ids: dict[str, str] = {}
    for group in groups:
        found = numeral_of(group)
        wanted = found[1] if found is not None else "-".join(re.findall(r"[A-Za-z0-9._]+", group)).strip("._-")[:36]
        wanted = wanted or "angkatan"
        taken, number = set(ids.values()), 2
        unique = wanted
        while unique in taken:
            unique, number = f"{wanted}-{number}", number + 1
        ids[group] = unique
    return ids


def natural_order(name: str) -> tuple[tuple[int, int, str], ...]:
    """Return what names are sorted by, so that numerals stand in the order of their values: II, IX, X; 2, 10."""
    tokens = _TOKEN.findall(name)
    values = [
        int(token) if re.fullmatch("[0-9]+", token) else _value(token.upper() if before.lower() in _WORDS else token)
        for before, token in zip(["", *tokens], tokens, strict=False)
    ]
    return tuple(
        (1, 0, token.casefold()) if value is None else (0, value, "")
        for token, value in zip(tokens, values, strict=True)
    )


def _value(token: str) -> int | None:
    """Return the number that a token is in digits or in canonical Roman capitals, None if it is neither."""
    if re.fullmatch("[0-9]{1,3}", token):
        return int(token) or None
    if token in _LETTERS_OF_ANGKATAN or not _ROMAN.fullmatch(token):
        return None
    digits = [_VALUES[numeral] for numeral in token]
    return sum(
        -value if any(later > value for later in digits[position + 1 :]) else value
        for position, value in enumerate(digits)
    )
