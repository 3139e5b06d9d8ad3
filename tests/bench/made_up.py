"""Made-up readings: what the LMS would have told, ready at once, to measure nothing but the service's own work."""

from __future__ import annotations

import argparse
import time
from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from types import ModuleType
from typing import Any, NamedTuple

from latsar_sync.domain import many_people
from latsar_sync.domain.evidence import Activity, Evaluation, Grade, GradeStatus, Materials
from latsar_sync.domain.in_class import AccountInClass, Angkatan, CourseAsRead, Enrolled
from latsar_sync.domain.many_people import pack_grades, pack_people
from latsar_sync.domain.participant import Person
from latsar_sync.domain.request import Depth
from latsar_sync.domain.rounding import quantise
from latsar_sync.domain.source_as_read import PeopleAndGrades, SourceReading
from latsar_sync.moodle import accounts_by_nip, in_class_course
from latsar_sync.rules.material_gate import completion_of
from latsar_sync.run import clients, sources

SEATS = 40
REQUIRED = tuple(Activity(100 + number, f"Agenda {number}: Bahan bacaan", "page") for number in range(1, 13))
EVALUATION = Evaluation(99, 9, "quiz", "Evaluasi akademik", Decimal("0.00000"), Decimal("100.00000"), Decimal(70))
INSTITUTIONS = tuple(f"Dinas {number} Kabupaten {number // 4}" for number in range(60))
STUDENT = 5
IN_CLASS = 3
"""The round in which everybody who qualified is found in the course."""


class Span(NamedTuple):
    """A length of time, as the clock on the wall and as the processor counts it; both in seconds."""

    wall: float
    cpu: float

    @classmethod
    def now(cls) -> Span:
        return cls(time.perf_counter(), time.process_time())

    def __add__(self, other: Any) -> Span:
        return Span(self.wall + other.wall, self.cpu + other.cpu)

    def __sub__(self, other: Span) -> Span:
        return Span(self.wall - other.wall, self.cpu - other.cpu)


class ImportedFile:
    """The made-up people of one programme; ``round`` counts the readings. Each reading makes its objects anew."""

    def __init__(self, programme: int, people: int) -> None:
        self.first = programme * people
        self.people = people
        self.round = 0

    def people_and_grades(self) -> PeopleAndGrades:
        numbers = range(self.first, self.first + self.people)
        people = pack_people(map(self._person, numbers), self.people)
        grades = pack_grades(((1000 + number, self._grade(number)) for number in numbers), self.people)
        return PeopleAndGrades(7, "MOOC-LATSAR", people, EVALUATION, REQUIRED, grades)

    def materials(self) -> Mapping[int, Materials | None]:
        numbers = range(self.first, self.first + self.people)
        told = ((1000 + number, completion_of(self._states(number), REQUIRED)) for number in numbers)
        return many_people.pack_materials(told, self.people)

    def enrolled(self, angkatan: int, group: int) -> dict[int, Enrolled]:
        """Return who sits in a course: nobody before the last round, then everybody who qualifies by now."""
        if self.round < IN_CLASS:
            return {}
        first = self.first + angkatan * SEATS
        users = [
            int(_nip(number)[2:])
            for number in range(first, min(first + SEATS, self.first + self.people))
            if _qualifies(number) or self._changed(number)
        ]
        roles, groups = frozenset({STUDENT}), frozenset({group})  # kept once for all of them, as the reading does
        return {user: Enrolled(user, True, roles, groups) for user in users}

    def _person(self, number: int) -> Person:
        groups = _kept_once((f"Angkatan {(number - self.first) // SEATS}",))
        name, institution = f"Peserta Latsar {number:07}", INSTITUTIONS[number % len(INSTITUTIONS)]
        return Person(1000 + number, name, _nip(number), groups, institution)

    def _grade(self, number: int) -> Grade:
        failed, changed = number % 20 == 7, self._changed(number)
        points = "82.5" if changed else f"{40 + number % 20}.5" if failed else f"{70 + number % 30}"
        at = datetime(2026, 11, 1, tzinfo=UTC) + timedelta(minutes=number % 20_000)
        raw = _kept_once(quantise(Decimal(points)))
        return Grade(GradeStatus.GRADED, raw, EVALUATION.grade_min, EVALUATION.grade_max, False, at)

    def _states(self, number: int) -> dict[int, int]:
        undone = 0 if self._changed(number) or _qualifies(number) else 1 + number % 4
        return {each.cmid: int(place >= undone) for place, each in enumerate(REQUIRED)}

    def _changed(self, number: int) -> bool:
        return self.round >= 2 and number % 100 == 3


