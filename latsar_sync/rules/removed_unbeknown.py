"""Whom a manager took out of a course though no entry tells it: they are not put back (rule 5). Pure.

An entry that tells it is held against the course (``entry_against_course``), and stays withdrawn
(``kept_or_lost_seats``).
"""

from collections.abc import Collection, Iterable, Mapping

from latsar_sync.domain.entry import REMOVED, Entry, EntryState, Origin

Sighting = tuple[str, int, int]
"""Somebody seen in a course: the site, the course there, the account."""


def was_there(entry: Entry, was: Entry | None, seen: Collection[Sighting]) -> bool:
    """Say whether some run saw the account of an entry in its course: by what it ``was``, or among those ``seen``."""
    here = (entry.site, entry.course_id, entry.target_user_id)
    return here in seen or (
        was is not None and was.origin is not None and (was.site, was.course_id, was.target_user_id) == here
    )


def removed_unbeknown(
    sends: Iterable[Entry], before: Mapping[str, Entry], seen: Collection[Sighting], spoken_for: Collection[str]
) -> dict[str, Entry]:
    """Return, withdrawn, whoever is about to be enrolled again in a course in which some run saw their account.

    However that was forgotten (nobody was judged then, another account or entry stood for them): a manager took them
    out. ``before`` is the roster before placing, ``seen`` whom no entry follows any more; ``spoken_for`` are those whom
    a named person admitted, or moved to where they are now.
    """
    found = {}
    for entry in sends:
        there = was_there(entry, before.get(entry.participant_id), seen)
        if there and not entry.lifted and entry.participant_id not in spoken_for:
            found[entry.participant_id] = entry.having(state=EntryState.WITHDRAWN, reason=REMOVED, origin=Origin.FOUND)
    return found
