"""The pages: who may see and do what there, what is written down about it, and what each page tells."""

import json
import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from dashboard import PASSWORD, Browser, Dashboard
from openpyxl import load_workbook
from pypdf import PdfReader
from service import PROGRAMME, TOKENS, Command, Service
from structlog.testing import capture_logs
from unattended import Clock, daemon_at_work, programme, requests_of, small_campus, urls_of, wait_for, write_config

from latsar_sync.demo import CASES, Campus
from latsar_sync.model import RunOutcome
from latsar_sync.settings import load_settings
from latsar_sync.store import accounts, overrides, queue, thresholds
from latsar_sync.store.accounts import Role
from latsar_sync.store.database import Database
from latsar_sync.web import running

OTHER = "latsar-2026-ii"
PASSED, MISSED = str(CASES["passed"][0]), str(CASES["score_69_99999"][0])
HOME = f"/programmes/{PROGRAMME}"
PAGES = ["", "/people", "/roster", "/runs", "/threshold", "/threshold?value=99"]


@pytest.fixture(autouse=True)
def _hash_quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let passwords be hashed as cheaply as argon2 allows."""
    monkeypatch.setattr(accounts, "_HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


def opened(config: Path) -> Service:
    """Open the service of a configuration."""
    settings = load_settings(config, TOKENS)
    database = Database(settings.database_url)
    database.upgrade()
    return Service(config, settings, database)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with a configuration of two programmes, and a database in which the first one has run."""
    folder = tmp_path_factory.mktemp("dashboard")
    with Campus() as campus:
        both = programme(PROGRAMME, ["I", "II", "III"]) + programme(OTHER, ["1"])
        config = write_config(folder / "latsar.toml", both, urls_of(campus), top='language = "id"')
        service = opened(config)
        assert service.run(programmes=(PROGRAMME,)).run.outcome is RunOutcome.OK
        service.database.close()
    return folder


@pytest.fixture
def service(prepared: Path, tmp_path: Path) -> Iterator[Service]:
    """Give the service with a copy of that database, so that a test may change it."""
    shutil.copy(prepared / "latsar.db", tmp_path)
    text = (prepared / "latsar.toml").read_text(encoding="utf-8")
    config = tmp_path / "latsar.toml"
    config.write_text(text.replace(str(prepared), str(tmp_path)), encoding="utf-8")
    service = opened(config)
    yield service
    service.database.close()


@pytest.fixture
def dashboard(service: Service) -> Dashboard:
    """Give the pages, with an admin "rina", a committee member "sari" and a viewer "budi"."""
    dashboard = Dashboard(service, Clock(datetime.now(UTC)))
    dashboard.add("rina")
    dashboard.add("sari", Role.PANITIA, programmes=(PROGRAMME,))
    dashboard.add("budi", Role.VIEWER, programmes=(PROGRAMME,))
    return dashboard


@pytest.fixture
def sari(dashboard: Dashboard) -> Browser:
    """Give the browser of the committee member."""
    return dashboard.browser("sari")


def id_of(service: Service, nip: str) -> str:
    return str(service.participants()[nip]["participant_id"])


def speak_english(browser: Browser) -> Browser:
    browser.client.post("/look", data={"language": "en"})
    return browser


# signing in


def test_whoever_is_not_signed_in_is_led_to_the_door_from_every_page(dashboard: Dashboard) -> None:
    stranger = dashboard.browser()

    for address in [*(HOME + page for page in PAGES), "/", "/classes", f"/people/{id_of(dashboard.service, PASSED)}"]:
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
    service: Service, public: str, secure: bool
) -> None:
    service.settings = service.settings.model_copy(
        update={"service": service.settings.service.model_copy(update={"public_url": public})}
    )
    dashboard = Dashboard(service, Clock(datetime.now(UTC)))
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
    person = f"/people/{id_of(dashboard.service, PASSED)}"
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
    for address in [*(HOME + page for page in PAGES), f"/people/{id_of(dashboard.service, PASSED)}"]:
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


