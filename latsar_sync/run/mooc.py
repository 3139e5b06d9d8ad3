"""A MOOC course as the source of a run: whom to read, how deeply, and what came of it. It writes and judges nothing."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime

from latsar_sync.domain.decision import Rules
from latsar_sync.domain.entry import Entry
from latsar_sync.domain.evidence import Imported
from latsar_sync.domain.language import _
from latsar_sync.domain.participant import Enrolment, Person
from latsar_sync.domain.records import Checkpoint, Record, SourceIds
from latsar_sync.domain.request import Depth
from latsar_sync.moodle import changes, source
from latsar_sync.moodle.calls_ahead import LISTS
from latsar_sync.moodle.client import MoodleClient
from latsar_sync.moodle.functions import Function
from latsar_sync.moodle.survey import SeenPeople, SourceCourse, Survey
from latsar_sync.rules import judging, whom_to_ask_again
from latsar_sync.rules.refused_readings import last, remembered, resting
from latsar_sync.rules.whom_to_ask_again import Signals, is_confirmed
from latsar_sync.run import mooc_remarks
from latsar_sync.run.custom_report import MoocReport
from latsar_sync.run.mooc_details import with_details
from latsar_sync.run.mooc_of_one import survey_of_one
from latsar_sync.run.whom_to_look_for import Ours


@dataclass(frozen=True, slots=True)
class MoocSource:
    """Reads one programme's MOOC course. ``nip`` is the one participant that a run is about, None for everybody.

    ``known`` is by user id in the MOOC, ``entries`` by internal id; ``today`` is the date in the programme's zone.
    ``erased`` are the user ids of those whose identity was destroyed here: the site still lists them, and they are
    taken for nobody. ``imported`` holds confirmed scores of files, which stand in where the MOOC has none.
    ``checkpoint`` says how far the last good run had read; ``clock`` is asked to compare it with the site's; ``ids``
    are those by which it is guessed what will be asked. Where nobody but our people is read, the grades of all who are
    not confirmed are read in every run while they are no more than ``exact_up_to``. ``report`` is the number of a
    report that tells whom to ask.
    """

    client: MoodleClient
    wanted: SourceCourse
    known: Mapping[int, Record]
    entries: Mapping[str, Entry]
    today: date
    nip: str | None = None
    imported: Mapping[int, Imported] = field(default_factory=dict)
    erased: Collection[int] = frozenset()
    checkpoint: Checkpoint | None = None
    ids: SourceIds | None = None
    exact_up_to: int = 200
    report: int | None = None
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    @property
    def name(self) -> str:
        """The site's name."""
        return self.client.name

    def survey(self, depth: Depth, exactly: frozenset[int]) -> Survey:
        """Read the course, its people and their grades: everybody's, or of whom they may have changed.

        In a night the course itself is read whole; ``exactly`` are read whatever the signals say. Raise UsageError if
        nobody in it has the NIP asked for.
        """
        if self.nip is not None:
            whole = depth is Depth.EVERYTHING
            found = survey_of_one(self.client, self._ours, self.nip, self.today, self.erased, whole)
        else:
            found = self._survey_of_everybody(depth, exactly)
        erased = sum(person.user_id in self.erased for person in found.people)
        by_an_admin = self.client.site_info().userissiteadmin
        return replace(found, remarks=mooc_remarks.of_the_survey(self.name, found, by_an_admin, erased))

    def _survey_of_everybody(self, depth: Depth, exactly: frozenset[int]) -> Survey:
        deep, since = depth is not Depth.CHANGED, None if depth is Depth.EVERYTHING else self.checkpoint
        guess = self._ours.before(deep, self.wanted.names_ours, since)
        report = MoocReport(
            self.client, self.wanted, self.report, self.known, self.erased, self.ids, self.clock(), deep
        )
        calls = self._ours.head(guess, deep, self.exact_up_to, exactly, report.first_call)
        witness = next((each.arguments["userid"] for each in calls if each.function is Function.GRADE_ITEMS), None)
        self.client.ask_ahead(calls, LISTS if deep else ())
        report.read()
        seen = self._see_people(deep, since, report)
        asked: Sequence[Person] = seen.people
        told, changed, left_alone = None, frozenset[int](), frozenset[int]()
        if seen.course.checkpoint is not None:
            changed = report.changed(report.of(seen.people))
            told = self._signals(seen, changed)
        if told is not None:
            exactly |= changed if depth is Depth.NIGHT else frozenset()
            left_alone = resting(seen.people, self.known, self._ours.unanswered, told, exactly, self.clock())
            asked = self._to_be_asked(seen, told, exactly, left_alone, witness)
        found = source.read_values(self.client, self.wanted, seen, last(asked, self._ours.unanswered), deep)
        found = replace(found, signals=told, exactly=exactly, left_alone=left_alone)
        shown = report.of(found.people)
        rows = shown.rows if shown else {}
        ids = report.remembered(found.ids, shown, seen.visits) if found.ids else None
        return replace(found, ids=ids, reported=rows, report_problem=report.problem)

    def _see_people(self, deep: bool, since: Checkpoint | None, report: MoocReport) -> SeenPeople:
        """Return the course and its people: as a report tells them where a quiet run need not list them."""
        client, wanted = self.client, self.wanted
        only_ours = source.reads_only_ours(client, wanted)
        if since is not None and not (wanted.gated and changes.can_tell(client)):
            since = None
        quick = report.number is not None and since is not None and not deep and not only_ours and bool(self.known)
        course = source.look_at_course(client, wanted, since, quick)
        standing = report.stand_in(course.told, course.modules) if quick else None
        if standing is not None:
            return source.people_by_report(wanted, course, standing)
        return source.see_people(client, wanted, course, self._ours.before(deep, only_ours), deep)

    def _signals(self, seen: SeenPeople, changed: frozenset[int]) -> Signals | None:
        """Return what tells of the time since the last good run; None if everybody must be asked.

        ``changed`` are those whose row in a report reads otherwise.
        """
        course, checkpoint, now = seen.course, self.checkpoint, self.clock()
        if checkpoint is None:
            return None
        if seen.by_report:
            people, found = [person.user_id for person in seen.people], course.changes or whom_to_ask_again.Changes()
            told = whom_to_ask_again.signals_of_report(
                checkpoint, course.told.id, course.site_time, now, people, changed, found
            )
        else:
            here = self._not_erased(seen.people)
            still_open = sum(not is_confirmed(self.known.get(person.user_id), self.entries) for person in here)
            # changes of strangers cannot be told from ours: a few of ours who are open are asked
            ask_anyway = seen.only_ours and still_open <= self.exact_up_to
            shows = self._ours.who_show_the_evaluation(seen.people)
            told = changes.read_signals(self.client, checkpoint, seen, now, ask_anyway, shows)
        return told and whom_to_ask_again.with_visits(told, changed, course.site_time)

    def _to_be_asked(
        self, seen: SeenPeople, told: Signals, exactly: frozenset[int], left_alone: frozenset[int], witness: object
    ) -> Sequence[Person]:
        """Return whose grade is read, and with them somebody of whom one was read before: they show the evaluation.

        It is looked at in every run, best by the ``witness`` who was asked ahead. Where nobody shows it, everybody is
        asked, so that somebody whose grade can never be read (an account that is not confirmed) must not stand alone.
        """
        here = self._not_erased(seen.people)
        asked = whom_to_ask_again.grades_to_read(here, self.known, self.entries, told, exactly, left_alone)
        if any(self._ours.shows_the_evaluation(person.user_id) for person in asked):
            return asked
        shows = self._ours.who_show_the_evaluation(seen.people)
        return [*asked, *sorted(shows, key=lambda person: person.user_id != witness)[:1]] or seen.people[:1]

    def nobody(self, found: Survey) -> str:
        """Return the note that no participant is visible in a course that never had any; raise SiteRefuses as there."""
        return mooc_remarks.nobody_visible(self.name, found)

    def details(self, found: Survey, rules: Rules, whole: bool, step: Callable[[int], None]) -> judging.Reading:
        """Read attempts and materials of those for whom they still matter; of everybody if ``whole`` (rule 10)."""
        reading = judging.Reading(
            self._not_erased(found.people),
            found.grades,
            everybody=self.nip is None,
            enrolments=found.suspended_read,
            imported=self.imported,
            aside=self._set_aside(found),
            unreadable=dict(found.spoiled),
            elsewhere=self._ours.elsewhere() if found.only_ours and not found.alone else frozenset(),
            reported=found.reported,
        )
        reading = with_details(self.client, self._ours, found, reading, rules, whole, step)
        return replace(reading, unanswered=self._unanswered_after(found, reading))

    def _unanswered_after(self, found: Survey, reading: judging.Reading) -> tuple[tuple[int, int], ...]:
        """Return about whom an answer was refused, now or before, and when: the next run asks them last, if at all."""
        told = (reading.materials, reading.attempts)
        refused = found.refused.union(*((user_id for user_id, each in some.items() if each is None) for some in told))
        answered = {*found.grades, *reading.materials, *reading.attempts} - found.left_alone
        here = {person.user_id for person in reading.people}
        return remembered(self._ours.unanswered, here, answered, refused, self.clock())

    @property
    def _ours(self) -> Ours:
        return Ours(self.wanted, self.known, self.entries, self.ids)

    def _set_aside(self, found: Survey) -> dict[int, str]:
        """Return whose place in the list of people could not be read: they stay what they were, and are not judged."""
        here = {person.user_id for person in found.people}
        ours = here | self.known.keys()
        aside = {user_id: why for user_id, why in found.roll.spoiled.items() if user_id in ours}
        if not found.roll.whole:
            why = _("not in the list, which could not be read to its end")
            absent = [user_id for user_id in self.known if user_id not in here | aside.keys()]
            kept = (Enrolment.ACTIVE, Enrolment.SUSPENDED)
            aside |= {each: why for each in absent if self.known[each].participant.person.enrolment in kept}
        return aside

    def _not_erased(self, people: Sequence[Person]) -> tuple[Person, ...]:
        return tuple(person for person in people if person.user_id not in self.erased)
