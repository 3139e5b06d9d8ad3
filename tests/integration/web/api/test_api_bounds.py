"""What a call may not be, and what every call keeps to: kinds of content, nonsense, methods, files, keys of files."""

import asyncio
import json
from io import BytesIO
from types import SimpleNamespace
from urllib.parse import unquote
from zipfile import ZipFile

import pytest
from dashboard import ADDRESS, MISSED, PASSED, Dashboard
from fastapi import Request
from openpyxl import load_workbook
from programs import HERE, Program
from service import PROGRAMME
from sqlalchemy.exc import DataError, OperationalError
from starlette.testclient import TestClient

from latsar_sync.web import faults, long_work
from latsar_sync.web.api_problems import refuse_without_database
from latsar_sync.web.context import PageContext

LIST = f"NIP;Nilai\n{MISSED};88,5\n".encode()
NONSENSE = {
    "no JSON": b"{people: [",
    "a list": b"[]",
    "null": b"null",
    "nested": b"[" * 100_000,
    "a huge number": b'{"reason": ' + b"9" * 100_000 + b', "people": [' + b"9" * 50 + b"]}",
    "no number": b'{"reason": NaN, "limit": 1e999, "offset": -1e999, "user_id": 1e400}',
    "no text": b'{"reason": "\xff\xfe"}',
    "half a letter": b'{"reason": "\\ud800", "text": "\\ud800", "number": "\\ud800"}',
}


def test_no_call_is_broken_by_nonsense_and_each_says_what_is_wrong_as_problem_details(sari: Program) -> None:
    described = sari.get("/api/v1/openapi.json").json()["paths"]
    posts = [path for path, calls in described.items() if "post" in calls and "requestBody" in calls["post"]]
    ids = {"{programme}": PROGRAMME, "{participant_id}": "a" * 32, "{number}": "1", "{request_id}": "1"}
    odd = {}
    for turn, path in enumerate(posts):  # one with all of it, the others in turn: it is read in one place
        address = path
        for name, value in ids.items():
            address = address.replace(name, value)
        whole = list(NONSENSE.items())
        for what, body in whole if path.endswith("/overrides") else [whole[turn % len(whole)]]:
            answer = sari.ask("POST", f"/api/v1{address}", {"Content-Type": "application/json"}, content=body)
            plain = answer.headers["content-type"] != "application/problem+json"
            if plain or answer.status_code not in (400, 403, 404, 409, 415, 422):
                odd[path, what] = answer.status_code
    assert odd == {}


def test_a_body_of_another_kind_is_refused_before_it_is_read(sari: Program) -> None:
    body = json.dumps({"people": ["a" * 32], "kind": "hold", "reason": "x"})
    answers = [
        sari.ask("POST", f"{HERE}/overrides", {"Content-Type": "text/plain"}, content=body),
        sari.ask("POST", f"{HERE}/files", json={}),
        sari.ask("DELETE", f"{HERE}/overrides"),
        sari.ask("GET", "/api/v1/nothing"),
        sari.ask("POST", f"{HERE}/moves", {"Content-Type": "application/json"}, content=b" " * 300_000),
    ]

    assert [each.status_code for each in answers] == [415, 415, 405, 404, 413]
    assert {each.headers["content-type"] for each in answers} == {"application/problem+json"}
    assert {each.json()["status"] for each in answers} == {415, 405, 404, 413}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ('{"value": "70", "value": "60", "legal_basis": "SK 1", "reason": "x"}', "The key value"),
        ('{"people": [{"199508172025042003": 1, "199508172025042003": 2}], "kind": "hold", "reason": "x"}', "A key"),
    ],
)
def test_a_body_that_says_a_key_twice_is_refused_and_nothing_of_it_is_done(sari: Program, body: str, said: str) -> None:
    path = f"{HERE}/{'thresholds' if 'value' in body else 'overrides'}"
    refused = sari.ask("POST", path, {"Content-Type": "application/json"}, content=body)

    assert (refused.status_code, refused.json()["detail"]) == (422, f"{said} stands twice in the same object.")


