"""Reading the MOOC course: who is there, what they reached, what they have done; cheap bulk reads first (rule 10).

In this order: ``look_at_course``, ``see_people``, ``read_values``. ``read_materials`` and ``read_attempts``, in files
of these names, cost a call a person and are asked only for whom the caller names. Everything is read whole, or an error
says why it was not.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from operator import attrgetter

from latsar_sync.domain.errors import ConfigurationError, SiteRefuses
from latsar_sync.domain.language import _
from latsar_sync.domain.many_people import grades_of, people_of
from latsar_sync.domain.participant import Enrolment, Person
from latsar_sync.domain.records import Checkpoint, SourceIds
from latsar_sync.domain.spelling import seen as as_seen
from latsar_sync.moodle import payloads, short_list, visibility
from latsar_sync.moodle.changes import changes_of_activities, look_back
from latsar_sync.moodle.client import MoodleClient
from latsar_sync.moodle.course_lists import (
    CoursePeople,
    Part,
    find_course,
    look_for,
    read_lists,
    require_all_groups,
    visits_of,
)
from latsar_sync.moodle.functions import Function
from latsar_sync.moodle.grades import (
    find_evaluation,
    grade_of,
    read_grades,
    unreadable_grades,
    untold_grades,
    with_grade_to_pass,
)
from latsar_sync.moodle.materials import left_out, read_modules, required_of
from latsar_sync.moodle.mooc_values import Before, PeopleAndGrades, SeenCourse, SeenPeople, SourceCourse, StandIn
from latsar_sync.moodle.our_people import FoundPeople, read_our_groups, reads_by_group
from latsar_sync.moodle.parsing import kept_once
from latsar_sync.moodle.people_by_list import can_read_listed, read_listed


def reads_by_list(client: MoodleClient, wanted: SourceCourse) -> bool:
    """Say whether nobody but the people of a list of NIPs is read: there is one, and the service can."""
    return wanted.nips is not None and can_read_listed(client)


def reads_only_ours(client: MoodleClient, wanted: SourceCourse) -> bool:
    """Say whether nobody but our people is read, by a list or by group."""
    return reads_by_list(client, wanted) or reads_by_group(client, wanted)


def look_at_course(
    client: MoodleClient, wanted: SourceCourse, checkpoint: Checkpoint | None = None, by_report: bool = False
) -> SeenCourse:
    """Read the course and its activities, and with ``checkpoint`` what changed in it since.

    It comes before people are listed: whoever is at it now has been there when the list is made. ``by_report`` says
    that a report tells who changed, so that of the activities alone it need be known.
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
    # the activities are the requirement, or tell whether groups hide people
    needed = wanted.mode == "activities" or (checkpoint is not None and client.supports(Function.COURSE_CONTENTS))
    modules = read_modules(client, course.id) if wanted.gated and needed else {}
    changed = look_back(client, course, modules, checkpoint) if checkpoint else None
    attempts_told = changed is not None
    if checkpoint and changed is None and (by_report or reads_only_ours(client, wanted)):
        changed = changes_of_activities(client, course, modules, checkpoint)
    return SeenCourse(course, modules, site_time, checkpoint, changed, attempts_told)


def see_people(
    client: MoodleClient, wanted: SourceCourse, course: SeenCourse, before: Before, whole: bool
) -> SeenPeople:
    """Read everybody in the course who may be ours; ``whole`` also whose enrolment is suspended."""
    ours = _read_ours(client, course.told, wanted, course.modules, before, whole)
    active: Collection[int] | None = None
    if ours is None:
        fields = fields_of(wanted)
        enrolled, *told = read_lists(client, course.told.id, parts_of(fields, whole))
        look_for(client, course.told.id, fields, enrolled, before.expected)
        if whole or not enrolled:
            require_all_groups(client, course.told)
        for each in told:  # nobody is called suspended by a list that is not whole
            active = each.keys() if each.whole else enrolled.keys()
    else:
        enrolled, active = ours.enrolled, ours.active
    people, members = _participants(client, course.told.id, wanted, enrolled, active)
    silent = ours.looked_up if ours else frozenset()
    seen = SeenPeople(
        course=course,
        people=people,
        members=members,
        visits=visits_of(enrolled[person.user_id] for person in people if person.user_id not in silent),
        ids=SourceIds(wanted.course, course.told.id, None, None, tuple(sorted(course.modules))),
        roll=enrolled.roll,
        anybody=bool(enrolled),
        suspended_read=whole and (ours is None or active is not None),
    )
    if ours is None:
        absent = set(wanted.groups).difference(*{person.groups for person in people}) if people else ()
        others = enrolled.keys() - {person.user_id for person in people} if len(enrolled) >= short_list.FEWEST else ()
        ids = replace(seen.ids, strangers=tuple(sorted(map(short_list.mark_of, others))))
        return replace(seen, ids=ids, absent=tuple(name for name in wanted.groups if name in absent))
    return replace(
        seen,
        ids=replace(seen.ids, groups=tuple(sorted(ours.group_ids))),
        anybody=seen.anybody or bool(ours.group_ids or ours.absent),
        our_groups=ours.group_ids,
        absent=ours.absent,
        unfound=len(ours.unfound),
    )