def test_an_account_of_another_programme_is_told_that_there_is_nothing(dashboard: Dashboard) -> None:
    dashboard.add("wati", Role.PANITIA, programmes=(OTHER,))
    wati = dashboard.browser("wati")
    listed = wati.get("/programmes")

    for address in [*(HOME + page for page in PAGES), f"/people/{id_of(dashboard.service, PASSED)}",
                    f"{HOME}/documents/roster.xlsx", f"{HOME}/progress", f"/classes/{PROGRAMME}/I"]:  # fmt: skip
        wati.get(address)
        assert wati.page.status_code == 404, address
    assert PROGRAMME not in listed
    assert OTHER in listed


def test_a_course_manager_sees_who_came_into_their_class_when_and_why_and_nothing_else(dashboard: Dashboard) -> None:
    dashboard.add("guru", Role.VIEWER, classes=("kelas/KLS-II",))
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
    assert f"{dashboard.clock():%Y-}" in roster
    assert statuses == [404, 403, 403, 403, 403, 403]


# what is written down


def test_every_page_with_people_is_written_down_with_the_accounts_name(
    dashboard: Dashboard, sari: Browser, command: Command
) -> None:
    person = id_of(dashboard.service, PASSED)
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


# people


def test_people_are_found_by_a_part_of_the_name_or_the_nip_and_neither_stands_in_an_address(
    dashboard: Dashboard, sari: Browser
) -> None:
    row = dashboard.service.participants()[PASSED]
    part = str(row["name"]).split(",", maxsplit=1)[0][2:-1].upper()
    asked = []
    for text in (part, PASSED, f"{PASSED[:8]} {PASSED[8:14]}"):
        sari.get(f"{HOME}/people")
        found = sari.post(f"{HOME}/people", text=text)
        asked += [str(each.url) for each in (*sari.page.history, sari.page)] + sari.links("page=")

        assert row["name"] in found, text
        assert sari.page.text.count('href="/people/') < 5, text
    assert not any(part.lower() in address.lower() or PASSED[:8] in address for address in asked)


def test_a_search_that_was_tampered_with_or_is_too_old_says_so_instead_of_listing_everybody(
    dashboard: Dashboard, sari: Browser
) -> None:
    sari.get(f"{HOME}/people?find=gAAAAAB")

    assert sari.page.status_code == 400
    assert "Pencarian ini sudah berakhir." in sari.text


def test_people_are_filtered_by_state_angkatan_agency_and_reason_page_by_page(
    dashboard: Dashboard, sari: Browser
) -> None:
    everybody = dashboard.service.participants()
    missed = everybody[MISSED]
    rows = list(everybody.values())

    def shown(**wish: str) -> tuple[int, list[str]]:
        sari.get(f"{HOME}/people")
        text = sari.post(f"{HOME}/people", **wish)
        count = re.search(r"([\d.]+) orang", text)
        return int(count[1]) if count else -1, re.findall(r'href="/people/(\w+)"', sari.page.text)

    by_state = shown(state="not_yet")
    by_agency = shown(state="not_yet", institution=str(missed["institution"]))
    by_reason = shown(reason="score_below_threshold")
    by_angkatan = shown(angkatan="II")

    assert by_state[0] == sum(row["outcome"] == "not_yet" for row in rows)
    assert by_agency[0] == sum(
        (row["outcome"], row["institution"]) == ("not_yet", missed["institution"]) for row in rows
    )
    assert missed["participant_id"] in by_agency[1]
    assert by_reason[0] == sum("score_below_threshold" in dict(row["reasons"]) for row in rows)
    assert by_angkatan[0] == sum(row["angkatan"] == "II" for row in rows)
    first, second = (
        set(re.findall(r'href="/people/(\w+)"', (sari.get(f"{HOME}/people?page={page}"), sari.page.text)[1]))
        for page in (1, 2)
    )
    assert len(first) == 50
    assert not first & second


def test_one_persons_page_tells_the_five_steps_with_their_values(dashboard: Dashboard) -> None:
    sari = speak_english(dashboard.browser("sari"))

    passed = sari.get(f"/people/{id_of(dashboard.service, PASSED)}")
    missed = sari.get(f"/people/{id_of(dashboard.service, MISSED)}")

    for step in ("Matched", "Seen", "Judged", "Placed", "Confirmed in the class"):
        assert step in passed
    assert "against 70.00000 (Uji)" in passed
    assert "12 / 12" in passed
    assert "KLS-II" in passed
    assert "69.99999" in missed
    assert "Not on the roster." in missed


