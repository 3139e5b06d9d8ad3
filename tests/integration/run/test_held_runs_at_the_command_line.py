"""What the command line says of a held run, and what it lets somebody accept."""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from seen_in_runs import is_in_class, writes_in
from service import TOKENS, Service, ServiceFactory
from troubled_campus import (
    NAME,
    NEWCOMER,
    hide_a_page,
    let_pass,
    switch_completion_off,
    untrack_everything_but_the_evaluation,
)

from latsar_sync.cli import main
from latsar_sync.demo import Campus
from latsar_sync.domain.errors import ConfigurationError


@pytest.fixture
def service(make_service: ServiceFactory, sqlite_url: str) -> Service:
    """Give the service for the bundled campus."""
    return make_service(sqlite_url)


Trouble = Callable[[Campus], None]


@dataclass
class CommandLine:
    """The command line, run in this process: exit code, standard output, standard error."""

    service: Service
    monkeypatch: pytest.MonkeyPatch
    capture: pytest.CaptureFixture[str]

    def sync(self, *options: str) -> tuple[int, str, str]:
        """Run ``latsar-sync sync`` with options."""
        self.monkeypatch.setattr(sys, "argv", ["latsar-sync", "--config", str(self.service.config), "sync", *options])
        with pytest.raises(SystemExit) as left:
            main()
        told = self.capture.readouterr()
        return int(str(left.value.code)), told.out, told.err


@pytest.fixture
def command_line(service: Service, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    """Give the command line for the service."""
    for name, token in TOKENS.items():
        monkeypatch.setenv(name, token)
    return CommandLine(service, monkeypatch, capsys)


nothing_tracked = pytest.mark.parametrize(
    ("trouble", "said"),
    [(untrack_everything_but_the_evaluation, "no tracked activity"), (switch_completion_off, "completion tracking")],
    ids=["no_tracked_activities", "completion_off"],
)


@nothing_tracked
def test_a_course_that_tracks_nothing_stops_the_programme_and_admits_nobody(
    command_line: CommandLine, service: Service, campus: Campus, trouble: Trouble, said: str
) -> None:
    before = campus.kelas.snapshot()
    trouble(campus)

    stopped = service.run()
    code, shape, _ = command_line.sync("--json")

    assert isinstance(stopped.error, ConfigurationError)
    assert said in stopped.error.message
    assert code == 1
    assert stopped.error.message in json.loads(shape)["programmes"][0]["error"]
    assert (service.roster(), service.count("decisions")) == ({}, 0)
    assert campus.kelas.snapshot() == before


@nothing_tracked
def test_a_course_that_no_longer_tracks_anything_changes_nothing_of_what_was_decided(
    service: Service, campus: Campus, trouble: Trouble, said: str
) -> None:
    service.first_run()
    let_pass(campus, NEWCOMER)
    before, roster, decisions = campus.kelas.snapshot(), service.roster(), service.count("decisions")
    trouble(campus)

    stopped = service.run(full=True)

    assert isinstance(stopped.error, ConfigurationError)
    assert said in stopped.error.message
    assert (service.roster(), service.count("decisions")) == (roster, decisions)
    assert campus.kelas.snapshot() == before


def test_the_command_line_says_why_it_was_held_and_accepts_in_somebody_s_name_what_can_be_accepted(
    command_line: CommandLine, service: Service, campus: Campus
) -> None:
    service.first_run()
    let_pass(campus, NEWCOMER)
    hide_a_page(campus)
    written = writes_in(campus)

    json_code, shape, _ = command_line.sync("--json")
    text_code, text, _ = command_line.sync()
    nameless, _, _ = command_line.sync("--accept")

    [programme] = json.loads(shape)["programmes"]
    assert (json_code, text_code, nameless) == (4, 4, 2)
    assert (programme["outcome"], programme["pushed"], programme["confirmed"]) == ("guarded", 0, 0)
    assert [finding["code"] for finding in programme["findings"]] == ["required_changed", "qualified_gained"]
    assert service.participants()[NEWCOMER]["name"] in text
    assert "Modul 7: Adaptif" in text
    assert "--accept --by NAME" in text
    assert writes_in(campus) == written

    accepted, shape, _ = command_line.sync("--accept", "--by", NAME, "--json")
    quiet, _, _ = command_line.sync()
    nothing_held, _, told = command_line.sync("--accept", "--by", NAME)

    assert (accepted, quiet, nothing_held) == (0, 0, 2)
    assert json.loads(shape)["programmes"][0]["accepted_by"] == NAME
    assert "there is nothing to accept" in told
    assert is_in_class(campus, NEWCOMER)
    assert writes_in(campus) > written
