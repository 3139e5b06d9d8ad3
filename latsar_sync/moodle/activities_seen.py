"""What a reading tells of the activities of the MOOC course: which show, lack, or are closed to whom (rule 3)."""

from collections.abc import Collection, Iterable
from dataclasses import replace
from operator import attrgetter

from latsar_sync.domain.participant import Enrolment, Person
from latsar_sync.domain.source_as_read import ActivitiesSeen, PeopleAndGrades
from latsar_sync.moodle import payloads, visibility
from latsar_sync.moodle.client import MoodleClient
from latsar_sync.moodle.materials import left_out
from latsar_sync.moodle.mooc_values import SeenPeople, SourceCourse


def with_activities(
    client: MoodleClient,
    wanted: SourceCourse,
    seen: SeenPeople,
    as_read: PeopleAndGrades,
    grade_reports: Collection[payloads.UserGrades],
    people: Iterable[Person],
    compare_activities: bool,
) -> PeopleAndGrades:
    """Return the same with what of the activities the account does not see, and what is closed to whose groups.

    ``compare_activities`` asks for more answers that name activities, ``people`` in their order until one of them can
    be asked.
    """
    modules, criteria, closed = seen.course.modules, None, None
    if compare_activities:
        likely = (person.user_id for person in people if person.enrolment is Enrolment.ACTIVE)
        criteria = visibility.read_criteria(client, as_read.course_id, likely)
        closed = visibility.read_closed(client, as_read.course_id, modules, visibility.IDS_OF_A_RUN)
    demanded = {each.cmid: modules[each.cmid] for each in sorted(as_read.required, key=attrgetter("cmid"))}
    activities = ActivitiesSeen(
        shown=frozenset(modules),
        unseen=visibility.unseen_activities(
            modules, left_out(wanted, as_read.evaluation), grade_reports, criteria or (), closed or ()
        ),
        barred=visibility.barred_from(demanded, as_read.people, seen.members),
        open_to=None
        if seen.by_report or seen.extent.looked_at is not None
        else visibility.opened_to(demanded, seen.members, seen.group_names),
        untold=tuple(each.name for each in visibility.untold_restrictions(demanded.values())),
    )
    return replace(as_read, activities=activities)
