"""What the daemon answers over HTTP: is it alive, is it able to work, what has it counted; it names nobody."""

import json
import os
import socket
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from service import Service, new_postgres
from sqlalchemy import Connection, create_engine, make_url, select, text
from unattended import (
    NOON,
    PATIENCE,
    Clock,
    daemon_at_work,
    free_port,
    open_service,
    programme,
    requests_of,
    settle,
    small_campus,
    urls_of,
    wait_for,
    write_config,
)

from latsar_sync.demo import Campus, Fault
from latsar_sync.domain.errors import ConfigurationError
from latsar_sync.domain.request import RunOutcome
from latsar_sync.service import daemon as daemon_module
from latsar_sync.service.meters import Meters
from latsar_sync.store import queue
from latsar_sync.store.tables import identities, participants
from latsar_sync.web.health import health_app
from latsar_sync.web.server import WebServer

PROGRAMME = "latsar-2026-iii"
QUARTERLY = 'schedule = "*/15 * * * *"'
Answer = tuple[int, str]
Ask = Callable[[str], Answer]
Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]

pytestmark = pytest.mark.usefixtures("look_often")


@pytest.fixture
def campus() -> Iterator[Campus]:
    """Give a campus with one small course."""
    with small_campus(6, 1) as campus:
        yield campus


@pytest.fixture
def service(campus: Campus, tmp_path: Path) -> Iterator[Service]:
    """Give a service that is run every quarter of an hour."""
    made = configured(campus, tmp_path)
    yield made
    made.database.close()


def configured(campus: Campus, folder: Path, more: str = QUARTERLY, database_url: str = "") -> Service:
    """Configure the service for the campus."""
    text = programme(PROGRAMME, ["1"], more)
    return open_service(write_config(folder / "latsar.toml", text, urls_of(campus), database_url))


@contextmanager
def answering(service: Service, clock: Clock, daemon: daemon_module.Daemon, meters: Meters) -> Iterator[Ask]:
    """Serve the pages of a daemon and give what asks for one of them."""
    port = free_port()

    def ask(path: str) -> Answer:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=PATIENCE) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    with WebServer(health_app(service.settings, service.database, daemon, meters, clock), "127.0.0.1", port):
        yield ask


@contextmanager
def at_work(service: Service, clock: Clock) -> Iterator[tuple[daemon_module.Daemon, Ask]]:
    """Let a daemon work and answer."""
    meters = Meters(clock)
    with daemon_at_work(service, clock, meters) as daemon, answering(service, clock, daemon, meters) as ask:
        yield daemon, ask


def samples(answer: Answer) -> Samples:
    """Return the values of a page of metrics by name and labels."""
    assert answer[0] == 200
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer[1])
        for sample in family.samples
    }


def value(found: Samples, name: str, **labels: str) -> float:
    """Return the value of one sample."""
    return found[name, tuple(sorted(labels.items()))]


