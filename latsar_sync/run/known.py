"""What is known of a programme when a run begins: read once, under the lease, in one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection

from latsar_sync.domain.actions import Actions
from latsar_sync.domain.decision import Outcome, Threshold
from latsar_sync.domain.entry import Entry
from latsar_sync.domain.in_class import Angkatan
from latsar_sync.domain.known_people import KnownPeople, PeopleInMemory
from latsar_sync.domain.packed_ids import Ids
from latsar_sync.domain.records import Baseline, Checkpoint, Finding, RecordedTerms, RequiredSet
from latsar_sync.domain.request import Depth, RunOutcome, Step
from latsar_sync.rules import reading_depth
from latsar_sync.rules.clearances import ClearanceRules
from latsar_sync.rules.course_guards import found_otherwise
from latsar_sync.rules.imported_list import OffTheList, off_the_list
from latsar_sync.rules.removed_by_managers import SHOW_THEM_GONE, shown_as_gone_since
from latsar_sync.rules.scores_of_files import ImportedScores
from latsar_sync.run import accepting
from latsar_sync.run.ahead_of_reading import AskedAlready
from latsar_sync.run.configured import placement_list_of, source_course_of
from latsar_sync.run.context import RunContext
from latsar_sync.run.judged_by import Judging, judged_by_last, load_judging, seed_or_compare
from latsar_sync.run.known_courses import KnownCourses, load_known_courses
from latsar_sync.run.known_people import load_entries, load_people
from latsar_sync.run.renamed_sites import follow_renamed_sites, of_accounts_chosen_elsewhere
from latsar_sync.run.report import RunReport
from latsar_sync.settings import ProgrammeSettings
from latsar_sync.settings.for_the_rules import clearance_rules_of, effects_of, require_angkatan
from latsar_sync.store import baselines, checkpoints, pushes, retention, runs, scores_of_files
from latsar_sync.store.actions import load_actions
from latsar_sync.store.pushes import OpenPush
from latsar_sync.store.runs import ProgrammeRun


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
    scores: Mapping[str, ImportedScores]
    """What files told of people, by internal id."""

    def without_people(self, baseline: Baseline | None) -> "KnownProgramme":
        """Return the same once everybody was judged: people are let go of, the run is compared with ``baseline``."""
        return replace(self, people=PeopleInMemory(), ids={}, baseline=baseline, scores={})


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
        before = _before_this_run(connection, context)
        courses = load_known_courses(connection, context.tools, programme, before.baseline)
        judging = load_judging(connection, context)
        scores = scores_of_files.scores_by_participant(connection, name)
        actions = replace(load_actions(connection, name, context.now), scores=scores_of_files.counting(scores))

        # the depth, then everybody and where they stand
        doubtful = _is_doubtful(connection, context, before, judging, courses)
        turn = programme.full_turn_nights
        depth = report.depth = reading_depth.depth_of(request, before.checkpoint, context.now, turn, doubtful)
        since = before.checkpoint if depth is Depth.INCREMENTAL else None
        people, already = load_people(connection, context, since, judging.by, actions, bool(scores))
        outcomes = people.outcomes()
        report.count_people(outcomes)
        ids = people.ids()
        entries = load_entries(connection, context, people)
        open_pushes = pushes.open_pushes(connection, name)
    threshold, baseline = judging.threshold, before.baseline
    if baseline is not None and baseline != before.recorded_baseline:
        _keep_completed(context, baseline)

    # what a person releases with this run, and where the configuration seeds the first threshold, or differs from it
    report.remarks += courses.notes
    report.remarks += of_accounts_chosen_elsewhere({each.site for each in context.all_angkatan}, actions.accounts)
    accepted = accepting.released(request, name, before.last)
    report.accepted_by = request.by if accepted and context.writes else None
    if context.of_one:  # one participant's run sees too little to tell whether the guard's finding is gone
        report.hold_unless_released(before.findings, accepted, baseline)
    context.step(Step.THRESHOLD)
    if threshold is not None:
        seed_or_compare(context, report, threshold, first=not judging.history)

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
        thresholds={each.version: each for each in judging.recorded},
        required=judging.required,
        recorded_terms=judging.recorded_terms,
        terms=judging.terms,
        baseline=baseline,
        courses=courses,
        listed=placement.angkatan,
        places=placement.places,
        clearances=clearance_rules_of(programme, context.today, actions, entries, placement.angkatan),
        off_the_list=off_the_list(everybody, entries, actions.held) if programme.by_files else OffTheList(),
        findings_before=before.findings,
        accepted=accepted,
        shown_as_gone=before.shown_as_gone,
        depth=depth,
        exactly=read.exactly,
        by_grade=read.by_grade,
        checkpoint=before.checkpoint,
        already=already,
        scores=scores,
    )


class _BeforeThisRun(NamedTuple):
    """The run before this one: what it was held for, what it saw, how far it read."""

    last: ProgrammeRun | None
    findings: Sequence[Finding]
    shown_as_gone: Mapping[str, datetime]
    recorded_baseline: Baseline | None
    baseline: Baseline | None
    checkpoint: Checkpoint | None


def _before_this_run(connection: Connection, context: RunContext) -> _BeforeThisRun:
    name, programme = context.name, context.programme
    last = runs.last_telling_run(connection, name)
    findings = last.findings if last is not None and last.outcome is RunOutcome.GUARDED else ()
    tells_of_gone = any(each.code in SHOW_THEM_GONE for each in findings)
    recorded = baselines.load_baseline(connection, name)
    return _BeforeThisRun(
        last,
        findings,
        shown_as_gone_since(runs.held_findings(connection, name)) if tells_of_gone else {},
        recorded,
        recorded and recorded.completed(programme.placement, effects_of(programme)),
        None if programme.by_files else checkpoints.load_checkpoint(connection, name),
    )


def _is_doubtful(
    connection: Connection, context: RunContext, before: _BeforeThisRun, judging: Judging, courses: KnownCourses
) -> bool:
    """Say whether something is otherwise than when the last run read, so that everything is to be read."""
    threshold, recorded = judging.threshold, judging.recorded
    return (
        bool(before.findings)
        or judging.terms != judging.recorded_terms
        or (
            threshold is not None and threshold != judged_by_last(connection, context.name, recorded, before.checkpoint)
        )
        or courses.is_doubtful
        or _is_otherwise(context.programme, before.baseline)
        or _looks_otherwise_in_class(before.baseline, context.all_angkatan)
    )


def _looks_otherwise_in_class(baseline: Baseline | None, all_angkatan: Sequence[Angkatan]) -> bool:
    """Say whether people in class are found by something else than before, and each of their courses can be read.

    Of one of which a person accepted that it cannot be, it is told by the night in which it can.
    """
    left_out = baseline is not None and any(each.startswith("target_unreadable|") for each in baseline.released)
    return not left_out and bool(found_otherwise(baseline, all_angkatan))


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
