"""Every account that runs saw in the in-class courses, and which of them nobody's roster entry tells of (rule 5)."""

from collections import defaultdict
from collections.abc import Container, Iterable, Mapping
from datetime import datetime
from functools import cached_property

from sqlalchemy import Connection, case, except_, select

from latsar_sync.domain.entry import EntryState
from latsar_sync.domain.in_class import CourseAsRead
from latsar_sync.rules.removed_by_managers import Sighting
from latsar_sync.store.bulk import add_rows, batches
from latsar_sync.store.database import Database
from latsar_sync.store.tables import left_behind, roster_entries
from latsar_sync.store.tables.columns import OF_PROGRAMME
from latsar_sync.store.tables.filled_courses import course_sightings

COURSES_AT_ONCE = 500
"""So many courses are compared with what was seen in them before by one query."""


def note_seen(
    connection: Connection, programme: str, addresses: Mapping[str, str], courses: Iterable[CourseAsRead], now: datetime
) -> None:
    """Write down everybody in these courses as read, active or not, who was not seen there before.

    ``addresses`` are the sites' by name.
    """
    seen = course_sightings.c
    with_people = sorted((each for each in courses if each.enrolled), key=lambda each: each.course_id)
    for some in batches(with_people, COURSES_AT_ONCE):
        here = seen.course_id.in_({each.course_id for each in some})
        found = select(seen.address, seen.course_id, seen.user_id).where(seen.programme == programme, here)
        known = set(map(tuple, connection.execute(found)))
        new: dict[tuple[str, int, int], str] = {}
        for course in some:
            address = addresses[course.site]
            here_now = ((address, course.course_id, who) for who in course.enrolled)
            new |= {each: course.site for each in here_now if each not in known}
        rows = (
            {"programme": programme, "address": at, "course_id": number, "user_id": who, "site": site, "seen_at": now}
            for (at, number, who), site in new.items()
        )
        add_rows(connection, course_sightings, rows)


_FOLLOWED = select(roster_entries.c.site, roster_entries.c.course_id, roster_entries.c.target_user_id).where(
    roster_entries.c.programme == OF_PROGRAMME,
    roster_entries.c.origin.is_not(None),
    roster_entries.c.state != str(EntryState.WITHDRAWN),
)
_MISTAKEN = select(left_behind.c.site, left_behind.c.course_id, left_behind.c.target_user_id).where(
    left_behind.c.wrong_account
)


class SeenBefore(Container[Sighting]):
    """What ``seen_before`` tells, read once a sighting is asked about: most runs are to send nobody, and ask none."""

    def __init__(self, database: Database, programme: str, addresses: Mapping[str, str]) -> None:
        self._asked = database, programme, addresses

    def __contains__(self, sighting: object) -> bool:
        return sighting in self._all

    @cached_property
    def _all(self) -> frozenset[Sighting]:
        database, programme, addresses = self._asked
        with database.reading() as connection:
            return seen_before(connection, programme, addresses)


def seen_before(connection: Connection, programme: str, addresses: Mapping[str, str]) -> frozenset[Sighting]:
    """Return who was seen in a course of one of these sites and is not followed there by any entry that stands.

    ``addresses`` are the sites' by the names that they have now: whatever name one had then, it is the same site. An
    account by which somebody else was in the course by mistake is none of them.
    """
    if not addresses:
        return frozenset()
    seen, names = course_sightings.c, defaultdict[str, list[str]](list)
    for name, address in addresses.items():
        names[address].append(name)
    now_named = case({address: same[0] for address, same in names.items()}, value=seen.address)
    seen_there = select(now_named, seen.course_id, seen.user_id)
    seen_there = seen_there.where(seen.programme == OF_PROGRAMME, seen.address.in_(names))
    rows = connection.execute(except_(seen_there, _FOLLOWED, _MISTAKEN), {"of_programme": programme})
    return frozenset((name, course, who) for site, course, who in rows for name in names[addresses[site]])
