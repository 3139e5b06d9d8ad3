"""Pushing into the in-class courses so that it converges: written ahead, sent once, read back (rules 7 and 8).

Killed anywhere, the next run reads the course and goes on from what is there; nothing is sent for who is present. Each
step takes the course and its people as they are and returns them as they are then; what happened is noted in the
report as it happens.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from latsar_sync.domain.entry import Entry, EntryState, Origin
from latsar_sync.domain.errors import (
    ConfigurationError,
    LatsarError,
    LeaseLost,
    RecordRejected,
    SiteRefuses,
    WriteUnknown,
)
from latsar_sync.domain.in_class import Angkatan, PushKind, PushState, TargetCourse
from latsar_sync.domain.records import Actions
from latsar_sync.domain.request import PUSH_STEPS
from latsar_sync.moodle import target
from latsar_sync.moodle.batch import chunks
from latsar_sync.rules.confirming import can_tell, confirm_by_reading
from latsar_sync.run.context import RunContext
from latsar_sync.run.courses import InClassCourses
from latsar_sync.run.filled_courses import KnownCourses, claim
from latsar_sync.run.placing import NeededPush
from latsar_sync.run.report import RunReport
from latsar_sync.store.actions import stopped_since
from latsar_sync.store.entries import save_entries
from latsar_sync.store.pushes import Push, open_pushes, settle, write_ahead

ROWS_A_CALL = {PushKind.ENROL: 130, PushKind.MEMBERSHIP: 150}
"""Rows of one write: a few seconds on the site that was measured, and far from PHP's limit."""
GROUPS_A_CALL = 100


def push_into_courses(
    context: RunContext,
    report: RunReport,
    known: KnownCourses,
    decided: Actions,
    courses: InClassCourses,
    needed: Sequence[NeededPush],
) -> None:
    """Push course by course; a course that fails does not stop the others. ``courses`` are as read back afterwards.

    ``decided`` is what named persons had decided when the run began: nobody is sent about whom something else was
    decided since. Raise LeaseLost if the lease went; nothing is sent or recorded after that.
    """
    claim(context, known, courses, courses.by_angkatan())
    by_course: dict[tuple[str | None, str | None], list[NeededPush]] = {}
    for each in needed:  # as configured, not as read: two names of one course are two readings with their own groups
        if each.angkatan.id not in courses.stopped:
            by_course.setdefault((each.angkatan.site, each.angkatan.course), []).append(each)
    for key, course in courses.read.items():
        if mine := by_course.get(key):
            before = len(report.problems)
            courses.put_back(key, _push_into(context, report, known, decided, courses, course, mine))
            went_well = len(report.problems) == before
            report.push_ended |= went_well and any(each.kind is PushKind.ENROL for each in mine)


def _push_into(
    context: RunContext,
    report: RunReport,
    known: KnownCourses,
    decided: Actions,
    courses: InClassCourses,
    course: TargetCourse,
    work: Sequence[NeededPush],
) -> TargetCourse:
    """Make the groups that lack, enrol, read back, add to groups, read back: who is seen there is confirmed.

    Return the course as it was read last. An error that stops a part of it is noted.
    """
    try:
        course, work = _make_groups(context, report, known, courses, course, work)
        if enrolments := [each for each in work if each.kind is PushKind.ENROL]:
            work, error = _send(context, report, decided, course, work, enrolments)
            refused = isinstance(error, SiteRefuses | ConfigurationError)
            if error is not None and not refused and not isinstance(error, WriteUnknown):
                raise error
            report.problems += [error] if error else []
            # a refusal does not stop who only needs the group; what may have arrived before it is looked at first
            if not refused or any(
                each.entry.state is EntryState.PUSHED for each in work if each.kind is PushKind.ENROL
            ):
                course, work = _confirm_by_reading_back(context, report, course, work, PushKind.ENROL)
        if memberships := _memberships(work, course):
            work, error = _send(context, report, decided, course, work, memberships)
            if error is not None and not isinstance(error, WriteUnknown):
                raise error
            report.problems += [error] if error else []
            course, work = _confirm_by_reading_back(context, report, course, work, PushKind.MEMBERSHIP)
    except LeaseLost:
        raise
    except LatsarError as problem:
        report.problems.append(problem)
    return course


def _make_groups(
    context: RunContext,
    report: RunReport,
    known: KnownCourses,
    courses: InClassCourses,
    course: TargetCourse,
    work: Sequence[NeededPush],
) -> tuple[TargetCourse, list[NeededPush]]:
    """Make the groups that are missing; return the course with them, and the work of the angkatan that have their own.

    Nobody is left to work for where an error ended it.
    """
    own = set(course.groups)
    missing = [each for each in {each.angkatan.id: each.angkatan for each in work}.values() if each.id not in own]
    for some in chunks(missing, GROUPS_A_CALL):
        context.step(PUSH_STEPS[PushKind.GROUP], len(some))
        pushes = [Push(PushKind.GROUP, each.id, course.site, course.course_id) for each in some]
        with context.lease.writing() as connection:
            push_ids = write_ahead(connection, context.name, pushes, context.run_id, context.tools.clock())
        course, goes_on = _make(context, report, course, some, push_ids)
        made = [(each, course) for each in some if each.id in course.groups]
        claim(context, known, courses, made)  # whose it is is written down before anybody is put into it
        own |= {each.id for each, _ in made if each.id not in courses.stopped}
        if not goes_on:
            return course, []
    return course, [each for each in work if each.angkatan.id in own]


