"""Reading the MOOC course: who is there, what they reached, what they have done; cheap bulk reads first (rule 10).

``survey`` reads the course, its people and their grades. ``read_materials`` here and ``read_attempts`` in ``attempts``
cost a call a person and are asked only for whom the caller names. Everything is read whole, or an error says why it was
not.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType

from latsar_sync.domain.errors import ConfigurationError, RecordRejected, SiteRefuses
from latsar_sync.domain.evidence import Activity, Evaluation, Grade
from latsar_sync.domain.language import _
from latsar_sync.domain.participant import Enrolment, Person
from latsar_sync.domain.records import Checkpoint
from latsar_sync.domain.spelling import seen
from latsar_sync.moodle import payloads, sights
from latsar_sync.moodle.aside import note_spoiled
from latsar_sync.moodle.changes import changes_of_activities, look_back
from latsar_sync.moodle.client import MoodleClient
from latsar_sync.moodle.courses import (
    CoursePeople,
    Roll,
    find_course,
    look_for,
    read_enrolled,
    require_all_groups,
    visits_of,
)
from latsar_sync.moodle.functions import Arguments, Function
from latsar_sync.moodle.grades import find_evaluation, grade_of, read_grades, unreadable_grades, with_grade_to_pass
from latsar_sync.moodle.groups import GroupPeople, can_read_groups, read_people
from latsar_sync.moodle.parsing import kept_once
from latsar_sync.rules.signals import Changes, Signals

COURSE_COMPLETION = 0
"""The stand-in for a course-module id where the whole course's completion is the requirement."""


@dataclass(frozen=True, slots=True)
class SourceCourse:
    """What of the MOOC course to read: ``item`` is the evaluation's course-module idnumber, or ``cmid`` its id.

    ``mode`` is "activities", "course" or "none"; ``include`` and ``exclude`` are course-module ids. ``gated`` False
    reads people only (rule 13). ``groups`` are the names of all the groups in which our people are, none where anybody
    in the course may be ours.
    """

    course: str
    participant_key: str
    roles: tuple[str, ...]
    item: str | None = None
    cmid: int | None = None
    gated: bool = True
    mode: str = "activities"
    include: tuple[int, ...] = ()
    exclude: tuple[int, ...] = ()
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Seen:
    """The people of the course before any grade was read. ``site_time`` is the site's clock when reading began, None
    if the site tells none; ``visits`` is each person's last visit by user id, None where it does not show; ``changes``
    what happened since the checkpoint. ``by_group`` says that nobody outside our groups was read, ``attempts_told``
    that new attempts stand in ``changes``.
    """

    course_id: int
    people: tuple[Person, ...]
    site_time: datetime | None
    visits: Mapping[int, datetime | None]
    changes: Changes | None = None
    by_group: bool = False
    attempts_told: bool = True


@dataclass(frozen=True, slots=True)
class Survey:
    """The MOOC course as read. ``grades`` is by user id; ``suspended_read`` says whether activity of enrolments was;
    ``anybody`` whether a single person was seen in it, teachers included; ``signals`` is by what it was chosen whose
    grade to read, None if everybody's was. Where activities are the requirement, ``shown`` are those of the contents,
    ``unseen`` those that other answers name besides, ``barred`` by user id what is closed to somebody's groups, and
    ``untold`` the names of those of which it cannot be told to whom they are open.

    ``roll`` says how well the list of people was read, ``spoiled`` whose grade could not be read, and why. ``by_group``
    says that nobody outside our groups was read, ``absent`` which of these do not show (yet).
    """

    course_id: int
    shortname: str
    people: tuple[Person, ...]
    evaluation: Evaluation | None
    required: tuple[Activity, ...]
    grades: Mapping[int, Grade]
    suspended_read: bool
    anybody: bool
    site_time: datetime | None = None
    signals: Signals | None = None
    shown: frozenset[int] | None = None
    unseen: tuple[Activity, ...] = ()
    barred: Mapping[int, frozenset[int]] = field(default_factory=dict)
    untold: tuple[str, ...] = ()
    roll: Roll = field(default_factory=Roll)
    spoiled: Mapping[int, str] = field(default_factory=dict)
    by_group: bool = False
    absent: tuple[str, ...] = ()


def reads_by_group(client: MoodleClient, wanted: SourceCourse) -> bool:
    """Say whether nobody but the people of our groups is read: all of these are known, and the service can."""
    shown = wanted.cmid is not None or client.supports(Function.COURSE_CONTENTS)
    return wanted.gated and bool(wanted.groups) and shown and can_read_groups(client)


