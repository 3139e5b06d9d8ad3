"""A real process of the service is killed (SIGKILL) at every step and around every write; the next run converges."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from few_people import seed_few
from forked import Forked, forked
from kill_driver import drive
from seen_in_runs import writes_in
from service import PROGRAMME, TOKENS, Command, Service, default_angkatan
from sqlalchemy import text

from latsar_sync.demo import Campus, Site, seed_large
from latsar_sync.domain.request import RunOutcome, Step
from latsar_sync.settings import load_settings
from latsar_sync.store.database import Database
from latsar_sync.store.leases import Lease

DRIVER = Path(__file__).with_name("kill_driver.py")
KILLED_AT = "import os, sys; from kill_driver import drive; drive(sys.argv[1], os.environ, sys.argv[2], 1)"
COMMAND = Path(sys.executable).with_name("latsar-sync")
ENVIRONMENT = {**os.environ, **TOKENS}
NOW = 1_780_000_000
PATIENCE = 60.0


@dataclass(frozen=True)
class Programme:
    """What a campus is seeded with, and the angkatan of the configuration that belongs to it."""

    seed: Callable[[Site, Site, int], None]
    angkatan: str


def seed_whole(mooc: Site, kelas: Site, now: int) -> None:
    """Seed every kind of case as of ``NOW``, so that two campuses are alike to the second."""
    seed_few(mooc, kelas, NOW)


def seed_small(mooc: Site, kelas: Site, now: int) -> None:
    """Seed two courses of eight; of those who passed, three are in the first course by hand already."""
    seed_large(mooc, kelas, NOW, participants=16, groups=2)
    quiz = mooc.module_named("EVAL-AKADEMIK").quiz
    assert quiz is not None
    first_course = mooc.group("MOOC-LATSAR", "Angkatan 1").members
    passed = [
        kelas.user_id(mooc.users[user].idnumber)
        for user in first_course
        if user in quiz.grades and (quiz.grades[user].final or 0) >= 70
    ]
    kelas.enrol("KLS-1", passed[0])
    kelas.enrol("KLS-1", passed[1], timestart=NOW - 86400)
    kelas.enrol("KLS-1", passed[2], suspended=True)


WHOLE = Programme(seed_whole, default_angkatan())
SMALL = Programme(seed_small, default_angkatan({"1": 6, "2": 4}))


@dataclass(frozen=True)
class Ending:
    """How everything stands after a run: in the in-class site, on the roster, in the ledger."""

    courses: Mapping[str, object]
    roster: Mapping[str, Mapping[str, Any]]
    decisions: int
    evidence: int


def ending(campus: Campus, service: Service) -> Ending:
    """Return how everything stands now."""
    told = ("state", "roster_reason", "angkatan", "admission", "origin", "course", "group", "outcome", "score")
    roster = {nip: {name: row[name] for name in told} for nip, row in service.roster().items()}
    return Ending(campus.kelas.snapshot(), roster, service.count("decisions"), service.count("evidence"))


@contextmanager
def service_for(campus: Campus, programme: Programme, folder: Path, database_url: str = "") -> Iterator[Service]:
    """Give the service, configured on disk for a campus."""
    config = folder / "latsar.toml"
    sites = "".join(
        f"""
[sites.{name}]
url = "{site.url}"
token_env = "LATSAR_{name.upper()}_TOKEN"
requests_per_second = 1000
retry_budget = 0
"""
        for name, site in campus.sites.items()
    )
    config.write_text(
        f"""
