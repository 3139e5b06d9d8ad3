"""Whatever people do on either site between two runs, no run does what the rules forbid, and what they demand is done.

The oracle reads the campus and knows the rules (docs/rules.md) alone; of the service it asks the roster as shown.
"""

import inspect
import os
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, Phase, event, example, given, note, settings
from hypothesis import strategies as st
from service import KnownCampus, Service, ServiceFactory, default_angkatan, moved_to

from latsar_sync.demo import Campus, Site, seed_large
from latsar_sync.demo.records import STUDENT, TRACKING_AUTOMATIC
from latsar_sync.domain import packed as packed_values
from latsar_sync.domain import packs
from latsar_sync.domain.request import RunOutcome
from latsar_sync.run.pipeline import ProgrammeResult
from latsar_sync.store import known_people, listings

NOW = 1_780_000_000
SEATS = {"1": 6, "2": 5}
MOOC = "MOOC-LATSAR"
LIMIT = Decimal(70)
EXAMPLES = int(os.environ.get("LATSAR_CHANGES", "0"))
"""Others, and more, are tried by hand: LATSAR_CHANGES=500 scripts/test tests/integration/run/test_changing_world.py."""

WORLDS = 7
"""In how many examples every kind of change happens once."""

Member = tuple[str, int]
"""An in-class course by its short name, and a user id there."""


class Seen(NamedTuple):
    """How an in-class site stands: who is enrolled how, with which roles, and who is in which group."""

    rows: frozenset[tuple[str, int, str, bool, int, int]]
    roles: frozenset[tuple[str, int, int]]
    members: frozenset[tuple[str, str, int]]
    groups: frozenset[tuple[str, str]]

    @property
    def enrolled(self) -> set[Member]:
        """Everybody in any of the courses, active or not."""
        return {(course, user) for course, user, *_ in self.rows}


