"""Placement in tests: the roster that it leaves, and how that is read."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from builders import Candidate, angkatan, placement

from latsar_sync.domain.entry import Entry, EntryState
from latsar_sync.domain.in_class import Angkatan
from latsar_sync.rules import order_of_seats as rule
from latsar_sync.rules.placement import Placement

PLANNED, PUSHED, CONFIRMED = EntryState.PLANNED, EntryState.PUSHED, EntryState.CONFIRMED
WAITLISTED, REVIEW, WITHDRAWN = EntryState.WAITLISTED, EntryState.REVIEW, EntryState.WITHDRAWN
COURSES = (angkatan("I"), angkatan("II"))


def place(
    people: Sequence[Candidate],
    entries: Mapping[str, Entry],
    courses: Sequence[Angkatan],
    how: Placement,
    foreign: Mapping[str, int],
    pinned: Collection[str] = (),
) -> Mapping[str, Entry]:
    """Return the entries that placing these people changes."""
    how = replace(
        how,
        listed={each.standing.nip or "": each.listed for each in people if each.listed is not None},
        moves={each.participant_id: each.moved for each in people if each.moved is not None},
        admitted=frozenset(each.participant_id for each in people if each.admitted),
    )
    seated = {each.participant_id: each.seated for each in people if each.seated is not None}
    standings = {each.participant_id: each.standing for each in people}
    return rule.give_seats(standings, entries, courses, how, foreign, seated, pinned)


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
