"""The answers of Moodle, as far as the service uses them, and how each is read from its JSON text.

A key that is absent is told from a key that is null by ``model_fields_set``: an absent ``graderaw`` means the
course hides grades from its user report (trap 14), a null one that there is no grade. Names of courses,
activities and groups arrive HTML-escaped (trap 38) and are unescaped here.
"""

import html
import json
import re
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Annotated, Generic, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, TypeAdapter

from latsar_sync.model import quantise

T = TypeVar("T")

Name = Annotated[str, AfterValidator(html.unescape)]


def _at_five_places(number: Decimal) -> Decimal:
    try:
        return quantise(number)
    except InvalidOperation as error:
        raise ValueError("more digits than any number of Moodle has") from error


Number = Annotated[Decimal, AfterValidator(_at_five_places)]
"""Any grade, bound or mark: the one door of every number, half-up at Moodle's five places (design §4, rule 1)."""


def plain_text(markup: str) -> str:
    """Return a name as people read it, out of the HTML of a link."""
    return html.unescape(re.sub(r"<[^>]*>", "", markup)).strip()


@lru_cache(4096)
def kept_once(value: T) -> T:
    """Return one and the same value for equal ones: a course has few different grades and groups, and one range."""
    return value


def moment(seconds: int | None) -> datetime | None:
    """Given Unix seconds as Moodle sends them, produce the moment; 0 and null are none."""
    return datetime.fromtimestamp(seconds, UTC) if seconds else None


class Shape(Generic[T]):
    """What the answer of a function looks like and how its body becomes objects.

    With ``exact_numbers`` every JSON number becomes the Decimal of its own text. Pydantic's JSON reader goes
    through a binary float first, which turns 69.999994999999999 into 69.999995: use it for all grades.
    """

    def __init__(self, adapter: TypeAdapter[T], *, exact_numbers: bool = False) -> None:
        self._adapter = adapter
        self._exact_numbers = exact_numbers

    def parse(self, body: bytes | str) -> T:
        """Read a body. Raise pydantic's ValidationError if it has another shape, ValueError if it is no JSON."""
        if self._exact_numbers:
            return self._adapter.validate_python(json.loads(body, parse_float=Decimal))
        return self._adapter.validate_json(body)


class Payload(BaseModel, frozen=True, extra="ignore"):
    """Base of every answer: unchangeable, and blind to what the service does not use."""


class ListedFunction(Payload):
    """A function that the token's service holds."""

    name: str


def _names(listed: object) -> object:
    if not isinstance(listed, list):
        return listed
    return [ListedFunction.model_validate(function).name for function in listed]


class SiteInfo(Payload):
    """Site and account behind a token. The private access key that older versions send along is not kept."""

    sitename: Name
    siteurl: str
    userid: int
    username: str
    release: str = ""
    version: str = ""
    userissiteadmin: bool = False
    functions: Annotated[frozenset[str], BeforeValidator(_names)]


class Course(Payload):
    """A course. ``visible``, ``groupmode`` and ``enablecompletion`` are None without access to the course.

    The front page is a course too, the only one with ``categoryid`` 0.
    """

    id: int
    shortname: Name
    fullname: Name
    categoryid: int | None = None
    visible: bool | None = None
    groupmode: int | None = None
    groupmodeforce: int | None = None
    enablecompletion: bool | None = None
    enrollmentmethods: tuple[str, ...] = ()


class Courses(Payload):
    """Answer of ``courses_by_field``."""

    courses: tuple[Course, ...]


class Module(Payload):
    """An activity: ``id`` is the course-module id, ``completion`` 0 untracked, 1 manual, 2 automatic.

    The key ``availability`` (restrictions, null without any) is there only for who may see hidden activities, the text
    ``availabilityinfo`` for whom they bar. ``in_restricted_section`` is no key of Moodle: see ``Section``.
    ``groupmode`` is the activity's own, and not told by every Moodle.
    """

    id: int
    instance: int | None = None
    modname: str
    name: Name
    visible: bool | None = None
    uservisible: bool | None = None
    availability: str | None = None
    availabilityinfo: str | None = None
    in_restricted_section: bool = False
    completion: int | None = None
    groupmode: int | None = None


class Section(Payload):
    """A section of a course with its activities; of its restrictions only a text is told, to whom they would bar."""

    id: int
    name: Name
    visible: bool | None = None
    uservisible: bool | None = None
    availabilityinfo: str | None = None
    modules: tuple[Module, ...]


class Role(Payload):
    """A role that a person holds directly in the course."""

    roleid: int
    shortname: str


class Group(Payload):
    """A group. ``idnumber`` is absent where Moodle lists the groups of a person."""

    id: int
    name: Name
    idnumber: str | None = None


class EnrolledUser(Payload):
    """A person of a course; which optional keys come depends on ``userfields`` and on the account's rights."""

    id: int
    fullname: str
    username: str | None = None
    idnumber: str | None = None
    institution: str | None = None
    department: str | None = None
    roles: tuple[Role, ...] = ()
    groups: tuple[Group, ...] = ()
    lastcourseaccess: int | None = None


class ActivityStatus(Payload):
    """State of one activity: 0 not done, 1 done, 2 done and passed, 3 done but failed.

    ``timecompleted`` (Unix seconds) is the last change of the record, not the first completion (trap 20).
    """

    cmid: int
    modname: str
    state: int
    timecompleted: int | None = None
    overrideby: int | None = None


