"""Every account that runs saw in the in-class courses, and which of them nobody's roster entry tells of (rule 5)."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import Connection, bindparam, except_, select

from latsar_sync.domain.entry import EntryState
from latsar_sync.domain.in_class import CourseAsRead
from latsar_sync.rules.removed_by_managers import Sighting
from latsar_sync.store.bulk import add_rows, batches
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
_SEEN = select(course_sightings.c.site, course_sightings.c.course_id, course_sightings.c.user_id).where(
    course_sightings.c.programme == OF_PROGRAMME,
    course_sightings.c.address.in_(bindparam("addresses", expanding=True)),
)
NOT_FOLLOWED = except_(_SEEN, _FOLLOWED, _MISTAKEN)


def seen_before(connection: Connection, programme: str, addresses: Iterable[str]) -> frozenset[Sighting]:
    """Return who was seen in a course of one of these sites and is not followed there by any entry that stands.

    An account by which somebody else was in the course by mistake is none of them.
    """
    rows = connection.execute(NOT_FOLLOWED, {"of_programme": programme, "addresses": list(addresses)})
    return frozenset((site, course_id, user_id) for site, course_id, user_id in rows)
