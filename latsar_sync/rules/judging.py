"""What a reading changes in what is known: new evidence and decisions, with versions that count up. Pure (rules 4, 8).

A part of the evidence that was not read this time keeps its last reading; a part that was asked for and refused is
unread. A record that nothing changes comes out equal to the one that went in.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from itertools import chain

from latsar_sync.domain.actions import Override, OverrideKind
from latsar_sync.domain.decision import NO_GATES, Basis, Decision, Outcome, Reason, Rules, Standing, Threshold
from latsar_sync.domain.entry import Entry
from latsar_sync.domain.errors import NOT_CONFIRMED
from latsar_sync.domain.evidence import (
    UNREAD_GRADE,
    Activity,
    Attempts,
    Evidence,
    Grade,
    GradeStatus,
    Imported,
    Materials,
)
from latsar_sync.domain.known_people import KnownPeople
from latsar_sync.domain.many_people import by_user_id, people_of
from latsar_sync.domain.nip import check_nip
from latsar_sync.domain.packed import Places
from latsar_sync.domain.participant import Enrolment, Participant, Person
from latsar_sync.domain.records import Record
from latsar_sync.rules import identity
from latsar_sync.rules.admission import decide, gates_lacking
from latsar_sync.rules.clearances import ClearanceRules
from latsar_sync.rules.identity import Related, Relations
from latsar_sync.rules.score_gate import could_still_qualify

RECORD_UNREADABLE = Reason("record_unreadable")
ACCOUNT_UNCONFIRMED = Reason("source_account_unconfirmed")
_UNREAD = frozenset({"grade_unread", RECORD_UNREADABLE.code, "attempts_unread", "materials_unread"})


@dataclass(frozen=True, slots=True)
class PeopleInDetail:
    """What one run read. ``materials`` and ``attempts`` hold who was asked, None for whom the site rejected.

    ``everybody`` is False when only chosen people were looked at: nobody is taken for gone then.
    ``enrolments`` says whether suspended enrolments were told apart. ``imported`` holds the confirmed scores of files.
    ``unseen`` are activities that people's completion names and the course's contents do not.

    ``aside`` are people whose entry in the list could not be read, ``unreadable`` those of whose grade, attempts or
    materials that is said; each with what was wrong. ``elsewhere`` are people known from a time when the whole course
    was read, in no group of ours: they were not looked for, and stay what they were. ``reported`` are the fingerprints
    of people's rows in a report, by user id; ``unanswered`` are people (user id) about whom the site refused to answer,
    and when they were last asked (seconds since 1970). ``looked_at`` are those, of whom was known before, that the
    reading is about, None for everybody: the others stand as known, and carry no number that these carry.
    """

    people: Sequence[Person]
    grades: Mapping[int, Grade] = field(default_factory=dict)
    materials: Mapping[int, Materials | None] = field(default_factory=dict)
    attempts: Mapping[int, Attempts | None] = field(default_factory=dict)
    everybody: bool = True
    enrolments: bool = True
    imported: Mapping[int, Imported] = field(default_factory=dict)
    unseen: tuple[Activity, ...] = ()
    aside: Mapping[int, str] = field(default_factory=dict)
    unreadable: Mapping[int, str] = field(default_factory=dict)
    elsewhere: frozenset[int] = frozenset()
    reported: Mapping[int, str] = field(default_factory=dict)
    unanswered: tuple[tuple[int, int], ...] = ()
    looked_at: frozenset[int] | None = None


@dataclass(frozen=True, slots=True)
class Moment:
    """When and by which rows this run judges; ``today`` is the date in the programme's zone.

    ``thresholds`` is the recorded history by version; ``overrides`` are those in force, by internal id;
    ``clearances`` None where a programme requires none; ``entries`` is the roster as it stands, by internal id.
    """

    now: datetime
    today: date
    required_version: int | None = None
    thresholds: Mapping[int, Threshold] = field(default_factory=dict)
    overrides: Mapping[str, Override] = field(default_factory=dict)
    clearances: ClearanceRules | None = None
    entries: Mapping[str, Entry] = field(default_factory=dict)
    terms_version: int | None = None


def at_their_places(
    reading: PeopleInDetail, known: KnownPeople, places: Mapping[str, str], today: date
) -> PeopleInDetail:
    """Return a reading in which everybody is at the place that a placement list tells by NIP, others at none."""

    def placed(person: Person) -> Person:
        was = known.participant(person.user_id)
        nip = was.nip if was is not None else check_nip(person.key, today).nip
        place = places.get(nip or "", "")
        return person if person.place == place else person._replace(place=place)

    return replace(reading, people=people_of(map(placed, reading.people), len(reading.people)))


def judge(
    known: KnownPeople, reading: PeopleInDetail, rules: Rules, moment: Moment, new_id: Callable[[int], str]
) -> Iterator[tuple[Record | None, Record]]:
    """Yield everybody whose record this reading makes or touches: what was known of them, and the record now.

    ``known`` is by user id in the MOOC; whoever was yielded may be let go of there, but for an account that was merged
    into another, which is judged by its evidence too. ``new_id`` gives the same internal id for the same number.

    Whoever is no longer enrolled keeps the last evidence, flagged (rule 5). Everybody known is judged again, since a
    new threshold or a NIP that is now shared changes decisions without any new evidence.
    """
    now = _AsRead(known, reading, rules, moment.today, new_id)
    relations = Relations(now.everybody, now.judged(), moment.clearances, moment.entries)
    for user_id in now.judged_ids():
        before = known.get(user_id)
        participant = now.of(user_id, before.participant if before is not None else None)
        related, seen = relations.of(participant), user_id not in now.gone
        yield before, _record(participant, before, known, reading, rules, moment, related, seen)


class _AsRead:
    """Everybody as they are after a reading, by user id: ``people`` are those it shows, ``gone`` whom it shows no more.

    Who somebody is now is made out anew whenever they are gone through: nobody is held besides what was known and read.
    """

    def __init__(
        self, known: KnownPeople, reading: PeopleInDetail, rules: Rules, today: date, new_id: Callable[[int], str]
    ) -> None:
        self._known, self._today, self._new_id = known, today, new_id
        self._looked_at = reading.looked_at
        self.people = by_user_id(_people_of(reading, known, rules))
        # who is set aside stays what is known: half of what their entry says could be read, if anything
        self._kept = reading.aside.keys() & known.keys()
        self._unlisted: dict[int, None] = {}
        self.gone = set[int]()
        if reading.everybody:
            self._unlisted = dict.fromkeys(user_id for user_id in self._kept if user_id not in self.people)
            asked = known if reading.looked_at is None else reading.looked_at
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
            return new_participant(self._new_id(self._newcomers.of(user_id)), self.people[user_id], self._today)
        if user_id in self._kept:
            return was
        shown = self.people.get(user_id)
        now = _participant(shown or was.person._replace(enrolment=Enrolment.ENDED), was, self._today)
        return self._known.in_words_of(shown, was) if shown is not None and now is was else now

    def _is_another(self, user_id: int) -> bool:
        return user_id not in self.people and user_id not in self._unlisted


def _people_of(reading: PeopleInDetail, known: KnownPeople, rules: Rules) -> Sequence[Person]:
    """Return whom a reading shows and is about: everybody, or of chosen people those whose grade was read.

    A known suspension is kept where the reading did not look at it; to be in the list at all ends no enrolment.
    """
    people = reading.people
    if not reading.everybody and rules.gated:
        people = [person for person in people if person.user_id in reading.grades]
    if reading.enrolments:
        return people

    def kept(person: Person) -> Person:
        was = known.participant(person.user_id)
        is_kept = was is not None and was.person.enrolment not in (Enrolment.ENDED, person.enrolment)
        return person._replace(enrolment=was.person.enrolment) if was and is_kept else person

    return people_of(map(kept, people), len(people))


def new_participant(participant_id: str, person: Person, today: date) -> Participant:
    """Return the participant that somebody becomes whom a reading shows for the first time."""
    check = check_nip(person.key, today)
    return Participant(participant_id, person, check.nip, check.reason, check.detail or None)


def _participant(person: Person, known: Participant, today: date) -> Participant:
    """Return who somebody is now: what is known of them itself, if nothing is told otherwise."""
    if known.person == person and known.nip is not None:
        return known
    check = check_nip(known.corrected or person.key, today)
    return known._replace(person=person, nip=check.nip, nip_reason=check.reason, nip_detail=check.detail or None)


def _record(
    participant: Participant,
    known: Record | None,
    people: Mapping[int, Record],
    reading: PeopleInDetail,
    rules: Rules,
    moment: Moment,
    related: Related,
    seen: bool,
) -> Record:
    """Return one account's record; ``known`` is what is known of it, ``people`` are all, by user id in the MOOC."""
    user_id = participant.person.user_id
    evidence = merge_evidence(participant.person, known, reading)
    others = [
        (each.person.user_id, merge_evidence(each.person, people.get(each.person.user_id), reading))
        for each in related.others
    ]
    if known is not None and evidence == known.evidence:
        evidence = known.evidence  # what is equal is kept once, for the sake of memory
    threshold_version = rules.threshold.version if rules.threshold else None
    decision = decision_of(evidence, others, related, rules)
    decision = _in_turn(decision, evidence, known, rules, moment)
    decision = _unreadable(decision, known, reading, user_id)
    decision = overridden(decision, moment.overrides.get(participant.id))
    if known is not None and decision == known.decision:
        decision = known.decision
    before = known or Record(participant, Evidence(), None, moment.now)
    new_evidence = known is None or evidence is not before.evidence
    judged_alike = (decision, threshold_version, moment.required_version) == (
        before.decision,
        before.threshold_version,
        before.required_version,
    ) and before.terms_version in (None, moment.terms_version)  # None: made before terms were recorded
    again = new_evidence or not judged_alike
    grade_read = user_id in reading.grades and evidence.grade.status not in (
        GradeStatus.UNREAD,
        GradeStatus.UNREADABLE,
    )
    materials_read = user_id in reading.materials and evidence.materials is not None
    return Record(
        participant=participant,
        evidence=evidence,
        decision=decision,
        last_seen_at=moment.now if seen else before.last_seen_at,
        grade_as_of=moment.now if grade_read else before.grade_as_of,
        materials_as_of=(moment.now if materials_read else before.materials_as_of) if rules.materials else None,
        attempts_as_of=(moment.now if reading.attempts.get(user_id) else before.attempts_as_of)
        if rules.basis is Basis.BEST_ATTEMPT
        else None,
        # a row stands for values that were read when it was shown, and for no others
        report_row=reading.reported.get(user_id, before.report_row) if grade_read else before.report_row,
        evidence_version=before.evidence_version + int(new_evidence),
        decision_version=before.decision_version + int(again),
        threshold_version=threshold_version,
        required_version=moment.required_version,
        terms_version=moment.terms_version if again else before.terms_version,
    )