def test_a_parameter_that_a_call_does_not_have_is_refused_and_gives_nothing(sari: Program) -> None:
    misspelt = sari.get(f"{HERE}/roster?angaktan=I")
    twice = sari.get(f"{HERE}/roster?angkatan=I&angkatan=II")
    empty = [sari.get(f"{HERE}/{each}") for each in ("roster?angkatan=", "letters?place=%20", "roster?limit=%E2%80%8B")]
    bodies = [sari.ask("POST", f"{HERE}/participants/{each}", json={"angaktan": "I"}) for each in ("search", "chase")]

    assert (misspelt.status_code, misspelt.headers["content-type"]) == (422, "application/problem+json")
    assert misspelt.json()["remedy"] == "There are: angkatan, limit, offset."
    assert (twice.status_code, twice.json()["detail"]) == (422, "The parameter angkatan stands twice in the address.")
    assert [(each.status_code, each.json()["remedy"]) for each in empty] == [
        (422, "Give its value, or leave it out.")
    ] * 3
    assert [each.status_code for each in bodies] == [422, 422]
    assert sari.get(f"{HERE}/roster?angkatan=I").status_code == 200


@pytest.mark.parametrize("told", ["1_0", "%201", "1.0", "%2B1", "%D9%A7"])
def test_a_number_in_an_address_is_digits_alone(sari: Program, told: str) -> None:
    """Once limit=1_0 listed ten."""
    asked = [sari.get(f"{HERE}/{each}{told}").status_code for each in ("roster?limit=", "roster?offset=", "sync/")]
    searched = sari.ask("POST", f"{HERE}/participants/search", json={"limit": unquote(told)}).status_code

    assert [*asked, searched] == [422] * 4


def test_an_angkatan_that_there_is_not_is_refused_and_a_slash_too_many_leads_nowhere(sari: Program) -> None:
    """Once a program read of a misspelt angkatan that nobody stands on its roster, and a token followed a redirect."""
    asked = ("roster?angkatan=IX", "roster/seen?angkatan=IX", "letters?angkatan=IX")
    answers = [sari.get(f"{HERE}/{each}") for each in asked]
    astray = sari.ask("GET", f"{HERE}/roster/", follow_redirects=False)

    assert [(each.status_code, '"IX"' in each.json()["detail"]) for each in answers] == [(409, True)] * 3
    assert (astray.status_code, astray.headers["content-type"]) == (404, "application/problem+json")
    assert sari.get(f"{HERE}/runs/999/seen").status_code == 404


def test_head_tells_of_a_file_what_get_would_without_its_content(sari: Program) -> None:
    asked = [sari.ask(method, f"{HERE}/documents/roster.pdf?angkatan=I") for method in ("HEAD", "GET")]

    assert [each.status_code for each in asked] == [200, 200]
    assert asked[0].content == b""
    assert asked[0].headers["content-disposition"] == asked[1].headers["content-disposition"]
    assert sari.ask("HEAD", "/sign-in").status_code == 200


def test_documents_and_letters_come_as_files_and_are_noted_as_on_the_pages(dashboard: Dashboard, sari: Program) -> None:
    sheet = sari.get(f"{HERE}/documents/chase.xlsx")
    listed = sari.get(f"{HERE}/letters?limit=1")
    institution = listed.json()[0]["institution"]
    letters = sari.get(f"{HERE}/letters/call-up.zip?number=S/1&dated=2026-11-01&institution={institution}")
    accounts = sari.get(f"{HERE}/missing-accounts.csv?angkatan=I")
    refused = [
        sari.get(f"{HERE}/documents/roster.pdf?angkatan=IX"),
        sari.get(f"{HERE}/letters/call-up.zip?dated=gestern"),
        Program(dashboard, "budi").get(f"{HERE}/missing-accounts.csv?angkatan=I"),
        sari.get(f"{HERE}/files/1/rejected.xlsx"),
    ]

    assert sheet.headers["content-disposition"].startswith('attachment; filename="daftar-peserta-yang-belum-lengkap-')
    assert load_workbook(BytesIO(sheet.content)).worksheets
    assert (int(listed.headers["total-count"]) > 1, len(listed.json())) == (True, 1)
    assert letters.headers["content-type"] == "application/zip"
    assert ZipFile(BytesIO(letters.content)).namelist()
    assert accounts.headers["content-type"].startswith("text/csv")
    assert [each.status_code for each in refused] == [409, 409, 403, 404]
    noted = {(each.action, each.via) for each in dashboard.accesses()}
    assert {("export chase xlsx", "api"), ("export letters call-up", "api"), ("export accounts", "api")} <= noted


