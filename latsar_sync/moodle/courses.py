"""What source and target both read of a course: the course itself, and everybody in it."""

from latsar_sync.errors import ConfigurationError, SiteRefuses
from latsar_sync.language import _
from latsar_sync.moodle import payloads
from latsar_sync.moodle.client import MoodleClient
from latsar_sync.moodle.functions import Arguments, Function

PAGE = 2000
SEPARATE_GROUPS = 1


def find_course(client: MoodleClient, name: str) -> payloads.Course:
    """Return the course of that shortname, else idnumber.

    Raise ConfigurationError if there is none, SiteRefuses if the account may only see it in the catalogue: the
    public fields come without ``groupmode`` then (Moodle ``course/externallib.php``).
    """
    for field in ("shortname", "idnumber"):
        answer = client.read(Function.COURSES_BY_FIELD, payloads.COURSES, {"field": field, "value": name})
        if answer.courses:
            course = answer.courses[0]
            if course.groupmode is None:
                raise SiteRefuses(
                    _("{name}: the service account may not enter the course {course}.").format(
                        name=client.name, course=name
                    ),
                    _("Give its role moodle/course:view (and moodle/course:viewhiddencourses) in that course."),
                )
            return course
    raise ConfigurationError(
        _('{name}: no course has the shortname or idnumber "{course}".').format(name=client.name, course=name),
        _("Correct the course in the configuration, or let the service account see it."),
    )


def require_all_groups(client: MoodleClient, course: payloads.Course) -> None:
    """Raise SiteRefuses if separate groups hide people of the course from the account.

    Without moodle/site:accessallgroups the list of people is silently that of the account's own groups.
    """
    if course.groupmode == SEPARATE_GROUPS:
        prove_all_groups(client, course.id)


def prove_all_groups(client: MoodleClient, course_id: int) -> None:
    """Raise SiteRefuses if the account lacks moodle/site:accessallgroups.

    Asked for any group by its id, Moodle checks the right aloud (``enrol/externallib.php``, ``get_enrolled_users``).
    """
    _ask_for_one(client, course_id, "groupid")


def prove_enrolment_review(client: MoodleClient, course_id: int) -> None:
    """Raise SiteRefuses if the account lacks moodle/course:enrolreview, which ``onlyactive`` asks for aloud."""
    _ask_for_one(client, course_id, "onlyactive")


def _ask_for_one(client: MoodleClient, course_id: int, option: str) -> None:
    wish: dict[str, str | int] = {option: 1, "userfields": "id", "limitnumber": 1}
    arguments: Arguments = {
        "courseid": course_id,
        "options": [{"name": name, "value": value} for name, value in wish.items()],
    }
    client.read(Function.ENROLLED_USERS, payloads.ENROLLED_USERS, arguments)


def read_enrolled(
    client: MoodleClient, course_id: int, fields: str, **options: str | int
) -> dict[int, payloads.EnrolledUser]:
    """Return everybody in a course by user id, page by page.

    People whom the account may not see are dropped after the page is cut, so a short page is not the last one
    (Moodle ``enrol/externallib.php``); only an empty page is.
    """
    found: dict[int, payloads.EnrolledUser] = {}
    offset = 0
    while True:
        wish = {"userfields": fields, "limitfrom": offset, "limitnumber": PAGE, "sortby": "id", **options}
        arguments: Arguments = {
            "courseid": course_id,
            "options": [{"name": name, "value": value} for name, value in wish.items()],
        }
        page = client.read(Function.ENROLLED_USERS, payloads.ENROLLED_USERS, arguments)
        if not page:
            return found
        found |= {user.id: user for user in page}
        offset += PAGE
