"""Real daemons in processes of their own: started, asked, told to stop, killed, frozen; several on one database."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Any

import pytest
from forked import Forked, forked, run_command
from service import TOKENS, Service, new_postgres
from sqlalchemy import make_url, select, text, update
from typed import type_command
from unattended import (
    COMMAND,
    PATIENCE,
    environment,
    free_port,
    open_service,
    programme,
    requests_of,
    small_campus,
    start,
    urls_of,
    wait_for,
    write_config,
)

from latsar_sync.cli.exit_codes import code_of
from latsar_sync.demo import Campus, Fault
from latsar_sync.domain.request import RunOutcome
from latsar_sync.store import queue, runs
from latsar_sync.store.check import check_records
from latsar_sync.store.daemons import living_daemons
from latsar_sync.store.leases import holders
from latsar_sync.store.tables import leases, run_requests

PROGRAMME = "latsar-2026-iii"
WRITES = ("core_group_create_groups", "enrol_manual_enrol_users", "core_group_add_group_members")
NIP = re.compile(r"(?<![0-9])[0-9]{8} ?[0-9]{6} ?[12] ?[0-9]{3}(?![0-9])")
LONG = 90.0
NAMES = ("satu", "dua", "tiga", "empat")


class Daemon:
    """One ``latsar-sync run``; its log goes to a file. It is forked, or started as a program where ``more`` is given.

    ``more`` is added to its environment.
    """

    def __init__(self, config: Path, name: str = "daemon", **more: str) -> None:
        self._log = config.parent / f"{name}.log"
        self._log.touch()
        self.process: Forked | subprocess.Popen[str]
        if more:
            with self._log.open("a", encoding="utf-8") as log:
                self.process = start(config, "run", stderr=log, **more)
        else:
            self.process = forked(run_command, ["--config", str(config), "run"], environment(), self._log)

    @property
    def lines(self) -> list[dict[str, Any]]:
        """What it has logged so far; every line must be one JSON object."""
        return [json.loads(line) for line in self._log.read_text("utf-8").splitlines() if line.endswith("}")]

    @property
    def said(self) -> str:
        """What it has logged, as it stands in the file."""
        return self._log.read_text("utf-8")

    def told(self, event: str) -> list[dict[str, Any]]:
        """Return the log lines that say this."""
        return [line for line in self.lines if line["event"] == event]

    def hear(self, event: str) -> dict[str, Any]:
        """Wait until it says this; fail at once, with what it said, when it has ended before."""

        def heard() -> list[dict[str, Any]]:
            ended = self.process.poll()
            told = self.told(event)
            assert told or ended is None, f'ended with {ended} before it said "{event}": {self.said}'
            return told

        return wait_for(heard, f'"{event}"', LONG)[-1]

    def stop(self) -> int:
        """Tell it to stop, and return its exit code."""
        self.process.terminate()
        return self.process.wait(PATIENCE)


@pytest.fixture
def started() -> Iterator[list[Daemon]]:
    """Give the list of daemons of a test; none outlives it."""
    daemons: list[Daemon] = []
    yield daemons
    for daemon in daemons:
        daemon.process.send_signal(signal.SIGCONT)
        daemon.process.kill()
        if isinstance(daemon.process, Forked):
            daemon.process.wait(PATIENCE)
        else:
            daemon.process.communicate(timeout=PATIENCE)


@pytest.fixture
def campus() -> Iterator[Campus]:
    """Give a campus with eight small courses."""
    with small_campus(32, 8) as campus:
        yield campus


Make = Callable[..., Service]


@pytest.fixture
def make(campus: Campus, tmp_path: Path) -> Iterator[Make]:
    """Give a factory of configured services, each with a port of its own and a log of JSON lines."""
    made: list[Service] = []

    def new(*programmes: str, database_url: str = "", service: str = "", **more: str) -> Service:
        text = "".join(programmes) or programme(PROGRAMME)
        own = f'port = {free_port()}\nlog_format = "json"\n{service}'
        config = tmp_path / f"latsar-{len(made)}.toml"
        made.append(open_service(write_config(config, text, urls_of(campus), database_url, own, **more)))
        return made[-1]

    yield new
    for service in made:
        service.database.close()


@contextmanager
def held_up_at_a_write(
    campus: Campus, committed: bool = False, only: str | None = None
) -> Iterator[Callable[[], None]]:
    """Hold the first write up, before or after the site has committed it; give what waits until it has come."""
    reached, go_on, first = Event(), Event(), Lock()

    def hold(function: str, parameters: Mapping[str, Any]) -> None:
        if only in (None, function) and first.acquire(blocking=False):
            reached.set()
            assert go_on.wait(LONG)

    def wait() -> None:
        assert reached.wait(LONG)

    setattr(campus, "after_write" if committed else "before_write", hold)
    try:
        yield wait
    finally:
        go_on.set()
        campus.before_write = campus.after_write = None


def ask(service: Service, name: str = PROGRAMME, scope: str = "incremental") -> int:
    """Ask for a run as a person does."""
    return queue.ask(service.database, name, scope, "", "rina", datetime.now(UTC))


def all_done(service: Service, *numbers: int) -> bool:
    """Say whether these requests are done."""
    with service.database.reading() as connection:
        return all(each.state == queue.DONE for each in queue.find(connection, numbers))


def typed(service: Service, *arguments: str) -> tuple[int, str, str]:
    """Type a command, in this process, and return its exit code and both streams."""
    ended = type_command(["--config", str(service.config), *arguments], service.config.parent, environment())
    return ended.code, ended.out, ended.err


def seated(service: Service) -> list[Mapping[str, Any]]:
    """Return the roster entries of those who belong to a course of their programme."""
    return [row for row in service.roster().values() if row["angkatan"]]


def nips(campus: Campus) -> set[str]:
    """Return every NIP of the campus."""
    return {user.idnumber for user in campus.mooc.users.values() if user.idnumber}


# One daemon


def test_a_daemon_starts_works_and_ends_and_its_manager_and_its_log_tell_of_it(
    make: Make, campus: Campus, started: list[Daemon], tmp_path: Path
) -> None:
    service = make(service='log_file = "log/latsar.log"')
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(LONG)
        daemon = Daemon(service.config, NOTIFY_SOCKET=manager.getsockname(), WATCHDOG_USEC="2000000")
        started.append(daemon)
        words: list[str] = []
        listener = Thread(target=lambda: words.extend(iter(lambda: manager.recv(4096).decode(), "STOPPING=1")))
        listener.start()
        number = ask(service)
        wait_for(lambda: all_done(service, number), "the run", LONG)
        wait_for(lambda: words.count("WATCHDOG=1") > 1, "the watchdog's words")
        daemon.process.terminate()
        listener.join(PATIENCE)

    assert daemon.process.wait(PATIENCE) == 0
    assert words[0].startswith("READY=1\n")
    assert not listener.is_alive()
    assert {f"STATUS={PROGRAMME}: step 11 of 14", "STATUS=waiting for the next run"} <= set(words)
    assert (holders(service.database), living_daemons(service.database, datetime.now(UTC))) == ([], [])
    assert daemon.said == ""
    written = (tmp_path / "log" / "latsar.log").read_text("utf-8")
    lines = [json.loads(line) for line in written.splitlines()]
    assert [line["event"] for line in lines if "request" in line] == ["run begins", "run ended"]
    assert {line["programme"] for line in lines if "request" in line} == {PROGRAMME}
    [ended] = [line for line in lines if line["event"] == "run ended"]
    assert (ended["outcome"], ended["run"], ended["confirmed"]) == ("ok", 1, len(seated(service)))
    assert [line["in_time"] for line in lines if line["event"] == "stopped"] == [True]
    assert not any(token in written for token in TOKENS.values())
    assert not any(nip in written for nip in nips(campus))


def test_told_to_stop_it_finishes_the_step_in_hand_and_the_run_goes_on_after_the_restart(
    make: Make, campus: Campus, started: list[Daemon]
) -> None:
    service = make()
    number = ask(service)
    with held_up_at_a_write(campus) as wait:
        daemon = Daemon(service.config)
        started.append(daemon)
        wait()
        daemon.process.terminate()
    code = daemon.process.wait(PATIENCE)
    [waiting] = requests_of(service.database)
    groups = [group for each in (1, 2) for group in campus.kelas.course(f"KLS-{each}").groups.values()]
    members = [len(group.members) for group in groups]

    started.append(Daemon(service.config, "restarted"))
    wait_for(lambda: all_done(service, number), "the rest of the run", LONG)

    assert (code, waiting.state, waiting.id) == (0, "queued", number)
    assert (len(groups), sum(members)) == (2, 0)
    assert daemon.told("stopped")[0]["in_time"] is True
    assert {row["state"] for row in seated(service)} == {"confirmed"}


def test_a_hanging_lms_does_not_keep_it_from_ending_and_the_run_goes_on_after_the_restart(
    make: Make, campus: Campus, started: list[Daemon]
) -> None:
    service = make(service="stop_within = 1")
    number = ask(service)
    fault = campus.faults.add(Fault("slow", site="mooc", seconds=600, count=1))
    daemon = Daemon(service.config)
    started.append(daemon)
    wait_for(lambda: campus.log, "the first request to the LMS", LONG)

    assert daemon.stop() == 0
    assert daemon.told("stopped")[0]["in_time"] is False
    assert campus.log[0].status == 0  # the LMS has still not answered

    campus.faults.remove(fault)
    started.append(Daemon(service.config, "restarted"))
    wait_for(lambda: all_done(service, number), "the run", LONG)
    assert [(each.outcome, each.message) for each in requests_of(service.database)] == [("ok", None)]


def test_a_database_that_hangs_does_not_keep_it_from_ending_either(make: Make, started: list[Daemon]) -> None:
    service = make(service="stop_within = 1")
    daemon = Daemon(service.config)
    started.append(daemon)
    wait_for(lambda: living_daemons(service.database, datetime.now(UTC)), "the daemon", LONG)

    with service.database.writing():  # whoever wants to write now waits for half a minute
        assert daemon.stop() == 0


def test_a_port_in_use_is_one_clear_line_and_exit_code_two(make: Make, started: list[Daemon]) -> None:
    service = make()
    port = service.settings.service.port
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        daemon = Daemon(service.config)
        started.append(daemon)
        code = daemon.process.wait(LONG)

    assert code == 2
    assert f"service.host 127.0.0.1 port {port} cannot be used: Address already in use." in daemon.said
    assert "Traceback" not in daemon.said
    assert living_daemons(service.database, datetime.now(UTC)) == []


@pytest.mark.postgres
def test_no_password_token_or_nip_is_logged_when_database_proxy_and_lms_fail(
    make: Make, campus: Campus, started: list[Daemon], postgres_server: str
) -> None:
    address = make_url(new_postgres(postgres_server)).set(password="rahasia-basisdata-4711")
    proxy = 'proxy = "http://latsar:rahasia-proxy-4712@127.0.0.1:9"'
    service = make(database_url=address.render_as_string(hide_password=False), site=proxy)
    daemon = Daemon(service.config)
    started.append(daemon)
    first = ask(service)
    wait_for(lambda: all_done(service, first), "the run that fails", LONG)
    service.run(nip=next(iter(nips(campus))))
    with service.database.writing() as connection:
        connection.execute(text("ALTER TABLE run_requests RENAME TO lost"))
    daemon.hear("the database does not answer; trying again")
    with service.database.writing() as connection:
        connection.execute(text("ALTER TABLE lost RENAME TO run_requests"))
    daemon.hear("the database answers again")

    assert daemon.stop() == 0
    assert requests_of(service.database)[0].outcome == "failed"
    assert daemon.told("site is left alone for a while")
    for secret in ("rahasia-basisdata-4711", "rahasia-proxy-4712", *TOKENS.values()):
        assert secret not in daemon.said
    assert not NIP.search(daemon.said)


def test_the_database_is_backed_up_while_a_daemon_works_and_restored_and_checked(
    make: Make, started: list[Daemon], tmp_path: Path
) -> None:
    old = make()
    started.append(Daemon(old.config))
    number = ask(old)
    wait_for(lambda: all_done(old, number), "the run", LONG)
    file = str(tmp_path / "latsar.backup")
    new = make(database_url=f"sqlite:///{tmp_path / 'new.db'}")

    assert typed(old, "db", "backup", file)[0] == 0
    code, _, err = typed(old, "db", "restore", file)
    assert (code, "is not empty" in err) == (2, True)
    assert typed(new, "db", "restore", file)[0] == 0
    assert typed(new, "db", "check", "--json")[:2] == (0, "[]\n")
    with new.database.writing() as connection:
        connection.execute(text("UPDATE participants SET decision_version = decision_version + 7"))
    code, out, _ = typed(new, "db", "check")
    assert (code, "decision_version_wrong" in out, "→ Run latsar-sync sync --full" in out) == (1, True, True)


# Asking for a run


def test_a_person_asks_follows_the_steps_and_gets_the_outcome_as_exit_code(
    make: Make, campus: Campus, started: list[Daemon]
) -> None:
    service = make()
    started.append(Daemon(service.config))
    started[0].hear("started")

    code, out, err = typed(service, "resync", "--full", "--wait", "--by", "rina")

    assert (code, out) == (0, f"{PROGRAMME}: ok (run 1)\n")
    steps = [int(step) for step in re.findall(r": +(\d+)/14 ", err)]
    # the writes of several courses come one after another
    assert [step for step in steps if step <= 10] == sorted(step for step in steps if step <= 10)
    assert err.rstrip().endswith(f"{PROGRAMME}: done")
    assert "No daemon" not in err

    nip = next(nip for nip, row in service.roster().items() if row["state"] == "confirmed")
    code, out, err = typed(service, "resync", "--participant", nip, "--wait", "--json")
    [shape] = json.loads(out)
    assert (code, err) == (0, "")
    assert shape | {"request_id": 0} == {
        "request_id": 0,
        "programme": PROGRAMME,
        "scope": "participant",
        "state": "done",
        "step": shape["step"],
        "run_id": 2,
        "outcome": "ok",
        "message": None,
    }
    with service.database.reading() as connection:
        assert nip not in str(connection.execute(select(run_requests)).all())

    campus.faults.add(Fault("bad_gateway", site="mooc"))
    code, out, err = typed(service, "resync", "--wait")
    assert code == 1
    assert out.startswith(f"{PROGRAMME}: failed (run 3) mooc: ")


def test_without_a_daemon_that_is_said_and_the_request_waits_until_one_is_started(
    make: Make, started: list[Daemon]
) -> None:
    service = make(programme("one", ["1"]), programme("two", ["2"]))
    waiting = start(service.config, "resync", "--wait")
    wait_for(lambda: len(requests_of(service.database, queue.QUEUED)) == 2, "the requests", LONG)

    started.append(Daemon(service.config))
    out, err = waiting.communicate(timeout=LONG)

    assert waiting.returncode == 0
    assert "No daemon gives a sign of life; the request waits until one is started (latsar-sync run)." in err
    assert re.fullmatch(r"one: ok \(run \d\)\ntwo: ok \(run \d\)\n", out)


def test_part_of_several_programmes_failing_is_done_in_part(make: Make, campus: Campus, started: list[Daemon]) -> None:
    service = make(programme("one", ["1"]), programme("two", ["2"]))
    started.append(Daemon(service.config))
    campus.kelas.courses.pop(campus.kelas.course("KLS-2").id)

    code, _, err = typed(service, "resync", "--wait")

    assert code == 3, err


@pytest.mark.parametrize(
    ("outcomes", "code"),
    [
        ("ok", 0),
        ("ok ok", 0),
        ("failed", 1),
        ("failed failed", 1),
        ("ok failed", 3),
        ("partial", 3),
        ("guarded", 4),
        ("ok guarded", 4),
        ("failed guarded", 4),
        ("partial guarded", 4),
    ],
)
def test_several_outcomes_have_the_exit_code_that_sync_would_have(outcomes: str, code: int) -> None:
    assert code_of(outcomes.split()) == code


def test_whose_request_is_merged_into_the_same_one_is_told_how_that_ended(make: Make) -> None:
    service = make()
    follower = start(service.config, "resync", "--wait")
    [first] = wait_for(lambda: requests_of(service.database, queue.QUEUED), "the request", LONG)
    claim = queue.claim(service.database, first.id, datetime.now(UTC))
    second = ask(service)
    assert claim is not None
    queue.put_back(service.database, first.id, claim, datetime.now(UTC))
    taken = queue.claim(service.database, second, datetime.now(UTC))
    assert taken is not None
    assert [each.state for each in requests_of(service.database)] == ["merged", "running"]

    queue.finish(service.database, second, taken, None, RunOutcome.GUARDED, "held", datetime.now(UTC))

    out, err = follower.communicate(timeout=LONG)
    assert (follower.returncode, out) == (4, f"{PROGRAMME}: guarded (run None) held\n")
    assert len(requests_of(service.database)) == 2, err


@pytest.mark.parametrize("name", ["schedule", " "])
def test_who_asks_must_be_a_person(make: Make, name: str) -> None:
    service = make()

    code, _, err = typed(service, "resync", "--by", name)

    assert (code, "Traceback" in err) == (2, False)
    assert requests_of(service.database) == []


def test_a_request_is_taken_even_where_the_account_has_no_name(make: Make) -> None:
    service = make()
    nameless = "import getpass; getpass.getuser = lambda: {}['uid not found']; "
    command = [sys.executable, "-c", f"{nameless}{COMMAND[-1]}", "--config", str(service.config), "resync"]

    assert subprocess.run(command, env=environment(), timeout=LONG, stdout=subprocess.DEVNULL).returncode == 0

    [request] = requests_of(service.database)
    assert (request.requested_by, request.manual) == (f"user {os.getuid()}", True)


# Several daemons on one PostgreSQL


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> object:
    """Give the in-class site as it must be in the end: as undisturbed runs of the four programmes leave it."""
    folder = tmp_path_factory.mktemp("undisturbed")
    with small_campus(32, 8) as campus:
        service = open_service(write_config(folder / "latsar.toml", "".join(four_programmes()), urls_of(campus)))
        service.run()
        with service.database.reading() as connection:
            recorded = {(run.programme, run.outcome) for run in runs.recorded_runs(connection)}
        assert recorded == {(name, RunOutcome.OK) for name in NAMES}
        service.database.close()
        return campus.kelas.snapshot()


@pytest.fixture
def three(make: Make, started: list[Daemon], postgres_server: str) -> Service:
    """Start three daemons on one PostgreSQL; give the service of one of them."""
    address = new_postgres(postgres_server)
    services = [make(*four_programmes(), database_url=address) for _ in range(3)]
    started += [Daemon(service.config, f"daemon-{number}") for number, service in enumerate(services)]
    for daemon in started:
        daemon.hear("started")
    return services[0]


def four_programmes() -> list[str]:
    """Return four programmes that share the sites and the MOOC course, with two courses each."""
    return [programme(name, [str(2 * number + 1), str(2 * number + 2)]) for number, name in enumerate(NAMES)]


def who_writes(service: Service, daemons: list[Daemon]) -> tuple[Daemon, str]:
    """Return the daemon whose write is held up, and its programme; writes of the others end by themselves."""

    def only_one() -> list[str]:
        with service.database.reading() as connection:
            sending = connection.execute(text("SELECT DISTINCT programme FROM pushes WHERE state = 'sending'"))
            names = list(sending.scalars())
        return names if len(names) == 1 else []

    [name] = wait_for(only_one, "the end of the others' writes", LONG)
    [pid] = [each.pid for each in holders(service.database) if each.programme == name]
    [daemon] = [each for each in daemons if each.process.pid == pid]
    return daemon, name


def writes_in(campus: Campus) -> int:
    """Count the writes that the campus was asked for."""
    return sum(entry.function in WRITES for entry in campus.log)


def age(service: Service, name: str) -> None:
    """Let the lease and the claim of a programme look as if they had been kept warm last two minutes ago."""
    long_ago = datetime.now(UTC) - timedelta(minutes=2)
    with service.database.writing() as connection:
        connection.execute(update(leases).where(leases.c.programme == name).values(beat_at=long_ago))
        running = (run_requests.c.programme == name, run_requests.c.state == queue.RUNNING)
        connection.execute(update(run_requests).where(*running).values(claimed_at=long_ago))


def assert_all_is_well(service: Service, campus: Campus, expected: object) -> None:
    """After one more full run of everything nothing has changed, and the records agree with each other."""
    numbers = [ask(service, name, "full") for name in NAMES]
    wait_for(lambda: all_done(service, *numbers), "the full runs", LONG)
    assert {each.outcome for each in requests_of(service.database)} == {"ok"}
    assert campus.kelas.snapshot() == expected
    assert {row["state"] for row in seated(service)} == {"confirmed"}
    with service.database.reading() as connection:
        assert check_records(connection, {}) == []


@pytest.mark.postgres
def test_three_daemons_share_the_programmes_and_take_over_from_one_that_is_killed_while_it_writes(
    three: Service, campus: Campus, started: list[Daemon], expected: object
) -> None:
    with held_up_at_a_write(campus, committed=True) as wait:
        numbers = [ask(three, name) for name in NAMES]
        wait()
        killed, name = who_writes(three, started)
        killed.process.kill()
        killed.process.wait(PATIENCE)
    wait_for(lambda: all_done(three, *numbers), "all runs", LONG)

    others = [daemon for daemon in started if daemon is not killed]
    taken_over = [line for daemon in others for line in daemon.told("taken over from a dead daemon")]
    assert {line["programme"] for line in taken_over} == {name}
    assert all(daemon.told("run begins") for daemon in started)
    ended = [line["programme"] for daemon in others for line in daemon.told("run ended")]
    assert sorted(ended) == sorted(NAMES)
    assert_all_is_well(three, campus, expected)


@pytest.mark.postgres
@pytest.mark.parametrize("committed", [False, True], ids=["in flight", "committed"])
def test_one_that_was_frozen_past_its_lease_and_woken_again_writes_nothing_more(
    three: Service, campus: Campus, started: list[Daemon], expected: object, committed: bool
) -> None:
    with held_up_at_a_write(campus, committed, "enrol_manual_enrol_users") as wait:
        numbers = [ask(three, name) for name in NAMES]
        wait()
        frozen, name = who_writes(three, started)
        frozen.process.send_signal(signal.SIGSTOP)
        age(three, name)
        wait_for(lambda: all_done(three, *numbers), "the runs of the others", LONG)
        writes = writes_in(campus)
        assert campus.kelas.snapshot() == expected
        assert [each.outcome for each in requests_of(three.database)] == ["ok"] * 4
        recorded = three.count("roster_events"), three.count("pushes")
        frozen.process.send_signal(signal.SIGCONT)
    lost = frozen.hear("the lease was lost during the run, which goes on from there")

    assert (lost["programme"], isinstance(lost["run"], int)) == (name, True)
    assert writes_in(campus) == writes
    assert (three.count("roster_events"), three.count("pushes")) == recorded
    assert campus.kelas.snapshot() == expected
    assert [each.outcome for each in requests_of(three.database)] == ["ok"] * 4
    assert_all_is_well(three, campus, expected)
    assert frozen.stop() == 0
