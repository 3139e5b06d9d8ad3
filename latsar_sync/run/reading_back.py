"""Reading the courses back after something was sent into them: who is there is confirmed, and nobody else (rule 7).

The answer to a write is no proof; what was written down of it is in ``settling``, and settled here by what shows.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from latsar_sync.domain.entry import Entry, EntryState
from latsar_sync.domain.errors import LatsarError
from latsar_sync.domain.in_class import CourseAsRead, PushKind, PushState
from latsar_sync.domain.request import Step
from latsar_sync.moodle import in_class_course
from latsar_sync.moodle.calls_together import chunks
from latsar_sync.rules.entry_against_course import can_tell, compare_with_course
from latsar_sync.run.ahead_of_courses import COURSES_A_CALL
from latsar_sync.run.context import RunContext
from latsar_sync.run.course_with_entrants import CourseWithEntrants
from latsar_sync.run.report import RunReport
from latsar_sync.run.seats_by_courses import Entrant
from latsar_sync.run.settling import save
from latsar_sync.store.pushes import Push, open_pushes_into, settle


def read_back(context: RunContext, report: RunReport, courses: Sequence[CourseWithEntrants], after: PushKind) -> None:
    """Read the courses into which something was sent and let them decide: who is there is settled.

    Some are read in one request. Who was acknowledged ``after`` an enrolment and is not there goes back to ``planned``:
    the answer was no proof.
    """
    to_read = [each for each in courses if each.to_be_read_back and not each.ended]
    if to_read:
        context.step(Step.READ_BACK, sum(len(each.entrants) for each in to_read))
    for some in chunks(to_read, COURSES_A_CALL):
        client = context.tools.clients[some[0].course.site]
        with client.ahead([call for each in some for call in in_class_course.people_calls(each.course)]):
            for each in some:
                try:
                    each.course = in_class_course.read_people(client, each.course)
                except LatsarError as error:
                    each.note(report, error, ends=True)
                else:
                    _compare_and_save(context, report, each, after)


def _compare_and_save(context: RunContext, report: RunReport, into: CourseWithEntrants, after: PushKind) -> None:
    """Let a course that was read decide about its people, and about what they lack now: None where nothing does."""
    course, compared = into.course, list[Entrant]()
    for each in into.entrants:
        entry, next_write = _as_read_back(each, course, after)
        compared.append(replace(each, entry=entry, next_write=next_write))
    with context.lease.writing() as connection:
        save(connection, context, report, [each.entry for each in into.entrants], [each.entry for each in compared])
        settle_by_reading(connection, context.name, [course], context.tools.clock(), context.run_id)
    into.entrants = compared


def _as_read_back(entrant: Entrant, course: CourseAsRead, after: PushKind) -> tuple[Entry, PushKind | None]:
    """Return an entry and the write that it needs next, as the course shows it after a round; whom it does not show, or
    cannot tell of, stays as they are, but for an enrolment that did not arrive.
    """
    entry, as_they_are = entrant.entry, (entrant.entry, entrant.next_write)
    if not can_tell(course, entry.target_user_id, entrant.account_key):
        return as_they_are
    # as it was read before this round (``Entrant.next_write``): what Moodle took since is told by the entry alone
    lacked_enrolment = entrant.next_write is PushKind.ENROL
    if entry.target_user_id not in course.enrolled:
        if entry.state is EntryState.REVIEW:  # whom Moodle refused keeps the reason why
            return as_they_are
        if entry.state is EntryState.PUSHED and lacked_enrolment and after is PushKind.ENROL:
            # the answer of just now was no proof. Where a run ended before this, the next one finds an acknowledged
            # enrolment gone, which a manager can have done meanwhile (``entry_against_course._sent_or_seen``)
            return entry._replace(state=EntryState.PLANNED, reason="push_unknown", origin=None), PushKind.ENROL
    shown, next_write = compare_with_course(
        entry, entrant.account_key, entrant.angkatan, course, enrolment_unsettled=lacked_enrolment
    )
    if shown.state is EntryState.WITHDRAWN:
        # they stood there a moment ago: that a manager took them out is told by the next run, which looks for them
        return entry, None
    return shown, next_write


def settle_by_reading(
    connection: Connection, programme: str, courses: Iterable[CourseAsRead], now: datetime, run_id: int | None = None
) -> None:
    """Given courses just read, record of every open push into them whether what it sent is there (rule 7).

    What the run ``run_id`` itself sent and is not there stays open: Moodle may still be at it. A later run tells.
    """
    read = {(course.site, course.course_id): course for course in courses}
    there: list[int] = []
    not_there: list[int] = []
    for each in open_pushes_into(connection, programme, {course.course_id for course in read.values()}):
        push, course = each.push, read.get((each.push.site, each.push.course_id))
        if course is None or not can_tell(course, push.target_user_id):
            continue
        if _shows(course, push):
            there.append(each.id)
        elif each.run_id != run_id:
            not_there.append(each.id)
    settle(connection, there, PushState.CONFIRMED, now)
    settle(connection, not_there, PushState.ABSENT, now)


def _shows(course: CourseAsRead, push: Push) -> bool:
    """Say whether a course shows what a push sent: the group; the person active and in the role; them in the group."""
    if push.kind is PushKind.GROUP:
        return push.subject in course.groups
    person = course.enrolled.get(push.target_user_id or 0)
    if person is None:
        return False
    if push.kind is PushKind.MEMBERSHIP:
        return push.group_id in person.group_ids
    return person.active and push.role_id in person.role_ids
