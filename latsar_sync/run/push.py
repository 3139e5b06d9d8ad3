"""Pushing into the in-class courses so that it converges: written ahead, sent once, read back (rules 7 and 8).

Killed anywhere, the next run reads the course and goes on from what is there; nothing is sent for who is present, and
no group is made twice. Each step takes the courses as they are (``CourseWithEntrants``) and leaves them as they are
then; what happened is noted in the report as it happens.
"""

from collections.abc import Sequence
from dataclasses import replace

from latsar_sync.domain.actions import Actions
from latsar_sync.domain.entry import Entry, EntryState, Origin
from latsar_sync.domain.errors import ConfigurationError, LatsarError, SiteRefuses, WriteUnknown
from latsar_sync.domain.in_class import CourseAsRead, PushKind, PushState
from latsar_sync.domain.request import PUSH_STEPS, Step
from latsar_sync.moodle import in_class_course, in_class_writes
from latsar_sync.moodle.calls_together import chunks
from latsar_sync.moodle.spoiled_records import Patience
from latsar_sync.rules.entry_against_course import can_tell, compare_with_course
from latsar_sync.run.ahead_of_courses import COURSES_A_CALL
from latsar_sync.run.context import RunContext
from latsar_sync.run.course_with_entrants import CourseWithEntrants, Write
from latsar_sync.run.failed_writes import as_refused, note_failure, parts_to_try
from latsar_sync.run.in_class_courses import InClassCourses
from latsar_sync.run.known_courses import KnownCourses, claim
from latsar_sync.run.report import RunReport
from latsar_sync.run.seats_by_courses import Entrant
from latsar_sync.run.settling import save, settle_by_reading, settle_writes, written_ahead

WRITES_A_CALL = {PushKind.GROUP: 100, PushKind.ENROL: 130, PushKind.MEMBERSHIP: 150}
"""Rows of one write: a few seconds on the site that was measured, and far from PHP's limit."""


def push_into_courses(
    context: RunContext,
    report: RunReport,
    known_courses: KnownCourses,
    actions: Actions,
    courses: InClassCourses,
    entrants: Sequence[Entrant],
) -> None:
    """Push into all courses of a site together; one that fails does not stop the others. ``courses`` are as read back.

    In three rounds: groups made, people enrolled, people put into their group. After the last two the courses are read:
    who is seen where they belong is confirmed, and what somebody lacks then is sent in the next round.

    ``actions`` are those of named persons when the run began: nobody is sent about whom something else was
    decided since. Raise LeaseLost if the lease went; nothing is sent or recorded after that.
    """
    claim(context, known_courses, courses, courses.each_angkatan())
    entrants_by_course: dict[tuple[str | None, str | None], list[Entrant]] = {}
    for each in entrants:  # as configured, not as read: two names of one course are two readings with their own groups
        if each.angkatan.id not in courses.stopped:
            entrants_by_course.setdefault((each.angkatan.site, each.angkatan.course), []).append(each)
    by_site: dict[str, list[CourseWithEntrants]] = {}
    for key, course in courses.read.items():
        if mine := entrants_by_course.get(key):
            by_site.setdefault(course.site, []).append(CourseWithEntrants(key, course, mine))
    for under_way in by_site.values():
        enrol = {each.key for each in under_way if any(who.next_write is PushKind.ENROL for who in each.entrants)}
        _make_groups(context, report, known_courses, actions, courses, under_way)
        for kind in (PushKind.ENROL, PushKind.MEMBERSHIP):
            _send_and_read_back(context, report, actions, under_way, kind)
        for into in under_way:
            courses.read[into.key] = into.course
            courses.read_again.add(into.key)
            report.push_ended |= into.went_well and into.key in enrol


