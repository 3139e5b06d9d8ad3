"""Whom a programme knows in its MOOC, and which of them are looked for by the way in which it is read."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import islice
from typing import cast

from latsar_sync.domain.entry import Entry, EntryState
from latsar_sync.domain.evidence import Imported
from latsar_sync.domain.known_people import KnownPeople, RestingPeople
from latsar_sync.domain.many_people import pack_people
from latsar_sync.domain.nip import check_nip
from latsar_sync.domain.participant import Enrolment, Person
from latsar_sync.domain.records import Checkpoint, Record, SourceIds
from latsar_sync.domain.source_as_read import EVERYBODY, Extent, HowWellRead, Signals
from latsar_sync.moodle.mooc_values import Expected, SeenPeople, SourceCourse, StandIn
from latsar_sync.rules.whom_to_ask_again import IN_TURN, TOLD, is_confirmed, perhaps_changed

WITNESSES = 4
"""People read beside the one whom a run is about: they show that it is the same MOOC still."""


@dataclass(frozen=True, slots=True)
class KnownInMooc:
    """The people of one programme as known, by user id in the MOOC; ``entries`` by internal id.

    ``ids`` are those by which it is guessed what will be asked. ``erased`` are the user ids of those whose identity was
    destroyed here: the site still lists them, and they are taken for nobody. ``imported`` holds confirmed scores of
    files, which stand in where the MOOC has none. Those of ``by_grade`` are read exactly for the sake of their grade.
    """

    wanted: SourceCourse
    known: KnownPeople
    entries: Mapping[str, Entry]
    ids: SourceIds | None = None
    erased: Collection[int] = frozenset()
    imported: Mapping[int, Imported] = field(default_factory=dict)
    by_grade: frozenset[int] = frozenset()

    def not_erased(self, people: Sequence[Person]) -> Sequence[Person]:
        """Return these people without those who were erased."""
        if not self.erased:
            return people
        return pack_people((person for person in people if person.user_id not in self.erased), len(people))

    def those(self, user_ids: Collection[int]) -> Sequence[Person]:
        """Return those of these who were in the course when it was last read."""
        self.known.look_at(user_ids)
        people = (self.known[user_id].participant.person for user_id in user_ids)
        return [person for person in people if person.enrolment is not Enrolment.ENDED]

    def keys_and_names(self) -> dict[int, tuple[str | None, str]]:
        """Return by user id what those carry, and are called, who were in the course when it was last read."""
        if isinstance(self.known, RestingPeople):
            briefs = self.known.briefs
            return {user_id: (each.raw_key, each.name) for user_id, each in briefs.items() if each.standing.enrolled}
        people = ((user_id, each.participant.person) for user_id, each in self.known.items())
        there = ((user_id, each) for user_id, each in people if each.enrolment is not Enrolment.ENDED)
        return {user_id: (each.raw_key, each.name) for user_id, each in there}

    def looked_at(self, user_ids: Collection[object], touched: bool, signals: Signals | None = None) -> frozenset[int]:
        """Return whom an incremental run looks at who must look at these; the others stand as known (rule 10).

        Those are besides: whoever may be judged otherwise though nothing is told of them, of whom an answer was
        refused, of whom the visits in ``signals`` tell that something may have changed, and who waits for material:
        all of them if anything was ``touched``, else those whose turn it is. Whoever is confirmed is looked at only if
        named or restless.
        """
        known = self.resting
        found = {who for who in {*user_ids, *known.restless, *self.unanswered} if isinstance(who, int) and who in known}
        confirmed = {who for who, entry in self.entries.items() if entry.state is EntryState.CONFIRMED}
        if signals is not None:
            lines = (each for each in known.briefs.values() if each.standing.enrolled)
            there = (each for each in lines if each.standing.participant_id not in confirmed)
            found |= {each.user_id for each in perhaps_changed(there, signals)}
        waiting = [user_id for user_id, who in known.waiting() if who not in confirmed]
        always = touched or self.wanted.mode == "course"  # Moodle settles that by its own schedule
        found |= {*(waiting if always else waiting[: IN_TURN + len(found)])}
        if not any(map(self.shows_the_evaluation, found)):
            found |= {*islice(filter(self.shows_the_evaluation, known), 1)}
        return frozenset(found)

    @property
    def resting(self) -> RestingPeople:
        """Everybody, where most of them may be left as they are."""
        return cast(RestingPeople, self.known)

    def reads_otherwise(self, person: Person) -> bool:
        """Say whether somebody is new, or carries another number than before."""
        return not self.resting.carries(person.user_id, person.raw_key)

    def standing_in(
        self,
        people: Sequence[Person],
        looked_at: frozenset[int] | None,
        strangers: frozenset[str] = frozenset(),
        how_well_read: HowWellRead | None = None,
    ) -> StandIn:
        """Return the people of a course as they are told: everybody, or those ``looked_at`` and who is new.

        Whoever carries a number that one of these carries now is looked at too (rule 19).
        """
        how_well_read = how_well_read or HowWellRead()
        if looked_at is None:
            return StandIn(tuple(people), strangers, how_well_read)
        known = self.resting
        unsure = [each for each in people if self.reads_otherwise(each) or known.nip_of(each.user_id) is None]
        numbers = {check_nip(person.raw_key, date.max).nip for person in unsure} - {None}
        sharing = known.sharing(numbers)
        here = {person.user_id for person in people}
        people = [*people, *self.those(sharing - looked_at - here)]
        looked_at |= sharing
        as_known = len(known.enrolled) - sum(user_id in known.enrolled for user_id in looked_at | here)
        return StandIn(tuple(people), strangers, how_well_read, Extent(looked_at=looked_at, as_known=as_known))

    def with_those_not_read(self, seen: SeenPeople) -> SeenPeople:
        """Return the people of a course with those who stand as known, who are looked at too."""
        self.known.look_at(self.known)
        looked_at, as_seen = seen.extent.looked_at or (), {person.user_id: person for person in seen.people}
        stay = [
            as_seen.pop(user_id, record.participant.person)
            for user_id, record in self.known.items()
            if user_id in as_seen
            or (user_id not in looked_at and record.participant.person.enrolment is not Enrolment.ENDED)
        ]
        return replace(seen, people=(*stay, *as_seen.values()), extent=EVERYBODY)

    @property
    def unanswered(self) -> Mapping[int, int]:
        """About whom an answer was refused before, by user id, and when."""
        return dict(self.ids.unanswered) if self.ids else {}

    def elsewhere(self) -> frozenset[int]:
        """Return whoever is known from a time when more was read, is none of ours, and has no place in any angkatan."""
        placed = {who for who, entry in self.entries.items() if entry.angkatan is not None}
        mine = {record.participant.id for record in self.known.values() if self._is_ours(record)}
        return frozenset(
            user_id
            for user_id, record in self.known.items()
            if mine.isdisjoint({record.participant.id, record.participant.merged_into})
            and record.participant.id not in placed
        )

    def _is_ours(self, record: Record) -> bool:
        if self.wanted.nips is not None:
            return record.participant.nip in self.wanted.nips
        return not set(self.wanted.groups).isdisjoint(record.participant.person.groups)

    def what_to_expect(self, *, full_or_night: bool, only_ours: bool, checkpoint: Checkpoint | None = None) -> Expected:
        """Return whom a reading of everybody expects; ``only_ours`` says that nobody else will be."""
        outside = self.elsewhere() if only_ours else frozenset[int]()
        by_list = only_ours and self.wanted.nips is not None
        if isinstance(self.known, RestingPeople):  # nobody is looked for by a list, or in groups
            return Expected(dict.fromkeys(self.known.enrolled, ()), frozenset(), checkpoint, self.ids)
        expected = {
            user_id: record.participant.person.groups
            for user_id, record in self.known.items()
            # somebody of a list who is no more in the course is found back by their account, not by looking them up
            if user_id not in outside and (by_list or record.participant.person.enrolment is not Enrolment.ENDED)
        }
        lookup = (self.wanted.nips or frozenset()) if by_list else frozenset[str]()
        if lookup and not full_or_night:
            lookup -= self.numbers_there()  # whose enrolment ended may have another account by now
        return Expected(expected, lookup, checkpoint, self.ids)

    def what_to_expect_of_one(self, nip: str, accounts: Collection[int]) -> Expected:
        """Return whom a reading of one person expects, who has these accounts, and a few others beside them."""
        others = list(islice((user_id for user_id in self.there() if user_id not in accounts), WITNESSES))
        expected = {user_id: self.known[user_id].participant.person.groups for user_id in (*accounts, *others)}
        return Expected(expected, frozenset({nip}), None, self.ids)

    def few_who_are_open(self, user_ids: Collection[int], up_to: int) -> Collection[int] | None:
        """Return those of these people who are not confirmed; None where they are more than so many.

        Where most people are known by a line only they are too many anyway.
        """
        if isinstance(self.known, RestingPeople):
            return None
        still_open = {each for each in user_ids if not is_confirmed(self.known.get(each), self.entries)}
        return still_open if len(still_open) <= up_to else None

    @property
    def knows_the_course(self) -> bool:
        """Say whether the ids of the course are known, by which it is guessed what will be asked."""
        return self.ids is not None and self.ids.course == self.wanted.course

    def of_the_course(self, course_id: int) -> "KnownInMooc":
        """Return the same of a course of which nothing was known, with the id by which it was found."""
        return replace(self, ids=SourceIds(self.wanted.course, course_id))

    def shows_the_evaluation(self, user_id: int) -> bool:
        """Say whether a grade of somebody was read before, or that there is none."""
        if isinstance(self.known, RestingPeople):
            return self.known.shows_a_grade(user_id)
        record = self.known.get(user_id)
        return record is not None and record.evidence.grade.status in TOLD

    def who_shows_the_evaluation(self, people: Iterable[Person], witness: object = None) -> list[Person]:
        """Return somebody of these who shows the evaluation, alone in a list: the witness, else the first by id."""
        in_order = sorted(people, key=lambda person: (person.user_id != witness, person.user_id))
        return list(islice((each for each in in_order if self.shows_the_evaluation(each.user_id)), 1))

    def numbers_there(self) -> frozenset[str | None]:
        """Return the NIPs of everybody who was in the course when it was last read."""
        people = (each for _, each in self.known.participants())
        return frozenset(each.nip for each in people if each.person.enrolment is not Enrolment.ENDED)

    def there(self) -> list[int]:
        """Return the accounts of everybody who was in the course when it was last read, in their order."""
        people = self.known.participants()
        return sorted(user_id for user_id, each in people if each.person.enrolment is not Enrolment.ENDED)
