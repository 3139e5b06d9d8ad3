"""What people do on the campus during a soak, and the in-class courses as they must then look.

The expectation is computed from the campus alone, by the soak's own reading of the rules; nothing of the service is
imported here. Teachers and managers only do what has one right answer: nobody who passed is marked down before the
service had a healthy run to see it.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

from latsar_sync.demo import Campus, Site
from latsar_sync.demo.names import draw_identity
from latsar_sync.demo.records import STUDENT, Course, User

MOOC = "MOOC-LATSAR"
COURSES = {"Angkatan I": "KLS-I", "Angkatan II": "KLS-II", "Angkatan III": "KLS-III"}
LIMIT = Decimal(70)
DAY = 86400

Anything = TypeVar("Anything")
Key = tuple[str, int]
"""A course by its short name, and a user id of the in-class site."""


@dataclass(frozen=True)
class Seat:
    """How one person sits in one course: enrolment rows (method, suspended, start, end), roles, group names."""

    rows: tuple[tuple[str, bool, int, int], ...]
    roles: frozenset[int] = frozenset({STUDENT})
    groups: tuple[str, ...] = ()


BY_SERVICE = (("manual", False, 0, 0),)


class Life:
    """Changes the campus at random and keeps account of how the courses must look."""

    def __init__(self, campus: Campus, chance: random.Random) -> None:
        self._mooc, self._kelas = campus.mooc, campus.kelas
        self._chance = chance
        self._evaluation = self._mooc.module_named("EVAL-AKADEMIK")
        course = self._mooc.course(MOOC)
        self._materials = [m for m in course.modules if m.tracking and m.visible and m is not self._evaluation]
        self._numbers = iter(range(1000, 10_000_000))
        self._expected: dict[Key, Seat] = self.courses()
        self._left_alone: set[Key] = set()
        """Seats about which a manager has decided; the service must not touch them any more."""
        self._sitting: list[tuple[Key, int]] = []
        """Who sat rightly in a course at the last healthy run, with the user id in the MOOC."""
        self.done: dict[str, int] = {}
        self._changes: list[tuple[int, Callable[[], bool]]] = [
            (8, self.somebody_finishes),
            (6, self.somebody_joins),
            (3, self.somebody_studies_a_little),
            (3, self.somebody_fails_the_evaluation),
            (2, self.an_account_is_made),
            (2, self.a_foreign_student_is_enrolled_by_hand),
            (2, self.a_participant_is_enrolled_by_hand),
            (1, self.a_manager_unenrols_somebody),
            (1, self.a_manager_suspends_an_enrolment),
            (1, self.a_manager_empties_a_group_place),
            (1, self.a_teacher_lowers_a_grade),
            (1, self.somebody_leaves_the_mooc),
            (1, self.an_account_is_suspended),
            (1, self.a_manager_puts_somebody_back),
            (1, self.a_nip_is_spelled_otherwise),
            (1, self.an_account_is_spelled_otherwise),
        ]

    def change(self, times: int) -> None:
        """Let so many things happen, drawn at random."""
        weights = [weight for weight, _ in self._changes]
        for _, action in self._chance.choices(self._changes, weights, k=times):
            with self._mooc.lock, self._kelas.lock:
                if action():
                    self.done[action.__name__] = self.done.get(action.__name__, 0) + 1

    def two_people_finish(self) -> None:
        """Let two people finish at once, so that the next run has something to write."""
        for _ in range(2):
            with self._mooc.lock, self._kelas.lock:
                self.somebody_finishes()

    # What participants do.

    def somebody_finishes(self) -> bool:
        """Let a participant study all that is missing and pass, sometimes with the limit exactly."""
        user_id = self._pick(self._not_qualified())
        if user_id is None:
            return False
        for module in self._materials:
            self._mooc.set_completion(user_id, module.cmid, 1)
        points = self._chance.choice([LIMIT, Decimal("70.00001"), Decimal(self._chance.randint(71, 100))])
        self._mooc.set_grade(user_id, self._evaluation.cmid, points, overridden=self._is_overridden(user_id))
        return True

    def somebody_joins(self) -> bool:
        """Let a newcomer join the MOOC and an angkatan; most have an account on the in-class site already."""
        person = draw_identity(self._chance, number := next(self._numbers), f"2024{number // 999 % 12 + 1:02d}")
        if _holders(self._mooc, person.nip):
            return False
        user = self._mooc.add_user(person.firstname, person.lastname, person.nip)
        self._mooc.enrol(MOOC, user.id)
        self._mooc.add_member(MOOC, self._chance.choice(list(COURSES)), user.id)
        if self._chance.random() < 0.8:
            self._kelas.add_user(person.firstname, person.lastname, person.nip)
        return True

    def somebody_studies_a_little(self) -> bool:
        """Let a participant do one more activity; it is never the last one that was missing of somebody who passed."""
        user_id = self._pick([each for each in self._not_qualified() if not self._has_passed(each)])
        if user_id is not None:
            material = self._chance.choice(self._materials)
            self._mooc.set_completion(user_id, material.cmid, self._chance.choice([1, 2, 3]))
        return user_id is not None

    def somebody_fails_the_evaluation(self) -> bool:
        """Let a participant try and miss the limit, sometimes by the last place that Moodle keeps."""
        user_id = self._pick(self._not_qualified())
        if user_id is not None:
            points = self._chance.choice([Decimal("69.99999"), Decimal(0), Decimal(self._chance.randint(1, 69))])
            self._mooc.set_grade(user_id, self._evaluation.cmid, points, overridden=self._is_overridden(user_id))
        return user_id is not None

    def somebody_leaves_the_mooc(self) -> bool:
        """Suspend or end the MOOC enrolment of somebody who sits in a course: the seat stays."""
        sitting = self._pick(self._sitting)
        if sitting is None:
            return False
        if self._chance.random() < 0.5:
            self._mooc.unenrol(MOOC, sitting[1])
        else:
            self._mooc.suspend_enrolment(MOOC, sitting[1])
        self._sitting.remove(sitting)
        return True

    # What teachers, managers and admins do.

    def a_teacher_lowers_a_grade(self) -> bool:
        """Lower the grade of somebody who sits in a course: nothing is taken away."""
        sitting = self._pick(self._sitting)
        if sitting is not None:
            self._mooc.set_grade(sitting[1], self._evaluation.cmid, Decimal(40), overridden=True)
            self._sitting.remove(sitting)
        return sitting is not None

    def an_account_is_made(self) -> bool:
        """Give an account on the in-class site to a participant who has none."""
        users = [self._mooc.users[each] for each in self._participants()]
        user = self._pick([u for u in users if len(_nip(u)) == 18 and not _holders(self._kelas, _nip(u))])
        if user is not None:
            self._kelas.add_user(user.firstname, user.lastname, _nip(user))
        return user is not None

    def an_account_is_suspended(self) -> bool:
        """Suspend the account of somebody who sits in a course; enrolment and group stay as they are."""
        sitting = self._pick(self._sitting)
        if sitting is not None:
            self._kelas.suspend_user(sitting[0][1])
            self._sitting.remove(sitting)
        return sitting is not None

    def a_foreign_student_is_enrolled_by_hand(self) -> bool:
        """Enrol somebody who is not in the MOOC, with dates of the manager's own, into a group that exists."""
        group, shortname = self._chance.choice(list(COURSES.items()))
        there = [each.name for each in self._kelas.course(shortname).groups.values()]
        user = self._kelas.add_user("Tamu", f"Nomor {next(self._numbers)}", username=f"tamu{next(self._numbers)}")
        now = self._kelas.clock()
        self._kelas.enrol(shortname, user.id, timestart=now - DAY, timeend=now + 90 * DAY)
        if group in there:
            self._kelas.add_member(shortname, group, user.id)
        self._take_note(shortname, user.id)
        return True

    def a_participant_is_enrolled_by_hand(self) -> bool:
        """Enrol a participant who does not qualify yet, in no group, sometimes suspended."""
        users = [self._mooc.users[each] for each in self._not_qualified()]
        user = self._pick([each for each in users if self._place_of(each) is not None])
        place = self._place_of(user) if user is not None else None
        if place is None or place[0] in self._expected:
            return False
        (shortname, account), _ = place
        now = self._kelas.clock()
        suspended = self._chance.random() < 0.3
        self._kelas.enrol(shortname, account, suspended=suspended, timestart=now - DAY, timeend=now + 90 * DAY)
        self._take_note(shortname, account)
        return True

    def a_manager_unenrols_somebody(self) -> bool:
        """End the enrolment of somebody who sits in a course: not put back."""
        sitting = self._decide_about_somebody()
        if sitting is not None:
            self._kelas.unenrol(*sitting)
            del self._expected[sitting]
        return sitting is not None

    def a_manager_suspends_an_enrolment(self) -> bool:
        """Make the enrolment of somebody who sits in a course inactive: not made active again."""
        sitting = self._decide_about_somebody()
        if sitting is not None:
            self._kelas.suspend_enrolment(*sitting)
            self._take_note(*sitting)
        return sitting is not None

    def a_manager_empties_a_group_place(self) -> bool:
        """Take somebody who sits in a course out of the group: not put back."""
        sitting = self._decide_about_somebody()
        if sitting is not None:
            for group in self._kelas.course(sitting[0]).groups_of(sitting[1]):
                self._kelas.remove_member(sitting[0], group.name, sitting[1])
            self._take_note(*sitting)
        return sitting is not None

    def a_manager_puts_somebody_back(self) -> bool:
        """Let a manager think better of it: active and grouped again, which is then how the course must look."""
        key = self._pick(sorted(self._left_alone))
        if key is None:
            return False
        group = next(name for name, shortname in COURSES.items() if shortname == key[0])
        self._kelas.enrol(*key)
        self._kelas.add_member(key[0], group, key[1])
        self._left_alone.remove(key)
        self._take_note(*key)
        return True

    def a_nip_is_spelled_otherwise(self) -> bool:
        """Type somebody's NIP in the MOOC with blanks and a sign that nobody sees: it is the same NIP."""
        users = [self._mooc.users[each] for each in self._participants()]
        return self._spell_otherwise([user for user in users if len(_nip(user)) == 18])

    def an_account_is_spelled_otherwise(self) -> bool:
        """Type the idnumber of an account on the in-class site with blanks: it is the same account."""
        return self._spell_otherwise([user for user in self._kelas.users.values() if len(_nip(user)) == 18])

    def _spell_otherwise(self, users: list[User]) -> bool:
        user = self._pick(users)
        if user is not None:
            nip = _nip(user)
            user.idnumber = f"{nip[:8]} {nip[8:14]} {nip[14]} {nip[15:]}" + self._chance.choice(
                ["", "\u200b", "\u00a0"]
            )
        return user is not None

    # How the courses look, and how they must look.

    def courses(self) -> dict[Key, Seat]:
        """Return how everybody sits in the courses now."""
        with self._kelas.lock:
            return {
                (shortname, user_id): _seat(self._kelas.course(shortname), user_id)
                for shortname in COURSES.values()
                for user_id in self._kelas.course(shortname).enrolments
            }

    def expect_the_qualified(self) -> None:
        """Add to the expectation what a healthy run has to do: seat whoever qualifies by now."""
        with self._mooc.lock, self._kelas.lock:
            for user_id in self._qualified():
                place = self._place_of(self._mooc.users[user_id])
                if place is None or place[0] in self._left_alone:
                    continue
                key, group = place
                seat = self._expected.get(key)
                if seat is None:
                    self._expected[key] = Seat(BY_SERVICE, groups=(group,))
                elif not seat.rows[0][1] and not seat.groups:
                    self._expected[key] = Seat(seat.rows, seat.roles, (group,))

    def a_healthy_run_has_ended(self) -> None:
        """Take note of who sits rightly in a course: from now on a manager may decide about them."""
        actual = self.courses()
        self._sitting = []
        with self._mooc.lock, self._kelas.lock:
            for user_id in self._qualified():
                place = self._place_of(self._mooc.users[user_id])
                if place is None or place[0] in self._left_alone:
                    continue
                seat = actual.get(place[0])
                if seat is not None and not seat.rows[0][1] and seat.groups == (place[1],):
                    self._sitting.append((place[0], user_id))

    def wrong(self) -> list[str]:
        """Compare the courses with the expectation; return a line for every person or group that differs."""
        actual, found = self.courses(), []
        for key in sorted(self._expected.keys() | actual.keys()):
            wanted, seen = self._expected.get(key), actual.get(key)
            if wanted != seen:
                found.append(f"{_how(wanted, seen)}: user {key[1]} in {key[0]}: expected {wanted}, is {seen}")
        for shortname in COURSES.values():
            names = [group.name for group in self._kelas.course(shortname).groups.values()]
            found += [f"doubled: group {name} in {shortname}" for name in set(names) if names.count(name) > 1]
        return found

    def seated_by_right(self) -> list[Key]:
        """Return who qualifies by now and sits in the course as expected, untouched by any manager."""
        with self._mooc.lock, self._kelas.lock:
            places = [self._place_of(self._mooc.users[user_id]) for user_id in self._qualified()]
            keys = [place[0] for place in places if place is not None and place[0] not in self._left_alone]
            return [key for key in keys if not self._expected[key].rows[0][1]]

    def decided_by_a_manager(self) -> list[Key]:
        """Return the seats that a manager has emptied or made inactive."""
        return sorted(self._left_alone)

    def people(self) -> dict[str, int]:
        """Return how many participants there are, how many qualify now, and how many sit in the courses."""
        with self._mooc.lock:
            found = {"participants": len(self._participants()), "qualified": len(self._qualified())}
        return {**found, "seats": len(self._expected), "decided by a manager": len(self._left_alone)}

    # The rules, read once more.

    def _participants(self) -> list[int]:
        course = self._mooc.course(MOOC)
        return [user_id for user_id in course.enrolments if STUDENT in course.roles.get(user_id, ())]

    def _qualified(self) -> list[int]:
        return [user_id for user_id in self._participants() if self._is_qualified(user_id)]

    def _not_qualified(self) -> list[int]:
        """Return who may still do something: active in the MOOC, not qualified, and never seated."""
        course, now = self._mooc.course(MOOC), self._mooc.clock()
        return [
            user_id
            for user_id in self._participants()
            if course.is_active(user_id, now) and not self._is_qualified(user_id) and not self._was_admitted(user_id)
        ]

    def _is_qualified(self, user_id: int) -> bool:
        nip = _nip(self._mooc.users[user_id])
        known = len(nip) == 18 and len(_holders(self._mooc, nip)) == 1
        done = all(module.state_of(user_id) in (1, 2) for module in self._materials)
        return known and done and self._has_passed(user_id)

    def _has_passed(self, user_id: int) -> bool:
        quiz = self._evaluation.quiz
        grade = quiz.grades.get(user_id) if quiz else None
        return grade is not None and grade.final is not None and grade.final >= LIMIT

    def _is_overridden(self, user_id: int) -> bool:
        quiz = self._evaluation.quiz
        grade = quiz.grades.get(user_id) if quiz else None
        return grade is not None and grade.overridden

    def _place_of(self, user: User) -> tuple[Key, str] | None:
        """Return the course and account that a participant belongs to, and the group; None if not exactly one."""
        groups = [group.name for group in self._mooc.course(MOOC).groups_of(user.id) if group.name in COURSES]
        accounts = _holders(self._kelas, _nip(user))
        if len(groups) != 1 or len(accounts) != 1 or self._kelas.users[accounts[0]].suspended:
            return None
        return (COURSES[groups[0]], accounts[0]), groups[0]

    def _was_admitted(self, user_id: int) -> bool:
        place = self._place_of(self._mooc.users[user_id])
        if place is None:
            return False
        seat = self._expected.get(place[0])
        return place[0] in self._left_alone or (seat is not None and seat.groups != ())

    def _decide_about_somebody(self) -> Key | None:
        sitting = self._pick(self._sitting)
        if sitting is None:
            return None
        self._sitting.remove(sitting)
        self._left_alone.add(sitting[0])
        return sitting[0]

    def _take_note(self, shortname: str, user_id: int) -> None:
        self._expected[shortname, user_id] = _seat(self._kelas.course(shortname), user_id)

    def _pick(self, among: list[Anything]) -> Anything | None:
        return self._chance.choice(among) if among else None


def _nip(user: User) -> str:
    return re.sub(r"[^0-9]", "", user.idnumber)


def _holders(site: Site, nip: str) -> list[int]:
    """Return the live accounts of a site that carry this NIP, however it is typed there."""
    return [user.id for user in site.users.values() if nip and not user.deleted and _nip(user) == nip]


def _seat(course: Course, user_id: int) -> Seat:
    rows = tuple((row.method, row.suspended, row.timestart, row.timeend) for row in course.enrolments[user_id])
    groups = tuple(group.name for group in course.groups_of(user_id))
    return Seat(rows, frozenset(course.roles.get(user_id, ())), groups)


def _how(wanted: Seat | None, seen: Seat | None) -> str:
    if seen is None:
        return "lost"
    if wanted is None:
        return "not expected"
    return "doubled" if len(seen.rows) > len(wanted.rows) else "changed"