def test_what_takes_long_is_asked_for_again(sari: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(long_work, "MADE_AT_ONCE", 0)
    monkeypatch.setattr("latsar_sync.web.context.MADE_AT_ONCE", 0)
    address = f"{HERE}/documents/roster.xlsx"

    first = sari.get(address)
    sari.client.app.state.context.long_work._worker.submit(int).result()  # one at a time: the document is there by now
    second = sari.get(address)

    assert (first.status_code, first.json(), int(first.headers["retry-after"]) > 0) == (202, {"before": 0}, True)
    assert (second.status_code, load_workbook(BytesIO(second.content)).worksheets != []) == (200, True)


def test_a_file_that_is_sent_again_with_its_key_is_known_again(sari: Program) -> None:
    """What stands between the parts of a form is another each time."""
    answers = [sari.send(f"{HERE}/files", "nilai.csv", LIST, Idempotency_Key="f1") for _ in range(2)]
    other = sari.send(f"{HERE}/files", "nilai.csv", LIST + b"\n", Idempotency_Key="f1")

    assert [each.status_code for each in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert answers[1].headers["idempotency-replayed"] == "true"
    assert other.status_code == 422


def test_scores_are_confirmed_as_they_were_seen(sari: Program, rina: Program) -> None:
    for name, content in (("satu.csv", LIST), ("dua.csv", LIST.replace(b"88", b"89"))):
        number = sari.send(f"{HERE}/files", name, content).json()["id"]
        made = sari.post(f"{HERE}/files/{number}/import", {}).json()["import_id"]
        if name == "satu.csv":
            first, seen = made, rina.get(f"{HERE}/imports/{made}/seen").json()["seen"]

    stale = rina.post(f"{HERE}/imports/{first}/confirmation", None, If_Match=seen)
    now = rina.get(f"{HERE}/imports/{made}/seen").json()["seen"]
    taken = rina.post(f"{HERE}/imports/{made}/confirmation", None, If_Match=f'"{now}"')

    assert (stale.status_code, taken.status_code) == (412, 201)
    assert rina.get(f"{HERE}/imports/99/seen").status_code == 404


@pytest.mark.parametrize("given", ["*", None])
def test_without_if_match_or_with_a_star_anything_may_stand_there(
    dashboard: Dashboard, sari: Program, given: str | None
) -> None:
    headers = {"If_Match": given} if given else {}
    body = {"people": [dashboard.id_of(PASSED)], "kind": "hold", "reason": "Cuti"}

    assert sari.post(f"{HERE}/overrides", body, **headers).status_code == 201


def test_what_the_database_cannot_keep_is_told_from_a_database_that_is_away() -> None:
    """PostgreSQL keeps no NUL; SQLite does."""
    kept = [DataError("x", {}, ValueError()), OperationalError("x", {}, OSError())]
    request = Request({"type": "http"})

    assert [asyncio.run(refuse_without_database(request, each)).status_code for each in kept] == [422, 503]


def test_a_fault_of_the_program_is_told_by_a_page_and_as_problem_details(
    dashboard: Dashboard, sari: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once both said *Internal Server Error*, and nothing else."""

    def broken(*_: object) -> None:
        raise KeyError("199508172025042003")

    reader = dashboard.browser("sari")
    logged: list[str] = []
    monkeypatch.setattr(faults, "log", SimpleNamespace(exception=logged.append))
    monkeypatch.setattr(PageContext, "programmes", broken)
    reader.get("/programmes")
    page = reader.page
    client = TestClient(dashboard.app, base_url=ADDRESS, raise_server_exceptions=False)
    call = client.get("/api/v1/programmes", headers={"Authorization": f"Bearer {sari.token}"})

    assert (page.status_code, len(logged)) == (500, 1)
    assert "Ada yang rusak di layanan ini." in reader.text
    assert "Keluar" in reader.text
    assert (call.status_code, call.headers["content-type"]) == (500, "application/problem+json")
    assert "1995" not in page.text + call.text
