"""What a run judges people by: the threshold in force, the rules, the required set on record."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from latsar_sync.domain.decision import Basis, Rules, Threshold
from latsar_sync.domain.records import RequiredSet
from latsar_sync.moodle.source import Survey
from latsar_sync.rules.threshold import (
    against_moodle,
    against_the_configuration,
    judging_threshold,
    out_of_reach,
    seeded,
)
from latsar_sync.run.configured import source_course_of
from latsar_sync.run.context import RunContext
from latsar_sync.run.report import RunReport
from latsar_sync.store import thresholds


@dataclass(frozen=True, slots=True)
class Measure:
    """What people are judged by: the rules, every recorded threshold by version, the required set on record or to be
    recorded.
    """

    rules: Rules
    thresholds: Mapping[int, Threshold]
    required: RequiredSet | None


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
