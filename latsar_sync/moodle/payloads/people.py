"""People: as a course shows them, and their accounts."""

from latsar_sync.moodle.fields import Flag, Id, Text, Visit
from latsar_sync.moodle.parsing import Payload, Rows
from latsar_sync.moodle.payloads.courses import Group


class CourseRole(Payload):
    """A role that a person holds directly in the course."""

    roleid: Id
    shortname: Text


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
    lastaccess: Visit = None


class User(Payload):
    """An account; ``suspended`` and ``confirmed`` are None when the service account may not see them."""

    id: Id
    fullname: Text
    username: Text | None = None
    idnumber: Text | None = None
    suspended: Flag | None = None
    confirmed: Flag | None = None


ENROLLED_USERS = Rows(EnrolledUser, {"fullname": ""})
PROFILES = Rows(CourseProfile, {"fullname": ""})
USERS = Rows(User, {"fullname": ""})
