"""The in-class side of a walk: which classes to read, who sits where, and which writes that needs.

Reads the target sites; decides nothing itself, ``roster`` does. Writes nothing.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice

from latsar_sync.domain.errors import ConfigurationError, LatsarError, SiteRefuses, SiteUnavailable
from latsar_sync.domain.language import _
from latsar_sync.domain.model import (
    Angkatan,
    Decision,
    Entry,
    EntryState,
    Gate,
    Outcome,
    PushKind,
    TargetAccount,
    TargetCourse,
)
from latsar_sync.domain.records import Actions, Finding, Record
from latsar_sync.moodle import target
from latsar_sync.moodle.client import MoodleClient
from latsar_sync.rules import admission, course_changes, identity, roster, sitting
from latsar_sync.rules import placement as seats
from latsar_sync.rules.course_changes import CourseChange
from latsar_sync.run.push import Work
from latsar_sync.store.rosters import OpenPush

CourseKey = tuple[str, str]
"""Site and course as configured: one in-class course."""

LOOKED_UP = frozenset({EntryState.PLANNED, EntryState.PUSHED, EntryState.REVIEW, EntryState.WAITLISTED})
"""States whose people are looked up on the target site; the others only when everything is read."""

SETTLED = frozenset({EntryState.PUSHED, EntryState.CONFIRMED, EntryState.REVIEW})
"""States whose people keep their seat whoever sits where."""


@dataclass(frozen=True, slots=True)
class Placed:
    """The roster after placement and comparison with the classes: all entries, and the writes that they need."""

    entries: Mapping[str, Entry]
    work: tuple[Work, ...]


@dataclass(slots=True)
class Seating:
    """One programme's classes and the people who may sit in them.

    ``records`` is everybody by internal id; ``listed`` maps NIP to angkatan id for ``placement = "list"``;
    ``actions`` are what named persons decided; ``only`` is the internal id of the one participant that a run is about;
    ``closed`` sites are not asked; ``others`` are the angkatan of other programmes; ``renamed`` those whose NIP is
    another one since the last run. ``courses``, ``problems`` and ``unreadable`` (findings) fill up in ``read``;
    ``stopped`` are the angkatan whose group or class could not be read.
    """

    all_angkatan: tuple[Angkatan, ...]
    placement: seats.Placement
    records: Mapping[str, Record]
    entries: Mapping[str, Entry]
    open_pushes: tuple[OpenPush, ...]
    clients: Mapping[str, MoodleClient]
    closed: Mapping[str, str]
    listed: Mapping[str, str] = field(default_factory=dict)
    actions: Actions = field(default_factory=Actions)
    only: str | None = None
    others: tuple[Angkatan, ...] = ()
    renamed: frozenset[str] = frozenset()
    courses: dict[CourseKey, TargetCourse] = field(default_factory=dict)
    problems: list[LatsarError] = field(default_factory=list)
    unreadable: list[Finding] = field(default_factory=list)
    stopped: set[str] = field(default_factory=set)
    remarks: list[str] = field(default_factory=list)
    _without_classes: dict[str, Entry] | None = None
    _looked_up: dict[tuple[str, str], dict[str, tuple[TargetAccount, ...]]] = field(default_factory=dict)
    _of_everybody: dict[tuple[str, frozenset[str]], dict[str, tuple[TargetAccount, ...]]] = field(default_factory=dict)
    _witnesses: dict[str, set[str]] = field(default_factory=dict)
    _unread_keys: set[str] = field(default_factory=set)

    def read(self, whole: bool, step: Callable[[int], None]) -> None:
        """Read every class in which something is planned, sent or open, or all of them (rule 10).

        A class that cannot be read stops its own angkatan; the others go on.
        """
        if self.renamed:
            marked = {who: roster.to_be_compared(self.entries[who]) for who in self.renamed & self.entries.keys()}
            self.entries = {**self.entries, **marked}
        self._without_classes = self._place(self.entries, {}, {})
        tentative = {**self.entries, **self._without_classes}
        anywhere = self.placement.kind == "first_qualified" and any(map(roster.needs_reading, tentative.values()))
        rows = self._by_angkatan(tentative.values())
        open_classes = self._open_classes()
        for key, these in self._classes().items():
            waiting = sum(roster.needs_reading(entry) for angkatan in these for entry in rows.get(angkatan.id, ()))
            if whole or anywhere or waiting or any((key[0], angkatan.id) in open_classes for angkatan in these):
                step(waiting)
                try:
                    self._read_class(key, these, tentative.values(), rows, whole)
                except LatsarError as error:
                    self.problems.append(error)
                    self.stopped.update(angkatan.id for angkatan in these)
                    if isinstance(error, SiteRefuses | ConfigurationError):
                        self.unreadable += course_changes.unreadable(*key, these, self.entries.values())

    def changes(self) -> list[CourseChange]:
        """Return what each class as read would do to all who were seen in it before; nothing is settled by it."""
        rows: dict[str | None, list[Entry]] = {}
        for entry in self.entries.values():
            rows.setdefault(entry.angkatan, []).append(entry)
        people: dict[int, list[tuple[Angkatan, list[Entry]]]] = {}
        for angkatan, course in self.read_angkatan():
            mine = [each for each in rows.get(angkatan.id, ()) if self._can_tell(course, each)]
            people.setdefault(id(course), []).append((angkatan, mine))
        return [
            course_changes.change_of(course, people.get(id(course), ()), self._nip) for course in self.courses.values()
        ]

    def place(self, gone: Mapping[str, Entry] | None = None) -> Placed:
        """Seat everybody who may sit, compare with the classes as read, and return the roster and the writes.

        Nobody is newly seated in a class that was not read. Whom a manager put back sits before anybody new, and a seat
        that one made free is given in the same run. ``gone`` are withdrawn besides, so their seats are free.
        """
        sent = {each.push.subject for each in self.open_pushes if each.push.kind is PushKind.ENROL}
        back = {**(gone or {}), **self._decided_by_managers(sent)}
        standing = {**self.entries, **back} if back else self.entries
        foreign, seated = self._sitting(standing)
        changed = self._without_classes
        unsettled = any(who not in standing or standing[who].state not in SETTLED for who in seated)
        if changed is None or back or unsettled or any(foreign.values()):
            changed = self._place(standing, foreign, seated)
        read = {angkatan.id for angkatan, _ in self.read_angkatan()}
        entries = dict(standing)
        for participant_id, entry in changed.items():
            if entry.angkatan in read or not _newly_planned(standing.get(participant_id), entry):
                entries[participant_id] = entry
        rows, admitted = self._by_angkatan(entries.values()), self.actions.admitted
        work = []
        for angkatan, course in self.read_angkatan():
            for entry in rows.get(angkatan.id, ()):
                now, item = self._compare(entry, angkatan, course, entry.participant_id in sent, admitted)
                entries[now.participant_id] = now
                work += [item] if item else []
        for who in identity.taken_twice(entries.values(), self.entries, self.actions.accounts):
            entries[who] = entries[who].having(state=EntryState.REVIEW, reason="target_account_taken")
            work = [each for each in work if each.entry.participant_id != who]
        return self._within_capacity(entries, work, foreign, seated)

    def _read_class(
        self,
        key: CourseKey,
        these: list[Angkatan],
        everybody: Iterable[Entry],
        rows: Mapping[str | None, list[Entry]],
        whole: bool,
    ) -> None:
        if key[0] in self.closed:
            raise SiteUnavailable(
                _("{site} is left alone for now: {reason}").format(site=key[0], reason=self.closed[key[0]])
            )
        others = [each for each in self.others if each.site == key[0]]
        expected = self._seated_in(key[0], these)
        course, taken = target.read_course(self.clients[key[0]], key[1], these, expected, others)
        self.problems += taken.values()
        self.stopped.update(taken)
        accounts = self._accounts(key[0], these, everybody, rows, whole)
        named = [number for site, number in self.actions.accounts.values() if site == key[0]]
        chosen = {identity.key_of_account(number): number for number in named}
        target.add_by_id(self.clients[key[0]], course, accounts, chosen)
        self.courses[key] = target.with_accounts(course, accounts, self._unread_keys)
        self._remark(course)

    def _remark(self, course: TargetCourse) -> None:
        """Say of whom in a class nothing could be read: where they stand is left as it was known."""
        names = {"site": course.site, "course": course.shortname}
        if not course.whole:
            text = _("{site}: the list of people of {course} is not shown to be whole; who is not in it is left alone.")
            self.remarks.append(text.format(**names))
        if course.unread:
            text = _("{site}: what {course} shows of these accounts cannot be read; they are left alone: {user_ids}.")
            self.remarks.append(text.format(**names, user_ids=", ".join(map(str, sorted(course.unread)))))

    def _seated_in(self, site: str, these: Iterable[Angkatan]) -> set[int]:
        """Return the accounts of those who were seen in one of these classes, or sent there."""
        here = {angkatan.id for angkatan in these}
        entries = (each for each in self.entries.values() if each.angkatan in here and each.site == site)
        return {
            each.target_user_id
            for each in entries
            if each.target_user_id is not None and each.origin is not None and each.state is not EntryState.WITHDRAWN
        }

    def read_angkatan(self) -> list[tuple[Angkatan, TargetCourse]]:
        """Return the angkatan whose class and group were read, each with its class."""
        classes = self._classes()
        return [
            (angkatan, course)
            for key, course in self.courses.items()
            for angkatan in classes[key]
            if angkatan.id not in self.stopped
        ]

    def _compare(
        self, entry: Entry, angkatan: Angkatan, course: TargetCourse, sent: bool, admitted: frozenset[str]
    ) -> tuple[Entry, Work | None]:
        """Return where one person truly stands, and the write that is needed and allowed.

        ``sent`` says that an enrolment of this person was sent before and is not settled; ``admitted`` are those whom
        a named person admits.
        """
        record = self.records[entry.participant_id]
        nip, outcome = self._nip(entry.participant_id), _outcome(record)
        outcome = Outcome.QUALIFIED if entry.participant_id in admitted else outcome
        if outcome is Outcome.UNDETERMINED and entry.origin is None and not sent:
            return entry, None  # who cannot be told for sure is not looked for
        if not self._can_tell(course, entry):
            return entry, None  # nobody is sent, or believed gone, for a record that cannot be read
        now, kind = roster.reconcile(entry, nip, angkatan, course, sent)
        if now.state is EntryState.PLANNED:
            now = seats.hold_back(now, angkatan, self.placement, outcome)
        if kind is None or nip is None or now.reason in seats.NOT_SENT or outcome is Outcome.UNDETERMINED:
            return now, None
        return now, Work(now, nip, angkatan, kind)

    def _place(
        self, entries: Mapping[str, Entry], foreign: Mapping[str, int], seated: Mapping[str, str]
    ) -> dict[str, Entry]:
        admitted = self.actions.admitted
        people = (record for record in self.records.values() if record.participant.merged_into is None)
        candidates = (self._candidate(record, seated, admitted) for record in people)
        pinned = {each.push.subject for each in self.open_pushes}
        changed = seats.place(candidates, entries, self.all_angkatan, self.placement, foreign, pinned)
        if self.only is None:
            return changed
        return {self.only: changed[self.only]} if self.only in changed else {}

    def _candidate(self, record: Record, seated: Mapping[str, str], admitted: frozenset[str]) -> seats.Candidate:
        participant, decision = record.participant, record.decision
        return seats.Candidate(
            participant_id=participant.id,
            outcome=_outcome(record),
            order_id=participant.person.user_id,
            reached_at=decision.reached_at if decision else None,
            score=decision.score if decision else None,
            groups=participant.person.groups,
            listed=self.listed.get(participant.nip or ""),
            seated=seated.get(participant.id),
            admitted=participant.id in admitted,
            moved=self.actions.moves.get(participant.id),
            lacks=_lacks(decision),
        )

    def _classes(self) -> dict[CourseKey, list[Angkatan]]:
        classes: dict[CourseKey, list[Angkatan]] = {}
        for angkatan in self.all_angkatan:
            if angkatan.site is not None and angkatan.course is not None:
                classes.setdefault((angkatan.site, angkatan.course), []).append(angkatan)
        return classes

    def _by_angkatan(self, entries: Iterable[Entry]) -> dict[str | None, list[Entry]]:
        """Return the entries that this run is about, by their angkatan."""
        rows: dict[str | None, list[Entry]] = {}
        for entry in entries:
            if self.only is None or entry.participant_id == self.only:
                rows.setdefault(entry.angkatan, []).append(entry)
        return rows

    def _open_classes(self) -> set[tuple[str, str | None]]:
        """Return site and angkatan of every push that no reading has settled: its subject is a person or a group."""
        if self.only is not None:
            return set()
        found: set[tuple[str, str | None]] = set()
        for each in self.open_pushes:
            subject, entry = each.push.subject, self.entries.get(each.push.subject)
            found.add((each.push.site, entry.angkatan if entry else subject))
        return found

    def _accounts(
        self,
        site: str,
        these: Iterable[Angkatan],
        everybody: Iterable[Entry],
        rows: Mapping[str | None, list[Entry]],
        whole: bool,
    ) -> dict[str, tuple[TargetAccount, ...]]:
        """Return the accounts of everybody who may end up in one of the angkatan, by NIP.

        With ``first_qualified`` a seat taken by somebody else moves people between angkatan, so anybody may.
        """
        states = LOOKED_UP | (frozenset({EntryState.CONFIRMED, EntryState.WITHDRAWN}) if whole else frozenset())
        keys = frozenset(angkatan.target_key for angkatan in these)
        anybody = self.placement.kind == "first_qualified" and self.only is None
        if anybody and (site, keys) in self._of_everybody:
            return self._of_everybody[site, keys]
        found: dict[str, tuple[TargetAccount, ...]] = {}
        for key in keys:
            mine = (entry for each in these if each.target_key == key for entry in rows.get(each.id, ()))
            nips = {
                self.records[entry.participant_id].participant.nip
                for entry in (everybody if anybody else mine)
                if entry.state in states or entry.reason == roster.NIP_CHANGED
            }
            found |= self._look_up(site, key, {nip for nip in nips if nip is not None})
        if anybody:
            self._of_everybody[site, keys] = found  # one for all classes: each would hold everybody otherwise
        return found

    def _look_up(self, site: str, key: str, nips: set[str]) -> dict[str, tuple[TargetAccount, ...]]:
        """Ask the site for the NIPs that were not asked before; return the accounts of all of them."""
        known = self._looked_up.setdefault((site, key), {})
        unknown = {nip for nip in nips if nip not in known}  # a difference of sets would go through all that is known
        if unknown:
            asked, unread = unknown | self._known_to_be_there(site), self._unread_keys
            accounts = target.read_accounts(self.clients[site], key, asked, unread)
            known |= {nip: accounts.get(nip, ()) for nip in unknown}
        return {nip: known[nip] for nip in nips}

    def _known_to_be_there(self, site: str) -> set[str]:
        """Return a few people whose accounts were found before: if they are not found now, rights were lost."""
        if site not in self._witnesses:
            found = (
                self.records[entry.participant_id].participant.nip
                for entry in self.entries.values()
                if entry.site == site and entry.state is EntryState.CONFIRMED
            )
            self._witnesses[site] = set(islice((nip for nip in found if nip is not None), target.TOO_MANY_TO_BE_ABSENT))
        return self._witnesses[site]

    def _decided_by_managers(self, sent: Collection[str]) -> dict[str, Entry]:
        """Return whom managers took out of a class or put back into it, as they stand now: seats are given after it."""
        found = {}
        rows = self._by_angkatan(self.entries.values())
        for angkatan, course in self.read_angkatan():
            for entry in rows.get(angkatan.id, ()):
                seen = course.enrolled.get(entry.target_user_id or 0)
                left = entry.origin is not None and (seen is None or not seen.active)
                if not (left or entry.state is EntryState.WITHDRAWN) or not self._can_tell(course, entry):
                    continue
                was_sent = entry.participant_id in sent
                now, _ = roster.reconcile(entry, self._nip(entry.participant_id), angkatan, course, was_sent)
                if now != entry and EntryState.WITHDRAWN in (entry.state, now.state):
                    found[entry.participant_id] = now
        return found

    def _within_capacity(
        self, entries: dict[str, Entry], work: list[Work], others: Mapping[str, int], seated: Mapping[str, str]
    ) -> Placed:
        """Hold back what would put more people into a group than it has seats, however that came about."""
        taken = sitting.seats_taken(entries, others, seated)
        waiting: set[str] = set()
        for angkatan, _course in self.read_angkatan():
            mine = [each.entry for each in work if each.angkatan.id == angkatan.id]
            decisions = [(each, self.records[each.participant_id].decision) for each in mine]
            ready = [
                (each, said.score if said else None) for each, said in decisions if each.state is EntryState.PLANNED
            ]
            for entry in seats.beyond_capacity(angkatan.capacity, taken[angkatan.id], ready):
                entries[entry.participant_id] = entry
                waiting.add(entry.participant_id)
        return Placed(entries, tuple(each for each in work if each.entry.participant_id not in waiting))

    def _sitting(self, entries: Mapping[str, Entry]) -> tuple[dict[str, int], dict[str, str]]:
        by_nip = identity.owners(each.participant for each in self.records.values())
        by_nip |= {identity.key_of_account(user_id): who for who, (_site, user_id) in self.actions.accounts.items()}
        owners, classes = sitting.Owners(by_nip), self.read_angkatan()
        unknown = owners.strangers(classes)
        for each in self.actions.left_behind:
            owners.leave(each.site, each.course_id, each.target_user_id, each.participant_id)
        for who, entry in entries.items():
            if (entry.site, entry.target_user_id) in unknown:
                owners.place(entry.site, entry.target_user_id, who)
        return sitting.sitting(classes, entries, owners)

    def _can_tell(self, course: TargetCourse, entry: Entry) -> bool:
        return target.can_tell(course, entry.target_user_id, self._nip(entry.participant_id))

    def _nip(self, participant_id: str) -> str | None:
        """Return by what somebody's account is found: their NIP, unless a person said which account is theirs."""
        chosen = self.actions.accounts.get(participant_id)
        return identity.key_of_account(chosen[1]) if chosen else self.records[participant_id].participant.nip


def _lacks(decision: Decision | None) -> frozenset[Gate]:
    """Return the gates that a ``not_yet`` is about; placement asks that of no other decision."""
    asked = decision is not None and decision.outcome is Outcome.NOT_YET
    return admission.gates_lacking(decision) if decision and asked else frozenset()


def _newly_planned(before: Entry | None, entry: Entry) -> bool:
    if entry.state is not EntryState.PLANNED:
        return False
    return before is None or (before.state, before.angkatan) != (entry.state, entry.angkatan)


def _outcome(record: Record) -> Outcome:
    return record.decision.outcome if record.decision else Outcome.UNDETERMINED
