"""The groups of an in-class course: which is that of an angkatan, by its idnumber, else by its exact name (rule 7)."""

from collections.abc import Sequence
from dataclasses import replace

from latsar_sync.domain.errors import ConfigurationError
from latsar_sync.domain.in_class import Angkatan, CourseAsRead
from latsar_sync.domain.language import _
from latsar_sync.moodle import payloads
from latsar_sync.moodle.client import MoodleClient
from latsar_sync.moodle.functions import Function


def read_groups(client: MoodleClient, course_id: int) -> list[payloads.Group]:
    """Return every group of a course; it needs moodle/course:managegroups."""
    return client.read(Function.COURSE_GROUPS, payloads.GROUPS, {"courseid": course_id})


def with_groups(
    course: CourseAsRead,
    name: str,
    groups: Sequence[payloads.Group],
    all_angkatan: Sequence[Angkatan],
    angkatan_of_others: Sequence[Angkatan],
) -> tuple[CourseAsRead, dict[str, ConfigurationError]]:
    """Given all groups of a course, return it with those of the angkatan, and by id the angkatan that must stop.

    ``name`` is that of the course as configured; ``angkatan_of_others`` are those of other programmes on the site.
    """
    group_of: dict[str, int] = {}
    not_theirs: dict[str, ConfigurationError] = {}
    for angkatan in all_angkatan:
        try:
            group = find_group(groups, angkatan, course.shortname)
        except ConfigurationError as error:
            not_theirs[angkatan.id] = error
        else:
            group_of |= {angkatan.id: group} if group is not None else {}
    idnumber_of = {group.id: group.idnumber or "" for group in groups}
    theirs = [each for each in angkatan_of_others if each.course in (name, course.shortname)]
    numbers, called = {each.group_idnumber for each in theirs}, {each.group for each in theirs}
    groups_of_others = frozenset(
        group.id for group in groups if group.idnumber in numbers or (not group.idnumber and group.name in called)
    ) - set(group_of.values())
    idnumbers = {angkatan_id: idnumber_of[group] for angkatan_id, group in group_of.items()}
    return replace(course, groups=group_of, idnumbers=idnumbers, groups_of_others=groups_of_others), not_theirs


def find_group(groups: Sequence[payloads.Group], angkatan: Angkatan, course: str) -> int | None:
    """Return the group's id, found by idnumber, then by exact name; None if there is none.

    Raise ConfigurationError if the name stands under another idnumber, which makes it somebody else's group, or is that
    of several groups.
    """
    for group in groups:
        if group.idnumber == angkatan.group_idnumber:
            return group.id
    named = [group for group in groups if group.name == angkatan.group]
    if len(named) > 1:
        raise ConfigurationError(
            _('{course} has {count} groups called "{name}", and which of them is meant cannot be told.').format(
                course=course, count=len(named), name=angkatan.group
            ),
            _("Write {idnumber} as group ID number into the one that is meant, or rename the others.").format(
                idnumber=angkatan.group_idnumber
            ),
        )
    if named and named[0].idnumber:
        raise ConfigurationError(
            _('The group "{name}" of {course} has the idnumber "{idnumber}", not "{group_idnumber}".').format(
                name=angkatan.group,
                course=course,
                idnumber=named[0].idnumber,
                group_idnumber=angkatan.group_idnumber,
            ),
            _("Set group_idnumber of that angkatan to it, or choose another group name."),
        )
    return named[0].id if named else None
