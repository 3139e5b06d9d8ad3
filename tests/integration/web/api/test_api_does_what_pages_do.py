"""What can be done on a page can be done by the API, or it is said why not; certificates, papers, reminders, people."""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from urllib.parse import urlencode

import pytest
from dashboard import HOME, MISSED, OTHER, PASSED, Dashboard
from fastapi.routing import APIRoute
from fpdf import FPDF
from openpyxl import load_workbook
from programs import HERE, Program
from service import PROGRAMME

from latsar_sync.domain import language
from latsar_sync.domain.account import Role
from latsar_sync.exports.chase_list import lacks_something
from latsar_sync.settings.angkatan import PlaceSettings
from latsar_sync.settings.programmes import MessageSettings
from latsar_sync.store import listings, queue
from latsar_sync.web import api
from latsar_sync.web.app import CALLS, PAGES

BY_API = {
    "/people/{participant_id}/sync": "/programmes/{programme}/sync",
    "/people/{participant_id}/decide": "/programmes/{programme}/overrides",
    "/people/{participant_id}/move": "/participants/{participant_id}/move",
    "/people/{participant_id}/paper": "/programmes/{programme}/clearances",
    "/people/{participant_id}/nip": "/participants/{participant_id}/nip",
    "/people/{participant_id}/merge": "/participants/{participant_id}/merge",
    "/people/{participant_id}/part": "/participants/{participant_id}/merge",
    "/people/{participant_id}/account": "/participants/{participant_id}/account",
    "/programmes/{name}/people": "/programmes/{programme}/participants/search",
    "/programmes/{name}/selected": "/programmes/{programme}/overrides",
    "/programmes/{name}/approve": "/programmes/{programme}/approvals",
    "/programmes/{name}/finalise": "/programmes/{programme}/decrees",
    "/programmes/{name}/sync": "/programmes/{programme}/sync",
    "/programmes/{name}/runs/stop": "/programmes/{programme}/sync/{request_id}/stop",
    "/programmes/{name}/preview": "/programmes/{programme}/runs/{number}/preview",
    "/programmes/{name}/accept": "/programmes/{programme}/runs/{number}/acceptance",
    "/programmes/{name}/threshold": "/programmes/{programme}/thresholds",
    "/programmes/{name}/clearances": "/programmes/{programme}/clearances",
    "/programmes/{name}/clearances/{number}/revoke": "/programmes/{programme}/clearances/{number}/revocation",
    "/programmes/{name}/imports": "/programmes/{programme}/files",
    "/programmes/{name}/imports/{number}/take": "/programmes/{programme}/files/{number}/import",
    "/programmes/{name}/imports/{number}/columns": "/programmes/{programme}/files/{number}/columns",
    "/programmes/{name}/imports/layouts/forget": "/programmes/{programme}/column-profiles/forgetting",
    "/programmes/{name}/imports/{number}/dismiss": "/programmes/{programme}/files/{number}/dismissal",
    "/programmes/{name}/imports/{number}/confirm": "/programmes/{programme}/imports/{number}/confirmation",
    "/programmes/{name}/certificates": "/programmes/{programme}/certificates",
    "/programmes/{name}/certificates/{number}/confirm": "/programmes/{programme}/certificates/{number}/confirmation",
    "/programmes/{name}/certificates/{number}/reject": "/programmes/{programme}/certificates/{number}/refusal",
    "/programmes/{name}/letters/chase": "/programmes/{programme}/chase-mails",
    "/privacy/people/{participant_id}/erase": "/participants/{participant_id}/erasure",
    "/privacy/people/{participant_id}/resume": "/participants/{participant_id}/resumption",
    "/privacy/destroy": "/programmes/{programme}/destruction",
}
"""The call that does what a form of a page does; ``selected`` has those of moves, places and reminders, too."""
BY_PAGE_ALONE = {
    "/sign-in": "a token takes its place",
    "/sign-out": "a token takes its place",
    "/look": "how a browser shows the pages",
    "/invitation/{token}": "somebody chooses a password, which no program should know",
    "/me/password": "a password, which no program should know",
    "/me/sessions": "the sessions of a browser",
    "/me/token/end": "a token that was stolen must not lock programs out",
    "/accounts": "a token that was stolen must not make accounts",
    "/accounts/invite": "a token that was stolen must not make accounts",
    "/accounts/rights": "a token that was stolen must not give itself rights",
    "/accounts/remove": "a token that was stolen must not lock people out",
    "/accounts/sign-out": "a token that was stolen must not lock people out",
    "/accounts/token": "a token that was stolen must not make another",
    "/accounts/token/end": "a token that was stolen must not lock programs out",
    "/setup": "is about the host: doctor does it there",
    "/setup/backup": "is about the host: db backup does it there",
    "/setup/webhooks/test": "tries what the configuration of the host names",
    "/setup/webhooks/again": "sends again to what the configuration of the host names",
    "/privacy/person": "a search by NIP, which the search of participants does",
}
"""Forms without a call, and why."""
COMPARES_NOTHING = {
    "/programmes/{programme}/sync": "asks for a run, which reads everything anew",
    "/programmes/{programme}/sync/{request_id}/stop": "of a run that has ended it is refused",
    "/programmes/{programme}/runs/{number}/preview": "asks for a run, which reads everything anew",
    "/programmes/{programme}/participants/seen": "tells what stands there",
    "/programmes/{programme}/participants/search": "looks",
    "/programmes/{programme}/participants/chase": "looks",
    "/programmes/{programme}/files": "makes something new",
    "/programmes/{programme}/files/{number}/columns": "once they were told it is refused",
    "/programmes/{programme}/files/{number}/dismissal": "of a file that was decided about it is refused",
    "/programmes/{programme}/certificates": "makes something new",
    "/programmes/{programme}/certificates/{number}/proposal": "looks",
    "/programmes/{programme}/clearances/{number}/revocation": "a document is never another one; revoked, it is refused",
    "/participants/{participant_id}/resumption": "of whoever was taken in again it is refused",
}
"""Calls that take no ``If-Match``, and why none is needed."""
FILES_BY_API = {
    "/programmes/{name}/certificates/{number}/document": "/programmes/{programme}/certificates/{number}/document",
    "/programmes/{name}/documents/{paper}.{form}": "/programmes/{programme}/documents/{paper}.{form}",
    "/programmes/{name}/imports/{number}/rejected.xlsx": "/programmes/{programme}/files/{number}/rejected.xlsx",
    "/programmes/{name}/letters/{kind}.zip": "/programmes/{programme}/letters/{kind}.zip",
    "/programmes/{name}/missing-accounts.csv": "/programmes/{programme}/missing-accounts.csv",
    "/privacy/people/{participant_id}/export.{form}": "/participants/{participant_id}/export",
    "/privacy/reports/{number}": "/retention",
    "/programmes/{name}/people.{form}": "/programmes/{programme}/participants/search",
    "/programmes/{name}/chase.{form}": "/programmes/{programme}/participants/chase",
    "/programmes/{name}/threshold.{form}": "/programmes/{programme}/thresholds/preview",
}
"""The call that gives what a page gives as a file, as a file or as JSON."""
FILES_BY_PAGE_ALONE = {
    "/programmes/{name}/imports/examples/{kind}.xlsx": "a spreadsheet that a person fills in",
    "/assets/{name}": "how a page looks",
    "/assets/office/logo.png": "how a page looks",
}
PLACES = ("Barat", "Timur")


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    with language.speaking("en"):
        yield


