"""What is read of some people of a MOOC course only, a call a person: their attempts and completion (rule 10).

It comes last, of those alone whose answer it can change. It judges nothing.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial

from latsar_sync.domain.decision import Basis, Rules, Threshold
from latsar_sync.domain.evidence import Materials
from latsar_sync.domain.language import _
from latsar_sync.domain.many_people import pack_materials
from latsar_sync.domain.participant import Enrolment, Person
from latsar_sync.domain.source_as_read import Extent, PeopleAndGrades, SourceReading
from latsar_sync.moodle.client import MoodleClient
from latsar_sync.moodle.completion import read_completion, unseen_in_completion
from latsar_sync.moodle.functions import Function
from latsar_sync.moodle.parsing import kept_once
from latsar_sync.moodle.quiz_attempts import read_attempts, read_quiz
from latsar_sync.rules.kept_from_before import evidence_after
from latsar_sync.rules.material_gate import completion_of
from latsar_sync.rules.refused_readings import remembered, unanswered_last
from latsar_sync.rules.score_against_threshold import could_still_qualify, reaches
from latsar_sync.rules.whom_to_ask_again import is_confirmed
from latsar_sync.run.mooc_what_changed import whose_attempts, whose_materials
from latsar_sync.run.whom_to_look_for import KnownInMooc


@dataclass(frozen=True, slots=True, kw_only=True)
class MoocDetails:
    """The part of a ``MoocSource`` that reads the details of a course's people.

    ``known_in_mooc`` are the programme's people as known; ``nip`` is the one participant that a run is about, None for
    everybody. ``clock`` tells when an answer was refused; ``tell`` is told of how many people details are read.
    """

    client: MoodleClient
    known_in_mooc: KnownInMooc
    nip: str | None = None
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    tell: Callable[[int], None] = lambda _number: None

    def details(self, as_read: PeopleAndGrades, rules: Rules, full: bool) -> SourceReading:
        """Return what was found, with the attempts and materials of those for whom they still matter (rule 10).

        In a ``full`` run they matter of everybody. They come last, once it is known by what people are judged: each
        costs a call a person.
        """
        reading = SourceReading(
            replace(as_read, people=self.known_in_mooc.not_erased(as_read.people)),
            looks_for_everybody=self.nip is None,
            imported=self.known_in_mooc.imported,
            aside=self._set_aside(as_read),
            unreadable=dict(as_read.without_grade.unreadable),
            elsewhere=self.known_in_mooc.elsewhere() if as_read.how_found.all_of_ours_alone else frozenset(),
        )
        people = self._looked_at(reading)
        if not full and self.nip is None:
            people = self._unless_confirmed(people, reading.extent)
        if rules.threshold is not None and rules.basis is Basis.BEST_ATTEMPT:
            reading = self._with_attempts(reading, people, rules.threshold)
        if rules.by_materials:
            asked = people if full else self._whose_materials(reading, people, rules)
            reading = self._with_materials(reading, asked, rules)
        return replace(reading, unanswered=self._unanswered_after(reading, self.clock()))

    def _set_aside(self, as_read: PeopleAndGrades) -> dict[int, str]:
        """Return whose place in the list of people could not be read: they stay what they were, and are not judged."""
        here, looked_at = {person.user_id for person in as_read.people}, as_read.extent.looked_at
        theirs = here | self.known_in_mooc.known.keys() if looked_at is None else here | looked_at
        aside = {user_id: why for user_id, why in as_read.how_found.how_well_read.spoiled.items() if user_id in theirs}
        if not as_read.how_found.how_well_read.whole:
            why = _("not in the list, which could not be read to its end")
            asked = self.known_in_mooc.known if looked_at is None else looked_at
            not_listed = [user_id for user_id in asked if user_id not in here | aside.keys()]
            kept = (Enrolment.ACTIVE, Enrolment.SUSPENDED)
            aside |= {
                each: why for each in not_listed if self.known_in_mooc.known[each].participant.person.enrolment in kept
            }
        return aside

    def _looked_at(self, reading: SourceReading) -> list[Person]:
        """Return whom the reading is about: where nothing narrowed it, all whose grade was asked for."""
        if not reading.extent.reads_everything:
            return list(reading.people)
        return [each for each in reading.people if each.user_id in reading.grades]

    def _unless_confirmed(self, people: Iterable[Person], extent: Extent) -> list[Person]:
        """Return whose attempts and materials may still change something: whoever is confirmed has their seat."""
        known, entries = self.known_in_mooc.known, self.known_in_mooc.entries
        return [
            person
            for person in people
            if person.user_id in extent.exactly or not is_confirmed(known.get(person.user_id), entries)
        ]

    def _with_attempts(self, reading: SourceReading, people: Sequence[Person], threshold: Threshold) -> SourceReading:
        """Read the attempts of whoever may have a new one."""
        as_read = reading.as_read
        signals = as_read.extent.signals  # None where nothing tells what stayed as it was: then everything is read
        changed = people if signals is None else whose_attempts(self.known_in_mooc, as_read.extent, signals, people)
        asked = [person.user_id for person in unanswered_last(changed, self.known_in_mooc.unanswered)]
        self.tell(len(asked))
        if not asked:
            return reading
        spoiled: dict[int, str] = {}
        quiz = read_quiz(self.client, as_read)
        attempts = read_attempts(self.client, quiz, asked, partial(reaches, threshold=threshold), spoiled)
        return replace(reading, attempts=attempts, quiz_marks=quiz.marks, unreadable={**spoiled, **reading.unreadable})

    def _whose_materials(self, reading: SourceReading, people: Sequence[Person], rules: Rules) -> Sequence[Person]:
        """Return who can still qualify, as far as their completion may have changed."""
        extent, known = reading.extent, self.known_in_mooc.known
        may_qualify = [
            person
            for person in people
            if person.user_id in extent.exactly
            or could_still_qualify(evidence_after(person, known.get(person.user_id), reading, rules), rules)
        ]
        if extent.signals is None:  # nothing tells what stayed as it was
            return may_qualify
        several_at_once = self.client.supports(Function.CALL_EXTERNAL_FUNCTIONS)
        known_in_mooc = self.known_in_mooc
        return whose_materials(known_in_mooc, extent, extent.signals, may_qualify, rules.required, several_at_once)

    def _with_materials(self, reading: SourceReading, asked: Sequence[Person], rules: Rules) -> SourceReading:
        """Read the completion of whoever is ``asked``."""
        as_read = reading.as_read
        self.tell(len(asked))
        spoiled: dict[int, str] = {}
        user_ids = [person.user_id for person in unanswered_last(asked, self.known_in_mooc.unanswered)]
        criteria, partly = set[str](), set[int]()
        states = read_completion(self.client, as_read, self.known_in_mooc.wanted, user_ids, spoiled, criteria, partly)

        def materials_by(user_id: int, state: Mapping[int, int] | None) -> Materials | None:
            barred = as_read.activities.barred.get(
                user_id, ()
            )  # what their groups bar somebody from is not asked of them
            theirs = [each for each in rules.required if each.cmid not in barred] if barred else rules.required
            # whom they bar from all of it is admitted no more for that than where nothing is asked (rule 3)
            return None if state is None else kept_once(completion_of(state, theirs or rules.required))

        materials = pack_materials(
            ((user_id, materials_by(user_id, state)) for user_id, state in states.items()), len(states)
        )
        unseen = unseen_in_completion(as_read, self.known_in_mooc.wanted, states.values())
        unreadable = {**spoiled, **reading.unreadable}
        told_by = tuple(sorted(criteria)) or None
        return replace(
            reading, materials=materials, unseen=unseen, unreadable=unreadable, criteria=told_by, partly=len(partly)
        )

    def _unanswered_after(self, reading: SourceReading, now: datetime) -> tuple[tuple[int, int], ...]:
        """Return about whom an answer was refused, now or before, and when: the next run asks them last, if at all."""
        as_read, answers = reading.as_read, (reading.materials, reading.attempts)
        refused = as_read.without_grade.refused.union(
            *((user_id for user_id, each in some.items() if each is None) for some in answers)
        )
        if not (refused or self.known_in_mooc.unanswered):
            return ()
        answered = {*as_read.grades, *reading.materials, *reading.attempts} - as_read.extent.left_alone
        here = {person.user_id for person in as_read.people}
        return remembered(self.known_in_mooc.unanswered, here, answered, refused, now)
