"""Who somebody is after a reading, and which of the accounts that carry one NIP counts. Pure (rules 4, 5, 19).

That two accounts under two NIPs may be one person's is in ``two_nips_one_person``; whose an account in class is, in
``account_in_class``.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from itertools import chain
from typing import NamedTuple

from latsar_sync.domain import many_people
from latsar_sync.domain.actions import Override, OverrideKind
from latsar_sync.domain.decision import Decision, Outcome, Reason, Rules
from latsar_sync.domain.entry import HOLDS_A_SEAT, Entry
from latsar_sync.domain.known_people import KnownPeople
from latsar_sync.domain.many_people import by_user_id, people_of
from latsar_sync.domain.nip import check_nip, may_be_mistyped
from latsar_sync.domain.packed import Places
from latsar_sync.domain.participant import HANDED_OVER, Enrolment, Owner, Participant, Person
from latsar_sync.domain.spelling import names_differ
from latsar_sync.rules.clearances import ClearanceRules
from latsar_sync.rules.source_as_read import PeopleInDetail

_BETTER = {Outcome.NOT_YET: 0, Outcome.UNDETERMINED: 1, Outcome.QUALIFIED: 2}
"""What may still be found out of one account beats what was fully read of the other (rule 4)."""


def at_their_places(
    reading: PeopleInDetail, known: KnownPeople, places: Mapping[str, str], today: date
) -> PeopleInDetail:
    """Return a reading in which everybody is at the place that a placement list tells by NIP, others at none."""

    def placed(person: Person) -> Person:
        was = known.participant(person.user_id)
        nip = was.nip if was is not None else check_nip(person.key, today).nip
        place = places.get(nip or "", "")
        return person if person.place == place else person._replace(place=place)

    people = people_of(map(placed, reading.found.people), len(reading.found.people))
    return replace(reading, found=replace(reading.found, people=people))


class PeopleAsRead:
    """Everybody as they are after a reading, by user id: ``people`` are those it shows, ``gone`` whom it shows no more.

    Who somebody is now is made out anew whenever they are gone through: nobody is held besides what was known and read.
    """

    def __init__(
        self,
        known: KnownPeople,
        reading: PeopleInDetail,
        rules: Rules,
        now: tuple[date, datetime],
        new_id: Callable[[int], str],
    ) -> None:
        """Take what is known and read; ``now`` is today in the programme's zone, and the moment."""
        self._known, self._now, self._new_id = known, now, new_id
        self._looked_at = reading.found.chosen.looked_at
        self.people = by_user_id(_people_of(reading, known, rules))
        # who is set aside stays what is known: half of what their entry says could be read, if anything
        self._kept = reading.aside.keys() & known.keys()
        self._unlisted: dict[int, None] = {}
        self.gone = set[int]()
        if reading.everybody:
            self._unlisted = dict.fromkeys(user_id for user_id in self._kept if user_id not in self.people)
            asked = known if self._looked_at is None else self._looked_at
            self.gone = {user_id for user_id in asked if self._is_another(user_id)} - reading.elsewhere
            self._unlisted |= dict.fromkeys(self.gone)
        # a newcomer's internal id is that of their place among them: the same whenever they are gone through
        self._newcomers = Places(user_id for user_id in self.people if user_id not in known)

    def judged_ids(self) -> Iterator[int]:
        """Go through those who are judged: whom the reading shows, who is set aside, who is gone."""
        return chain(self.people, self._unlisted)

    def judged(self) -> Iterator[Participant]:
        """Go through them as they are now."""
        return (self.of(user_id, self._known.participant(user_id)) for user_id in self.judged_ids())

    def everybody(self) -> Iterator[Participant]:
        """Go through all who are known or new, those first whom the reading is not about."""
        asked = self._known if self._looked_at is None else self._looked_at
        others = map(self._known.participant, filter(self._is_another, asked))
        return chain(filter(None, others), self.judged())

    def of(self, user_id: int, was: Participant | None) -> Participant:
        """Return somebody as they are now, who is known as ``was``; with the words of the reading, held once."""
        if was is None:
            person = self.people[user_id]
            check = check_nip(person.key, self._now[0])
            new_id = self._new_id(self._newcomers.of(user_id))
            return Participant(new_id, person, check.nip, check.reason, check.detail or None)
        if user_id in self._kept:
            return was
        shown = self.people.get(user_id)
        now = _participant(shown or was.person._replace(enrolment=Enrolment.ENDED), was, *self._now)
        return self._known.in_words_of(shown, was) if shown is not None and now is was else now

    def _is_another(self, user_id: int) -> bool:
        return user_id not in self.people and user_id not in self._unlisted


