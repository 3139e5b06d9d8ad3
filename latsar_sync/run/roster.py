"""One programme's roster as a run works on it: everybody with their entry."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TypeVar

from latsar_sync.domain import many_people
from latsar_sync.domain.actions import Actions, OverrideKind
from latsar_sync.domain.decision import Outcome, Standing
from latsar_sync.domain.entries_of_one import EntriesOfOne
from latsar_sync.domain.entry import Entry
from latsar_sync.domain.in_class import Angkatan, PushKind
from latsar_sync.domain.packed_by_id import ById
from latsar_sync.domain.standings_of_one import StandingsOfOne
from latsar_sync.rules import whose_account_in_class
from latsar_sync.rules.order_of_seats import give_seats, has_courses
from latsar_sync.rules.placement import Placement
from latsar_sync.rules.two_nips_of_one_person import still_to_come
from latsar_sync.rules.who_has_a_seat import NOBODY_THERE, InTheGroups
from latsar_sync.rules.whom_placing_concerns import seats_kept, who_are_ranked, who_bears_on, who_may_be_placed
from latsar_sync.store.pushes import OpenPush

T = TypeVar("T")
NOBODY_SITS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Roster:
    """Everybody with their entry, both by internal id, and what placement goes by.

    ``actions`` are what named persons decided; ``only`` is the internal id of the one participant that a run is about,
    None for everybody.
    """

    all_angkatan: tuple[Angkatan, ...]
    placement: Placement
    standings: Mapping[str, Standing]
    entries: Mapping[str, Entry]
    open_pushes: tuple[OpenPush, ...]
    actions: Actions = field(default_factory=Actions)
    only: str | None = None

    @property
    def enrolment_unsettled(self) -> frozenset[str]:
        """Those to whom an enrolment was sent, of which no reading has told yet whether it arrived."""
        return frozenset(each.push.subject for each in self.open_pushes if each.push.kind is PushKind.ENROL)

    @property
    def pinned(self) -> frozenset[str]:
        """Of whom a write is under way."""
        return frozenset(each.push.subject for each in self.open_pushes)

    @property
    def stands_alone(self) -> bool:
        """Whether the run is about one participant who has, or lacks, a seat whoever else has one."""
        if self.only is None:
            return False
        if not has_courses(self.all_angkatan):
            return True
        mine, entries, placement = self.of_the_run(self.standings), self.entries, self.placement
        is_ranked = who_are_ranked(mine, entries, self.all_angkatan, placement, self.pinned)
        return not is_ranked and not still_to_come(mine, entries, placement)

    def with_entries(self, changed: Mapping[str, Entry]) -> "Roster":
        """Return the roster with other entries for some people."""
        return replace(self, entries=many_people.changed(self.entries, changed)) if changed else self

    def of_the_run(self, values: Mapping[str, T]) -> Mapping[str, T]:
        """Return, of values by internal id, those of whom the run is about."""
        return values if self.only is None else {who: values[who] for who in (self.only,) if who in values}

    def who_matter(self, sitting_in: Mapping[str, str] = NOBODY_SITS) -> Mapping[str, Standing]:
        """Return by whom it may be told where whoever the run is about is placed, and who else waits with them.

        ``sitting_in`` as in ``order_of_seats.give_seats``.
        """
        everybody, mine = self.standings, self.standings.get(self.only) if self.only else None
        if mine is None or not isinstance(everybody, StandingsOfOne):
            return who_may_be_placed(everybody, self.entries, self.all_angkatan, self.placement)
        found = everybody.sought(
            who_bears_on(mine.participant_id, mine, self.entries, self.all_angkatan, self.placement, sitting_in)
        )
        self.preload(found)
        return found

    def preload(self, people: Iterable[str]) -> None:
        """Fetch together where these stand, and their entries, who are asked for one by one after it."""
        if isinstance(self.standings, StandingsOfOne):
            people = tuple(people)
            self.standings.preload(people)
            if isinstance(self.entries, EntriesOfOne):
                self.entries.preload(people)

    def seat_changes(self, in_the_groups: InTheGroups = NOBODY_THERE) -> Mapping[str, Entry]:
        """Give the seats, by the rule; return the entries that this changes, of whom the run is about."""
        standings, taken_besides = self.of_the_run(self.standings), in_the_groups.taken_besides
        if not self.stands_alone:
            standings = self.who_matter(in_the_groups.sitting_in)
            if isinstance(self.standings, StandingsOfOne) and self.placement.kind == "first_qualified":
                # else all who sit in that one's angkatan are among them
                taken_besides = Counter(taken_besides) + seats_kept(self.entries, standings)
        return self.of_the_run(
            give_seats(
                standings,
                self.entries,
                self.all_angkatan,
                self.placement,
                taken_besides,
                in_the_groups.sitting_in,
                self.pinned,
            )
        )

    def account_key_of(self, participant_id: str, site: str) -> str | None:
        """Return by what somebody's account is found on the site of an in-class course: their NIP, unless a person said
        which one there is theirs.
        """
        chosen_on, number = self.actions.accounts.get(participant_id, ("", 0))
        return whose_account_in_class.key_of_account(site, number) if chosen_on == site else self.nip_of(participant_id)

    def nip_asked_for(self, participant_id: str, site: str) -> str | None:
        """Return by which NIP somebody's account is asked for on a site: by none where a person chose it there."""
        key = self.account_key_of(participant_id, site)
        return None if key is None or whose_account_in_class.is_chosen(key) else key

    def nip_of(self, participant_id: str) -> str | None:
        """Return somebody's NIP, None if there is none that can be used."""
        nip: str | None = many_people.field_of(self.standings, participant_id, "nip")
        return nip

    def outcome_of(self, participant_id: str) -> Outcome:
        """Return what was decided of somebody, or that nothing was; whom a named person admits is as if qualified."""
        override = self.actions.overrides.get(participant_id)
        if override is not None and override.kind is OverrideKind.ADMIT:
            return Outcome.QUALIFIED
        outcome: Outcome | None = many_people.field_of(self.standings, participant_id, "outcome")
        return outcome or Outcome.UNDETERMINED


def entries_by_angkatan(
    entries: Mapping[str, Entry], only: str | None = None
) -> Mapping[str | None, many_people.Several[Entry]]:
    """Return entries by their angkatan; ``only`` that of one participant, None for everybody's."""
    if isinstance(entries, ById) and only is None:
        return entries.grouped("angkatan")
    by_angkatan: dict[str | None, list[Entry]] = {}
    for entry in entries.values() if only is None else filter(None, [entries.get(only)]):
        by_angkatan.setdefault(entry.angkatan, []).append(entry)
    return by_angkatan
