"""Reading nobody but the people of a list of NIPs: their accounts by NIP, then each as the course shows them.

Accounts that are known are asked by their ids; a number is looked up where no known account carries it, and every one
in a full run. Who holds no participant's role in the course is none of its people, whatever their NIP.
"""

from collections.abc import Collection, Set

from latsar_sync.domain.errors import SiteRefuses
from latsar_sync.domain.language import _
from latsar_sync.moodle import accounts_by_nip, payloads
from latsar_sync.moodle.client import MoodleClient
from latsar_sync.moodle.course_lists import Part, read_lists
from latsar_sync.moodle.course_people import CoursePeople
from latsar_sync.moodle.course_profiles import is_active_in, participants_of, read_profiles, shows_active_courses
from latsar_sync.moodle.functions import Function
from latsar_sync.moodle.mooc_values import FoundPeople
from latsar_sync.moodle.versions import TELLS_SUSPENDED

NEEDED = (Function.USERS_BY_FIELD, Function.COURSE_USER_PROFILES)
"""What the service must hold; without either everybody in the course is read."""


def read_listed(
    client: MoodleClient,
    course: payloads.Course,
    key: str,
    roles: Collection[str],
    nips: Set[str],
    known: Collection[int],
    enrolments: bool,
) -> FoundPeople:
    """Read the people who carry one of the NIPs in their field ``key``, and those of the ``known`` accounts.

    ``enrolments`` asks whose enrolment is active. Raise SiteRefuses if nobody is known and none of several NIPs is
    found: without the right to see the key Moodle answers with an empty list.
    """
    unread_nips: set[str] = set()

    def enough() -> None:
        if not known and len(nips) >= accounts_by_nip.TOO_MANY_TO_BE_ABSENT:
            raise _nobody_of_the_list(client, key, len(nips))

    found = accounts_by_nip.read_users(client, key, nips, unread_nips, enough) if nips else {}
    profiles, unread = read_profiles(client, course.id, known)
    new = set[int]().union(*found.values()) - set(known)
    more, unread_too = read_profiles(client, course.id, new)
    profiles |= more
    unread |= unread_too
    here = participants_of(profiles, roles)
    enrolled = CoursePeople()
    enrolled.update({user_id: _with_visit(each) for user_id, each in here.items()})
    enrolled.spoiled.update(unread)
    active = _active(client, course.id, here) if enrolments else None
    return FoundPeople(enrolled, active, unread_nips=frozenset(unread_nips))


def _active(client: MoodleClient, course_id: int, people: dict[int, payloads.CourseProfile]) -> Collection[int] | None:
    """Return whose enrolment is active; None where it cannot be told, and what was known stands.

    Where profiles do not tell it the course is asked for the ids of those who are not active; that is all that is ever
    read of others than ours.
    """
    if not people or shows_active_courses(course_id, people.values()):
        return {user_id for user_id, each in people.items() if is_active_in(course_id, each)}
    if not client.is_since(TELLS_SUSPENDED):
        [active] = read_lists(client, course_id, [Part("id", {"onlyactive": 1})])
        return active.keys() & people.keys() if active.whole else None
    [suspended] = read_lists(client, course_id, [Part("id", {"onlysuspended": 1})])
    return people.keys() - suspended.keys() if suspended.whole else None


def _with_visit(profile: payloads.CourseProfile) -> payloads.CourseProfile:
    """Let the last visit to the site, the only one that a profile tells, stand for the one to the course."""
    if "lastaccess" not in profile.model_fields_set:
        return profile
    return profile.model_copy(update={"lastcourseaccess": profile.lastaccess})


def _nobody_of_the_list(client: MoodleClient, key: str, number: int) -> SiteRefuses:
    return SiteRefuses(
        _("{name}: none of the {number} people of the list was found by {key}.").format(
            name=client.name, number=number, key=key
        ),
        _(
            "Give the service account moodle/user:viewdetails and moodle/user:viewalldetails at system level (with "
            "rights in the course alone Moodle finds only people whose enrolment there is active, and nobody while the "
            "course is hidden), or correct participant_key."
        ),
    )
