"""The three writes that the service makes in an in-class course: a group made, people enrolled, people put into it.

A batch that is refused is tried again in parts by who sends it (``run.failed_writes``).
"""

from collections.abc import Iterable, Sequence

from latsar_sync.domain.errors import ConfigurationError, LatsarError, RecordRejected, SiteRefuses, WriteUnknown
from latsar_sync.domain.in_class import Angkatan, CourseAsRead
from latsar_sync.domain.language import _
from latsar_sync.moodle import payloads
from latsar_sync.moodle.client import MoodleClient
from latsar_sync.moodle.functions import Argument, Function
from latsar_sync.moodle.groups_in_class import find_group, read_groups


def require_manual_enrolment(course: CourseAsRead) -> None:
    """Raise ConfigurationError if the course has no enabled manual enrolment, before anything is sent."""
    if "manual" not in course.methods:
        raise ConfigurationError(
            _("{site}: the course {shortname} has no enabled manual enrolment.").format(
                site=course.site, shortname=course.shortname
            ),
            _(
                "Add or enable it: Course > Participants > Enrolment methods > Manual enrolments (the plugin: Site "
                "administration > Plugins > Enrolments > Manage enrol plugins)."
            ),
        )


def make_groups(client: MoodleClient, wanted: Sequence[tuple[CourseAsRead, Angkatan]]) -> list[int]:
    """Return the ids of groups that were made in one request, in their order: all of them or none.

    Raise WriteUnknown if they were sent and may be there, RecordRejected if one of several spoils the request,
    SiteRefuses if the site will not have a single one.
    """
    rows: list[Argument] = [
        {"courseid": course.course_id, "name": each.group, "description": "", "idnumber": each.group_idnumber}
        for course, each in wanted
    ]
    try:
        made = client.write_returning(Function.CREATE_GROUPS, payloads.GROUPS, {"groups": rows})
    except RecordRejected as error:
        if len(wanted) > 1:
            raise
        [(course, angkatan)] = wanted
        raise SiteRefuses(
            _('{name}: the group "{group}" cannot be made in {shortname}: {message}').format(
                name=client.name, group=angkatan.group, shortname=course.shortname, message=error.message
            ),
            _(
                "A group of that name or idnumber is there, but does not show: it hides its members. Allow "
                "moodle/course:viewhiddengroups in that course, or show the group (its settings, Group membership "
                "visibility)."
            ),
            error.errorcode,
        ) from None
    if [group.idnumber for group in made] != [angkatan.group_idnumber for _course, angkatan in wanted]:
        raise WriteUnknown(
            _("{site}: the answer to groups is not about these groups.").format(site=client.name),
            _("Reading the course back will tell."),
        )
    return [group.id for group in made]


def groups_there(client: MoodleClient, course: CourseAsRead, all_angkatan: Sequence[Angkatan]) -> dict[str, int]:
    """Look for groups that were sent without an answer; none also when looking fails, since nothing is known then."""
    try:
        groups = read_groups(client, course.course_id)
        found = {each.id: find_group(groups, each, course.shortname) for each in all_angkatan}
    except LatsarError:
        return {}
    return {angkatan: group for angkatan, group in found.items() if group is not None}


def enrol(client: MoodleClient, rows: Iterable[tuple[int, int, int]]) -> None:
    """Enrol people (course id, user id, role id) manually; only whoever is absent there may be in it.

    The call is an upsert that would reset dates and status of somebody already there (Moodle
    ``enrol/manual/externallib.php``). It is all or nothing: RecordRejected means that one row spoiled the batch.
    """
    enrolments: list[Argument] = [
        {"roleid": role_id, "userid": user_id, "courseid": course_id} for course_id, user_id, role_id in rows
    ]
    client.write(Function.ENROL_USERS, {"enrolments": enrolments})


def add_members(client: MoodleClient, rows: Iterable[tuple[int, int]], course_id: int = 0) -> None:
    """Put people (group id, user id) who are in a course into its groups; all or nothing, harmless if repeated.

    ``course_id`` is the course where all are of one. Raise RecordRejected if one of them spoils the batch, SiteRefuses
    if a group is gone.
    """
    members: list[Argument] = [{"groupid": group_id, "userid": user_id} for group_id, user_id in rows]
    client.write(Function.ADD_GROUP_MEMBERS, {"members": members}, course_id)
