"""The people of the MOOC course: who is visible, who counts, whether NIP and groups can be read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from latsar_sync.domain.language import _, joined, mark
from latsar_sync.domain.placement_list import PlacementList
from latsar_sync.moodle import our_people, payloads, people_by_list
from latsar_sync.moodle.accounts_by_nip import carried_in
from latsar_sync.moodle.client import MoodleClient
from latsar_sync.moodle.course_by_name import find_course
from latsar_sync.moodle.course_lists import read_enrolled
from latsar_sync.moodle.course_people import CoursePeople
from latsar_sync.moodle.functions import Function
from latsar_sync.moodle.mooc_course import way_of
from latsar_sync.moodle.mooc_values import Expected, SourceCourse, WayOfReading
from latsar_sync.moodle.our_people import read_our_groups
from latsar_sync.moodle.rights import Right
from latsar_sync.moodle.rights_in_courses import SEPARATE_GROUPS, prove_all_groups, prove_enrolment_review
from latsar_sync.run.configured import placement_list_of, source_course_of
from latsar_sync.settings import ProgrammeSettings
from latsar_sync.setup.checks import Page
from latsar_sync.setup.doctor.keys_and_groups import count_by_numbers, examine_groups, examine_key
from latsar_sync.setup.rights import prove_right

MOST_LINES = 20
"""So many lines of a list are named."""

GROUP_MODES = {0: mark("no groups"), 1: mark("separate groups"), 2: mark("visible groups")}


@dataclass(frozen=True, slots=True)
class SourcePeople:
    """The MOOC course and its participants; ``nips`` holds the valid NIP of each, where there is one, by user id."""

    course: payloads.Course
    people: Sequence[payloads.EnrolledUser]
    nips: Mapping[int, str]

    @property
    def groups_by_nip(self) -> dict[str, tuple[str, ...]]:
        """The names of their groups by valid NIP."""
        return {
            self.nips[user.id]: tuple(group.name for group in user.groups)
            for user in self.people
            if user.id in self.nips
        }


def examine_people(page: Page, client: MoodleClient, programme: ProgrammeSettings, today: date) -> SourcePeople | None:
    """Examine course, participants, NIP and groups; None if the course cannot be entered."""
    listed = page.tried("placement_file", lambda: placement_list_of(programme, today)) or PlacementList()
    wanted = source_course_of(programme, listed.angkatan)
    course = page.tried("course", lambda: find_course(client, wanted.course))
    if course is None:
        say_the_rest_waits(page)
        return None
    examine_entry(page, course)
    if wanted.gated and wanted.mode != "none":
        _examine_tracking(page, course, client.site_info().completion_off)
    fields = "id,username,idnumber,roles,groups,lastcourseaccess"
    enrolled = _read(page, client, course, wanted, fields)
    _examine_rights(page, client, course)
    people = [] if enrolled is None else count_by_numbers(page, programme, course, list(enrolled.values()))
    if enrolled is not None and wanted.nips is not None:
        _examine_list(page, programme, course, listed, people)
    found = SourcePeople(course, people, examine_key(page, programme, people, today) if people else {})
    if people and programme.placement == "group":
        examine_groups(page, programme, people)
    return found


def _read(
    page: Page, client: MoodleClient, course: payloads.Course, wanted: SourceCourse, fields: str
) -> CoursePeople | None:
    """Read the people as a run does, by list, by group or by course, and say which it is and what lacks."""
    way = way_of(client, wanted)
    if wanted.nips and way is WayOfReading.BY_LIST:
        return _read_list(page, client, course, wanted, wanted.nips)
    if way is WayOfReading.BY_GROUP:
        found = page.tried(
            "source_group", lambda: read_our_groups(client, course, wanted, {}, Expected(), fields, enrolments=False)
        )
        if found is None:
            return None
        page.ok(
            "reading",
            _("By group: of {course} only the people of {count} groups are read, in every run.").format(
                course=course.shortname, count=len(found.group_ids)
            ),
        )
        return found.enrolled
    enrolled = page.tried(Right.COURSE_VIEWPARTICIPANTS, lambda: read_enrolled(client, course.id, fields))
    if wanted.gated and wanted.groups:
        text = _(
            "By course: everybody in {course} is read, in every run. Only the people of the angkatan's groups are, "
            "for less, once the service holds {functions}."
        )
        page.ok("reading", text.format(course=course.shortname, functions=_lacking(client, our_people.NEEDED)))
    elif wanted.nips:
        text = _(
            "By course: everybody in {course} is read, in every run. Only the people of the placement list are, for "
            "less, once the service holds {functions}."
        )
        page.ok("reading", text.format(course=course.shortname, functions=_lacking(client, people_by_list.NEEDED)))
    return enrolled


def _lacking(client: MoodleClient, functions: Sequence[Function]) -> str:
    return ", ".join(each for each in functions if not client.supports(each))


def _read_list(
    page: Page, client: MoodleClient, course: payloads.Course, wanted: SourceCourse, nips: frozenset[str]
) -> CoursePeople | None:
    """Read the people of the placement list."""
    key, roles = wanted.participant_key, wanted.roles
    found = page.tried(
        "placement_file", lambda: people_by_list.read_listed(client, course, key, roles, nips, (), enrolments=False)
    )
    if found is None:
        return None
    page.ok(
        "reading",
        _("By list: of {course} only the people of {count} numbers are read, in every run.").format(
            course=course.shortname, count=len(nips)
        ),
    )
    return found.enrolled


def _examine_list(
    page: Page,
    programme: ProgrammeSettings,
    course: payloads.Course,
    listed: PlacementList,
    people: Sequence[payloads.EnrolledUser],
) -> None:
    """Say which lines of the placement list name nobody of the course."""
    key = programme.source.participant_key
    carried = {carried_in(each, key) for each in people}
    lines = sorted(line for nip, line in listed.lines.items() if nip not in carried)
    if not lines:
        return
    shown = ", ".join(map(str, lines[:MOST_LINES])) + (", …" if lines[MOST_LINES:] else "")
    text = _("No participant of {course} who shows carries {count} of the numbers of the list. Its lines: {lines}.")
    page.warn(
        "placement_file",
        text.format(course=course.shortname, count=len(lines), lines=shown),
        _(
            "Enrol them there, or correct the list or the accounts' {key}. With rights in the course alone Moodle "
            "finds nobody by number whose enrolment there is not active, or who teaches in any course of the site, and "
            "nobody while the course is hidden: for these give the service account moodle/user:viewdetails and "
            "moodle/user:viewalldetails at system level."
        ).format(key=key),
    )


def say_the_rest_waits(page: Page) -> None:
    """Say that Moodle asks for no other right before the course may be entered."""
    page.warn(
        "not_examined",
        _("Nothing else of the course could be examined."),
        _("docs/moodle-setup.md lists all the rights that the account needs there."),
    )


def examine_entry(page: Page, course: payloads.Course) -> None:
    """Say that the account may enter a course, which was proved by its groupmode being told, and how it stands."""
    page.ok(Right.COURSE_VIEW, _('The course "{name}" may be entered.').format(name=course.fullname))
    if course.visible is False:
        page.ok(Right.COURSE_VIEWHIDDENCOURSES, _("The course is hidden, and the account sees it."))


def prove_sight_of_all_groups(page: Page, client: MoodleClient, course: payloads.Course) -> None:
    """Prove moodle/site:accessallgroups; without it only separate groups hide people from a run."""
    text = _("All groups are seen ({mode}).").format(mode=_(GROUP_MODES.get(course.groupmode or 0, "")))
    if course.groupmode == SEPARATE_GROUPS:
        prove_right(page, Right.SITE_ACCESSALLGROUPS, text, lambda: prove_all_groups(client, course.id))
        return
    trial = Page(page.subject)
    if prove_right(trial, Right.SITE_ACCESSALLGROUPS, text, lambda: prove_all_groups(client, course.id)):
        page.checks += trial.checks
        return
    for refused in trial.checks:
        page.warn(refused.name, joined(refused.text, _("It matters once the groups are separate.")), refused.remedy)


def _examine_tracking(page: Page, course: payloads.Course, off_everywhere: bool) -> None:
    if course.enablecompletion and not off_everywhere:
        page.ok("completion", _("Completion tracking is on in the course."))
    else:
        page.fail(
            "completion",
            _("Completion tracking is off in the course, so nobody can be shown to have studied it."),
            _(
                "Turn it on: Course > Settings > Completion tracking (and Site administration > General > Advanced "
                "features > Enable completion tracking), or set materials.mode."
            ),
        )


def _examine_rights(page: Page, client: MoodleClient, course: payloads.Course) -> None:
    prove_right(
        page,
        Right.COURSE_ENROLREVIEW,
        _("Suspended enrolments are told from active ones."),
        lambda: prove_enrolment_review(client, course.id),
    )
    prove_sight_of_all_groups(page, client, course)
