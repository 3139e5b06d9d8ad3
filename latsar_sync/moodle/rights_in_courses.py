"""What Moodle checks aloud of an account's rights in a course, where a list would leave people out without a word."""

from latsar_sync.moodle import payloads
from latsar_sync.moodle.client import MoodleClient
from latsar_sync.moodle.course_pages import listing_call
from latsar_sync.moodle.functions import Arguments, Function

SEPARATE_GROUPS = 1


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
    client.read(Function.ENROLLED_USERS, payloads.ENROLLED_USERS, for_one(course_id, option))


def for_one(course_id: int, option: str) -> Arguments:
    """Return the arguments that ask for one person by an option, whose right Moodle checks aloud."""
    return listing_call(course_id, {option: 1, "userfields": "id", "limitnumber": 1})
