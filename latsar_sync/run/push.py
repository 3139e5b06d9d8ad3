"""Pushing into one in-class course so that it converges: written ahead, sent once, read back (rules 7 and 8).

Killed anywhere, the next run reads the course and goes on from what is there; nothing is sent for who is present.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

from sqlalchemy import Connection

from latsar_sync.domain.entry import Entry, EntryState, Origin
from latsar_sync.domain.errors import (
    ConfigurationError,
    LatsarError,
    LeaseLost,
    RecordRejected,
    SiteRefuses,
    WriteUnknown,
)
from latsar_sync.domain.in_class import Angkatan, PushKind, PushState, TargetCourse
from latsar_sync.domain.records import Actions
from latsar_sync.domain.request import PUSH_STEPS
from latsar_sync.moodle import target
from latsar_sync.moodle.batch import chunks
from latsar_sync.rules.confirming import can_tell, confirm_by_reading
from latsar_sync.run.context import RunContext
from latsar_sync.run.courses import InClassCourses
from latsar_sync.run.filled_courses import KnownCourses, claim
from latsar_sync.run.placing import NeededPush
from latsar_sync.run.report import RunReport
from latsar_sync.run.settling import settle_by_reading
from latsar_sync.store.actions import stopped_since
from latsar_sync.store.entries import save_entries
from latsar_sync.store.pushes import Push, settle, write_ahead

ROWS_A_CALL = {PushKind.ENROL: 130, PushKind.MEMBERSHIP: 150}
"""Rows of one write: a few seconds on the site that was measured, and far from PHP's limit."""
GROUPS_A_CALL = 100


def push_into_courses(
    context: RunContext,
    report: RunReport,
    known: KnownCourses,
    decided: Actions,
    courses: InClassCourses,
    needed: Sequence[NeededPush],
) -> None:
    """Push course by course; a course that fails does not stop the others. ``courses`` are as read back afterwards.

    ``decided`` is what named persons had decided when the run began: nobody is sent about whom something else was
    decided since.
    """

    def is_ours(angkatan: Angkatan, course: TargetCourse) -> bool:
        claim(context, known, courses, [(angkatan, course)])
        return angkatan.id not in courses.stopped

    claim(context, known, courses, courses.by_angkatan())
    by_course: dict[tuple[str | None, str | None], list[NeededPush]] = {}
    for each in needed:  # as configured, not as read: two names of one course are two readings with their own groups
        if each.angkatan.id not in courses.stopped:
            by_course.setdefault((each.angkatan.site, each.angkatan.course), []).append(each)
    for key, course in courses.read.items():
        if not (mine := by_course.get(key)):
            continue
        pushed = CoursePush(context, course, is_ours, decided)
        pushed.push(mine)
        report.moved += pushed.moved
        report.rejected += pushed.rejected
        report.problems += pushed.problems
        report.push_ended |= not pushed.problems and any(each.kind is PushKind.ENROL for each in mine)
        courses.put_back(key, pushed.course)


