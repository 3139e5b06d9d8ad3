"""Real daemons in processes of their own: started, asked, told to stop, killed, frozen; several on one database."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread

import pytest
from daemon_process import (
    LONG,
    PROGRAMME,
    Daemon,
    Make,
    all_done,
    ask,
    ended_afterwards,
    held_up_at_a_write,
    seated,
    services_of,
)
from service import TOKENS, Service, new_postgres
from sqlalchemy import make_url, select, text
from typed import type_command
from unattended import (
    COMMAND,
    PATIENCE,
    environment,
    programme,
    requests_of,
    small_campus,
    start,
    wait_for,
)

from latsar_sync.cli.exit_codes import code_of
from latsar_sync.demo import Campus, Fault
from latsar_sync.domain.request import RunOutcome
from latsar_sync.store import queue, queue_taking
from latsar_sync.store.leases import holders
from latsar_sync.store.living_daemons import living_daemons
from latsar_sync.store.tables import run_requests

NIP = re.compile(r"(?<![0-9])[0-9]{8} ?[0-9]{6} ?[12] ?[0-9]{3}(?![0-9])")


@pytest.fixture
def started() -> Iterator[list[Daemon]]:
    """Give the list of daemons of a test; none outlives it."""
    with ended_afterwards() as daemons:
        yield daemons


@pytest.fixture
def campus() -> Iterator[Campus]:
    """Give a campus with eight small courses."""
    with small_campus(32, 8) as campus:
        yield campus


@pytest.fixture
def make(campus: Campus, tmp_path: Path) -> Iterator[Make]:
    """Give a factory of configured services."""
    with services_of(campus, tmp_path) as new:
        yield new


def typed(service: Service, *arguments: str) -> tuple[int, str, str]:
    """Type a command, in this process, and return its exit code and both streams."""
    ended = type_command(["--config", str(service.config), *arguments], service.config.parent, environment())
    return ended.code, ended.out, ended.err


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
        daemon.process.send_signal(signal.SIGUSR1)  # as a tool does that has turned a log over
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
    claim = queue_taking.claim(service.database, first.id, datetime.now(UTC))
    second = ask(service)
    assert claim is not None
    queue_taking.put_back(service.database, first.id, claim, datetime.now(UTC))
    taken = queue_taking.claim(service.database, second, datetime.now(UTC))
    assert taken is not None
    assert [each.state for each in requests_of(service.database)] == ["merged", "running"]

    queue_taking.finish(service.database, second, taken, None, RunOutcome.GUARDED, "held", datetime.now(UTC))

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
