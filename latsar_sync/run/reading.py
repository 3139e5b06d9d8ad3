"""Reading a programme's source, a MOOC course or imported files, from who is there to what the run judges by (rule 10).

In this order: people and grades, the guards' word on them, what people are judged by, and what costs a call a person.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from latsar_sync.domain.decision import Basis, Rules
from latsar_sync.domain.errors import ConfigurationError, SiteError
from latsar_sync.domain.evidence import GradeStatus
from latsar_sync.domain.records import Baseline, Checkpoint, Finding, RequiredSet, SourceIds
from latsar_sync.domain.request import Depth, Step
from latsar_sync.domain.source_as_read import PeopleAndGrades, SourceReading
from latsar_sync.rules import reading_once_more, source_guards
from latsar_sync.rules.signals import next_checkpoint
from latsar_sync.run import mooc_remarks
from latsar_sync.run.configured import source_course_of
from latsar_sync.run.context import RunContext
from latsar_sync.run.guarding_source import about_the_threshold, guard_source, held_after_judging, opened_otherwise
from latsar_sync.run.known import KnownProgramme
from latsar_sync.run.report import RunReport
from latsar_sync.run.sources import Source, source_of


@dataclass(frozen=True, slots=True)
class SourceState:
    """What reading the source came to beside what was read of people, who are let go of once they are judged.

    ``rules`` are what they are judged by, with the ``required`` set on record or to be recorded;
    ``findings_of_details`` are what guards found in completion and attempts, and nobody was shown yet, and what changed
    in the course: it is shown with those whom it would move.
    ``renamed_from`` are the programmes that this one was before. The next run is compared with ``next_baseline``, once
    it may be; it looks for changes from ``read_to`` on, and guesses by ``ids``. ``depth`` is how much was read in the
    end.
    """

    rules: Rules
    required: RequiredSet | None
    findings_of_details: Sequence[Finding]
    renamed_from: frozenset[str]
    next_baseline: Baseline
    read_to: Checkpoint | None
    depth: Depth
    ids: SourceIds | None = None

    @property
    def full_or_night(self) -> bool:
        """Whether the course itself was read whole, of everybody or in a night."""
        return self.depth is not Depth.INCREMENTAL


def read_source(context: RunContext, report: RunReport, known: KnownProgramme) -> tuple[SourceReading, SourceState]:
    """Read who is there and what may change a decision; return what was read of people, and what else came of it.

    Raise HeldByGuard where the source is not to be believed and no person released that; ConfigurationError if the
    people known came from elsewhere.
    """
    source = source_of(context, known)

    # who is there with which grade; the guards look at it before anything is asked of each of them
    context.step(Step.READ_PEOPLE)
    as_read, depth = _people_and_grades(context, report, known, source)
    report.remarks += about_the_threshold(known, as_read)  # whoever releases what a guard found is to know it
    released = guard_source(context, report, known, as_read)
    if not as_read.people and known.baseline is None:
        report.remarks.append(source.note_nobody(as_read))
    renamed_from = frozenset(each.before for each in released if each.code == source_guards.RENAMED)

    # by what they are judged, and what else may change an answer: once more if it would cost somebody
    rules, required = _rules(context, known, as_read)
    changes_of_course = held_after_judging(context, known, released)
    try:
        reading = source.details(as_read, rules, depth is Depth.FULL)
        if not (context.of_one or context.programme.by_files):
            guard = partial(_guard_again, context, report, known, changes_of_course)
            as_read, reading, depth = _once_more(context, report, known, source, rules, as_read, reading, depth, guard)
    except (SiteError, ConfigurationError):
        # what changed holds the run, whoever it would move
        report.hold_unless_released(changes_of_course, known.accepted, known.baseline)
        raise

    # what is told of it, and what is kept for the next run
    report.remarks += mooc_remarks.of_records(source.name, reading, known.people)
    report.note_read(source.name, as_read.shortname, as_read.number)
    findings_of_details = [
        *changes_of_course,
        *source_guards.unseen_findings(known.baseline, as_read.shortname, reading.unseen),
        *source_guards.marks_findings(known.baseline, as_read.shortname, reading.quiz_marks),
        *source_guards.criteria_findings(known.baseline, as_read.shortname, reading.criteria),
    ]
    next_baseline, read_to = _for_the_next_run(context, known, as_read, reading, depth)
    ids = replace(as_read.ids, unanswered=reading.unanswered) if as_read.ids else None
    return reading, SourceState(rules, required, findings_of_details, renamed_from, next_baseline, read_to, depth, ids)


def _people_and_grades(
    context: RunContext, report: RunReport, known: KnownProgramme, source: Source
) -> tuple[PeopleAndGrades, Depth]:
    """Read who is there, and tell the depth: everything of everybody if the course does not ask what it did before."""
    as_read = source.people_and_grades(known.depth, known.exactly)
    report.remarks += as_read.remarks
    asked_for = source_course_of(context.programme).mode != "none"  # else nothing is, whatever was before
    before = known.required.activities if known.required and asked_for else as_read.required
    changed = source_guards.evaluation_findings(known.baseline, as_read.shortname, as_read.evaluation)
    as_before = before == as_read.required and not changed and not opened_otherwise(known, as_read)
    as_before = as_before and not _newly_of_another_range(known, as_read)
    if context.of_one or as_read.evaluation is None or as_before:
        return as_read, known.depth
    report.depth = Depth.FULL
    if not as_read.extent.reads_everything:
        as_read = source.people_and_grades(Depth.FULL, frozenset())
    return as_read, Depth.FULL


def _newly_of_another_range(known: KnownProgramme, as_read: PeopleAndGrades) -> bool:
    """Say whether a grade of some people stands for another range than was believed: all together tell which it is."""
    differs = GradeStatus.GRADE_RANGE_DIFFERS
    told = () if as_read.extent.reads_everything else as_read.grades.items()
    return any(
        grade.status is differs
        and (user_id not in known.people or known.people[user_id].evidence.grade.status is not differs)
        for user_id, grade in told
    )


def _rules(context: RunContext, known: KnownProgramme, as_read: PeopleAndGrades) -> tuple[Rules, RequiredSet | None]:
    """Return what people are judged by, the required set with the version that it gets if it is new."""
    wanted, evaluation, required = source_course_of(context.programme), context.programme.evaluation, known.required
    by_materials = wanted.gated and wanted.mode != "none"
    # while nobody is there the evaluation is not known, and would be taken for one of the materials
    told_apart = by_materials and as_read.evaluation is not None and not context.programme.by_files
    if told_apart and (required is None or required.activities != as_read.required):
        required = RequiredSet((required.version if required else 0) + 1, as_read.required)
    basis = Basis(evaluation.basis) if evaluation else Basis.GRADEBOOK
    activities = required.activities if required else ()
    seen = as_read.evaluation or (known.baseline.evaluation if known.baseline else None)
    score_range = seen.score_range if seen else None
    return Rules(known.threshold, basis, wanted.gated, by_materials, activities, score_range), required


def _guard_again(
    context: RunContext, report: RunReport, known: KnownProgramme, told: Sequence[Finding], as_read: PeopleAndGrades
) -> None:
    """Let the guards look at what was read once more; beside what the first reading ``told`` anything holds at once."""
    found = guard_source(context, report, known, as_read)
    report.hold_unless_released([each for each in found if each not in told], known.accepted, known.baseline)


def _once_more(
    context: RunContext,
    report: RunReport,
    known: KnownProgramme,
    source: Source,
    rules: Rules,
    as_read: PeopleAndGrades,
    reading: SourceReading,
    depth: Depth,
    guard: Callable[[PeopleAndGrades], None],
) -> tuple[PeopleAndGrades, SourceReading, Depth]:
    """Return what is read once more where what was read would cost somebody what they have: of everybody, or the same.

    Where everybody would be very many, a sample is read first; where everybody was, it is asked who of a few is there.
    """

    def read(depth: Depth, exactly: frozenset[int]) -> tuple[PeopleAndGrades, SourceReading]:
        as_read = source.people_and_grades(depth, exactly)
        guard(as_read)
        return as_read, source.details(as_read, rules, depth is Depth.FULL)

    if not reading_once_more.costs_somebody(known.people, reading, rules, depth, context.limits):
        return as_read, reading, depth
    if depth is Depth.FULL:
        few = reading_once_more.may_have_left(known.people, reading, rules)
        still_there = source.without_who_left(reading, few)
        if still_there is not None:
            guard(still_there.as_read)
            return still_there.as_read, still_there, depth
    sample = reading_once_more.sample_of(known.people, as_read.number, depth)
    if sample:
        as_read, reading = read(depth, known.exactly | sample)
    if not sample or reading_once_more.sample_loses(known.people, reading, rules, sample, context.limits):
        depth = report.depth = Depth.FULL
        as_read, reading = read(depth, frozenset())
    return as_read, reading, depth


def _for_the_next_run(
    context: RunContext, known: KnownProgramme, as_read: PeopleAndGrades, reading: SourceReading, depth: Depth
) -> tuple[Baseline, Checkpoint | None]:
    """Return what the next run is compared with, and from where on it looks for changes."""
    next_baseline = source_guards.next_baseline(
        known.baseline,
        as_read.number,
        replace(as_read.evaluation, marks=reading.quiz_marks) if as_read.evaluation else None,
        as_read.required,
        (*as_read.activities.unseen, *reading.unseen),
        full=depth is Depth.FULL,
        open_to=as_read.activities.open_to,
        criteria=reading.criteria,
    )
    if as_read.extent.sparing:  # a run that spared the site left something to be looked for from there
        return next_baseline, known.checkpoint
    return next_baseline, next_checkpoint(
        known.checkpoint, as_read.course_id, as_read.evaluation, as_read.site_time, context.now, depth
    )
