"""Reading the MOOC course: who is there, what they reached, what they have done; cheap bulk reads first (rule 10).

``survey`` reads the course, its people and their grades. ``read_materials`` and ``read_attempts`` cost a call a
person and are asked only for whom the caller names. Everything is read whole, or an error says why it was not.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType

from latsar_sync.domain.errors import ConfigurationError, RecordRejected, SiteRefuses
from latsar_sync.domain.language import _
from latsar_sync.domain.model import Activity, Attempts, Enrolment, Evaluation, Grade, Person, quantise
from latsar_sync.domain.records import Checkpoint
from latsar_sync.domain.spelling import seen
from latsar_sync.moodle import payloads, sights
from latsar_sync.moodle.aside import note_spoiled
from latsar_sync.moodle.changes import attempts_function, look_back
from latsar_sync.moodle.client import MoodleClient
from latsar_sync.moodle.courses import Roll, find_course, look_for, read_enrolled, require_all_groups, visits_of
from latsar_sync.moodle.fields import moment
from latsar_sync.moodle.functions import Arguments, Function
from latsar_sync.moodle.grades import find_evaluation, grade_of, read_grades, unreadable_grades, with_grade_to_pass
from latsar_sync.moodle.shapes import kept_once
from latsar_sync.rules.signals import Changes, Signals

WITHOUT_RESULT = frozenset({"notstarted", "inprogress", "overdue", "abandoned"})
"""States of a quiz attempt from which no grade comes as it stands (Moodle ``mod/quiz/classes/quiz_attempt.php``)."""

COURSE_COMPLETION = 0
"""The stand-in for a course-module id where the whole course's completion is the requirement."""


@dataclass(frozen=True, slots=True)
class SourceCourse:
    """What of the MOOC course to read: ``item`` is the evaluation's course-module idnumber, or ``cmid`` its id.

    ``mode`` is "activities", "course" or "none"; ``include`` and ``exclude`` are course-module ids. ``gated`` False
    reads people only (rule 13).
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


@dataclass(frozen=True, slots=True)
class Seen:
    """The people of the course before any grade was read. ``site_time`` is the site's clock when reading began, None
    if the site tells none; ``visits`` is each person's last visit by user id, None where it does not show; ``changes``
    are those since the checkpoint, None if that is not known.
    """

    course_id: int
    people: tuple[Person, ...]
    site_time: datetime | None
    visits: Mapping[int, datetime | None]
    changes: Changes | None = None


@dataclass(frozen=True, slots=True)
class Survey:
    """The MOOC course as read. ``grades`` is by user id; ``suspended_read`` says whether activity of enrolments was;
    ``anybody`` whether a single person was seen in it, teachers included; ``signals`` is by what it was chosen whose
    grade to read, None if everybody's was. Where activities are the requirement, ``shown`` are those of the contents,
    ``unseen`` those that other answers name besides, ``barred`` by user id what is closed to somebody's groups, and
    ``untold`` the names of those of which it cannot be told to whom they are open.

    ``roll`` says how well the list of people was read, ``spoiled`` whose grade could not be read, and why.
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
    enrolled = read_enrolled(client, course.id, fields)
    look_for(client, course.id, fields, enrolled, expected)
    if whole or not enrolled:
        require_all_groups(client, course)
    people, group_ids = _participants(client, course.id, wanted, enrolled, whole)
    if not wanted.gated:
        found = Survey(course.id, course.shortname, people, None, (), {}, whole, bool(enrolled))
        return replace(found, roll=enrolled.roll)
    visits = visits_of(enrolled[person.user_id] for person in people)
    asked = people if choose is None else choose(Seen(course.id, people, site_time, visits, changed))
    reports = read_grades(client, course.id, asked, group_ids, len(people))
    names = course.shortname, wanted.item, wanted.cmid
    evaluation = find_evaluation(*names, reports.values(), expected=bool(asked) and not checkpoint)
    if evaluation is None and checkpoint and people:
        asked = people
        reports = read_grades(client, course.id, asked, group_ids, len(people))
        evaluation = find_evaluation(*names, reports.values(), expected=True)
    grades = (
        {person.user_id: grade_of(reports.get(person.user_id), evaluation) for person in asked} if evaluation else {}
    )
    if whole and evaluation is not None and evaluation.modname == "quiz":
        evaluation = with_grade_to_pass(client, evaluation, asked[0].user_id)
    required = required_of(course, modules, wanted, evaluation)
    found = Survey(course.id, course.shortname, people, evaluation, required, grades, whole, bool(enrolled), site_time)
    found = replace(found, roll=enrolled.roll, spoiled=unreadable_grades(reports, grades))
    if wanted.mode != "activities":
        return found
    active = (person.user_id for person in people if person.enrolment is Enrolment.ACTIVE)
    criteria = sights.read_criteria(client, course.id, active) if whole or compare else None
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