def _people_of(reading: PeopleInDetail, known: KnownPeople, rules: Rules) -> Sequence[Person]:
    """Return whom a reading shows and is about: everybody, or of chosen people those whose grade was read.

    A known suspension is kept where the reading did not look at it; to be in the list at all ends no enrolment.
    """
    people = reading.found.people
    if not reading.everybody and rules.gated:
        people = [person for person in people if person.user_id in reading.found.grades]
    if reading.found.suspended_read:
        return people

    def kept(person: Person) -> Person:
        was = known.participant(person.user_id)
        is_kept = was is not None and was.person.enrolment not in (Enrolment.ENDED, person.enrolment)
        return person._replace(enrolment=was.person.enrolment) if was and is_kept else person

    return people_of(map(kept, people), len(people))


def _participant(person: Person, known: Participant, today: date, now: datetime) -> Participant:
    """Return who somebody is now: what is known of them itself, if nothing is told otherwise.

    An account that carries the name and the NIP of somebody else than its ``owner`` was handed over: its results are
    not theirs, until a person records the NIP (rule 19).
    """
    if known.person == person and known.nip is not None:
        return known
    carried = check_nip(person.key, today)
    check = check_nip(known.corrected, today) if known.corrected else carried
    owner = known.owner or Owner(known.person.name, check_nip(known.person.key, today).nip)
    another_name = owner.name != person.name and names_differ(owner.name, person.name)
    another_nip = (
        carried.nip not in (None, known.corrected)
        and owner.nip is not None
        and not may_be_mistyped(owner.nip, carried.nip)
    )
    as_it_was = not another_name and not another_nip and (carried.nip is not None or owner.nip is None)
    nobody_knows_whose = known.handed_over_at is not None and known.owner is None and known.corrected is None
    reason: str | None = check.reason
    handed_over_at = known.handed_over_at
    if (another_name and another_nip) or nobody_knows_whose:
        check = carried
        reason = carried.reason or HANDED_OVER
        if known.nip_reason != HANDED_OVER:
            handed_over_at = now
    elif as_it_was and known.corrected is None:
        handed_over_at = None
    return known._replace(
        person=person,
        nip=check.nip,
        nip_reason=reason,
        nip_detail=check.detail or None,
        owner=None if as_it_was or nobody_knows_whose else owner,
        handed_over_at=handed_over_at,
    )


class Related(NamedTuple):
    """What is to be known of one account beside its evidence: why its NIP cannot be used, the clearances that lack,
    the other accounts of the same person, and the user id of the account that it was merged into itself.
    """

    nip_reason: Reason | None
    lacking: Sequence[Reason]
    others: Sequence[Participant]
    merged_into: int | None


