"""Reading the MOOC course: what it is, who is in it, and what they reached; cheap bulk reads first (rule 10).

In this order: ``way_of``, ``look_at_course``, ``see_people``, ``read_grades_and_requirements``. ``completion`` and
``quiz_attempts``, files beside this one, cost a call a person and are asked only for whom the caller names.
Everything is read whole, or an error says why it was not.
"""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import replace
from functools import partial

from latsar_sync.domain.errors import ConfigurationError, SiteRefuses
from latsar_sync.domain.evidence import Evaluation
from latsar_sync.domain.language import _
from latsar_sync.domain.nip import number_form
from latsar_sync.domain.participant import Person
from latsar_sync.domain.records import SourceIds
from latsar_sync.domain.source_as_read import HowFound, PeopleAndGrades, WithoutGrade
from latsar_sync.moodle import our_people, payloads, people_by_list, short_list
from latsar_sync.moodle.activities_seen import with_activities
from latsar_sync.moodle.client import MoodleClient
from latsar_sync.moodle.course_by_name import find_course
from latsar_sync.moodle.course_lists import Part, look_for, read_lists
from latsar_sync.moodle.course_people import CoursePeople, members_of_groups, persons_of, visits_of
from latsar_sync.moodle.functions import Function
from latsar_sync.moodle.grade_ranges import by_one_range
from latsar_sync.moodle.grade_reports import read_grades
from latsar_sync.moodle.grades import (
    find_evaluation,
    grade_in_report,
    unreadable_grades,
    untold_grades,
    with_grade_to_pass,
)
from latsar_sync.moodle.materials import read_modules, required_of
from latsar_sync.moodle.mooc_values import Expected, FoundPeople, SeenCourse, SeenPeople, SourceCourse, WayOfReading
from latsar_sync.moodle.our_people import read_our_groups
from latsar_sync.moodle.people_by_list import read_listed
from latsar_sync.moodle.rights_in_courses import require_all_groups


def way_of(client: MoodleClient, wanted: SourceCourse) -> WayOfReading:
    """Choose how people are found: nobody but ours is read where it is known who they are, and the service can."""
    if wanted.nips is not None and all(map(client.supports, people_by_list.NEEDED)):
        return WayOfReading.BY_LIST
    shown = wanted.cmid is not None or client.supports(Function.COURSE_CONTENTS)
    if wanted.gated and wanted.groups and shown and all(map(client.supports, our_people.NEEDED)):
        return WayOfReading.BY_GROUP
    return WayOfReading.WHOLE_COURSE


def look_at_course(client: MoodleClient, wanted: SourceCourse) -> SeenCourse:
    """Read the course and, where they are the requirement, its activities.

    It comes before people are listed: whoever is at it now has been there when the list is made.
    Raise ConfigurationError if the course, or its completion, is not there.
    """
    course = find_course(client, wanted.course)
    if wanted.gated and wanted.mode != "none" and not course.enablecompletion:
        raise ConfigurationError(
            _("{name}: completion tracking is off in the course {course}.").format(
                name=client.name, course=wanted.course
            ),
            _("Turn it on in the course settings, or set materials.mode."),
        )
    if wanted.gated and wanted.mode != "none" and client.site_info().completion_off:
        raise ConfigurationError(
            _("{name}: completion tracking is off on the whole site.").format(name=client.name),
            _(
                "Turn it on: Site administration > General > Advanced features > Enable completion tracking, or set "
                "materials.mode."
            ),
        )
    site_time = client.site_time
    modules = read_modules(client, course.id) if wanted.gated and wanted.mode == "activities" else {}
    return SeenCourse(payload=course, modules=modules, site_time=site_time)