def merge_evidence(person: Person, known: Record | None, reading: PeopleInDetail) -> Evidence:
    """Return one person's evidence after a reading: what was read, else what was known.

    A score that came by a file is looked up for everybody enrolled whose grade is known, however it became known.
    """
    before = known.evidence if known else Evidence()
    grade = reading.grades.get(person.user_id, before.grade)
    told = person.user_id in reading.grades or (person.enrolment is not Enrolment.ENDED and grade != UNREAD_GRADE)
    return Evidence(
        grade=grade,
        materials=reading.materials.get(person.user_id, before.materials),
        attempts=reading.attempts.get(person.user_id, before.attempts),
        enrolment=person.enrolment,
        imported=reading.imported.get(person.user_id) if told else before.imported,
    )


def decision_of(evidence: Evidence, others: Sequence[tuple[int, Evidence]], related: Related, rules: Rules) -> Decision:
    """Return the decision by the better evidence of a person's accounts; an account that was merged says so.

    ``others`` is the evidence of the accounts merged into it, by user id in the MOOC.
    """
    own = decide(evidence, rules, related.nip_reason, related.lacking)
    if others:
        return identity.better(
            own, [(who, decide(seen, rules, related.nip_reason, related.lacking)) for who, seen in others]
        )
    if related.merged_into is None:
        return own
    return own._replace(reasons=(*own.reasons, Reason("merged_account", {"account": str(related.merged_into)})))


