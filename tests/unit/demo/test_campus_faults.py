"""Faults: each kind, who is hit, and the controls."""

from __future__ import annotations

import json
from http.client import RemoteDisconnected

import pytest
from campus_client import Asking, fetch

from latsar_sync.demo import CASES, Campus, Fault

INFO = "core_webservice_get_site_info"


def fields_for(asking: Asking, function: str = INFO) -> dict[str, object]:
    return {"wstoken": asking.site.token, "wsfunction": function, "moodlewsrestformat": "json"}


@pytest.mark.parametrize(
    ("kind", "status", "errorcode", "retry_after"),
    [
        ("bad_gateway", 502, None, None),
        ("maintenance", 200, "sitemaintenance", None),
        ("maintenance_503", 503, None, "300"),
        ("upgrade", 200, "upgraderunning", None),
        ("database_down", 200, "dbconnectionfailed", None),
        ("database_conflict", 200, "dmlwriteexception", None),
        ("too_many_requests", 429, None, "1"),
        ("empty_body", 200, None, None),
        ("html", 200, None, None),
        ("redirect", 301, None, None),
    ],
)
def test_each_fault_answers_its_own_way(
    campus: Campus, mooc: Asking, kind: str, status: int, errorcode: str | None, retry_after: str | None
) -> None:
    campus.faults.add(Fault(kind))
    answer, body = mooc.raw(fields_for(mooc))
    assert answer.status == status
    assert answer.headers["Retry-After"] == retry_after
    assert campus.log[-1].errorcode == errorcode
    assert campus.log[-1].faults == [kind]
    if errorcode:
        assert json.loads(body)["errorcode"] == errorcode


def test_dropped_connection_before_execution_changes_nothing_and_after_commit_does(
    campus: Campus, kelas: Asking
) -> None:
    course, user_id = campus.kelas.course("KLS-III"), campus.kelas.user_id(str(CASES["passed"][0]))
    row = {"roleid": 5, "userid": user_id, "courseid": course.id}
    fields = fields_for(kelas, "enrol_manual_enrol_users") | {f"enrolments[0][{k}]": v for k, v in row.items()}
    for kind, enrolled in (("drop_before", False), ("drop_after_commit", True)):
        campus.faults.clear()
        campus.faults.add(Fault(kind, count=1))
        with pytest.raises((RemoteDisconnected, ConnectionResetError)):
            kelas.raw(fields)
        kelas.connection.close()
        assert (user_id in course.enrolments) is enrolled
        assert campus.log[-1].status == 0


def test_fault_passes_some_requests_then_hits_a_few(campus: Campus, mooc: Asking) -> None:
    fault = campus.faults.add(Fault("bad_gateway", skip=1, count=2))
    assert [mooc.raw(fields_for(mooc))[0].status for _ in range(5)] == [200, 502, 502, 200, 200]
    assert fault.hits == 2


def test_fault_is_limited_to_a_site_and_a_function(campus: Campus, mooc: Asking, kelas: Asking) -> None:
    campus.faults.add(Fault("bad_gateway", site="mooc", function="core_enrol_get_enrolled_users"))
    assert mooc.raw(fields_for(mooc))[0].status == 200
    assert mooc.raw(fields_for(mooc, "core_enrol_get_enrolled_users"))[0].status == 502
    assert kelas.raw(fields_for(kelas, "core_enrol_get_enrolled_users"))[0].status == 200


def test_fault_for_a_function_also_hits_the_batch_that_holds_it(campus: Campus, mooc: Asking) -> None:
    campus.faults.add(Fault("bad_gateway", function="mod_quiz_get_user_attempts"))
    batch = fields_for(mooc, "tool_mobile_call_external_functions")
    batch |= {"requests[0][function]": "mod_quiz_get_user_attempts", "requests[0][arguments]": '{"quizid":4}'}
    assert mooc.raw(batch)[0].status == 502


def test_probability_repeats_with_its_seed() -> None:
    draws = [[Fault("html", probability=0.5, seed=3).strikes("mooc", [INFO]) for _ in range(1)] for _ in range(2)]
    assert draws[0] == draws[1]
    many = Fault("html", probability=0.5, seed=3)
    assert 20 < sum(many.strikes("mooc", [INFO]) for _ in range(100)) < 80


def test_slow_waits_and_then_answers(campus: Campus, mooc: Asking) -> None:
    campus.faults.add(Fault("slow", seconds=0.1))
    assert mooc.raw(fields_for(mooc))[0].status == 200
    assert campus.log[-1].seconds >= 0.1


def test_misspelt_fault_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown fault"):
        Fault("bad_gatway")


def control(campus: Campus, method: str, what: str, body: object = None) -> tuple[int, object]:
    status, text = fetch(f"{campus.url}/_campus/{what}", method, body)
    return status, json.loads(text)


def test_the_controls_switch_faults_over_http(campus: Campus, mooc: Asking) -> None:
    assert control(campus, "POST", "faults", {"kind": "bad_gateway", "count": 1})[0] == 201
    assert mooc.raw(fields_for(mooc))[0].status == 502
    assert control(campus, "POST", "faults", {"kind": "html"})[0] == 201
    assert control(campus, "DELETE", "faults") == (200, [])
    assert mooc.raw(fields_for(mooc))[0].status == 200
    status, log = control(campus, "GET", "log")
    assert status == 200
    assert isinstance(log, list)
    assert [entry["status"] for entry in log] == [502, 200]


@pytest.mark.parametrize("wanted", [{"kind": "x"}, {"count": 1}, {"kind": "html", "cuont": 1}, {"kind": 1}, [1]])
def test_the_controls_refuse_what_they_do_not_understand(campus: Campus, wanted: object) -> None:
    status, answer = control(campus, "POST", "faults", wanted)
    assert status == 400
    assert isinstance(answer, dict)
    assert answer["error"]


def test_state_over_http_is_the_snapshot(campus: Campus) -> None:
    status, state = control(campus, "GET", "state")
    assert status == 200
    assert isinstance(state, dict)
    assert state["kelas"] == campus.kelas.snapshot()


def test_stopped_campus_refuses_and_comes_back_with_its_state(campus: Campus) -> None:
    port, before = campus.port, campus.kelas.snapshot()
    campus.stop()
    with pytest.raises(ConnectionRefusedError):
        fetch(campus.url)
    campus.start()
    assert campus.port == port
    assert campus.kelas.snapshot() == before
