"""The MOOC side of a walk: whom to read, how deeply, and what came of it. It writes and judges nothing."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from latsar_sync import admission, ledger, signals
from latsar_sync.errors import SiteRefuses, UsageError
from latsar_sync.language import _
from latsar_sync.model import Basis, Entry, GradeStatus, Person, Rules
from latsar_sync.moodle import changes, source
from latsar_sync.moodle.client import MoodleClient
from latsar_sync.nip import check_nip, mask_nip
from latsar_sync.records import Cursor, Record
from latsar_sync.signals import Signals, is_confirmed


@dataclass(frozen=True, slots=True)
class Gathering:
    """Reads one programme's MOOC course. ``nip`` is the one participant that a run is about, None for everybody.

    ``known`` is by user id in the MOOC, ``entries`` by internal id; ``today`` is the date in the programme's zone.
    ``cursor`` says how far the last good run had read; ``clock`` is asked to compare it with the site's.
    """

    client: MoodleClient
    wanted: source.SourceCourse
    known: Mapping[int, Record]
    entries: Mapping[str, Entry]
    today: date
    nip: str | None = None
    cursor: Cursor | None = None
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    def survey(self, whole: bool) -> source.Survey:
        """Read the course, its people and their grades: everybody's if ``whole``, else of whom they may have changed.

        Raise UsageError if nobody in it has the NIP asked for.
        """
        if self.nip is not None:
            return self._survey_of_one(whole)
        told: Signals | None = None

        def choose(seen: source.Seen) -> Sequence[Person]:
            nonlocal told
            told = self._signals(seen)
            if told is None:
                return seen.people
            asked = signals.grades_to_read(seen.people, self.known, self.entries, told)
            # the evaluation itself is looked at in every run, by somebody of whom a grade was read before
            return asked or [next(filter(self._shows_the_evaluation, seen.people), seen.people[0])]

        if whole or self.cursor is None or not changes.can_tell(self.client):
            return source.survey(self.client, self.wanted, whole)
        found = source.survey(self.client, self.wanted, whole, choose, widen=True)
        return replace(found, signals=told)

    def details(self, found: source.Survey, rules: Rules, whole: bool, step: Callable[[int], None]) -> ledger.Reading:
        """Read attempts and materials of those for whom they still matter; of everybody if ``whole`` (rule 10)."""
        reading = ledger.Reading(
            found.people, found.grades, everybody=self.nip is None, enrolments=found.suspended_read
        )
        told = None if whole else found.signals
        asked = [
            person
            for person in found.people
            if (whole or self.nip is not None or not self._is_confirmed(person))
            and (told is not None or person.user_id in found.grades)
        ]
        if rules.threshold is not None and rules.basis is Basis.BEST_ATTEMPT:
            attempted = [person for person in asked if told is None or self._attempts_are_open(person, told)]
            step(len(attempted))
            threshold, user_ids = rules.threshold, [person.user_id for person in attempted]
            if user_ids:
                attempts = source.read_attempts(
                    self.client, found, user_ids, lambda maximum: admission.in_points(threshold, maximum)
                )
                reading = replace(reading, attempts=attempts)
        if not rules.materials:
            return reading
        asked = [
            person
            for person in asked
            if whole
            or (self._can_qualify(person, reading, rules) and (told is None or self._is_open(person, rules, told)))
        ]
        step(len(asked))
        states = source.read_materials(self.client, found, self.wanted, [person.user_id for person in asked])
        materials = {
            user_id: None if state is None else admission.materials_of(state, rules.required)
            for user_id, state in states.items()
        }
        return replace(reading, materials=materials)

    def _survey_of_one(self, whole: bool) -> source.Survey:
        found = source.survey(
            self.client, self.wanted, whole, lambda seen: list(filter(self._is_asked_for, seen.people))
        )
        if not any(map(self._is_asked_for, found.people)):
            raise UsageError(
                _("Nobody in {course} has the NIP {nip}.").format(course=found.shortname, nip=mask_nip(self.nip or "")),
                _("Check the number, and the account in the MOOC that should carry it."),
            )
        return found

    def _signals(self, seen: source.Seen) -> Signals | None:
        """Return what the site tells of the time since the last good run; None if everybody must be asked."""
        told = signals.signals_of(self.cursor, seen.course_id, seen.site_time, self.clock(), seen.visits)
        if told is None or self.cursor is None or not seen.people:
            return None
        found = changes.read_changes(self.client, seen.course_id, self.cursor.cmid, told.since)
        if found is None:
            return None
        # asking for attempts proves the right without which those of other people are left out of the changes
        whom = told.visitors() if found.attempts or found.grades else []
        try:
            attempts = changes.read_attempt_ids(self.client, self.cursor.quiz_id, whom or [seen.people[0].user_id])
        except SiteRefuses:
            return None
        unexplained = not signals.explained(found, attempts) or self.cursor.cmid in found.settings
        return replace(told, evaluation=unexplained, settings=found.settings, touched=found.touched)

    def _is_asked_for(self, person: Person) -> bool:
        return check_nip(person.key, self.today).nip == self.nip

    def _can_qualify(self, person: Person, reading: ledger.Reading, rules: Rules) -> bool:
        evidence = ledger.merge_evidence(person, self.known.get(person.user_id), reading)
        return admission.could_still_qualify(evidence, rules)

    def _attempts_are_open(self, person: Person, told: Signals) -> bool:
        return signals.attempts_to_read(person, self.known.get(person.user_id), told)

    def _is_open(self, person: Person, rules: Rules, told: Signals) -> bool:
        version = rules.threshold.version if rules.threshold else None
        required = [activity.cmid for activity in rules.required]
        return signals.materials_to_read(person, self.known.get(person.user_id), required, version, told)

    def _shows_the_evaluation(self, person: Person) -> bool:
        record = self.known.get(person.user_id)
        return record is not None and record.evidence.grade.status in (GradeStatus.GRADED, GradeStatus.NO_GRADE)

    def _is_confirmed(self, person: Person) -> bool:
        return is_confirmed(self.known.get(person.user_id), self.entries)