class CoursePush:
    """The push of one programme into one in-class course, and what came of it.

    ``course`` is the course as it was read last, ``entries`` are those of the people concerned as they are now,
    ``moved`` counts transitions by new state, ``problems`` are the errors that stopped a part of it. ``is_ours`` is
    asked of a group that was just made, before anybody is put into it; ``decided`` as in ``push_into_courses``.
    """

    def __init__(
        self,
        context: RunContext,
        course: TargetCourse,
        is_ours: Callable[[Angkatan, TargetCourse], bool],
        decided: Actions,
    ) -> None:
        self.course = course
        self.entries: dict[str, Entry] = {}
        self.moved = Counter[EntryState]()
        self.rejected = 0
        self.problems: list[LatsarError] = []
        self._context = context
        self._client = context.tools.clients[course.site]
        self._lease = context.lease
        self._clock = context.tools.clock
        self._programme = context.name
        self._run_id = context.run_id
        self._is_ours = is_ours
        self._decided = decided
        self._stopped: set[str] = set()

    def push(self, needed: Sequence[NeededPush]) -> None:
        """Make the groups that lack, enrol, read back, add to groups, read back: who is seen there is confirmed.

        Raise LeaseLost if the lease went; nothing is sent or recorded after that.
        """
        self.entries = {each.entry.participant_id: each.entry for each in needed}
        try:
            needed = self._make_groups(needed)
            enrolments = [each for each in needed if each.kind is PushKind.ENROL]
            if enrolments and self._sent_enrolments(enrolments):
                needed = self._still_wanted(needed)
                self._confirm_by_reading_back(needed, sent=self._still_wanted(enrolments))
            memberships = self._memberships(needed)
            if memberships:
                self._context.step(PUSH_STEPS[PushKind.MEMBERSHIP], len(memberships))
                self._send_all(memberships, self._add_members)
                self._confirm_by_reading_back(self._still_wanted(needed), sent=())
        except LeaseLost:
            raise
        except LatsarError as error:
            self.problems.append(error)

    def _make_groups(self, work: Sequence[NeededPush]) -> list[NeededPush]:
        """Make the groups that are missing; return the work of the angkatan that have one of their own."""
        theirs = set(self.course.groups)
        missing = [
            each for each in {each.angkatan.id: each.angkatan for each in work}.values() if each.id not in theirs
        ]
        for some in chunks(missing, GROUPS_A_CALL):
            self._context.step(PUSH_STEPS[PushKind.GROUP], len(some))
            course = self.course
            pushes = [Push(PushKind.GROUP, each.id, course.site, course.course_id) for each in some]
            self._make(some, self._write_ahead(pushes))
            theirs |= {each.id for each in some if each.id in self.course.groups and self._is_ours(each, self.course)}
        return [each for each in work if each.angkatan.id in theirs]

    def _make(self, all_angkatan: Sequence[Angkatan], push_ids: Sequence[int]) -> None:
        """Make groups in one request; one that spoils it is found by halving, and its angkatan alone stops."""
        self._lease.check()
        course = self.course
        try:
            made = target.make_groups(self._client, course, all_angkatan)
        except RecordRejected:
            middle = len(all_angkatan) // 2
            self._make(all_angkatan[:middle], push_ids[:middle])
            self._make(all_angkatan[middle:], push_ids[middle:])
        except (SiteRefuses, ConfigurationError, WriteUnknown) as error:
            self._settle(push_ids, _state_after(error), error)
            self.problems.append(error)  # these angkatan stop, the others of the course go on
        except LatsarError as error:
            self._settle(push_ids, _state_after(error), error)
            raise
        else:
            self._settle(push_ids, PushState.CONFIRMED)
            marks = {each.id: each.group_idnumber for each in all_angkatan if each.id in made}
            self.course = replace(course, groups={**course.groups, **made}, idnumbers={**course.idnumbers, **marks})

    def _sent_enrolments(self, enrolments: Sequence[NeededPush]) -> bool:
        """Send the enrolments; say whether any may have arrived. A refusal does not stop who only needs the group."""
        try:
            target.require_manual_enrolment(self.course)
            self._context.step(PUSH_STEPS[PushKind.ENROL], len(enrolments))
            self._send_all(enrolments, self._enrol)
        except (SiteRefuses, ConfigurationError) as error:
            self.problems.append(error)
            return any(self.entries[each.entry.participant_id].state is EntryState.PUSHED for each in enrolments)
        return True

    def _send_all(self, work: Sequence[NeededPush], call: Callable[[Sequence[NeededPush]], None]) -> None:
        """Send batch by batch; after a write without an answer nothing more is sent before reading back."""
        for chunk in chunks(work, ROWS_A_CALL[work[0].kind]):
            batch, push_ids = self._written_ahead(chunk)
            if not batch:
                continue
            try:
                self._send(batch, push_ids, call)
            except WriteUnknown as error:
                self.problems.append(error)
                return

    def _written_ahead(self, chunk: Sequence[NeededPush]) -> tuple[list[NeededPush], list[int]]:
        """Write a batch ahead, without those about whom a named person decided something else since the run began."""
        with self._lease.writing() as connection:
            places = {each.entry.participant_id: each.angkatan.id for each in chunk}
            self._stopped |= stopped_since(connection, self._programme, places, self._decided, self._clock())
            batch = self._still_wanted(chunk)
            pushes = [_push(self.course, each) for each in batch]
            ids = write_ahead(connection, self._programme, pushes, self._run_id, self._clock()) if pushes else []
            return batch, ids

    def _still_wanted(self, work: Sequence[NeededPush]) -> list[NeededPush]:
        return [each for each in work if each.entry.participant_id not in self._stopped]

    def _send(
        self,
        batch: Sequence[NeededPush],
        push_ids: Sequence[int],
        call: Callable[[Sequence[NeededPush]], None],
    ) -> None:
        """Send one batch; a rejected one is halved until the bad row stands alone, and the rest goes through.

        What is not sent any more after an error is settled as not sent.
        """
        self._lease.check()
        try:
            call(batch)
        except RecordRejected as error:
            if len(batch) > 1:
                middle = len(batch) // 2
                try:
                    self._send(batch[:middle], push_ids[:middle], call)
                except LeaseLost:
                    raise
                except LatsarError as stopped:
                    self._settle(push_ids[middle:], PushState.NOT_SENT, stopped)
                    raise
                self._send(batch[middle:], push_ids[middle:], call)
                return
            self.rejected += 1
            self._settle(push_ids, PushState.REJECTED, error, _rejected(self._current(batch), error))
        except LatsarError as error:
            marked = _marked(self._current(batch), "push_unknown") if isinstance(error, WriteUnknown) else []
            self._settle(push_ids, _state_after(error), error, marked)
            raise
        else:
            self._settle(push_ids, PushState.ACKNOWLEDGED, None, self._acknowledged(batch))

    def _enrol(self, batch: Sequence[NeededPush]) -> None:
        roles = {each.entry.target_user_id or 0: each.angkatan.role_id or 0 for each in batch}
        target.enrol(self._client, self.course.course_id, roles)

    def _acknowledged(self, batch: Sequence[NeededPush]) -> list[Entry]:
        """Moodle said yes: ``planned`` becomes ``pushed``. Who only needed the group had been found there."""
        return [
            entry._replace(
                state=EntryState.PUSHED,
                reason=None,
                origin=Origin.PUSHED if each.kind is PushKind.ENROL else entry.origin or Origin.FOUND,
                lifted=False,
            )
            for each, entry in zip(batch, self._current(batch), strict=True)
        ]

    def _current(self, batch: Sequence[NeededPush]) -> list[Entry]:
        return [self.entries[each.entry.participant_id] for each in batch]

    def _confirm_by_reading_back(self, work: Sequence[NeededPush], sent: Sequence[NeededPush]) -> None:
        """Read the course and let it decide: who is there is settled.

        Who of the enrolments ``sent`` just now was acknowledged and is not there goes back to ``planned``: the answer
        was no proof.
        """
        self._context.step(PUSH_STEPS[None], len(work))
        self.course = target.read_people(self._client, self.course)
        just_sent = {each.entry.participant_id for each in sent}
        entries = []
        for each in work:
            entry = self.entries[each.entry.participant_id]
            if not can_tell(self.course, entry.target_user_id, each.nip):
                entries.append(entry)
                continue
            absent = entry.target_user_id not in self.course.enrolled
            if absent and entry.state is EntryState.PUSHED and entry.participant_id in just_sent:
                entry = entry._replace(state=EntryState.PLANNED, reason="push_unknown", origin=None)
            elif not (absent and entry.state is EntryState.REVIEW):
                entry, _ = confirm_by_reading(
                    entry, each.nip, each.angkatan, self.course, sent=each.kind is PushKind.ENROL
                )
            entries.append(entry)
        with self._lease.writing() as connection:
            self._save(connection, entries)
            settle_by_reading(connection, self._programme, [self.course], self._clock(), self._run_id)

    def _memberships(self, work: Sequence[NeededPush]) -> list[NeededPush]:
        """Return who is in the course now and in none of the groups."""
        found = []
        for each in work:
            entry = self.entries[each.entry.participant_id]
            sent = each.kind is PushKind.ENROL
            _, kind = confirm_by_reading(entry, each.nip, each.angkatan, self.course, sent)
            if kind is PushKind.MEMBERSHIP:
                found.append(replace(each, entry=entry, kind=kind))
        return found

    def _add_members(self, batch: Sequence[NeededPush]) -> None:
        groups = {each.entry.target_user_id or 0: self.course.groups[each.angkatan.id] for each in batch}
        target.add_members(self._client, self.course.course_id, groups)

    def _write_ahead(self, pushes: Sequence[Push]) -> list[int]:
        with self._lease.writing() as connection:
            return write_ahead(connection, self._programme, pushes, self._run_id, self._clock())

    def _settle(
        self,
        push_ids: Sequence[int],
        state: PushState,
        error: LatsarError | None = None,
        entries: Sequence[Entry] = (),
    ) -> None:
        with self._lease.writing() as connection:
            settle(connection, push_ids, state, self._clock(), str(error) if error else None)
            self._save(connection, entries)

    def _save(self, connection: Connection, entries: Sequence[Entry]) -> None:
        save_entries(connection, self._programme, self.entries, entries, self._clock(), self._run_id)
        self.moved.update(
            entry.state for entry in entries if entry.state is not self.entries[entry.participant_id].state
        )
        self.entries.update({entry.participant_id: entry for entry in entries})


def _push(course: TargetCourse, each: NeededPush) -> Push:
    group = course.groups[each.angkatan.id] if each.kind is PushKind.MEMBERSHIP else None
    role = each.angkatan.role_id if each.kind is PushKind.ENROL else None
    user = each.entry.target_user_id
    return Push(each.kind, each.entry.participant_id, course.site, course.course_id, user, group, role)


def _state_after(error: LatsarError) -> PushState:
    """A refusal proves that nothing was done; a write without an answer proves nothing."""
    return PushState.UNKNOWN if isinstance(error, WriteUnknown) else PushState.REJECTED


def _marked(entries: Sequence[Entry], reason: str) -> list[Entry]:
    return [entry._replace(reason=reason) for entry in entries]


def _rejected(entries: Sequence[Entry], error: RecordRejected) -> list[Entry]:
    """Say why Moodle will not have somebody; an unconfirmed account may show only now, where its state is not told."""
    if error.errorcode != "usernotconfirmed":
        return _marked(entries, "push_rejected")
    return [entry._replace(state=EntryState.REVIEW, reason="target_account_unconfirmed") for entry in entries]
