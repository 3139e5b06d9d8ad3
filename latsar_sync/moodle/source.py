"""Reading the MOOC course: who is there, what they reached, what they have done; cheap bulk reads first (rule 10).

``survey`` reads the course, its people and their grades. ``read_materials`` and ``read_attempts`` cost a call a
person and are asked only for whom the caller names. Everything is read whole, or an error says why it was not.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial

from latsar_sync.errors import ConfigurationError, RecordRejected, SiteRefuses
from latsar_sync.language import _
from latsar_sync.model import (
    Activity,
    Attempts,
    Enrolment,
    Evaluation,
    Grade,
    GradeStatus,
    Person,
    quantise,
)
from latsar_sync.moodle import payloads
from latsar_sync.moodle.batch import in_parallel
from latsar_sync.moodle.client import MoodleClient
from latsar_sync.moodle.courses import find_course, read_enrolled, require_all_groups
from latsar_sync.moodle.functions import Arguments, Function

WHOLE_COURSE_UP_TO = 200
"""People up to which one grade report of the whole course is cheaper than one a group (measured: design §9)."""
SINGLES_UP_TO = 50
GROUPS_AT_ONCE = 2
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
class Survey:
    """The MOOC course as read. ``grades`` is by user id; ``suspended_read`` says whether activity of enrolments was;
    ``anybody`` whether a single person was seen in it, teachers included.
    """

    course_id: int
    shortname: str
    people: tuple[Person, ...]
    evaluation: Evaluation | None
    required: tuple[Activity, ...]
    grades: Mapping[int, Grade]
    suspended_read: bool
    anybody: bool


def survey(
    client: MoodleClient, wanted: SourceCourse, whole: bool, only: Callable[[Person], bool] | None = None
) -> Survey:
    """Read the course, everybody in it and their grades; with ``only`` the grades of those whom it chooses.

    ``whole`` also reads whose enrolment is suspended, and the evaluation's grade-to-pass where that can be read.
    Raise ConfigurationError if the course, its evaluation or its tracked activities are not there.
    """
    course = _find_course(client, wanted)
    enrolled = read_enrolled(client, course.id, f"id,{wanted.participant_key},roles,groups,institution")
    if whole or not enrolled:
        require_all_groups(client, course)
    people, group_ids = _participants(client, course.id, wanted, enrolled, whole)
    if not wanted.gated:
        return Survey(course.id, course.shortname, people, None, (), {}, whole, bool(enrolled))
    asked = [person for person in people if only is None or only(person)]
    reports = _read_grades(client, course.id, asked, group_ids, singly=only is not None)
    evaluation = find_evaluation(wanted, course, reports.values(), expected=bool(asked))
    grades = {person.user_id: _grade(reports.get(person.user_id), evaluation) for person in asked} if evaluation else {}
    if whole and evaluation is not None and evaluation.modname == "quiz":
        evaluation = _with_grade_to_pass(client, evaluation, asked[0].user_id)
    required = read_required(client, course, wanted, evaluation)
    return Survey(course.id, course.shortname, people, evaluation, required, grades, whole, bool(enrolled))


def read_materials(
    client: MoodleClient, found: Survey, wanted: SourceCourse, user_ids: Sequence[int]
) -> dict[int, dict[int, int] | None]:
    """Return the completion states (cmid to state) of each person; None for a person whom the site rejects."""
    arguments = [{"courseid": found.course_id, "userid": user_id} for user_id in user_ids]
    if wanted.mode == "course":
        whole = client.read_each(Function.COURSE_COMPLETION_STATUS, payloads.COURSE_COMPLETION, arguments)
        return {
            user_id: None
            if isinstance(answer, RecordRejected)
            else {COURSE_COMPLETION: int(answer.completionstatus.completed)}
            for user_id, answer in zip(user_ids, whole, strict=True)
        }
    answers = client.read_each(Function.ACTIVITIES_COMPLETION_STATUS, payloads.ACTIVITY_STATUSES, arguments)
    return {
        user_id: None
        if isinstance(answer, RecordRejected)
        else {status.cmid: status.state for status in answer.statuses}
        for user_id, answer in zip(user_ids, answers, strict=True)
    }


def read_attempts(
    client: MoodleClient, found: Survey, user_ids: Sequence[int], limit: Callable[[Decimal], Decimal]
) -> dict[int, Attempts | None]:
    """Return each person's finished attempts at the evaluation quiz; None for a person whom the site rejects.

    ``limit`` gives the pass limit in points for the quiz's maximum; ``reached_at`` is the first attempt that reached
    it. Marks are scaled by the quiz: sumgrades × grade / quiz.sumgrades (Moodle ``mod/quiz/lib.php``,
    ``quiz_rescale_grade``). Raise ConfigurationError if the evaluation is no quiz that the account can see.
    """
    quiz = _find_quiz(client, found)
    maximum, marks = quiz.grade or Decimal(0), quiz.sumgrades or Decimal(0)
    function = Function.USER_ATTEMPTS
    if client.supports(Function.USER_QUIZ_ATTEMPTS):
        function = Function.USER_QUIZ_ATTEMPTS
    arguments: list[Arguments] = [{"quizid": quiz.id, "userid": user_id, "status": "all"} for user_id in user_ids]
    answers = client.read_each(function, payloads.ATTEMPTS, arguments)
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
    active = read_enrolled(client, course_id, "id", onlyactive=1).keys() if whole and counting else enrolled.keys()
    members: dict[int, set[int]] = {}
    for user in counting:
        for group in user.groups:
            members.setdefault(group.id, set()).add(user.id)
    people = tuple(
        Person(
            user_id=user.id,
            name=user.fullname,
            key=getattr(user, key),
            groups=tuple(sorted(group.name for group in user.groups)),
            institution=user.institution or "",
            enrolment=Enrolment.ACTIVE if user.id in active else Enrolment.SUSPENDED,
        )
        for user in counting
    )
    return people, {group: frozenset(users) for group, users in members.items()}


def _read_grades(
    client: MoodleClient,
    course_id: int,
    people: Sequence[Person],
    members: Mapping[int, frozenset[int]],
    singly: bool,
) -> dict[int, payloads.UserGrades]:
    """Return the grade report of each person: whole course, by group, and singly whoever was not in a bulk answer.

    The bulk call leaves out suspended enrolments and custom roles without a word (traps 15 and 16).
    """
    missing = {person.user_id for person in people}
    reports: dict[int, payloads.UserGrades] = {}

    def take(answers: Iterable[payloads.GradeReport]) -> None:
        for answer in answers:
            reports.update({report.userid: report for report in answer.usergrades if report.userid in missing})
        missing.difference_update(reports)

    read = partial(_read_report, client, course_id)
    if not singly and len(missing) > WHOLE_COURSE_UP_TO:
        groups = _covering_groups(members)
        # the first read settles a pending regrade; two at once would meet in it
        take(map(read, groups[:1]))
        take(in_parallel(read, groups[1:], GROUPS_AT_ONCE))
    if not singly and len(missing) > SINGLES_UP_TO:
        take([read(0)])
    wanted: list[Arguments] = [{"courseid": course_id, "userid": user_id} for user_id in sorted(missing)]
    answers = client.read_each(Function.GRADE_ITEMS, payloads.GRADE_REPORT, wanted)
    take(answer for answer in answers if not isinstance(answer, RecordRejected))
    return reports


def _read_report(client: MoodleClient, course_id: int, group_id: int) -> payloads.GradeReport:
    arguments: Arguments = {"courseid": course_id, "userid": 0, "groupid": group_id}
    return client.read(Function.GRADE_ITEMS, payloads.GRADE_REPORT, arguments)


def _covering_groups(members: Mapping[int, Collection[int]]) -> list[int]:
    """Choose groups, the largest first, until everybody who is in any group is in a chosen one."""
    chosen: list[int] = []
    covered: set[int] = set()
    for group, users in sorted(members.items(), key=lambda item: (-len(item[1]), item[0])):
        if not covered.issuperset(users):
            chosen.append(group)
            covered.update(users)
    return chosen


def _is_evaluation(item: payloads.GradeItem, wanted: SourceCourse) -> bool:
    if item.itemtype != "mod" or item.itemnumber not in (0, None):
        return False
    return item.cmid == wanted.cmid if wanted.cmid is not None else item.idnumber == wanted.item


def find_evaluation(
    wanted: SourceCourse, course: payloads.Course, reports: Iterable[payloads.UserGrades], expected: bool
) -> Evaluation | None:
    """Find the evaluation among people's grade items. Raise ConfigurationError if it is expected and nobody has it."""
    seen: set[str] = set()
    for report in reports:
        for item in report.gradeitems:
            if _is_evaluation(item, wanted) and item.cmid is not None:
                return Evaluation(
                    cmid=item.cmid,
                    instance=item.iteminstance or 0,
                    modname=item.itemmodule or "",
                    name=item.itemname or "",
                    grade_min=item.grademin,
                    grade_max=item.grademax,
                )
            if item.itemtype == "mod":
                seen.add(f"{item.itemname} (cmid {item.cmid}, idnumber {item.idnumber or '–'})")
    if not expected:
        return None
    name = f'idnumber "{wanted.item}"' if wanted.item else f"cmid {wanted.cmid}"
    listed = "; ".join(sorted(seen)) or _(
        "no activity at all: the account may lack mod/quiz:view or moodle/grade:viewall"
    )
    raise ConfigurationError(
        _("No grade item of the course {shortname} has the {name}.").format(shortname=course.shortname, name=name),
        _(
            "Correct evaluation in the configuration; if it is right, the evaluation is hidden: give the "
            "account moodle/course:viewhiddenactivities and moodle/grade:viewhidden. It sees {listed}."
        ).format(listed=listed),
    )


