"""Everybody's decision by what was read: made, held against what would be lost by it, recorded.

The rules themselves are in ``rules``; here they are given what they judge by, and what they answer is written down.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from latsar_sync.domain.records import Baseline, Checkpoint, Finding, Record, RequiredSet
from latsar_sync.domain.request import Step
from latsar_sync.rules import judging, losses
from latsar_sync.run.context import RunContext
from latsar_sync.run.known import KnownProgramme
from latsar_sync.run.measure import Measure
from latsar_sync.run.report import RunReport
from latsar_sync.run.terms import harmless_terms
from latsar_sync.store import participants, runs, thresholds
from latsar_sync.store.record_changes import save_records
from latsar_sync.store.terms import add_terms


@dataclass(frozen=True, slots=True)
class SourceRead:
    """What remains of reading the source once everybody is judged and recorded.

    ``renamed`` are those whose NIP is another one than before; ``seen`` is what the next run is compared with, once it
    may be; ``read_to`` from where it looks for changes. ``whole`` says that everything of everybody was read.
    """

    renamed: frozenset[str]
    seen: Baseline
    read_to: Checkpoint | None
    whole: bool


@dataclass(frozen=True, slots=True)
class Judged:
    """The records that a reading makes or touches, by user id in the source, and what remains of the reading."""

    records: Mapping[int, Record]
    required: RequiredSet | None
    read: SourceRead


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


def record_judged(context: RunContext, report: RunReport, known: KnownProgramme, judged: Judged) -> Baseline | None:
    """Record what differs from what was known, in one transaction; return what the run is compared with from now on.

    That is what was seen of the source, if a person released what a guard found in it.
    """
    if not context.writes:
        return known.baseline
    name, site, required = context.name, context.programme.source.site or participants.IMPORTED, judged.required
    with context.lease.writing() as connection:
        if known.terms != known.recorded_terms:
            add_terms(connection, name, known.terms, context.now)
        if required is not None and required != known.required:
            thresholds.add_required_set(connection, name, required.version, required.activities, context.now)
        save_records(connection, name, site, known.people, judged.records.values(), context.run_id, context.now)
        if not (report.findings and known.baseline is not None and judged.read.whole):
            return known.baseline
        runs.save_baseline(connection, name, judged.read.seen, context.run_id, context.now)
    return judged.read.seen
