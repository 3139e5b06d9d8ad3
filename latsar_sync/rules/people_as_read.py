"""Who everybody is after a reading: whom it shows, who is gone, whose account was handed over. Pure (rules 5, 19)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from itertools import chain

from latsar_sync.domain.decision import Rules
from latsar_sync.domain.known_people import KnownPeople
from latsar_sync.domain.many_people import by_user_id, pack_people
from latsar_sync.domain.nip import check_nip, may_be_mistyped
from latsar_sync.domain.packed_by_number import Positions
from latsar_sync.domain.participant import HANDED_OVER, Enrolment, Owner, Participant, Person
from latsar_sync.domain.source_as_read import SourceReading
from latsar_sync.domain.spelling import names_differ


def with_their_place(
    reading: SourceReading, known: KnownPeople, places: Mapping[str, str], today: date
) -> SourceReading:
    """Return a reading in which everybody has the place that a placement list tells by NIP, others none."""

    def at_theirs(person: Person) -> Person:
        was = known.participant(person.user_id)
        nip = was.nip if was is not None else check_nip(person.raw_key, today).nip
        place = places.get(nip or "", "")
        return person if person.place == place else person._replace(place=place)

    people = pack_people(map(at_theirs, reading.people), len(reading.people))
    return replace(reading, as_read=replace(reading.as_read, people=people))


class PeopleAsRead:
    """Everybody as they are after a reading, by user id: ``people`` are those it shows, ``ended`` are gone from it.

    Who somebody is now is made out anew whenever they are gone through: nobody is held besides what was known and read.
    """

    def __init__(
        self,
        known: KnownPeople,
        reading: SourceReading,
        rules: Rules,
        now: tuple[date, datetime],
        new_id: Callable[[int], str],
    ) -> None:
        """Take what is known and read; ``now`` is today in the programme's zone, and the moment."""
        self._known, self._now, self._new_id = known, now, new_id
        self._looked_at = reading.extent.looked_at
        self.people = by_user_id(_people_of(reading, known, rules))
        # who is set aside stays what is known: half of what their entry says could be read, if anything
        self._kept = {user_id for user_id in reading.aside if user_id in known}
        self._unlisted: dict[int, None] = {}
        self.ended = set[int]()
        if reading.looks_for_everybody:
            self._unlisted = dict.fromkeys(user_id for user_id in self._kept if user_id not in self.people)
            asked = known if self._looked_at is None else self._looked_at
            self.ended = {user_id for user_id in asked if self._is_another(user_id)} - reading.elsewhere
            self._unlisted |= dict.fromkeys(self.ended)
        # a newcomer's internal id is that of their position among them: the same whenever they are gone through
        self._newcomers = Positions(user_id for user_id in self.people if user_id not in known)

    def judged_ids(self) -> Iterator[int]:
        """Go through those who are judged: whom the reading shows, who is set aside, who is gone."""
        return chain(self.people, self._unlisted)

    def judged(self) -> Iterator[Participant]:
        """Go through them as they are now."""
        return (self.of(user_id, self._known.participant(user_id)) for user_id in self.judged_ids())

    def everybody(self) -> Iterator[Participant]:
        """Go through all who are known or new, those first whom the reading is not about; who is new has no id here."""
        asked = self._known if self._looked_at is None else self._looked_at
        others = map(self._known.participant, filter(self._is_another, asked))
        return chain(filter(None, others), map(self._compared, self.judged_ids()))

    def of(self, user_id: int, was: Participant | None) -> Participant:
        """Return somebody as they are now, who is known as ``was``; with the words of the reading, held once."""
        if was is None:
            return self._newcomer(user_id, self._new_id(self._newcomers.of(user_id)))
        if user_id in self._kept:
            return was
        shown = self.people.get(user_id)
        now = self._known_now(was, shown)
        return self._known.in_words_of(shown, was) if shown is not None and now is was else now

    def _compared(self, user_id: int) -> Participant:
        """Return somebody as they are now, to be compared with the others and let go of at once."""
        was = self._known.participant(user_id)
        if was is None:
            return self._newcomer(user_id, "")
        return was if user_id in self._kept else self._known_now(was, self.people.get(user_id))

    def _newcomer(self, user_id: int, new_id: str) -> Participant:
        person = self.people[user_id]
        check = check_nip(person.raw_key, self._now[0])
        return Participant(new_id, person, check.nip, check.reason, check.detail or None)

    def _known_now(self, was: Participant, shown: Person | None) -> Participant:
        return _participant(shown or was.person._replace(enrolment=Enrolment.ENDED), was, *self._now)

    def _is_another(self, user_id: int) -> bool:
        return user_id not in self.people and user_id not in self._unlisted


def _people_of(reading: SourceReading, known: KnownPeople, rules: Rules) -> Sequence[Person]:
    """Return whom a reading shows and is about: everybody, or of chosen people those whose grade was read.

    A known suspension is kept where the reading did not look at it; to be in the list at all ends no enrolment.
    """
    people = reading.people
    if not reading.looks_for_everybody and rules.gated:
        people = [person for person in people if person.user_id in reading.grades]
    if reading.how_found.suspended_read:
        return people

    def kept(person: Person) -> Person:
        was = known.participant(person.user_id)
        is_kept = was is not None and was.person.enrolment not in (Enrolment.ENDED, person.enrolment)
        return person._replace(enrolment=was.person.enrolment) if was and is_kept else person

    return pack_people(map(kept, people), len(people))


def _participant(person: Person, was: Participant, today: date, now: datetime) -> Participant:
    """Return who somebody is now: what is known of them itself, if nothing is told otherwise.

    An account that carries the name and the NIP of somebody else than its ``owner`` was handed over: its results are
    not theirs, until a person records the NIP (rule 19).
    """
    # while a run wrote what it knew, a person may have recorded another NIP, or taken one back
    if was.person == person and was.nip is not None and was.nip == (was.corrected or person.raw_key):
        return was
    carried = check_nip(person.raw_key, today)
    check = check_nip(was.corrected, today) if was.corrected else carried
    owner = was.owner or Owner(was.person.name, check_nip(was.person.raw_key, today).nip)
    another_name = owner.name != person.name and names_differ(owner.name, person.name)
    another_nip = (
        carried.nip not in (None, was.corrected)
        and owner.nip is not None
        and not may_be_mistyped(owner.nip, carried.nip)
    )
    as_it_was = not another_name and not another_nip and (carried.nip is not None or owner.nip is None)
    nobody_knows_whose = was.handed_over_at is not None and was.owner is None and was.corrected is None
    reason: str | None = check.reason
    handed_over_at = was.handed_over_at
    if (another_name and another_nip) or nobody_knows_whose:
        check = carried
        reason = carried.reason or HANDED_OVER
        if was.nip_reason != HANDED_OVER:
            handed_over_at = now
    elif as_it_was and was.corrected is None:
        handed_over_at = None
    return was._replace(
        person=person,
        nip=check.nip,
        nip_reason=reason,
        nip_detail=check.detail or None,
        owner=None if as_it_was or nobody_knows_whose else owner,
        handed_over_at=handed_over_at,
    )
