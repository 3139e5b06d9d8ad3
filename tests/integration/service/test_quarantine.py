"""The daemon and what fails: a site is left alone step by step and told of once; the database, the program itself."""

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from daemon_in_thread import Events, told
from service import Service
from sqlalchemy import insert
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from unattended import (
    NOON,
    Clock,
    daemon_at_work,
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
from latsar_sync.run import pipeline
from latsar_sync.store import queue, queue_taking, site_health
from latsar_sync.store.tables import runs

PROGRAMME = "latsar-2026-iii"
OTHER = "latsar-2026-ii"
EVERY_MINUTE = 'schedule = "* * * * *"'
LEFT_ALONE, HEALED = "site is left alone for a while", "site has healed"
ENROLLED = "core_enrol_get_enrolled_users"

MakeService = Callable[..., Service]

pytestmark = pytest.mark.usefixtures("look_often")


@pytest.fixture
def campus() -> Iterator[Campus]:
    """Give a campus with one small course."""
    with small_campus(6, 1) as campus:
        yield campus


@pytest.fixture
def make(campus: Campus, tmp_path: Path) -> Iterator[MakeService]:
    """Give a factory of services on the campus, run every minute."""
    made: list[Service] = []

    def new(*programmes: str, urls: Mapping[str, str] | None = None, **more: str) -> Service:
        text = "".join(programmes) or programme(PROGRAMME, ["1"], EVERY_MINUTE)
        made.append(open_service(write_config(tmp_path / "latsar.toml", text, urls or urls_of(campus), **more)))
        return made[-1]

    yield new
    for service in made:
        service.database.close()


def outcomes(service: Service, name: str = PROGRAMME) -> list[str | None]:
    """Return how the requests of a programme ended, oldest first."""
    return [each.outcome for each in requests_of(service.database, queue.DONE) if each.programme == name]


def asked(campus: Campus, site: str = "mooc") -> int:
    """Count the requests that a site has got."""
    return sum(entry.site == site for entry in campus.log)


def next_try(service: Service, site: str = "mooc") -> site_health.SiteHealth:
    """Return the state of a site in quarantine."""
    with service.database.reading() as connection:
        return site_health.ill_sites(connection)[site]


def ask(service: Service, clock: Clock) -> int:
    """Ask for a run as a person does."""
    return queue.ask(service.database, PROGRAMME, "incremental", "", "rina", clock())


def test_a_failing_site_is_tried_ever_more_rarely_told_of_once_and_heals_by_itself(
    make: MakeService, clock: Clock, campus: Campus, events: Events
) -> None:
    service = make()
    fault = campus.faults.add(Fault("bad_gateway", site="mooc"))
    pauses = []
    with daemon_at_work(service, clock) as daemon:
        settle(daemon, clock, service.database, minutes=1)
        for _ in range(7):
            failed_at, tried = clock.now, asked(campus)
            until = next_try(service).next_try_at
            pauses.append(round((until - failed_at).total_seconds() / 60))
            settle(daemon, clock, service.database, seconds=(until - clock.now).total_seconds() - 1)
            assert asked(campus) == tried
            if len(pauses) == 7:
                campus.faults.remove(fault)
            settle(daemon, clock, service.database, seconds=12)
            assert asked(campus) > tried
        assert told(events, HEALED)
        settle(daemon, clock, service.database, minutes=1)

    assert pauses == [1, 2, 5, 10, 20, 30, 30]
    assert outcomes(service) == ["failed"] * 7 + ["ok"] * 2
    [notice], [healed] = told(events, LEFT_ALONE), told(events, HEALED)
    assert (notice["site"], "HTTP 502" in notice["reason"]) == ("mooc", True)
    assert (healed["site"], healed["failures"]) == ("mooc", 7)
    assert {row["state"] for row in service.roster().values()} == {"confirmed"}


def test_the_same_cause_met_at_another_call_is_no_second_notice_and_another_cause_is(
    make: MakeService, clock: Clock, campus: Campus, events: Events
) -> None:
    service = make()
    with daemon_at_work(service, clock) as daemon:
        for fault in (
            Fault("bad_gateway", site="mooc", function=ENROLLED),
            Fault("bad_gateway", site="mooc"),
            Fault("maintenance", site="mooc"),
            Fault("maintenance", site="mooc"),
        ):
            campus.faults.add(fault)
            settle(daemon, clock, service.database, minutes=31)
            campus.faults.remove(fault)

    assert outcomes(service) == ["failed"] * 4
    assert ["502" in each["reason"] for each in told(events, LEFT_ALONE)] == [True, False]
    assert "maintenance" in told(events, LEFT_ALONE)[1]["reason"]


def test_a_site_that_names_the_time_of_its_return_is_left_alone_until_then(
    make: MakeService, clock: Clock, campus: Campus
) -> None:
    service = make()
    campus.faults.add(Fault("maintenance_503", site="mooc", count=1))
    with daemon_at_work(service, clock) as daemon:
        settle(daemon, clock, service.database, minutes=1)
        tried = asked(campus)
        settle(daemon, clock, service.database, minutes=4, seconds=50)
        assert asked(campus) == tried

        settle(daemon, clock, service.database, seconds=20)

    assert outcomes(service) == ["failed", "ok"]


def test_the_other_sites_go_on(make: MakeService, clock: Clock, campus: Campus) -> None:
    with small_campus(6, 1) as second:
        service = make(
            programme(PROGRAMME, ["1"], EVERY_MINUTE),
            programme(OTHER, ["1"], EVERY_MINUTE, sites=("mooc2", "kelas2")),
            urls={**urls_of(campus), **urls_of(second, "2")},
        )
        campus.faults.add(Fault("bad_gateway"))
        with daemon_at_work(service, clock) as daemon:
            for _ in range(4):
                settle(daemon, clock, service.database, minutes=1)

    assert outcomes(service) == ["failed"] * 3
    assert outcomes(service, OTHER) == ["ok"] * 4


def test_an_in_class_site_that_fails_stops_only_what_needs_it(
    make: MakeService, clock: Clock, campus: Campus, events: Events
) -> None:
    service = make()
    fault = campus.faults.add(Fault("bad_gateway", site="kelas"))
    with daemon_at_work(service, clock) as daemon:
        settle(daemon, clock, service.database, minutes=1)
        settle(daemon, clock, service.database, seconds=55)
        tried = asked(campus, "kelas")
        ran = asked(campus)
        ask_again = queue.schedule(service.database, PROGRAMME, "full", clock(), clock())
        settle(daemon, clock, service.database)
        assert ask_again
        assert (asked(campus, "kelas"), asked(campus) > ran) == (tried, True)

        campus.faults.remove(fault)
        settle(daemon, clock, service.database, minutes=2)

    assert told(events, HEALED)[0]["site"] == "kelas"
    assert {row["state"] for row in service.roster().values()} == {"confirmed"}
    assert {person["outcome"] for person in service.participants().values()} >= {"qualified"}


def test_quarantine_survives_a_restart(make: MakeService, clock: Clock, campus: Campus, events: Events) -> None:
    service = make()
    campus.faults.add(Fault("bad_gateway", site="mooc"))
    with daemon_at_work(service, clock) as daemon:
        settle(daemon, clock, service.database, minutes=1)
        settle(daemon, clock, service.database, minutes=1, seconds=1)
    tried = asked(campus)

    with daemon_at_work(service, clock) as daemon:
        settle(daemon, clock, service.database, minutes=1)
        assert asked(campus) == tried
        settle(daemon, clock, service.database, minutes=1, seconds=1)
        assert asked(campus) > tried

    assert next_try(service).failures == 3
    assert len(told(events, LEFT_ALONE)) == 1


def test_a_person_who_asks_is_tried_all_the_same_and_that_heals_the_site(
    make: MakeService, clock: Clock, campus: Campus, events: Events
) -> None:
    service = make()
    fault = campus.faults.add(Fault("bad_gateway", site="mooc"))
    with daemon_at_work(service, clock) as daemon:
        settle(daemon, clock, service.database, minutes=1)
        until = next_try(service).next_try_at
        ask(service, clock)
        wait_for(lambda: len(outcomes(service)) == 2, "the try that a person asked for")
        assert next_try(service).next_try_at == until
        # the schedule's run waits for the site; a person makes it his own
        settle(daemon, clock, service.database, seconds=59)
        campus.faults.remove(fault)
        ask(service, clock)
        wait_for(lambda: told(events, HEALED), "the healing")

    assert outcomes(service) == ["failed", "failed", "ok"]


def test_a_wrong_clock_of_the_past_keeps_no_site_closed(make: MakeService, clock: Clock, campus: Campus) -> None:
    service = make()
    service.run(now=NOON)
    clock.go_on(days=365)
    fault = campus.faults.add(Fault("bad_gateway", site="mooc"))
    with daemon_at_work(service, clock) as daemon:
        settle(daemon, clock, service.database, minutes=1)
        campus.faults.remove(fault)
        clock.now = NOON
        settle(daemon, clock, service.database, minutes=1)
        settle(daemon, clock, service.database, minutes=1)

    assert "ok" in outcomes(service)


# The database and the program itself


def test_a_database_that_is_away_for_a_while_is_waited_for_and_told_of_once(
    make: MakeService, clock: Clock, events: Events, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = make()
    away = [OperationalError("SELECT", {}, Exception("gone")), PoolTimeout("no connection left")] * 3
    monkeypatch.setattr(queue_taking, "waiting", _failing(queue_taking.waiting, away))
    with daemon_at_work(service, clock) as daemon:
        wait_for(lambda: told(events, "the database answers again"), "the return of the database")
        settle(daemon, clock, service.database, minutes=1)

    [notice] = told(events, "the database does not answer; trying again")
    assert notice["reason"] == "TimeoutError"
    assert outcomes(service) == ["ok"]


def test_a_run_whose_database_fails_is_repeated_a_minute_later(
    make: MakeService, clock: Clock, events: Events, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = make(programme(PROGRAMME, ["1"]))
    once = [OperationalError("UPDATE", {}, Exception("disk full"))]
    monkeypatch.setattr(queue_taking, "tell_step", _failing(queue_taking.tell_step, once))
    with daemon_at_work(service, clock) as daemon:
        ask(service, clock)
        [notice] = wait_for(lambda: told(events, "the database failed during the run"), "the notice")
        assert notice["reason"] == "disk full"
        settle(daemon, clock, service.database, seconds=50)
        assert outcomes(service) == []

        settle(daemon, clock, service.database, seconds=11)

    assert outcomes(service) == ["ok"]


def test_a_fault_of_the_program_ends_that_request_and_nothing_else(
    make: MakeService, clock: Clock, events: Events, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = make(programme(PROGRAMME, ["1"]))
    monkeypatch.setattr(pipeline, "run", _failing(pipeline.run, [KeyError("oops")]))
    with daemon_at_work(service, clock):
        ask(service, clock)
        wait_for(lambda: outcomes(service) == ["failed"], "the end of the request")
        ask(service, clock)
        wait_for(lambda: outcomes(service) == ["failed", "ok"], "the next request")

    [line] = told(events, "the run broke off by a fault of the program; please report it")
    assert line["log_level"] == "error"
    assert "KeyError" in (requests_of(service.database)[0].message or "")


def test_a_certificate_file_that_has_gone_is_told_and_ends_the_request(
    make: MakeService, clock: Clock, tmp_path: Path, events: Events
) -> None:
    bundle = tmp_path / "ca.pem"
    bundle.touch()
    service = make(programme(PROGRAMME, ["1"]), site=f'ca_bundle = "{bundle}"')
    bundle.unlink()
    with daemon_at_work(service, clock):
        ask(service, clock)
        wait_for(lambda: outcomes(service) == ["failed"], "the end of the request")

    assert "ca_bundle" in (requests_of(service.database)[0].message or "")
    assert told(events, "the run could not begin")


def test_a_certificate_file_that_has_gone_does_not_stop_the_programmes_of_other_sites(
    make: MakeService, clock: Clock, tmp_path: Path
) -> None:
    bundle = tmp_path / "ca.pem"
    bundle.touch()
    away = f'[sites.away]\nurl = "http://127.0.0.1:9"\ntoken_env = "LATSAR_MOOC_TOKEN"\nca_bundle = "{bundle}"\n'
    service = make(away, programme(PROGRAMME, ["1"]), programme(OTHER, ["2"], sites=("away", "away")))
    bundle.unlink()
    with daemon_at_work(service, clock):
        ask(service, clock)
        wait_for(lambda: outcomes(service), "the end of the request")

    assert outcomes(service) == ["ok"]


def test_runs_that_nobody_needs_any_more_are_tidied_away(make: MakeService, clock: Clock) -> None:
    service = make(service="keep_runs = 30")
    with service.database.writing() as connection:
        old = [{"command": "run", "host": "h", "pid": 1, "started_at": NOON - timedelta(days=day)} for day in (31, 29)]
        connection.execute(insert(runs), old)
    with daemon_at_work(service, clock) as daemon:
        settle(daemon, clock, service.database)
        assert service.count("runs") == 1

        settle(daemon, clock, service.database, days=1, seconds=1)

    assert service.count("runs") == 1


def _failing(real: Callable[..., Any], errors: list[Exception]) -> Callable[..., Any]:
    """Return a function that raises the errors one after another and then does what the real one does."""

    def action(*arguments: Any, **named: Any) -> Any:
        if errors:
            raise errors.pop()
        return real(*arguments, **named)

    return action