def certificate(nip: str) -> bytes:
    pdf = FPDF()
    pdf.set_font("Helvetica", size=12)
    pdf.add_page()
    for line in ("SERTIFIKAT", "Nomor: 12/MOOC/2026", f"NIP: {nip}", "Nilai: 85,50", "12 April 2026"):
        pdf.cell(text=line, new_x="LMARGIN", new_y="NEXT")
    return bytes(pdf.output())


def test_every_form_of_a_page_has_its_call_or_says_why_not() -> None:
    forms = {route.path for each in PAGES for route in each.router.routes if "POST" in route.methods}  # type: ignore[attr-defined]
    calls = {route.path for each in (api, *CALLS) for route in each.router.routes if "POST" in route.methods}  # type: ignore[attr-defined]

    assert sorted(forms) == sorted([*BY_API, *BY_PAGE_ALONE])
    assert set(BY_API.values()) - calls == set()


def test_every_call_of_an_action_is_about_what_was_seen_or_says_why_not() -> None:
    calls = [route for each in (api, *CALLS) for route in each.router.routes if isinstance(route, APIRoute)]
    without = {
        route.path
        for route in calls
        if "POST" in route.methods and not any(each.alias == "if-match" for each in route.dependant.header_params)
    }

    assert without == COMPARES_NOTHING.keys()


