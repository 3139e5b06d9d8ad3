"""Pushing into one in-class course so that it converges: written ahead, sent once, read back (rules 7 and 8).

Killed anywhere, the next run reads the course and goes on from what is there; nothing is sent for who is present.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import Connection

from latsar_sync.domain.errors import (
    ConfigurationError,
    LatsarError,
    LeaseLost,
    RecordRejected,
    SiteRefuses,
    WriteUnknown,
)
from latsar_sync.domain.model import Angkatan, Entry, EntryState, Origin, PushKind, PushState, TargetCourse
from latsar_sync.moodle import target
from latsar_sync.moodle.batch import chunks
from latsar_sync.moodle.client import MoodleClient
from latsar_sync.rules.confirming import confirm_by_reading
from latsar_sync.run.settling import settle_by_reading
from latsar_sync.store.entries import save_entries
from latsar_sync.store.leases import Lease
from latsar_sync.store.pushes import Push, settle, write_ahead

BATCH = 50


@dataclass(frozen=True, slots=True)
class Work:
    """One write that an entry needs, with what is needed to make it."""

    entry: Entry
    nip: str
    angkatan: Angkatan
    kind: PushKind


@dataclass(slots=True)
class Pushed:
    """What became of one course: entries as they are now, transitions by new state, rejections, and what stopped it."""

    course: TargetCourse
    entries: dict[str, Entry]
    moved: Counter[EntryState] = field(default_factory=Counter)
    rejected: int = 0
    problems: list[LatsarError] = field(default_factory=list)


class CoursePush:
    """The push of one programme into one in-class course. ``step`` is told each numbered step as it begins.

    ``claim`` is asked, after a group was made and before anybody is put into it, whether it is ours.
    """

    def __init__(
        self,
        client: MoodleClient,
        lease: Lease,
        programme: str,
        run_id: int,
        clock: Callable[[], datetime],
        step: Callable[[PushKind | None, int], None],
        claim: Callable[[Angkatan, TargetCourse], bool],
    ) -> None:
        self._client = client
        self._lease = lease
        self._programme = programme
        self._run_id = run_id
        self._clock = clock
        self._step = step
        self._claim = claim

    def push(self, course: TargetCourse, work: Sequence[Work]) -> Pushed:
        """Make the writes of ``work`` and return where everybody stands; problems of the course are returned too.

        Raise LeaseLost if the lease went; nothing is sent or recorded after that.
        """
        done = Pushed(course, {item.entry.participant_id: item.entry for item in work})
        try:
            work = self._make_groups(done, work)
            enrolments = [item for item in work if item.kind is PushKind.ENROL]
            if enrolments and self._sent_enrolments(done, enrolments):
                self._read_back(done, work, sent=enrolments)
            memberships = self._memberships(done, work)
            if memberships:
                self._step(PushKind.MEMBERSHIP, len(memberships))
                self._send_all(done, memberships, self._add_members)
                self._read_back(done, work, sent=())
        except LeaseLost:
            raise
        except LatsarError as error:
            done.problems.append(error)
        return done

    def _sent_enrolments(self, done: Pushed, enrolments: Sequence[Work]) -> bool:
        """Send the enrolments; say whether any may have arrived. A refusal does not stop who only needs the group."""
        try:
            target.require_manual_enrolment(done.course)
            self._step(PushKind.ENROL, len(enrolments))
            self._send_all(done, enrolments, self._enrol)
        except (SiteRefuses, ConfigurationError) as error:
            done.problems.append(error)
            return any(done.entries[each.entry.participant_id].state is EntryState.PUSHED for each in enrolments)
        return True

    def _make_groups(self, done: Pushed, work: Sequence[Work]) -> list[Work]:
        """Make the groups that are missing; return the work of the angkatan that have one of their own."""
        all_angkatan = {item.angkatan.id: item.angkatan for item in work}
        theirs = set(done.course.groups)
        for angkatan in all_angkatan.values():
            if angkatan.id not in theirs:
                try:
                    self._make_group(done, angkatan)
                except (SiteRefuses, ConfigurationError, WriteUnknown) as error:
                    done.problems.append(error)  # this angkatan stops, the others of the course go on
                else:
                    theirs |= {angkatan.id} if self._claim(angkatan, done.course) else set()
        return [item for item in work if item.angkatan.id in theirs]

    def _make_group(self, done: Pushed, angkatan: Angkatan) -> None:
        self._step(PushKind.GROUP, 1)
        course = done.course
        push = Push(PushKind.GROUP, angkatan.id, course.site, course.course_id)
        [push_id] = self._write_ahead([push])
        self._lease.check()
        try:
            group_id = target.make_group(self._client, course, angkatan)
        except LatsarError as error:
            self._settle([push_id], _state_after(error), error)
            raise
        self._settle([push_id], PushState.CONFIRMED)
        made = {**course.idnumbers, angkatan.id: angkatan.group_idnumber}
        done.course = replace(course, groups={**course.groups, angkatan.id: group_id}, idnumbers=made)

    def _memberships(self, done: Pushed, work: Sequence[Work]) -> list[Work]:
        """Return who is in the course now and in none of the groups."""
        found = []
        for item in work:
            entry = done.entries[item.entry.participant_id]
            sent = item.kind is PushKind.ENROL
            _, kind = confirm_by_reading(entry, item.nip, item.angkatan, done.course, sent)
            if kind is PushKind.MEMBERSHIP:
                found.append(replace(item, entry=entry, kind=kind))
        return found

    def _send_all(self, done: Pushed, work: Sequence[Work], call: Callable[[Pushed, Sequence[Work]], None]) -> None:
        """Send batch by batch; after a write without an answer nothing more is sent before reading back."""
        for batch in chunks(work, BATCH):
            push_ids = self._write_ahead([_push(done.course, item) for item in batch])
            try:
                self._send(done, batch, push_ids, call)
            except WriteUnknown as error:
                done.problems.append(error)
                return

    def _send(
        self,
        done: Pushed,
        batch: Sequence[Work],
        push_ids: Sequence[int],
        call: Callable[[Pushed, Sequence[Work]], None],
    ) -> None:
        """Send one batch; a rejected one is halved until the bad row stands alone, and the rest goes through.

        What is not sent any more after an error is settled as not sent.
        """
        self._lease.check()
        try:
            call(done, batch)
        except RecordRejected as error:
            if len(batch) > 1:
                middle = len(batch) // 2
                try:
                    self._send(done, batch[:middle], push_ids[:middle], call)
                except LeaseLost:
                    raise
                except LatsarError as stopped:
                    self._settle(push_ids[middle:], PushState.NOT_SENT, stopped)
                    raise
                self._send(done, batch[middle:], push_ids[middle:], call)
                return
            done.rejected += 1
            self._settle(push_ids, PushState.REJECTED, error, done, _rejected(done, batch, error))
        except LatsarError as error:
            marked = _marked(done, batch, "push_unknown") if isinstance(error, WriteUnknown) else []
            self._settle(push_ids, _state_after(error), error, done, marked)
            raise
        else:
            self._settle(push_ids, PushState.ACKNOWLEDGED, None, done, _acknowledged(done, batch))

    def _enrol(self, done: Pushed, batch: Sequence[Work]) -> None:
        roles = {item.entry.target_user_id or 0: item.angkatan.role_id or 0 for item in batch}
        target.enrol(self._client, done.course.course_id, roles)

    def _add_members(self, done: Pushed, batch: Sequence[Work]) -> None:
        groups = {item.entry.target_user_id or 0: done.course.groups[item.angkatan.id] for item in batch}
        target.add_members(self._client, groups)

    def _read_back(self, done: Pushed, work: Sequence[Work], sent: Sequence[Work]) -> None:
        """Read the course and let it decide: who is there is settled.

        Who of the enrolments ``sent`` just now was acknowledged and is not there goes back to ``planned``: the answer
        was no proof.
        """
        self._step(None, len(work))
        done.course = target.read_people(self._client, done.course)
        just_sent = {item.entry.participant_id for item in sent}
        entries = []
        for item in work:
            entry = done.entries[item.entry.participant_id]
            if not target.can_tell(done.course, entry.target_user_id, item.nip):
                entries.append(entry)
                continue
            absent = entry.target_user_id not in done.course.enrolled
            if absent and entry.state is EntryState.PUSHED and entry.participant_id in just_sent:
                entry = entry._replace(state=EntryState.PLANNED, reason="push_unknown", origin=None)
            elif not (absent and entry.state is EntryState.REVIEW):
                entry, _ = confirm_by_reading(
                    entry, item.nip, item.angkatan, done.course, sent=item.kind is PushKind.ENROL
                )
            entries.append(entry)
        with self._lease.writing() as connection:
            self._save(connection, done, entries)
            settle_by_reading(connection, self._programme, [done.course], self._clock(), self._run_id)

    def _write_ahead(self, pushes: Sequence[Push]) -> list[int]:
        with self._lease.writing() as connection:
            return write_ahead(connection, self._programme, pushes, self._run_id, self._clock())

    def _settle(
        self,
        push_ids: Sequence[int],
        state: PushState,
        error: LatsarError | None = None,
        done: Pushed | None = None,
        entries: Sequence[Entry] = (),
    ) -> None:
        with self._lease.writing() as connection:
            settle(connection, push_ids, state, self._clock(), str(error) if error else None)
            if done is not None:
                self._save(connection, done, entries)

    def _save(self, connection: Connection, done: Pushed, entries: Sequence[Entry]) -> None:
        save_entries(connection, self._programme, done.entries, entries, self._clock(), self._run_id)
        done.moved.update(
            entry.state for entry in entries if entry.state is not done.entries[entry.participant_id].state
        )
        done.entries.update({entry.participant_id: entry for entry in entries})


def _push(course: TargetCourse, item: Work) -> Push:
    group = course.groups[item.angkatan.id] if item.kind is PushKind.MEMBERSHIP else None
    role = item.angkatan.role_id if item.kind is PushKind.ENROL else None
    user = item.entry.target_user_id
    return Push(item.kind, item.entry.participant_id, course.site, course.course_id, user, group, role)


def _state_after(error: LatsarError) -> PushState:
    """A refusal proves that nothing was done; a write without an answer proves nothing."""
    return PushState.UNKNOWN if isinstance(error, WriteUnknown) else PushState.REJECTED


def _marked(done: Pushed, batch: Sequence[Work], reason: str) -> list[Entry]:
    return [done.entries[item.entry.participant_id]._replace(reason=reason) for item in batch]


def _rejected(done: Pushed, batch: Sequence[Work], error: RecordRejected) -> list[Entry]:
    """Say why Moodle will not have somebody; an unconfirmed account may show only now, where its state is not told."""
    if error.errorcode != "usernotconfirmed":
        return _marked(done, batch, "push_rejected")
    return [
        entry._replace(state=EntryState.REVIEW, reason="target_account_unconfirmed")
        for entry in (done.entries[item.entry.participant_id] for item in batch)
    ]


def _acknowledged(done: Pushed, batch: Sequence[Work]) -> list[Entry]:
    """Moodle said yes: ``planned`` becomes ``pushed``. Who only needed the group had been found there."""
    return [
        entry._replace(
            state=EntryState.PUSHED,
            reason=None,
            origin=Origin.PUSHED if item.kind is PushKind.ENROL else entry.origin or Origin.FOUND,
            lifted=False,
        )
        for item in batch
        for entry in [done.entries[item.entry.participant_id]]
    ]
