"""The rows of the campus: what one Moodle site keeps about people, courses, activities, groups and grades."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from latsar_sync.demo.reached import Completion, Quiz

ROLES: Final[dict[int, str]] = {1: "manager", 3: "editingteacher", 4: "teacher", 5: "student"}
STUDENT: Final = 5
EDITING_TEACHER: Final = 3

TRACKING_NONE, TRACKING_MANUAL, TRACKING_AUTOMATIC = 0, 1, 2
INCOMPLETE, COMPLETE, COMPLETE_PASS, COMPLETE_FAIL = 0, 1, 2, 3
NO_GROUPS, SEPARATE_GROUPS, VISIBLE_GROUPS = 0, 1, 2


@dataclass
class User:
    """One account of a site. `invisible` hides the person from every service account, as a role override can.

    `rejects_messages` stands for a person to whom Moodle delivers no message, whoever writes.
    """

    id: int
    username: str
    firstname: str
    lastname: str
    email: str = ""
    idnumber: str = ""
    institution: str = ""
    department: str = ""
    city: str = ""
    country: str = "ID"
    suspended: bool = False
    confirmed: bool = True
    deleted: bool = False
    invisible: bool = False
    rejects_messages: bool = False
    lastaccess: int = 0

    @property
    def fullname(self) -> str:
        """The name as Moodle's default name format prints it."""
        return f"{self.firstname} {self.lastname}"


@dataclass
class Enrolment:
    """One row of Moodle's user_enrolments: a person may hold one per enrolment method of a course."""

    id: int
    user_id: int
    method: str
    suspended: bool = False
    timestart: int = 0
    timeend: int = 0

    def is_active(self, now: int) -> bool:
        """Whether the enrolment counts as active at `now` (Moodle: status, timestart, timeend)."""
        return not self.suspended and self.timestart <= now and (self.timeend == 0 or self.timeend > now)


@dataclass
class Group:
    """One group of a course; `members` keeps user ids in the order they were added.

    `visibility` is Moodle's: 0 everybody, 1 members, 2 own membership, 3 nobody sees who is in it. Without
    `participation` it is not offered in activities.
    """

    id: int
    course_id: int
    name: str
    idnumber: str = ""
    description: str = ""
    members: dict[int, int] = field(default_factory=dict)
    visibility: int = 0
    participation: bool = True


@dataclass
class Message:
    """One personal message; `text` is as it was sent."""

    id: int
    from_id: int
    to_id: int
    text: str
    time: int


@dataclass
class Note:
    """One note about somebody, which managers of the course read in the profile."""

    id: int
    user_id: int
    course_id: int
    text: str
    author_id: int


@dataclass
class CalendarEvent:
    """One event in the calendar of a group."""

    id: int
    name: str
    course_id: int
    group_id: int
    timestart: int


@dataclass
class Marks:
    """What was written for the managers of courses; `notes_enabled` is a setting of the site."""

    notes_enabled: bool = True
    notes: list[Note] = field(default_factory=list)
    events: list[CalendarEvent] = field(default_factory=list)


@dataclass
class Module:
    """One activity of a course. `restricted` stands for "restrict access" rules the account does not meet.

    `greyed_out`: whoever is barred by them sees the name all the same. `open_to`: ids of the groups that it is open to,
    all if none. `modified` is when its settings were last saved, `group_mode` the activity's own,
    `grouping` the ids of the groups that it works with, None all.
    """

    cmid: int
    instance: int
    modname: str
    name: str
    section: int
    context_id: int
    idnumber: str = ""
    visible: bool = True
    restricted: bool = False
    greyed_out: bool = False
    open_to: tuple[int, ...] = ()
    tracking: int = TRACKING_NONE
    rules: tuple[str, ...] = ()
    quiz: Quiz | None = None
    modified: int = 0
    group_mode: int = NO_GROUPS
    grouping: tuple[int, ...] | None = None
    completions: dict[int, Completion] = field(default_factory=dict)

    def state_of(self, user_id: int) -> int:
        """The stored completion state of one person (0 when there is no row)."""
        row = self.completions.get(user_id)
        return row.state if row else INCOMPLETE


@dataclass
class Course:
    """One course with everything inside it. `methods` maps an enrolment method to whether it is enabled.

    Sections are known by their place; `subsections` are those that hang on an activity, by its instance id. While the
    gradebook waits for its regrade, `old_totals` are those that a report shows, until somebody reads grades.
    """

    id: int
    shortname: str
    fullname: str
    idnumber: str = ""
    summary: str = ""
    visible: bool = True
    group_mode: int = NO_GROUPS
    completion_enabled: bool = True
    completion_criteria: bool = True
    required_grade: Decimal = Decimal(70)
    report_shows_grades: bool = True
    report_shows_ranges: bool = True
    startdate: int = 0
    category: int = 2
    sections: list[str] = field(default_factory=lambda: ["General"])
    hidden_sections: set[int] = field(default_factory=set)
    subsections: dict[int, int] = field(default_factory=dict)
    modules: list[Module] = field(default_factory=list)
    methods: dict[str, bool] = field(default_factory=lambda: {"manual": True})
    enrolments: dict[int, list[Enrolment]] = field(default_factory=dict)
    roles: dict[int, set[int]] = field(default_factory=dict)
    groups: dict[int, Group] = field(default_factory=dict)
    completed: dict[int, int] = field(default_factory=dict)
    old_totals: dict[int, str] | None = None
    lastaccess: dict[int, int] = field(default_factory=dict)

    def is_active(self, user_id: int, now: int) -> bool:
        """Whether the person has an active enrolment by an enabled method at `now`."""
        for row in self.enrolments.get(user_id, ()):  # asked of everybody in nearly every answer
            if row.is_active(now) and self.methods.get(row.method, False):
                return True
        return False

    def groups_of(self, user_id: int) -> list[Group]:
        """The groups of this course that the person is a member of, by name as Moodle lists them."""
        return sorted((g for g in self.groups.values() if user_id in g.members), key=lambda g: g.name)


@dataclass
class Report:
    """A custom report of the people of one course, as an admin made it. `audience` are the accounts that may see it.

    None is everybody, and every course; `students_only` is a condition on the role, `newest_first` sorts by visits, and
    `left_out` are those whom another condition leaves out.
    """

    id: int
    course_id: int | None
    columns: tuple[str, ...] = (
        *("user:idnumber", "user:username", "completion:completed", "completion:timecompleted"),
        *("completion:grade", "access:timeaccess"),
    )
    name: str = "latsar-sync"
    audience: frozenset[int] | None = None
    students_only: bool = True
    newest_first: bool = False
    left_out: frozenset[int] = frozenset()


@dataclass
class ServiceAccount:
    """A web-service account: its token, and what its role and its service allow. The token never shows in `repr`.

    ``has_password_page``: its way of authentication has a page to change the password on; `webservice` has none.
    """

    user_id: int
    token: str = field(repr=False)
    capabilities: set[str]
    functions: set[str]
    assignable_roles: set[int] = field(default_factory=lambda: {STUDENT})
    service_enabled: bool = True
    ip_restricted: bool = False
    expired: bool = False
    must_change_password: bool = False
    has_password_page: bool = True
    site_admin: bool = False
