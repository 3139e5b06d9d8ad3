"""A MOOC course as the source of a run: who is read, and whose grades. It writes and judges nothing.

What costs a call a person is read last (``details``), once it is known by what people are judged.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from latsar_sync.domain.decision import Basis, Rules
from latsar_sync.domain.errors import SiteRefuses
from latsar_sync.domain.language import _, for_admins, joined
from latsar_sync.domain.participant import Person
from latsar_sync.domain.records import Checkpoint
from latsar_sync.domain.request import Depth
from latsar_sync.moodle import changes, mooc_course, mooc_people
from latsar_sync.moodle.client import MoodleClient
from latsar_sync.moodle.mooc_values import SeenPeople, WayOfReading
from latsar_sync.rules import whom_to_ask_again
from latsar_sync.rules.refused_readings import last, resting
from latsar_sync.rules.source_as_read import PeopleAndGrades, PeopleInDetail, ReportShown
from latsar_sync.rules.whom_to_ask_again import Signals, is_confirmed
from latsar_sync.run import mooc_details, mooc_remarks
from latsar_sync.run.ahead_of_reading import AheadOfReading
from latsar_sync.run.custom_report import MoocReport
from latsar_sync.run.mooc_of_one import people_and_grades_of_one
from latsar_sync.run.short_list import by_short_list
from latsar_sync.run.whom_to_look_for import Ours


@dataclass(frozen=True, slots=True)
class MoocSource:
    """Reads one programme's MOOC course. ``ours`` are its people as known, ``today`` the date in its zone.

    ``nip`` is the one participant that a run is about, None for everybody. ``checkpoint`` says how far the last good
    run had read; ``clock`` is asked to compare it with the site's. Where nobody but our people is read, the grades of
    all who are not confirmed are read in every run while they are no more than ``exact_up_to``. ``report`` is the
    number of a report that tells whom to ask.
    """

    client: MoodleClient
    ours: Ours
    today: date
    nip: str | None = None
    checkpoint: Checkpoint | None = None
    exact_up_to: int = 200
    report: int | None = None
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

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
            found = people_and_grades_of_one(self.client, self.ours, self.nip, self.today, depth is Depth.EVERYTHING)
        else:
            report = MoocReport(self.client, self.ours, self.report, self.clock(), depth is not Depth.CHANGED)
            found = self._everybody(report) if depth is Depth.EVERYTHING else self._what_changed(report, exactly)
        erased = len(found.people) - len(self.ours.not_erased(found.people))
        by_an_admin = self.client.site_info().userissiteadmin
        return replace(found, remarks=mooc_remarks.of_people_and_grades(self.name, found, by_an_admin, erased))

    def _everybody(self, report: MoocReport) -> PeopleAndGrades:
        """Read everything of everybody: the course, who is in it, what they reached."""
        client, ours, wanted = self.client, self.ours, self.ours.wanted
        ahead = AheadOfReading(client, ours, self.exact_up_to)
        ahead.of_everything(report.first_call)
        report.read()
        way = mooc_people.way_of(client, wanted)
        course = mooc_course.look_at_course(client, wanted)
        seen = mooc_people.see_people(client, wanted, way, course, ours.before(True, way.only_ours), whole=True)
        ahead.of_each(seen)
        found = mooc_course.read_values(client, wanted, seen, last(seen.people, ours.unanswered), whole=True)
        return _with_report(found, seen, report)

    def _what_changed(self, report: MoocReport, exactly: frozenset[int]) -> PeopleAndGrades:
        """Read the course, who is in it, and the grades of whoever may have another one since the last good run.

        In a night, when the course is read ``deep``, whoever has a new row in the report is read exactly.
        """
        ahead = AheadOfReading(self.client, self.ours, self.exact_up_to)
        witness = ahead.of_what_changed(self.checkpoint, report, exactly)
        report.read()
        way = mooc_people.way_of(self.client, self.ours.wanted)
        seen = self._people_as_told(way, report, witness)
        return self._values(seen, report, exactly, witness)

    def _people_as_told(self, way: WayOfReading, report: MoocReport, witness: object) -> SeenPeople:
        """Return the course and its people: as a report or the short list tells them where a quiet run may do so."""
        client, ours, wanted, deep, since = self.client, self.ours, self.ours.wanted, report.deep, self.checkpoint
        if since is not None and not (wanted.gated and changes.can_tell(client)):
            since = None
        quiet = since is not None and not deep and way is WayOfReading.WHOLE_COURSE
        by_report = quiet and report.number is not None and bool(ours.known)
        course = mooc_course.look_at_course(client, wanted, since, activities_alone=by_report or way.only_ours)
        stand_in = report.stand_in(course, {witness}) if by_report else None
        if stand_in is None and quiet:
            stand_in = by_short_list(client, ours, course, {witness}, self.clock())
        if stand_in is not None:
            return mooc_people.people_standing_in(wanted, course, stand_in)
        return mooc_people.see_people(client, wanted, way, course, ours.before(deep, way.only_ours), deep)

    def _values(
        self, seen: SeenPeople, report: MoocReport, exactly: frozenset[int], witness: object
    ) -> PeopleAndGrades:
        """Return the same with the grades of whom they may have changed.

        Who stands as known is asked too where that cannot be trusted.
        """
        client, ours, deep = self.client, self.ours, report.deep
        asked: Sequence[Person] = seen.people
        told, changed, left_alone = None, frozenset[int](), frozenset[int]()
        if seen.course.checkpoint is not None:
            reported = report.of(seen.people)
            changed = report.changed(reported)
            if seen.by_report and reported:
                changed |= reported.missing  # of them nothing tells whether anything changed
            told = self._signals(seen, changed)
        if seen.chosen.looked_at is not None and (told is None or told.evaluation or told.settings):
            return self._values(ours.with_the_others(seen), report, exactly, witness)
        if told is not None:
            exactly |= changed if deep else frozenset()
            left_alone = resting(seen.people, ours.known, ours.unanswered, told, exactly, self.clock())
            asked = self._to_be_asked(seen, told, exactly, left_alone, witness)
        found = mooc_course.read_values(client, ours.wanted, seen, last(asked, ours.unanswered), deep)
        if seen.chosen.looked_at is not None and found.evaluation is None:
            return self._values(ours.with_the_others(seen), report, exactly, witness)
        chosen = replace(found.chosen, signals=told, exactly=exactly, left_alone=left_alone)
        return _with_report(replace(found, chosen=chosen), seen, report)

    def _signals(self, seen: SeenPeople, changed: frozenset[int]) -> Signals | None:
        """Return what tells of the time since the last good run; None if everybody must be asked.

        ``changed`` are those whose row in a report reads otherwise.
        """
        ours, course, checkpoint, now = self.ours, seen.course, self.checkpoint, self.clock()
        if checkpoint is None:
            return None
        if seen.by_report:
            people, found = [person.user_id for person in seen.people], course.changes or whom_to_ask_again.Changes()
            told = whom_to_ask_again.signals_of_report(
                checkpoint, course.told.id, course.site_time, now, people, changed, found
            )
        else:
            here = ours.not_erased(seen.people) if seen.only_ours else ()
            still_open = sum(not is_confirmed(ours.known.get(person.user_id), ours.entries) for person in here)
            # changes of strangers cannot be told from ours: a few of ours who are open are asked
            ask_anyway = seen.only_ours and still_open <= self.exact_up_to
            shows = ours.who_shows_the_evaluation(seen.people)
            told = changes.read_signals(self.client, checkpoint, seen, now, ask_anyway, shows)
        return told and whom_to_ask_again.with_visits(told, changed, course.site_time)

    def _to_be_asked(
        self, seen: SeenPeople, told: Signals, exactly: frozenset[int], left_alone: frozenset[int], witness: object
    ) -> Sequence[Person]:
        """Return whose grade is read, and with them somebody of whom one was read before: they show the evaluation.

        It is looked at in every run, best by the ``witness`` who was asked ahead. Where nobody shows it, everybody is
        asked, so that somebody whose grade can never be read (an account that is not confirmed) must not stand alone.
        """
        ours = self.ours
        here = ours.not_erased(seen.people)
        asked = whom_to_ask_again.grades_to_read(here, ours.known, ours.entries, told, exactly, left_alone)
        if any(ours.shows_the_evaluation(person.user_id) for person in asked):
            return asked
        return [*asked, *ours.who_shows_the_evaluation(seen.people, witness)] or seen.people[:1]

    def nobody(self, found: PeopleAndGrades) -> str:
        """Return the note that no participant is visible in a course that never had any.

        Raise SiteRefuses if not even a teacher is. Course contacts stay visible without ``moodle/user:viewdetails``
        (Moodle ``user/lib.php``, ``user_can_view_profile``): a teacher who shows does not prove that others would.
        """
        remedy = for_admins(
            _("Give the service account's role moodle/user:viewdetails and moodle/site:accessallgroups there.")
        )
        if not found.anybody:
            text = _("{name}: nobody is visible in the course {shortname}, not even a teacher.")
            raise SiteRefuses(text.format(name=self.name, shortname=found.shortname), remedy)
        said = _("{name}: no participant is visible in the course {shortname}; some may be enrolled there.")
        return joined(said.format(name=self.name, shortname=found.shortname), remedy)

    def details(self, found: PeopleAndGrades, rules: Rules, whole: bool, step: Callable[[int], None]) -> PeopleInDetail:
        """Return what was found, with the attempts and materials of those for whom they still matter (rule 10).

        They matter of everybody if ``whole``. ``step`` is told of how many people something is read.
        """
        client, ours, everybody = self.client, self.ours, self.nip is None
        reading = PeopleInDetail(
            replace(found, people=ours.not_erased(found.people)),
            everybody=everybody,
            imported=ours.imported,
            aside=mooc_details.set_aside(ours, found),
            unreadable=dict(found.spoiled),
            elsewhere=ours.elsewhere() if found.only_ours and not found.alone else frozenset(),
        )
        people = mooc_details.who_may_change(ours, reading, confirmed_too=whole or not everybody)
        if rules.threshold is not None and rules.basis is Basis.BEST_ATTEMPT:
            reading = mooc_details.with_attempts(client, ours, reading, people, rules.threshold, step)
        if rules.materials:
            reading = mooc_details.with_materials(client, ours, reading, people, rules, whole, step)
        return replace(reading, unanswered=mooc_details.unanswered_after(ours, reading, self.clock()))


def _with_report(found: PeopleAndGrades, seen: SeenPeople, report: MoocReport) -> PeopleAndGrades:
    """Return the same with what the report shows of people, and what the next run is to know of it."""
    shown = report.of(found.people)
    rows, missing = (shown.rows, len(shown.missing)) if shown else ({}, 0)
    ids = report.remembered(found.ids, shown, seen.visits) if found.ids else None
    return replace(found, ids=ids, report=ReportShown(rows, missing, report.problem))