def _in_turn(decision: Decision, evidence: Evidence, known: Record | None, rules: Rules, moment: Moment) -> Decision:
    """Let the limit have been reached when it first was: nothing read later may cost a place in line.

    That holds while the score may still qualify, and the limit that the last decision stood on was at least as high.
    """
    first = known.decision.reached_at if known and known.decision else None
    if known is None or first is None or (decision.reached_at is not None and decision.reached_at <= first):
        return decision
    if not could_still_qualify(evidence, rules):
        return decision
    threshold = rules.threshold
    if threshold is not None and known.threshold_version != threshold.version:
        before = moment.thresholds.get(known.threshold_version or 0)
        if before is None or before.scale is not threshold.scale or before.value < threshold.value:
            return decision
    return decision._replace(reached_at=first)


def _unreadable(decision: Decision, known: Record | None, reading: PeopleInDetail, user_id: int) -> Decision:
    """Say that what lacks is unreadable in the LMS, rather than not read; whoever is set aside is not judged (rule 20).

    It stays said until that part is asked for again.
    """
    if user_id in reading.aside:
        return decision._replace(outcome=Outcome.UNDETERMINED, reasons=(RECORD_UNREADABLE,))
    asked = user_id in reading.materials or user_id in reading.attempts
    before = known.decision.reasons if known and known.decision and not asked else ()
    if decision.outcome is not Outcome.UNDETERMINED:
        return decision
    said = next((each for each in before if each in (RECORD_UNREADABLE, ACCOUNT_UNCONFIRMED)), None)
    if user_id in reading.unreadable:
        said = ACCOUNT_UNCONFIRMED if reading.unreadable[user_id] == NOT_CONFIRMED else RECORD_UNREADABLE
    if said is None:
        return decision
    reasons = (said if each.code in _UNREAD else each for each in decision.reasons)
    return decision._replace(reasons=tuple(dict.fromkeys(reasons)))


def overridden(decision: Decision, override: Override | None) -> Decision:
    """Let a hold beat the rule, and show an admission beside the rule's own answer, which stays (rule 15)."""
    if override is None:
        return decision
    if override.kind is OverrideKind.HOLD:
        return decision._replace(outcome=Outcome.HELD, reasons=(Reason("held_by_override"), *decision.reasons))
    return decision._replace(reasons=(Reason("admitted_by_override"), *decision.reasons))


def standing_of(record: Record, participant_id: str | None = None, named: bool = False) -> Standing:
    """Return where somebody stands by their record; with their name only if ``named``.

    ``participant_id`` is their internal id where it is at hand: it is then held once.
    """
    participant, decision = record.participant, record.decision
    person = participant.person
    return Standing(
        participant_id or participant.id,
        person.user_id,
        participant.nip,
        person.groups,
        person.enrolment is not Enrolment.ENDED,
        participant.merged_into is not None,
        decision.outcome if decision else None,
        decision.reached_at if decision else None,
        decision.score if decision else None,
        gates_lacking(decision) if decision and decision.outcome is Outcome.NOT_YET else NO_GATES,
        person.name if named else "",
    )
