"""What managers did in the in-class courses by hand: whom they took out or put back.

Whoever follows one participant may pass it over: it tells where seats are given otherwise than was known.
"""

from collections.abc import Container, Iterable

from latsar_sync.domain.entry import Entry, EntryState
from latsar_sync.rules.entry_against_course import can_tell, compare_with_course
from latsar_sync.rules.removed_by_managers import Sighting, removed_unbeknown
from latsar_sync.run.in_class_courses import InClassCourses
from latsar_sync.run.roster import Roster, entries_by_angkatan


def done_by_managers(roster: Roster, courses: InClassCourses) -> dict[str, Entry]:
    """Return whom managers took out of a course or put back into it, as they stand now: seats are given after it."""
    found, unsettled = {}, roster.enrolment_unsettled
    by_angkatan = entries_by_angkatan(roster.entries, roster.only)
    for angkatan, course in courses.each_angkatan():
        for entry in by_angkatan.get(angkatan.id, ()):
            seen = course.enrolled.get(entry.target_user_id or 0)
            not_in_course = entry.origin is not None and (seen is None or not seen.active)
            account_key = roster.account_key_of(entry.participant_id, course.site)
            may_be_otherwise = not_in_course or entry.state is EntryState.WITHDRAWN
            if not may_be_otherwise or not can_tell(course, entry.target_user_id, account_key):
                continue
            now, _ = compare_with_course(entry, account_key, angkatan, course, entry.participant_id in unsettled)
            if now != entry and EntryState.WITHDRAWN in (entry.state, now.state):
                found[entry.participant_id] = now
    return found


def taken_out(roster: Roster, gone: Iterable[Entry], sightings: Container[Sighting]) -> dict[str, Entry]:
    """Return, withdrawn, whom a manager took out though no entry tells it: they are ``gone`` from where some run saw
    them. A named person may want that they are sent there all the same.
    """
    moves = roster.actions.moves
    untold = [each for each in gone if each.origin is None]
    moved = (each.participant_id for each in untold if moves.get(each.participant_id) == each.angkatan)
    return removed_unbeknown(untold, roster.entries, sightings, roster.actions.admitted.union(moved))
