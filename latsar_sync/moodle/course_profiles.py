"""People as the course shows each of them, asked by their ids: what reading nobody but ours goes by."""

from collections.abc import Collection, Iterable, Mapping

from latsar_sync.domain.errors import RecordRejected
from latsar_sync.moodle import payloads
from latsar_sync.moodle.calls_together import chunks
from latsar_sync.moodle.client import MoodleClient
from latsar_sync.moodle.functions import Arguments, Function

PROFILES_A_CALL = 40


def profile_calls(course_id: int, user_ids: Iterable[int]) -> list[Arguments]:
    """Return what is asked to see people as the course shows them, some in each call."""
    return [
        {"userlist": [{"userid": each, "courseid": course_id} for each in some]}
        for some in chunks(sorted(user_ids), PROFILES_A_CALL)
    ]


def read_profiles(
    client: MoodleClient, course_id: int, user_ids: Collection[int]
) -> tuple[dict[int, payloads.CourseProfile], dict[int, str]]:
    """Return people as the course shows them, enrolled or not, and of whom that could not be read, with the reason.

    An answer that somebody spoils is asked for again, each person by themselves.
    """
    pieces = list(chunks(sorted(user_ids), PROFILES_A_CALL))
    answers = client.read_each(Function.COURSE_USER_PROFILES, payloads.PROFILES, profile_calls(course_id, user_ids))
    rejected = [
        each
        for some, answer in zip(pieces, answers, strict=True)
        if isinstance(answer, RecordRejected) or answer.lost
        for each in some
    ]
    alone = [call for each in rejected for call in profile_calls(course_id, [each])]
    again = client.read_each(Function.COURSE_USER_PROFILES, payloads.PROFILES, alone)
    profiles: dict[int, payloads.CourseProfile] = {}
    unread: dict[int, str] = {}
    for user_id, told in zip(rejected, again, strict=True):
        if isinstance(told, RecordRejected):
            unread[user_id] = told.message
        elif told.lost:
            unread[user_id] = "id: unreadable"
    for answer in (*answers, *again):
        if isinstance(answer, RecordRejected):
            continue
        unread |= answer.spoiled
        for profile in answer:
            if "roles" not in profile.model_fields_set:
                unread.setdefault(profile.id, "roles: absent")
            profiles[profile.id] = profile
    return profiles, unread


def participants_of(
    profiles: Mapping[int, payloads.CourseProfile], roles: Collection[str]
) -> dict[int, payloads.CourseProfile]:
    """Return those who hold one of the roles in the course: anybody else is no participant of it."""
    return {user_id: each for user_id, each in profiles.items() if any(role.shortname in roles for role in each.roles)}


def is_active_in(course_id: int, profile: payloads.CourseProfile) -> bool:
    """Say whether a profile names the course among those in which the enrolment is active."""
    return any(course.id == course_id for course in profile.enrolledcourses)


def shows_active_courses(course_id: int, profiles: Iterable[payloads.CourseProfile]) -> bool:
    """Say whether profiles tell active enrolments in this course at all.

    Moodle names the courses of active enrolments only, and none that is hidden or where it hides everybody's: somebody
    who is active shows that it does.
    """
    return any(is_active_in(course_id, profile) for profile in profiles)
