"""Making the groups that lack in the in-class courses, those of several in one request; never doubled (rule 7)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from latsar_sync.domain.errors import ConfigurationError, LatsarError, SiteRefuses, WriteUnknown
from latsar_sync.domain.in_class import Angkatan, PushKind, PushState, TargetCourse
from latsar_sync.domain.request import PUSH_STEPS
from latsar_sync.moodle import in_class_course
from latsar_sync.moodle.packed_calls import chunks
from latsar_sync.run.context import RunContext
from latsar_sync.run.filled_courses import KnownCourses, claim
from latsar_sync.run.filling import Filling, by_filling, parts_to_try, settle_writes, state_after
from latsar_sync.run.in_class_courses import InClassCourses
from latsar_sync.run.report import RunReport
from latsar_sync.store.pushes import Push, write_ahead

GROUPS_A_CALL = 100


def make_groups(
    context: RunContext, report: RunReport, known: KnownCourses, courses: InClassCourses, fillings: Sequence[Filling]
) -> None:
    """Make the groups that are missing; what is left is the work of the angkatan that have their own.

    Nobody is left to work for where an error ended it.
    """
    missing = []
    for filling in fillings:
        lacking = {each.angkatan.id: each.angkatan for each in filling.work}
        missing += [(filling, each) for each in lacking.values() if each.id not in filling.course.groups]
    for some in chunks(missing, GROUPS_A_CALL):
        rows = [each for each in some if not each[0].ended]
        if not rows:
            continue
        context.step(PUSH_STEPS[PushKind.GROUP], len(rows))
        pushes = [Push(PushKind.GROUP, each.id, at.course.site, at.course.course_id) for at, each in rows]
        with context.lease.writing() as connection:
            push_ids = write_ahead(connection, context.name, pushes, context.run_id, context.tools.clock())
        _make(context, report, rows, push_ids)
        # whose it is is written down before anybody is put into it
        for filling, places in by_filling(rows):
            wanted = [rows[place][1] for place in places]
            made = [(each, filling.course) for each in wanted if each.id in filling.course.groups]
            claim(context, known, courses, made)
    for filling in fillings:
        own = filling.course.groups.keys() - courses.stopped
        filling.work = [each for each in filling.work if each.angkatan.id in own and not filling.ended]


def _make(
    context: RunContext, report: RunReport, rows: Sequence[tuple[Filling, Angkatan]], push_ids: Sequence[int]
) -> None:
    """Make groups in one request, which is done whole or not at all.

    Where it is refused each course is tried by itself, and one course in halves until the group that spoils it stands
    alone: its angkatan alone stops. An error of the site ends all that is done in its courses.
    """
    context.lease.check()
    client = context.tools.clients[rows[0][0].course.site]
    try:
        made = in_class_course.make_groups(client, [(filling.course, each) for filling, each in rows])
    except WriteUnknown as unknown:
        _look_for(context, report, rows, push_ids, unknown)
        return
    except LatsarError as error:
        parts = parts_to_try(rows, error)
        if not parts:
            settle_writes(context, report, push_ids, state_after(error), error)
            for filling, _ in by_filling(rows):
                filling.note(report, error, ends=not isinstance(error, SiteRefuses | ConfigurationError))
        for places in parts:
            some, ids = [rows[place] for place in places], [push_ids[place] for place in places]
            if some[0][0].ended:
                settle_writes(context, report, ids, PushState.NOT_SENT, error)
            else:
                _make(context, report, some, ids)
        return
    settle_writes(context, report, push_ids, PushState.CONFIRMED)
    for (filling, each), group in zip(rows, made, strict=True):
        filling.course = _with_groups(filling.course, {each.id: group}, [each])


def _look_for(
    context: RunContext,
    report: RunReport,
    rows: Sequence[tuple[Filling, Angkatan]],
    push_ids: Sequence[int],
    unknown: WriteUnknown,
) -> None:
    """Look at the courses after no answer came: what is not there may still come, and is left to the next run."""
    for filling, places in by_filling(rows):
        wanted = [rows[place][1] for place in places]
        client = context.tools.clients[filling.course.site]
        there = in_class_course.groups_there(client, filling.course, wanted)
        filling.course = _with_groups(filling.course, there, wanted)
        for place in places:
            arrived = rows[place][1].id in there
            after = PushState.CONFIRMED if arrived else PushState.UNKNOWN
            settle_writes(context, report, [push_ids[place]], after, None if arrived else unknown)
        if len(there) < len(wanted):
            filling.note(report, unknown, ends=False)


def _with_groups(course: TargetCourse, made: Mapping[str, int], all_angkatan: Iterable[Angkatan]) -> TargetCourse:
    marks = {each.id: each.group_idnumber for each in all_angkatan if each.id in made}
    return replace(course, groups={**course.groups, **made}, idnumbers={**course.idnumbers, **marks})
