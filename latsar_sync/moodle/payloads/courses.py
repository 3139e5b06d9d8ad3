"""Courses with their sections, activities and groups."""

from pydantic import TypeAdapter

from latsar_sync.moodle.fields import Flag, Id, Name, Text, Whole
from latsar_sync.moodle.parsing import Payload, Shape


class Course(Payload):
    """A course; ``idnumber`` is told to whoever may edit it.

    ``visible``, ``groupmode`` and ``enablecompletion`` are None without access to the course. The front page is a
    course too, the only one with ``categoryid`` 0.
    """

    id: Id
    shortname: Name
    fullname: Name
    idnumber: Text | None = None
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


class Group(Payload):
    """A group. ``idnumber`` is absent where Moodle lists the groups of a person.

    ``visibility``, since 4.2 in lists of a course's groups, is 0 where everybody sees who is in it.
    """

    id: Id
    name: Name
    idnumber: Text | None = None
    visibility: Whole | None = None
    description: Text | None = None


class AllowedGroups(Payload):
    """The groups of an activity. ``canaccessallgroups`` says whether the account may look into all of them."""

    groups: tuple[Group, ...]
    canaccessallgroups: Flag = False


COURSES = Shape(TypeAdapter(Courses))
COURSE_CONTENTS = Shape(TypeAdapter(list[CourseSection]))
ALLOWED_GROUPS = Shape(TypeAdapter(AllowedGroups))
GROUPS = Shape(TypeAdapter(list[Group]))