@lru_cache(4096)
def _kept_once(value: Any) -> Any:
    """Return one and the same object for equal ones, as the reading of the LMS does for numbers and short texts."""
    return value


def _qualifies(number: int) -> bool:
    return number % 5 not in (2, 3)


def _nip(number: int) -> str:
    born = date(1985, 1, 1) + timedelta(days=number // 999)
    return f"{born:%Y%m%d}202504{1 + number % 2}{number % 999 + 1:03}"


class NoSite:
    """Stands where the client of a site stands, and asks nothing of anybody."""

    requests_sent = 0
    seconds_asked = 0.0
    trouble = None
    site_info_told = None

    def __init__(self, name: str) -> None:
        self.name, self.url = name, f"http://localhost:9/{name}"

    def site_info(self) -> Any:
        return argparse.Namespace(userissiteadmin=False)

    def clock_now(self) -> None:
        """No site, no clock."""

    def supports(self, *_: object) -> bool:
        return False

    def ahead(self, _calls: object, _beside: object = ()) -> AbstractContextManager[None]:
        """Ask nothing in advance."""
        return nullcontext()

    def close(self) -> None:
        """Nothing was opened."""


class MadeUpReading:
    """Stands where ``MoocSource`` stands in a run: what it hands over lies ready."""

    imported_file: ImportedFile
    not_ours: Span
    ready: list[Any]

    def __init__(self, **_: object) -> None: ...

    @classmethod
    def prepare(cls, imported_file: ImportedFile) -> None:
        """Make up what will be read; from then on ``not_ours`` counts the time in which the LMS would be answering."""
        cls.imported_file, cls.not_ours = imported_file, Span(0.0, 0.0)
        found = imported_file.people_and_grades()
        cls.ready = [imported_file.materials(), found]

    name = "mooc"

    def people_and_grades(self, _depth: Depth, _exactly: Collection[int]) -> PeopleAndGrades:
        found: PeopleAndGrades = self.ready.pop()  # handed over, not kept
        return found

    def details(self, as_read: PeopleAndGrades, *_: object) -> SourceReading:
        return SourceReading(as_read, self.ready.pop())


def made_up_course(
    _client: object, name: str, all_angkatan: Sequence[Angkatan], *_: object
) -> tuple[CourseAsRead, dict[str, Any]]:
    began = Span.now()
    angkatan = int(name.rpartition("-")[2])
    number = MadeUpReading.imported_file.first + angkatan  # no two programmes fill one course
    enrolled = MadeUpReading.imported_file.enrolled(angkatan, 5_000_000 + number)
    groups = {all_angkatan[0].id: 5_000_000 + number}
    course = CourseAsRead("kelas", 3_000_000 + number, name, enrolled, groups=groups)
    MadeUpReading.not_ours += Span.now() - began
    return course, {}


def made_up_accounts(
    _client: object, _key: str, nips: Collection[str], *_: object, **_named: object
) -> dict[str, tuple[AccountInClass, ...]]:
    began = Span.now()
    accounts: dict[str, tuple[AccountInClass, ...]] = {nip: (AccountInClass(int(nip[2:])),) for nip in nips}
    MadeUpReading.not_ours += Span.now() - began
    return accounts


def stand_ins() -> list[tuple[ModuleType, str, Any]]:
    """Return what stands where the LMS would be read: in which module, under which name."""
    return [
        (clients, "connect", lambda name, *_: NoSite(name)),
        (sources, "MoocSource", MadeUpReading),
        (in_class_course, "read_course", made_up_course),
        (accounts_by_nip, "read_accounts", made_up_accounts),
    ]


def without_sites() -> None:
    """Put the made-up readings where the LMS would be read."""
    for module, name, stands_in in stand_ins():
        setattr(module, name, stands_in)
