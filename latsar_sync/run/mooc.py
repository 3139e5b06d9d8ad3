"""A MOOC course as the source of a run: who is there, with which grade. It judges nothing.

What they did, a call a person, is read last (``mooc_details``, the other part of the same).
"""

from dataclasses import dataclass, replace
from datetime import date

from latsar_sync.domain.errors import LatsarError, SiteRefuses
from latsar_sync.domain.language import _, command, for_admins, joined
from latsar_sync.domain.many_people import pack_grades, pack_materials, pack_people
from latsar_sync.domain.records import Checkpoint
from latsar_sync.domain.request import Depth
from latsar_sync.domain.source_as_read import PeopleAndGrades, SourceReading
from latsar_sync.moodle import mooc_course
from latsar_sync.moodle.custom_report import look_up
from latsar_sync.moodle.people_by_list import NEEDED
from latsar_sync.rules.refused_readings import unanswered_last
from latsar_sync.run import mooc_remarks
from latsar_sync.run.ahead_of_reading import AheadOfReading, AskedAlready
from latsar_sync.run.custom_report import CustomReport
from latsar_sync.run.mooc_details import MoocDetails
from latsar_sync.run.mooc_of_one import people_and_grades_of_one
from latsar_sync.run.mooc_what_changed import WhatChanged


@dataclass(frozen=True, slots=True, kw_only=True)
class MoocSource(MoocDetails):
    """Reads one programme's MOOC course; ``details`` are in ``MoocDetails``. ``today`` is the date in its zone.

    ``checkpoint`` says how far the last good run had read; ``clock`` is asked to compare it with the site's. Without a
    report the grades of all who are not confirmed are read in every run while they are no more than ``exact_up_to``.
    ``custom_report`` is the number of one that tells whom to ask. An incremental run that is ``sparing`` asks about
    those who were there alone. What is asked ``already`` is not asked again.
    """

    today: date
    checkpoint: Checkpoint | None = None
    exact_up_to: int = 200
    custom_report: int | None = None
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
            as_read = people_and_grades_of_one(self.client, self.known_in_mooc, self.nip, self.today)
        else:
            custom_report = CustomReport(
                self.client, self.known_in_mooc, self.custom_report, self.clock(), depth is not Depth.INCREMENTAL
            )
            if depth is Depth.FULL:
                as_read = self._everybody(custom_report)
            else:
                as_read = WhatChanged(
                    self.client,
                    self.known_in_mooc,
                    self.checkpoint,
                    self.exact_up_to,
                    self.clock,
                    custom_report,
                    exactly,
                    self.sparing,
                    self.already,
                ).people_and_grades()
        erased = len(as_read.people) - len(self.known_in_mooc.not_erased(as_read.people))
        by_an_admin = self.client.site_info().userissiteadmin
        return replace(as_read, remarks=mooc_remarks.of_people_and_grades(self.name, as_read, by_an_admin, erased))

    def _everybody(self, custom_report: CustomReport) -> PeopleAndGrades:
        """Read everything of everybody, or of all who are ours (``way_of``): the course, its people, what they reached.

        What is asked ahead only saves requests; the custom report is for the runs that follow.
        """
        client, known_in_mooc = self.client, self.known_in_mooc
        wanted = replace(known_in_mooc.wanted, believed=None)
        ahead = AheadOfReading(client, known_in_mooc, self.exact_up_to)
        ahead.of_everything(custom_report.first_call)
        custom_report.read()
        way = mooc_course.way_of(client, wanted)
        course = mooc_course.look_at_course(client, wanted)
        seen = mooc_course.see_people(
            client,
            wanted,
            way,
            course,
            known_in_mooc.what_to_expect(full_or_night=True, only_ours=way.only_ours),
            enrolments=True,
        )
        ahead.of_each(seen)
        asked = unanswered_last(seen.people, known_in_mooc.unanswered)
        as_read = mooc_course.read_grades_and_requirements(
            client, wanted, seen, asked, grade_to_pass=True, compare_activities=True
        )
        return custom_report.noted_in(as_read, seen.visits)

    def note_nobody(self, as_read: PeopleAndGrades) -> str:
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

    def without_who_left(self, reading: SourceReading, user_ids: frozenset[int]) -> SourceReading | None:
        """Return the same without those of these few who are in the course no more; None where they cannot be asked
        for by themselves.

        Of whoever left nothing was read: they keep what is known of them.
        """
        as_read, wanted = reading.as_read, self.known_in_mooc.wanted
        if not all(map(self.client.supports, NEEDED)):
            return None
        try:
            there = look_up(self.client, as_read.course_id, wanted.participant_key, wanted.roles, [], user_ids)
        except LatsarError:
            return None
        gone = user_ids - there.keys() - there.spoiled.keys()
        people = pack_people((each for each in as_read.people if each.user_id not in gone), len(as_read.people))
        grades = pack_grades((each for each in as_read.grades.items() if each[0] not in gone), len(as_read.grades))
        done = pack_materials((each for each in reading.materials.items() if each[0] not in gone), len(people))
        attempts = {who: each for who, each in reading.attempts.items() if who not in gone}
        as_read = replace(as_read, people=people, grades=grades)
        return replace(reading, as_read=as_read, materials=done, attempts=attempts)
