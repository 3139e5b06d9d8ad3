"""A custom report of the MOOC as a sign of whom to ask again: what it says is compared, never read. Pure (rule 10).

Its cells are words of a page, rounded, in a language, and in columns that an admin chose: nothing is decided by them. A
person is found in it by their key; their row is kept as a fingerprint, and a row that reads otherwise than it did is a
reason to ask.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from hashlib import sha256
from itertools import pairwise
from typing import NamedTuple

from latsar_sync.domain.nip import number_form
from latsar_sync.domain.participant import Person

Cells = Sequence[str | None]

OURS_AT_LEAST = 2
"""One in so many of our people must be found, else it is the report of somebody else."""
ORDER_SHOWS = 5
"""Places at which the last visit changes from row to row: with fewer the order of rows says nothing."""
OUT_OF_ORDER = 10
"""One in so many of these may be that of somebody who came meanwhile."""


class Reported(NamedTuple):
    """What a report shows: ``rows`` the fingerprints of our people's rows by user id, in the order in which they stand,
    ``missing`` those of us who have none, ``strange`` the keys, as written, of rows that are nobody's of us. Whoever
    has no key is in none of them. ``several`` are the keys of ours that have more rows than accounts, as written, with
    the user ids of these.
    """

    rows: Mapping[int, str]
    missing: frozenset[int]
    strange: tuple[str, ...]
    several: Mapping[str, Sequence[int]] = {}


def by_key(people: Iterable[Person]) -> dict[str, list[int]]:
    """Return the user ids of people by their keys in the form in which they are compared."""
    found: dict[str, list[int]] = {}
    for person in people:
        if form := number_form(person.raw_key or ""):
            found.setdefault(form, []).append(person.user_id)
    return found


class ReportTable:
    """The rows of a report: what of them does not depend on who is looked for is found out once."""

    def __init__(self, rows: Iterable[Cells] = ()) -> None:
        """Take the rows."""
        self.rows = list(rows)
        self._by: dict[int, ByKey] = {}

    def __len__(self) -> int:
        return len(self.rows)

    @cached_property
    def keys_in(self) -> Sequence[Collection[str]]:
        """The different cells of each column, in the form in which keys are compared."""
        columns = range(max(map(len, self.rows), default=0))
        return [{number_form(row[place] or "") for row in self.rows if place < len(row)} for place in columns]

    def by(self, column: int) -> "ByKey":
        """Return the rows by the keys in a column."""
        if column not in self._by:
            self._by[column] = _by_column(self.rows, column)
        return self._by[column]


class ByKey(NamedTuple):
    """Of each key of a report, in the order of the rows: how it is written, its rows' fingerprint and their number."""

    written: Mapping[str, str]
    prints: Mapping[str, str]
    times: Mapping[str, int]


def _by_column(table: Iterable[Cells], column: int) -> ByKey:
    written: dict[str, str] = {}
    rows: dict[str, list[str]] = {}
    for row in table:
        cell = (row[column] if column < len(row) else None) or ""
        if form := number_form(cell):  # a blank row is that of an enrolment method without people
            written[form] = cell
            rest = (each or "" for place, each in enumerate(row) if place != column)
            rows.setdefault(form, []).append("\x1f".join(rest))
    prints = {form: _fingerprint(cells) for form, cells in rows.items()}
    return ByKey(written, prints, {form: len(cells) for form, cells in rows.items()})


def compare(table: Iterable[Cells], people: Iterable[Person], part: bool = False) -> Reported | None:
    """Find people in the rows of a report: as ``compare_keys``."""
    return compare_keys(ReportTable(table), by_key(people), part)


def compare_keys(table: ReportTable, ours: Mapping[str, Sequence[int]], part: bool = False) -> Reported | None:
    """Find people, ``by_key``, in the rows of a report by the column in which most keys stand, whatever it is called.

    One person may have several rows (a group each), one key several accounts. None where fewer than half of them are
    found, or there are none to find. Of a ``part`` of the rows half must be theirs, and nobody is missing.
    """
    column = key_column(table, ours, len(table) if part else len(ours))
    if column is None:
        return None
    written, prints, times = table.by(column)
    told = {user_id: print_ for key, print_ in prints.items() for user_id in ours.get(key, ())}
    gone = () if part else ours.keys() - prints.keys()
    missing = frozenset(user_id for key in gone for user_id in ours[key])
    several = {written[key]: ours[key] for key, rows in times.items() if key in ours and rows > len(ours[key])}
    return Reported(told, missing, tuple(written[key] for key in prints if key not in ours), several)


def key_column(table: ReportTable, keys: Collection[str], expected: int) -> int | None:
    """Return the column in which most of the keys, in their form, stand; None if none holds enough of them.

    ``expected`` is how many could stand there.
    """
    found = {place: sum(form in keys for form in forms) for place, forms in enumerate(table.keys_in)}
    best = max(found, key=lambda place: (found[place], -place), default=None)
    enough = best is not None and found[best] and OURS_AT_LEAST * found[best] >= min(len(keys), expected)
    return best if enough else None


def is_newest_first(user_ids: Iterable[int], visits: Mapping[int, datetime | None]) -> bool:
    """Say whether people stand by their last visit, the latest first; not where too little shows to tell it."""
    told = [visit for visit in map(visits.get, user_ids) if visit is not None]
    changes = [later > earlier for earlier, later in pairwise(told) if later != earlier]
    return len(changes) >= ORDER_SHOWS and OUT_OF_ORDER * sum(changes) <= len(changes)


def _fingerprint(rows: Iterable[str]) -> str:
    return sha256("\x1e".join(sorted(rows)).encode()).hexdigest()[:16]
