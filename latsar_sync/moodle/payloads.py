"""The answers of Moodle, as far as the service uses them, and how each is read from its JSON text.

A key that is absent is told from a key that is null by ``model_fields_set``: an absent ``graderaw`` means the
course hides grades from its user report (trap 14), a null one that there is no grade. What kind of value stands where
is said in ``fields``.
"""

from collections.abc import Mapping
from typing import Annotated

from pydantic import BeforeValidator, Field, TypeAdapter, ValidationError

from latsar_sync.moodle.fields import Flag, Id, Name, Number, Seconds, Text, Visit, Whole
from latsar_sync.moodle.parsing import Payload, Rows, Shape, loaded, read_row


class ListedFunction(Payload):
    """A function that the token's service holds."""

    name: Text


def _names(listed: object) -> object:
    if not isinstance(listed, list):
        return listed
    return [ListedFunction.model_validate(function).name for function in listed]


class SiteInfo(Payload):
    """Site and account behind a token. The private access key that older versions send along is not kept."""

    sitename: Name
    siteurl: Text
    userid: Id
    username: Text
    release: Text = ""
    version: Text = ""
    userissiteadmin: Flag = False
    functions: Annotated[frozenset[str], BeforeValidator(_names)]


class Course(Payload):
    """A course. ``visible``, ``groupmode`` and ``enablecompletion`` are None without access to the course.

    The front page is a course too, the only one with ``categoryid`` 0.
    """

    id: Id
    shortname: Name
    fullname: Name
    categoryid: Whole | None = None
    visible: Flag | None = None
    groupmode: Whole | None = None
    groupmodeforce: Whole | None = None
    enablecompletion: Flag | None = None
    enrollmentmethods: tuple[Text, ...] = ()


class Courses(Payload):
    """Answer of ``courses_by_field``."""

    courses: tuple[Course, ...]


class Module(Payload):
    """An activity: ``id`` is the course-module id, ``completion`` 0 untracked, 1 manual, 2 automatic.

    The key ``availability`` (restrictions, null without any) is there only for who may see hidden activities, the text
    ``availabilityinfo`` for whom they bar. ``in_restricted_section`` is no key of Moodle: see ``CourseSection``.
    ``groupmode`` is the activity's own, and not told by every Moodle.
    """

    id: Id
    instance: Id | None = None
    modname: Text
    name: Name
    visible: Flag | None = None
    uservisible: Flag | None = None
    availability: Text | None = None
    availabilityinfo: Text | None = None
    in_restricted_section: bool = False
    completion: Whole | None = None
    groupmode: Whole | None = None


class CourseSection(Payload):
    """A section of a course with its activities; of its restrictions only a text is told, to whom they would bar."""

    id: Id
    name: Name
    visible: Flag | None = None
    uservisible: Flag | None = None
    availabilityinfo: Text | None = None
    modules: tuple[Module, ...]


class CourseRole(Payload):
    """A role that a person holds directly in the course."""

    roleid: Id
    shortname: Text


class Group(Payload):
    """A group. ``idnumber`` is absent where Moodle lists the groups of a person."""

    id: Id
    name: Name
    idnumber: Text | None = None


class EnrolledUser(Payload):
    """A person of a course; which optional keys come depends on ``userfields`` and on the account's rights."""

    id: Id
    fullname: Text
    username: Text | None = None
    idnumber: Text | None = None
    institution: Text | None = None
    department: Text | None = None
    roles: tuple[CourseRole, ...] = ()
    groups: tuple[Group, ...] = ()
    lastcourseaccess: Visit = None


class ProfileCourse(Payload):
    """A course in which somebody's enrolment is active."""

    id: Id


class CourseProfile(EnrolledUser):
    """A person as a course shows them, who may not be enrolled in it: then without a role.

    ``enrolledcourses`` are those in which they are active; Moodle leaves it out without any, or where that is hidden.
    """

    enrolledcourses: tuple[ProfileCourse, ...] = ()


class AllowedGroups(Payload):
    """The groups of an activity. ``canaccessallgroups`` says whether the account may look into all of them."""

    groups: tuple[Group, ...]
    canaccessallgroups: Flag = False


