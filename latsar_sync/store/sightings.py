"""Every account that runs saw in the in-class courses, and which of them nobody's roster entry tells of (rule 5)."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, except_, insert, select

from latsar_sync.domain.entry import EntryState
from latsar_sync.domain.in_class import TargetCourse
from latsar_sync.rules.filled_courses import Sighting
from latsar_sync.store.tables import left_behind, roster_entries
from latsar_sync.store.tables.filled_courses import course_sightings


def note_seen(connection: Connection, programme: str, address: str, course: TargetCourse, now: datetime) -> None:
    """Write down everybody in a course as read, active or not, who was not seen there before."""
    here = {"programme": programme, "address": address, "course_id": course.course_id}
    mine = (course_sightings.c[name] == value for name, value in here.items())
    known = set(connection.execute(select(course_sightings.c.user_id).where(*mine)).scalars())
    new = [{**here, "user_id": who, "site": course.site, "seen_at": now} for who in course.enrolled if who not in known]
    if new:
        connection.execute(insert(course_sightings), new)


def seen_before(connection: Connection, programme: str, addresses: Iterable[str]) -> frozenset[Sighting]:
    """Return who was seen in a course of one of these sites and is not followed there by any entry that stands.

    An account by which somebody else was in the course by mistake is none of them.
    """
    seen, entry, left = course_sightings.c, roster_entries.c, left_behind.c
    followed = select(entry.site, entry.course_id, entry.target_user_id).where(
        entry.programme == programme, entry.origin.is_not(None), entry.state != str(EntryState.WITHDRAWN)
    )
    mistaken = select(left.site, left.course_id, left.target_user_id).where(left.wrong_account)
    everybody = select(seen.site, seen.course_id, seen.user_id).where(
        seen.programme == programme, seen.address.in_(list(addresses))
    )
    rows = connection.execute(except_(everybody, followed, mistaken))
    return frozenset((site, course_id, user_id) for site, course_id, user_id in rows)
