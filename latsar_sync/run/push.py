"""Pushing into the in-class courses so that it converges: written ahead, sent once, read back (rules 7 and 8).

What is written down of each write stands in ``settling``; what a course shows afterwards, in ``reading_back``.

Killed anywhere, the next run reads the course and goes on from what is there; nothing is sent for who is present, and
no group is made twice. Each step takes the courses as they are (``CourseWithEntrants``) and leaves them as they are
then; what happened is noted in the report as it happens.
"""

from collections.abc import Sequence

from latsar_sync.domain.actions import Actions
from latsar_sync.domain.entry import ENROLMENT_SENT, EntryState, Origin
from latsar_sync.domain.errors import ConfigurationError, LatsarError, SiteRefuses, WriteUnknown
from latsar_sync.domain.in_class import PushKind, PushState
from latsar_sync.domain.request import PUSH_STEPS
from latsar_sync.moodle import in_class_writes
from latsar_sync.moodle.calls_together import chunks
from latsar_sync.moodle.client import MoodleClient
from latsar_sync.moodle.spoiled_records import Patience
from latsar_sync.run.context import RunContext
from latsar_sync.run.course_with_entrants import CourseWithEntrants, Write, go_on_with, go_on_without_others
from latsar_sync.run.failed_writes import as_refused, note_failure, parts_to_try
from latsar_sync.run.in_class_courses import InClassCourses
from latsar_sync.run.known_courses import KnownCourses, claim
from latsar_sync.run.reading_back import read_back
from latsar_sync.run.report import RunReport
from latsar_sync.run.seats_by_courses import Entrant
from latsar_sync.run.settling import settle_writes, written_ahead

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


def closed_to_enrolments(courses: InClassCourses, entrants: Sequence[Entrant]) -> list[ConfigurationError]:
    """Return of each course in which somebody is to be enrolled why nobody can be: a plan tells it beforehand."""
    found = []
    to_enrol = [each.angkatan for each in entrants if each.next_write is PushKind.ENROL]
    wanted = {(each.site, each.course) for each in to_enrol if each.id not in courses.stopped}
    for key, course in courses.read.items():
        try:
            if key in wanted:
                in_class_writes.require_manual_enrolment(course)
        except ConfigurationError as lacking:
            found.append(lacking)
    return found


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
        into.error, into.to_be_read_back = None, False
        try:
            if mine and kind is PushKind.ENROL:
                in_class_writes.require_manual_enrolment(into.course)
            writes += mine
        except ConfigurationError as lacking:
            into.error = lacking
    _send(context, report, actions, kind, writes)
    sent_into = {each.into.key for each in writes}
    for into in going_on:
        # a refused enrolment does not stop who only needs the group; what may have arrived is looked at first
        refused = kind is PushKind.ENROL and isinstance(into.error, SiteRefuses | ConfigurationError)
        goes_on = refused or isinstance(into.error, WriteUnknown)
        if into.error is not None:
            into.note(report, into.error, ends=not goes_on)
        # ``next_write`` is as read before this round: what Moodle took since is told by the entry alone
        accepted = any(each.next_write is kind and each.entry.state is EntryState.PUSHED for each in into.entrants)
        into.to_be_read_back = into.key in sent_into and (accepted or not refused)
    read_back(context, report, going_on, kind)


def _send(context: RunContext, report: RunReport, actions: Actions, kind: PushKind, writes: Sequence[Write]) -> None:
    """Send writes of one kind, batch by batch; each batch is written ahead, and may be of several courses.

    An error ends it for its course alone. Those about whom a named person decided something else since the run began
    are no entrants any more. After a write without an answer nothing more is sent there before reading back.
    """
    patience = Patience()
    if writes:
        context.step(PUSH_STEPS[kind], len(writes))
    for some in chunks(writes, WRITES_A_CALL[kind]):
        to_send = [each for each in some if each.into.error is None]
        batch, push_ids = written_ahead(context, actions, to_send, kind)
        go_on_without_others(to_send, batch)
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
    client = context.tools.clients[writes[0].into.course.site]
    try:
        made = _request(client, writes)
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
    _note_taken(context, report, writes, push_ids, made)


def _request(client: MoodleClient, writes: Sequence[Write]) -> list[int]:
    """Make one request of writes of one kind; return the ids of the groups that it made, in their order."""
    asked = [(each.into.course, each.angkatan, each.entry.target_user_id) for each in writes]
    if writes[0].kind is PushKind.GROUP:
        return in_class_writes.make_groups(client, [(course, angkatan) for course, angkatan, _ in asked])
    if writes[0].kind is PushKind.ENROL:
        enrolments = [
            (course.course_id, _required(user_id), _required(angkatan.role_id)) for course, angkatan, user_id in asked
        ]
        in_class_writes.enrol(client, enrolments)
    else:
        members = [(course.groups[angkatan.id], _required(user_id)) for course, angkatan, user_id in asked]
        first = writes[0].into
        of_one_course = first.course.course_id if all(each.into is first for each in writes) else 0
        in_class_writes.add_members(client, members, of_one_course)
    return []


def _required(number: int | None) -> int:
    """Return the id of a user or role that is sent; without one nothing is, rather than an id that Moodle knows not."""
    if number is None:
        raise ValueError("a write that is to be sent lacks its account or role")
    return number


def _note_taken(
    context: RunContext, report: RunReport, writes: Sequence[Write], push_ids: Sequence[int], made: Sequence[int]
) -> None:
    """Write down that Moodle took writes of one kind: groups are ``made`` by it, nobody is confirmed by it."""
    kind = writes[0].kind
    if kind is PushKind.GROUP:
        settle_writes(context, report, writes, push_ids, PushState.CONFIRMED)
        for each, group in zip(writes, made, strict=True):
            each.into.take_groups({each.angkatan.id: group}, [each.angkatan])
        return
    # ``group_id`` is the group in which a reading showed somebody: whoever is out of it afterwards goes to review
    # (``target_group_left``). Who was sent begins anew: they are to be seen in it after this write
    pushed = [
        each.entry._replace(
            state=EntryState.PUSHED,
            reason=None,
            origin=Origin.PUSHED if kind is PushKind.ENROL else each.entry.origin or Origin.FOUND,
            group_id=None,
            # what a person's admission lifted is over with its last write; by the enrolment it still lifts the group
            lifted_from=ENROLMENT_SENT if kind is PushKind.ENROL and each.entry.group_lifted else None,
        )
        for each in writes
    ]
    settle_writes(context, report, writes, push_ids, PushState.ACKNOWLEDGED, entries=pushed)
    go_on_with(pushed, writes)
