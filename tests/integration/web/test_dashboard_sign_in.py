"""Who may enter the pages, see and do what there, and what is written down about it."""

import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from dashboard import HOME, MISSED, OTHER, PAGES, PASSED, PASSWORD, Browser, Dashboard
from service import PROGRAMME, Command, Service
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs
from unattended import (
    Clock,
)

from latsar_sync.domain.account import Role
from latsar_sync.store import accounts

# signing in


def test_whoever_is_not_signed_in_is_led_to_the_sign_in_from_every_page(dashboard: Dashboard) -> None:
    stranger = dashboard.browser()

    for address in [*(HOME + page for page in PAGES), "/", "/classes", f"/people/{dashboard.id_of(PASSED)}"]:
        assert "Kata sandi" in stranger.get(address), address


def test_a_wrong_password_and_a_name_that_is_nobodys_get_the_same_answer(dashboard: Dashboard) -> None:
    stranger = dashboard.browser()

    answers = [stranger.sign_in(name, "salah sekali") for name in ("rina", "nobody")]

    assert stranger.page.status_code == 401
    assert [answer.count("Nama atau kata sandi salah.") for answer in answers] == [1, 1]


def test_after_five_wrong_passwords_even_the_right_one_must_wait_but_nobody_else_has_to(dashboard: Dashboard) -> None:
    stranger = dashboard.browser()
    for _ in range(5):
        stranger.sign_in("rina", "salah sekali")

    refused = stranger.sign_in("rina")
    status = stranger.page.status_code

    assert status == 429
    assert "Terlalu banyak percobaan" in refused
    assert "Latsar " + PROGRAMME in stranger.sign_in("sari")


def test_a_session_ends_by_idling_by_age_by_a_new_password_and_by_signing_out(dashboard: Dashboard) -> None:
    database, clock = dashboard.service.database, dashboard.clock
    idle, old, renamed, left = (dashboard.browser("sari") for _ in range(4))

    left.get("/programmes")
    left.post("/sign-out")
    with database.writing() as connection:
        accounts.change_password(connection, "sari", "kuda laut hijau")
    renamed.get("/programmes")
    idle.sign_in("sari", "kuda laut hijau")
    old.sign_in("sari", "kuda laut hijau")
    for _ in range(8):
        clock.go_on(hours=1.4)
        assert "Kata sandi" not in old.get("/programmes")
    clock.go_on(hours=1.4)

    for browser in (idle, old, renamed, left):
        assert "Kata sandi" in browser.get("/programmes")


def test_an_account_that_was_removed_sees_nothing_any_more(dashboard: Dashboard, sari: Browser) -> None:
    with dashboard.service.database.writing() as connection:
        accounts.remove_account(connection, "sari")

    assert "Kata sandi" in sari.get("/programmes")


@pytest.mark.parametrize(("public", "secure"), [("https://latsar.example.go.id", True), ("http://10.0.0.5", False)])
def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites_and_secure_behind_tls(
    after_one_run: Service, quick_hashes: None, public: str, secure: bool
) -> None:
    served = after_one_run.settings.service.model_copy(update={"public_url": public})
    after_one_run.settings = after_one_run.settings.model_copy(update={"service": served})
    dashboard = Dashboard(after_one_run, Clock(datetime.now(UTC)))
    dashboard.add("rina")
    browser = dashboard.browser()

    answer = browser.client.post("/sign-in", data={"name": "rina", "password": PASSWORD}, follow_redirects=False)

    said = answer.headers["set-cookie"].lower()
    assert "httponly" in said
    assert "samesite=strict" in said
    assert ("secure" in said) == secure


def test_the_log_tells_who_signed_in_and_that_somebody_could_not_but_never_what_was_typed(
    dashboard: Dashboard,
) -> None:
    with capture_logs() as logged:
        stranger = dashboard.browser()
        stranger.sign_in("kata sandi saya", "salah sekali")
        stranger.sign_in("rina")

    assert [(each["event"], each.get("account")) for each in logged] == [
        ("sign-in refused", None),
        ("signed in", "rina"),
    ]
    assert "salah sekali" not in str(logged)
    assert "kata sandi saya" not in str(logged)


# what is protected how