def _make_groups(
    context: RunContext,
    report: RunReport,
    known_courses: KnownCourses,
    actions: Actions,
    courses: InClassCourses,
    under_way: Sequence[CourseWithEntrants],
) -> None:
    """Make the groups that are missing; go on with the entrants of those angkatan only that have their own by now.

    Where an error ended it, a course goes on with nobody.
    """
    writes = list[Write]()
    for into in under_way:
        lacking = {each.angkatan.id: each for each in into.entrants if each.angkatan.id not in into.course.groups}
        writes += [Write(PushKind.GROUP, into, each) for each in lacking.values()]
    _send(context, report, actions, PushKind.GROUP, writes)
    # whose they are is written down before anybody is put into one
    made = [(each.angkatan, each.into.course) for each in writes if each.angkatan.id in each.into.course.groups]
    claim(context, known_courses, courses, made)
    for into in under_way:
        if into.error is not None:
            into.note(report, into.error, ends=True)
        own = into.course.groups.keys() - courses.stopped
        into.entrants = [each for each in into.entrants if each.angkatan.id in own and not into.ended]


def _send_and_read_back(
    context: RunContext, report: RunReport, actions: Actions, under_way: Sequence[CourseWithEntrants], kind: PushKind
) -> None:
    """Enrol whoever is not in their course, or not active or in their role there, or put whoever lacks the group into
    it; then read the courses back.
    """
    going_on, writes = [each for each in under_way if not each.ended], list[Write]()
    for into in going_on:
        mine = [Write(kind, into, each) for each in into.entrants if each.next_write is kind]
        into.error, into.to_be_read_back = None, bool(mine)
        try:
            if mine and kind is PushKind.ENROL:
                in_class_writes.require_manual_enrolment(into.course)
            writes += mine
        except ConfigurationError as lacking:
            into.error = lacking
    _send(context, report, actions, kind, writes)
    for into in going_on:
        # a refused enrolment does not stop who only needs the group; what may have arrived before it is looked at first
        refused = kind is PushKind.ENROL and isinstance(into.error, SiteRefuses | ConfigurationError)
        if into.error is not None:
            into.note(report, into.error, ends=not refused and not isinstance(into.error, WriteUnknown))
        accepted = (each.next_write is kind and each.entry.state is EntryState.PUSHED for each in into.entrants)
        if refused and not any(accepted):
            into.to_be_read_back = False
    _read_back(context, report, going_on, kind)


def _send(context: RunContext, report: RunReport, actions: Actions, kind: PushKind, writes: Sequence[Write]) -> None:
    """Send writes of one kind, batch by batch; each batch is written ahead, and may be of several courses.

    An error ends it for its course alone. Those about whom a named person decided something else since the run began
    are no entrants any more. After a write without an answer nothing more is sent there before reading back.
    """
    patience = Patience()
    if writes:
        context.step(PUSH_STEPS[kind], len(writes))
    for some in chunks(writes, WRITES_A_CALL[kind]):
        batch, push_ids = written_ahead(context, actions, [each for each in some if each.into.error is None], kind)
        if batch:
            _send_together(context, report, batch, push_ids, patience)


