"""The second half of a run of one programme: the in-class courses are filled with whom the first half judged.

In this order: seats are given provisionally, which tells what courses are read; by these seats are given, pushed and
confirmed by reading back. Then it is kept what the next run is compared with.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from itertools import chain

from latsar_sync.domain import many_people
from latsar_sync.domain.entry import Entry, EntryState
from latsar_sync.domain.errors import ConfigurationError, SiteRefuses
from latsar_sync.domain.records import Baseline
from latsar_sync.domain.request import RunOutcome, Step, plan_lines
from latsar_sync.rules import course_guards
from latsar_sync.rules.entry_against_course import to_be_compared
from latsar_sync.rules.filled_courses import with_group_idnumbers_in_use
from latsar_sync.rules.no_longer_configured import as_it_stands
from latsar_sync.rules.released_findings import not_mended, stay_true
from latsar_sync.rules.removed_by_managers import sent_again_by_word
from latsar_sync.rules.whose_account_in_class import found_by_another, owners
from latsar_sync.run import new_accounts, seats_remarks
from latsar_sync.run.context import RunContext
from latsar_sync.run.decisions import Judged
from latsar_sync.run.guarding_courses import findings_of_courses, findings_of_pushes
from latsar_sync.run.in_class_courses import InClassCourses, read_courses
from latsar_sync.run.known import KnownProgramme
from latsar_sync.run.push import closed_to_enrolments, push_into_courses
from latsar_sync.run.reading import SourceState
from latsar_sync.run.reading_back import settle_by_reading
from latsar_sync.run.replaced_courses import Replaced, leave_replaced_courses, new_names
from latsar_sync.run.report import RunReport
from latsar_sync.run.roster import Roster
from latsar_sync.run.seats_by_courses import SeatsGiven, give_seats_by_courses
from latsar_sync.run.second_accounts import second_accounts
from latsar_sync.run.standings import those_near
from latsar_sync.settings.for_the_rules import effects_of, placement_of
from latsar_sync.store import baselines, checkpoints, sightings, source_ids
from latsar_sync.store.bulk import batches
from latsar_sync.store.entries import TOGETHER, save_entries
from latsar_sync.store.filled_courses import save_filled_courses
from latsar_sync.store.moves import add_left_behind, look_for_the_left_behind, note_wrong_accounts
from latsar_sync.store.writes_beside import beside


def fill_courses(
    context: RunContext, report: RunReport, known: KnownProgramme, source_state: SourceState, judged: Judged
) -> InClassCourses:
    """Read the in-class courses, give seats, push and confirm; return the courses as they are now."""
    # give seats provisionally, by what is known: this tells in which courses something may have to be done, and these
    # seats stay unless the courses show something else
    roster = _roster(context, known, judged)
    provisional_changes = roster.seat_changes()
    known_courses = known.courses
    courses = read_courses(
        context,
        roster,
        provisional_changes,
        source_state.full_or_night,
        known_courses.filled,
        known_courses.read_at,
        known_courses.groups_of_other_programmes,
    )
    report.remarks += courses.remarks
    for course in courses.read.values():
        report.note_read(course.site, course.shortname, len(course.enrolled))
    known = _by_new_names(known, courses)
    findings = findings_of_courses(context, known, source_state, roster, provisional_changes, courses)
    report.hold_unless_released(findings, known.accepted, known.baseline, courses.problems)

    # place by the courses as read, which confirms whoever is there already, and record it
    context.step(Step.PLACE)
    roster, replaced = leave_replaced_courses(known_courses, roster, courses)
    again = sent_again_by_word(report.findings, roster.entries, roster.actions.overrides, known.shown_as_gone)
    roster = roster.with_entries(again)
    if replaced.filled or again:  # the provisional entries still tell of how it was: in the course now nobody was seen
        provisional_changes = roster.seat_changes()
    given = give_seats_by_courses(roster, courses, provisional_changes, known_courses.sightings)
    courses.others_there.update(given.others_there)
    if not context.of_one:
        report.remarks += seats_remarks.remarks(context.name, roster, given.entries, source_state.full_or_night)
    baseline = _record_placement(context, report, known, judged, given, courses, replaced)

    # push, and confirm by reading back
    context.step(Step.GUARD_PUSHES, len(given.entrants))
    makes_accounts = context.programme.accounts.create
    without = new_accounts.wanted(roster, given.entries, courses) if makes_accounts else []
    findings = findings_of_pushes(context, known, judged, courses, given, without, report.findings)
    report.hold_unless_released(findings, known.accepted, baseline)
    if context.writes:
        push_into_courses(context, report, known_courses, known.actions, courses, given.entrants)
        if makes_accounts:
            new_accounts.AccountMaker(context, report, known.actions, source_state.full_or_night).make(without, roster)
    else:
        courses.problems += closed_to_enrolments(courses, given.entrants)
    _finish(context, report, known, source_state, courses, baseline)
    return courses


def _by_new_names(known: KnownProgramme, courses: InClassCourses) -> KnownProgramme:
    """Return what the run is compared with, by the short names that the courses have in Moodle now."""
    if not (names := new_names(known.courses, courses)):
        return known
    found = [replace(each, subject=names.get(each.subject, each.subject)) for each in known.findings_before]
    return replace(known, baseline=course_guards.called_otherwise(known.baseline, names), findings_before=found)


def _roster(context: RunContext, known: KnownProgramme, judged: Judged) -> Roster:
    """Return the roster as it stands, with everybody as judged just now."""
    nip = context.request.nip
    before = many_people.packed_like(judged.standings, known.entries, Entry)
    # of an angkatan that is no longer configured, or without a course now, nobody reads the course any more
    under_way, known_courses = {each.push.subject for each in known.open_pushes}, known.courses
    entries = many_people.changed(
        before,
        as_it_stands(
            before, known_courses.unconfigured.keys(), known_courses.closed, under_way, known_courses.without_course
        ),
    )
    # whose NIP is another one now is looked at again in class
    entries.update({who: to_be_compared(entries[who]) for who in judged.with_another_nip if who in entries})
    # who was admitted, moved or approved is not who has the account now
    actions = known.actions.without(judged.handed_over)
    entries.update({who: entries[who].having(approved_by=None) for who in judged.handed_over if who in entries})
    placement = placement_of(
        context.programme,
        context.today,
        actions,
        known.clearances,
        known.listed,
        known_courses.unconfigured,
        known.off_the_list,
    )
    roster = Roster(
        all_angkatan=with_group_idnumbers_in_use(context.all_angkatan, known_courses.filled),
        placement=placement,
        standings=judged.standings,
        entries=entries,
        open_pushes=tuple(known.open_pushes),
        actions=actions,
        only=None if nip is None else owners(those_near(judged.standings).values()).get(nip, ""),
    )
    if roster.stands_alone:  # it is about one participant whose seat is nobody else's: who they may be is not asked
        return roster
    doubled = second_accounts(context, roster)
    return replace(roster, placement=replace(placement, second_accounts=doubled))


def _record_placement(
    context: RunContext,
    report: RunReport,
    known: KnownProgramme,
    judged: Judged,
    given: SeatsGiven,
    courses: InClassCourses,
    replaced: Replaced,
) -> Baseline | None:
    """Record where everybody stands now, and what reading the courses says of earlier pushes; a plan only tells it.

    Return what the run is compared with from now on: the courses as read, if a person released what a guard found.
    """
    before, now = known.entries, given.entries
    changed = many_people.differing(before, now)
    if not context.writes:
        _tell_the_plan(report, before, judged, given)
        return known.baseline
    name, read = context.name, courses.read.values()
    states, by_another = Counter[EntryState](), list[Entry]()
    batches_changed = batches(changed, TOGETHER)
    first = next(batches_changed, None)
    releases = report.findings and known.baseline is not None
    if not (first or read or replaced.left or replaced.filled or releases):
        return known.baseline  # most runs: a transaction would write nothing but its lease
    with context.lease.writing() as connection:
        with beside(connection) as rows:
            # of many people not all are held at once, nor gone through again
            for some in chain([first] if first else [], batches_changed):
                states.update(entry.state for was, entry in some if was is None or was.state is not entry.state)
                by_another += [entry for was, entry in some if was is not None and found_by_another(was, entry)]
                save_entries(rows, name, before, (entry for _, entry in some), context.now, context.run_id)
        add_left_behind(connection, replaced.left, context.now)
        save_filled_courses(connection, name, replaced.filled, context.now)
        sightings.note_seen(connection, name, known.courses.addresses, read, context.now)
        note_wrong_accounts(connection, before, by_another, context.now)
        settle_by_reading(connection, name, read, context.now)
        look_for_the_left_behind(connection, name, read, context.now)
        report.states_reached.update(states)
        if not (report.findings and known.baseline is not None):
            return known.baseline
        settled = course_guards.settled(known.baseline, report.findings, () if context.of_one else read)
        baselines.save_baseline(connection, name, settled, context.run_id, context.now)
    return settled


def _tell_the_plan(report: RunReport, before: Mapping[str, Entry], judged: Judged, given: SeatsGiven) -> None:
    """Note in the report what would become of whom, and what would be sent."""
    changed = many_people.differing(before, given.entries)
    report.states_reached.update(entry.state for was, entry in changed if was is None or was.state is not entry.state)
    sends = {each.entry.participant_id: each.next_write for each in given.entrants if each.next_write is not None}
    stand = judged.standings
    report.plan = plan_lines(before, given.entries, sends, lambda who: (stand[who].nip, stand[who].name))


def _finish(
    context: RunContext,
    report: RunReport,
    known: KnownProgramme,
    source_state: SourceState,
    courses: InClassCourses,
    baseline: Baseline | None,
) -> None:
    """Keep what the next run is compared with, and say how it went."""
    context.step(Step.FINISH)
    all_angkatan = context.all_angkatan
    if not courses.read and course_guards.is_down(courses.problems, courses.stopped, all_angkatan):
        report.nothing_done_in_class = courses.problems[0]
        return
    if context.writes and not context.of_one:
        with context.lease.writing() as connection:
            checkpoints.save_checkpoint(connection, context.name, source_state.read_to)
            source_ids.save_ids(connection, context.name, source_state.ids)
            if source_state.full_or_night:  # whatever becomes of the writes: everybody was read, and no guard held it
                kept = baseline if courses.problems else None
                seen = course_guards.with_courses(source_state.next_baseline, courses.read.values(), kept)
                released, groups = stay_true(report.findings), known.courses.source_groups
                placement, effects = context.programme.placement, effects_of(context.programme)
                seen = replace(seen, released=released, source_groups=groups, placement=placement, effects=effects)
                # whom another field or role finds in a course that was not read is told once it is
                now_found_by = course_guards.how_found(angkatan for angkatan, _course in courses.each_angkatan())
                seen = replace(seen, found_by={**seen.found_by, **now_found_by})
                baselines.save_baseline(connection, context.name, seen, context.run_id, context.now)
            elif baseline is not None:
                read = {course_guards.label_of(course) for course in courses.read.values()}
                released = not_mended(baseline.released, report.findings, read)
                # should it come again, it is asked about again
                if released != baseline.released or new_names(known.courses, courses):
                    seen = replace(baseline, released=released)
                    baselines.save_baseline(connection, context.name, seen, context.run_id, context.now)
    refused = all(isinstance(problem, SiteRefuses | ConfigurationError) for problem in report.problems)
    if (
        report.problems
        and refused
        and not report.states_reached[EntryState.PUSHED] + report.states_reached[EntryState.CONFIRMED]
    ):
        report.nothing_done_in_class = report.problems.pop(0)  # a right or setting lacks for every write
        return
    report.problems += courses.problems
    if report.problems or report.rejected:
        report.outcome = RunOutcome.PARTIAL
