"""What an admin does on pages: personal data shown, erased and destroyed; set-up examined and the database copied."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from dashboard import HOME, PASSED, Browser, Dashboard
from personal_data import where_found
from service import PROGRAMME, Service
from unattended import Clock, wait_for

from latsar_sync.actions.destroying import keepings
from latsar_sync.rules.retention import DataClass
from latsar_sync.settings import OfficeSettings
from latsar_sync.settings.values import PNG_BEGINNING
from latsar_sync.setup.checks import Check, Status
from latsar_sync.store import destruction_reports
from latsar_sync.store.leases import Lease
from latsar_sync.store.tables import site_health
from latsar_sync.web import destroying, setup


@pytest.fixture
def rina(dashboard: Dashboard) -> Browser:
    """Give the browser of the administrator."""
    return dashboard.browser("rina").in_english()


def find(browser: Browser, nip: str) -> str:
    """Open the page of what is held about a person, and return its address."""
    browser.get("/privacy")
    browser.post("/privacy/person", nip=nip)
    return browser.page.url.path


def test_one_persons_data_are_shown_and_given_out_and_every_look_is_noted(dashboard: Dashboard, rina: Browser) -> None:
    full_width = {ord(digit): 0xFF10 + int(digit) for digit in "0123456789"}
    address = find(rina, f"{PASSED[:8]} {PASSED[8:]}".translate(full_width))
    name = dashboard.service.participants()[PASSED]["name"]

    assert name in rina.text
    assert "Stays, under the internal id" in rina.text
    text, whole = (rina.client.get(f"{address}/export.{form}") for form in ("txt", "json"))
    assert name in text.text
    assert whole.json()["made_by"] == "rina"
    assert "attachment" in text.headers["content-disposition"]
    assert {"personal data", "person export"} <= dashboard.service.noted()
    assert dashboard.browser("sari").client.get(address).status_code == 403


def test_an_administrator_comes_from_a_person_to_what_is_held_of_them_also_without_a_nip(
    dashboard: Dashboard, rina: Browser
) -> None:
    [who, *_] = [each["participant_id"] for each in dashboard.service.participants().values() if not each["nip"]]
    sari = dashboard.browser("sari")
    rina.get(f"/people/{who}")
    sari.get(f"/people/{who}")

    [link] = rina.links("/privacy/people/")
    assert "Personal data of one person" in rina.get(link)
    assert sari.links("/privacy/") == []


def test_a_person_is_erased_after_a_second_look_and_the_reason_names_nobody(
    dashboard: Dashboard, rina: Browser
) -> None:
    address = find(rina, PASSED)

    assert "holds the person's name or NIP" in rina.post(f"{address}/erase", reason=f"NIP {PASSED}")
    rina.get(address)
    checked = rina.post(f"{address}/erase", reason="Surat nomor 5/2026")
    assert "cannot be undone" in checked
    assert where_found(dashboard.service.database, PASSED)

    assert "Erased." in rina.confirm()
    assert where_found(dashboard.service.database, PASSED) == set()
    assert "erased already" in rina.get(address)

    checked = rina.post(f"{address}/resume", reason="Surat nomor 6/2026")
    assert "Take this person in again?" in checked
    assert "collects the person again" in rina.confirm()
    assert "taken in again" in rina.text
    assert "Take this person in again" not in rina.get(address)


def test_an_erasure_is_not_refused_by_a_run_and_the_page_says_that_it_waits(
    dashboard: Dashboard, rina: Browser
) -> None:
    address = find(rina, PASSED)
    rina.post(f"{address}/erase", reason="Surat nomor 5/2026")
    with Lease(dashboard.service.database, PROGRAMME, dashboard.clock):
        said = rina.confirm()
        assert "it is done when that has ended" in said
        assert "1 waits for the end of a run" in said
        assert where_found(dashboard.service.database, PASSED)

    assert where_found(dashboard.service.database, PASSED) == set()


def test_what_is_due_is_destroyed_after_a_second_look_with_a_report_to_print(
    dashboard: Dashboard, rina: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = dashboard.service.database
    kept = keepings(dashboard.service.settings, PROGRAMME, datetime(2020, 1, 1, tzinfo=UTC).date())
    [due] = [each for each in kept if each.data_class is DataClass.ACCESS_LOG]
    due = type(due)(due.programme, due.data_class, due.ended_on, 12)
    monkeypatch.setattr(destroying, "_due", lambda *_: [due])
    rina.get(HOME + "/roster")
    rina.get("/privacy")

    checked = rina.post("/privacy/destroy", programme=PROGRAMME)
    assert "who looked at whose data" in checked
    assert "Destroyed. Print the report" in rina.confirm()

    with database.reading() as connection:
        [report] = destruction_reports.find_reports(connection)
    assert report.by == "rina"
    assert "RECORD OF THE DESTRUCTION" in rina.client.get(f"/privacy/reports/{report.number}").text
    assert rina.client.get("/privacy/reports/99").status_code == 404


def test_nothing_that_is_not_due_is_destroyed(rina: Browser) -> None:
    rina.get("/privacy")
    assert "end of programme" in rina.post("/privacy/destroy", programme=PROGRAMME)


def test_set_up_is_examined_off_the_request_and_the_findings_stay(
    dashboard: Dashboard, rina: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = [Check("site mooc", "token", Status.FAIL, "The token is refused.", "Make a new one.")]
    monkeypatch.setattr(setup, "examine", lambda *_: found)
    rina.get("/setup")
    rina.post("/setup")
    context = dashboard.app.state.context
    wait_for(lambda: context.background.last(setup.EXAMINATION).is_done, "the examination")

    for _ in range(2):
        shown = rina.get("/setup")
        assert "The token is refused." in shown
        assert "Make a new one." in shown
        assert "Asked for by rina" in shown
    assert "refresh" not in rina.page.headers


def test_set_up_tells_of_each_site_whether_it_is_left_alone(dashboard: Dashboard, rina: Browser) -> None:
    """Once only sites that were left alone stood there, and nothing told that the others are well."""
    with dashboard.service.database.writing() as connection:
        connection.execute(
            site_health.insert().values(
                site="kelas", failures=3, reason="kelas: no answer", since=dashboard.clock(),
                next_try_at=dashboard.clock(),
            )
        )  # fmt: skip
    text = rina.get("/setup")

    assert "mooc: no trouble is known" in text
    assert "kelas is left alone until" in text


def test_set_up_tells_of_a_configuration_changed_since_it_was_read(dashboard: Dashboard, rina: Browser) -> None:
    before = rina.get("/setup")
    with dashboard.service.config.open("a") as file:
        file.write("\n# more seats")

    said = f"{dashboard.service.config} was changed since it was read"
    assert said not in before
    assert said in rina.get("/setup")


def test_a_copy_of_the_database_is_made_off_the_request_into_the_configured_folder(
    after_one_run: Service, quick_hashes: None, tmp_path: Path
) -> None:
    plain = Dashboard(after_one_run, Clock(datetime.now(UTC)))
    plain.add("rina")
    rina = plain.browser("rina").in_english()
    rina.get("/setup")
    assert "No folder for copies is configured" in rina.post("/setup/backup")

    folder = tmp_path / "copies"
    service = after_one_run.settings.service.model_copy(update={"backup_folder": folder})
    settings = after_one_run.settings.model_copy(update={"service": service})
    dashboard = Dashboard(Service(after_one_run.config, settings, after_one_run.database), plain.clock)
    rina = dashboard.browser("rina").in_english()
    assert "No copy lies in" in rina.get("/setup")
    rina.post("/setup/backup")
    wait_for(lambda: dashboard.app.state.context.background.last(setup.BACKUP).is_done, "the copy")

    [copy] = folder.glob("*.db")
    assert copy.name in rina.get("/setup")
    assert copy.stat().st_mode & 0o077 == 0


def test_the_offices_name_and_logo_stand_in_the_head_of_each_page(after_one_run: Service, tmp_path: Path) -> None:
    logo = tmp_path / "logo.png"
    logo.write_bytes(PNG_BEGINNING + b"made up")
    office = OfficeSettings(letterhead=("Pemerintah Kabupaten Kudus", "BKPSDM Kabupaten Kudus"), logo=logo)
    settings = after_one_run.settings.model_copy(update={"office": office})
    dashboard = Dashboard(Service(after_one_run.config, settings, after_one_run.database), Clock(datetime.now(UTC)))
    anybody = dashboard.browser()

    assert "BKPSDM Kabupaten Kudus" in anybody.get("/sign-in")
    [address] = re.findall(r'<img class="brand-logo"\s+src="([^"]+)"', anybody.page.text)
    assert anybody.client.get(address).content == logo.read_bytes()
    logo.write_text("something else", encoding="utf-8")
    assert anybody.client.get(address).status_code == 404
    plain = Dashboard(after_one_run, Clock(datetime.now(UTC))).browser()
    assert "brand-logo" not in plain.client.get("/sign-in").text