def test_a_call_that_compares_nothing_says_so_to_whoever_relies_on_it(dashboard: Dashboard, sari: Program) -> None:
    refused = sari.post(f"{HERE}/sync", {"scope": "full"}, If_Match="x")

    assert (refused.status_code, refused.json()["detail"]) == (422, "This call compares nothing with If-Match.")
    assert sari.post(f"{HERE}/sync", {"scope": "full"}).status_code == 202


def test_a_document_a_refusal_and_a_layout_are_about_what_was_seen(
    dashboard: Dashboard, sari: Program, rina: Program
) -> None:
    who, today = dashboard.id_of(PASSED), f"{datetime.now(UTC).date()}"
    paper = {"kind": "surat_sehat", "number": "S-1", "issuer": "RSUD", "issued": today, "valid_until": today}
    person = sari.get(f"/api/v1/participants/{who}/seen").json()["seen"]
    lines = {each["participant_id"]: each["angkatan"] for each in sari.get(f"{HERE}/roster?limit=500").json()}
    roster = sari.get(f"{HERE}/roster/seen?angkatan={lines[who]}").json()["seen"]
    [handed_in] = sari.send(f"{HERE}/certificates", "sertifikat.pdf", certificate(MISSED)).json()
    one = f"{HERE}/certificates/{handed_in['id']}"
    shown = sari.get(f"{one}/seen").json()["seen"]
    rina.post(f"{one}/confirmation", {"score": "88,5"})
    rina.post(f"{HERE}/overrides", {"people": [who], "kind": "hold", "reason": "Cuti"})

    stale = [
        sari.post(f"{HERE}/clearances", {**paper, "participant_id": who}, If_Match=person),
        sari.post(f"{one}/refusal", {"reason": "unreadable"}, If_Match=shown),
        sari.post(f"{HERE}/clearances", {**paper, "angkatan": lines[who]}, If_Match=roster),
    ]
    person, shown = (sari.get(each).json()["seen"] for each in (f"/api/v1/participants/{who}/seen", f"{one}/seen"))
    fresh = [
        sari.post(f"{HERE}/clearances", {**paper, "participant_id": who}, If_Match=person),
        sari.post(f"{one}/refusal", {"reason": "unreadable"}, If_Match=shown),
    ]

    assert [each.status_code for each in stale] == [412, 412, 412]
    assert [each.status_code for each in fresh] == [201, 201]


def test_every_file_of_a_page_has_its_call_or_says_why_not() -> None:
    routes = {route.path for each in PAGES for route in each.router.routes if "GET" in route.methods}  # type: ignore[attr-defined]
    files = {each for each in routes if re.search(r"[.]|^/assets/|/document$|/reports/", each)}
    calls = {route.path for each in (api, *CALLS) for route in each.router.routes}  # type: ignore[attr-defined]

    assert sorted(files) == sorted([*FILES_BY_API, *FILES_BY_PAGE_ALONE])
    assert set(FILES_BY_API.values()) - calls == set()


def test_the_chase_list_of_a_search_is_that_of_the_page_a_page_at_a_time(dashboard: Dashboard, sari: Program) -> None:
    with dashboard.service.database.reading() as connection:
        rows = {str(row["participant_id"]): row for row in listings.participant_rows(connection, [PROGRAMME])}
    asked = {"decision": "not_yet", "angkatan": "II", "place": "none"}
    page = dashboard.browser("sari").client.get(f"{HOME}/chase.xlsx?{urlencode(asked)}")
    cells = [str(each) for line in load_workbook(BytesIO(page.content)).worksheets[0].values for each in line]

    whole = sari.post(f"{HERE}/participants/chase", {**asked, "limit": 500}).json()
    parts = [sari.post(f"{HERE}/participants/chase", {**asked, "limit": 5, "offset": at}).json() for at in (0, 5)]
    everybody = sari.post(f"{HERE}/participants/chase", {"limit": 500}).json()
    named = [each["participant_id"] for each in whole["people"]]

    assert named == [each for each in cells if each in rows]
    assert whole["total"] == len(named) > 10
    assert [each["participant_id"] for part in parts for each in part["people"]] == named[:10]
    assert {each["institution"]: each["people"] for each in whole["institutions"]} == Counter(
        each["institution"] for each in whole["people"]
    )
    assert all(each["missing"] for each in whole["people"])
    assert {each["participant_id"] for each in everybody["people"]} == {
        who for who, row in rows.items() if lacks_something(row) and not row["merged_into"]
    }
    assert "export chase" in dashboard.service.noted()