def _make(
    context: RunContext,
    report: RunReport,
    course: TargetCourse,
    all_angkatan: Sequence[Angkatan],
    push_ids: Sequence[int],
) -> tuple[TargetCourse, bool]:
    """Make groups in one request; one that spoils it is found by halving, and its angkatan alone stops.

    Return the course with the groups that were made, and whether the others of the course go on.
    """
    context.lease.check()
    try:
        made = target.make_groups(context.tools.clients[course.site], course, all_angkatan)
    except RecordRejected:
        middle, goes_on = len(all_angkatan) // 2, True
        for half in (slice(middle), slice(middle, None)):
            if goes_on:
                course, goes_on = _make(context, report, course, all_angkatan[half], push_ids[half])
        return course, goes_on
    except LatsarError as error:
        _settle(context, report, push_ids, _state_after(error), error)
        report.problems.append(error)
        return course, isinstance(error, SiteRefuses | ConfigurationError | WriteUnknown)
    _settle(context, report, push_ids, PushState.CONFIRMED)
    marks = {each.id: each.group_idnumber for each in all_angkatan if each.id in made}
    return replace(course, groups={**course.groups, **made}, idnumbers={**course.idnumbers, **marks}), True


def _memberships(work: Sequence[NeededPush], course: TargetCourse) -> list[NeededPush]:
    """Return who is in the course now and in none of the groups."""
    found = []
    for each in work:
        _, lacks = confirm_by_reading(each.entry, each.nip, each.angkatan, course, sent=each.kind is PushKind.ENROL)
        found += [replace(each, kind=lacks)] if lacks is PushKind.MEMBERSHIP else []
    return found


def _send(
    context: RunContext,
    report: RunReport,
    decided: Actions,
    course: TargetCourse,
    work: Sequence[NeededPush],
    writes: Sequence[NeededPush],
) -> tuple[list[NeededPush], LatsarError | None]:
    """Send ``writes``, all of one kind, batch by batch until an error ends it; each batch is written ahead.

    Return ``work`` with everybody as they are then, without those about whom a named person decided something else
    since the run began; and the error. After a write without an answer nothing more is sent before reading back.
    """
    kind, error = writes[0].kind, None
    if kind is PushKind.ENROL:
        try:
            target.require_manual_enrolment(course)
        except ConfigurationError as lacking:
            return list(work), lacking
    context.step(PUSH_STEPS[kind], len(writes))
    entries = {each.entry.participant_id: each.entry for each in work}
    for chunk in chunks(writes, ROWS_A_CALL[kind]):
        with context.lease.writing() as connection:
            places = {each.entry.participant_id: each.angkatan.id for each in chunk}
            stopped = stopped_since(connection, context.name, places, decided, context.tools.clock())
            batch = [each for each in chunk if each.entry.participant_id not in stopped]
            pushes = [
                Push(
                    kind,
                    each.entry.participant_id,
                    course.site,
                    course.course_id,
                    each.entry.target_user_id,
                    group_id=course.groups[each.angkatan.id] if kind is PushKind.MEMBERSHIP else None,
                    role_id=each.angkatan.role_id if kind is PushKind.ENROL else None,
                )
                for each in batch
            ]
            now = context.tools.clock()
            push_ids = write_ahead(connection, context.name, pushes, context.run_id, now) if pushes else []
        for who in stopped:
            entries.pop(who, None)
        if batch:
            sent, error = _send_batch(context, report, course, batch, push_ids)
            entries |= {entry.participant_id: entry for entry in sent}
        if error is not None:
            break
    left = [each for each in work if each.entry.participant_id in entries]
    return [replace(each, entry=entries[each.entry.participant_id]) for each in left], error