def see_people(
    client: MoodleClient,
    wanted: SourceCourse,
    way: WayOfReading,
    course: SeenCourse,
    expected: Expected,
    enrolments: bool,
) -> SeenPeople:
    """Read everybody in the course who may be ours, by the way chosen.

    ``enrolments`` asks whose enrolment is active, and proves that every group shows.
    """
    # everybody who may be ours, with their groups
    found = _find_people(client, wanted, way, course, expected, enrolments)
    if way is not WayOfReading.BY_GROUP and (enrolments or not found.enrolled):
        require_all_groups(client, course.payload)
    holding = _holding_a_role(client, wanted, found.enrolled)
    people = persons_of(holding, wanted.participant_key, found.active)
    members, group_names = members_of_groups(holding)

    # what tells how well that was read, and by what the next run guesses
    how_found = HowFound(
        how_well_read=found.enrolled.how_well_read,
        only_ours=way.only_ours,
        suspended_read=enrolments and found.active is not None,
        anybody=bool(found.enrolled or found.group_ids or found.groups_unseen),
        groups_unseen=found.groups_unseen if way.only_ours else _without_people(wanted.groups, people),
        unfound=_unfound(wanted, found.unread_nips, people),
    )
    ids = SourceIds(
        wanted.course,
        course.payload.id,
        modules=tuple(sorted(course.modules)),
        groups=tuple(sorted(found.group_ids)),
        strangers=() if way.only_ours else _strangers(found.enrolled, people),
    )
    return SeenPeople(
        course=course,
        people=people,
        members=members,
        group_names=group_names,
        visits=visits_of(found.enrolled[each.user_id] for each in people if each.user_id not in found.looked_up),
        ids=ids,
        how_found=how_found,
        our_groups=found.group_ids if way.only_ours else None,
    )


def _find_people(
    client: MoodleClient,
    wanted: SourceCourse,
    way: WayOfReading,
    course: SeenCourse,
    expected: Expected,
    enrolments: bool,
) -> FoundPeople:
    """Return who was found by the way chosen: those of a list, of our groups, or everybody in the course."""
    if way is WayOfReading.BY_LIST:
        key, roles, known = wanted.participant_key, wanted.roles, expected.people.keys()
        return read_listed(client, course.payload, key, roles, expected.lookup, known, enrolments)
    if way is WayOfReading.BY_GROUP:
        return read_our_groups(client, course.payload, wanted, course.modules, expected, wanted.fields, enrolments)
    everybody, *only_active = read_lists(client, course.payload.id, lists_of_mooc(wanted.fields, enrolments))
    look_for(client, course.payload.id, wanted.fields, everybody, expected.people)
    if not enrolments:
        return FoundPeople(everybody, active=None)
    [active] = only_active
    # nobody is called suspended by a list that is not whole
    return FoundPeople(everybody, active.keys() if active.whole else everybody.keys())


def _without_people(groups: Iterable[str], people: Sequence[Person]) -> tuple[str, ...]:
    """Return which of the groups have nobody in them where there is anybody at all."""
    unseen = set(groups).difference(*{person.groups for person in people}) if people else ()
    return tuple(name for name in groups if name in unseen)


def _unfound(wanted: SourceCourse, unread_nips: Set[str], people: Sequence[Person]) -> frozenset[str]:
    """Return the NIPs of a placement list that nobody of the course carries, but for those that could not be read."""
    if wanted.nips is None:
        return frozenset()
    return wanted.nips - unread_nips - {number_form(person.raw_key or "") for person in people}


def _strangers(enrolled: CoursePeople, people: Sequence[Person]) -> tuple[str, ...]:
    """Return fingerprints of who is in the course and nobody of ours, where it is so large that they are of use."""
    if len(enrolled) < short_list.FEWEST:
        return ()
    return tuple(sorted(map(short_list.mark_of, enrolled.keys() - {person.user_id for person in people})))


def lists_of_mooc(fields: str, enrolments: bool) -> list[Part]:
    """Return the lists that are asked of the whole MOOC course: everybody, and who is active."""
    return [Part(fields), *([Part("id", {"onlyactive": 1})] if enrolments else [])]