@pytest.fixture(autouse=True, scope="module")
def packed() -> Iterator[None]:
    """Hold what is known, read and planned packed, as in a large programme: whatever happens, it is judged alike."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(packed_values, "MANY", 1)
        patch.setattr(known_people, "PACKED_FROM", 1)
        patch.setattr(packs, "TOGETHER", 3)
        patch.setattr(packs, "IN_HAND", 2)
        yield


def seed_two_courses(mooc: Site, kelas: Site, now: int) -> None:
    """Seed two courses of eight, of whom most passed."""
    seed_large(mooc, kelas, NOW, participants=16, groups=2)


def plain(number: str) -> str:
    """Return the digits of a NIP, however it was typed."""
    return re.sub(r"\D", "", number)


@dataclass
class World:
    """Both sites, what can happen there, and what the rules say of it. ``number`` chooses whom it happens to."""

    campus: Campus
    seen: set[Member] = field(default_factory=set)
    """Whom any run saw in a course."""
    grouped: set[tuple[str, str, int]] = field(default_factory=set)
    """Whom any run saw in a course's group."""
    had_qualified: set[int] = field(default_factory=set)
    """Who qualified, with a NIP of their own, when some run looked."""

    @property
    def mooc(self) -> Site:
        return self.campus.mooc

    @property
    def kelas(self) -> Site:
        return self.campus.kelas

    # What is there.

    def everybody(self) -> list[int]:
        return [user for user, person in self.mooc.users.items() if person.idnumber or person.username.isdigit()]

    def students(self) -> list[int]:
        return [user for user in self.everybody() if user in self.mooc.course(MOOC).enrolments]

    def somebody(self, number: int) -> int:
        return self.everybody()[number % len(self.everybody())]

    def grade(self, user: int) -> Decimal | None:
        quiz = self.mooc.module_named("EVAL-AKADEMIK").quiz
        assert quiz is not None
        row = quiz.grades.get(user)
        return None if row is None else row.final

    def required(self) -> list[int]:
        course = self.mooc.course(MOOC)
        return [m.cmid for m in course.modules if m.tracking and m.visible and m.idnumber != "EVAL-AKADEMIK"]

    def passed(self, user: int) -> bool:
        grade = self.grade(user)
        return (
            grade is not None
            and grade >= LIMIT
            and all(self.mooc.module(cmid).state_of(user) in (1, 2) for cmid in self.required())
        )

    def holders(self, nip: str) -> list[int]:
        return [user for user in self.students() if plain(self.mooc.users[user].idnumber) == nip]

    def qualified(self, user: int) -> bool:
        """Whether somebody enrolled passes, with a NIP that no other account of the course carries."""
        nip = plain(self.mooc.users[user].idnumber)
        return user in self.students() and len(nip) == 18 and self.holders(nip) == [user] and self.passed(user)

    def angkatan(self, user: int) -> str | None:
        groups = [group.name for group in self.mooc.course(MOOC).groups_of(user)]
        return groups[0].removeprefix("Angkatan ") if len(groups) == 1 else None

    def accounts(self, nip: str) -> list[int]:
        return [u.id for u in self.kelas.users.values() if not u.deleted and nip and plain(u.idnumber) == nip]

    def look(self) -> Seen:
        rows, roles, members, groups = set(), set(), set(), set()
        for angkatan in SEATS:
            course = self.kelas.course(f"KLS-{angkatan}")
            for user, enrolments in course.enrolments.items():
                rows |= {(course.shortname, user, e.method, e.suspended, e.timestart, e.timeend) for e in enrolments}
            roles |= {(course.shortname, user, role) for user, held in course.roles.items() for role in held}
            for group in course.groups.values():
                groups.add((course.shortname, group.name))
                members |= {(course.shortname, group.name, user) for user in group.members}
        return Seen(frozenset(rows), frozenset(roles), frozenset(members), frozenset(groups))

    # What happens in the MOOC.

    def finishes(self, number: int) -> None:
        user = self.somebody(number)
        for cmid in self.required():
            self.mooc.set_completion(user, cmid, 1)
        self.mooc.set_grade(user, self.mooc.module_named("EVAL-AKADEMIK").cmid, Decimal(75), overridden=True)

    def is_marked_down(self, number: int) -> None:
        user = self.somebody(number)
        self.mooc.set_grade(user, self.mooc.module_named("EVAL-AKADEMIK").cmid, Decimal(40), overridden=True)

    def grades_are_cleared(self, number: int) -> None:
        quiz = self.mooc.module_named("EVAL-AKADEMIK").quiz
        assert quiz is not None
        quiz.grades.clear()
        quiz.attempts.clear()

    def maximum_changes(self, number: int) -> None:
        quiz = self.mooc.module_named("EVAL-AKADEMIK").quiz
        assert quiz is not None
        quiz.maximum = [Decimal(100), Decimal("133.3"), Decimal("99.99999")][number % 3]

    def activity_is_added(self, number: int) -> None:
        self.mooc.add_module(MOOC, "page", f"Tambahan {number}", 1, "", TRACKING_AUTOMATIC, ("completionview",))

    def activity_is_hidden(self, number: int) -> None:
        required = self.required()
        self.mooc.hide_module(required[number % len(required)])

    def leaves_the_mooc(self, number: int) -> None:
        self.mooc.unenrol(MOOC, self.somebody(number))

    def comes_back(self, number: int) -> None:
        user = self.somebody(number)
        if user not in self.students():
            self.mooc.enrol(MOOC, user)
            self.mooc.add_member(MOOC, f"Angkatan {number % 2 + 1}", user)

    def changes_group(self, number: int) -> None:
        user = self.somebody(number)
        for group in self.mooc.course(MOOC).groups_of(user):
            self.mooc.remove_member(MOOC, group.name, user)
        self.mooc.add_member(MOOC, f"Angkatan {number % 2 + 1}", user)

    def nip_is_spelled_otherwise(self, number: int) -> None:
        person = self.mooc.users[self.somebody(number)]
        digits = plain(person.idnumber)
        person.idnumber = f"{digits[:8]} {digits[8:14]}\u200b {digits[14:15]}.{digits[15:]}"

    def two_swap_their_nips(self, number: int) -> None:
        one, other = self.mooc.users[self.somebody(number)], self.mooc.users[self.somebody(number + 1)]
        one.idnumber, other.idnumber = other.idnumber, one.idnumber

    def takes_anothers_nip(self, number: int) -> None:
        self.mooc.users[self.somebody(number)].idnumber = self.mooc.users[self.somebody(number + 1)].idnumber

    def gets_the_own_nip_back(self, number: int) -> None:
        person = self.mooc.users[self.somebody(number)]
        person.idnumber = person.username

    def loses_the_nip(self, number: int) -> None:
        self.mooc.users[self.somebody(number)].idnumber = ""

    # What happens in the course.

    def account_of(self, number: int) -> tuple[str, int] | None:
        """The course and the account there of somebody, by the angkatan that the MOOC says."""
        user = self.somebody(number)
        angkatan, accounts = self.angkatan(user), self.accounts(self.mooc.users[user].username)
        return (f"KLS-{angkatan}", accounts[0]) if angkatan and accounts else None

    def manager_unenrols(self, number: int) -> None:
        if (member := self.account_of(number)) is not None:
            self.kelas.unenrol(*member)

    def manager_makes_inactive(self, number: int) -> None:
        if (member := self.account_of(number)) is not None and member in self.look().enrolled:
            self.kelas.suspend_enrolment(*member)

    def manager_makes_active(self, number: int) -> None:
        if (member := self.account_of(number)) is not None and member in self.look().enrolled:
            self.kelas.suspend_enrolment(*member, suspended=False)

    def manager_puts_in(self, number: int) -> None:
        if (member := self.account_of(number)) is not None:
            self.kelas.enrol(*member)
            group = f"Angkatan {member[0].removeprefix('KLS-')}"
            if (member[0], group) in self.look().groups:
                self.kelas.add_member(member[0], group, member[1])

    def manager_takes_out_of_the_group(self, number: int) -> None:
        if (member := self.account_of(number)) is not None:
            for group in self.kelas.course(member[0]).groups_of(member[1]):
                self.kelas.remove_member(member[0], group.name, member[1])

    def role_is_taken(self, number: int) -> None:
        if (member := self.account_of(number)) is not None:
            self.kelas.course(member[0]).roles.get(member[1], set()).discard(STUDENT)

    def stranger_sits_in_the_group(self, number: int) -> None:
        course, group = f"KLS-{number % 2 + 1}", f"Angkatan {number % 2 + 1}"
        if (course, group) in self.look().groups:
            guest = self.kelas.add_user("Tamu", f"Nomor {number}", username=f"tamu{len(self.kelas.users)}")
            self.kelas.enrol(course, guest.id)
            self.kelas.add_member(course, group, guest.id)

    def group_is_deleted(self, number: int) -> None:
        course = self.kelas.course(f"KLS-{number % 2 + 1}")
        course.groups.clear()

    def enrolment_method_goes_off(self, number: int) -> None:
        self.kelas.set_manual_enrolment(f"KLS-{number % 2 + 1}", enabled=False)

    def enrolment_method_comes_on(self, number: int) -> None:
        for angkatan in SEATS:
            self.kelas.set_manual_enrolment(f"KLS-{angkatan}", enabled=True)

    def account_is_suspended(self, number: int) -> None:
        if (member := self.account_of(number)) is not None:
            self.kelas.suspend_user(member[1], not self.kelas.users[member[1]].suspended)

    def account_is_spelled_otherwise(self, number: int) -> None:
        if (member := self.account_of(number)) is not None:
            digits = plain(self.kelas.users[member[1]].idnumber)
            self.kelas.users[member[1]].idnumber = f"{digits[:8]} {digits[8:14]} {digits[14:15]} {digits[15:]}"

    def account_gets_anothers_nip(self, number: int) -> None:
        if (member := self.account_of(number)) is not None:
            self.kelas.users[member[1]].idnumber = self.mooc.users[self.somebody(number + 1)].username

    def account_gets_the_own_nip_back(self, number: int) -> None:
        for person in self.kelas.users.values():
            if person.username.isdigit():
                person.idnumber = person.username

    # What the rules say of a run.

    def before_a_run(self) -> None:
        self.had_qualified |= {user for user in self.students() if self.qualified(user)}

    def after_a_run(self, before: Seen, after: Seen) -> None:
        self.seen |= before.enrolled | after.enrolled
        self.grouped |= before.members | after.members

    def wrongs_of(self, before: Seen, after: Seen, regrouped: bool) -> list[str]:
        """Return a line for each thing that the run did and must not do; ``regrouped``: a person let groups be made."""
        wrong = []
        if not (before.rows <= after.rows and before.roles <= after.roles and before.members <= after.members):
            wrong.append("something was taken away, or changed, of what a manager left")
        new = after.enrolled - before.enrolled
        for course, account in new:
            people = [u for u in self.everybody() if plain(self.mooc.users[u].idnumber) in self._nips_of(account)]
            if not any(self.qualified(u) or (u not in self.students() and u in self.had_qualified) for u in people):
                wrong.append(f"enrolled without the right to it: {account} in {course}")
            if (course, account) in self.seen:
                wrong.append(f"put back: {account} in {course}")
        for course, group, account in after.members - before.members:
            rows = [row for row in after.rows if row[:2] == (course, account)]
            if not any(not suspended for _, _, _, suspended, *_ in rows):
                wrong.append(f"grouped though not active: {account} in {course}")
            if (course, group, account) in self.grouped and not regrouped:
                wrong.append(f"put back into the group: {account} in {course}")
        for angkatan, capacity in SEATS.items():
            active = {row[:2] for row in after.rows if not row[3]}  # whom a manager made inactive holds no seat
            inside = {m for m in after.members if m[::2] in active and (*m[::2], STUDENT) in after.roles}
            inside = {m for m in inside if m[0] == f"KLS-{angkatan}"}
            more = {m for m in after.members - before.members if m[0] == f"KLS-{angkatan}"}
            if any(m[:1] + m[2:] in new for m in more) and len(inside) > capacity:
                wrong.append(f"over capacity: {len(inside)} in KLS-{angkatan}")
        names = [name for name in after.groups if name not in before.groups]
        if len(names) != len(set(names)):
            wrong.append("a group was doubled")
        return wrong

    def _nips_of(self, account: int) -> set[str]:
        return {plain(self.kelas.users[account].idnumber)} - {""}

    def missing_after(self, service: Service, after: Seen) -> list[str]:
        """Return a line for each thing that the roster says wrongly, or that a complete run left undone."""
        wrong = []
        roster = {row["participant_id"]: row for row in rows_of(service)}
        by_nip = {row["nip"]: row for row in roster.values() if row["nip"]}
        for row in roster.values():
            if row["state"] != "confirmed" or row["angkatan"] is None or row["nip"] is None:
                continue  # without a NIP it cannot be told whose account that is; nobody is moved for it
            course, group = f"KLS-{row['angkatan']}", f"Angkatan {row['angkatan']}"
            if not any(self._sits(course, group, account, after) for account in self.accounts(row["nip"] or "")):
                wrong.append(f"confirmed and not there: {row['nip']} in {course}")
        confirmed = [row["nip"] for row in roster.values() if row["state"] == "confirmed" and row["nip"]]
        if len(confirmed) != len(set(confirmed)):
            wrong.append("two are confirmed with one NIP")
        for user in self.students():
            nip, angkatan = plain(self.mooc.users[user].idnumber), self.angkatan(user)
            if (
                not self.qualified(user)
                or angkatan is None
                or not self.kelas.course(f"KLS-{angkatan}").methods["manual"]
            ):
                continue
            course, group, row = f"KLS-{angkatan}", f"Angkatan {angkatan}", by_nip.get(nip)
            if row is None:
                wrong.append(f"qualifies and is nowhere: {nip}")
            elif row["roster_reason"] in ("no_longer_qualifies",):
                wrong.append(f"qualifies again and is not let back: {nip}")
            elif row["angkatan"] not in (None, angkatan):
                continue  # sits, or sat, in another course: whoever moves people there is a person
            elif row["roster_reason"] == "target_account_changed":
                continue  # another account was taken for theirs: it waits for a person
            elif [*self.accounts(nip)] and all(not self.kelas.users[a].suspended for a in self.accounts(nip)):
                [account, *others] = self.accounts(nip)
                if others:
                    continue
                if self._sits(course, group, account, after):
                    if row["state"] != "confirmed":
                        wrong.append(f"sits there and is {row['state']} ({row['roster_reason']}): {nip} in {course}")
                elif (course, account) not in self.seen and row["state"] not in ("waitlisted", "planned"):
                    wrong.append(f"never seen there and is {row['state']} ({row['roster_reason']}): {nip} in {course}")
                elif (course, account) not in self.seen and row["state"] == "planned":
                    wrong.append(f"planned and not sent: {nip} in {course}")
        return wrong

    @staticmethod
    def _sits(course: str, group: str, account: int, seen: Seen) -> bool:
        active = any(row[:2] == (course, account) and not row[3] for row in seen.rows)
        return active and (course, group, account) in seen.members and (course, account, STUDENT) in seen.roles