def _send_batch(
    context: RunContext,
    report: RunReport,
    course: TargetCourse,
    batch: Sequence[NeededPush],
    push_ids: Sequence[int],
) -> tuple[list[Entry], LatsarError | None]:
    """Send one batch; a rejected one is halved until the bad row stands alone, and the rest goes through.

    Return the entries as they are then, and the error that ended it: what is not sent any more is settled as not sent.
    """
    context.lease.check()
    client, entries = context.tools.clients[course.site], [each.entry for each in batch]
    try:
        if batch[0].kind is PushKind.ENROL:
            roles = {each.entry.target_user_id or 0: each.angkatan.role_id or 0 for each in batch}
            target.enrol(client, course.course_id, roles)
        else:
            groups = {each.entry.target_user_id or 0: course.groups[each.angkatan.id] for each in batch}
            target.add_members(client, course.course_id, groups)
    except RecordRejected as error:
        if len(batch) > 1:
            middle = len(batch) // 2
            first, ended = _send_batch(context, report, course, batch[:middle], push_ids[:middle])
            if ended is not None:
                _settle(context, report, push_ids[middle:], PushState.NOT_SENT, ended)
                return first + entries[middle:], ended
            rest, ended = _send_batch(context, report, course, batch[middle:], push_ids[middle:])
            return first + rest, ended
        report.rejected += 1
        rejected = [each._replace(reason="push_rejected") for each in entries]
        if error.errorcode == "usernotconfirmed":  # where the state of accounts is not told, it shows only now
            rejected = [e._replace(state=EntryState.REVIEW, reason="target_account_unconfirmed") for e in entries]
        return _settle(context, report, push_ids, PushState.REJECTED, error, entries, rejected), None
    except LatsarError as error:
        unknown = isinstance(error, WriteUnknown)
        now = [each._replace(reason="push_unknown") for each in entries] if unknown else entries
        return _settle(context, report, push_ids, _state_after(error), error, entries, now), error
    # Moodle said yes: who only needed the group had been found in the course
    now = [
        each.entry._replace(
            state=EntryState.PUSHED,
            reason=None,
            origin=Origin.PUSHED if each.kind is PushKind.ENROL else each.entry.origin or Origin.FOUND,
            lifted=False,
        )
        for each in batch
    ]
    return _settle(context, report, push_ids, PushState.ACKNOWLEDGED, None, entries, now), None


def _state_after(error: LatsarError) -> PushState:
    """A refusal proves that nothing was done; a write without an answer proves nothing."""
    return PushState.UNKNOWN if isinstance(error, WriteUnknown) else PushState.REJECTED


def _settle(
    context: RunContext,
    report: RunReport,
    push_ids: Sequence[int],
    state: PushState,
    error: LatsarError | None = None,
    before: Sequence[Entry] = (),
    now: Sequence[Entry] = (),
) -> list[Entry]:
    """Write down what became of these writes, and with it the entries of their people as they are ``now``."""
    with context.lease.writing() as connection:
        settle(connection, push_ids, state, context.tools.clock(), str(error) if error else None)
        _save(connection, context, report, before, now)
    return list(now)


def _save(
    connection: Connection, context: RunContext, report: RunReport, before: Sequence[Entry], now: Sequence[Entry]
) -> None:
    known = {entry.participant_id: entry for entry in before}
    save_entries(connection, context.name, known, now, context.tools.clock(), context.run_id)
    report.moved.update(entry.state for entry in now if entry.state is not known[entry.participant_id].state)


def _confirm_by_reading_back(
    context: RunContext, report: RunReport, course: TargetCourse, work: Sequence[NeededPush], after: PushKind
) -> tuple[TargetCourse, list[NeededPush]]:
    """Read the course and let it decide: who is there is settled. Return the course as read, and everybody as they are.

    Who was acknowledged ``after`` an enrolment and is not there goes back to ``planned``: the answer was no proof.
    """
    context.step(PUSH_STEPS[None], len(work))
    course = target.read_people(context.tools.clients[course.site], course)
    now = []
    for each in work:
        entry, enrolled = each.entry, each.kind is PushKind.ENROL
        absent = entry.target_user_id not in course.enrolled
        if not can_tell(course, entry.target_user_id, each.nip):
            pass
        elif absent and entry.state is EntryState.PUSHED and enrolled and after is PushKind.ENROL:
            entry = entry._replace(state=EntryState.PLANNED, reason="push_unknown", origin=None)
        elif not (absent and entry.state is EntryState.REVIEW):
            entry, _ = confirm_by_reading(entry, each.nip, each.angkatan, course, sent=enrolled)
        now.append(replace(each, entry=entry))
    with context.lease.writing() as connection:
        _save(connection, context, report, [each.entry for each in work], [each.entry for each in now])
        settle_by_reading(connection, context.name, [course], context.tools.clock(), context.run_id)
    return course, now


def settle_by_reading(
    connection: Connection, programme: str, courses: Iterable[TargetCourse], now: datetime, run_id: int | None = None
) -> None:
    """Given courses just read, record of every open push into them whether what it sent is there (rule 7).

    What the run ``run_id`` itself sent and is not there stays open: Moodle may still be at it. A later run tells.
    """
    read = {(course.site, course.course_id): course for course in courses}
    there: list[int] = []
    absent: list[int] = []
    for each in open_pushes(connection, programme):
        push, course = each.push, read.get((each.push.site, each.push.course_id))
        if course is None or not can_tell(course, push.target_user_id):
            continue
        person = course.enrolled.get(push.target_user_id or 0)
        if push.kind is PushKind.GROUP:
            arrived = push.subject in course.groups
        else:
            arrived = person is not None and (push.kind is PushKind.ENROL or push.group_id in person.group_ids)
        if arrived:
            there.append(each.id)
        elif each.run_id != run_id:
            absent.append(each.id)
    settle(connection, there, PushState.CONFIRMED, now)
    settle(connection, absent, PushState.ABSENT, now)