def read_attempts(
    client: MoodleClient,
    found: Survey,
    user_ids: Sequence[int],
    limit: Callable[[Decimal], Decimal],
    spoiled: dict[int, str],
) -> dict[int, Attempts | None]:
    """Return each person's finished attempts at the evaluation quiz; None for a person whom the site rejects.

    ``limit`` gives the threshold in points for the quiz's maximum; ``reached_at`` is the first attempt that reached
    it. Marks are scaled by the quiz: sumgrades × grade / quiz.sumgrades (Moodle ``mod/quiz/lib.php``,
    ``quiz_rescale_grade``). Raise ConfigurationError if the evaluation is no quiz that the account can see.
    """
    quiz = _find_quiz(client, found)
    maximum, marks = quiz.grade, quiz.sumgrades
    if maximum is None or marks is None or min(maximum, marks) < 0:
        raise SiteRefuses(
            _("{name}: the maximum grade of the evaluation quiz of {shortname} cannot be read.").format(
                name=client.name, shortname=found.shortname
            ),
            _("Save the quiz's settings in Moodle anew, and give the account mod/quiz:view there."),
        )
    arguments: list[Arguments] = [{"quizid": quiz.id, "userid": user_id, "status": "all"} for user_id in user_ids]
    answers = client.read_each(attempts_function(client), payloads.ATTEMPTS, arguments)
    note_spoiled(spoiled, user_ids, answers)
    return {
        user_id: None if isinstance(answer, RecordRejected) else _attempts(answer, maximum, marks, limit(maximum))
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


def _participants(
    client: MoodleClient,
    course_id: int,
    wanted: SourceCourse,
    enrolled: Mapping[int, payloads.EnrolledUser],
    whole: bool,
) -> tuple[tuple[Person, ...], dict[int, frozenset[int]]]:
    """Return the participants and the members of each group by group id."""
    key = wanted.participant_key
    counting = [user for user in enrolled.values() if any(role.shortname in wanted.roles for role in user.roles)]
    if counting and all(getattr(user, key) is None for user in counting):
        raise SiteRefuses(
            _("{name}: nobody's {key} is visible in the course {course}.").format(
                name=client.name, key=key, course=wanted.course
            ),
            _("Give the service account's role moodle/user:viewalldetails there, or correct participant_key."),
        )
    active: Collection[int] = enrolled.keys()
    if whole and counting:
        told = read_enrolled(client, course_id, "id", onlyactive=1)
        # where the second list is not whole, nobody is called suspended for not being in it
        active = told.keys() if told.whole else enrolled.keys()
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
            enrolment=Enrolment.ACTIVE if user.id in active else Enrolment.SUSPENDED,
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


def _find_quiz(client: MoodleClient, found: Survey) -> payloads.Quiz:
    answer = client.read(Function.QUIZZES_BY_COURSES, payloads.QUIZZES, {"courseids": [found.course_id]})
    for quiz in answer.quizzes:
        if found.evaluation is not None and quiz.coursemodule == found.evaluation.cmid:
            return quiz
    raise ConfigurationError(
        _("The evaluation of the course {shortname} is no quiz that the service account can see.").format(
            shortname=found.shortname
        ),
        _(
            'basis = "best_attempt" works with quizzes only; give the account mod/quiz:view, or use '
            'basis = "gradebook".'
        ),
    )


def _attempts(answer: payloads.QuizAttempts, maximum: Decimal, marks: Decimal, limit: Decimal) -> Attempts:
    """Weigh the finished attempts; Moodle's "finished" filter counts abandoned ones too (trap 26).

    What was handed in and not marked, and an attempt in a state that no Moodle up to 5.1 has, may hold the limit: both
    count as ungraded.
    """
    finished = [attempt for attempt in answer.attempts if attempt.state == "finished"]
    undecided = [attempt for attempt in answer.attempts if attempt.state not in {"finished", *WITHOUT_RESULT}]
    scaled = [
        (quantise(attempt.sumgrades * maximum / marks) if marks else Decimal(0), moment(attempt.timefinish))
        for attempt in finished
        if attempt.sumgrades is not None
    ]
    moments = [moment for score, moment in scaled if score >= limit and moment is not None]
    return Attempts(
        finished=len(finished),
        ungraded=sum(1 for attempt in finished if attempt.sumgrades is None) + len(undecided),
        best=max((score for score, _ in scaled), default=None),
        reached_at=min(moments, default=None),
        maximum=maximum,
    )
