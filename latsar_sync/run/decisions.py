"""Everybody's decision: by what it is made, how, what would be lost by it, and its record; in the order of a run.

The rules themselves are in ``rules``; here they are given what they judge by, and what they answer is written down.
Everybody is judged as a stream: of those who were, nothing is held but where they stand.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace

from latsar_sync.domain.decision import Basis, Rules, Standing, Threshold
from latsar_sync.domain.known_people import HeldPeople
from latsar_sync.domain.language import _
from latsar_sync.domain.records import Baseline, Checkpoint, Finding, RequiredSet, SourceIds, Terms
from latsar_sync.domain.request import Step
from latsar_sync.moodle.survey import Survey
from latsar_sync.rules import judging
from latsar_sync.rules.lost_qualifications import Losses, terms_difference
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
from latsar_sync.store import participants, runs, thresholds
from latsar_sync.store.bulk import Writer, batches
from latsar_sync.store.record_changes import save_records
from latsar_sync.store.terms import add_terms

PEOPLE_AT_ONCE = 2_500
"""So many people are judged before they are written down together."""

NOT_JUDGED = Standing("", 0, None)


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

    ``renamed_from`` are the programmes that this one was before; ``seen`` is what the next run is compared with, once
    it may be; ``read_to`` from where it looks for changes, ``ids`` by what it guesses. ``whole`` says that the
    course itself was read whole, of everybody or in a night.
    """

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


def judge_and_record(
    context: RunContext,
    report: RunReport,
    known: KnownProgramme,
    reading: judging.Reading,
    measure: Measure,
    read: SourceRead,
    found: Sequence[Finding],
) -> KnownProgramme:
    """Judge everybody, record at once what differs from what was known; return what is known now.

    The guards speak once the last is judged (rule 6), ``found`` being what they said before: where one holds the run,
    HeldByGuard is raised and nothing of it is recorded. Of ``known`` whoever is judged is let go.
    """
    context.step(Step.DECIDE, len(reading.people))
    if context.programme.placement_file is not None and not context.programme.by_files:
        reading = judging.at_their_places(reading, known.people, known.places, context.today)
    name, required, terms = context.name, measure.required, known.terms.terms
    before = known.recorded_terms.terms if known.recorded_terms else None
    losses, baseline = Losses(measure.rules, measure.thresholds, before, terms), known.baseline
    with context.lease.recording() if context.writes else nullcontext() as recording:  # a plan records nothing
        rows = recording.rows if recording else None
        standings, with_another_nip = _stand(context, known, reading, measure, losses, rows)

        # let the guards look at what would be lost by these decisions: by other terms, or at all
        by_terms = losses.terms_findings()
        if not by_terms and before is not None and before != terms:
            report.messages.append(_harmless_terms(before, terms))
        found = [*found, *by_terms, *losses.loss_findings(name, known.qualified, context.limits)]
        report.hold_unless_released(found, known.accepted, baseline)

        # record by what the decisions were made; what a person released is what the next run is compared with
        if recording is not None:
            with recording.at_once() as connection:
                if known.terms != known.recorded_terms:
                    add_terms(connection, name, known.terms, context.now)
                if required is not None and required != known.required:
                    thresholds.add_required_set(connection, name, required.version, required.activities, context.now)
                if report.findings and baseline is not None and read.whole:
                    baseline = read.seen
                    runs.save_baseline(connection, name, baseline, context.run_id, context.now)
    report.count_people(Counter(each.outcome for each in standings.values() if not each.merged))
    # what was known of people before is let go: nobody is held twice
    return replace(
        known,
        people=HeldPeople(),
        ids={},
        standings=standings,
        with_another_nip=with_another_nip,
        baseline=baseline,
    )


def _stand(
    context: RunContext,
    known: KnownProgramme,
    reading: judging.Reading,
    measure: Measure,
    losses: Losses,
    rows: Writer | None,
) -> tuple[dict[str, Standing], frozenset[str]]:
    """Judge everybody and write down what differs; return where everybody stands, and whose NIP is another one now."""
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
    new_id = participants.rising_ids(context.now)
    # who is known keeps their turn: places are given, and rows written, in this order
    standings, with_another_nip = dict.fromkeys(known.ids, NOT_JUDGED), set[str]()
    site, named = context.programme.source.site or participants.IMPORTED, not context.writes
    for some in batches(judging.judge(known.people, reading, measure.rules, moment, new_id), PEOPLE_AT_ONCE):
        for before, after in some:
            losses.note(before, after)
            who = known.ids.get(after.participant.id, after.participant.id)
            standings[who] = judging.standing_of(after, who, named)
            if before is not None and before.participant.nip != after.participant.nip:
                with_another_nip.add(who)
        if rows is not None:
            save_records(rows, context.name, site, some, context.run_id, context.now)
        for before, after in some:
            if before is not None and before.participant.merged_into is None:
                known.people.let_go(after.participant.person.user_id)
    for record in known.people.values():  # this reading was not about them
        who = known.ids[record.participant.id]
        if standings[who] is NOT_JUDGED:
            standings[who] = judging.standing_of(record, who, named)
    return standings, frozenset(with_another_nip)


def _harmless_terms(before: Terms, now: Terms) -> str:
    """Return the note that other terms judge nobody otherwise."""
    subject, old, new = terms_difference(before, now)
    said = _("Other terms judge from now on: {subject} was {before}, is {now}; nobody is judged otherwise.")
    return said.format(subject=subject, before=old, now=new)
