"""One Moodle site of the campus: what it holds, and how things in it are found."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from latsar_sync.demo import records
from latsar_sync.demo.records import Course, Group, Marks, Message, Module, ServiceAccount, User
from latsar_sync.demo.versions import NEWEST


class SiteState:
    """What one Moodle holds. `url` is its wwwroot, `token` that of the account with exactly the rights it needs."""

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
        self.hides_suspended = False  # hiddenuserfields
        self.completion_enabled = True
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
