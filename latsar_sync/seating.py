"""The in-class side of a walk: which classes to read, who sits where, and which writes that needs.

Reads the target sites; decides nothing itself, ``roster`` does. Writes nothing.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice

from latsar_sync import admission, roster, seats
from latsar_sync.errors import LatsarError, SiteUnavailable
from latsar_sync.language import _
from latsar_sync.model import Account, Angkatan, Entry, EntryState, Outcome, PushKind, TargetCourse
from latsar_sync.moodle import target
from latsar_sync.moodle.client import MoodleClient
from latsar_sync.push import Work
from latsar_sync.records import Acts, Record
from latsar_sync.store.rosters import OpenPush

CourseKey = tuple[str, str]
"""Site and course as configured: one in-class course."""

LOOKED_UP = frozenset({EntryState.PLANNED, EntryState.PUSHED, EntryState.REVIEW, EntryState.WAITLISTED})
"""States whose people are looked up on the target site; the confirmed only when everything is read."""


@dataclass(frozen=True, slots=True)
class Placed:
    """The roster after placement and comparison with the classes: all entries, and the writes that they need."""

    entries: Mapping[str, Entry]
    work: tuple[Work, ...]


@dataclass(slots=True)
class Seating:
    """One programme's classes and the people who may sit in them.

    ``records`` is everybody by internal id; ``listed`` maps NIP to angkatan id for ``placement = "list"``;
    ``acts`` are what named persons decided; ``only`` is the internal id of the one participant that a run is about;
    ``closed`` sites are not asked. ``courses`` and ``problems`` fill up in ``read``; ``stopped`` are the angkatan whose
    group or class could not be read.
    """

    cohorts: tuple[Angkatan, ...]
    placement: seats.Placement
    records: Mapping[str, Record]
    entries: Mapping[str, Entry]
    open_pushes: tuple[OpenPush, ...]
    clients: Mapping[str, MoodleClient]
    closed: Mapping[str, str]
    listed: Mapping[str, str] = field(default_factory=dict)
    acts: Acts = field(default_factory=Acts)
    only: str | None = None
    courses: dict[CourseKey, TargetCourse] = field(default_factory=dict)
    problems: list[LatsarError] = field(default_factory=list)
    stopped: set[str] = field(default_factory=set)
    _looked_up: dict[tuple[str, str], dict[str, tuple[Account, ...]]] = field(default_factory=dict)

    def read(self, whole: bool, step: Callable[[int], None]) -> None:
        """Read every class in which something is planned, sent or open, or all of them (rule 10).

        A class that cannot be read stops its own angkatan; the others go on.
        """
        tentative = {**self.entries, **self._place({}, {})}
        anywhere = self.placement.kind == "first_qualified" and any(map(_needs_reading, tentative.values()))
        for key, cohorts in self._classes().items():
            waiting = [entry for entry in tentative.values() if self._belongs(entry, cohorts) and _needs_reading(entry)]
            if whole or anywhere or waiting or self._has_open(key, cohorts):
                step(len(waiting))
                try:
                    self._read_class(key, cohorts, tentative.values(), whole)
                except LatsarError as error:
                    self.problems.append(error)
                    self.stopped.update(cohort.id for cohort in cohorts)

    def place(self) -> Placed:
        """Seat everybody who may sit, compare with the classes as read, and return the roster and the writes.

        Nobody is newly seated in a class that was not read.
        """
        changed = self._place(self._foreign(), self._seated())
        read = {cohort.id for cohort, _ in self._read_cohorts()}
        entries = dict(self.entries)
        for participant_id, entry in changed.items():
            if entry.angkatan in read or not _newly_planned(self.entries.get(participant_id), entry):
                entries[participant_id] = entry
        work = []
        for cohort, course in self._read_cohorts():
            for entry in [each for each in entries.values() if self._belongs(each, [cohort])]:
                now, item = self._compare(entry, cohort, course)
                entries[now.participant_id] = now
                work += [item] if item else []
        return Placed(entries, tuple(work))

    def _read_class(self, key: CourseKey, cohorts: list[Angkatan], entries: Iterable[Entry], whole: bool) -> None:
        if key[0] in self.closed:
            raise SiteUnavailable(
                _("{site} is left alone for now: {reason}").format(site=key[0], reason=self.closed[key[0]])
            )
        course, taken = target.read_course(self.clients[key[0]], key[1], cohorts)
        self.problems += taken.values()
        self.stopped.update(taken)
        self.courses[key] = target.with_accounts(course, self._accounts(key[0], cohorts, entries, whole))

    def _read_cohorts(self) -> list[tuple[Angkatan, TargetCourse]]:
        """Return the angkatan whose class and group were read, each with its class."""
        return [
            (cohort, course)
            for key, course in self.courses.items()
            for cohort in self._classes()[key]
            if cohort.id not in self.stopped
        ]

    def _compare(self, entry: Entry, cohort: Angkatan, course: TargetCourse) -> tuple[Entry, Work | None]:
        """Return where one person truly stands, and the write that is needed and allowed."""
        record = self.records[entry.participant_id]
        nip, outcome = record.participant.nip, _outcome(record)
        sent = any(
            each.push.kind is PushKind.ENROL and each.push.subject == entry.participant_id for each in self.open_pushes
        )
        outcome = Outcome.QUALIFIED if entry.participant_id in self.acts.admitted else outcome
        if outcome is Outcome.UNDETERMINED and entry.origin is None and not sent:
            return entry, None  # who cannot be told for sure is not looked for
        now, kind = roster.reconcile(entry, nip, cohort, course, sent)
        if now.state is EntryState.PLANNED:
            now = seats.hold_back(now, cohort, self.placement, outcome)
        if kind is None or nip is None or now.reason in seats.NOT_SENT or outcome is Outcome.UNDETERMINED:
            return now, None
        return now, Work(now, nip, cohort, kind)

    def _place(self, foreign: Mapping[str, int], seated: Mapping[str, str]) -> dict[str, Entry]:
        admitted = self.acts.admitted
        candidates = [self._candidate(record, seated, admitted) for record in self.records.values()]
        pinned = {each.push.subject for each in self.open_pushes}
        changed = seats.place(candidates, self.entries, self.cohorts, self.placement, foreign, pinned)
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
            moved=self.acts.moves.get(participant.id),
            lacks=admission.gates_lacking(decision) if decision else frozenset(),
        )

    def _classes(self) -> dict[CourseKey, list[Angkatan]]:
        classes: dict[CourseKey, list[Angkatan]] = {}
        for cohort in self.cohorts:
            if cohort.site is not None and cohort.course is not None:
                classes.setdefault((cohort.site, cohort.course), []).append(cohort)
        return classes

    def _belongs(self, entry: Entry, cohorts: Iterable[Angkatan]) -> bool:
        mine = self.only is None or entry.participant_id == self.only
        return mine and any(entry.angkatan == cohort.id for cohort in cohorts)

    def _has_open(self, key: CourseKey, cohorts: Iterable[Angkatan]) -> bool:
        if self.only is not None:
            return False
        subjects = {entry.participant_id for entry in self.entries.values() if self._belongs(entry, cohorts)}
        subjects |= {cohort.id for cohort in cohorts}
        return any(each.push.site == key[0] and each.push.subject in subjects for each in self.open_pushes)

    def _accounts(
        self, site: str, cohorts: Iterable[Angkatan], entries: Iterable[Entry], whole: bool
    ) -> dict[str, tuple[Account, ...]]:
        """Return the accounts of everybody who may end up in one of the cohorts, by NIP.

        With ``first_qualified`` a seat taken by somebody else moves people between angkatan, so anybody may.
        """
        states = LOOKED_UP | ({EntryState.CONFIRMED} if whole else frozenset())
        anybody = self.placement.kind == "first_qualified" and self.only is None
        looked_for = [entry for entry in entries if entry.state in states]
        found: dict[str, tuple[Account, ...]] = {}
        for key in {cohort.target_key for cohort in cohorts}:
            mine = [cohort for cohort in cohorts if cohort.target_key == key]
            nips = {
                self.records[entry.participant_id].participant.nip
                for entry in looked_for
                if anybody or self._belongs(entry, mine)
            }
            found |= self._look_up(site, key, {nip for nip in nips if nip is not None})
        return found

    def _look_up(self, site: str, key: str, nips: set[str]) -> dict[str, tuple[Account, ...]]:
        """Ask the site for the NIPs that were not asked before; return the accounts of all of them."""
        known = self._looked_up.setdefault((site, key), {})
        unknown = nips - known.keys()
        if unknown:
            accounts = target.read_accounts(self.clients[site], key, unknown | self._known_to_be_there(site))
            known |= {nip: accounts.get(nip, ()) for nip in unknown}
        return {nip: known[nip] for nip in nips}

    def _known_to_be_there(self, site: str) -> set[str]:
        """Return a few people whose accounts were found before: if they are not found now, rights were lost."""
        found = (
            self.records[entry.participant_id].participant.nip
            for entry in self.entries.values()
            if entry.site == site and entry.state is EntryState.CONFIRMED
        )
        return set(islice((nip for nip in found if nip is not None), target.TOO_MANY_TO_BE_ABSENT))

    def _seated(self) -> dict[str, str]:
        """Return who already sits, active, in the group of an angkatan: its id by participant id."""
        owners = {
            record.participant.nip: record.participant.id for record in self.records.values() if record.participant.nip
        }
        seated = {}
        for cohort, course in self._read_cohorts():
            group = course.groups.get(cohort.id)
            for nip, accounts in course.accounts.items():
                people = [course.enrolled.get(account.user_id) for account in accounts]
                if any(person is not None and person.active and group in person.group_ids for person in people):
                    seated[owners[nip]] = cohort.id
        return seated

    def _foreign(self) -> dict[str, int]:
        """Count, per angkatan read, the students in its group who are no participants of this programme."""
        counts = {}
        for cohort, course in self._read_cohorts():
            ours = {account.user_id for accounts in course.accounts.values() for account in accounts}
            ours |= {entry.target_user_id for entry in self.entries.values() if entry.target_user_id}
            ours |= {each.target_user_id for each in self.acts.left_behind if each.site == course.site}
            counts[cohort.id] = roster.foreign_students(cohort, course, frozenset(ours))
        return counts


def _newly_planned(before: Entry | None, entry: Entry) -> bool:
    if entry.state is not EntryState.PLANNED:
        return False
    return before is None or (before.state, before.angkatan) != (entry.state, entry.angkatan)


def _needs_reading(entry: Entry) -> bool:
    if entry.state is EntryState.REVIEW:
        return entry.reason in roster.MENDABLE - roster.UNPLACED
    return entry.state in (EntryState.PLANNED, EntryState.PUSHED)


def _outcome(record: Record) -> Outcome:
    return record.decision.outcome if record.decision else Outcome.UNDETERMINED
