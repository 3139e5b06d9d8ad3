"""What a site offers to choose from: its courses, and of one course the people, groups, graded activities and roles."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from latsar_sync.domain.errors import SiteRefuses
from latsar_sync.domain.nip import check_nip
from latsar_sync.moodle import accounts_by_nip, groups_in_class, payloads
from latsar_sync.moodle.client import MoodleClient
from latsar_sync.moodle.course_lists import read_enrolled
from latsar_sync.moodle.functions import Arguments, Function
from latsar_sync.setup.pairing import natural_order

KEYS = ("idnumber", "username")
"""Where a NIP can stand, the usual place first."""
SAMPLE = 200
STUDENT = "student"


@dataclass(frozen=True, slots=True)
class MoocCourse:
    """A MOOC course as ``init`` offers it.

    ``groups`` counts members by name, ``nips`` holds the valid ones by the field they stand in, ``graded`` are the
    activities with a grade, ``tracked`` whether completion is on, ``student_role`` the number of the student role.
    """

    course: payloads.Course
    participants: int
    groups: Mapping[str, int]
    nips: Mapping[str, Sequence[str]]
    graded: Sequence[payloads.GradeItem]
    student_role: int | None

    @property
    def tracked(self) -> bool:
        """Whether the course tracks completion."""
        return bool(self.course.enablecompletion)


@dataclass(frozen=True, slots=True)
class InClassCourse:
    """An in-class course: its groups with their idnumbers, and the number of the student role if somebody holds it."""

    course: payloads.Course
    groups: Sequence[payloads.Group]
    student_role: int | None


def courses_of(client: MoodleClient) -> list[payloads.Course]:
    """Return the courses that the account may enter, by short name; the front page is none."""
    answer = client.read(Function.COURSES_BY_FIELD, payloads.COURSES)
    entered = [course for course in answer.courses if course.groupmode is not None and course.categoryid != 0]
    return sorted(entered, key=lambda course: natural_order(course.shortname))


def read_mooc(client: MoodleClient, course: payloads.Course, today: date) -> MoocCourse:
    """Read what of a MOOC course there is to choose from. Raise what ``read`` of the client raises."""
    enrolled = read_enrolled(client, course.id, "id,username,idnumber,roles,groups").values()
    students = [user for user in enrolled if any(role.shortname == STUDENT for role in user.roles)]
    nips: dict[str, list[str]] = {}
    for key in KEYS:
        checked = (check_nip(getattr(user, key), today).nip for user in students)
        nips[key] = [nip for nip in checked if nip is not None]
    # without students the account's own report still shows which activities are graded
    shown_to = students[0].id if students else client.site_info().userid
    arguments: Arguments = {"courseid": course.id, "userid": shown_to}
    report = client.read(Function.GRADE_ITEMS, payloads.GRADE_REPORT, arguments)
    graded = [
        item
        for user in report.usergrades
        for item in user.gradeitems
        if item.itemtype == "mod" and item.itemnumber in (0, None) and item.cmid is not None
    ]
    groups = Counter(group.name for user in students for group in user.groups)
    in_order = {name: groups[name] for name in sorted(groups, key=natural_order)}
    return MoocCourse(
        course,
        len(students),
        in_order,
        nips,
        graded,
        _student_role(enrolled),
    )


def read_in_class_course(client: MoodleClient, course: payloads.Course) -> InClassCourse:
    """Read what of an in-class course there is to choose from. Raise what ``read`` of the client raises."""
    enrolled = read_enrolled(client, course.id, "id,roles").values()
    return InClassCourse(course, groups_in_class.read_groups(client, course.id), _student_role(enrolled))


def place_of_nips(client: MoodleClient, nips: Sequence[str]) -> str | None:
    """Return the field in which an in-class site keeps these NIPs, as far as the first 200 tell; None if in neither."""
    found: dict[str, int] = {}
    for key in KEYS:
        try:
            found[key] = len(accounts_by_nip.read_accounts(client, key, set(nips[:SAMPLE]))) if nips else 0
        except SiteRefuses:
            found[key] = 0
    best = max(KEYS, key=lambda key: found[key])  # the usual place wins a draw
    return best if found[best] else None


def _student_role(enrolled: Collection[payloads.EnrolledUser]) -> int | None:
    roles = {role.roleid for user in enrolled for role in user.roles if role.shortname == STUDENT}
    return roles.pop() if len(roles) == 1 else None