class ActivityStatus(Payload):
    """State of one activity: 0 not done, 1 done, 2 done and passed, 3 done but failed.

    ``timecompleted`` (Unix seconds) is the last change of the record, not the first completion (trap 20).
    """

    cmid: Id
    modname: Text
    state: Whole
    timecompleted: Seconds = None
    overrideby: Id | None = None


class ActivityStatuses(Payload):
    """Answer of ``activities_completion_status``; a missing activity is unknown, not undone (trap 24)."""

    statuses: tuple[ActivityStatus, ...]


class CourseCompletion(Payload):
    """Whether the course was complete when the site's cron last looked."""

    completed: Flag


class Criterion(Payload):
    """One criterion of course completion; of an activity ``details`` has, under "criteria", a link to it."""

    details: dict[str, object] = Field(default_factory=dict)


class CompletionCriteria(Payload):
    """The criteria of course completion, of hidden and forbidden activities too."""

    completions: tuple[Criterion, ...] = ()


class CompletionCriteriaStatus(Payload):
    """Answer of ``course_completion_status``, read for its criteria."""

    completionstatus: CompletionCriteria


class CourseCompletionStatus(Payload):
    """Answer of ``course_completion_status``."""

    completionstatus: CourseCompletion


class GradeItem(Payload):
    """One grade of one person; ``graderaw`` is the gradebook's final grade. Times in Unix seconds."""

    id: Id
    itemtype: Text
    itemmodule: Text | None = None
    iteminstance: Id | None = None
    itemnumber: Whole | None = None
    idnumber: Text | None = None
    cmid: Id | None = None
    itemname: Name | None = None
    graderaw: Number | None = None
    gradedategraded: Seconds = None
    gradeisoverridden: Flag | None = None
    gradeishidden: Flag | None = None
    gradeneedsupdate: Flag | None = None
    scaleid: Id | None = None
    grademin: Number | None = None
    grademax: Number | None = None


class UserGrades(Payload):
    """The gradebook of one person; ``spoiled`` says by course-module id which items could not be read, and why; None
    stands for an item of which not even that is known.
    """

    userid: Id
    gradeitems: tuple[GradeItem, ...]
    spoiled: Mapping[int | None, str] | None = Field(None, validation_alias="\0spoiled")

    def having_lost(self, what: str) -> "UserGrades":
        """Return the gradebook of somebody of whom nothing could be read."""
        return self.model_copy(update={"spoiled": {None: what}})


class GradeReport(Payload):
    """Answer of ``grade_items``; an empty list can also be a gradebook in trouble (trap 16)."""

    usergrades: tuple[UserGrades, ...]


class _GradeReports(Shape[GradeReport]):
    """Reads grade reports so that an item that cannot be read spoils itself and not everybody's."""

    def parse(self, body: bytes | str) -> GradeReport:
        answer = loaded(body)
        try:
            return GradeReport.model_validate(answer)
        except ValidationError:
            if not isinstance(answer, dict) or not isinstance(answer.get("usergrades"), list):
                raise
        read = (_user_grades(fields) for fields in answer["usergrades"])
        # whose report cannot be told is asked for singly, as everybody whom the answer left out
        return GradeReport(usergrades=tuple(report for report in read if report is not None))


def _user_grades(fields: object) -> UserGrades | None:
    report, what = read_row(UserGrades, fields, {"gradeitems": ()})
    if report is None or not what or not isinstance(fields, dict):
        return report
    items, spoiled = [], {}
    listed = fields.get("gradeitems")
    for each in listed if isinstance(listed, list) else [None]:
        item, why = read_row(GradeItem, each, {"id": 0, "itemtype": "mod"})
        if why:
            spoiled[item.cmid if item else None] = why
        if item is not None:
            items.append(item)
    return report.model_copy(update={"gradeitems": tuple(items), "spoiled": spoiled})


class Quiz(Payload):
    """A quiz: ``grade`` its maximum, ``sumgrades`` the marks that make it up; method 1 highest, 2 average,
    3 first, 4 last.
    """

    id: Id
    coursemodule: Id
    grade: Number | None = None
    sumgrades: Number | None = None
    grademethod: Whole | None = None


