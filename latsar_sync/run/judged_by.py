"""By what a run judges: materials, terms, the threshold in force, the first seeded by the configuration (rule 2)."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection

from latsar_sync.domain.decision import RULE_VERSION, Threshold
from latsar_sync.domain.known_people import JudgedBy
from latsar_sync.domain.records import Checkpoint, RecordedTerms, RequiredSet
from latsar_sync.rules.terms import next_terms
from latsar_sync.rules.threshold import against_the_configuration, judging_threshold, seeded, threshold_at
from latsar_sync.run.configured import source_course_of
from latsar_sync.run.context import RunContext
from latsar_sync.run.report import RunReport
from latsar_sync.settings.for_the_rules import terms_of
from latsar_sync.store import runs, thresholds
from latsar_sync.store.terms import latest_terms


class Judging(NamedTuple):
    """By what people are judged: the threshold, with all that are ``recorded`` or seeded now, materials and terms."""

    history: Sequence[Threshold]
    threshold: Threshold | None
    recorded: Sequence[Threshold]
    required: RequiredSet | None
    recorded_terms: RecordedTerms | None
    terms: RecordedTerms

    @property
    def by(self) -> JudgedBy:
        """Who is not read again stands as known only if they were judged by this."""
        threshold = self.threshold.version if self.threshold else None
        return JudgedBy(threshold, self.required.version if self.required else None, self.terms.version, RULE_VERSION)


def load_judging(connection: Connection, context: RunContext) -> Judging:
    """Read by what this run judges.

    Raise ConfigurationError if no threshold is in force, UsageError in a run about one participant if the terms are
    others than recorded.
    """
    history = thresholds.threshold_history(connection, context.name)
    threshold, recorded = _threshold(context, history)
    required, terms = thresholds.latest_required_set(connection, context.name), latest_terms(connection, context.name)
    now = next_terms(context.name, terms, terms_of(context.programme), context.of_one)
    return Judging(history, threshold, recorded, required, terms, now)


def _threshold(context: RunContext, history: Sequence[Threshold]) -> tuple[Threshold | None, Sequence[Threshold]]:
    """Return the threshold in force, and all on record; the configuration only seeds the first row (rule 2).

    None where no evaluation is asked for. Raise ConfigurationError if one is, and no threshold is in force.
    """
    evaluation = context.programme.evaluation
    if evaluation is None or not source_course_of(context.programme).gated:
        return None, history
    seed = evaluation.threshold
    recorded = history or ([seeded(seed.value, seed.scale, seed.legal_basis, context.now)] if seed else [])
    return judging_threshold(context.name, recorded, context.now), recorded


def judged_by_last(
    connection: Connection, name: str, recorded: Sequence[Threshold], checkpoint: Checkpoint | None
) -> Threshold | None:
    """Return the threshold that judged when everything was last read, or in the last good run where nobody knows that.

    Another one judges nobody by what was read before it: who is confirmed may have reached it since (rule 10).
    """
    if checkpoint is not None:
        return threshold_at(recorded, checkpoint.full_at)
    good = runs.last_good_run(connection, name)
    at = good and (good.started_at or good.finished_at)
    return threshold_at(recorded, at) if at else None


def seed_or_compare(context: RunContext, report: RunReport, in_force: Threshold, first: bool) -> None:
    """Record the threshold that the configuration seeds if it is the ``first``, else say whether they differ."""
    seed = context.programme.evaluation.threshold if context.programme.evaluation else None
    if first and context.writes:
        with context.lease.writing() as connection:
            thresholds.add_threshold(connection, context.name, in_force)
    if seed is not None:
        report.remarks += against_the_configuration(in_force, seed.value, seed.scale)
