"""One Moodle site of the campus: its people and who is enrolled, with its courses and what is reached in them.

What a person or a test can do to it is a method of `Site`; those of courses stand in `site_courses`, of results in
`site_results`. Each takes the site's lock, so a test may change the site while requests are being served.
"""

from __future__ import annotations

from collections.abc import Iterable

from latsar_sync.demo import records, snapshots
from latsar_sync.demo.reached import Completion
from latsar_sync.demo.records import Enrolment, ServiceAccount, User
from latsar_sync.demo.site_courses import Courses
from latsar_sync.demo.site_results import Results


class Site(Courses, Results):
    """One Moodle, as its people, teachers and admin use it."""

    # People and accounts.

    def add_user(
        self,
        firstname: str,
        lastname: str,
        idnumber: str = "",
        username: str = "",
        institution: str = "",
        department: str = "",
        city: str = "",
    ) -> User:
        """Create an account and return it. Without a username the idnumber serves as one."""
        with self.lock:
            user_id = self._next("user")
            username = username or idnumber or f"peserta{user_id}"
            email = f"{username}@latsar.example.id"
            user = User(user_id, username, firstname, lastname, email, idnumber, institution, department, city)
            self.users[user_id] = user
            return user

    def suspend_user(self, user_id: int, suspended: bool = True) -> None:
        """Suspend (or free) an account; its enrolments stay as they are, as in Moodle."""
        with self.lock:
            self.users[user_id].suspended = suspended

    def confirm_user(self, user_id: int, confirmed: bool = True) -> None:
        """Make an account one that never confirmed its address, or confirm it."""
        with self.lock:
            self.users[user_id].confirmed = confirmed

    def delete_user(self, user_id: int) -> None:
        """Delete an account as Moodle does: enrolments and idnumber go, the row stays under a mangled username."""
        with self.lock:
            for course in self.courses.values():
                if user_id in course.enrolments:
                    self.unenrol(course.shortname, user_id)
            user = self.users[user_id]
            user.username = f"{user.email}.{self.clock()}"
            user.idnumber, user.email, user.deleted = "", f"{user_id:032x}", True

    def add_account(
        self, token: str, username: str, lastname: str, capabilities: Iterable[str], functions: Iterable[str]
    ) -> ServiceAccount:
        """Create a service account with these rights and return it; the token is its key in `accounts`."""
        with self.lock:
            user = self.add_user("Layanan", lastname, username=username)
            account = ServiceAccount(user.id, token, set(capabilities), set(functions))
            self.accounts[token] = account
            return account

    # Enrolments.

    def enrol(
        self,
        course_shortname: str,
        user_id: int,
        role: str = "student",
        method: str = "manual",
        suspended: bool = False,
        timestart: int = 0,
        timeend: int = 0,
    ) -> Enrolment:
        """Enrol a person, or overwrite dates and status of an enrolment by the same method, and add the role.

        The overwriting is Moodle's (recording enrol_manual_enrol_users.db-state-after-each-call).
        """
        with self.lock:
            course = self.course(course_shortname)
            rows = course.enrolments.setdefault(user_id, [])
            row = next((e for e in rows if e.method == method), None)
            if row is None:
                row = Enrolment(self._next("enrolment"), user_id, method)
                rows.append(row)
            row.suspended, row.timestart, row.timeend = suspended, timestart, timeend
            role_id = next(number for number, name in records.ROLES.items() if name == role)
            course.roles.setdefault(user_id, set()).add(role_id)
            return row

    def suspend_enrolment(self, course_shortname: str, user_id: int, suspended: bool = True) -> None:
        """Make all enrolments of a person in a course inactive (or active again)."""
        with self.lock:
            for row in self.course(course_shortname).enrolments[user_id]:
                row.suspended = suspended

    def unenrol(self, course_shortname: str, user_id: int) -> None:
        """End all enrolments of a person: roles, groups and grades go, completion and attempts stay.

        What stays is as recorded (core_completion_get_activities_completion_status.unenrolled).
        """
        with self.lock:
            course, now = self.course(course_shortname), self.clock()
            course.enrolments.pop(user_id, None)
            course.roles.pop(user_id, None)
            course.lastaccess.pop(user_id, None)
            for group in course.groups.values():
                group.members.pop(user_id, None)
            for module in course.modules:
                had_grade = module.quiz is not None and module.quiz.grades.pop(user_id, None) is not None
                if had_grade and "completionpassgrade" in module.rules:
                    module.completions[user_id] = Completion(records.INCOMPLETE, now)

    # Comparing.

    def snapshot(self) -> dict[str, object]:
        """Enrolments, roles and groups of every course as plain data with NIPs for ids, to compare end states."""
        with self.lock:
            return snapshots.snapshot(self.users, self.courses)