class MoodleWarning(Payload):
    """Something Moodle left out of an answer that otherwise looks like a success."""

    item: Text | None = None
    itemid: Id | None = None
    warningcode: Text
    message: Text


class Quizzes(Payload):
    """Answer of ``quizzes_by_courses``; a course without access shows only in ``warnings``."""

    quizzes: tuple[Quiz, ...]
    warnings: tuple[MoodleWarning, ...] = ()


class Attempt(Payload):
    """One attempt; ``sumgrades`` are raw marks, None until marked; ``timefinish`` is 0 while it runs."""

    id: Id
    attempt: Id
    state: Text
    sumgrades: Number | None = None
    timefinish: Seconds = None


class QuizAttempts(Payload):
    """Answer of ``user_attempts`` and ``user_quiz_attempts``."""

    attempts: tuple[Attempt, ...]


class Update(Payload):
    """One kind of change in an activity; ``itemids`` of attempts and grades carry no user ids."""

    name: Text
    itemids: tuple[Id, ...] = ()


class UpdatedInstance(Payload):
    """An activity in which something changed; ``id`` is its course-module id where ``contextlevel`` is "module"."""

    contextlevel: Text
    id: Id
    updates: tuple[Update, ...]


class Updates(Payload):
    """Answer of ``updates_since``; an activity without any change is left out."""

    instances: tuple[UpdatedInstance, ...]
    warnings: tuple[MoodleWarning, ...] = ()


class BestGrade(Payload):
    """Answer of ``best_grade``; ``grade`` is already scaled to the quiz's maximum."""

    hasgrade: Flag
    grade: Number | None = None
    gradetopass: Number | None = None


class User(Payload):
    """An account; ``suspended`` and ``confirmed`` are None when the service account may not see them."""

    id: Id
    fullname: Text
    username: Text | None = None
    idnumber: Text | None = None
    suspended: Flag | None = None
    confirmed: Flag | None = None


class MessageAnswer(Payload):
    """What became of one message: ``msgid`` is -1 if it was not delivered, and then ``errormessage`` says why."""

    msgid: Whole
    errormessage: Text | None = None


class SubAnswer(Payload):
    """One answer inside a batch: ``data`` or ``exception`` is JSON text once more."""

    error: Flag
    data: str | None = None
    exception: str | None = None


class BatchAnswer(Payload):
    """Answer of ``call_external_functions``: shorter than the request when a call failed."""

    responses: tuple[SubAnswer, ...]


SITE_INFO = Shape(TypeAdapter(SiteInfo))
COURSES = Shape(TypeAdapter(Courses))
COURSE_CONTENTS = Shape(TypeAdapter(list[CourseSection]))
ENROLLED_USERS = Rows(EnrolledUser, {"fullname": ""})
PROFILES = Rows(CourseProfile, {"fullname": ""})
ALLOWED_GROUPS = Shape(TypeAdapter(AllowedGroups))
ACTIVITY_STATUSES = Shape(TypeAdapter(ActivityStatuses))
COURSE_COMPLETION = Shape(TypeAdapter(CourseCompletionStatus))
COMPLETION_CRITERIA = Shape(TypeAdapter(CompletionCriteriaStatus))
GRADE_REPORT = _GradeReports(TypeAdapter(GradeReport), exact_numbers=True)
QUIZZES = Shape(TypeAdapter(Quizzes), exact_numbers=True)
ATTEMPTS = Shape(TypeAdapter(QuizAttempts), exact_numbers=True)
UPDATES = Shape(TypeAdapter(Updates))
BEST_GRADE = Shape(TypeAdapter(BestGrade), exact_numbers=True)
USERS = Rows(User, {"fullname": ""})
GROUPS = Shape(TypeAdapter(list[Group]))
SENT_MESSAGES = Shape(TypeAdapter(list[MessageAnswer]))
BATCH = Shape(TypeAdapter(BatchAnswer))
EXCEPTION = Shape(TypeAdapter(dict[str, object]))
NOTHING = Shape(TypeAdapter(None))
