"""The people of a large course by its short list and what is known, in a quiet run (rule 10).

Whoever reads there as before stands as known; whoever does not, is new or is missing, is read as the course shows them.
"""

from collections.abc import Collection, Mapping

from latsar_sync.domain.errors import LatsarError
from latsar_sync.domain.participant import Enrolment, Person
from latsar_sync.domain.spelling import seen as as_seen
from latsar_sync.moodle import payloads, short_list
from latsar_sync.moodle.client import MoodleClient
from latsar_sync.moodle.course_lists import CoursePeople
from latsar_sync.moodle.custom_report import NEEDED, look_up
from latsar_sync.moodle.functions import Function
from latsar_sync.moodle.mooc_course import with_looked_up
from latsar_sync.moodle.mooc_values import StandIn
from latsar_sync.moodle.short_list import mark_of, read_short_list
from latsar_sync.moodle.visibility import ask_for_groups
from latsar_sync.run.whom_to_look_for import Ours

MOST_UNSETTLED = 100
"""People whom a quiet run looks up one by one; where they are more, it reads the whole list."""


def by_short_list(
    client: MoodleClient, ours: Ours, course: payloads.Course, modules: Mapping[int, payloads.Module]
) -> tuple[StandIn, CoursePeople] | None:
    """Return the people of the course, and its list as read; None where the whole list must be read.

    That is where the course is small, the service lacks a function, groups decide what is asked of whom, the site shows
    no more than a part, or too much changed.
    """
    wanted, strangers = ours.wanted, frozenset(ours.ids.strangers) if ours.ids else frozenset[str]()
    people = {user_id: each.participant.person for user_id, each in ours.known.items()}
    here = {user_id: each for user_id, each in people.items() if each.enrolment is not Enrolment.ENDED}
    able = all(map(client.supports, (*NEEDED, Function.CALL_EXTERNAL_FUNCTIONS)))
    if len(here) < short_list.FEWEST or wanted.groups or not able or ask_for_groups(modules.values()):
        return None
    key = wanted.participant_key
    try:
        listed = read_short_list(client, course.id, key, len(here) + len(strangers))
        if listed is None or all(getattr(user, key) is None for user in listed.values()):
            return None
        unsettled = _unsettled(here, listed, key, strangers)
        if len(unsettled) > MOST_UNSETTLED:
            return None
        read = look_up(client, course.id, key, wanted.roles, (), unsettled) if unsettled else CoursePeople()
    except LatsarError:
        return None  # whoever it is, the whole list tells
    now = with_looked_up(here.values(), read, key, unsettled)
    others = listed.keys() - here.keys() - {person.user_id for person in now}
    return StandIn(now, frozenset(map(mark_of, others)), read.roll), listed


def _unsettled(
    here: Mapping[int, Person], listed: Mapping[int, payloads.EnrolledUser], key: str, strangers: Collection[str]
) -> set[int]:
    """Return whom the list does not show as they were ``here``, and whoever is new in it and no stranger."""
    as_before = {
        user_id
        for user_id, person in here.items()
        if (user := listed.get(user_id)) is not None
        and (getattr(user, key), as_seen(user.fullname)) == (person.key, person.name)
    }
    new = {user_id for user_id in listed if user_id not in here and mark_of(user_id) not in strangers}
    return new | (here.keys() - as_before)
