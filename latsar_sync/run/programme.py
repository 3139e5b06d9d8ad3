"""One programme's walk: pull → decide → roster → push → confirm. The corridor that knows the order of the steps.

It asks the clock once, reads the LMS, hands values to the pure rooms and writes down what they answer. No HTTP inside
a transaction; killed anywhere, the next walk converges (rule 8).
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from latsar_sync.domain.errors import ConfigurationError, LatsarError, SiteRefuses
from latsar_sync.domain.model import Basis, EntryState, Outcome, PushKind, Rules, RunOutcome, TargetCourse, Threshold
from latsar_sync.domain.records import Baseline, Checkpoint, CourseRead, Finding, Record, RequiredSet
from latsar_sync.domain.request import PUSH_STEPS, PlanLine, Progress, Request, Step, plan_lines
from latsar_sync.moodle import source
from latsar_sync.moodle.client import MoodleClient
from latsar_sync.rules import course_changes, guards, identity, ledger, losses
from latsar_sync.rules.course_changes import label_of
from latsar_sync.rules.threshold import (
    against_moodle,
    against_the_configuration,
    judging_threshold,
    out_of_reach,
    seeded,
)
from latsar_sync.run import accepting
from latsar_sync.run.configured import listed_of, source_course_of
from latsar_sync.run.courses import Placed, Seating
from latsar_sync.run.push import CoursePush, Work, settle_by_reading
from latsar_sync.run.remembering import Memory
from latsar_sync.run.sources import source_of
from latsar_sync.run.terms import harmless_terms, next_terms
from latsar_sync.settings import ProgrammeSettings, Settings
from latsar_sync.settings.rule_values import angkatan_of, clearance_rules_of, guard_limits_of, others_of, placement_of
from latsar_sync.store import checkpoints, destroying, participants, rosters, runs, thresholds
from latsar_sync.store.actions import load_actions
from latsar_sync.store.database import Database
from latsar_sync.store.leases import Lease
from latsar_sync.store.moves import look_for_the_left_behind, note_wrong_accounts
from latsar_sync.store.terms import add_terms, latest_terms


@dataclass(frozen=True, slots=True)
class Tools:
    """What every walk of a run shares. ``clock`` gives the time, aware of its zone; ``closed`` sites are not asked."""

    settings: Settings
    database: Database
    clients: Mapping[str, MoodleClient]
    clock: Callable[[], datetime]
    progress: Progress
    closed: Mapping[str, str]


class Walk:
    """Walks one programme under its lease; ``go`` does it, the public attributes tell how it went."""

    def __init__(self, tools: Tools, programme: ProgrammeSettings, request: Request, run_id: int, lease: Lease) -> None:
        self._tools = tools
        self._programme = programme
        self._request = request
        self._run_id = run_id
        self._lease = lease
        self._now = tools.clock()
        self._today = self._now.astimezone(tools.settings.zone_of(programme)).date()
        self._wanted = source_course_of(programme)
        self._limits = guard_limits_of(programme)
        self._listed: Mapping[str, str] = {}
        self._records: dict[str, Record] = {}
        self._whole = request.full
        self._moved: Counter[EntryState] = Counter()
        self._rejected = 0
        self.outcome = RunOutcome.OK
        self.findings: list[Finding] = []
        self.courses_read: list[CourseRead] = []
        self.messages: list[str] = []
        self.problems: list[LatsarError] = []
        self.accepted_by: str | None = None
        self.push_ended = False
        self.plan: tuple[PlanLine, ...] = ()

    @property
    def kind(self) -> str:
        """The kind of this run: plan, participant, full or incremental."""
        if self._request.dry_run:
            return "plan"
        if self._request.nip is not None:
            return "participant"
        return "full" if self._whole else "incremental"

    def go(self) -> None:
        """Walk all steps. Raise the error that stops the programme; a guard's findings only set ``outcome``."""
        self._step(Step.LEASE)
        self._load()
        if self._request.nip is not None and self._guarded(list(self._held)):
            return  # one participant's run sees too little to tell whether the guard's finding is gone
        self._step(Step.THRESHOLD)
        threshold = self._threshold()
        self._step(Step.READ_PEOPLE)
        survey = self._read_people()
        self._step(Step.GUARD_SOURCE, len(survey.people))
        found = guards.source_findings(
            self._baseline, survey.shortname, len(survey.people), survey.evaluation, survey.required, self._limits
        )
        found += guards.unseen_findings(self._baseline, survey.shortname, survey.unseen)
        found += self.memory.strangers(survey, self._known, self._today, self._limits)
        if self._guarded(found):
            return
        if not survey.people and self._baseline is None:
            self.messages.append(self._source.nobody(survey))
        rules, required = self._rules(threshold, survey)
        reading = self._source.details(survey, rules, self._whole, lambda count: self._step(Step.READ_DETAILS, count))
        self.messages += self._source.set_aside(survey, reading)
        self._note_read(self._source.name, survey.shortname, len(survey.people))
        judged = self._judge(reading, rules, required)
        found = guards.unseen_findings(self._baseline, survey.shortname, reading.unseen)
        if self._guarded(found + self._losses(judged, rules)):
            return
        survey = replace(survey, unseen=(*survey.unseen, *reading.unseen))
        self._records.update((record.participant.id, record) for record in judged.values())
        # what was read is in the records from here on, and later what was known before: nobody is held twice
        read_to = self._source.read_to(survey, self._now, self._whole)
        people, survey = len(survey.people), replace(survey, people=(), grades={}, signals=None)
        del reading
        seen = guards.next_baseline(self._baseline, people, survey.evaluation, survey.required, survey.unseen)
        self._record(judged, required, seen)
        del judged, self._known, self._source
        seating = self._seating()
        seating.read(self._whole, lambda count: self._step(Step.READ_COURSES, count))
        self.messages += seating.remarks
        for course in seating.courses.values():
            self._note_read(course.site, course.shortname, len(course.enrolled))
        found = self.memory.compare(seating)
        if self._guarded(found + self._target_findings(seating, {each.subject for each in found})):
            self.problems += seating.problems
            return
        self.memory.place_anew(seating)
        self._step(Step.PLACE)
        before, placed = self._entries, self.memory.respect(seating)
        self._record_placement(placed, seating.courses.values())
        self._step(Step.GUARD_PUSHES, len(placed.work))
        first, sends = not self._first_push_done, len(placed.work)
        self.memory.see(seating)
        found = self.memory.findings(before, placed, self._open, self._held)
        found += guards.push_findings(self._programme.id, sends, len(self._records), first, self._limits)
        if self._guarded(found):
            return
        if not self._request.dry_run:
            self.memory.claim(self._lease, seating, self._now)
            self._push(seating, placed.work)
        self.memory.see(seating)
        self._finish(seen, read_to, seating)

    def counts(self) -> dict[str, int]:
        """Return the figures of ``sync --json``: decisions after the run, transitions made in it."""
        people = [record for record in self._records.values() if record.participant.merged_into is None]
        outcomes = Counter(record.decision.outcome for record in people if record.decision)
        return {
            "participants": len(people),
            **{str(outcome): outcomes[outcome] for outcome in Outcome},
            "pushed": self._moved[EntryState.PUSHED],
            "confirmed": self._moved[EntryState.CONFIRMED],
            "failed": self._rejected,
            "withdrawn": self._moved[EntryState.WITHDRAWN],
            "to_review": self._moved[EntryState.REVIEW],
        }

    def _load(self) -> None:
        """Read what is known; under the lease, so what a dead run left in the air can be marked as unknown."""
        name = self._programme.id
        if not self._request.dry_run:
            with self._lease.writing() as connection:
                rosters.forget_the_dead(connection, name, self._now)
        with self._tools.database.reading() as connection:
            destroying.require_not_destroyed(connection, name)
            self._known = participants.load_records(connection, name)
            self._records = {record.participant.id: record for record in self._known.values()}
            self._entries = rosters.load_entries(connection, name, self._records)
            self._open = rosters.open_pushes(connection, name)
            self._first_push_done = rosters.first_push_done(connection, name)
            self._acts = load_actions(connection, name, self._now)
            self._history = thresholds.threshold_history(connection, name)
            self._required = thresholds.latest_required_set(connection, name)
            self._recorded_terms = latest_terms(connection, name)
            self._baseline = runs.load_baseline(connection, name)
            last = runs.last_telling_run(connection, name)
            self.memory = Memory.of(connection, self._tools.settings, self._programme, self._baseline)
            clients, clock, nip = self._tools.clients, self._tools.clock, self._request.nip
            self._source = source_of(
                connection, self._programme, clients, self._known, self._entries, self._today, nip, clock
            )
        self._listed = listed_of(self._programme, self._today)
        self._clearances = clearance_rules_of(self._programme, self._today, self._acts, self._entries, self._listed)
        self.messages += self.memory.notes
        self._accepted = accepting.released(self._request, name, last)
        self.accepted_by = self._request.by if self._accepted and not self._request.dry_run else None
        self._held = last.findings if last is not None and last.outcome is RunOutcome.GUARDED else ()
        # what a guard held or a person released must be seen again, so that it stays held or becomes the baseline
        compared = self._baseline is not None and (self._baseline.evaluation is not None or not self._wanted.gated)
        self._terms = next_terms(self._recorded_terms, self._programme, self._request.nip is not None)
        doubtful = self._held or self._terms != self._recorded_terms or self.memory.is_doubtful
        everything = self._request.full or doubtful or not compared or self._source.is_due(self._now)
        self._whole = self._request.nip is None and bool(everything)

    def _threshold(self) -> Threshold | None:
        """Return the threshold in force; the configuration only seeds the first row (rule 2)."""
        evaluation = self._programme.evaluation
        if not self._wanted.gated or evaluation is None:
            return None
        seed = evaluation.threshold
        if not self._history and seed is not None:
            first = seeded(seed.value, seed.scale, seed.legal_basis, self._now)
            if not self._request.dry_run:
                with self._lease.writing() as connection:
                    thresholds.add_threshold(connection, self._programme.id, first)
            self._history = [first]
        in_force = judging_threshold(self._programme.id, self._history, self._now)
        if seed is not None:
            self.messages += against_the_configuration(in_force, seed.value, seed.scale)
        return in_force

    def _read_people(self) -> source.Survey:
        """Read the source; everything is read again when the required set is not the one judged by before."""
        survey = self._source.survey(self._whole)
        self.messages += self._source.remarks(survey)
        known = self._required.activities if self._required else survey.required
        if self._request.nip is None and survey.evaluation is not None and known != survey.required:
            self._whole = True
            survey = self._source.survey(self._whole) if survey.signals else survey
        return survey

    def _rules(self, threshold: Threshold | None, survey: source.Survey) -> tuple[Rules, RequiredSet | None]:
        """Return the rules to judge by, and the required set as recorded or as it is now to be recorded."""
        evaluation, required = self._programme.evaluation, self._required
        to_pass = survey.evaluation.grade_to_pass if survey.evaluation else None
        self.messages += against_moodle(threshold, to_pass)
        self.messages += out_of_reach(threshold, survey.evaluation)
        by_materials = self._wanted.gated and self._wanted.mode != "none"
        # while nobody is there the evaluation is not known, and would be taken for one of the materials
        told_apart = by_materials and survey.evaluation is not None and not self._programme.by_files
        if told_apart and (required is None or required.activities != survey.required):
            required = RequiredSet((required.version if required else 0) + 1, survey.required)
        basis = Basis(evaluation.basis) if evaluation else Basis.GRADEBOOK
        activities = required.activities if required else ()
        return Rules(threshold, basis, self._wanted.gated, by_materials, activities), required

    def _judge(self, reading: ledger.Reading, rules: Rules, required: RequiredSet | None) -> Mapping[int, Record]:
        """Judge everybody; return the records that this reading makes or touches, by user id in the MOOC."""
        self._step(Step.DECIDE, len(reading.people))
        history = {threshold.version: threshold for threshold in self._history}
        version = required.version if required else None
        overrides, clearances = self._acts.overrides, self._clearances
        terms, entries = self._terms.version, self._entries
        moment = ledger.Moment(self._now, self._today, version, history, overrides, clearances, entries, terms)
        judged = ledger.judge(self._known, reading, rules, moment, participants.rising_ids(self._now))
        self._renamed = frozenset(ledger.renamed(self._known, judged))
        return judged

    def _losses(self, judged: Mapping[int, Record], rules: Rules) -> list[Finding]:
        history = {threshold.version: threshold for threshold in self._history}
        before = self._recorded_terms.terms if self._recorded_terms else None
        other = losses.terms_findings(before, self._terms.terms, self._records, judged.values())
        if not other and before is not None and before != self._terms.terms:
            self.messages.append(harmless_terms(before, self._terms.terms))
        name, records = self._programme.id, self._records
        return other + losses.loss_findings(name, records, judged.values(), rules, history, self._limits)

    def _record(self, judged: Mapping[int, Record], required: RequiredSet | None, seen: Baseline) -> None:
        """Record what differs from what was known, in one transaction, with ``seen`` of the MOOC if it was released."""
        if self._request.dry_run:
            return
        name, site = self._programme.id, self._programme.source.site or participants.IMPORTED
        with self._lease.writing() as connection:
            if self._terms != self._recorded_terms:
                add_terms(connection, name, self._terms, self._now)
            if required is not None and required != self._required:
                thresholds.add_required_set(connection, name, required.version, required.activities, self._now)
            participants.save_records(connection, name, site, self._known, judged.values(), self._run_id, self._now)
            if self.findings and self._baseline is not None and self._whole:
                self._compare_with(connection, seen)

    def _seating(self) -> Seating:
        nip, people = self._request.nip, (each.participant for each in self._records.values())
        only = None if nip is None else identity.owners(people).get(nip, "")
        placement = placement_of(self._programme, self._today, self._acts, self._clearances)
        return Seating(
            all_angkatan=self.memory.all_angkatan(angkatan_of(self._programme)),
            placement=replace(placement, gone=self.memory.gone),
            records=self._records,
            entries=self.memory.entries(self._entries, self._open),
            open_pushes=tuple(self._open),
            clients=self._tools.clients,
            closed=self._tools.closed,
            listed=self._listed,
            actions=self._acts,
            only=only,
            others=others_of(self._tools.settings, self._programme),
            renamed=self._renamed,
        )

    def _target_findings(self, seating: Seating, replaced: Collection[str]) -> list[Finding]:
        found = list(seating.unreadable)
        for change in (each for each in seating.changes() if each.label not in replaced):
            found += course_changes.change_findings(self._baseline, change, self._limits)
        read = {f"{site}/{name}" for site, name in seating.courses} | {
            label_of(each) for each in seating.courses.values()
        }
        # what was found in a class that cannot be read now is not known to be gone
        held = [each for each in self._held if each.code.startswith("target_") and each.subject not in read]
        return list({each.key: each for each in found + held}.values())

    def _record_placement(self, placed: Placed, courses: Collection[TargetCourse]) -> None:
        """Record where everybody stands now, and what reading the classes says of earlier pushes."""
        self._moved.update(
            entry.state
            for entry in placed.entries.values()
            if entry.participant_id not in self._entries or self._entries[entry.participant_id].state is not entry.state
        )
        if self._request.dry_run:
            sends = {item.entry.participant_id: item.kind for item in placed.work}
            self.plan = plan_lines(self._entries, placed.entries, sends, self._records)
            return
        with self._lease.writing() as connection:
            name = self._programme.id
            rosters.save_entries(connection, name, self._entries, placed.entries.values(), self._now, self._run_id)
            self.memory.keep_moved(connection, self._now)
            note_wrong_accounts(connection, self._entries, placed.entries.values(), self._now)
            settle_by_reading(connection, name, courses, self._now)
            look_for_the_left_behind(connection, name, courses, self._now)
            if self.findings and self._baseline is not None:
                read = courses if self._request.nip is None else ()
                self._compare_with(connection, course_changes.settled(self._baseline, self.findings, read))
        self._entries = dict(placed.entries)

    def _push(self, seating: Seating, work: tuple[Work, ...]) -> None:
        """Push class by class; a class that fails does not stop the others."""
        by_class: dict[tuple[str | None, str | None], list[Work]] = {}
        for item in work:  # as configured, not as read: two names of one course are two readings with their own groups
            if item.angkatan.id not in seating.stopped:
                by_class.setdefault((item.angkatan.site, item.angkatan.course), []).append(item)
        for key, course in seating.courses.items():
            if not (mine := by_class.get(key)):
                continue
            pusher = CoursePush(
                self._tools.clients[key[0]],
                self._lease,
                self._programme.id,
                self._run_id,
                self._tools.clock,
                lambda kind, count: self._step(PUSH_STEPS[kind], count),
                lambda angkatan, made: self.memory.claim_made(self._lease, seating, self._now, (angkatan, made)),
            )
            pushed = pusher.push(course, mine)
            self._moved += pushed.moved
            self._entries |= pushed.entries
            self._rejected += pushed.rejected
            self.problems += pushed.problems
            self.push_ended |= not pushed.problems and any(item.kind is PushKind.ENROL for item in mine)
            seating.courses[key] = pushed.course

    def _finish(self, seen: Baseline, read_to: Checkpoint | None, seating: Seating) -> None:
        """Keep what the next run is compared with, and say how it went."""
        self._step(Step.FINISH)
        if not seating.courses and course_changes.is_down(seating.problems, seating.stopped, seating.all_angkatan):
            raise seating.problems[0]
        if not self._request.dry_run and self._request.nip is None:
            with self._lease.writing() as connection:
                checkpoints.save_checkpoint(connection, self._programme.id, read_to)
                if self._whole:  # whatever becomes of the writes: everybody was read, and no guard held what was read
                    kept = self._baseline if seating.problems else None
                    seen = course_changes.with_courses(seen, seating.courses.values(), kept)
                    released, groups = guards.standing(self.findings), self.memory.source_groups
                    self._compare_with(connection, replace(seen, released=released, source_groups=groups))
        refused = all(isinstance(problem, SiteRefuses | ConfigurationError) for problem in self.problems)
        if self.problems and refused and not self._moved[EntryState.PUSHED] + self._moved[EntryState.CONFIRMED]:
            raise self.problems.pop(0)  # a right or setting lacks for every write: nothing was done at all
        self.problems += seating.problems
        if self.problems or self._rejected:
            self.outcome = RunOutcome.PARTIAL

    def _compare_with(self, connection: Connection, baseline: Baseline) -> None:
        runs.save_baseline(connection, self._programme.id, baseline, self._run_id, self._now)
        self._baseline = baseline

    def _guarded(self, found: list[Finding]) -> bool:
        """Note findings; say whether any of them was not released by a person."""
        self.findings += found
        held = bool(guards.unreleased(found, self._accepted, self._baseline))
        if held:
            self.outcome = RunOutcome.GUARDED
        return held

    def _note_read(self, site: str, course: str, people: int) -> None:
        self.courses_read.append(CourseRead(site, course, people, self._whole))

    def _step(self, step: Step, count: int = 0) -> None:
        self._tools.progress(self._programme.id, step, count)