def test_a_certificate_is_handed_in_looked_at_and_taken_over_and_waits_for_another_account(
    dashboard: Dashboard, sari: Program
) -> None:
    here = f"{HERE}/certificates"
    [added] = sari.send(here, "sertifikat.pdf", certificate(MISSED)).json()
    sari.send(here, "lain.pdf", certificate(PASSED))
    one = f"{here}/{added['id']}"
    document = sari.get(f"{one}/document")
    unread = sari.post(f"{one}/proposal", {"score": "bagus"})
    proposed = sari.post(f"{one}/proposal", {"score": "88,5"}).json()
    stale = sari.post(f"{one}/confirmation", {"score": "88,5"}, If_Match="x")
    taken = sari.post(f"{one}/confirmation", {"score": "88,5"}, If_Match=proposed["seen"], Idempotency_Key="c1")
    again = sari.post(f"{one}/confirmation", {"score": "88,5"}, If_Match=proposed["seen"], Idempotency_Key="c1")
    refused = sari.post(f"{here}/2/refusal", {"reason": "unreadable"})
    wrong = sari.post(f"{here}/2/refusal", {"reason": "because"})
    waiting = sari.get(f"{HERE}/imports/{taken.json()['import_id']}").json()

    assert (added["nip"], added["facts"]["score"]) == (MISSED, "85,50")
    assert (document.headers["content-type"], document.content[:4]) == ("application/pdf", b"%PDF")
    assert f"sertifikat-{added['id']}.pdf" in document.headers["content-disposition"]
    assert unread.status_code == 409
    assert (proposed["nip"], proposed["score"]) == (MISSED, "88.50000")
    assert [each.status_code for each in (stale, taken, again, refused, wrong)] == [412, 201, 201, 201, 422]
    assert again.json() == taken.json()
    assert (waiting["awaiting"], waiting["lines"][0]["score"], waiting["by"]) == (1, "88.50000", "sari")
    assert [each["state"] for each in sari.get(here).json()] == ["confirmed", "rejected"]
    assert sari.get(f"{one}/document").status_code == 404
    assert Program(dashboard, "budi").send(here, "s.pdf", certificate(MISSED)).status_code == 403


def test_documents_are_listed_a_page_at_a_time_and_by_their_state(dashboard: Dashboard, sari: Program) -> None:
    today = f"{datetime.now(UTC).date()}"
    paper = {"participant_id": dashboard.id_of(PASSED), "kind": "surat_sehat", "issuer": "RSUD", "issued": today}
    for number in range(3):
        sari.post(f"{HERE}/clearances", {**paper, "number": f"S-{number}", "valid_until": today})
    sari.post(f"{HERE}/clearances/1/revocation", {"reason": "Palsu"})

    first = sari.get(f"{HERE}/clearances?limit=2")
    address = re.fullmatch(r'<(\?[^>]+)>; rel="next"', first.headers["link"])
    rest = sari.get(f"{HERE}/clearances{address[1] if address else ''}")

    assert [each["number"] for each in first.json()] == ["S-0", "S-1"]
    assert [each["number"] for each in rest.json()] == ["S-2"]
    assert (rest.headers["total-count"], "link" in rest.headers) == ("3", False)
    assert [each["no"] for each in sari.get(f"{HERE}/clearances?state=revoked").json()] == [1]
    assert sari.get(f"{HERE}/clearances?limit=0").status_code == 422
    for each in ("decrees", "files", "imports", "messages", "certificates"):
        assert sari.get(f"{HERE}/{each}?limit=1").headers["total-count"].isdecimal()


