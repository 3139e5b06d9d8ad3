"""Placement in tests: the roster that it leaves, and how that is read."""

from collections.abc import Mapping

from builders import angkatan, placement

from latsar_sync.domain.entry import Entry, EntryState
from latsar_sync.domain.in_class import Angkatan
from latsar_sync.rules.placement import Candidate, Placement, place

PLANNED, PUSHED, CONFIRMED = EntryState.PLANNED, EntryState.PUSHED, EntryState.CONFIRMED
WAITLISTED, REVIEW, WITHDRAWN = EntryState.WAITLISTED, EntryState.REVIEW, EntryState.WITHDRAWN
COURSES = (angkatan("I"), angkatan("II"))


def roster_after(
    *people: Candidate,
    entries: tuple[Entry, ...] = (),
    courses: tuple[Angkatan, ...] = COURSES,
    how: Placement | None = None,
    foreign: Mapping[str, int] | None = None,
    pinned: tuple[str, ...] = (),
) -> dict[str, Entry]:
    """Return the whole roster after placement."""
    before = {each.participant_id: each for each in entries}
    return {**before, **place(people, before, courses, how or placement(), foreign or {}, pinned)}


def standing(roster: Mapping[str, Entry]) -> dict[str, tuple[EntryState, str | None, str | None]]:
    """Return state, angkatan and reason of everybody."""
    return {name: (each.state, each.angkatan, each.reason) for name, each in roster.items()}
