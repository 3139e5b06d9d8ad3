"""A slow site keeps its own programmes waiting and no others, and the health page tells."""

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi.testclient import TestClient
from service import PROGRAMME, Service, ServiceFactory, silent

from latsar_sync.domain.request import Request, RunOutcome
from latsar_sync.run import pipeline
from latsar_sync.run.side_by_side import UnderWay, holds, independent
from latsar_sync.service.meters import Meters
from latsar_sync.web.health import health_app

SECOND = "latsar-2026-ii"
WAIT = 20.0


def with_another_source(service: Service) -> Service:
    """Add a programme of another MOOC, with courses of its own."""
    [first] = service.settings.programmes
    source = first.source.model_copy(update={"site": "other"})
    second = first.model_copy(update={"id": SECOND, "source": source, "angkatan": ()})
    sites = {**service.settings.sites, "other": service.settings.sites["mooc"]}
    return replace(
        service, settings=service.settings.model_copy(update={"programmes": (first, second), "sites": sites})
    )


@pytest.fixture
def service(make_service: ServiceFactory, sqlite_url: str) -> Service:
    return with_another_source(make_service(sqlite_url))


def run_both(service: Service) -> pipeline.RunResult:
    now = datetime.now(UTC)
    return pipeline.run(service.settings, service.database, Request("test", dry_run=True), lambda: now, silent)


def test_a_programme_of_another_site_ends_while_the_first_still_waits_for_its_own(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    second_ended, run_programme = threading.Event(), pipeline.run_programme

    def slow(context: Any, _report: object) -> None:
        if context.name == PROGRAMME:
            assert second_ended.wait(WAIT)
        else:
            second_ended.set()

    monkeypatch.setattr(pipeline, "run_programme", slow)

    result = run_both(service)

    assert [each.run.programme for each in result.programmes] == [PROGRAMME, SECOND]
    assert result.outcome is RunOutcome.OK
    assert run_programme is not pipeline.run_programme


def test_what_breaks_off_one_programme_from_outside_ends_the_others_at_their_next_step(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = threading.Event()

    def broken_off(context: Any, _report: object) -> None:
        if context.name == PROGRAMME:
            broken.set()
            raise KeyboardInterrupt
        assert broken.wait(WAIT)
        while True:
            context.tools.progress(SECOND, 1, 0)

    monkeypatch.setattr(pipeline, "run_programme", broken_off)

    with pytest.raises(KeyboardInterrupt):
        run_both(service)


def test_programmes_that_fill_one_course_follow_each_other(service: Service) -> None:
    first, second = service.settings.programmes
    same_course = second.model_copy(update={"angkatan": first.angkatan})

    assert independent([first, second]) == [[first], [second]]
    assert independent([first, same_course]) == [[first, same_course]]
    assert holds(first) & holds(same_course)


@pytest.mark.parametrize(("silence", "code"), [(10, 200), (1000, 503)])
def test_the_health_page_names_what_is_under_way_and_what_is_stuck(service: Service, silence: int, code: int) -> None:
    now = datetime.now(UTC)
    sign = now - timedelta(seconds=silence)
    under_way = UnderWay(PROGRAMME, frozenset(), now - timedelta(seconds=2000), sign)
    daemon: Any = SimpleNamespace(looked_at=now, under_way=lambda: [under_way], slowed=dict)
    page = TestClient(health_app(service.settings, service.database, daemon, Meters(lambda: now), lambda: now))

    answer = page.get("/healthz")

    assert answer.status_code == code
    assert answer.json()["under_way"] == [
        {"programme": PROGRAMME, "seconds": 2000.0, "seconds_since_last_sign": float(silence)}
    ]
    assert answer.json()["stuck"] == ([PROGRAMME] if code == 503 else [])