def test_many_are_moved_placed_and_reminded_and_strangers_are_passed_over(dashboard: Dashboard, sari: Program) -> None:
    _writing_reminders(dashboard)
    stranger, people = "a" * 32, [dashboard.id_of(PASSED), dashboard.id_of(MISSED)]
    with dashboard.service.database.reading() as connection:
        before = len(queue.open_requests(connection, PROGRAMME))

    moved = sari.post(f"{HERE}/moves", {"people": [*people, stranger], "angkatan": "III", "reason": "Permintaan"})
    placed = sari.post(f"{HERE}/places", {"people": [*people, stranger], "place": "Barat", "reason": "Domisili"})
    nowhere = sari.post(f"{HERE}/places", {"people": people, "place": "Bulan", "reason": "Domisili"})
    reminded = sari.post(f"{HERE}/reminders", {"people": [*people, stranger]})
    again = sari.post(f"{HERE}/reminders", {"people": people[1:]})
    coming = sari.get(f"{HERE}/messages/next").json()
    with dashboard.service.database.reading() as connection:
        asked = len(queue.open_requests(connection, PROGRAMME))

    assert {each["participant_id"] for each in moved.json()["moved"]} <= set(people)
    assert stranger in {each["participant_id"] for each in moved.json()["passed_over"]}
    assert placed.json() == {"programme": PROGRAMME, "recorded": 2, "unchanged": 0, "unknown": 1}
    assert nowhere.status_code == 409
    assert reminded.json()["asked_for"] == 1
    assert {each["participant_id"] for each in reminded.json()["passed_over"]} == {people[0], stranger}
    assert again.json()["asked_for"] == 0
    assert (asked - before, coming["asked_for"]) == (1, True)
    assert people[1] in {each["recipient"] for each in coming["messages"]}


def _writing_reminders(dashboard: Dashboard) -> None:
    """Let the programme write reminders, and its people come together at two places."""
    context = dashboard.app.state.context
    told = {"messages": MessageSettings(reminders=(3,)), "places": [PlaceSettings(name=each) for each in PLACES]}
    programmes = tuple(each.model_copy(update=told) for each in context.settings.programmes)
    context.settings = context.settings.model_copy(update={"programmes": programmes})


def test_what_two_administrators_do_at_once_is_about_what_each_has_seen(
    dashboard: Dashboard, sari: Program, rina: Program
) -> None:
    who = dashboard.id_of(PASSED)
    address = f"/api/v1/participants/{who}/erasure"
    shown = rina.get(f"{address}/seen").json()["seen"]
    limits = rina.get(f"{HERE}/thresholds/seen").json()["seen"]
    limit = {"value": "72.5", "legal_basis": "Perkalan 9/2025"}
    sari.post(f"{HERE}/overrides", {"people": [who], "kind": "hold", "reason": "Cuti"})

    first = rina.post(f"{HERE}/thresholds", limit, If_Match=limits)
    second = sari.post(f"{HERE}/thresholds", {**limit, "value": "73"}, If_Match=limits)
    erased = rina.post(address, {"reason": "Surat 5/2026"}, If_Match=shown)
    resumed = rina.post(f"/api/v1/participants/{who}/resumption", {"reason": "Surat 6/2026"})
    twice = rina.post(f"/api/v1/participants/{who}/resumption", {"reason": "Surat 6/2026"})
    stale = rina.post(f"/api/v1/participants/{dashboard.id_of(MISSED)}/erasure", {"reason": "Surat 7"}, If_Match=shown)

    assert [each.status_code for each in (first, second)] == [201, 412]
    assert [each.status_code for each in (erased, resumed, twice, stale)] == [201, 201, 409, 412]
    assert resumed.json() == {"participant_id": who, "programme": PROGRAMME, "resumed": True, "waiting": 0}
    assert [each["kind"] for each in rina.get("/api/v1/erasures").json()] == ["erased", "resumed"]
    assert "person resume" in {each["action"] for each in rina.get("/api/v1/access-log?limit=5").json()}
    assert [sari.get(f"/api/v1/{each}").status_code for each in ("erasures", "access-log")] == [403, 403]
    assert sari.post(f"/api/v1/participants/{who}/resumption", {"reason": "Surat"}).status_code == 403


def test_another_programmes_people_are_not_there(dashboard: Dashboard) -> None:
    dashboard.add("wati", Role.PANITIA, programmes=(OTHER,))
    wati = Program(dashboard, "wati")
    calls = ["certificates", "clearances", "imports", "messages", "messages/next", "chase-mails?occasion=x"]

    assert {wati.get(f"{HERE}/{each}").status_code for each in calls} == {404}
    assert wati.post(f"{HERE}/moves", {"people": ["a" * 32], "angkatan": "I", "reason": "x"}).status_code == 404

    moved = wati.post(
        f"/api/v1/programmes/{OTHER}/moves",
        {"people": [dashboard.id_of(PASSED)], "angkatan": "1", "reason": "Salah kelas"},
    )

    assert (moved.status_code, moved.json()["moved"]) == (201, [])
    assert [each["name"] for each in moved.json()["passed_over"]] == [None]