def test_no_page_holds_anything_that_its_strict_policy_would_stop(dashboard: Dashboard, sari: Browser) -> None:
    person = f"/people/{dashboard.id_of(PASSED)}"
    for address in [*(HOME + page for page in PAGES), "/programmes", person, "/classes", f"/classes/{PROGRAMME}/I"]:
        sari.get(address)
        policy, text = sari.page.headers["content-security-policy"], sari.page.text

        assert sari.page.status_code == 200, address
        assert "unsafe" not in policy
        assert "default-src 'none'" in policy
        assert not re.search(r"<script(?![^>]* src=)|<style|\sstyle=|\son\w+=|javascript:", text), address
        assert not re.search(r'(src|href)="(https?:)?//(?!127\.0\.0\.1)', text), address
        assert sari.page.headers["cache-control"] == "no-store"


FORMS = [
    ("/sync", {}),
    ("/preview", {"run": "1"}),
    ("/accept", {"run": "1"}),
    ("/approve", {"angkatan": "I"}),
    ("/finalise", {"angkatan": "I", "sk": "SK 1", "dated": "2026-11-01"}),
    ("/threshold", {"value": "71", "scale": "points", "legal_basis": "SK"}),
]


@pytest.mark.parametrize(("form", "fields"), FORMS)
def test_a_form_without_the_sessions_token_and_one_of_a_viewer_change_nothing(
    dashboard: Dashboard, form: str, fields: dict[str, str]
) -> None:
    tables = ("run_requests", "thresholds", "overrides", "finalisations", "roster_events")
    before = {name: dashboard.service.count(name) for name in tables}
    sari, budi = dashboard.browser("sari"), dashboard.browser("budi")

    sari.post(HOME + form, csrf="of another page", **fields)
    budi.get(HOME)
    budi.post(HOME + form, **fields)

    assert [sari.page.status_code, budi.page.status_code] == [403, 403]
    assert {name: dashboard.service.count(name) for name in tables} == before


def test_a_viewer_sees_no_form_that_acts(dashboard: Dashboard) -> None:
    budi = dashboard.browser("budi")
    for address in [*(HOME + page for page in PAGES), f"/people/{dashboard.id_of(PASSED)}"]:
        budi.get(address)
        targets = set(re.findall(r'<form method="post" action="([^"]+)"', budi.page.text))

        assert targets <= {"/look", "/sign-out", f"{HOME}/people"}, address


def test_a_form_that_another_site_sends_is_refused_before_anybody_is_signed_in(dashboard: Dashboard) -> None:
    stranger = dashboard.browser().client

    answer = stranger.post(
        "/sign-in", data={"name": "rina", "password": PASSWORD}, headers={"sec-fetch-site": "cross-site"}
    )

    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("sent", [{"content": b"x" * 300_000}, {"content": iter([b"name=rina"])}])
def test_what_is_larger_than_any_form_is_refused_unread(dashboard: Dashboard, sent: dict[str, Any]) -> None:
    answer = dashboard.browser().client.post(
        "/sign-in", headers={"Content-Type": "application/x-www-form-urlencoded"}, **sent
    )

    assert answer.status_code == 413


def test_a_file_that_is_too_large_is_refused_unread_on_a_page_that_says_what_helps(sari: Browser) -> None:
    sari.in_english()
    told = {}
    for kind in ("certificates", "imports"):
        sari.page = sari.client.post(f"{HOME}/{kind}", content=b"x", headers={"Content-Length": "90000000"})
        told[kind] = (sari.page.status_code, sari.text)

    assert {status for status, _text in told.values()} == {413}
    assert "larger than 10 MB. Send the certificates in several ZIPs." in told["certificates"][1]
    assert "Keep only the table with the participants." in told["imports"][1]
    assert all("sari" in text for _status, text in told.values())  # who is signed in still looks so


def test_a_token_of_strange_letters_is_refused_like_any_other(dashboard: Dashboard, sari: Browser) -> None:
    sari.get(HOME)
    sari.post(f"{HOME}/sync", csrf="ééé")

    assert sari.page.status_code == 403


def test_a_namesake_added_later_does_not_inherit_a_session(dashboard: Dashboard, sari: Browser) -> None:
    with dashboard.service.database.writing() as connection:
        accounts.remove_account(connection, "sari")
    dashboard.add("sari")

    assert "Kata sandi" in sari.get("/programmes")


def test_an_account_of_another_programme_is_told_that_there_is_nothing(dashboard: Dashboard) -> None:
    dashboard.add("wati", Role.PANITIA, programmes=(OTHER,))
    wati = dashboard.browser("wati")
    listed = wati.get("/programmes")

    for address in [*(HOME + page for page in PAGES), f"/people/{dashboard.id_of(PASSED)}",
                    f"{HOME}/documents/roster.xlsx", f"{HOME}/progress", f"/classes/{PROGRAMME}/I"]:  # fmt: skip
        wati.get(address)
        assert wati.page.status_code == 404, address
    assert PROGRAMME not in listed
    assert OTHER in listed