def survey(
    client: MoodleClient,
    wanted: SourceCourse,
    whole: bool,
    choose: Callable[[Seen], Sequence[Person]] | None = None,
    checkpoint: Checkpoint | None = None,
    compare: bool = False,
    expected: Mapping[int, tuple[str, ...]] = MappingProxyType({}),
) -> Survey:
    """Read the course, everybody in it and their grades; with ``choose`` the grades of those whom it returns.

    ``expected`` are the groups, by user id, of those who were there: whoever does not show is looked for in them.

    With ``checkpoint`` what changed since is read too, and everybody's grades after all when none of the chosen shows
    the evaluation. ``whole`` also reads whose enrolment is suspended, the grade-to-pass where that can be read, and the
    criteria of course completion to compare the activities with, as ``compare`` alone does.
    Raise ConfigurationError if the course, its evaluation or its tracked activities are not there.
    """
    course = _find_course(client, wanted)
    site_time = client.site_time
    modules = _modules(client, course, wanted, checkpoint)
    # before people are listed: whoever is at it now has been there when the list is made
    changed = look_back(client, course, modules, checkpoint) if checkpoint else None
    fields = f"id,{wanted.participant_key},roles,groups,institution,lastcourseaccess"
    attempts_told, ours = changed is not None, None
    if reads_by_group(client, wanted):
        if checkpoint and changed is None:
            changed = changes_of_activities(client, course, modules, checkpoint)
        ours = read_our_groups(client, course, wanted, modules, checkpoint, fields, expected, whole)
        enrolled, active = ours.enrolled, ours.active
    else:
        enrolled = read_enrolled(client, course.id, fields)
        look_for(client, course.id, fields, enrolled, expected)
        if whole or not enrolled:
            require_all_groups(client, course)
        active = _active(client, course.id, enrolled) if whole else None
    people, group_ids = _participants(client, course.id, wanted, enrolled, active)
    if not wanted.gated:
        found = Survey(course.id, course.shortname, people, None, (), {}, whole, bool(enrolled))
        return replace(found, roll=enrolled.roll)
    silent = ours.looked_up if ours else frozenset()
    visits = visits_of(enrolled[person.user_id] for person in people if person.user_id not in silent)
    seen = Seen(course.id, people, site_time, visits, changed, ours is not None, attempts_told)
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
    if whole and evaluation is not None and evaluation.modname == "quiz":
        evaluation = with_grade_to_pass(client, evaluation, asked[0].user_id)
    required = required_of(course, modules, wanted, evaluation)
    found = Survey(course.id, course.shortname, people, evaluation, required, grades, whole, bool(enrolled), site_time)
    found = replace(found, roll=enrolled.roll, spoiled=unreadable_grades(reports, grades))
    if ours:
        found = replace(found, anybody=True, by_group=True, absent=ours.absent)
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


def left_out(wanted: SourceCourse, evaluation: Evaluation | None) -> frozenset[int]:
    """Return the activities that are no material: the evaluation, and what the configuration excludes."""
    evaluated = evaluation.cmid if evaluation else wanted.cmid
    return frozenset({*wanted.exclude, *([evaluated] if evaluated is not None else [])})


def unseen_in_completion(
    found: Survey, wanted: SourceCourse, states: Iterable[Mapping[int, int] | None]
) -> tuple[Activity, ...]:
    """Return the activities that people's completion names and neither the contents nor another answer did."""
    if found.shown is None or wanted.mode != "activities":
        return ()
    named = set[int]().union(*(each.keys() for each in states if each))
    known = found.shown | left_out(wanted, found.evaluation) | {each.cmid for each in found.unseen}
    return tuple(Activity(cmid, "", "") for cmid in sorted(named - known))


