"""Everybody's decision: by what it is made, how, what would be lost by it, and its record; in the order of a run.

The rules themselves are in ``rules``; here they are given what they judge by, and what they answer is written down.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from latsar_sync.domain.decision import Basis, Rules, Threshold
from latsar_sync.domain.records import Baseline, Checkpoint, Finding, Record, RequiredSet, SourceIds
from latsar_sync.domain.request import Step
from latsar_sync.moodle.survey import Survey
from latsar_sync.rules import judging, losses
from latsar_sync.rules.threshold import (
    against_moodle,
    against_the_configuration,
    judging_threshold,
    out_of_reach,
    seeded,
)
from latsar_sync.run.configured import source_course_of
from latsar_sync.run.context import RunContext
from latsar_sync.run.known import KnownProgramme
from latsar_sync.run.report import RunReport
from latsar_sync.run.terms import harmless_terms
from latsar_sync.store import participants, runs, thresholds
from latsar_sync.store.record_changes import save_records
from latsar_sync.store.terms import add_terms


@dataclass(frozen=True, slots=True)
class Measure:
    """What people are judged by: the rules, every recorded threshold by version, the required set on record or to be
    recorded.
    """

    rules: Rules
    thresholds: Mapping[int, Threshold]
    required: RequiredSet | None


@dataclass(frozen=True, slots=True)
class SourceRead:
    """What remains of reading the source once everybody is judged and recorded.

    ``with_another_nip`` are those whose NIP is another one than before, ``renamed_from`` the programmes that this one
    was before; ``seen`` is what the next run is compared with, once it may be; ``read_to`` from where it looks for
    changes, ``ids`` by what it guesses. ``whole`` says that everything of everybody was read.
    """

    with_another_nip: frozenset[str]
    renamed_from: frozenset[str]
    seen: Baseline
    read_to: Checkpoint | None
    whole: bool
    ids: SourceIds | None = None


def seed_and_find_threshold(
    context: RunContext, report: RunReport, recorded: Sequence[Threshold]
) -> tuple[Threshold | None, Sequence[Threshold]]:
    """Return the threshold in force, and all on record; the configuration only seeds the first row (rule 2).

    None where no evaluation is asked for. Raise ConfigurationError if one is, and no threshold is in force.
    """
    evaluation = context.programme.evaluation
    if evaluation is None or not source_course_of(context.programme).gated:
        return None, recorded
    seed = evaluation.threshold
    if not recorded and seed is not None:
        first = seeded(seed.value, seed.scale, seed.legal_basis, context.now)
        if context.writes:
            with context.lease.writing() as connection:
                thresholds.add_threshold(connection, context.name, first)
        recorded = [first]
    in_force = judging_threshold(context.name, recorded, context.now)
    if seed is not None:
        report.messages += against_the_configuration(in_force, seed.value, seed.scale)
    return in_force, recorded


def measure_of(
    context: RunContext,
    report: RunReport,
    threshold: Threshold | None,
    recorded: Sequence[Threshold],
    required: RequiredSet | None,
    survey: Survey,
) -> Measure:
    """Return what people are judged by; ``required`` is the set on record, None before the first."""
    wanted, evaluation = source_course_of(context.programme), context.programme.evaluation
    to_pass = survey.evaluation.grade_to_pass if survey.evaluation else None
    report.messages += against_moodle(threshold, to_pass)
    report.messages += out_of_reach(threshold, survey.evaluation)
    by_materials = wanted.gated and wanted.mode != "none"
    # while nobody is there the evaluation is not known, and would be taken for one of the materials
    told_apart = by_materials and survey.evaluation is not None and not context.programme.by_files
    if told_apart and (required is None or required.activities != survey.required):
        required = RequiredSet((required.version if required else 0) + 1, survey.required)
    basis = Basis(evaluation.basis) if evaluation else Basis.GRADEBOOK
    activities = required.activities if required else ()
    rules = Rules(threshold, basis, wanted.gated, by_materials, activities)
    return Measure(rules, {each.version: each for each in recorded}, required)


def judge_reading(
    context: RunContext, known: KnownProgramme, reading: judging.Reading, measure: Measure
) -> Mapping[int, Record]:
    """Judge everybody; return the records that this reading makes or touches, by user id in the source."""
    context.step(Step.DECIDE, len(reading.people))
    moment = judging.Moment(
        now=context.now,
        today=context.today,
        required_version=measure.required.version if measure.required else None,
        thresholds=measure.thresholds,
        overrides=known.actions.overrides,
        clearances=known.clearances,
        entries=known.entries,
        terms_version=known.terms.version,
    )
    return judging.judge(known.people, reading, measure.rules, moment, participants.rising_ids(context.now))


def loss_findings(
    context: RunContext, report: RunReport, known: KnownProgramme, judged: Mapping[int, Record], measure: Measure
) -> list[Finding]:
    """Return what would be lost by these decisions and must not be believed at once: by other terms, or at all."""
    before, now = known.recorded_terms.terms if known.recorded_terms else None, known.terms.terms
    found = losses.terms_findings(before, now, known.records, judged.values())
    if not found and before is not None and before != now:
        report.messages.append(harmless_terms(before, now))
    return found + losses.loss_findings(
        context.name, known.records, judged.values(), measure.rules, measure.thresholds, context.limits
    )


def record_judged(
    context: RunContext,
    report: RunReport,
    known: KnownProgramme,
    records: Mapping[int, Record],
    required: RequiredSet | None,
    read: SourceRead,
) -> Baseline | None:
    """Record what differs from what was known, in one transaction; return what the run is compared with from now on.

    That is what was seen of the source, if a person released what a guard found in it.
    """
    if not context.writes:
        return known.baseline
    name, site = context.name, context.programme.source.site or participants.IMPORTED
    with context.lease.writing() as connection:
        if known.terms != known.recorded_terms:
            add_terms(connection, name, known.terms, context.now)
        if required is not None and required != known.required:
            thresholds.add_required_set(connection, name, required.version, required.activities, context.now)
        save_records(connection, name, site, known.people, records.values(), context.run_id, context.now)
        if not (report.findings and known.baseline is not None and read.whole):
            return known.baseline
        runs.save_baseline(connection, name, read.seen, context.run_id, context.now)
    return read.seen
