"""Reading who is in the MOOC course, by the one of three ways that serves: by list, by group, or the whole course."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from latsar_sync.domain.errors import SiteRefuses
from latsar_sync.domain.language import _
from latsar_sync.domain.many_people import people_of
from latsar_sync.domain.participant import Enrolment, Person
from latsar_sync.domain.records import SourceIds
from latsar_sync.domain.spelling import seen as as_seen
from latsar_sync.moodle import our_people, payloads, people_by_list, short_list
from latsar_sync.moodle.client import MoodleClient
from latsar_sync.moodle.course_lists import CoursePeople, Part, look_for, read_lists, require_all_groups, visits_of
from latsar_sync.moodle.course_profiles import FoundPeople
from latsar_sync.moodle.functions import Function
from latsar_sync.moodle.mooc_values import Before, SeenCourse, SeenPeople, SourceCourse, StandIn, WayOfReading
from latsar_sync.moodle.our_people import read_our_groups
from latsar_sync.moodle.parsing import kept_once
from latsar_sync.moodle.people_by_list import read_listed


def way_of(client: MoodleClient, wanted: SourceCourse) -> WayOfReading:
    """Choose how people are found: nobody but ours is read where it is known who they are, and the service can."""
    if wanted.nips is not None and all(map(client.supports, people_by_list.NEEDED)):
        return WayOfReading.BY_LIST
    shown = wanted.cmid is not None or client.supports(Function.COURSE_CONTENTS)
    if wanted.gated and wanted.groups and shown and all(map(client.supports, our_people.NEEDED)):
        return WayOfReading.BY_GROUP
    return WayOfReading.WHOLE_COURSE


def see_people(
    client: MoodleClient, wanted: SourceCourse, way: WayOfReading, course: SeenCourse, before: Before, whole: bool
) -> SeenPeople:
    """Read everybody in the course who may be ours, by the way chosen; ``whole`` also whose enrolment is suspended."""
    if way is WayOfReading.BY_LIST:
        key, roles, known = wanted.participant_key, wanted.roles, before.expected.keys()
        found = read_listed(client, course.told, key, roles, before.lookup, known, whole)
    elif way is WayOfReading.BY_GROUP:
        found = read_our_groups(client, course.told, wanted, course.modules, before, fields_of(wanted), whole)
    else:
        found = _read_whole_course(client, course.told.id, fields_of(wanted), before, whole)
    if way is not WayOfReading.BY_GROUP and (whole or not found.enrolled):
        require_all_groups(client, course.told)
    enrolled, ids = found.enrolled, SourceIds(wanted.course, course.told.id, None, None, tuple(sorted(course.modules)))
    people, members, names = _participants(client, course.told.id, wanted, enrolled, found.active)
    seen = SeenPeople(
        course=course,
        people=people,
        members=members,
        group_names=names,
        visits=visits_of(enrolled[person.user_id] for person in people if person.user_id not in found.looked_up),
        ids=replace(ids, groups=tuple(sorted(found.group_ids))),
        roll=enrolled.roll,
        anybody=bool(enrolled or found.group_ids or found.absent),
        suspended_read=whole and found.active is not None,
        our_groups=found.group_ids if way.only_ours else None,
        absent=found.absent,
        unfound=len(found.unfound),
    )
    if way.only_ours:
        return seen
    absent = set(wanted.groups).difference(*{person.groups for person in people}) if people else ()
    others = enrolled.keys() - {person.user_id for person in people} if len(enrolled) >= short_list.FEWEST else ()
    ids = replace(ids, strangers=tuple(sorted(map(short_list.mark_of, others))))
    return replace(seen, ids=ids, absent=tuple(name for name in wanted.groups if name in absent))


def _read_whole_course(client: MoodleClient, course_id: int, fields: str, before: Before, whole: bool) -> FoundPeople:
    """Read everybody in the course, and whoever was expected in it ``before`` and is not in its list."""
    enrolled, *told = read_lists(client, course_id, parts_of(fields, whole))
    look_for(client, course_id, fields, enrolled, before.expected)
    active: Collection[int] | None = None
    for each in told:  # nobody is called suspended by a list that is not whole
        active = each.keys() if each.whole else enrolled.keys()
    return FoundPeople(enrolled, active)


def fields_of(wanted: SourceCourse) -> str:
    """Return the fields that are asked of people in a list."""
    return f"id,{wanted.participant_key},roles,groups,institution,lastcourseaccess"


def parts_of(fields: str, enrolments: bool) -> list[Part]:
    """Return the lists that are asked of the whole course: everybody, and who is active."""
    return [Part(fields), *([Part("id", {"onlyactive": 1})] if enrolments else [])]


def _participants(
    client: MoodleClient,
    course_id: int,
    wanted: SourceCourse,
    enrolled: Mapping[int, payloads.EnrolledUser],
    active: Collection[int] | None,
) -> tuple[Sequence[Person], dict[int, frozenset[int]], dict[int, str]]:
    """Return the participants, the members of each group and its name by group id.

    Everybody is active if that was not read.
    """
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
    names: dict[int, str] = {}
    for user in counting:
        for group in user.groups:
            members.setdefault(group.id, set()).add(user.id)
            names[group.id] = group.name
    people = persons_of(counting, key, active)
    return people, {group: frozenset(users) for group, users in members.items()}, names


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
    seen = SeenPeople(course, stand_in.people, {}, {}, visits, ids, stand_in.roll, anybody, by_report=by_report)
    return replace(seen, chosen=stand_in.chosen)
