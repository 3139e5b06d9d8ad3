"""Which groups of an in-class course belong to other programmes, or are filled by this one by the course's other name.

Who sits in one of them has a seat already; how many seats there are is asked nowhere here (``who_has_a_seat``).
"""

from collections.abc import Collection, Mapping, MutableMapping, Sequence
from dataclasses import replace

from latsar_sync.domain.in_class import Angkatan, CourseAsRead, CourseKey
from latsar_sync.rules.filled_courses import FilledCourse, FilledGroups
from latsar_sync.run.context import RunContext
from latsar_sync.settings.addresses import moodle_at
from latsar_sync.settings.for_the_rules import angkatan_of_other_programmes


def tell_of_each_other(
    context: RunContext,
    configured: Mapping[CourseKey, Sequence[Angkatan]],
    read: MutableMapping[CourseKey, CourseAsRead],
    filled: Mapping[str, FilledCourse],
) -> None:
    """Let a course that the programme knows by several names show the groups that it fills there by another.

    Whoever sits in one of those has a place. ``filled`` are the groups that were filled before, by angkatan: they tell
    it where the course was not read by its other name.
    """
    moodles = {name: moodle_at(site.url) for name, site in context.tools.settings.sites.items()}
    by_course: dict[tuple[str, int], dict[CourseKey, set[int]]] = {}
    for key, these in configured.items():
        moodle = moodles[key[0]]
        if (seen := read.get(key)) is not None:
            by_course.setdefault((moodle, seen.course_id), {}).setdefault(key, set()).update(seen.groups.values())
        for before in (filled[each.id] for each in these if each.id in filled):
            if before.group_id is not None:
                by_course.setdefault((moodle, before.course_id), {}).setdefault(key, set()).add(before.group_id)
    for key, course in read.items():
        by_name = by_course[moodles[key[0]], course.course_id]
        beside = set[int]().union(*(groups for other, groups in by_name.items() if other != key))
        if beside := beside - set(course.groups.values()):
            read[key] = replace(course, groups_of_others=course.groups_of_others | beside)


def angkatan_of_others_by_site(context: RunContext) -> dict[str, list[Angkatan]]:
    """Return the angkatan of the other programmes in the Moodle of each site, under whatever name they know it."""
    moodles = {name: moodle_at(site.url) for name, site in context.tools.settings.sites.items()}
    found: dict[str, list[Angkatan]] = {}
    for each in angkatan_of_other_programmes(context.tools.settings, context.programme):
        if each.site is not None:
            found.setdefault(moodles[each.site], []).append(each)
    return {name: found.get(moodle, []) for name, moodle in moodles.items()}


def groups_by_course(
    context: RunContext, groups_of_other_programmes: FilledGroups
) -> Mapping[tuple[str, int], frozenset[int]]:
    """Return, by Moodle and course, the groups that other configured programmes were seen to fill."""
    programmes = context.tools.settings.ids().keys() - {context.name}
    found: dict[tuple[str, int], set[int]] = {}
    for (course_id, group), those in groups_of_other_programmes.items():
        if group is not None:
            for other in (other for programme, other in those if programme in programmes):
                found.setdefault((moodle_at(other.address), course_id), set()).add(group)
    return {course: frozenset(groups) for course, groups in found.items()}


def with_groups_of_others(course: CourseAsRead, groups: Collection[int]) -> CourseAsRead:
    """Return a course that shows the groups which other programmes fill there."""
    beside = set(groups) - set(course.groups.values())
    return replace(course, groups_of_others=course.groups_of_others | beside) if beside else course
