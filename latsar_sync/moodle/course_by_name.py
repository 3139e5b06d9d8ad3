"""Which course of a site is meant by a name, and that the site answers about that one."""

from unicodedata import combining, normalize

from latsar_sync.domain.errors import CLOSED_COURSE, ConfigurationError, SiteRefuses
from latsar_sync.domain.language import _, mark
from latsar_sync.moodle import payloads
from latsar_sync.moodle.client import MoodleClient
from latsar_sync.moodle.functions import Arguments, Function

EXCHANGED = mark(
    "Something between this machine and Moodle exchanges answers: let no proxy keep those of POST requests."
)


def named(name: str) -> list[Arguments]:
    """Return the arguments by which a course is looked for, in their order."""
    return [{"field": field, "value": name} for field in ("shortname", "idnumber")]


def find_course(client: MoodleClient, name: str) -> payloads.Course:
    """Return the course of that shortname, else idnumber.

    Raise ConfigurationError if there is none, SiteRefuses if another one is answered, or the account may only see it in
    the catalogue: the public fields come without ``groupmode`` then (Moodle ``course/externallib.php``).
    """
    for arguments in named(name):
        answer = client.read(Function.COURSES_BY_FIELD, payloads.COURSES, arguments)
        if answer.courses:
            course = answer.courses[0]
            told = course.shortname if arguments["field"] == "shortname" else course.idnumber
            if told and not _is_called(told, name):
                raise SiteRefuses(
                    _("{name}: asked for the course {course}, the site answers {told}.").format(
                        name=client.name, course=name, told=course.shortname
                    ),
                    _(EXCHANGED),
                )
            if course.groupmode is None:
                raise SiteRefuses(
                    _("{name}: the service account may not enter the course {course}.").format(
                        name=client.name, course=name
                    ),
                    _(
                        "Give its role moodle/course:view (and moodle/course:viewhiddencourses) in that course. If it "
                        "has both: Moodle closes every course to an account that must change its password, has not "
                        "agreed to the site policy, or lacks a required field of its profile."
                    ),
                    CLOSED_COURSE,
                )
            return course
    raise ConfigurationError(
        _('{name}: no course has the shortname or idnumber "{course}".').format(name=client.name, course=name),
        _(
            "Correct the course in the configuration, or let the service account see it: a hidden course, or one in a "
            "hidden category, wants moodle/course:viewhiddencourses there besides moodle/course:view."
        ),
    )


def _is_called(told: str, name: str) -> bool:
    """Say whether a course may be the one of that name, as a database finds it: without regard to case and accents."""
    if {"<", "{"} & {*name}:
        return True  # a name in several languages is told in one of them

    def plain(text: str) -> str:
        return "".join(
            each for each in normalize("NFKD", text).casefold() if not combining(each) and not each.isspace()
        )

    return plain(told) == plain(name)
