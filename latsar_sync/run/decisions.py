"""Everybody's decision: how it is made, what would be lost by it, and its record; in the order of a run.

The rules themselves are in ``rules``; here they are given what they judge by, and what they answer is written down.
Everybody is judged as a stream: of those who were, nothing is held but where they stand.
"""

from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass

from sqlalchemy import Connection

from latsar_sync.domain.decision import Standing
from latsar_sync.domain.language import _, for_admins, joined
from latsar_sync.domain.records import Baseline, Finding, Terms
from latsar_sync.domain.request import Step
from latsar_sync.domain.source_as_read import SourceReading
from latsar_sync.rules.loss_guard import Losses
from latsar_sync.rules.people_as_read import with_their_place
from latsar_sync.rules.records_after_reading import OnRecord, records_after_reading, standing_of
from latsar_sync.rules.released_findings import OF_THE_COURSE
from latsar_sync.rules.terms import terms_difference
from latsar_sync.run.context import RunContext
from latsar_sync.run.known import KnownProgramme
from latsar_sync.run.machine_memory import give_back
from latsar_sync.run.reading import SourceState
from latsar_sync.run.report import RunReport
from latsar_sync.run.standings import let_go, none_judged, outcomes_of, with_those_not_read
from latsar_sync.store import baselines, identities, participants, thresholds, waiting_changes
from latsar_sync.store.bulk import Writer, batches
from latsar_sync.store.record_changes import save_records
from latsar_sync.store.terms import add_terms

PEOPLE_AT_ONCE = 2_500
"""So many people are judged before they are written down together."""

GIVEN_BACK_AFTER = 40
"""So many times they were before memory is given back."""


@dataclass(frozen=True, slots=True)
class Judged:
    """Where everybody stands, by internal id, and whose NIP is another one than before (``with_another_nip``).

    ``handed_over`` are those whose account this run saw become somebody else's; ``baseline`` is what the run is
    compared with from now on.
    """

    standings: Mapping[str, Standing]
    with_another_nip: frozenset[str]
    handed_over: frozenset[str]
    baseline: Baseline | None


def judge_and_record(
    context: RunContext,
    report: RunReport,
    known: KnownProgramme,
    reading: SourceReading,
    source_state: SourceState,
) -> Judged:
    """Judge everybody, record at once what differs from what was known; return where they stand now.

    The guards speak once the last is judged (rule 6): where one holds the run, HeldByGuard is raised and nothing of it
    is recorded. Of ``known`` whoever is judged is let go.
    """
    context.step(Step.DECIDE, len(reading.people))
    if context.programme.placement_file is not None and not context.programme.by_files:
        reading = with_their_place(reading, known.people, known.places, context.today)
    name, terms = context.name, known.terms.terms
    before = known.recorded_terms.terms if known.recorded_terms else None
    losses = Losses(source_state.rules, known.thresholds, before, terms, known.entries)
    baseline = known.baseline
    with context.lease.recording() if context.writes else nullcontext() as recording:  # a plan records nothing
        writer = recording.rows if recording else None
        standings, with_another_nip, handed_over = _judge_all(context, known, reading, source_state, losses, writer)

        findings = _findings_of_decisions(context, known, source_state, losses)
        if before is not None and before != terms and not losses.terms_findings():
            report.remarks.append(_harmless_terms(before, terms))
        report.hold_unless_released(findings, known.accepted, baseline)
        if recording is not None:
            with recording.at_once() as connection:
                identities.date_what_was_said_before(
                    connection, name, handed_over, with_another_nip, context.now, context.tools.clock()
                )
                waiting_changes.forget(connection, handed_over)
                _record_by_what(connection, context, known, source_state)
                if report.findings and baseline is not None and source_state.full_or_night:
                    baseline = source_state.next_baseline  # what a person released
                    baselines.save_baseline(connection, name, baseline, context.run_id, context.now)
    report.count_people(outcomes_of(standings))
    return Judged(standings, with_another_nip, handed_over, baseline)


def _judge_all(
    context: RunContext,
    known: KnownProgramme,
    reading: SourceReading,
    source_state: SourceState,
    losses: Losses,
    writer: Writer | None,
) -> tuple[Mapping[str, Standing], frozenset[str], frozenset[str]]:
    """Judge everybody and write down what differs; return where everybody stands, whose NIP is another one now, and
    whose account may be another person's.
    """
    on_record = OnRecord(
        now=context.now,
        today=context.today,
        required_version=source_state.required.version if source_state.required else None,
        thresholds=known.thresholds,
        overrides=known.actions.overrides,
        clearances=known.clearances,
        entries=known.entries,
        terms_version=known.terms.version,
        moved=known.actions.moves.keys(),
    )
    new_id, site = participants.numbered_ids(context.now), context.programme.source.site or participants.IMPORTED
    # a plan, which writes nothing, prints names
    standings, with_names = none_judged(known, len(reading.people)), not context.writes
    with_another_nip, handed_over = set[str](), set[str]()
    judged = batches(
        records_after_reading(known.people, reading, source_state.rules, on_record, new_id), PEOPLE_AT_ONCE
    )
    for number, some in enumerate(judged, start=1):
        for before, after in some:
            losses.note(before, after)
            who = known.ids.get(after.participant.id, after.participant.id)  # the same id, held once
            standings[who] = standing_of(after, who, with_names)
            if before is not None and before.participant.nip != after.participant.nip:
                with_another_nip.add(who)
            since = after.participant.handed_over_at
            if before is not None and since not in (None, before.participant.handed_over_at):
                handed_over.add(who)
        if writer is not None:
            save_records(writer, context.name, site, some, context.run_id, context.now)
        let_go(known, some)
        if number % GIVEN_BACK_AFTER == 0:
            give_back(number * PEOPLE_AT_ONCE)  # where people stand would be held beside what was let go of
    return with_those_not_read(standings, known, with_names), frozenset(with_another_nip), frozenset(handed_over)


def _findings_of_decisions(
    context: RunContext, known: KnownProgramme, source_state: SourceState, losses: Losses
) -> list[Finding]:
    """Return what the guards say of what would be lost, by other terms or at all, and gained by a change of the course;
    with them what was found of the source, and only noted till now.
    """
    of_the_source, by_terms = source_state.findings_of_details, losses.terms_findings()
    by_the_course = any(each.code in OF_THE_COURSE for each in of_the_source)
    return [
        *of_the_source,
        *by_terms,
        *(losses.gain_findings(context.name, known.qualified) if by_the_course and not by_terms else ()),
        *losses.loss_findings(context.name, known.qualified, context.limits),
    ]


def _record_by_what(
    connection: Connection, context: RunContext, known: KnownProgramme, source_state: SourceState
) -> None:
    """Record by what decisions were made, where that is something else than before: terms, and the required set."""
    if known.terms != known.recorded_terms:
        add_terms(connection, context.name, known.terms, context.now)
    required = source_state.required
    if required is not None and required != known.required:
        thresholds.add_required_set(connection, context.name, required.version, required.activities, context.now)


def _harmless_terms(before: Terms, now: Terms) -> str:
    """Return the note that other terms judge nobody otherwise."""
    subject, old, new = terms_difference(before, now)
    terms = _("{subject} was {before}, is {now}.").format(subject=subject, before=old, now=new)
    return joined(_("Other terms judge from now on; nobody is judged otherwise."), for_admins(terms, ""))