class ActivityStatuses(Payload):
    """Answer of ``activities_completion_status``; a missing activity is unknown, not undone (trap 24)."""

    statuses: tuple[ActivityStatus, ...]


class CourseCompletion(Payload):
    """Whether the course was complete when the site's cron last looked."""

    completed: bool


class Criterion(Payload):
    """One criterion of course completion; of an activity ``details`` has, under "criteria", a link to it."""

    details: dict[str, object] = {}


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

    id: int
    itemtype: str
    itemmodule: str | None = None
    iteminstance: int | None = None
    itemnumber: int | None = None
    idnumber: str | None = None
    cmid: int | None = None
    itemname: Name | None = None
    graderaw: Number | None = None
    gradedategraded: int | None = None
    gradeisoverridden: bool | None = None
    gradeishidden: bool | None = None
    gradeneedsupdate: bool | None = None
    scaleid: int | None = None
    grademin: Number | None = None
    grademax: Number | None = None


class UserGrades(Payload):
    """The gradebook of one person."""

    userid: int
    gradeitems: tuple[GradeItem, ...]


class GradeReport(Payload):
    """Answer of ``grade_items``; an empty list can also be a gradebook in trouble (trap 16)."""

    usergrades: tuple[UserGrades, ...]


class Quiz(Payload):
    """A quiz: ``grade`` its maximum, ``sumgrades`` the marks that make it up; method 1 highest, 2 average,
    3 first, 4 last.
    """

    id: int
    coursemodule: int
    grade: Number | None = None
    sumgrades: Number | None = None
    grademethod: int | None = None


class MoodleWarning(Payload):
    """Something Moodle left out of an answer that otherwise looks like a success."""

    item: str | None = None
    itemid: int | None = None
    warningcode: str
    message: str


class Quizzes(Payload):
    """Answer of ``quizzes_by_courses``; a course without access shows only in ``warnings``."""

    quizzes: tuple[Quiz, ...]
    warnings: tuple[MoodleWarning, ...] = ()


class Attempt(Payload):
    """One attempt; ``sumgrades`` are raw marks, None until marked; ``timefinish`` is 0 while it runs."""

    id: int
    attempt: int
    state: str
    sumgrades: Number | None = None
    timefinish: int | None = None


class Attempts(Payload):
    """Answer of ``user_attempts`` and ``user_quiz_attempts``."""

    attempts: tuple[Attempt, ...]


class Update(Payload):
    """One kind of change in an activity; ``itemids`` of attempts and grades carry no user ids."""

    name: str
    itemids: tuple[int, ...] = ()


class UpdatedInstance(Payload):
    """An activity in which something changed; ``id`` is its course-module id where ``contextlevel`` is "module"."""

    contextlevel: str
    id: int
    updates: tuple[Update, ...]


class Updates(Payload):
    """Answer of ``updates_since``; an activity without any change is left out."""

    instances: tuple[UpdatedInstance, ...]
    warnings: tuple[MoodleWarning, ...] = ()


class BestGrade(Payload):
    """Answer of ``best_grade``; ``grade`` is already scaled to the quiz's maximum."""

    hasgrade: bool
    grade: Number | None = None
    gradetopass: Number | None = None


class User(Payload):
    """An account; ``suspended`` is None when the account may not see it."""

    id: int
    fullname: str
    username: str | None = None
    idnumber: str | None = None
    suspended: bool | None = None


class GroupMembers(Payload):
    """Who is in a group."""

    groupid: int
    userids: tuple[int, ...]


class SentMessage(Payload):
    """What became of one message: ``msgid`` is -1 if it was not delivered, and then ``errormessage`` says why."""

    msgid: int
    errormessage: str | None = None


class SubAnswer(Payload):
    """One answer inside a batch: ``data`` or ``exception`` is JSON text once more."""

    error: bool
    data: str | None = None
    exception: str | None = None


class BatchAnswer(Payload):
    """Answer of ``call_external_functions``: shorter than the request when a call failed."""

    responses: tuple[SubAnswer, ...]


SITE_INFO = Shape(TypeAdapter(SiteInfo))
COURSES = Shape(TypeAdapter(Courses))
COURSE_CONTENTS = Shape(TypeAdapter(list[Section]))
ENROLLED_USERS = Shape(TypeAdapter(list[EnrolledUser]))
ACTIVITY_STATUSES = Shape(TypeAdapter(ActivityStatuses))
COURSE_COMPLETION = Shape(TypeAdapter(CourseCompletionStatus))
COMPLETION_CRITERIA = Shape(TypeAdapter(CompletionCriteriaStatus))
GRADE_REPORT = Shape(TypeAdapter(GradeReport), exact_numbers=True)
QUIZZES = Shape(TypeAdapter(Quizzes), exact_numbers=True)
ATTEMPTS = Shape(TypeAdapter(Attempts), exact_numbers=True)
UPDATES = Shape(TypeAdapter(Updates))
BEST_GRADE = Shape(TypeAdapter(BestGrade), exact_numbers=True)
USERS = Shape(TypeAdapter(list[User]))
GROUPS = Shape(TypeAdapter(list[Group]))
GROUP_MEMBERS = Shape(TypeAdapter(list[GroupMembers]))
SENT_MESSAGES = Shape(TypeAdapter(list[SentMessage]))
BATCH = Shape(TypeAdapter(BatchAnswer))
EXCEPTION = Shape(TypeAdapter(dict[str, object]))
NOTHING = Shape(TypeAdapter(None))