def test_a_course_manager_sees_who_came_into_their_course_when_and_why_and_nothing_else(dashboard: Dashboard) -> None:
    dashboard.add("guru", Role.VIEWER, courses=("kelas/KLS-II",))
    guru = dashboard.browser("guru")
    row = dashboard.service.roster()[PASSED]

    first = guru.get("/")
    roster = guru.get(f"/classes/{PROGRAMME}/II")
    statuses = []
    for address in (f"/classes/{PROGRAMME}/I", HOME, f"{HOME}/people", f"/people/{row['participant_id']}",
                    f"{HOME}/documents/roster.pdf", f"{HOME}/progress"):  # fmt: skip
        guru.get(address)
        statuses.append(guru.page.status_code)

    assert "KLS-II" in first
    assert "KLS-III" not in first
    assert row["name"] in roster
    assert "memenuhi" in roster
    assert re.search(r"terkonfirmasi(?: \d+ \w+ \d{4} \d\d\.\d\d WIB){2} memenuhi", roster)  # sent, and seen there
    assert statuses == [404, 403, 403, 403, 403, 403]


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        ("gone", "Basis data tidak menjawab. Coba lagi sebentar lagi."),
        ("database or disk is full", "Disk basis data penuh"),
        ("attempt to write a readonly database", "Basis data hanya dapat dibaca"),
    ],
)
def test_what_keeps_the_database_from_answering_is_said_in_a_page_without_what_was_asked_of_it(
    dashboard: Dashboard, sari: Browser, monkeypatch: pytest.MonkeyPatch, reason: str, told: str
) -> None:
    def refuse(*_words: object) -> None:
        raise OperationalError("SELECT name", {"nip": PASSED}, Exception(reason))

    person = f"/people/{dashboard.id_of(MISSED)}"
    sari.get(person)
    monkeypatch.setattr("latsar_sync.store.accounts.find_account", refuse)
    with capture_logs() as logged:
        kept = sari.post(f"{person}/decide", kind="hold", reason="Cuti melahirkan sampai Januari")
        said = sari.get(f"{HOME}/people")

    assert told in kept
    assert "Yang telah Anda ketik" in kept
    assert "Cuti melahirkan sampai Januari" in kept
    assert "Yang telah Anda ketik" not in said
    assert sari.page.status_code == 503
    assert told in said
    assert PASSED not in sari.page.text
    assert reason in [each.get("reason") for each in logged]


def test_without_scripts_the_colours_are_those_that_the_browser_says_until_somebody_chooses(sari: Browser) -> None:
    """Once a page without JavaScript was light on a dark system."""
    in_the_dark = {"headers": {"sec-ch-prefers-color-scheme": '"dark"'}}
    sari.get("/me", **in_the_dark)
    asked, shown = sari.page.headers["accept-ch"], sari.page.text
    sari.post("/look", theme="light")
    sari.get("/me", **in_the_dark)

    assert asked == "Sec-CH-Prefers-Color-Scheme"
    assert 'data-bs-theme="dark"' in shown
    assert 'value="light"' in shown  # the button offers the other
    assert 'data-bs-theme="light"' in sari.page.text
    sari.get("/me", headers={"sec-ch-prefers-color-scheme": '"><script>'})
    assert "<script>" not in sari.page.text.replace("<script src", "")


# what is written down


def test_every_page_with_people_is_written_down_with_the_accounts_name(
    dashboard: Dashboard, sari: Browser, command: Command
) -> None:
    person = dashboard.id_of(PASSED)
    for address in (f"{HOME}/people", f"/people/{person}", f"{HOME}/roster?angkatan=I", f"{HOME}/threshold?value=99",
                    f"/classes/{PROGRAMME}/II", f"{HOME}/documents/chase.xlsx"):  # fmt: skip
        sari.get(address)

    noted = dashboard.accesses()
    code, said, _ = command(dashboard.service, "access-log", "--json")

    assert [each.action for each in reversed(noted)] == [
        "people", "person", "roster", "threshold preview", "class", "export chase xlsx",
    ]  # fmt: skip
    assert {(each.by, each.via, each.programme) for each in noted} == {("sari", "web", PROGRAMME)}
    assert [each.participant_id for each in noted if each.action == "person"] == [person]
    assert all(each.people > 0 for each in noted)
    assert code == 0
    assert [line["by"] for line in json.loads(said)] == ["sari"] * 6