def test_a_hold_an_admission_and_a_release_are_recorded_with_the_accounts_name(
    dashboard: Dashboard, sari: Browser
) -> None:
    person = id_of(dashboard.service, MISSED)
    page, decide = f"/people/{person}", f"/people/{person}/decide"

    sari.get(page)
    held = sari.post(decide, kind="hold", reason="Cuti melahirkan", until="")
    sari.post(decide, kind="release", reason="Sudah kembali")
    admitted = sari.post(decide, kind="admit", reason="SK 7/2026", until=f"{dashboard.clock().date() + timedelta(9)}")
    with dashboard.service.database.reading() as connection:
        history = overrides.override_history(connection, PROGRAMME, person)

    assert "Ditangguhkan oleh sari: Cuti melahirkan" in held
    assert "Diterima oleh sari: SK 7/2026" in admitted
    assert [(str(each.kind), each.by) for each in history] == [("hold", "sari"), ("release", "sari"), ("admit", "sari")]
    acts = [each.action for each in dashboard.accesses() if each.action != "person"]
    assert acts == ["admit", "release", "hold"]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"kind": "hold", "reason": " "}, "Alasan kosong."),
        ({"kind": "hold", "reason": "x", "until": "2020-01-01"}, "Hari terakhir sudah lewat."),
        ({"kind": "hold", "reason": "x", "until": "besok"}, '"besok" bukan tanggal.'),
        ({"kind": "release", "reason": "x"}, "Tidak ada yang menangguhkan"),
    ],
)
def test_what_cannot_be_recorded_is_refused_with_the_reason_and_nothing_is_recorded(
    dashboard: Dashboard, sari: Browser, fields: dict[str, str], said: str
) -> None:
    page = f"/people/{id_of(dashboard.service, MISSED)}"
    sari.get(page)

    answer = sari.post(f"{page}/decide", **fields)

    assert sari.page.status_code == 400
    assert said in answer
    assert dashboard.service.count("overrides") == 0


def test_sync_now_puts_the_programme_or_the_person_into_the_line_in_the_accounts_name(
    dashboard: Dashboard, sari: Browser
) -> None:
    person = f"/people/{id_of(dashboard.service, PASSED)}"
    sari.get(person)
    sari.post(f"{person}/sync")
    sari.post(f"{HOME}/sync")
    told = sari.post(f"{HOME}/sync", full="1")

    asked = requests_of(dashboard.service.database, queue.QUEUED)

    assert [(each.scope, each.subject, each.requested_by) for each in asked] == [
        ("participant", PASSED, "sari"),
        ("incremental", "", "sari"),
        ("full", "", "sari"),
    ]
    assert "Layanan sedang tidak berjalan" in told