class Relations:
    """How the accounts of a programme relate. ``everybody`` gives all that are known, ``judged`` those to be judged;
    ``clearances`` None where none is required, ``entries`` is the roster as it stands, by internal id; ``bound`` are
    those whom a person holds or moved.
    """

    def __init__(
        self,
        everybody: Callable[[], Iterable[Participant]],
        judged: Iterable[Participant],
        clearances: ClearanceRules | None,
        entries: Mapping[str, Entry],
        bound: Collection[str] = (),
    ) -> None:
        self._entries = entries
        self._bound = bound
        self._merged: dict[str, list[Participant]] = {}
        self._of_before: dict[str, list[str]] = {}
        twice = many_people.twice(self._numbers_of(everybody()))
        carrying, counting = Counter[str](), Counter[str]()
        for each in everybody() if twice else ():
            if each.merged_into is None and each.nip is not None and hash(each.nip) in twice:
                carrying[each.nip] += 1
                counting[each.nip] += self._counts(each)
        self._counting = {nip: counting[nip] for nip, times in carrying.items() if times > 1}
        self._numbers = {each.id: each.person.user_id for each in everybody()} if self._merged else {}
        self._unmet = clearances.unmet(judged) if clearances else {}

    def _numbers_of(self, everybody: Iterable[Participant]) -> Iterator[int]:
        """Yield a number for each NIP, which is in one's hand sooner than the text; note who was merged, and the names
        of whoever is bound by the NIP that their account does not carry any more.
        """
        for each in everybody:
            if each.owner is not None and each.owner.nip not in (None, each.nip) and each.id in self._bound:
                self._of_before.setdefault(each.owner.nip or "", []).append(each.owner.name)
            if each.merged_into is not None:
                self._merged.setdefault(each.merged_into, []).append(each)
            elif each.nip is not None:
                yield hash(each.nip)

    def of(self, participant: Participant) -> Related:
        """Return what is to be known of one account."""
        others = [each for each in self._merged.get(participant.id, ()) if each.nip_reason != HANDED_OVER]
        lacking: Sequence[Reason] = self._unmet.get(participant.id, ())
        for other in others:  # a clearance lacks where it is on record for none of a person's accounts
            theirs = self._unmet.get(other.id, ())
            lacking = [reason for reason in lacking if reason in theirs or "angkatan" in reason.values]
        merged_into = self._numbers.get(participant.merged_into or "")
        return Related(self._nip_reason(participant), lacking, others, merged_into)

    def _nip_reason(self, participant: Participant) -> Reason | None:
        """Return why somebody's NIP cannot be used, None if it can.

        Of several accounts that carry it those count that are enrolled in the MOOC, hold a seat, or are ``bound``: who
        was unenrolled there for carrying somebody else's NIP stands in nobody's way any more, and nobody gets rid of
        what a person decided by another account, nor by letting the one that was bound carry another NIP.
        """
        if participant.merged_into is not None and participant.nip_reason != HANDED_OVER:
            return None  # another account stands for this person
        if participant.nip_reason is not None:
            return Reason(participant.nip_reason, {"detail": participant.nip_detail or ""})
        name, before = participant.person.name, self._of_before.get(participant.nip or "", ())
        if any(not names_differ(name, each) for each in before):
            return Reason("nip_duplicate")
        counting = self._counting.get(participant.nip or "")
        if counting is None:
            return None
        if self._counts(participant):
            return Reason("nip_duplicate") if counting > 1 else None
        return Reason("other_account_counts" if counting else "nip_duplicate")

    def _counts(self, participant: Participant) -> bool:
        return participant.id in self._bound or counts(participant, self._entries)


def held_by_persons(overrides: Mapping[str, Override]) -> frozenset[str]:
    """Return whom a person holds, by internal id."""
    return frozenset(who for who, each in overrides.items() if each.kind is OverrideKind.HOLD)


def counts(participant: Participant, entries: Mapping[str, Entry]) -> bool:
    """Say whether a participant is enrolled in the MOOC, or was and holds a seat in a course."""
    if participant.person.enrolment is not Enrolment.ENDED:
        return True
    entry = entries.get(participant.id)
    return entry is not None and entry.state in HOLDS_A_SEAT and entry.angkatan is not None


def better(own: Decision, others: Sequence[tuple[int, Decision]]) -> Decision:
    """Return the decision about one person with several accounts: the best of what each of them alone would give.

    ``others`` are the decisions by the evidence of the other accounts, with their user ids in the MOOC. The limit was
    reached when the first of the best accounts reached it.
    """
    best, account = own, None
    for user_id, decision in others:
        if _rank(decision) > _rank(best):
            best, account = decision, user_id
    reached = [
        each.reached_at
        for each in (own, *(decision for _, decision in others))
        if each.outcome is best.outcome and each.reached_at is not None
    ]
    best = best._replace(reached_at=min(reached, default=None))
    if account is None:
        return best
    return best._replace(reasons=(*best.reasons, Reason("merged_evidence", {"account": str(account)})))


def _rank(decision: Decision) -> tuple[int, bool, Decimal]:
    return _BETTER[decision.outcome], decision.score is not None, decision.score or Decimal(0)
