"""A report of the MOOC as a sign of whom to ask again: what it says is compared, never read. Pure (rule 10).

Its cells are words of a page, rounded, in a language, and in columns that an admin chose: nothing is decided by them. A
person is found in it by their key; their row is kept as a fingerprint, and a row that reads otherwise than it did is a
reason to ask.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from itertools import pairwise
from typing import NamedTuple

from latsar_sync.domain.known_people import Brief
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


def by_key(people: Iterable[Person | Brief]) -> dict[str, list[int]]:
    """Return the user ids of people by their keys in the form in which they are compared."""
    found: dict[str, list[int]] = {}
    for person in people:
        if form := number_form(person.key or ""):
            found.setdefault(form, []).append(person.user_id)
    return found


def compare(table: Iterable[Cells], people: Iterable[Person], part: bool = False) -> Reported | None:
    """Find people in the rows of a report: as ``compare_keys``."""
    return compare_keys(table, by_key(people), part)


def compare_keys(table: Iterable[Cells], ours: Mapping[str, Sequence[int]], part: bool = False) -> Reported | None:
    """Find people, ``by_key``, in the rows of a report by the column in which most keys stand, whatever it is called.

    One person may have several rows (a group each), one key several accounts. None where fewer than half of them are
    found, or there are none to find. Of a ``part`` of the rows half must be theirs, and nobody is missing.
    """
    table = list(table)
    column = key_column(table, ours.keys(), len(table) if part else len(ours))
    if column is None:
        return None
    written: dict[str, str] = {}
    rows: dict[str, list[str]] = {}
    for row in table:
        cell = (row[column] if column < len(row) else None) or ""
        if form := number_form(cell):  # a blank row is that of an enrolment method without people
            written[form] = cell
            rest = (each or "" for place, each in enumerate(row) if place != column)
            rows.setdefault(form, []).append("\x1f".join(rest))
    told = {user_id: _fingerprint(cells) for key, cells in rows.items() for user_id in ours.get(key, ())}
    gone = () if part else ours.keys() - rows.keys()
    missing = frozenset(user_id for key in gone for user_id in ours[key])
    several = {written[key]: ours[key] for key, some in rows.items() if key in ours and len(some) > len(ours[key])}
    return Reported(told, missing, tuple(written[key] for key in rows if key not in ours), several)


def key_column(table: Sequence[Cells], keys: Iterable[str], expected: int) -> int | None:
    """Return the column in which most of the keys, in their form, stand; None if none holds enough of them.

    ``expected`` is how many could stand there.
    """
    wanted, found = set(keys), Counter[int]()
    for place in range(max(map(len, table), default=0)):
        cells = {number_form(row[place] or "") for row in table if place < len(row)}
        found[place] = len(wanted & cells)
    best = max(found, key=lambda place: (found[place], -place), default=None)
    enough = best is not None and found[best] and OURS_AT_LEAST * found[best] >= min(len(wanted), expected)
    return best if enough else None


def is_newest_first(user_ids: Iterable[int], visits: Mapping[int, datetime | None]) -> bool:
    """Say whether people stand by their last visit, the latest first; not where too little shows to tell it."""
    told = [visit for visit in map(visits.get, user_ids) if visit is not None]
    changes = [later > earlier for earlier, later in pairwise(told) if later != earlier]
    return len(changes) >= ORDER_SHOWS and OUT_OF_ORDER * sum(changes) <= len(changes)


def _fingerprint(rows: Iterable[str]) -> str:
    return sha256("\x1e".join(sorted(rows)).encode()).hexdigest()[:16]
