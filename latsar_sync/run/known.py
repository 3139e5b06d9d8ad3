"""What is known of a programme when a run begins: read once, under the lease, in one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from latsar_sync.domain.actions import Actions
from latsar_sync.domain.decision import RULE_VERSION, Outcome, Threshold
from latsar_sync.domain.entry import Entry
from latsar_sync.domain.known_people import JudgedBy, KnownPeople, PeopleInMemory
from latsar_sync.domain.packed_ids import Ids
from latsar_sync.domain.records import Baseline, Checkpoint, Finding, RecordedTerms, RequiredSet
from latsar_sync.domain.request import Depth, RunOutcome, Step
from latsar_sync.rules import reading_depth
from latsar_sync.rules.clearances import ClearanceRules
from latsar_sync.rules.imported_list import OffTheList, off_the_list
from latsar_sync.rules.removed_by_managers import SHOW_THEM_GONE, shown_as_gone_since
from latsar_sync.rules.terms import next_terms
from latsar_sync.rules.threshold import against_the_configuration, judging_threshold, seeded, threshold_in_force
from latsar_sync.run import accepting
from latsar_sync.run.ahead_of_reading import AskedAlready
from latsar_sync.run.configured import placement_list_of, source_course_of
from latsar_sync.run.context import RunContext
from latsar_sync.run.known_courses import KnownCourses, load_known_courses
from latsar_sync.run.known_people import load_entries, load_people
from latsar_sync.run.renamed_sites import follow_renamed_sites
from latsar_sync.run.report import RunReport
from latsar_sync.settings import ProgrammeSettings
from latsar_sync.settings.for_the_rules import clearance_rules_of, effects_of, require_angkatan, terms_of
from latsar_sync.store import baselines, checkpoints, pushes, retention, runs, thresholds
from latsar_sync.store.actions import load_actions
from latsar_sync.store.pushes import OpenPush
from latsar_sync.store.terms import latest_terms


@dataclass(frozen=True, slots=True)
class KnownProgramme:
    """What the database knows of one programme, and what its settings make of that today."""

    people: KnownPeople
    """The records by user id in the source, let go of as they are judged."""
    ids: Mapping[str, str] | Ids
    """Their internal ids, each by itself: held once for all that names it, as the entries do."""
    qualified: int
    """How many people qualified."""
    entries: Mapping[str, Entry]
    """The roster, by internal id."""
    open_pushes: Sequence[OpenPush]
    actions: Actions
    """What named persons decided."""

    threshold: Threshold | None
    """The one in force, None where no evaluation is asked for."""
    thresholds: Mapping[int, Threshold]
    """All on record, by version."""
    required: RequiredSet | None
    recorded_terms: RecordedTerms | None
    """The terms that judged the last run."""
    terms: RecordedTerms
    """The terms that judge this one."""
    clearances: ClearanceRules

    baseline: Baseline | None
    """What the run is compared with."""
    findings_before: Sequence[Finding]
    """What the last run was held for."""
    accepted: tuple[Finding, ...]
    """The findings that a person releases with this run."""
    shown_as_gone: Mapping[str, datetime]
    """Since when those are shown as gone from their in-class courses of whom a guard holds the programme."""

    depth: Depth
    """How much is to be read since the checkpoint."""
    exactly: frozenset[int]
    """User ids of those who are read whatever tells that nothing changed."""
    by_grade: frozenset[int]
    """Those of them whose completion is left as known."""
    checkpoint: Checkpoint | None
    already: AskedAlready | None
    """What is asked of the MOOC already, while this is read."""

    courses: KnownCourses
    """What is known of the in-class courses."""
    listed: Mapping[str, str]
    """The angkatan of each NIP by the placement list."""
    places: Mapping[str, str]
    """The place of each NIP by the placement list."""
    off_the_list: OffTheList
    """Those whom an imported list names no more, and who may be one of them."""

    def without_people(self, baseline: Baseline | None) -> "KnownProgramme":
        """Return the same once everybody was judged: people are let go of, the run is compared with ``baseline``."""
        return replace(self, people=PeopleInMemory(), ids={}, baseline=baseline)


def load(context: RunContext, report: RunReport) -> KnownProgramme:
    """Read what is known.

    What a dead run left in the air is marked as unknown first. Raise UsageError if the terms are others than recorded
    in a run about one participant, HeldByGuard where the last run was held before it; ConfigurationError if the
    programme was destroyed, or no threshold is in force.
    """
    name, programme, request = context.name, context.programme, context.request
    _mark_what_a_dead_run_left(context)
    report.remarks += follow_renamed_sites(context)
    placement = placement_list_of(programme, context.today)
    with context.tools.database.reading() as connection:
        # the run before this one: what it was held for, what it saw, how far it read
        last = runs.last_telling_run(connection, name)
        findings_before = last.findings if last is not None and last.outcome is RunOutcome.GUARDED else ()
        tells_of_gone = any(each.code in SHOW_THEM_GONE for each in findings_before)
        shown_as_gone = shown_as_gone_since(runs.held_findings(connection, name)) if tells_of_gone else {}
        recorded_baseline = baselines.load_baseline(connection, name)
        baseline = recorded_baseline and recorded_baseline.completed(programme.placement, effects_of(programme))
        courses = load_known_courses(connection, context.tools, programme, baseline)
        checkpoint = None if programme.by_files else checkpoints.load_checkpoint(connection, name)

        # by what people are judged, and what named persons decided
        history = thresholds.threshold_history(connection, name)
        threshold, recorded = _threshold(context, history)
        required = thresholds.latest_required_set(connection, name)
        recorded_terms = latest_terms(connection, name)
        terms = next_terms(name, recorded_terms, terms_of(programme), context.of_one)
        actions = load_actions(connection, name, context.now)

        # the depth, then everybody and where they stand
        doubtful = (
            bool(findings_before)
            or terms != recorded_terms
            or (threshold is not None and threshold != _judged_by_last(connection, name, recorded, checkpoint))
            or courses.is_doubtful
            or _is_otherwise(programme, baseline)
        )
        turn = programme.full_turn_nights
        depth = report.depth = reading_depth.depth_of(request, checkpoint, context.now, turn, doubtful)
        # who is not read again stands as known only if they were judged by this
        judged_by = JudgedBy(
            threshold.version if threshold else None,
            required.version if required else None,
            terms.version,
            RULE_VERSION,
        )
        since = checkpoint if depth is Depth.INCREMENTAL else None
        people, already = load_people(connection, context, since, judged_by, actions)
        outcomes = people.outcomes()
        report.count_people(outcomes)
        ids = people.ids()
        entries = load_entries(connection, context, people)
        open_pushes = pushes.open_pushes(connection, name)
    if baseline is not None and baseline != recorded_baseline:
        _keep_completed(context, baseline)

    # what a person releases with this run, and where the configuration seeds the first threshold, or differs from it
    report.remarks += courses.notes
    accepted = accepting.released(request, name, last)
    report.accepted_by = request.by if accepted and context.writes else None
    if context.of_one:  # one participant's run sees too little to tell whether the guard's finding is gone
        report.hold_unless_released(findings_before, accepted, baseline)
    context.step(Step.THRESHOLD)
    if threshold is not None:
        _seed_or_compare(context, report, threshold, first=not history)

    if request.angkatan is not None:
        require_angkatan(programme, request.angkatan)
    groups = {each.id: each.source_group for each in context.all_angkatan}
    everybody = (record.participant for record in people.values())
    read = reading_depth.read_exactly(request, depth, people, entries, threshold, turn, groups, actions.moves)
    return KnownProgramme(
        people=people,
        ids=ids,
        qualified=outcomes[Outcome.QUALIFIED],
        entries=entries,
        open_pushes=open_pushes,
        actions=actions,
        threshold=threshold,
        thresholds={each.version: each for each in recorded},
        required=required,
        recorded_terms=recorded_terms,
        terms=terms,
        baseline=baseline,
        courses=courses,
        listed=placement.angkatan,
        places=placement.places,
        clearances=clearance_rules_of(programme, context.today, actions, entries, placement.angkatan),
        off_the_list=off_the_list(everybody, entries, actions.held) if programme.by_files else OffTheList(),
        findings_before=findings_before,
        accepted=accepted,
        shown_as_gone=shown_as_gone,
        depth=depth,
        exactly=read.exactly,
        by_grade=read.by_grade,
        checkpoint=checkpoint,
        already=already,
    )


def _mark_what_a_dead_run_left(context: RunContext) -> None:
    """Mark as unknown what was under way when a run died. Raise ConfigurationError if the programme was destroyed."""
    with context.tools.database.reading() as connection:
        retention.require_not_destroyed(connection, context.name)
        in_the_air = pushes.left_in_the_air(connection, context.name)
    if context.writes and in_the_air:
        with context.lease.writing() as connection:
            pushes.forget_the_dead(connection, context.name, context.now)


def _keep_completed(context: RunContext, baseline: Baseline) -> None:
    """Keep in the baseline what an older version did not: by a whole run only, a change until then went unseen."""
    if context.writes and not context.of_one:
        with context.lease.writing() as connection:
            baselines.save_baseline(connection, context.name, baseline, context.run_id, context.now)


def _is_otherwise(programme: ProgrammeSettings, baseline: Baseline | None) -> bool:
    """Say whether what a run is compared with lacks, or people are let in or placed by something else than before.

    What a guard held or a person released must be seen again, so that it stays held or becomes the baseline.
    """
    if baseline is None or (baseline.evaluation is None and source_course_of(programme).gated):
        return True
    groups = {each.id: programme.source_group_of(each) for each in programme.angkatan}
    placed = baseline.placement, {each: baseline.source_groups.get(each, group) for each, group in groups.items()}
    return (programme.placement, groups) != placed or baseline.effects != effects_of(programme)


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


def _judged_by_last(
    connection: Connection, name: str, recorded: Sequence[Threshold], checkpoint: Checkpoint | None
) -> Threshold | None:
    """Return the threshold that judged when everything was last read, or in the last good run where nobody knows that.

    Another one judges nobody by what was read before it: who is confirmed may have reached it since (rule 10).
    """
    if checkpoint is not None:
        return threshold_in_force(recorded, checkpoint.full_at)
    good = runs.last_good_run(connection, name)
    at = good and (good.started_at or good.finished_at)
    return threshold_in_force(recorded, at) if at else None


def _seed_or_compare(context: RunContext, report: RunReport, in_force: Threshold, first: bool) -> None:
    """Record the threshold that the configuration seeds if it is the ``first``, else say whether they differ."""
    seed = context.programme.evaluation.threshold if context.programme.evaluation else None
    if first and context.writes:
        with context.lease.writing() as connection:
            thresholds.add_threshold(connection, context.name, in_force)
    if seed is not None:
        report.remarks += against_the_configuration(in_force, seed.value, seed.scale)