def _grade(report: payloads.UserGrades | None, evaluation: Evaluation) -> Grade:
    """Read one person's grade; anything but a plain value or a plain none is its own status (traps 12 to 16)."""
    if report is None:
        return Grade(GradeStatus.UNREAD)
    item = next(
        (item for item in report.gradeitems if item.cmid == evaluation.cmid and item.itemnumber in (0, None)), None
    )
    if item is None:
        return Grade(GradeStatus.ITEM_MISSING)
    if item.gradeneedsupdate:
        return Grade(GradeStatus.NEEDS_UPDATE)
    if "graderaw" not in item.model_fields_set or (item.graderaw is None and item.gradeishidden):
        return Grade(GradeStatus.HIDDEN)
    return Grade(
        status=GradeStatus.NO_GRADE if item.graderaw is None else GradeStatus.GRADED,
        raw=None if item.graderaw is None else quantise(item.graderaw),
        minimum=item.grademin,
        maximum=item.grademax,
        overridden=bool(item.gradeisoverridden),
        graded_at=_moment(item.gradedategraded),
    )


def _with_grade_to_pass(client: MoodleClient, evaluation: Evaluation, user_id: int) -> Evaluation:
    """Add the grade-to-pass; only the best-grade call tells it, and only since Moodle 3.11."""
    if not client.supports(Function.BEST_GRADE):
        return evaluation
    arguments: Arguments = {"quizid": evaluation.instance, "userid": user_id}
    try:
        answer = client.read(Function.BEST_GRADE, payloads.BEST_GRADE, arguments)
    except (SiteRefuses, RecordRejected):
        return evaluation  # it is only compared, never decided by: a right that lacks must not stop the programme
    to_pass = None if answer.gradetopass is None else quantise(answer.gradetopass)
    return replace(evaluation, grade_to_pass=to_pass)


