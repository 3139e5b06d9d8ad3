"""In-class courses that are others than those that were filled: replaced, as a person accepted, or called otherwise."""

from dataclasses import dataclass, replace

from latsar_sync.domain import many_people
from latsar_sync.domain.entry import Entry
from latsar_sync.rules import filled_courses as rules
from latsar_sync.rules.filled_courses import FilledCourse
from latsar_sync.run.in_class_courses import InClassCourses
from latsar_sync.run.known_courses import KnownCourses
from latsar_sync.run.roster import Roster


@dataclass(frozen=True, slots=True)
class Replaced:
    """What becomes of replaced courses that a person accepted: ``left`` are the entries of people left behind in the
    old ones, ``filled`` the courses that the others are placed in now.
    """

    left: tuple[Entry, ...] = ()
    filled: tuple[FilledCourse, ...] = ()


def leave_replaced_courses(
    known_courses: KnownCourses, roster: Roster, courses: InClassCourses
) -> tuple[Roster, Replaced]:
    """Return the roster in which the people of courses that were replaced, as a person accepted, wait for the new one.

    With it what is to be recorded of that.
    """
    left: tuple[Entry, ...] = ()
    filled_anew: tuple[FilledCourse, ...] = ()
    for angkatan, course in courses.each_angkatan():
        filled, before = known_courses.as_read(angkatan, course), known_courses.filled.get(angkatan.id)
        if before is not None and rules.is_moved(before, filled):
            placed = many_people.among(roster.entries, angkatan=[before.angkatan])
            changed, stay = rules.placed_anew(placed, angkatan, before)
            roster = roster.with_entries(changed)
            keys = ((each, roster.account_key_of(each.participant_id, course.site)) for each in stay)
            left += tuple(each for each, key in keys if not rules.is_the_same_place(each, key, before, course))
            # which group is theirs is claimed before anybody is sent there
            filled_anew += (replace(filled, group_id=None, restoration=before.restoration),)
    return roster, Replaced(left, filled_anew)


def new_names(known_courses: KnownCourses, courses: InClassCourses) -> dict[str, str]:
    """Return which courses have another short name in Moodle than when they were filled last: old and new, as
    site/shortname.
    """
    found = {}
    for angkatan, course in courses.each_angkatan():
        before = known_courses.filled.get(angkatan.id)
        if before is not None and not rules.is_moved(before, known_courses.as_read(angkatan, course)):
            found[f"{before.site}/{before.course}"] = f"{course.site}/{course.shortname}"
    return {old: new for old, new in found.items() if old != new}