CHANGES: dict[str, Callable[[World, int], None]] = {
    name: action
    for name, action in vars(World).items()
    if inspect.isfunction(action) and inspect.get_annotations(action) == {"number": int, "return": None}
}


class Round(NamedTuple):
    """What happens before a run, as plain data, and how the run is asked for."""

    changes: tuple[tuple[str, int], ...]
    full: bool
    accept: bool


rounds = st.lists(
    st.builds(
        Round,
        st.lists(st.tuples(st.sampled_from(sorted(CHANGES)), st.integers(0, 31)), max_size=3).map(tuple),
        st.booleans(),
        st.booleans(),
    ),
    min_size=1,
    max_size=5,
)


@pytest.fixture
def campus() -> Iterator[Campus]:
    """Give the campus as it is before anything changes."""
    with KnownCampus(seed=seed_two_courses) as campus:
        yield campus


def each_kind(test: Callable[..., None]) -> Callable[..., None]:
    """Let every kind of change happen in some example, one after the other: what is drawn leaves some out."""
    names = sorted(CHANGES)
    for first in range(WORLDS):
        happen = names[first::WORLDS]
        rounds = [Round(((name, 5 * first + at),), full=at % 2 == 0, accept=True) for at, name in enumerate(happen)]
        test = example(rounds=rounds)(test)
    return test


