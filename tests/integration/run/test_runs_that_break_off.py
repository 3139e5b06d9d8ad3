"""A run that breaks off, whatever breaks it, is recorded as failed, and stops no other programme."""

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from service import PROGRAMME, Service, ServiceFactory, silent
from sqlalchemy import insert
from sqlalchemy.exc import DataError, OperationalError

from latsar_sync.domain.request import Request, RunOutcome
from latsar_sync.run import pipeline
from latsar_sync.run.context import RunContext
from latsar_sync.run.pipeline import RunResult
from latsar_sync.run.report import RunReport
from latsar_sync.store import processes, runs
from latsar_sync.store.leases import holders
from latsar_sync.store.tables import leases as leases_table

SECOND = "latsar-2026-ii"


@pytest.fixture
def service(make_service: ServiceFactory, sqlite_url: str) -> Service:
    made = make_service(sqlite_url)
    [first] = made.settings.programmes
    both = (first, first.model_copy(update={"id": SECOND}))
    return replace(made, settings=made.settings.model_copy(update={"programmes": both}))


def run_both(service: Service) -> RunResult:
    now = datetime.now(UTC)
    return pipeline.run(service.settings, service.database, Request("test", dry_run=True), lambda: now, silent)


def break_off(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    run_programme = pipeline.run_programme

    def broken(context: RunContext, report: RunReport) -> None:
        if context.name == PROGRAMME:
            raise error
        run_programme(context, report)

    monkeypatch.setattr(pipeline, "run_programme", broken)


def recorded(service: Service) -> list[tuple[str, str, str | None]]:
    with service.database.reading() as connection:
        return [(each.programme, str(each.outcome), each.error) for each in runs.recorded_runs(connection)]


def test_an_error_that_nothing_expected_is_one_programmes_and_recorded(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_off(monkeypatch, KeyError("Siti Aminah 199003182015032003"))

    result = run_both(service)

    assert [each.run.outcome for each in result.programmes] == [RunOutcome.FAILED, RunOutcome.OK]
    assert result.outcome is RunOutcome.PARTIAL
    said = {programme: (outcome, error) for programme, outcome, error in recorded(service)}
    assert said[SECOND] == ("ok", None)
    assert said[PROGRAMME][0] == "failed"
    assert "A fault of the program (KeyError" in (said[PROGRAMME][1] or "")
    assert "Siti" not in str(said)
    assert isinstance(result.programmes[0].error.__cause__, KeyError)


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(3)])
def test_a_run_that_is_broken_off_from_outside_is_recorded(
    service: Service, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    break_off(monkeypatch, error)

    with pytest.raises(type(error)):
        run_both(service)

    [(programme, outcome, said)] = recorded(service)
    assert (programme, outcome) == (PROGRAMME, "failed")
    assert "broken off from outside" in (said or "")
    assert holders(service.database) == []


@pytest.mark.parametrize(
    ("error", "said", "unsaid"),
    [
        (
            DataError("INSERT", {}, Exception("cannot contain NUL\nDETAIL: Siti")),
            ("cannot contain NUL", "report it"),
            ("disk space", "Siti", "INSERT"),
        ),
        (
            OperationalError("INSERT", {}, Exception('disk is full: "Siti" (nip)=(199003182015032003)')),
            ("disk is full", "Free space on the disk"),
            ("Siti", "1990", "report"),
        ),
    ],
)
def test_what_the_database_refuses_has_the_remedy_that_helps(
    service: Service, monkeypatch: pytest.MonkeyPatch, error: Exception, said: tuple[str], unsaid: tuple[str]
) -> None:
    break_off(monkeypatch, error)

    result = run_both(service)

    message = str(result.programmes[0].error)
    assert all(word in message for word in said)
    assert not any(word in message for word in unsaid)
    assert result.programmes[1].run.outcome is RunOutcome.OK


def test_a_run_whose_process_was_killed_is_recorded_as_failed_by_the_next(service: Service) -> None:
    now = datetime.now(UTC)
    with service.database.writing() as connection:
        dead = runs.start_run(connection, "sync", processes.this_host(), 2**22 + 1, now - timedelta(minutes=5))
        values = {
            "programme": PROGRAMME, "holder": "x", "host": processes.this_host(), "pid": 2**22 + 1,
            "process_started": "0", "taken_at": now - timedelta(minutes=5), "beat_at": now - timedelta(minutes=5),
        }  # fmt: skip
        connection.execute(insert(leases_table).values(**values))

    run_both(service)

    told = recorded(service)
    assert (PROGRAMME, "failed") in [each[:2] for each in told]
    assert any("ended in the middle" in (error or "") for _programme, _outcome, error in told)
    with service.database.reading() as connection:
        assert runs.find_run(connection, PROGRAMME, dead) is not None
    before = len(recorded(service))
    run_both(service)
    assert len(recorded(service)) == before + 2
    assert os.getpid() != 2**22 + 1