database_url = "{database_url or f"sqlite:///{folder / 'latsar.db'}"}"
{sites}
[[programmes]]
id = "{PROGRAMME}"
title = "Latsar CPNS Golongan III 2026"
[programmes.source]
kind = "moodle"
site = "mooc"
course = "MOOC-LATSAR"
[programmes.evaluation]
item = "EVAL-AKADEMIK"
threshold = {{ value = 70, scale = "points", legal_basis = "Uji" }}
{programme.angkatan}
""",
        encoding="utf-8",
    )
    settings = load_settings(config, ENVIRONMENT)
    database = Database(settings.database_url)
    database.upgrade()
    try:
        yield Service(config, settings, database)
    finally:
        database.close()


Undisturbed = Callable[[Programme], Ending]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    """Give a function that tells how one undisturbed run on an identical campus ends."""
    known: dict[Programme, Ending] = {}

    def tell(programme: Programme) -> Ending:
        if programme not in known:
            folder = tmp_path_factory.mktemp("undisturbed")
            with Campus(seed=programme.seed) as campus, service_for(campus, programme, folder) as service:
                assert service.run().run.outcome is RunOutcome.OK
                known[programme] = ending(campus, service)
        return known[programme]

    return tell


def assert_killed(child: Forked) -> None:
    """Wait for the process to end, and make sure that it did not end by itself."""
    assert child.wait(PATIENCE) == -signal.SIGKILL


def killed_at(service: Service, step: Step, occurrence: int = 1) -> None:
    """Run the service in a process that dies when the step begins."""
    assert_killed(forked(drive, str(service.config), ENVIRONMENT, step.name, occurrence))


def killed_around_write(campus: Campus, service: Service, number: int, committed: bool) -> None:
    """Run the service in a process that dies at its n-th write: the LMS has committed it, or never got it."""
    started, writes = threading.Event(), []

    def kill(function: str, parameters: Mapping[str, Any]) -> None:
        writes.append(function)
        if len(writes) == number:
            assert started.wait(PATIENCE)
            child.kill()
            if not committed:
                raise ConnectionResetError("the request was lost with its sender")

    if committed:
        campus.after_write = kill
    else:
        campus.before_write = kill
    child = forked(drive, str(service.config), ENVIRONMENT)
    started.set()
    assert_killed(child)
    campus.before_write = campus.after_write = None


def assert_every_write_is_settled(service: Service) -> None:
    """Each thing that was sent is confirmed exactly once; every other attempt at it is known to be absent."""
    with service.database.reading() as connection:
        rows = connection.execute(text("SELECT kind, subject, state FROM pushes ORDER BY id")).all()
    attempts: dict[tuple[str, str], list[str]] = {}
    for kind, subject, state in rows:
        attempts.setdefault((kind, subject), []).append(state)
    assert {tuple(sorted(states)) for states in attempts.values()} <= {("confirmed",), ("absent", "confirmed")}


def assert_converges(campus: Campus, service: Service, expected: Ending) -> None:
    """The next run ends as the undisturbed one did, and the one after it has nothing to do."""
    converging = service.run()

    assert (converging.run.outcome, converging.run.findings, converging.error) == (RunOutcome.OK, (), None)
    assert ending(campus, service) == expected
    assert_every_write_is_settled(service)
    writes, pushes = writes_in(campus), service.count("pushes")

    quiet = service.run(full=True)

    assert quiet.run.outcome is RunOutcome.OK
    assert (quiet.run.counts["pushed"], quiet.run.counts["confirmed"]) == (0, 0)
    assert (writes_in(campus), service.count("pushes")) == (writes, pushes)
    assert ending(campus, service) == expected


@pytest.mark.parametrize("step", list(Step), ids=lambda step: step.name.lower())
def test_a_run_killed_at_any_step_is_converged_by_the_next(
    tmp_path: Path, undisturbed: Undisturbed, step: Step
) -> None:
    with Campus(seed=WHOLE.seed) as campus, service_for(campus, WHOLE, tmp_path) as service:
        killed_at(service, step)

        assert_converges(campus, service, undisturbed(WHOLE))


@pytest.mark.parametrize(
    ("step", "occurrence"),
    [
        (Step.READ_COURSES, 2),
        (Step.READ_BACK, 2),
    ],
    ids=lambda value: value.name.lower() if isinstance(value, Step) else str(value),
)
def test_a_run_killed_at_a_step_that_comes_again_is_converged_by_the_next(
    tmp_path: Path, undisturbed: Undisturbed, step: Step, occurrence: int
) -> None:
    with Campus(seed=SMALL.seed) as campus, service_for(campus, SMALL, tmp_path) as service:
        killed_at(service, step, occurrence)

        assert_converges(campus, service, undisturbed(SMALL))


@pytest.mark.parametrize("committed", [False, True], ids=["lost", "committed"])
@pytest.mark.parametrize("number", range(1, 6), ids=["group", "enrol_1", "enrol_2", "member_1", "member_2"])
def test_a_run_killed_around_any_write_is_converged_by_the_next(
    tmp_path: Path, undisturbed: Undisturbed, number: int, committed: bool
) -> None:
    with Campus(seed=SMALL.seed) as campus, service_for(campus, SMALL, tmp_path) as service:
        killed_around_write(campus, service, number, committed)

        assert_converges(campus, service, undisturbed(SMALL))


def test_a_run_killed_again_and_again_is_converged_by_the_first_that_is_left_alone(
    tmp_path: Path, undisturbed: Undisturbed
) -> None:
    with Campus(seed=SMALL.seed) as campus, service_for(campus, SMALL, tmp_path) as service:
        killed_around_write(campus, service, 2, committed=True)
        killed_at(service, Step.ADD_TO_GROUPS)
        killed_around_write(campus, service, 1, committed=True)
        killed_at(service, Step.READ_BACK)

        assert_converges(campus, service, undisturbed(SMALL))


@pytest.mark.postgres
@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
@pytest.mark.parametrize("step", [Step.DECIDE, Step.ENROL, Step.READ_BACK], ids=lambda step: step.name.lower())
def test_a_run_killed_on_postgresql_is_converged_by_the_next(
    tmp_path: Path, database_url: str, undisturbed: Undisturbed, step: Step
) -> None:
    with Campus(seed=SMALL.seed) as campus, service_for(campus, SMALL, tmp_path, database_url) as service:
        killed_at(service, step)

        assert_converges(campus, service, undisturbed(SMALL))


@pytest.mark.postgres
@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
def test_a_run_killed_on_postgresql_after_the_lms_committed_is_converged_by_the_next(
    tmp_path: Path, database_url: str, undisturbed: Undisturbed
) -> None:
    with Campus(seed=SMALL.seed) as campus, service_for(campus, SMALL, tmp_path, database_url) as service:
        killed_around_write(campus, service, 2, committed=True)

        assert_converges(campus, service, undisturbed(SMALL))


def sync_by_command(service: Service, *options: str) -> "subprocess.CompletedProcess[str]":
    """Run the real command line."""
    command = [str(COMMAND), "--config", str(service.config), "sync", *options]
    return subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, timeout=PATIENCE, check=False)


def test_the_command_line_converges_a_killed_run_and_takes_its_lease_at_once(
    tmp_path: Path, undisturbed: Undisturbed, command: Command
) -> None:
    with Campus(seed=SMALL.seed) as campus, service_for(campus, SMALL, tmp_path) as service:
        killed_at(service, Step.ADD_TO_GROUPS)

        first = sync_by_command(service, "--json")
        code, second, _ = command(service, "sync", "--json")

        assert (first.returncode, code) == (0, 0), first.stdout
        assert ending(campus, service) == undisturbed(SMALL)
        [programme] = json.loads(second)["programmes"]
        assert (programme["outcome"], programme["pushed"], programme["confirmed"]) == ("ok", 0, 0)


def test_a_killed_run_that_its_parent_has_not_yet_reaped_does_not_stop_the_next_one(
    tmp_path: Path, undisturbed: Undisturbed
) -> None:
    with Campus(seed=SMALL.seed) as campus, service_for(campus, SMALL, tmp_path) as service:
        command = [sys.executable, "-c", KILLED_AT, str(service.config), Step.READ_BACK.name]
        child = subprocess.Popen(command, env=ENVIRONMENT, cwd=DRIVER.parent)
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # dead, and still in the process table

        result = service.run()
        assert child.wait(PATIENCE) == -signal.SIGKILL

        assert (result.run.outcome, result.error) == (RunOutcome.OK, None)
        assert ending(campus, service) == undisturbed(SMALL)


def test_a_living_run_keeps_others_out_and_they_are_told_who_and_since_when(tmp_path: Path, command: Command) -> None:
    with Campus(seed=SMALL.seed) as campus, service_for(campus, SMALL, tmp_path) as service:
        taken = datetime.now(ZoneInfo("Asia/Jakarta"))
        with Lease(service.database, PROGRAMME, lambda: datetime.now(UTC)):
            elsewhere = sync_by_command(service, "--json")
            code, out, err = command(service, "sync")
        asked = len(campus.log)
        allowed, *_ = command(service, "sync")

    assert (elsewhere.returncode, code) == (75, 75), elsewhere.stdout + elsewhere.stderr
    for said in (json.loads(elsewhere.stdout)["programmes"][0]["error"], out + err):
        assert f"process {os.getpid()}" in said
        assert f"since {taken.day} {taken:%b %Y %H:%M} WIB" in said
    assert asked == 0
    assert allowed == 0
