"""The people of the MOOC course where its list is not read: as known, looked up, told by a report or a short list."""

from collections.abc import Collection, Iterable
from dataclasses import replace

from latsar_sync.domain.participant import Person
from latsar_sync.domain.records import SourceIds
from latsar_sync.domain.source_as_read import HowFound
from latsar_sync.moodle.course_people import CoursePeople, persons_of
from latsar_sync.moodle.mooc_values import SeenCourse, SeenPeople, SourceCourse, StandIn


def with_looked_up(
    here: Iterable[Person], read: CoursePeople, key: str, unsettled: Collection[int]
) -> tuple[Person, ...]:
    """Return who was ``here`` with those who were looked up: as read, gone where they did not show, new behind them.

    ``unsettled`` are those who were looked up because nothing tells that they are as they were; of whom something
    could not be read stays as known.
    """
    as_read = {person.user_id: person for person in persons_of(read.values(), key)}
    stay = [
        as_read.pop(person.user_id, person)
        for person in here
        if person.user_id not in unsettled or person.user_id in as_read or person.user_id in read.spoiled
    ]
    return (*stay, *as_read.values())


def people_standing_in(wanted: SourceCourse, course: SeenCourse, stand_in: StandIn) -> SeenPeople:
    """Return the people as what is known tells them, with a report or the short list."""
    ids = SourceIds(wanted.course, course.payload.id, None, None, tuple(sorted(course.modules)))
    ids = replace(ids, strangers=tuple(sorted(stand_in.strangers)))
    return SeenPeople(
        course=course,
        people=stand_in.people,
        members={},
        group_names={},
        visits=stand_in.visits or {},
        ids=ids,
        how_found=HowFound(stand_in.how_well_read, suspended_read=False, anybody=bool(stand_in.people)),
        by_report=stand_in.visits is None,
        extent=stand_in.extent,
    )