def read_materials(
    client: MoodleClient, found: Survey, wanted: SourceCourse, user_ids: Sequence[int], spoiled: dict[int, str]
) -> dict[int, dict[int, int] | None]:
    """Return the completion states (cmid to state) of each person; None for a person whom the site rejects.

    ``spoiled`` takes up whose answer could not be read, and why.
    """
    arguments = [{"courseid": found.course_id, "userid": user_id} for user_id in user_ids]
    if wanted.mode == "course":
        whole = client.read_each(Function.COURSE_COMPLETION_STATUS, payloads.COURSE_COMPLETION, arguments)
        note_spoiled(spoiled, user_ids, whole)
        return {
            user_id: None
            if isinstance(answer, RecordRejected)
            else {COURSE_COMPLETION: int(answer.completionstatus.completed)}
            for user_id, answer in zip(user_ids, whole, strict=True)
        }
    answers = client.read_each(Function.ACTIVITIES_COMPLETION_STATUS, payloads.ACTIVITY_STATUSES, arguments)
    note_spoiled(spoiled, user_ids, answers)
    return {
        user_id: None
        if isinstance(answer, RecordRejected)
        else {status.cmid: status.state for status in answer.statuses}
        for user_id, answer in zip(user_ids, answers, strict=True)
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
    checkpoint: Checkpoint | None,
    fields: str,
    expected: Mapping[int, tuple[str, ...]],
    enrolments: bool,
) -> GroupPeople:
    """Read the people of our groups; the evaluation is asked which there are, else whatever activity shows."""
    cmid = wanted.cmid or (checkpoint.cmid if checkpoint and checkpoint.course_id == course.id else None)
    if cmid is None and not modules:
        modules = read_modules(client, course.id)
    shown = [module for module in modules.values() if module.uservisible is not False]
    by_kind = sorted(shown, key=lambda module: (module.modname != "quiz", module.id))
    activities = list(dict.fromkeys([*([cmid] if cmid else []), *(module.id for module in by_kind)]))
    return read_people(client, course, wanted.groups, wanted.roles, activities, fields, expected, enrolments)


def _active(client: MoodleClient, course_id: int, enrolled: CoursePeople) -> Collection[int]:
    """Return whose enrolment is active; everybody where that list is not whole: nobody is called suspended by it."""
    told = read_enrolled(client, course_id, "id", onlyactive=1) if enrolled else enrolled
    return told.keys() if told.whole else enrolled.keys()


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
    people = tuple(
        Person(
            user_id=user.id,
            name=seen(user.fullname),
            key=getattr(user, key),
            groups=kept_once(tuple(sorted(group.name for group in user.groups))),
            institution=seen(user.institution or ""),
            enrolment=Enrolment.ACTIVE if active is None or user.id in active else Enrolment.SUSPENDED,
        )
        for user in counting
    )
    return people, {group: frozenset(users) for group, users in members.items()}


def _modules(
    client: MoodleClient, course: payloads.Course, wanted: SourceCourse, checkpoint: Checkpoint | None
) -> dict[int, payloads.Module]:
    """Return the activities by course-module id where they are the requirement or tell whether groups hide people."""
    needed = wanted.mode == "activities" or (checkpoint is not None and client.supports(Function.COURSE_CONTENTS))
    return read_modules(client, course.id) if wanted.gated and needed else {}


def read_modules(client: MoodleClient, course_id: int) -> dict[int, payloads.Module]:
    """Return every activity of the course that the account sees, by course-module id."""
    arguments: Arguments = {"courseid": course_id, "options": [{"name": "excludecontents", "value": 1}]}
    sections = client.read(Function.COURSE_CONTENTS, payloads.COURSE_CONTENTS, arguments)
    return {
        module.id: module.model_copy(update={"in_restricted_section": True}) if section.availabilityinfo else module
        for section in sections
        for module in section.modules
    }


def required_of(
    course: payloads.Course, modules: Mapping[int, payloads.Module], wanted: SourceCourse, evaluation: Evaluation | None
) -> tuple[Activity, ...]:
    """Return the required set (rule 3): visible tracked activities but the evaluation, with include and exclude.

    Raise ConfigurationError if it is empty, or ``include`` names what is not tracked.
    """
    if wanted.mode == "none":
        return ()
    if wanted.mode == "course":
        return (Activity(COURSE_COMPLETION, course.fullname, "course"),)
    evaluation_cmid = evaluation.cmid if evaluation else wanted.cmid
    unusable = [str(cmid) for cmid in wanted.include if cmid not in modules or not modules[cmid].completion]
    if unusable:
        raise ConfigurationError(
            _("materials.include names activities that {shortname} does not track: cmid {unusable}.").format(
                shortname=course.shortname, unusable=", ".join(unusable)
            ),
            _("Correct the list, or turn completion on in those activities."),
        )
    # sorted, since moving an activity inside the course changes nothing
    required = tuple(
        Activity(module.id, module.name, module.modname)
        for _, module in sorted(modules.items())
        if module.completion
        and module.id != evaluation_cmid
        and module.id not in wanted.exclude
        and (module.visible is not False or module.id in wanted.include)
    )
    if not required:
        raise ConfigurationError(
            _("The course {shortname} has no tracked activity besides the evaluation; nobody is admitted.").format(
                shortname=course.shortname
            ),
            _("Turn activity completion on in the course, check mod/…:view of the account, or set materials.mode."),
        )
    return required
