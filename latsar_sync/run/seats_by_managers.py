"""What managers did in the in-class courses by hand: whom they took out or put back, and who sits in the groups.

Whoever follows one participant may pass it over: it tells where places are given otherwise than was known.
"""

from collections.abc import Collection, Iterable, Mapping

from latsar_sync.domain import many_people
from latsar_sync.domain.entry import Entry, EntryState
from latsar_sync.rules import account_in_class, group_occupancy, restored_database
from latsar_sync.rules.entry_against_course import can_tell, compare_with_course
from latsar_sync.rules.restored_database import Sighting
from latsar_sync.run.in_class_courses import InClassCourses
from latsar_sync.run.roster import Roster, by_angkatan


def done_by_managers(roster: Roster, courses: InClassCourses) -> dict[str, Entry]:
    """Return whom managers took out of a course or put back into it, as they stand now: places are given after it."""
    found, sent = {}, roster.enrolment_sent
    rows = by_angkatan(roster.entries, roster.only)
    for angkatan, course in courses.by_angkatan():
        for entry in rows.get(angkatan.id, ()):
            seen = course.enrolled.get(entry.target_user_id or 0)
            left = entry.origin is not None and (seen is None or not seen.active)
            key = roster.key_of(entry.participant_id)
            if not (left or entry.state is EntryState.WITHDRAWN) or not can_tell(course, entry.target_user_id, key):
                continue
            now, _ = compare_with_course(entry, key, angkatan, course, sent=entry.participant_id in sent)
            if now != entry and EntryState.WITHDRAWN in (entry.state, now.state):
                found[entry.participant_id] = now
    return found


def taken_out(roster: Roster, still_absent: Iterable[Entry], sightings: Collection[Sighting]) -> dict[str, Entry]:
    """Return, withdrawn, whom a manager took out though no entry tells it: they are to be sent to where some run saw
    them, and are there no more (``still_absent``). A named person may want it so.
    """
    moves = roster.actions.moves
    absent = [each for each in still_absent if each.origin is None]
    moved = (each.participant_id for each in absent if moves.get(each.participant_id) == each.angkatan)
    return restored_database.put_back(absent, roster.entries, sightings, roster.actions.admitted.union(moved))


def in_the_groups(
    roster: Roster, courses: InClassCourses, entries: Mapping[str, Entry]
) -> tuple[dict[str, int], dict[str, str]]:
    """Count who takes a place in each angkatan's group besides those placed there; return which participants are in."""
    read = courses.by_angkatan()
    if not any(course.enrolled for _, course in read):
        return {}, {}
    by_key = account_in_class.owners(roster.standings.values(), many_people.ids_like(roster.standings))
    chosen = roster.actions.accounts
    by_key.update({account_in_class.key_of_account(user_id): who for who, (_site, user_id) in chosen.items()})
    owners = group_occupancy.Owners(by_key)
    unknown = owners.strangers(read)
    for each in roster.actions.left_behind:
        owners.note_left(each.site, each.course_id, each.target_user_id, each.participant_id)
    for who, entry in entries.items():
        if (entry.site, entry.target_user_id) in unknown:
            owners.note_placed(entry.site, entry.target_user_id, who)
    return group_occupancy.who_sits_where(read, entries, owners)