def with_looked_up(
    here: Iterable[Person], read: CoursePeople, key: str, unsettled: Collection[int]
) -> tuple[Person, ...]:
    """Return who was ``here`` with those who were looked up: as read, gone where they did not show, new behind them.

    ``unsettled`` are those who were looked up because nothing tells that they are as they were; of whom something
    could not be read stays as known.
    """
    as_read = {person.user_id: person for person in persons_of(read.values(), key)}
    stay = [
        as_read.pop(person.user_id, person)
        for person in here
        if person.user_id not in unsettled or person.user_id in as_read or person.user_id in read.spoiled
    ]
    return (*stay, *as_read.values())


def people_standing_in(wanted: SourceCourse, course: SeenCourse, stand_in: StandIn) -> SeenPeople:
    """Return the people as what is known tells them, with a report or the short list."""
    ids = SourceIds(wanted.course, course.told.id, None, None, tuple(sorted(course.modules)))
    ids = replace(ids, strangers=tuple(sorted(stand_in.strangers)))
    by_report, anybody = stand_in.visits is None, bool(stand_in.people)
    visits = stand_in.visits or {}
    seen = SeenPeople(course, stand_in.people, {}, visits, ids, stand_in.roll, anybody, by_report=by_report)
    return replace(seen, looked_at=stand_in.looked_at, others=stand_in.others)


def read_values(
    client: MoodleClient,
    wanted: SourceCourse,
    seen: SeenPeople,
    asked: Sequence[Person],
    whole: bool,
    compare: bool = False,
) -> PeopleAndGrades:
    """Read the grades of whoever is ``asked``, and what is required of everybody.

    After a look back everybody's grades are read after all when none of the chosen shows the evaluation; but where some
    stand as known it is None then. ``whole`` also reads the grade-to-pass where that can be read, and the criteria of
    course completion to compare the activities with, as ``compare`` alone does.
    Raise ConfigurationError if the evaluation or the tracked activities are not there.
    """
    course, people = seen.course, seen.people
    found = PeopleAndGrades(
        course.told.id,
        course.told.shortname,
        people,
        evaluation=None,
        required=(),
        grades={},
        suspended_read=seen.suspended_read,
        anybody=seen.anybody,
        site_time=course.site_time,
        roll=seen.roll,
        only_ours=seen.only_ours,
        absent=seen.absent,
        unfound=seen.unfound,
        ids=seen.ids,
        looked_at=seen.looked_at,
        others=seen.others,
    )
    if not wanted.gated:
        return found
    found, reports = _with_grades(client, wanted, seen, found, asked)
    evaluation = found.evaluation
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
        untold=tuple(each.name for each in visibility.untold_restrictions(demanded.values())),
    )


def _with_grades(
    client: MoodleClient, wanted: SourceCourse, seen: SeenPeople, found: PeopleAndGrades, asked: Sequence[Person]
) -> tuple[PeopleAndGrades, Mapping[int, payloads.UserGrades]]:
    """Return the same with the evaluation and the grades of whoever is asked, and their grade reports."""
    groups, total = members_asked(seen), None if seen.only_ours else seen.number
    looks_back = seen.course.checkpoint is not None
    names = found.shortname, wanted.item, wanted.cmid
    reports = read_grades(client, found.course_id, asked, groups, total)
    evaluation = find_evaluation(*names, reports.values(), expected=bool(asked) and not looks_back)
    if evaluation is None and seen.others:
        return found, reports  # perhaps others show it
    if evaluation is None and looks_back and seen.people:
        asked = seen.people
        reports = read_grades(client, found.course_id, asked, groups, total)
        evaluation = find_evaluation(*names, reports.values(), expected=True)
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
) -> FoundPeople | None:
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


def parts_of(fields: str, enrolments: bool) -> list[Part]:
    """Return the lists that are asked of the whole course: everybody, and who is active."""
    return [Part(fields), *([Part("id", {"onlyactive": 1})] if enrolments else [])]


def _participants(
    client: MoodleClient,
    course_id: int,
    wanted: SourceCourse,
    enrolled: Mapping[int, payloads.EnrolledUser],
    active: Collection[int] | None,
) -> tuple[Sequence[Person], dict[int, frozenset[int]]]:
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
    users: Collection[payloads.EnrolledUser], key: str, active: Collection[int] | None = None
) -> Sequence[Person]:
    """Return people as the course shows them, whose NIP stands in ``key``; all are active where ``active`` is None."""
    people = (
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
    return people_of(people, len(users))