def end_every_session(service: Service, connection: Connection, name: str) -> None:
    """End every session of a database."""
    service.database.engine.dispose()
    mine = {"name": name}
    connection.execute(text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"), mine)
    busy = text("SELECT count(*) FROM pg_stat_activity WHERE datname = :name")
    wait_for(lambda: connection.execute(busy, mine).scalar_one() == 0, "the end of every session")


# Health


def test_a_daemon_whose_loop_turns_is_alive_and_one_whose_loop_hangs_is_not(service: Service, clock: Clock) -> None:
    with at_work(service, clock) as (daemon, ask):
        assert ask("/healthz")[0] == 200
        settle(daemon, clock, service.database, minutes=5)
        assert json.loads(ask("/healthz")[1])["alive"] is True

    # the loop has ended; the page is still asked for
    meters = Meters(clock)
    with answering(service, clock, daemon, meters) as ask:
        clock.go_on(seconds=59)
        assert ask("/healthz")[0] == 200
        clock.go_on(seconds=2)
        code, said = ask("/healthz")
    assert (code, json.loads(said)["alive"]) == (503, False)


def test_readiness_begins_with_the_first_good_run_and_ends_when_it_is_stale(service: Service, clock: Clock) -> None:
    with at_work(service, clock) as (daemon, ask):
        code, said = ask("/readyz")
        assert (code, json.loads(said)) == (503, {"ready": False, "reasons": [f"{PROGRAMME}: no good run yet"]})

        settle(daemon, clock, service.database, minutes=15)
        assert ask("/readyz") == (200, '{"ready":true,"reasons":[]}')

    with answering(service, clock, daemon, Meters(clock)) as ask:
        clock.go_on(hours=25, minutes=59)
        assert ask("/readyz")[0] == 200
        clock.go_on(minutes=2)
        code, said = ask("/readyz")
    assert code == 503
    assert json.loads(said)["reasons"] == [f"{PROGRAMME}: the last good run ended 2026-08-17T05:15:00+00:00"]


def test_a_run_for_one_participant_does_not_hide_that_no_run_over_everybody_ends_well(
    service: Service, clock: Clock
) -> None:
    with at_work(service, clock) as (daemon, _):
        settle(daemon, clock, service.database, minutes=15)
    clock.go_on(hours=27)
    wanted = service.run(clock.now, nip=next(iter(service.participants())))
    with answering(service, clock, daemon, Meters(clock)) as ask:
        code, _said = ask("/readyz")

    assert wanted.run.outcome is RunOutcome.OK
    assert code == 503


def test_failed_runs_do_not_make_it_ready(service: Service, clock: Clock, campus: Campus) -> None:
    campus.faults.add(Fault("bad_gateway"))
    with at_work(service, clock) as (daemon, ask):
        settle(daemon, clock, service.database, minutes=15)

        assert ask("/readyz")[0] == 503


def test_without_any_schedule_it_says_so(campus: Campus, tmp_path: Path, clock: Clock) -> None:
    service = configured(campus, tmp_path, more="")
    with at_work(service, clock) as (_, ask):
        code, said = ask("/readyz")
    service.database.close()

    assert (code, json.loads(said)["reasons"]) == (503, ["no programme has a schedule"])


@pytest.mark.postgres
def test_a_database_that_is_gone_is_told_and_its_return_too(
    campus: Campus, tmp_path: Path, clock: Clock, postgres_server: str
) -> None:
    address = new_postgres(postgres_server)
    service = configured(campus, tmp_path, database_url=address)
    service.run(now=NOON)
    daemon = daemon_module.Daemon(service.settings, service.database, clock, Meters(clock))
    name = make_url(address).database
    admin = create_engine(make_url(address).set(database="postgres"), isolation_level="AUTOCOMMIT")
    with answering(service, clock, daemon, Meters(clock)) as ask, admin.connect() as connection:
        assert ask("/readyz")[0] == 200
        end_every_session(service, connection, str(name))
        connection.execute(text(f"ALTER DATABASE {name} RENAME TO {name}_away"))
        gone = ask("/readyz")
        alive = ask("/healthz")
        connection.execute(text(f"ALTER DATABASE {name}_away RENAME TO {name}"))
        back = ask("/readyz")
    admin.dispose()
    service.database.close()

    assert (gone[0], back[0], alive[0]) == (503, 200, 200)
    assert "the database does not answer" in gone[1]


def test_a_daemon_that_has_run_out_of_database_connections_is_not_ready(service: Service, clock: Clock) -> None:
    service.run(now=NOON)
    daemon = daemon_module.Daemon(service.settings, service.database, clock, Meters(clock))
    pool: Any = service.database.engine.pool
    pool._timeout = 0.01
    with answering(service, clock, daemon, Meters(clock)) as ask:
        with ExitStack() as taken:
            for _ in range(15):
                taken.enter_context(service.database.reading())
            code, said = ask("/readyz")
        assert ask("/readyz")[0] == 200

    assert (code, "the database does not answer" in said) == (503, True)


# Metrics


def test_runs_requests_decisions_pushes_and_ages_are_counted(service: Service, clock: Clock, campus: Campus) -> None:
    with at_work(service, clock) as (daemon, ask):
        settle(daemon, clock, service.database, minutes=15)
        settle(daemon, clock, service.database, minutes=15)
        settle(daemon, clock, service.database, seconds=50)
        found = samples(ask("/metrics"))

    qualified = sum(person["outcome"] == "qualified" for person in service.participants().values())
    assert value(found, "latsar_runs_total", programme=PROGRAMME, outcome="ok") == 2
    assert value(found, "latsar_run_seconds_count", programme=PROGRAMME) == 2
    assert value(found, "latsar_decisions", programme=PROGRAMME, decision="qualified") == qualified > 0
    assert value(found, "latsar_decisions", programme=PROGRAMME, decision="held") == 0
    assert value(found, "latsar_pushes_total", programme=PROGRAMME, result="pushed") == len(service.roster())
    assert value(found, "latsar_pushes_total", programme=PROGRAMME, result="failed") == 0
    assert value(found, "latsar_last_good_run_age_seconds", programme=PROGRAMME) == pytest.approx(50, abs=0.1)
    assert value(found, "latsar_site_quarantined", site="mooc") == 0
    counted = {labels: number for (name, labels), number in found.items() if name == "latsar_lms_requests_total"}
    assert sum(counted.values()) == len(campus.log)
    assert value(
        found, "latsar_lms_requests_total", site="kelas", function="enrol_manual_enrol_users", status="200"
    ) == sum(entry.function == "enrol_manual_enrol_users" for entry in campus.log)
    assert value(found, "latsar_lms_seconds_count", site="kelas", function="enrol_manual_enrol_users") > 0


def test_a_failing_site_is_seen_in_the_metrics_and_so_is_its_healing(
    service: Service, clock: Clock, campus: Campus
) -> None:
    fault = campus.faults.add(Fault("drop_before", site="mooc"))
    with at_work(service, clock) as (daemon, ask):
        settle(daemon, clock, service.database, minutes=15)
        settle(daemon, clock, service.database, seconds=11)
        ill = samples(ask("/metrics"))
        campus.faults.remove(fault)
        settle(daemon, clock, service.database, minutes=15)
        settle(daemon, clock, service.database, seconds=11)
        well = samples(ask("/metrics"))

    assert value(ill, "latsar_site_quarantined", site="mooc") == 1
    assert value(ill, "latsar_runs_total", programme=PROGRAMME, outcome="failed") == 1
    calls = {dict(labels)["status"] for (name, labels) in ill if name == "latsar_lms_requests_total"}
    assert calls == {"no answer"}
    assert ("latsar_last_good_run_age_seconds", (("programme", PROGRAMME),)) not in ill
    assert value(well, "latsar_site_quarantined", site="mooc") == 0
    assert value(well, "latsar_runs_total", programme=PROGRAMME, outcome="ok") == 1


def test_a_daemon_tells_the_decisions_and_ages_of_runs_that_others_made(
    service: Service, clock: Clock, campus: Campus
) -> None:
    service.run(now=NOON)
    campus.faults.add(Fault("bad_gateway"))
    with at_work(service, clock) as (daemon, ask):
        settle(daemon, clock, service.database, minutes=15)
        settle(daemon, clock, service.database, seconds=11)
        found = samples(ask("/metrics"))

    qualified = sum(person["outcome"] == "qualified" for person in service.participants().values())
    assert value(found, "latsar_decisions", programme=PROGRAMME, decision="qualified") == qualified > 0
    assert value(found, "latsar_last_good_run_age_seconds", programme=PROGRAMME) == pytest.approx(911, abs=0.1)


def test_no_page_names_a_person(service: Service, clock: Clock) -> None:
    with at_work(service, clock) as (daemon, ask):
        settle(daemon, clock, service.database, minutes=15)
        queue.ask(service.database, PROGRAMME, "participant", next(iter(service.roster())), "rina", clock())
        wait_for(lambda: len(requests_of(service.database, queue.DONE)) == 2, "the run of one participant")
        pages = "".join(ask(path)[1] for path in ("/healthz", "/readyz", "/metrics", "/", "/docs", "/openapi.json"))
    with service.database.reading() as connection:
        people = connection.execute(
            select(identities.c.nip, identities.c.name, participants.c.id).join_from(identities, participants)
        ).all()

    assert len(people) == 6
    for person in people:
        assert not any(str(each) in pages for each in person)


# The server


def test_a_port_in_use_is_told_in_one_clear_line(service: Service, clock: Clock) -> None:
    daemon = daemon_module.Daemon(service.settings, service.database, clock, Meters(clock))
    app = health_app(service.settings, service.database, daemon, Meters(clock), clock)
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", 0))
        port = other.getsockname()[1]
        other.listen()
        with pytest.raises(ConfigurationError) as refused, WebServer(app, "127.0.0.1", port):
            pass

    assert str(refused.value) == (
        f"service.host 127.0.0.1 port {port} cannot be used: Address already in use. "
        "Does another daemon run on this host? Choose another service.port."
    )


def test_of_two_that_start_at_one_moment_one_gets_the_port(service: Service, clock: Clock) -> None:
    daemon = daemon_module.Daemon(service.settings, service.database, clock, Meters(clock))
    app = health_app(service.settings, service.database, daemon, Meters(clock), clock)
    port = free_port()
    first, second = WebServer(app, "127.0.0.1", port), WebServer(app, "127.0.0.1", port)

    with first, pytest.raises(ConfigurationError, match="Address already in use"), second:
        pass


@pytest.mark.parametrize("host", ["256.1.1.1", "no-such-host.invalid"])
def test_an_address_that_is_not_ours_is_told(service: Service, clock: Clock, host: str) -> None:
    daemon = daemon_module.Daemon(service.settings, service.database, clock, Meters(clock))
    app = health_app(service.settings, service.database, daemon, Meters(clock), clock)

    with (
        pytest.raises(ConfigurationError, match=f"service.host {host} port 8750 cannot be used") as refused,
        WebServer(app, host, 8750),
    ):
        pass

    assert refused.value.remedy.startswith("service.host must be an address of this host")


# The service manager


def test_the_service_manager_hears_of_the_start_the_steps_the_end_and_of_a_loop_that_turns(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hang, hanging = Event(), Event()

    def clock() -> datetime:
        if hang.is_set():
            hanging.set()
            wait_for(lambda: not hang.is_set(), "the end of the hang")
        return datetime.now(UTC)

    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(PATIENCE)
        monkeypatch.setenv("NOTIFY_SOCKET", manager.getsockname())
        monkeypatch.setenv("WATCHDOG_USEC", "100000")
        monkeypatch.setenv("WATCHDOG_PID", str(os.getpid()))

        def next_word(wanted: str) -> str:
            while not (word := manager.recv(4096).decode()).startswith(wanted):
                pass
            return word

        with daemon_at_work(service, clock):
            assert manager.recv(4096) == b"READY=1\nSTATUS=waiting for the next run"
            assert next_word("WATCHDOG=1")
            queue.ask(service.database, PROGRAMME, "full", "", "rina", datetime.now(UTC))
            assert next_word("STATUS=") == f"STATUS={PROGRAMME}: step 1 of 14"
            assert next_word("STATUS=waiting") == "STATUS=waiting for the next run"
            assert next_word("WATCHDOG=1")

            hang.set()
            assert hanging.wait(PATIENCE)
            manager.settimeout(0.5)
            with pytest.raises(TimeoutError):
                next_word("nothing begins like this")
            manager.settimeout(PATIENCE)
            hang.clear()
            assert next_word("WATCHDOG=1")
        assert next_word("STOPPING=1")
