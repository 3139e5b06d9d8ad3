"""Those who must act are told once that something waits; a sign of life comes while all is well."""

import json
import re
from collections.abc import Iterator, Sequence
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from pydantic import SecretStr
from service import PROGRAMME, Service
from unattended import Clock

from latsar_sync.domain import language
from latsar_sync.domain.records import Finding
from latsar_sync.domain.request import RunOutcome
from latsar_sync.service import ping as ping_module
from latsar_sync.service.notices import Notices
from latsar_sync.settings import CommitteeSettings, PingSettings
from latsar_sync.store import runs
from latsar_sync.store.runs import ProgrammeRun


class Listener:
    """A server that takes down what it is sent, and where."""

    def __init__(self) -> None:
        self.got: list[tuple[str, bytes]] = []
        self.status = 200
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                listener.got.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(listener.status)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        Thread(target=self._server.serve_forever, daemon=True).start()
        self.address = f"127.0.0.1:{self._server.server_port}"

    def titles(self) -> list[str]:
        """Return the titles of the notices."""
        return [json.loads(body)["title"] for _path, body in self.got]

    def close(self) -> None:
        """Take no more."""
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture(autouse=True)
def _english(after_one_run: Service) -> Iterator[None]:
    before = language.in_use()
    language.choose("en")
    yield
    language.choose(before)


@pytest.fixture
def listener() -> Iterator[Listener]:
    """Give somebody who is told."""
    one = Listener()
    yield one
    one.close()


def told_at(service: Service, listener: Listener, **wanted: Any) -> Service:
    """Return the service with a committee that is told at an address, and pages that people reach."""
    urls = (SecretStr(f"json://{listener.address}/committee"),)
    committee = CommitteeSettings(urls=urls, **wanted)
    programmes = tuple(
        each.model_copy(update={"committee": committee}) if each.id == PROGRAMME else each
        for each in service.settings.programmes
    )
    public = service.settings.service.model_copy(update={"public_url": "https://latsar.example.go.id"})
    settings = service.settings.model_copy(update={"programmes": programmes, "service": public})
    return Service(service.config, settings, service.database)


def look(notices: Notices) -> None:
    """Let the daemon look, and send what waits."""
    notices.look()
    for sending in notices.sending.under_way():
        sending.result()


def record_run(service: Service, outcome: RunOutcome, clock: Clock, *findings: Finding) -> None:
    """Record how a run ended."""
    with service.database.writing() as connection:
        number = runs.start_run(connection, "test", "here", 1, clock())
        ended = ProgrammeRun(PROGRAMME, "full", outcome, {}, findings, run_id=number)
        runs.finish_programme(connection, number, ended, clock())


def test_what_waits_is_told_once_with_counts_and_links_and_nobodys_name(
    after_one_run: Service, listener: Listener, clock: Clock
) -> None:
    service = told_at(after_one_run, listener)
    notices = Notices(service.settings, service.database, clock)
    for _ in range(3):
        look(notices)
        clock.go_on(minutes=6)

    titles = listener.titles()
    title = service.settings.programme(PROGRAMME).title
    assert titles == [f"{title}: people need follow-up"]
    [(_path, body)] = listener.got
    said = json.loads(body)["message"]
    assert f"https://latsar.example.go.id/programmes/{PROGRAMME}/people?need=review" in said
    assert re.search(r"- \d+ in need of follow-up", said)
    assert not any(str(row["name"]) in said for row in service.participants().values() if row["name"])


def test_a_held_run_is_told_to_its_committee_and_anew_for_another_finding(
    after_one_run: Service, listener: Listener, clock: Clock
) -> None:
    service = told_at(after_one_run, listener, events=("held",))
    notices = Notices(service.settings, service.database, clock)
    for code in ("source_emptied", "source_emptied", "source_dropped"):
        finding = Finding(code, "MOOC", "9", "0")
        record_run(service, RunOutcome.GUARDED, clock, finding)
        clock.go_on(minutes=6)
        look(notices)
    record_run(service, RunOutcome.OK, clock)
    clock.go_on(minutes=6)
    look(notices)

    assert len(listener.titles()) == 2
    assert all("a run is held" in each for each in listener.titles())


@pytest.mark.parametrize("ahead", [(), (0,), (2,)], ids=["right", "ahead at its start", "ahead at its hour"])
def test_a_daily_summary_comes_at_its_hour_once_though_a_clock_was_ahead_before(
    after_one_run: Service, listener: Listener, clock: Clock, ahead: Sequence[int]
) -> None:
    service = told_at(after_one_run, listener, events=("held",), digest_hour=13)
    clock.go_on(days=400 * len(ahead))
    notices = Notices(service.settings, service.database, clock)
    for hours in ahead:
        look(notices)
        clock.go_on(hours=hours)
        look(notices)
        clock.go_on(days=-400, hours=-hours)
    for _ in range(30):
        look(notices)
        clock.go_on(hours=1)

    title = service.settings.programme(PROGRAMME).title
    assert listener.titles() == [f"{title}: what waits today"] * (2 + any(ahead))


def test_a_sign_of_life_is_given_after_a_good_run_and_fail_after_a_bad_one(
    after_one_run: Service, listener: Listener, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    ping = PingSettings(url=SecretStr(f"http://{listener.address}/ping/secret"))
    settings = after_one_run.settings.model_copy(update={"ping": ping})
    for outcome in (RunOutcome.OK, RunOutcome.GUARDED, RunOutcome.FAILED, RunOutcome.PARTIAL):
        sign = ping_module.Ping(settings, after_one_run.database)
        sign.run_ended(PROGRAMME, outcome)
        sign._pool.shutdown(wait=True)

    assert listener.got == [
        ("/ping/secret", b""),
        ("/ping/secret/fail", b""),
        ("/ping/secret/fail", b""),
        ("/ping/secret", b""),
    ]
    record_run(after_one_run, RunOutcome.FAILED, clock)
    sign = ping_module.Ping(settings, after_one_run.database)
    sign.run_ended("another", RunOutcome.OK)
    sign._pool.shutdown(wait=True)
    assert len(listener.got) == 4, "the other programme is not well"

    monkeypatch.setattr(ping_module, "SECONDS_BETWEEN", 0)
    listener.status = 500
    ping_module.Ping(settings, after_one_run.database).send("")
    assert len(listener.got) == 4 + ping_module.ATTEMPTS


def test_a_first_day_that_comes_near_is_told_once_for_each_angkatan(
    after_one_run: Service, listener: Listener, clock: Clock
) -> None:
    service = told_at(after_one_run, listener, events=("start",))
    programme = service.settings.programme(PROGRAMME)
    today = service.settings.today(clock(), PROGRAMME)
    angkatan = tuple(
        each.model_copy(update={"starts": today + timedelta(days=7 + number)})
        for number, each in enumerate(programme.angkatan)
    )
    programmes = (programme.model_copy(update={"angkatan": angkatan}), *service.settings.programmes[1:])
    settings = service.settings.model_copy(update={"programmes": programmes})
    notices = Notices(settings, service.database, clock)
    for _ in range(12):
        look(notices)
        clock.go_on(days=1)

    assert len(listener.titles()) == len([each for each in angkatan if each.course])
