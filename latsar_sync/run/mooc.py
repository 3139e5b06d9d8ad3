"""A MOOC course as the source of a run: who is there, with which grade, and what they did. It judges nothing.

Attempts and completion, a call a person, are read last, of those alone whose answer they can change (rule 10).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import partial

from latsar_sync.domain.decision import Basis, Rules, Threshold
from latsar_sync.domain.errors import LatsarError, SiteRefuses
from latsar_sync.domain.evidence import Materials
from latsar_sync.domain.language import _, command, for_admins, joined
from latsar_sync.domain.many_people import grades_of, materials_of, people_of
from latsar_sync.domain.participant import Enrolment, Person
from latsar_sync.domain.records import Checkpoint
from latsar_sync.domain.request import Depth
from latsar_sync.domain.source_as_read import PeopleAndGrades, PeopleInDetail
from latsar_sync.moodle import mooc_course
from latsar_sync.moodle.client import MoodleClient
from latsar_sync.moodle.completion import read_completion, unseen_in_completion
from latsar_sync.moodle.custom_report import look_up
from latsar_sync.moodle.functions import Function
from latsar_sync.moodle.parsing import kept_once
from latsar_sync.moodle.people_by_list import NEEDED
from latsar_sync.moodle.quiz_attempts import read_attempts, read_quiz
from latsar_sync.rules import score_gate
from latsar_sync.rules.judging import merge_evidence
from latsar_sync.rules.material_gate import completion_of
from latsar_sync.rules.refused_readings import remembered, unanswered_last
from latsar_sync.rules.whom_to_ask_again import is_confirmed
from latsar_sync.run import mooc_remarks
from latsar_sync.run.ahead_of_reading import AheadOfReading, AskedAlready
from latsar_sync.run.custom_report import CustomReport
from latsar_sync.run.mooc_of_one import people_and_grades_of_one
from latsar_sync.run.mooc_what_changed import WhatChanged, whose_attempts, whose_materials
from latsar_sync.run.whom_to_look_for import Ours


@dataclass(frozen=True, slots=True)
class MoocSource:
    """Reads one programme's MOOC course. ``ours`` are its people as known, ``today`` the date in its zone.

    ``nip`` is the one participant that a run is about, None for everybody. ``checkpoint`` says how far the last good
    run had read; ``clock`` is asked to compare it with the site's. Where nobody but our people is read, the grades of
    all who are not confirmed are read in every run while they are no more than ``exact_up_to``.
    ``custom_report`` is the number of one that tells whom to ask. A quiet run that is ``sparing`` asks about those who
    were there alone. ``tell`` is told of how many people details are read. What is asked ``already`` is
    not asked again.
    """

    client: MoodleClient
    ours: Ours
    today: date
    nip: str | None = None
    checkpoint: Checkpoint | None = None
    exact_up_to: int = 200
    custom_report: int | None = None
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    tell: Callable[[int], None] = lambda _number: None
    sparing: bool = False
    already: AskedAlready | None = None

    @property
    def name(self) -> str:
        """The site's name."""
        return self.client.name

    def people_and_grades(self, depth: Depth, exactly: frozenset[int]) -> PeopleAndGrades:
        """Read the course, its people and their grades: everybody's, or of whom they may have changed.

        In a night the course itself is read whole; ``exactly`` are read whatever the signals say. Raise UsageError if
        nobody in it has the NIP asked for.
        """
        if self.nip is not None:
            as_read = people_and_grades_of_one(self.client, self.ours, self.nip, self.today)
        else:
            custom_report = CustomReport(
                self.client, self.ours, self.custom_report, self.clock(), depth is not Depth.CHANGED
            )
            if depth is Depth.EVERYTHING:
                as_read = self._everybody(custom_report)
            else:
                as_read = WhatChanged(
                    self.client,
                    self.ours,
                    self.checkpoint,
                    self.exact_up_to,
                    self.clock,
                    custom_report,
                    exactly,
                    self.sparing,
                    self.already,
                ).people_and_grades()
        erased = len(as_read.people) - len(self.ours.not_erased(as_read.people))
        by_an_admin = self.client.site_info().userissiteadmin
        return replace(as_read, remarks=mooc_remarks.of_people_and_grades(self.name, as_read, by_an_admin, erased))

    def _everybody(self, custom_report: CustomReport) -> PeopleAndGrades:
        """Read everything of everybody: the course, who is in it, what they reached.

        What is asked ahead only saves requests; the custom report is for the runs that follow.
        """
        client, ours, wanted = self.client, self.ours, self.ours.wanted
        ahead = AheadOfReading(client, ours, self.exact_up_to)
        ahead.of_everything(custom_report.first_call)
        custom_report.read()
        way = mooc_course.way_of(client, wanted)
        course = mooc_course.look_at_course(client, wanted)
        seen = mooc_course.see_people(
            client, wanted, way, course, ours.before(deep=True, only_ours=way.only_ours), deep=True
        )
        ahead.of_each(seen)
        asked = unanswered_last(seen.people, ours.unanswered)
        as_read = mooc_course.read_values(client, wanted, seen, asked, deep=True)
        return custom_report.noted_in(as_read, seen.visits)

    def nobody(self, as_read: PeopleAndGrades) -> str:
        """Return the note that no participant is visible in a course that never had any.

        Raise SiteRefuses if not even a teacher is. Course contacts stay visible without ``moodle/user:viewdetails``
        (Moodle ``user/lib.php``, ``user_can_view_profile``): a teacher who shows does not prove that others would.
        """
        remedy = for_admins(
            _(
                "Give the service account's role moodle/user:viewdetails and moodle/site:accessallgroups there, or "
                "correct participant_roles: {doctor} names the roles that show."
            ).format(doctor=command("doctor"))
        )
        if not as_read.how_found.anybody:
            text = _("{name}: nobody is visible in the course {shortname}, not even a teacher.")
            raise SiteRefuses(text.format(name=self.name, shortname=as_read.shortname), remedy)
        said = _("{name}: no participant is visible in the course {shortname}; some may be enrolled there.")
        return joined(said.format(name=self.name, shortname=as_read.shortname), remedy)

    def without_who_left(self, in_detail: PeopleInDetail, user_ids: frozenset[int]) -> PeopleInDetail | None:
        """Return the same without those of these few who are in the course no more; None where they cannot be asked
        for by themselves.

        Of whoever left nothing was read: they keep what is known of them.
        """
        as_read, wanted = in_detail.as_read, self.ours.wanted
        if not all(map(self.client.supports, NEEDED)):
            return None
        try:
            there = look_up(self.client, as_read.course_id, wanted.participant_key, wanted.roles, [], user_ids)
        except LatsarError:
            return None
        gone = user_ids - there.keys() - there.spoiled.keys()
        people = people_of((each for each in as_read.people if each.user_id not in gone), len(as_read.people))
        grades = grades_of((each for each in as_read.grades.items() if each[0] not in gone), len(as_read.grades))
        done = materials_of((each for each in in_detail.materials.items() if each[0] not in gone), len(people))
        attempts = {who: each for who, each in in_detail.attempts.items() if who not in gone}
        as_read = replace(as_read, people=people, grades=grades)
        return replace(in_detail, as_read=as_read, materials=done, attempts=attempts)

    def details(self, as_read: PeopleAndGrades, rules: Rules, of_everybody: bool) -> PeopleInDetail:
        """Return what was found, with the attempts and materials of those for whom they still matter (rule 10).

        They matter ``of_everybody`` where all is read. They come last, once it is known by what people are judged: each
        costs a call a person.
        """
        only_in_groups = as_read.how_found.only_ours and not as_read.how_found.alone
        in_detail = PeopleInDetail(
            replace(as_read, people=self.ours.not_erased(as_read.people)),
            everybody=self.nip is None,
            imported=self.ours.imported,
            aside=self._set_aside(as_read),
            unreadable=dict(as_read.without_grade.unreadable),
            elsewhere=self.ours.elsewhere() if only_in_groups else frozenset(),
        )
        people = self._who_may_change(in_detail, confirmed_too=of_everybody or self.nip is not None)
        if rules.threshold is not None and rules.basis is Basis.BEST_ATTEMPT:
            in_detail = self._with_attempts(in_detail, people, rules.threshold)
        if rules.by_materials:
            in_detail = self._with_materials(in_detail, people, rules, of_everybody)
        return replace(in_detail, unanswered=self._unanswered_after(in_detail, self.clock()))

    def _set_aside(self, as_read: PeopleAndGrades) -> dict[int, str]:
        """Return whose place in the list of people could not be read: they stay what they were, and are not judged."""
        here, looked_at = {person.user_id for person in as_read.people}, as_read.chosen.looked_at
        theirs = here | self.ours.known.keys() if looked_at is None else here | looked_at
        aside = {user_id: why for user_id, why in as_read.how_found.roll.spoiled.items() if user_id in theirs}
        if not as_read.how_found.roll.whole:
            why = _("not in the list, which could not be read to its end")
            asked = self.ours.known if looked_at is None else looked_at
            not_listed = [user_id for user_id in asked if user_id not in here | aside.keys()]
            kept = (Enrolment.ACTIVE, Enrolment.SUSPENDED)
            aside |= {each: why for each in not_listed if self.ours.known[each].participant.person.enrolment in kept}
        return aside

    def _who_may_change(self, in_detail: PeopleInDetail, confirmed_too: bool) -> list[Person]:
        """Return whose attempts and materials may still change something: whoever is confirmed has their seat."""
        chosen, grades = in_detail.as_read.chosen, in_detail.as_read.grades
        return [
            person
            for person in in_detail.as_read.people
            if (not chosen.reads_everything or person.user_id in grades)
            and (
                confirmed_too
                or person.user_id in chosen.exactly
                or not is_confirmed(self.ours.known.get(person.user_id), self.ours.entries)
            )
        ]

    def _with_attempts(
        self, in_detail: PeopleInDetail, people: Sequence[Person], threshold: Threshold
    ) -> PeopleInDetail:
        """Read the attempts of whoever may have a new one."""
        as_read = in_detail.as_read
        changed = whose_attempts(self.ours, as_read.chosen, people)
        asked = [person.user_id for person in unanswered_last(changed, self.ours.unanswered)]
        self.tell(len(asked))
        if not asked:
            return in_detail
        spoiled: dict[int, str] = {}
        quiz = read_quiz(self.client, as_read)
        attempts = read_attempts(self.client, quiz, asked, partial(score_gate.reaches, threshold=threshold), spoiled)
        return replace(in_detail, attempts=attempts, marks=quiz.marks, unreadable={**spoiled, **in_detail.unreadable})

    def _with_materials(
        self, in_detail: PeopleInDetail, people: Sequence[Person], rules: Rules, of_everybody: bool
    ) -> PeopleInDetail:
        """Read the completion of whoever can still qualify, as far as it may have changed."""
        as_read, chosen = in_detail.as_read, in_detail.as_read.chosen
        may_qualify = [
            person
            for person in people
            if of_everybody
            or person.user_id in chosen.exactly
            or score_gate.could_still_qualify(
                merge_evidence(person, self.ours.known.get(person.user_id), in_detail), rules
            )
        ]
        several_at_once = self.client.supports(Function.CALL_EXTERNAL_FUNCTIONS)
        asked = whose_materials(self.ours, chosen, may_qualify, rules, several_at_once)
        self.tell(len(asked))
        spoiled: dict[int, str] = {}
        user_ids = [person.user_id for person in unanswered_last(asked, self.ours.unanswered)]
        criteria, partly = set[str](), set[int]()
        states = read_completion(self.client, as_read, self.ours.wanted, user_ids, spoiled, criteria, partly)

        def told(user_id: int, state: Mapping[int, int] | None) -> Materials | None:
            barred = as_read.activities.barred.get(user_id)  # what their groups bar somebody from is not asked of them
            required = [each for each in rules.required if each.cmid not in barred] if barred else rules.required
            return None if state is None else kept_once(completion_of(state, required))

        materials = materials_of(((user_id, told(user_id, state)) for user_id, state in states.items()), len(states))
        unseen = unseen_in_completion(as_read, self.ours.wanted, states.values())
        unreadable = {**spoiled, **in_detail.unreadable}
        told_by = tuple(sorted(criteria)) or None
        return replace(
            in_detail, materials=materials, unseen=unseen, unreadable=unreadable, criteria=told_by, partly=len(partly)
        )

    def _unanswered_after(self, in_detail: PeopleInDetail, now: datetime) -> tuple[tuple[int, int], ...]:
        """Return about whom an answer was refused, now or before, and when: the next run asks them last, if at all."""
        as_read, told = in_detail.as_read, (in_detail.materials, in_detail.attempts)
        refused = as_read.without_grade.refused.union(
            *((user_id for user_id, each in some.items() if each is None) for some in told)
        )
        if not (refused or self.ours.unanswered):
            return ()
        answered = {*as_read.grades, *in_detail.materials, *in_detail.attempts} - as_read.chosen.left_alone
        here = {person.user_id for person in as_read.people}
        return remembered(self.ours.unanswered, here, answered, refused, now)
