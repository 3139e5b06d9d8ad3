"""Reading of a MOOC course what may have changed since the last good run, of whom it may have changed (rule 10).

A night goes this way too, but reads the course itself whole. Whoever follows a run that reads everything of everybody
passes this file over.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from latsar_sync.domain.errors import ConfigurationError
from latsar_sync.domain.evidence import Activity, GradeStatus
from latsar_sync.domain.participant import Person
from latsar_sync.domain.records import Checkpoint, Record
from latsar_sync.domain.source_as_read import Extent, PeopleAndGrades, Signals
from latsar_sync.moodle import changes, mooc_course
from latsar_sync.moodle.calls_ahead import COMPLETION, calls_of_both
from latsar_sync.moodle.client import MoodleClient
from latsar_sync.moodle.functions import Function
from latsar_sync.moodle.grade_reports import of_one
from latsar_sync.moodle.materials import required_of
from latsar_sync.moodle.mooc_values import SeenPeople, WayOfReading
from latsar_sync.moodle.standing_in import people_standing_in
from latsar_sync.rules import whom_to_ask_again
from latsar_sync.rules.refused_readings import resting, unanswered_last
from latsar_sync.rules.signals import Changes, signals_of_report, with_visits
from latsar_sync.rules.whom_to_ask_again import is_confirmed, lacks_material
from latsar_sync.run.ahead_of_reading import AheadOfReading, AskedAlready
from latsar_sync.run.custom_report import CustomReport
from latsar_sync.run.short_list import by_short_list
from latsar_sync.run.whom_to_look_for import KnownInMooc


@dataclass(frozen=True, slots=True)
class WhatChanged:
    """Reads the course, who is in it, and the grades of whoever may have another one since ``checkpoint``.

    Those ``exactly`` are read whatever the signals say, and in a night, when the course itself is read whole, whoever
    has a new row in the ``custom_report``. Without a report the grades of all who are not confirmed are read while they
    are no more than ``exact_up_to``. A run that is ``sparing`` asks the site about those who were there. What is
    asked ``already`` is not asked again.
    """

    client: MoodleClient
    known_in_mooc: KnownInMooc
    checkpoint: Checkpoint | None
    exact_up_to: int
    clock: Callable[[], datetime]
    custom_report: CustomReport
    exactly: frozenset[int]
    sparing: bool = False
    already: AskedAlready | None = None

    def people_and_grades(self) -> PeopleAndGrades:
        """Read them."""
        ahead = AheadOfReading(self.client, self.known_in_mooc, self._exact_up_to)
        witness = ahead.of_what_changed(self.checkpoint, self.custom_report, self.exactly, self.already)
        self.custom_report.read()
        way = mooc_course.way_of(self.client, self.known_in_mooc.wanted)
        seen = self._people_as_told(way, witness)
        return self._values(seen, witness)

    @property
    def _exact_up_to(self) -> int:
        ids, by_list = self.known_in_mooc.ids, self.known_in_mooc.wanted.nips is not None
        # by group and by list a later run looks for what this one spares; by course none would
        spares = self.sparing and (by_list or bool(ids and ids.groups))
        return 0 if spares else self.exact_up_to

    def _people_as_told(self, way: WayOfReading, witness: object) -> SeenPeople:
        """Return the course and its people: as a report or the short list tells them, if the run may believe these."""
        client, known_in_mooc, wanted, full_or_night = (
            self.client,
            self.known_in_mooc,
            self.known_in_mooc.wanted,
            self.custom_report.full_or_night,
        )
        tells = self.checkpoint is not None and wanted.gated and changes.can_tell(client)
        may_stand_in = tells and not full_or_night and way is WayOfReading.WHOLE_COURSE
        by_report = may_stand_in and self.custom_report.number is not None and bool(known_in_mooc.known)
        course = mooc_course.look_at_course(client, wanted)
        if self.checkpoint is not None and tells:
            course = changes.with_changes(client, wanted, course, self.checkpoint, by_report or way.only_ours)
        looked_at = {witness, *self.exactly}
        stand_in = self.custom_report.stand_in(course, looked_at) if by_report else None
        if stand_in is None and may_stand_in:
            stand_in = by_short_list(client, known_in_mooc, course, looked_at, self.clock())
        if stand_in is not None:
            return people_standing_in(wanted, course, stand_in)
        return mooc_course.see_people(
            client,
            wanted,
            way,
            course,
            known_in_mooc.what_to_expect(full_or_night=full_or_night, only_ours=way.only_ours),
            full_or_night,
        )

    def _values(self, seen: SeenPeople, witness: object) -> PeopleAndGrades:
        """Return the same with the grades of whom they may have changed.

        Who stands as known is asked too where that cannot be trusted.
        """
        known_in_mooc, custom_report = self.known_in_mooc, self.custom_report
        signals, changed = self._told_of(seen)
        if seen.extent.looked_at is not None and (signals is None or signals.evaluation or signals.settings):
            return self._values(known_in_mooc.with_those_not_read(seen), witness)
        asked, extent = self._whom_to_ask(seen, signals, changed, witness)
        if signals is not None and not custom_report.full_or_night:
            self._ask_of_both(seen, asked, replace(extent, sparing=self.sparing), signals, witness)
        edited = signals is not None and self.checkpoint is not None and self.checkpoint.cmid in signals.settings
        must_show_it = seen.course.checkpoint is None
        as_read = self._read_grades(seen, asked, edited, evaluation_expected=must_show_it)
        if not must_show_it and as_read.evaluation is None:
            if seen.extent.looked_at is not None:
                return self._values(known_in_mooc.with_those_not_read(seen), witness)
            as_read = self._read_grades(seen, seen.people, edited, evaluation_expected=True)
        if seen.by_report and self._may_have_left(changed, as_read):
            expected = known_in_mooc.what_to_expect(full_or_night=False, only_ours=False)
            there = mooc_course.see_people(
                self.client, known_in_mooc.wanted, WayOfReading.WHOLE_COURSE, seen.course, expected, False
            )
            return self._values(there, witness)
        spared = self.sparing and seen.how_found.only_ours and signals is not None and not signals.evaluation
        return custom_report.noted_in(replace(as_read, extent=replace(extent, sparing=spared)), seen.visits)

    def _told_of(self, seen: SeenPeople) -> tuple[Signals | None, frozenset[int]]:
        """Return what tells of the time since the last good run, and whose row in the report reads otherwise."""
        if seen.course.checkpoint is None:
            return None, frozenset()
        reported = self.custom_report.of(seen.people)
        changed = self.custom_report.changed(reported)
        if seen.by_report and reported:
            changed |= reported.missing  # of them nothing tells whether anything changed
        return self._signals(seen, changed), changed

    def _whom_to_ask(
        self, seen: SeenPeople, signals: Signals | None, changed: frozenset[int], witness: object
    ) -> tuple[Sequence[Person], Extent]:
        """Return whose grade is read, and of whom the reading is by that: everybody asked without signals."""
        known_in_mooc, exactly, left_alone = self.known_in_mooc, self.exactly, frozenset[int]()
        asked: Sequence[Person] = seen.people
        if signals is not None:
            exactly |= changed if self.custom_report.full_or_night else frozenset()
            left_alone = resting(
                seen.people, known_in_mooc.known, known_in_mooc.unanswered, signals, exactly, self.clock()
            )
            asked = self._to_be_asked(seen, signals, exactly, left_alone, witness)
        extent = replace(seen.extent, signals=signals, exactly=exactly, left_alone=left_alone)
        return unanswered_last(asked, known_in_mooc.unanswered), extent

    def _read_grades(
        self, seen: SeenPeople, asked: Sequence[Person], edited: bool, evaluation_expected: bool
    ) -> PeopleAndGrades:
        """Read the grades of whoever is asked; of an evaluation that was ``edited`` its grade to pass, too."""
        whole = self.custom_report.full_or_night
        return mooc_course.read_grades_and_requirements(
            self.client,
            self.known_in_mooc.wanted,
            seen,
            asked,
            grade_to_pass=whole or edited,
            compare_activities=whole,
            evaluation_expected=evaluation_expected,
        )

    def _signals(self, seen: SeenPeople, changed: frozenset[int]) -> Signals | None:
        """Return what tells of the time since the last good run; None if everybody must be asked.

        ``changed`` are those whose row in a report reads otherwise.
        """
        known_in_mooc, course, checkpoint, now = self.known_in_mooc, seen.course, self.checkpoint, self.clock()
        if checkpoint is None:
            return None
        if seen.by_report:
            people, found = [person.user_id for person in seen.people], course.changes or Changes()
            signals = signals_of_report(checkpoint, course.payload.id, course.site_time, now, people, changed, found)
        else:
            here = [person.user_id for person in known_in_mooc.not_erased(seen.people)]
            few = known_in_mooc.few_who_are_open(here, self._exact_up_to) is not None
            # what changes without a visit is seen where few are open; of strangers it cannot be told from known_in_mooc
            ask_anyway = few or (seen.how_found.only_ours and self.sparing)
            shows = known_in_mooc.who_shows_the_evaluation(seen.people)
            signals = changes.read_signals(self.client, checkpoint, seen, now, ask_anyway, shows)
            if signals and seen.how_found.only_ours and self.sparing:
                signals = replace(signals, evaluation=checkpoint.cmid in signals.settings)
        return signals and with_visits(signals, changed, course.site_time)

    def _ask_of_both(
        self, seen: SeenPeople, asked: Sequence[Person], extent: Extent, signals: Signals, witness: object
    ) -> None:
        """Ask together for the grades of whoever is ``asked``, and for the completion of whoever lacks only material.

        Of whom it will be asked is guessed by what is known, once a grade that came ahead, that of the ``witness``, has
        settled a pending regrade.
        """
        client, wanted, known, course = self.client, self.known_in_mooc.wanted, self.known_in_mooc.known, seen.course
        settled = isinstance(witness, int) and client.came_ahead(
            Function.GRADE_ITEMS, of_one(course.payload.id, witness)
        )
        here = self.known_in_mooc.not_erased(seen.people)
        waiting = [each for each in here if self._lacks_only_material(known.get(each.user_id))]
        if not (settled and asked and waiting and wanted.mode in COMPLETION):
            return
        with suppress(ConfigurationError):  # it is told where it is asked what is required
            required = required_of(course.payload, course.modules, wanted, wanted.believed)
            materials = whose_materials(self.known_in_mooc, extent, signals, waiting, required, True)
            grades = {person.user_id for person in asked} - {witness}
            of_both = calls_of_both(
                wanted, course.payload.id, grades, {each.user_id for each in materials}, self.known_in_mooc.unanswered
            )
            client.ask_more_ahead((), of_both if grades and materials else ())

    def _lacks_only_material(self, record: Record | None) -> bool:
        if record is None or record.decision is None or is_confirmed(record, self.known_in_mooc.entries):
            return False
        return lacks_material(record.decision.outcome, " ".join(each.code for each in record.decision.reasons))

    def _may_have_left(self, changed: frozenset[int], as_read: PeopleAndGrades) -> bool:
        """Say whether the row of somebody ``changed`` may be that of another account, which carries their number now.

        Of an account that was deleted Moodle tells nothing, of one that was unenrolled no grade.
        """
        known, grades = self.known_in_mooc.known, as_read.grades
        if (as_read.without_grade.refused & changed) - self.known_in_mooc.unanswered.keys():
            return True
        had_one = (each for each in changed & known.keys() if known[each].evidence.grade.status is GradeStatus.GRADED)
        return any(each in grades and grades[each].status is GradeStatus.NO_GRADE for each in had_one)

    def _to_be_asked(
        self, seen: SeenPeople, signals: Signals, exactly: frozenset[int], left_alone: frozenset[int], witness: object
    ) -> Sequence[Person]:
        """Return whose grade is read, and with them somebody of whom one was read before: they show the evaluation.

        It is looked at in every run, best by the ``witness`` who was asked ahead. Where nobody shows it, everybody is
        asked, so that somebody whose grade can never be read (an account that is not confirmed) must not stand alone.
        """
        known_in_mooc = self.known_in_mooc
        here = known_in_mooc.not_erased(seen.people)
        asked = whom_to_ask_again.grades_to_read(
            here, known_in_mooc.known, known_in_mooc.entries, signals, exactly, left_alone
        )
        if any(known_in_mooc.shows_the_evaluation(person.user_id) for person in asked):
            return asked
        return [*asked, *known_in_mooc.who_shows_the_evaluation(seen.people, witness)] or seen.people[:1]


def whose_attempts(
    known_in_mooc: KnownInMooc, extent: Extent, signals: Signals, people: Sequence[Person]
) -> Sequence[Person]:
    """Return who may have a new attempt by what the ``signals`` tell."""
    return [
        person
        for person in people
        if person.user_id in extent.exactly
        or whom_to_ask_again.attempts_to_read(
            person, known_in_mooc.known.get(person.user_id), signals, person.user_id in extent.left_alone
        )
    ]


def whose_materials(
    known_in_mooc: KnownInMooc,
    extent: Extent,
    signals: Signals,
    people: Sequence[Person],
    required: Sequence[Activity],
    several_calls_at_once: bool,
) -> Sequence[Person]:
    """Return whose completion may have changed by the ``signals``, and some of whom nothing would tell it, in turn.

    These only where several calls go in one request. What is ``required`` of people is the required set.
    """
    cmids = [activity.cmid for activity in required]
    asked: list[Person] = []
    others = []
    for person in people:
        record, left_alone = known_in_mooc.known.get(person.user_id), person.user_id in extent.left_alone
        exactly = person.user_id in extent.exactly and person.user_id not in known_in_mooc.by_grade
        if exactly or whom_to_ask_again.materials_to_read(person, record, cmids, signals, left_alone):
            asked.append(person)
        else:
            others.append((person, record))
    in_turn_too = several_calls_at_once and not extent.sparing
    return [*asked, *whom_to_ask_again.in_turn(others)] if in_turn_too else asked