def _holding_a_role(
    client: MoodleClient, wanted: SourceCourse, enrolled: Mapping[int, payloads.EnrolledUser]
) -> list[payloads.EnrolledUser]:
    """Return who holds a participant's role. Raise SiteRefuses if the key is visible of none of them."""
    holding = [user for user in enrolled.values() if any(role.shortname in wanted.roles for role in user.roles)]
    key = wanted.participant_key
    if holding and all(getattr(user, key) is None for user in holding):
        raise SiteRefuses(
            _("{name}: nobody's {key} is visible in the course {course}.").format(
                name=client.name, key=key, course=wanted.course
            ),
            _("Give the service account's role moodle/user:viewalldetails there, or correct participant_key."),
        )
    return holding


def read_grades_and_requirements(
    client: MoodleClient,
    wanted: SourceCourse,
    seen: SeenPeople,
    asked: Sequence[Person],
    grade_to_pass: bool,
    compare_activities: bool,
    evaluation_expected: bool = True,
) -> PeopleAndGrades:
    """Read the grades of whoever is ``asked``, and what is required of everybody.

    Where it is not ``evaluation_expected`` that one of them shows the evaluation, and none does, nothing more is read:
    it is None. ``grade_to_pass`` also reads that of the evaluation where it can be read, ``compare_activities`` what
    else names activities, such as the criteria of course completion.
    Raise ConfigurationError if the evaluation or the tracked activities are not there.
    """
    course, people = seen.course, seen.people
    as_read = PeopleAndGrades(
        course.payload.id,
        course.payload.shortname,
        people,
        how_found=seen.how_found,
        extent=seen.extent,
        site_time=course.site_time,
        ids=seen.ids,
    )
    if not wanted.gated:
        return as_read
    # their grades: the grade reports tell which of their items is the evaluation
    grade_reports = read_grades(
        client, as_read.course_id, asked, seen.members_asked, None if seen.how_found.only_ours else seen.number
    )
    must_be_found = evaluation_expected and bool(asked)
    evaluation = find_evaluation(as_read.shortname, wanted.item, wanted.cmid, grade_reports.values(), must_be_found)
    if evaluation is None and not evaluation_expected:
        return as_read
    if evaluation is not None:
        as_read, evaluation = _with_grades(wanted, seen, as_read, evaluation, asked, grade_reports)
    # what is required: anybody shows what is asked of all, but for those about whom the site answers nothing
    answering_first = sorted(
        people, key=lambda person: (person.user_id in as_read.without_grade.refused, person.user_id)
    )
    if grade_to_pass and evaluation is not None and evaluation.modname == "quiz":
        evaluation = with_grade_to_pass(client, evaluation, answering_first[0].user_id)
    required = required_of(course.payload, course.modules, wanted, evaluation)
    as_read = replace(as_read, evaluation=evaluation, required=required)
    if wanted.mode != "activities":
        return as_read
    return with_activities(client, wanted, seen, as_read, grade_reports.values(), answering_first, compare_activities)


def _with_grades(
    wanted: SourceCourse,
    seen: SeenPeople,
    as_read: PeopleAndGrades,
    evaluation: Evaluation,
    asked: Sequence[Person],
    grade_reports: Mapping[int, payloads.UserGrades],
) -> tuple[PeopleAndGrades, Evaluation]:
    """Return the same with the grade in the evaluation of whoever was ``asked``, and the evaluation with its range."""
    grade_of = partial(grade_in_report, evaluation=evaluation)
    each_grade = ((person.user_id, grade_of(grade_reports.get(person.user_id))) for person in asked)
    evaluation, grades = by_one_range(evaluation, wanted.believed, each_grade, len(asked))
    quiz_id = evaluation.instance if evaluation.modname == "quiz" else None
    with_grades = replace(
        as_read,
        grades=grades,
        without_grade=WithoutGrade(unreadable_grades(grade_reports, grades), untold_grades(grade_reports, grades)),
        ids=replace(seen.ids, cmid=evaluation.cmid, quiz_id=quiz_id),
    )
    return with_grades, evaluation
