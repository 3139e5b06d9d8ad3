"""One Moodle site of the campus: its state, and what a person or a test can do to it.

Every public method takes the site's lock, so a test may change the site while requests are being served.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from decimal import Decimal

from latsar_sync.demo import records, results, snapshots
from latsar_sync.demo.reached import Attempt, Completion, Grade, Quiz
from latsar_sync.demo.records import Course, Enrolment, Group, Marks, Message, Module, ServiceAccount, User
from latsar_sync.demo.versions import NEWEST


class Site:
    """One Moodle. `url` is its wwwroot, `token` the token of the account with exactly the rights the service needs."""

    def __init__(self, name: str, title: str, first_user_id: int = 2, first_course_id: int = 2) -> None:
        """Take the path name (`mooc`), the site's title, and where its ids start (they differ between sites)."""
        self.name = name
        self.title = title
        self.url = ""
        self.token = ""
        self.lock = threading.RLock()
        self.clock: Callable[[], int] = lambda: int(time.time())
        self.users: dict[int, User] = {}
        self.courses: dict[int, Course] = {}
        self.accounts: dict[str, ServiceAccount] = {}
        self.web_services_enabled = self.rest_enabled = self.messaging_enabled = True
        self.messages: list[Message] = []
        self.marks = Marks()
        self.reports: dict[int, records.Report] = {}
        # Lists username, idnumber, email, department or institution where the site shows them as identity.
        self.identity_fields: set[str] = {"email"}
        self.only_active_grades = True
        self.restrictions_enabled = False  # Advanced features > Enable restricted access
        self.moodle = NEWEST
        self._last_id = {"user": first_user_id - 1, "course": first_course_id - 1}
        self.courses[1] = Course(1, name, title, category=0, methods={}, completion_enabled=False)

    def _next(self, kind: str) -> int:
        self._last_id[kind] = self._last_id.get(kind, 0) + 1
        return self._last_id[kind]

    # Finding things.

    def course(self, shortname: str) -> Course:
        """The course with this short name; raises KeyError if there is none."""
        for course in self.courses.values():
            if course.shortname == shortname:
                return course
        raise KeyError(shortname)

    def user_ids(self, idnumber: str) -> list[int]:
        """The ids of all live accounts that carry this idnumber (a NIP)."""
        with self.lock:
            return [u.id for u in self.users.values() if u.idnumber == idnumber and not u.deleted]

    def user_id(self, idnumber: str) -> int:
        """The id of the one account that carries this idnumber; raises KeyError unless there is exactly one."""
        found = self.user_ids(idnumber)
        if len(found) != 1:
            raise KeyError(idnumber)
        return found[0]

    def module(self, cmid: int) -> Module:
        """The activity with this course-module id; raises KeyError if there is none."""
        for course in self.courses.values():
            for module in course.modules:
                if module.cmid == cmid:
                    return module
        raise KeyError(cmid)

    def module_named(self, idnumber_or_name: str) -> Module:
        """The activity with this idnumber or name; raises KeyError if there is none."""
        for course in self.courses.values():
            for module in course.modules:
                if idnumber_or_name in (module.idnumber, module.name):
                    return module
        raise KeyError(idnumber_or_name)

    def group(self, course_shortname: str, name: str) -> Group:
        """The group of a course by name; raises KeyError if there is none."""
        for group in self.course(course_shortname).groups.values():
            if group.name == name:
                return group
        raise KeyError(name)

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

    # Courses, activities, groups.

    def add_course(
        self, shortname: str, fullname: str, group_mode: int = 0, startdate: int = 0, manual: bool = True
    ) -> Course:
        """Create a course (idnumber = short name) and return it; `manual`: people can be enrolled by hand."""
        with self.lock:
            course = Course(self._next("course"), shortname, fullname, shortname, startdate=startdate)
            course.group_mode, course.methods["manual"] = group_mode, manual
            self.courses[course.id] = course
            return course

    def add_module(
        self,
        course_shortname: str,
        modname: str,
        name: str,
        section: int = 0,
        idnumber: str = "",
        tracking: int = records.TRACKING_NONE,
        rules: tuple[str, ...] = (),
        quiz: Quiz | None = None,
    ) -> Module:
        """Create an activity at the end of a section and return it; `rules` are Moodle's completion rule names."""
        with self.lock:
            course = self.course(course_shortname)
            cmid, instance = self._next("module"), self._next(modname)
            module = Module(cmid, instance, modname, name, section, cmid + 12, idnumber)
            module.tracking, module.rules, module.quiz = tracking, rules, quiz
            module.modified = course.startdate or self.clock()
            if quiz is not None:
                quiz.item_id = self._next("item") + 1
            course.modules.append(module)
            course.modules.sort(key=lambda m: m.section)
            return module

    def set_manual_enrolment(self, course_shortname: str, enabled: bool) -> None:
        """Switch a course's manual enrolment method on or off; off makes enrolling fail with `wsnoinstance`."""
        with self.lock:
            self.course(course_shortname).methods["manual"] = enabled

    def hide_module(self, cmid: int, hidden: bool = True) -> None:
        """Hide (or show) an activity."""
        with self.lock:
            self.module(cmid).visible = not hidden

    def add_subsection(self, course_shortname: str, name: str, section: int) -> int:
        """Put a subsection into a section, as an activity and a section of its own; return that one's place."""
        with self.lock:
            course = self.course(course_shortname)
            module = self.add_module(course_shortname, "subsection", name, section)
            course.sections.append(name)
            place = len(course.sections) - 1
            course.subsections[place] = module.instance
            return place

    def hide_section(self, course_shortname: str, place: int, hidden: bool = True) -> None:
        """Hide (or show) a section with its activities, and the activity that a subsection hangs on."""
        with self.lock:
            course = self.course(course_shortname)
            change = course.hidden_sections.add if hidden else course.hidden_sections.discard
            change(place)
            for module in course.modules:
                hangs_on = module.modname == "subsection" and module.instance == course.subsections.get(place)
                if module.section == place or hangs_on:
                    module.visible = not hidden

    def save_settings(self, cmid: int) -> None:
        """Save an activity's settings, as a teacher does who changes anything in its form."""
        with self.lock:
            self.module(cmid).modified = self.clock()

    def remove_module(self, cmid: int) -> None:
        """Delete an activity with its completion, attempts and grades."""
        with self.lock:
            for course in self.courses.values():
                course.modules = [m for m in course.modules if m.cmid != cmid]

    def add_group(
        self, course_shortname: str, name: str, idnumber: str = "", members: Iterable[int] = (), description: str = ""
    ) -> Group:
        """Create a group with these members and return it."""
        with self.lock:
            course = self.course(course_shortname)
            group = Group(self._next("group"), course.id, name, idnumber, description)
            group.members = dict.fromkeys(members, self.clock())
            course.groups[group.id] = group
            return group

    def delete_group(self, course_shortname: str, name: str) -> None:
        """Delete a group; its members stay in the course."""
        with self.lock:
            del self.course(course_shortname).groups[self.group(course_shortname, name).id]

    def add_member(self, course_shortname: str, group_name: str, user_id: int) -> None:
        """Put a person into a group."""
        with self.lock:
            self.group(course_shortname, group_name).members[user_id] = self.clock()

    def remove_member(self, course_shortname: str, group_name: str, user_id: int) -> None:
        """Take a person out of a group; not being a member is fine."""
        with self.lock:
            self.group(course_shortname, group_name).members.pop(user_id, None)

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

    # Results.

    def visit(self, user_id: int, cmid: int, when: int | None = None) -> None:
        """Note that a person was in the activity's course; Moodle keeps the last time (user_lastaccess)."""
        with self.lock:
            moment = self.clock() if when is None else when
            for course in (each for each in self.courses.values() if any(m.cmid == cmid for m in each.modules)):
                course.lastaccess[user_id] = max(moment, course.lastaccess.get(user_id, 0))
                self.users[user_id].lastaccess = max(moment, self.users[user_id].lastaccess)

    def set_completion(
        self, user_id: int, cmid: int, state: int, when: int | None = None, visiting: bool = True
    ) -> None:
        """Store a completion state (0, 1, 2 or 3) as it is; no grade follows from it.

        Not `visiting`: a teacher set it, or the person used the mobile app, which Moodle counts as no visit.
        """
        with self.lock:
            self.module(cmid).completions[user_id] = Completion(state, self.clock() if when is None else when)
            if visiting:
                self.visit(user_id, cmid, when)

    def add_attempt(
        self,
        user_id: int,
        cmid: int,
        marks: Decimal | None,
        state: str = "finished",
        when: int | None = None,
        visiting: bool = True,
    ) -> Attempt:
        """Add a quiz attempt with raw marks; grade and completion follow by the quiz's own rules, as in Moodle.

        Not `visiting`: made in the mobile app, or handed in by cron.
        """
        with self.lock:
            module, now = self.module(cmid), self.clock() if when is None else when
            quiz = results.quiz_of(module)
            earlier = quiz.attempts.setdefault(user_id, [])
            finish = now if state == "finished" else 0
            attempt = Attempt(self._next("attempt"), len(earlier) + 1, state, now - 1800, finish, marks, now)
            earlier.append(attempt)
            results.regrade(module, user_id, now)
            if visiting:
                self.visit(user_id, cmid, now)
            return attempt

    def mark_attempt(self, attempt: Attempt, cmid: int, user_id: int, marks: Decimal) -> None:
        """Give a finished attempt its marks, as a teacher who grades an essay; the person need not be there."""
        with self.lock:
            attempt.marks, attempt.modified = marks, self.clock()
            results.regrade(self.module(cmid), user_id, self.clock())

    def set_grade(
        self, user_id: int, cmid: int, value: Decimal | None, overridden: bool = False, when: int | None = None
    ) -> None:
        """Set a grade and let completion follow.

        Overridden: a teacher writes into the gradebook, the quiz keeps its own grade. Otherwise the quiz itself says
        so: the finished attempts are replaced by one with that result, or by none when `value` is None.
        """
        with self.lock:
            module, now = self.module(cmid), self.clock() if when is None else when
            quiz = results.quiz_of(module)
            if overridden:
                old = quiz.grades.get(user_id)
                quiz.grades[user_id] = Grade(value, True, old.submitted if old else now, now)
                results.recomplete(module, user_id, now)
                return
            unfinished = [a for a in quiz.attempts.get(user_id, []) if a.state != "finished"]
            quiz.attempts[user_id] = unfinished
            quiz.grades.pop(user_id, None)
            if value is None:
                results.recomplete(module, user_id, now)
            else:
                self.add_attempt(user_id, cmid, value * quiz.marks / quiz.maximum, when=now)

    def run_cron(self) -> None:
        """Do what Moodle's cron does for course completion: mark people who meet every criterion as completed."""
        with self.lock:
            for course in self.courses.values():
                results.complete_courses(course, self.clock())

    # Comparing.

    def snapshot(self) -> dict[str, object]:
        """Enrolments, roles and groups of every course as plain data with NIPs for ids, to compare end states."""
        with self.lock:
            return snapshots.snapshot(self.users, self.courses)
