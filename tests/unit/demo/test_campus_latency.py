"""The campus's answer times: off by default, and those of the model when they are on."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest

from latsar_sync.demo import Campus
from latsar_sync.demo.latency import A_CALL, START_UP, Latency
from latsar_sync.demo.rights import MOOC_TOKEN

COMPLETION = "core_completion_get_activities_completion_status"


def ask(campus: Campus, function: str, **arguments: object) -> float:
    """Call one function and return its seconds."""
    fields = {"wstoken": MOOC_TOKEN, "wsfunction": function, "moodlewsrestformat": "json", **arguments}
    began = time.monotonic()
    with urlopen(f"{campus.mooc.url}/webservice/rest/server.php", urlencode(fields).encode()) as answer:  # noqa: S310
        assert b"exception" not in answer.read()[:50]
    return time.monotonic() - began


def batch(campus: Campus, calls: int) -> dict[str, object]:
    """Return the arguments of a batch of completion calls."""
    course = campus.mooc.course("MOOC-LATSAR")
    inner = json.dumps({"courseid": course.id, "userid": next(iter(course.enrolments))})
    return {
        f"requests[{number}][{name}]": value
        for number in range(calls)
        for name, value in (("function", COMPLETION), ("arguments", inner))
    }


def test_without_the_model_the_campus_never_waits(campus: Campus, monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    monkeypatch.setattr("latsar_sync.demo.latency.time.sleep", waited.append)

    ask(campus, "core_webservice_get_site_info")

    assert campus.latency is None
    assert waited == []


def test_every_request_costs_its_start_and_every_call_in_it_its_own_time(campus: Campus) -> None:
    campus.latency = Latency()

    assert ask(campus, "core_webservice_get_site_info") >= START_UP
    assert ask(campus, "tool_mobile_call_external_functions", **batch(campus, 10)) >= START_UP + 10 * A_CALL[COMPLETION]


def test_more_requests_than_cores_wait_for_one_another(campus: Campus) -> None:
    campus.latency = Latency(cores=1)
    began = time.monotonic()

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _: ask(campus, "core_webservice_get_site_info"), range(3)))

    assert time.monotonic() - began >= 3 * START_UP
