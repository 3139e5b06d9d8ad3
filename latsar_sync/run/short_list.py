"""The people of a large course by its short list and what is known, in an incremental run (rule 10).

Whoever reads there as before stands as known; whoever does not, is new or is missing, is read as the course shows them.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime

from latsar_sync.domain.errors import LatsarError
from latsar_sync.domain.known_people import RestingPeople
from latsar_sync.domain.spelling import seen as as_seen
from latsar_sync.moodle import payloads, short_list
from latsar_sync.moodle.client import MoodleClient
from latsar_sync.moodle.course_people import CoursePeople, visits_of
from latsar_sync.moodle.custom_report import NEEDED, look_up
from latsar_sync.moodle.functions import Function
from latsar_sync.moodle.mooc_values import SeenCourse, StandIn
from latsar_sync.moodle.short_list import mark_of, read_short_list
from latsar_sync.moodle.standing_in import with_looked_up
from latsar_sync.moodle.visibility import ask_for_groups
from latsar_sync.rules.signals import signals_of
from latsar_sync.run.whom_to_look_for import KnownInMooc

MOST_UNSETTLED = 100
"""People whom an incremental run looks up one by one; where they are more, it reads the whole list."""


def by_short_list(
    client: MoodleClient, known_in_mooc: KnownInMooc, course: SeenCourse, witness: Collection[object], now: datetime
) -> StandIn | None:
    """Return the people of the course as its short list and what is known tell them, at ``now``; None where the whole
    list must be read.

    That is where the course is small, the service lacks a function, groups decide what is asked of whom, the site shows
    no more than a part, or too much changed. ``witness`` is looked at whatever is told.
    """
    wanted, strangers = (
        known_in_mooc.wanted,
        frozenset(known_in_mooc.ids.strangers) if known_in_mooc.ids else frozenset[str](),
    )
    here = known_in_mooc.keys_and_names()
    able = all(map(client.supports, (*NEEDED, Function.CALL_EXTERNAL_FUNCTIONS)))
    if len(here) < short_list.FEWEST or wanted.groups or not able or ask_for_groups(course.modules.values()):
        return None
    key, course_id = wanted.participant_key, course.payload.id
    try:
        listed = read_short_list(client, course_id, key, len(here) + len(strangers))
        if listed is None or all(getattr(user, key) is None for user in listed.values()):
            return None
        unsettled = _unsettled(here, listed, key, strangers)
        if len(unsettled) > MOST_UNSETTLED:
            return None
        read = look_up(client, course_id, key, wanted.roles, (), unsettled) if unsettled else CoursePeople()
    except LatsarError:
        return None  # whoever it is, the whole list tells
    visits = visits_of(listed[user_id] for user_id in (*here, *read) if user_id in listed)
    looked_at = _looked_at(known_in_mooc, course, visits, {*witness, *unsettled}, now)
    people = with_looked_up(known_in_mooc.those(here if looked_at is None else looked_at), read, key, unsettled)
    others = listed.keys() - here.keys() - read.keys()
    found = known_in_mooc.standing_in(people, looked_at, frozenset(map(mark_of, others)), read.how_well_read)
    return replace(found, visits=visits)


def _unsettled(
    here: Mapping[int, tuple[str | None, str]],
    listed: Mapping[int, payloads.EnrolledUser],
    key: str,
    strangers: Collection[str],
) -> set[int]:
    """Return whom the list does not show as they were ``here``, and whoever is new in it and no stranger."""
    as_before = {
        user_id
        for user_id, before in here.items()
        if (user := listed.get(user_id)) is not None and (getattr(user, key), as_seen(user.fullname)) == before
    }
    new = {user_id for user_id in listed if user_id not in here and mark_of(user_id) not in strangers}
    return new | (here.keys() - as_before)


def _looked_at(
    known_in_mooc: KnownInMooc,
    course: SeenCourse,
    visits: Mapping[int, datetime | None],
    these: Collection[object],
    now: datetime,
) -> frozenset[int] | None:
    """Return whom a run must look at who looks at ``these``; None for everybody, where visits do not tell enough."""
    signals = signals_of(course.checkpoint, course.payload.id, course.site_time, now, visits)
    changes = course.changes
    if (
        not isinstance(known_in_mooc.known, RestingPeople)
        or signals is None
        or changes is None
        or not course.attempts_told
        or changes.settings
    ):
        return None
    return known_in_mooc.looked_at(these, bool(changes.touched), signals)
