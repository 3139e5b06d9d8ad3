"""Reading the MOOC course: what it is, and what the people in it reached; cheap bulk reads first (rule 10).

In this order: ``look_at_course``, ``see_people`` (``mooc_people``), ``read_values``. ``read_materials`` and
``read_attempts``, in files of these names, cost a call a person and are asked only for whom the caller names.
Everything is read whole, or an error says why it was not.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from operator import attrgetter

from latsar_sync.domain.errors import ConfigurationError
from latsar_sync.domain.language import _
from latsar_sync.domain.many_people import grades_of
from latsar_sync.domain.participant import Enrolment, Person
from latsar_sync.moodle import payloads, visibility
from latsar_sync.moodle.client import MoodleClient
from latsar_sync.moodle.course_by_name import find_course
from latsar_sync.moodle.grade_reports import read_grades
from latsar_sync.moodle.grades import (
    find_evaluation,
    grade_of,
    unreadable_grades,
    untold_grades,
    with_grade_to_pass,
)
from latsar_sync.moodle.materials import left_out, read_modules, required_of
from latsar_sync.moodle.mooc_values import SeenCourse, SeenPeople, SourceCourse
from latsar_sync.rules.source_as_read import PeopleAndGrades


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
    site_time = client.site_time
    modules = read_modules(client, course.id) if wanted.gated and wanted.mode == "activities" else {}
    return SeenCourse(course, modules, site_time)


def read_values(
    client: MoodleClient,
    wanted: SourceCourse,
    seen: SeenPeople,
    asked: Sequence[Person],
    whole: bool,
    compare: bool = False,
    sure: bool = True,
) -> PeopleAndGrades:
    """Read the grades of whoever is ``asked``, and what is required of everybody.

    Where it is not ``sure`` that one of them shows the evaluation, and none does, nothing more is read: it is None.
    ``whole`` also reads the grade-to-pass where that can be read, and the criteria of course completion to compare the
    activities with, as ``compare`` alone does.
    Raise ConfigurationError if the evaluation or the tracked activities are not there.
    """
    course, people = seen.course, seen.people
    found = PeopleAndGrades(
        course.told.id,
        course.told.shortname,
        people,
        suspended_read=seen.suspended_read,
        anybody=seen.anybody,
        site_time=course.site_time,
        roll=seen.roll,
        only_ours=seen.only_ours,
        absent=seen.absent,
        unfound=seen.unfound,
        ids=seen.ids,
        chosen=seen.chosen,
    )
    if not wanted.gated:
        return found
    found, reports = _with_grades(client, wanted, seen, found, asked, sure)
    evaluation = found.evaluation
    if evaluation is None and not sure:
        return found
    # anybody shows what is asked of all, but for those about whom the site answers nothing
    by_sight = sorted(people, key=lambda person: (person.user_id in found.refused, person.user_id))
    if whole and evaluation is not None and evaluation.modname == "quiz":
        evaluation = with_grade_to_pass(client, evaluation, by_sight[0].user_id)
    required = required_of(course.told, course.modules, wanted, evaluation)
    found = replace(found, evaluation=evaluation, required=required)
    if wanted.mode != "activities":
        return found
    return _with_sight(client, wanted, seen, found, reports.values(), by_sight, whole or compare)


def _with_sight(
    client: MoodleClient,
    wanted: SourceCourse,
    seen: SeenPeople,
    found: PeopleAndGrades,
    reports: Collection[payloads.UserGrades],
    people: Iterable[Person],
    compare: bool,
) -> PeopleAndGrades:
    """Return the same with what of the activities the account does not see, and what is closed to whose groups.

    ``compare`` asks for more answers that name activities, ``people`` in their order until one of them can be asked.
    """
    modules, criteria, closed = seen.course.modules, None, None
    if compare:
        likely = (person.user_id for person in people if person.enrolment is Enrolment.ACTIVE)
        criteria = visibility.read_criteria(client, found.course_id, likely)
        closed = visibility.read_closed(client, found.course_id, modules, visibility.IDS_OF_A_RUN)
    demanded = {each.cmid: modules[each.cmid] for each in sorted(found.required, key=attrgetter("cmid"))}
    return replace(
        found,
        shown=frozenset(modules),
        unseen=visibility.unseen_activities(
            modules, left_out(wanted, found.evaluation), reports, criteria or (), closed or ()
        ),
        barred=visibility.barred_from(demanded, found.people, seen.members),
        open_to=None
        if seen.by_report or seen.chosen.looked_at is not None
        else visibility.opened_to(demanded, seen.members, seen.group_names),
        untold=tuple(each.name for each in visibility.untold_restrictions(demanded.values())),
    )


def _with_grades(
    client: MoodleClient,
    wanted: SourceCourse,
    seen: SeenPeople,
    found: PeopleAndGrades,
    asked: Sequence[Person],
    sure: bool,
) -> tuple[PeopleAndGrades, Mapping[int, payloads.UserGrades]]:
    """Return the same with the evaluation and the grades of whoever is asked, and their grade reports."""
    groups, total = members_asked(seen), None if seen.only_ours else seen.number
    names, expected = (found.shortname, wanted.item, wanted.cmid), sure and bool(asked)
    reports = read_grades(client, found.course_id, asked, groups, total)
    evaluation = find_evaluation(*names, reports.values(), expected)
    if evaluation is None:
        return found, reports
    told = ((person.user_id, grade_of(reports.get(person.user_id), evaluation)) for person in asked)
    grades = grades_of(told, len(asked))
    quiz_id = evaluation.instance if evaluation.modname == "quiz" else None
    ids = replace(seen.ids, cmid=evaluation.cmid, quiz_id=quiz_id)
    spoiled = unreadable_grades(reports, grades)
    refused = untold_grades(reports, grades)
    found = replace(found, evaluation=evaluation, grades=grades, spoiled=spoiled, refused=refused, ids=ids)
    return found, reports


def members_asked(seen: SeenPeople) -> Mapping[int, frozenset[int]]:
    """Return the user ids by group of those groups about whose people anything may be asked."""
    if seen.our_groups is None:
        return seen.members
    return {group: seen.members[group] for group in seen.our_groups & seen.members.keys()}