def test_the_live_line_tells_what_waits_and_ends_with_the_session(
    dashboard: Dashboard, sari: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    sari.get(HOME)
    sari.post(f"{HOME}/sync")

    async def account_goes(_seconds: float) -> None:
        with dashboard.service.database.writing() as connection:
            accounts.remove_account(connection, "sari")

    monkeypatch.setattr(running.asyncio, "sleep", account_goes)
    answer = sari.client.get(f"{HOME}/progress")

    assert answer.headers["content-type"].startswith("text/event-stream")
    [told] = [json.loads(line.removeprefix("data: ")) for line in answer.text.splitlines() if line]
    assert told["lines"] == ["Menunggu layanan; diminta oleh sari."]


# roster and documents


def test_the_roster_comes_as_spreadsheet_and_as_pdf(dashboard: Dashboard, sari: Browser) -> None:
    row = dashboard.service.roster()[PASSED]
    sari.get(f"{HOME}/roster?angkatan=II")
    links = sari.links("/documents/roster")

    contents = {link.split("?")[0].rsplit(".", 1)[1]: sari.client.get(link) for link in links}
    sheet = load_workbook(BytesIO(contents["xlsx"].content)).worksheets[0]
    cells = [str(cell) for line in sheet.iter_rows(values_only=True) for cell in line]
    pages = " ".join(page.extract_text() for page in PdfReader(BytesIO(contents["pdf"].content)).pages)

    assert row["name"] in cells
    assert str(row["name"]).split(",", maxsplit=1)[0] in " ".join(pages.split())
    assert contents["pdf"].headers["content-disposition"] == f'attachment; filename="roster-{PROGRAMME}-II.pdf"'


def test_a_roster_is_fixed_by_decree_once_and_then_only_amended(dashboard: Dashboard, sari: Browser) -> None:
    sari.get(f"{HOME}/roster?angkatan=II")
    decree = {"angkatan": "II", "dated": "2026-11-20"}

    undated = sari.post(f"{HOME}/finalise", angkatan="II", sk="SK 1/2026", dated="")
    sari.get(f"{HOME}/roster?angkatan=II")
    fixed = sari.post(f"{HOME}/finalise", sk="SK 1/2026", **decree)
    again = sari.post(f"{HOME}/finalise", sk="SK 2/2026", **decree)

    assert "Keputusan itu tidak bertanggal." in undated
    assert "SK 1/2026" in fixed
    assert "Ubah daftar peserta yang sudah ditetapkan" in fixed
    assert sari.page.status_code == 409
    assert "Tidak ada yang" in again
    assert dashboard.service.count("finalisations") == 1
    assert [each.action for each in dashboard.accesses() if each.action != "roster"] == ["finalise"]


def test_a_roster_is_not_fixed_on_evidence_that_is_older_than_a_day(dashboard: Dashboard, sari: Browser) -> None:
    dashboard.clock.go_on(hours=25)
    sari.sign_in("sari")
    sari.get(f"{HOME}/roster?angkatan=II")

    sari.post(f"{HOME}/finalise", angkatan="II", sk="SK 1/2026", dated="2026-11-20")

    assert sari.page.status_code == 409
    assert dashboard.service.count("finalisations") == 0


# threshold


def test_a_threshold_is_tried_and_then_recorded_with_its_basis(dashboard: Dashboard, sari: Browser) -> None:
    tried = sari.get(f"{HOME}/threshold?value=99,5")
    today = f"{dashboard.clock().astimezone(dashboard.service.settings.zone).date()}"
    sari.post(f"{HOME}/threshold", value="99,5", scale="points", legal_basis="Perka 10/2021", since=today)
    with dashboard.service.database.reading() as connection:
        history = thresholds.threshold_history(connection, PROGRAMME)

    assert "tetap memegang kursi" in tried
    assert [(str(each.value), each.recorded_by) for each in history] == [("70.00000", "config"), ("99.50000", "sari")]
    assert history[-1].effective_from == dashboard.clock()
    assert "Perka 10/2021" in sari.text


@pytest.mark.parametrize("value", ["tujuh puluh", "-1", "1e400", "NaN"])
def test_what_is_no_pass_limit_is_refused(dashboard: Dashboard, sari: Browser, value: str) -> None:
    sari.get(f"{HOME}/threshold", params={"value": value})

    assert sari.page.status_code == 400


# runs


def test_a_held_run_is_accepted_only_with_the_list_of_what_would_be_sent(
    tmp_path: Path, look_often: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with small_campus(6, 1) as campus:
        few = programme(PROGRAMME, ["1"]).replace("max_push_share = 1.0", "max_push = 2")
        service = opened(write_config(tmp_path / "latsar.toml", few, urls_of(campus)))
        service.run()
        dashboard = Dashboard(service, Clock(datetime.now(UTC)))
        dashboard.add("sari", Role.PANITIA)
        sari = speak_english(dashboard.browser("sari"))
        held = sari.get(f"{HOME}/runs")
        button_before = "Accept these findings" in held

        with daemon_at_work(service, dashboard.clock):
            sari.post(f"{HOME}/preview", run="1")
            wait_for(lambda: requests_of(service.database, queue.DONE), "the preview")
            nothing_sent = service.count("pushes")
            shown = sari.get(f"{HOME}/runs")
            sari.post(f"{HOME}/accept", run="1")
            wait_for(lambda: len(requests_of(service.database, queue.DONE)) == 2, "the accepted run")
        row = service.roster()
        done = sari.get(f"{HOME}/runs")
        service.database.close()

    assert not button_before
    assert nothing_sent == 0
    assert f"{len(row)} people would be enrolled:" in shown
    assert all(str(each["name"]) in shown for each in row.values())
    assert "Accept these findings" in shown
    assert {each["state"] for each in row.values()} == {"confirmed"}
    assert "accepted by sari" in done
    noted = [each.action for each in dashboard.accesses()]
    assert [each for each in noted if each != "plan"] == ["accept run 1", "preview run 1"]
    assert "plan" in noted


def test_acceptance_of_what_somebody_saw_does_not_release_what_was_found_since(tmp_path: Path) -> None:
    with small_campus(6, 1) as campus:
        few = programme(PROGRAMME, ["1"]).replace("max_push_share = 1.0", "max_push = 2")
        service = opened(write_config(tmp_path / "latsar.toml", few, urls_of(campus)))
        held = service.run().run
        seen = frozenset(finding.key for finding in held.findings)

        other = service.run(accept=True, by="sari", looked_at=frozenset({"target_shrank|kelas/KLS-1|9|1"}))
        nothing_sent = service.count("pushes")
        service.run()
        shown = service.run(accept=True, dry_run=True, looked_at=seen)
        same = service.run(accept=True, by="sari", looked_at=seen)
        service.database.close()

    assert "found something else than what was accepted" in str(other.error)
    assert nothing_sent == 0
    assert (shown.run.kind, shown.run.accepted_by, len([each for each in shown.plan if each.action])) == (
        "plan",
        None,
        4,
    )
    assert (same.run.outcome, same.run.accepted_by) == (RunOutcome.OK, "sari")


def test_whoever_waits_for_approval_is_approved_on_the_rosters_page(tmp_path: Path) -> None:
    with small_campus(6, 1) as campus:
        waiting = programme(PROGRAMME, ["1"], 'push = "confirmed"')
        service = opened(write_config(tmp_path / "latsar.toml", waiting, urls_of(campus)))
        service.run()
        dashboard = Dashboard(service, Clock(datetime.now(UTC)))
        dashboard.add("sari", Role.PANITIA)
        sari = speak_english(dashboard.browser("sari"))

        asked = sari.get(f"{HOME}/roster")
        done = sari.post(f"{HOME}/approve", angkatan="1")
        service.run()
        roster = service.roster().values()
        service.database.close()

    assert "4 people wait for approval." in asked
    assert "4 approved; the next run enrols them." in done
    assert {(row["state"], row["approved_by"]) for row in roster} == {("confirmed", "sari")}
    assert [(each.action, each.people) for each in dashboard.accesses() if each.action != "roster"] == [("approve", 4)]


def test_a_run_that_no_guard_held_cannot_be_accepted(dashboard: Dashboard, sari: Browser) -> None:
    sari.get(f"{HOME}/runs")

    sari.post(f"{HOME}/accept", run="1")

    assert sari.page.status_code == 400
    assert requests_of(dashboard.service.database) == []


# languages


def test_the_pages_speak_indonesian_until_english_is_chosen_and_keep_to_it_after_signing_out(
    dashboard: Dashboard, sari: Browser
) -> None:
    indonesian = sari.get("/programmes")
    speak_english(sari)
    english = sari.get("/programmes")
    sari.post("/sign-out")

    assert "Kursus klasikal" in indonesian
    assert "Programmes" in english
    assert "Password" in sari.text


def test_every_heading_label_and_button_is_said_in_both_languages(dashboard: Dashboard, sari: Browser) -> None:
    pages = [*(HOME + page for page in PAGES), f"/people/{id_of(dashboard.service, MISSED)}", f"/classes/{PROGRAMME}/I"]
    said: dict[str, list[list[str]]] = {"id": [], "en": []}
    for chosen, texts in said.items():
        sari.client.post("/look", data={"language": chosen})
        for page in pages:
            sari.get(page)
            texts.append(re.findall(r"<(?:th|h2|label|button)\b[^>]*>\s*([^<]+)", sari.page.text))

    for indonesian, english in zip(said["id"], said["en"], strict=True):
        alike = {each.strip() for each in indonesian} & {each.strip() for each in english}
        assert len(indonesian) == len(english) > 3
        assert alike <= {"NIP", "No.", "Angkatan"}, alike
