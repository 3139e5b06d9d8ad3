"""Making the groups that lack in the in-class courses, those of several in one request; never doubled (rule 7)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from latsar_sync.domain.errors import ConfigurationError, LatsarError, RecordRejected, SiteRefuses, WriteUnknown
from latsar_sync.domain.in_class import Angkatan, PushKind, PushState, TargetCourse
from latsar_sync.domain.request import PUSH_STEPS
from latsar_sync.moodle import target
from latsar_sync.moodle.batch import chunks
from latsar_sync.run.context import RunContext
from latsar_sync.run.courses import InClassCourses
from latsar_sync.run.filled_courses import KnownCourses, claim
from latsar_sync.run.filling import Filling, by_filling, settle_writes, state_after
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
        context.step(PUSH_STEPS[PushKind.GROUP], len(some))
        pushes = [Push(PushKind.GROUP, each.id, at.course.site, at.course.course_id) for at, each in some]
        with context.lease.writing() as connection:
            push_ids = write_ahead(connection, context.name, pushes, context.run_id, context.tools.clock())
        together = _make_together(context, report, some, push_ids)
        for filling, rows in by_filling(some):
            wanted = [some[row][1] for row in rows]
            if not together and not filling.ended:
                ids = [push_ids[row] for row in rows]
                filling.course, goes_on, errors = _make(context, report, filling.course, wanted, ids)
                for error in errors:
                    filling.note(report, error, ends=not goes_on)
            made = [(each, filling.course) for each in wanted if each.id in filling.course.groups]
            claim(context, known, courses, made)  # whose it is is written down before anybody is put into it
    for filling in fillings:
        own = filling.course.groups.keys() - courses.stopped
        filling.work = [each for each in filling.work if each.angkatan.id in own and not filling.ended]


def _make_together(
    context: RunContext, report: RunReport, some: Sequence[tuple[Filling, Angkatan]], push_ids: Sequence[int]
) -> bool:
    """Make groups of several courses in one request; False where it was refused, and each course is by itself.

    Without an answer the courses are looked at: what is not there may still come, and is left to the next run.
    """
    if len({filling.key for filling, _ in some}) == 1:
        return False
    context.lease.check()
    client = context.tools.clients[some[0][0].course.site]
    try:
        made = target.make_groups_of(client, [(filling.course, each) for filling, each in some])
    except WriteUnknown as unknown:
        for filling, rows in by_filling(some):
            wanted = [some[row][1] for row in rows]
            there = target.groups_there(client, filling.course, wanted)
            filling.course = _with_groups(filling.course, there, wanted)
            for row in rows:
                arrived = some[row][1].id in there
                after = PushState.CONFIRMED if arrived else PushState.UNKNOWN
                settle_writes(context, report, [push_ids[row]], after, None if arrived else unknown)
            if len(there) < len(wanted):
                filling.note(report, unknown, ends=False)
        return True
    except LatsarError:
        return False
    settle_writes(context, report, push_ids, PushState.CONFIRMED)
    for (filling, each), group in zip(some, made, strict=True):
        filling.course = _with_groups(filling.course, {each.id: group}, [each])
    return True


def _make(
    context: RunContext,
    report: RunReport,
    course: TargetCourse,
    all_angkatan: Sequence[Angkatan],
    push_ids: Sequence[int],
) -> tuple[TargetCourse, bool, list[LatsarError]]:
    """Make groups in one request; one that spoils it is found by halving, and its angkatan alone stops.

    Return the course with the groups that were made, whether the others of the course go on, and the errors. What was
    sent without an answer before may be there: then it is found, and not made again.
    """
    context.lease.check()
    try:
        made = target.make_groups(context.tools.clients[course.site], course, all_angkatan)
    except RecordRejected:
        middle, goes_on, errors = len(all_angkatan) // 2, True, list[LatsarError]()
        for half in (slice(middle), slice(middle, None)):
            if goes_on:
                course, goes_on, more = _make(context, report, course, all_angkatan[half], push_ids[half])
                errors += more
        return course, goes_on, errors
    except LatsarError as error:
        settle_writes(context, report, push_ids, state_after(error), error)
        return course, isinstance(error, SiteRefuses | ConfigurationError | WriteUnknown), [error]
    settle_writes(context, report, push_ids, PushState.CONFIRMED)
    return _with_groups(course, made, all_angkatan), True, []


def _with_groups(course: TargetCourse, made: Mapping[str, int], all_angkatan: Iterable[Angkatan]) -> TargetCourse:
    marks = {each.id: each.group_idnumber for each in all_angkatan if each.id in made}
    return replace(course, groups={**course.groups, **made}, idnumbers={**course.idnumbers, **marks})
