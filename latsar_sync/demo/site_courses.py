"""What teachers of the campus do to a site's courses, activities and groups.

Every public method takes the site's lock, so a test may change the site while requests are being served.
"""

from __future__ import annotations

from collections.abc import Iterable

from latsar_sync.demo import records
from latsar_sync.demo.reached import Quiz
from latsar_sync.demo.records import Course, Group, Module
from latsar_sync.demo.site_state import SiteState


class Courses(SiteState):
    """A site whose courses can be made and changed."""

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