@each_kind
@settings(
    max_examples=EXAMPLES or 5,
    derandomize=not EXAMPLES,
    deadline=None,
    phases=set(Phase) - {Phase.explain},  # it traces every line, of threads of the campus too: minutes for each failure
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(rounds=rounds)
def test_whatever_changes_between_two_runs_the_rules_are_kept(
    campus: Campus, make_service: ServiceFactory, sqlite_url: str, rounds: list[Round]
) -> None:
    model = make_service(sqlite_url, angkatan=default_angkatan(SEATS), guards="max_push_share = 1.0")
    with KnownCampus(seed=seed_two_courses) as changing, tempfile.TemporaryDirectory() as folder:
        service, world = moved_to(model, campus, changing, Path(folder)), World(changing)
        model.database.close()
        try:
            assert run_once(world, service, full=True, run=service.first_run) is RunOutcome.OK
            for each in rounds:
                for name, number in each.changes:
                    note(f"{name} {number}")
                    CHANGES[name](world, number)
                step(world, service, each.full, each.accept)
        finally:
            service.database.close()


def step(world: World, service: Service, full: bool, accept: bool) -> None:
    """Let one run happen, a guarded one be accepted if so asked, and hold what came of it against the rules."""
    outcome = run_once(world, service, full=full)
    if outcome is RunOutcome.GUARDED and accept:
        note("accepted")
        outcome = run_once(world, service, full=True, accept=True, by="Penguji")
    if outcome is RunOutcome.OK:
        quiet = service.count("decisions"), world.look()
        again = service.run(full=full)
        assert again.run.outcome is RunOutcome.OK, (again.run.outcome, again.run.findings, again.error, again.problems)
        assert (service.count("decisions"), world.look()) == quiet, "the second of two runs did something"


def run_once(
    world: World, service: Service, run: Callable[[], ProgrammeResult] | None = None, **wanted: object
) -> RunOutcome:
    """Run once, hold what it did against the rules, and return how it ended."""
    world.before_a_run()
    before, states = world.look(), states_of(service)
    done = run() if run else service.run(**wanted)
    after = world.look()
    note(f"run {wanted}: {done.run.outcome} {[f.key for f in done.run.findings]} {done.error or ''} {done.problems}")
    event(f"a run is {done.run.outcome}")
    assert world.wrongs_of(before, after, regrouped=bool(wanted.get("accept"))) == []
    if done.run.outcome is RunOutcome.GUARDED:
        assert after == before, "a guarded run changed the course"
        assert states_of(service) == states, "a guarded run moved somebody"
    elif done.run.outcome is RunOutcome.OK and wanted.get("full"):
        world.after_a_run(before, after)
        assert world.missing_after(service, after) == []
    world.after_a_run(before, after)
    return done.run.outcome


def states_of(service: Service) -> dict[str, str]:
    """Return where everybody stands on the roster, by internal id: a NIP may change meanwhile."""
    return {row["participant_id"]: row["state"] for row in rows_of(service)}


def rows_of(service: Service) -> Sequence[Mapping[str, Any]]:
    """Return every row of the roster: two may carry one NIP, of whom one has left the MOOC."""
    with service.database.reading() as connection:
        return listings.roster_rows(connection, [each.id for each in service.settings.programmes])
