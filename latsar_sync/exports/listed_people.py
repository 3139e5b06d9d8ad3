"""What lists of people have in common: by angkatan or institution, in which order, how many they are."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter

from latsar_sync.domain import language
from latsar_sync.domain.entry import MERGED
from latsar_sync.domain.language import _
from latsar_sync.domain.spelling import sort_form
from latsar_sync.domain.state_words import STATE_TEXTS, word
from latsar_sync.exports.grounds import Line
from latsar_sync.store.listings import Row

NO_INSTITUTION = "–"
"""Where the institution of people is not known."""


def by_angkatan(rows: Iterable[Row], angkatan: str | None) -> Iterator[tuple[str | None, list[Row]]]:
    """Yield the people of one angkatan after another, as they come; of the one asked for nobody, if there are none.

    A second account whose place another one holds is no person of its own: nobody stands on a list twice (rule 19).
    """
    anybody, people = False, (row for row in rows if row["roster_reason"] != MERGED)
    for name, members in groupby(people, key=itemgetter("angkatan")):
        anybody = True
        yield name, list(members)
    if not anybody:
        yield angkatan, []


def course_name(angkatan: str | None) -> str:
    """Return how an angkatan is called on a list."""
    return _("Angkatan {angkatan}").format(angkatan=angkatan) if angkatan else _("No angkatan")


def by_institution(rows: Sequence[Row]) -> Mapping[str, list[Row]]:
    """Return people by sending institution, both in the order of the alphabet; titles of people do not count."""
    groups: dict[str, list[Row]] = {}
    for row in sorted(rows, key=lambda row: (*by_alphabet(row), *by_name(row["name"]))):
        groups.setdefault(row["institution"] or NO_INSTITUTION, []).append(row)
    return groups


def by_alphabet(row: Row) -> tuple[bool, str, str]:
    """Return where the institution of somebody stands in the alphabet; none comes last."""
    return alphabetical(row["institution"])


def alphabetical(text: str | None) -> tuple[bool, str, str]:
    """Return where a text stands in the alphabet; none comes last."""
    return not text, (text or "").casefold(), text or ""


def by_name(name: str | None) -> tuple[bool, str, str]:
    """Return where somebody stands in the alphabet, whatever title is theirs; none comes last."""
    return not name, sort_form(name or ""), name or ""


def sexes(rows: Sequence[Row]) -> list[tuple[str, int]]:
    """Count people, and of them men and women, by their NIP."""
    counts = Counter(row["nip"][14] for row in rows if row["nip"])
    return [
        (_("Total"), len(rows)),
        (_("Men"), counts["1"]),
        (_("Women"), counts["2"]),
        *([(_("Without a usable NIP"), len(rows) - counts.total())] if counts.total() < len(rows) else []),
    ]


def states(rows: Sequence[Row]) -> list[tuple[str, int]]:
    """Count people by their state on the roster, in words."""
    counts = Counter(row["state"] for row in rows)
    return [(word(STATE_TEXTS, state, language.in_use()), counts[state]) for state in STATE_TEXTS if counts[state]]


def left_out(rows: Sequence[Row], going: Sequence[Row]) -> list[Line]:
    """Say how many of the roster are not on a list of those who go, so that nobody is missed in silence."""
    listed = {row["participant_id"] for row in going}
    counts = states([row for row in rows if row["participant_id"] not in listed])
    return [(_("Not on this list"), ", ".join(f"{count} {state}" for state, count in counts))] if counts else []