def _send_together(
    context: RunContext, report: RunReport, writes: Sequence[Write], push_ids: Sequence[int], patience: Patience
) -> None:
    """Send writes of one kind in one request, which is done whole or not at all.

    Where it is refused each course is sent by itself, and one course in halves until the bad write stands alone: the
    rest goes through. Any other error ends it for its courses: what is not sent any more is settled as not sent.
    """
    context.lease.check()
    first, kind = writes[0].into, writes[0].kind
    client, made = context.tools.clients[first.course.site], list[int]()
    people = [(each.into.course, each.angkatan, each.entry.target_user_id) for each in writes]
    try:
        if kind is PushKind.GROUP:
            made = in_class_writes.make_groups(client, [(course, angkatan) for course, angkatan, _ in people])
        elif kind is PushKind.ENROL:
            enrolments = [
                (course.course_id, _required(user_id), _required(angkatan.role_id))
                for course, angkatan, user_id in people
            ]
            in_class_writes.enrol(client, enrolments)
        else:
            members = [(course.groups[angkatan.id], _required(user_id)) for course, angkatan, user_id in people]
            of_one_course = first.course.course_id if all(each.into is first for each in writes) else 0
            in_class_writes.add_members(client, members, of_one_course)
    except LatsarError as failed:
        error = as_refused(client, writes, failed, patience)
        parts = parts_to_try(writes, error)
        if not parts:
            note_failure(context, report, writes, push_ids, error)
        for positions in parts:
            some, ids = [writes[at] for at in positions], [push_ids[at] for at in positions]
            ended = some[0].into.error
            if ended is not None:
                settle_writes(context, report, some, ids, PushState.NOT_SENT, ended)
            else:
                _send_together(context, report, some, ids, patience)
        return
    patience.answered()
    if kind is PushKind.GROUP:
        settle_writes(context, report, writes, push_ids, PushState.CONFIRMED)
        for each, group in zip(writes, made, strict=True):
            each.into.take_groups({each.angkatan.id: group}, [each.angkatan])
        return
    enrols = kind is PushKind.ENROL
    settle_writes(
        context,
        report,
        writes,
        push_ids,
        PushState.ACKNOWLEDGED,
        entries=[
            # who only needed the group had been found in the course; in which they were before counts no more: else
            # whoever is read back without the group would be taken for somebody who left it (``target_group_left``)
            each.entry._replace(
                state=EntryState.PUSHED,
                reason=None,
                origin=Origin.PUSHED if enrols else each.entry.origin or Origin.FOUND,
                group_id=None,
                lifted_from=None,
            )
            for each in writes
        ],
    )


def _required(number: int | None) -> int:
    """Return the id of a user or role that is sent; without one nothing is, rather than an id that Moodle knows not."""
    if number is None:
        raise ValueError("a write that is to be sent lacks its account or role")
    return number


def _read_back(context: RunContext, report: RunReport, courses: Sequence[CourseWithEntrants], after: PushKind) -> None:
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
                    _settle_entrants(context, report, each, after)


def _as_read_back(entrant: Entrant, course: CourseAsRead, after: PushKind) -> tuple[Entry, PushKind | None]:
    """Return an entry and the write that it needs next, as the course shows it after a round; where it cannot tell, as
    they were.
    """
    # what Moodle took was noted in the entry alone: ``next_write`` is still that of the reading before
    entry, write_before = entrant.entry, entrant.next_write
    if not can_tell(course, entry.target_user_id, entrant.account_key):
        return entry, write_before
    if entry.target_user_id not in course.enrolled:
        if entry.state is EntryState.REVIEW:  # whom Moodle refused keeps the reason why
            return entry, write_before
        if entry.state is EntryState.PUSHED and write_before is after is PushKind.ENROL:
            # the answer of just now was no proof. Where a run ended before this, the next one finds an acknowledged
            # enrolment gone, which a manager can have done meanwhile (``entry_against_course._sent_or_seen``)
            return entry._replace(state=EntryState.PLANNED, reason="push_unknown", origin=None), write_before
    return compare_with_course(
        entry, entrant.account_key, entrant.angkatan, course, enrolment_unsettled=write_before is PushKind.ENROL
    )


def _settle_entrants(context: RunContext, report: RunReport, into: CourseWithEntrants, after: PushKind) -> None:
    """Let a course that was read decide about its people, and about what they lack now: None where nothing does."""
    course, compared = into.course, list[Entrant]()
    for each in into.entrants:
        entry, next_write = _as_read_back(each, course, after)
        compared.append(replace(each, entry=entry, next_write=next_write))
    with context.lease.writing() as connection:
        save(connection, context, report, [each.entry for each in into.entrants], [each.entry for each in compared])
        settle_by_reading(connection, context.name, [course], context.tools.clock(), context.run_id)
    into.entrants = compared
