"""Reading the MOOC course: who is there, what they reached, what they have done; cheap bulk reads first (rule 10).

``survey`` reads the course, its people and their grades. ``read_materials`` here and ``read_attempts`` in ``attempts``
cost a call a person and are asked only for whom the caller names. Everything is read whole, or an error says why it was
not.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from latsar_sync.domain.errors import ConfigurationError, SiteRefuses
from latsar_sync.domain.language import _
from latsar_sync.domain.participant import Enrolment, Person
from latsar_sync.domain.records import Checkpoint, SourceIds
from latsar_sync.domain.spelling import seen as as_seen
from latsar_sync.moodle import payloads, sights
from latsar_sync.moodle.changes import changes_of_activities, look_back
from latsar_sync.moodle.client import MoodleClient
from latsar_sync.moodle.courses import (
    CoursePeople,
    Part,
    find_course,
    look_for,
    read_lists,
    require_all_groups,
    visits_of,
)
from latsar_sync.moodle.functions import Function
from latsar_sync.moodle.grades import find_evaluation, grade_of, read_grades, unreadable_grades, with_grade_to_pass
from latsar_sync.moodle.groups import can_read_groups, read_people
from latsar_sync.moodle.listed import can_read_listed, read_listed
from latsar_sync.moodle.materials import left_out, read_modules, required_of
from latsar_sync.moodle.our_people import OurPeople
from latsar_sync.moodle.parsing import kept_once
from latsar_sync.moodle.survey import Before, Seen, SourceCourse, Survey


def reads_by_group(client: MoodleClient, wanted: SourceCourse) -> bool:
    """Say whether nobody but the people of our groups is read: all of these are known, and the service can."""
    shown = wanted.cmid is not None or client.supports(Function.COURSE_CONTENTS)
    return wanted.gated and bool(wanted.groups) and shown and can_read_groups(client)


def reads_by_list(client: MoodleClient, wanted: SourceCourse) -> bool:
    """Say whether nobody but the people of a list of NIPs is read: there is one, and the service can."""
    return wanted.nips is not None and can_read_listed(client)


def reads_only_ours(client: MoodleClient, wanted: SourceCourse) -> bool:
    """Say whether nobody but our people is read, by a list or by group."""
    return reads_by_list(client, wanted) or reads_by_group(client, wanted)


def survey(
    client: MoodleClient,
    wanted: SourceCourse,
    whole: bool,
    choose: Callable[[Seen], Sequence[Person]] | None = None,
    before: Before = Before(),  # noqa: B008 it cannot change
    compare: bool = False,
) -> Survey:
    """Read the course, everybody in it who may be ours, and their grades; with ``choose`` of those whom it returns.

    With a checkpoint everybody's grades are read after all when none of the chosen shows the evaluation. ``whole`` also
    reads whose enrolment is suspended, the grade-to-pass where that can be read, and the criteria of course completion
    to compare the activities with, as ``compare`` alone does.
    Raise ConfigurationError if the course, its evaluation or its tracked activities are not there.
    """
    course = _find_course(client, wanted)
    site_time, checkpoint = client.site_time, before.checkpoint
    modules = _modules(client, course, wanted, checkpoint)
    # before people are listed: whoever is at it now has been there when the list is made
    changed = look_back(client, course, modules, checkpoint) if checkpoint else None
    attempts_told = changed is not None
    if checkpoint and changed is None and (before.stand_in or reads_only_ours(client, wanted)):
        changed = changes_of_activities(client, course, modules, checkpoint)
    standing = before.stand_in(course, modules) if before.stand_in else None
    ours = None if standing else _read_ours(client, course, wanted, modules, before, whole)
    enrolled, active = CoursePeople(), None
    if ours is not None:
        enrolled, active = ours.enrolled, ours.active
    elif standing is None:
        enrolled, active = _read_course(client, course, wanted, before, whole)
    people, group_ids = _participants(client, course.id, wanted, enrolled, active)
    people, roll = (standing.people, standing.roll) if standing else (people, enrolled.roll)
    anybody = bool(enrolled or people)
    ids = SourceIds(wanted.course, course.id, None, None, tuple(sorted(modules)), _group_ids(ours))
    ids = replace(ids, strangers=tuple(sorted(standing.strangers))) if standing else ids
    enrolments = whole and (ours is None or active is not None)
    if not wanted.gated:
        found = Survey(course.id, course.shortname, people, None, (), {}, enrolments, anybody)
        return replace(found, roll=roll, ids=ids, **_of_ours(ours, anybody))
    silent = ours.looked_up if ours else frozenset()
    listed = people if standing is None else ()
    visits = visits_of(enrolled[person.user_id] for person in listed if person.user_id not in silent)
    seen = Seen(course.id, people, site_time, visits, changed, ours is not None, attempts_told, standing is not None)
    asked = people if choose is None else choose(seen)
    bulk = {group: group_ids[group] for group in ours.group_ids & group_ids.keys()} if ours else group_ids
    total = None if ours else len(people)
    reports = read_grades(client, course.id, asked, bulk, total)
    names = course.shortname, wanted.item, wanted.cmid
    evaluation = find_evaluation(*names, reports.values(), expected=bool(asked) and not checkpoint)
    if evaluation is None and checkpoint and people:
        asked = people
        reports = read_grades(client, course.id, asked, bulk, total)
        evaluation = find_evaluation(*names, reports.values(), expected=True)
    grades = (
        {person.user_id: grade_of(reports.get(person.user_id), evaluation) for person in asked} if evaluation else {}
    )
    if evaluation is not None:
        ids = replace(ids, cmid=evaluation.cmid, quiz_id=evaluation.instance if evaluation.modname == "quiz" else None)
    if whole and evaluation is not None and evaluation.modname == "quiz":
        evaluation = with_grade_to_pass(client, evaluation, asked[0].user_id)
    required = required_of(course, modules, wanted, evaluation)
    found = Survey(course.id, course.shortname, people, evaluation, required, grades, enrolments, anybody, site_time)
    found = replace(found, roll=roll, spoiled=unreadable_grades(reports, grades), ids=ids)
    found = replace(found, **_of_ours(ours, anybody))
    if wanted.mode != "activities":
        return found
    likely = (person.user_id for person in people if person.enrolment is Enrolment.ACTIVE)
    criteria = sights.read_criteria(client, course.id, likely) if whole or compare else None
    closed = sights.read_closed(client, course.id, modules, sights.IDS_OF_A_RUN) if whole or compare else None
    demanded = {activity.cmid for activity in required}
    return replace(
        found,
        shown=frozenset(modules),
        unseen=sights.unseen_activities(
            modules, left_out(wanted, evaluation), reports.values(), criteria or (), closed or ()
        ),
        barred=sights.barred_from({cmid: modules[cmid] for cmid in demanded}, people, group_ids),
        untold=tuple(each.name for each in sights.untold_restrictions(modules[cmid] for cmid in sorted(demanded))),
    )


def fields_of(wanted: SourceCourse) -> str:
    """Return the fields that are asked of people in a list."""
    return f"id,{wanted.participant_key},roles,groups,institution,lastcourseaccess"


def _read_ours(
    client: MoodleClient,
    course: payloads.Course,
    wanted: SourceCourse,
    modules: Mapping[int, payloads.Module],
    before: Before,
    whole: bool,
) -> OurPeople | None:
    """Read nobody but our people; None where that cannot be done, and the whole course is to be read."""
    if reads_by_list(client, wanted):
        key, roles, known = wanted.participant_key, wanted.roles, before.expected.keys()
        ours = read_listed(client, course, key, roles, before.lookup, known, whole)
        if whole or not ours.enrolled:
            require_all_groups(client, course)
        return ours
    if reads_by_group(client, wanted):
        return read_our_groups(client, course, wanted, modules, before, fields_of(wanted), whole)
    return None


def _read_course(
    client: MoodleClient, course: payloads.Course, wanted: SourceCourse, before: Before, whole: bool
) -> tuple[CoursePeople, Collection[int] | None]:
    """Read everybody in the course; with ``whole`` also the user ids of active enrolments."""
    fields = fields_of(wanted)
    enrolled, *told = read_lists(client, course.id, parts_of(fields, whole))
    look_for(client, course.id, fields, enrolled, before.expected)
    if whole or not enrolled:
        require_all_groups(client, course)
    # nobody is called suspended by a list that is not whole
    return enrolled, next((each.keys() if each.whole else enrolled.keys() for each in told), None)


def _group_ids(ours: OurPeople | None) -> tuple[int, ...]:
    return tuple(sorted(ours.group_ids)) if ours else ()


def _of_ours(ours: OurPeople | None, anybody: bool) -> dict[str, Any]:
    """Return what a survey says of having read nobody but our people."""
    if ours is None:
        return {}
    by_group = bool(ours.group_ids or ours.absent)
    return {
        "anybody": anybody or by_group,
        "only_ours": True,
        "absent": ours.absent,
        "unfound": len(ours.unfound),
    }


def _find_course(client: MoodleClient, wanted: SourceCourse) -> payloads.Course:
    course = find_course(client, wanted.course)
    if wanted.gated and wanted.mode != "none" and not course.enablecompletion:
        raise ConfigurationError(
            _("{name}: completion tracking is off in the course {course}.").format(
                name=client.name, course=wanted.course
            ),
            _("Turn it on in the course settings, or set materials.mode."),
        )
    return course


def read_our_groups(
    client: MoodleClient,
    course: payloads.Course,
    wanted: SourceCourse,
    modules: Mapping[int, payloads.Module],
    before: Before,
    fields: str,
    enrolments: bool,
) -> OurPeople:
    """Read the people of our groups; the evaluation is asked which there are, else whatever activity shows."""
    cmid = wanted.cmid or (before.ids.cmid if before.ids and before.ids.course_id == course.id else None)
    if cmid is None and not modules:
        modules = read_modules(client, course.id)
    shown = [module for module in modules.values() if module.uservisible is not False]
    by_kind = sorted(shown, key=lambda module: (module.modname != "quiz", module.id))
    activities = list(dict.fromkeys([*([cmid] if cmid else []), *(module.id for module in by_kind)]))
    return read_people(client, course, wanted.groups, wanted.roles, activities, fields, before.expected, enrolments)


def parts_of(fields: str, enrolments: bool) -> list[Part]:
    """Return the lists that are asked of the whole course: everybody, and who is active."""
    return [Part(fields), *([Part("id", {"onlyactive": 1})] if enrolments else [])]


def _participants(
    client: MoodleClient,
    course_id: int,
    wanted: SourceCourse,
    enrolled: Mapping[int, payloads.EnrolledUser],
    active: Collection[int] | None,
) -> tuple[tuple[Person, ...], dict[int, frozenset[int]]]:
    """Return the participants and the members of each group by group id; everybody is active if that was not read."""
    key = wanted.participant_key
    counting = [user for user in enrolled.values() if any(role.shortname in wanted.roles for role in user.roles)]
    if counting and all(getattr(user, key) is None for user in counting):
        raise SiteRefuses(
            _("{name}: nobody's {key} is visible in the course {course}.").format(
                name=client.name, key=key, course=wanted.course
            ),
            _("Give the service account's role moodle/user:viewalldetails there, or correct participant_key."),
        )
    members: dict[int, set[int]] = {}
    for user in counting:
        for group in user.groups:
            members.setdefault(group.id, set()).add(user.id)
    people = persons_of(counting, key, active)
    return people, {group: frozenset(users) for group, users in members.items()}


def persons_of(
    users: Iterable[payloads.EnrolledUser], key: str, active: Collection[int] | None = None
) -> tuple[Person, ...]:
    """Return people as the course shows them, whose NIP stands in ``key``; all are active where ``active`` is None."""
    return tuple(
        Person(
            user_id=user.id,
            name=as_seen(user.fullname),
            key=getattr(user, key),
            groups=kept_once(tuple(sorted(group.name for group in user.groups))),
            institution=as_seen(user.institution or ""),
            enrolment=Enrolment.ACTIVE if active is None or user.id in active else Enrolment.SUSPENDED,
        )
        for user in users
    )


def _modules(
    client: MoodleClient, course: payloads.Course, wanted: SourceCourse, checkpoint: Checkpoint | None
) -> dict[int, payloads.Module]:
    """Return the activities by course-module id where they are the requirement or tell whether groups hide people."""
    needed = wanted.mode == "activities" or (checkpoint is not None and client.supports(Function.COURSE_CONTENTS))
    return read_modules(client, course.id) if wanted.gated and needed else {}
