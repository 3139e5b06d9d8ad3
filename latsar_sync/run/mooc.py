"""A MOOC course as the source of a run: who is there, and whose grades. It writes and judges nothing.

What costs a call a person is read last, in ``mooc_details``, once it is known by what people are judged.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from latsar_sync.domain.decision import Rules
from latsar_sync.domain.errors import SiteRefuses
from latsar_sync.domain.language import _, for_admins, joined
from latsar_sync.domain.records import Checkpoint
from latsar_sync.domain.request import Depth
from latsar_sync.moodle import mooc_course
from latsar_sync.moodle.client import MoodleClient
from latsar_sync.rules.refused_readings import last
from latsar_sync.rules.source_as_read import PeopleAndGrades, PeopleInDetail
from latsar_sync.run import mooc_remarks
from latsar_sync.run.ahead_of_reading import AheadOfReading
from latsar_sync.run.custom_report import MoocReport
from latsar_sync.run.mooc_details import read_details
from latsar_sync.run.mooc_of_one import people_and_grades_of_one
from latsar_sync.run.mooc_what_changed import WhatChanged
from latsar_sync.run.whom_to_look_for import Ours


@dataclass(frozen=True, slots=True)
class MoocSource:
    """Reads one programme's MOOC course. ``ours`` are its people as known, ``today`` the date in its zone.

    ``nip`` is the one participant that a run is about, None for everybody. ``checkpoint`` says how far the last good
    run had read; ``clock`` is asked to compare it with the site's. Where nobody but our people is read, the grades of
    all who are not confirmed are read in every run while they are no more than ``exact_up_to``. ``report`` is the
    number of a report that tells whom to ask. A quiet run that is ``sparing`` asks about whoever was there alone.
    """

    client: MoodleClient
    ours: Ours
    today: date
    nip: str | None = None
    checkpoint: Checkpoint | None = None
    exact_up_to: int = 200
    report: int | None = None
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    sparing: bool = False

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
            found = people_and_grades_of_one(self.client, self.ours, self.nip, self.today)
        else:
            report = MoocReport(self.client, self.ours, self.report, self.clock(), depth is not Depth.CHANGED)
            if depth is Depth.EVERYTHING:
                found = self._everybody(report)
            else:
                found = WhatChanged(
                    self.client, self.ours, self.checkpoint, self.exact_up_to, self.clock, report, exactly, self.sparing
                ).people_and_grades()
        erased = len(found.people) - len(self.ours.not_erased(found.people))
        by_an_admin = self.client.site_info().userissiteadmin
        return replace(found, remarks=mooc_remarks.of_people_and_grades(self.name, found, by_an_admin, erased))

    def _everybody(self, report: MoocReport) -> PeopleAndGrades:
        """Read everything of everybody: the course, who is in it, what they reached.

        What is asked ahead only saves requests; the report is for the runs that follow.
        """
        client, ours, wanted = self.client, self.ours, self.ours.wanted
        ahead = AheadOfReading(client, ours, self.exact_up_to)
        ahead.of_everything(report.first_call)
        report.read()
        way = mooc_course.way_of(client, wanted)
        course = mooc_course.look_at_course(client, wanted)
        seen = mooc_course.see_people(client, wanted, way, course, ours.before(True, way.only_ours), deep=True)
        ahead.of_each(seen)
        found = mooc_course.read_values(client, wanted, seen, last(seen.people, ours.unanswered), deep=True)
        return report.noted_in(found, seen.visits)

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

    def details(
        self, found: PeopleAndGrades, rules: Rules, of_everybody: bool, step: Callable[[int], None]
    ) -> PeopleInDetail:
        """Return what was found, with the attempts and materials of those for whom they still matter (rule 10)."""
        about_one = self.nip is not None
        return read_details(self.client, self.ours, found, rules, of_everybody, about_one, self.clock, step)