def read_required(
    client: MoodleClient, course: payloads.Course, wanted: SourceCourse, evaluation: Evaluation | None
) -> tuple[Activity, ...]:
    """Return the required set (rule 3): visible tracked activities but the evaluation, with include and exclude."""
    if wanted.mode == "none":
        return ()
    if wanted.mode == "course":
        return (Activity(COURSE_COMPLETION, course.fullname, "course"),)
    arguments: Arguments = {"courseid": course.id, "options": [{"name": "excludecontents", "value": 1}]}
    sections = client.read(Function.COURSE_CONTENTS, payloads.COURSE_CONTENTS, arguments)
    modules = {module.id: module for section in sections for module in section.modules}
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


def _attempts(answer: payloads.Attempts, maximum: Decimal, marks: Decimal, limit: Decimal) -> Attempts:
    """Weigh the finished attempts; Moodle's "finished" filter counts abandoned ones too (trap 26)."""
    finished = [attempt for attempt in answer.attempts if attempt.state == "finished"]
    scaled = [
        (quantise(attempt.sumgrades * maximum / marks) if marks else Decimal(0), _moment(attempt.timefinish))
        for attempt in finished
        if attempt.sumgrades is not None
    ]
    moments = [moment for score, moment in scaled if score >= limit and moment is not None]
    return Attempts(
        finished=len(finished),
        ungraded=sum(1 for attempt in finished if attempt.sumgrades is None),
        best=max((score for score, _ in scaled), default=None),
        reached_at=min(moments, default=None),
        maximum=maximum,
    )


def _moment(seconds: int | None) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds else None
