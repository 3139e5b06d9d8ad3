"""What is decided on the pages of rosters, thresholds and held runs."""

from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest
from dashboard import HOME, PASSED, Browser, Dashboard
from openpyxl import load_workbook
from pypdf import PdfReader
from service import PROGRAMME
from unattended import (
    Clock,
    daemon_at_work,
    open_service,
    programme,
    requests_of,
    small_campus,
    urls_of,
    wait_for,
    write_config,
)

from latsar_sync.domain.account import Role
from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.request import RunOutcome
from latsar_sync.store import queue, thresholds


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
    assert contents["pdf"].headers["content-disposition"] == f'attachment; filename="daftar-peserta-{PROGRAMME}-II.pdf"'


def test_a_roster_is_fixed_by_decree_once_and_then_only_amended(dashboard: Dashboard, sari: Browser) -> None:
    sari.get(f"{HOME}/roster?angkatan=II")
    decree = {"angkatan": "II", "dated": "2026-11-20"}

    undated = sari.post(f"{HOME}/finalise", angkatan="II", sk="SK 1/2026", dated="")
    sari.get(f"{HOME}/roster?angkatan=II")
    checked = sari.post(f"{HOME}/finalise", sk="SK 1/2026", **decree)
    fixed = sari.confirm()
    again = sari.post(f"{HOME}/finalise", sk="SK 2/2026", **decree)

    out = checked.split("Tidak ikut ditetapkan:")[1]
    rows = [each for each in dashboard.service.participants().values() if each["outcome"] == "not_yet"]
    mine = [each for each in rows if "Angkatan II" in each["groups"]]
    assert mine
    assert all(str(each["name"]) in out for each in mine)
    assert "Evaluasi MOOC belum dinilai" in out
    assert "Keputusan itu tidak bertanggal." in undated
    assert "SK 1/2026" in fixed
    assert "Ubah daftar peserta yang sudah ditetapkan" in fixed
    assert sari.page.status_code == 409
    assert "Tidak ada yang" in again
    assert dashboard.service.count("finalisations") == 1
    assert [each.action for each in dashboard.accesses() if each.action != "roster"] == ["finalise", "people"]


def test_a_roster_is_not_fixed_on_evidence_that_is_older_than_a_day(dashboard: Dashboard, sari: Browser) -> None:
    dashboard.clock.go_on(hours=25)
    sari.sign_in("sari")
    sari.get(f"{HOME}/roster?angkatan=II")

    sari.post(f"{HOME}/finalise", angkatan="II", sk="SK 1/2026", dated="2026-11-20")

    assert sari.page.status_code == 409
    assert dashboard.service.count("finalisations") == 0


def test_a_threshold_is_tried_and_then_recorded_with_its_basis(dashboard: Dashboard, sari: Browser) -> None:
    tried = sari.get(f"{HOME}/threshold?value=99,5")
    today = f"{dashboard.clock().astimezone(dashboard.service.settings.zone).date()}"
    sari.post(f"{HOME}/threshold", value="99,5", scale="points", legal_basis="Perka 10/2021", since=today)
    sari.confirm()
    with dashboard.service.database.reading() as connection:
        history = thresholds.threshold_history(connection, PROGRAMME)

    assert "tetap memegang kursi" in tried
    assert [(str(each.value), each.recorded_by) for each in history] == [("70.00000", "config"), ("99.50000", "sari")]
    assert history[-1].effective_from == dashboard.clock()
    assert "Perka 10/2021" in sari.text


@pytest.mark.parametrize("value", ["tujuh puluh", "-1", "1e400", "NaN"])
def test_what_is_no_threshold_is_refused(dashboard: Dashboard, sari: Browser, value: str) -> None:
    sari.get(f"{HOME}/threshold", params={"value": value})

    assert sari.page.status_code == 400


def test_a_held_run_is_accepted_only_with_the_list_of_what_would_be_sent(
    tmp_path: Path, look_often: None, quick_hashes: None
) -> None:
    with small_campus(6, 1) as campus:
        few = programme(PROGRAMME, ["1"]).replace("max_push_share = 1.0", "max_push = 2")
        service = open_service(write_config(tmp_path / "latsar.toml", few, urls_of(campus)))
        service.run()
        dashboard = Dashboard(service, Clock(datetime.now(UTC)))
        dashboard.add("sari", Role.PANITIA)
        sari = dashboard.browser("sari").in_english()
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


def test_acceptance_of_what_somebody_saw_does_not_release_what_was_found_since(
    tmp_path: Path, quick_hashes: None
) -> None:
    with small_campus(6, 1) as campus:
        few = programme(PROGRAMME, ["1"]).replace("max_push_share = 1.0", "max_push = 2")
        service = open_service(write_config(tmp_path / "latsar.toml", few, urls_of(campus)))
        held = service.run().run
        seen = frozenset(finding.key for finding in held.findings)

        with pytest.raises(UsageError, match="found something else than what was accepted"):
            service.run(accept=True, by="sari", looked_at=frozenset({"target_shrank|kelas/KLS-1|9|1"}))
        runs_begun = service.count("runs")
        nothing_sent = service.count("pushes")
        service.run()
        shown = service.run(accept=True, dry_run=True, looked_at=seen)
        same = service.run(accept=True, by="sari", looked_at=seen)
        service.database.close()

    assert (runs_begun, nothing_sent) == (1, 0)
    assert (shown.run.kind, shown.run.accepted_by) == ("plan", None)
    assert len([each for each in shown.plan if each.action]) == 4
    assert (same.run.outcome, same.run.accepted_by) == (RunOutcome.OK, "sari")


def test_whoever_waits_for_approval_is_approved_on_the_rosters_page(tmp_path: Path, quick_hashes: None) -> None:
    with small_campus(6, 1) as campus:
        waiting = programme(PROGRAMME, ["1"], 'push = "confirmed"')
        service = open_service(write_config(tmp_path / "latsar.toml", waiting, urls_of(campus)))
        service.run()
        dashboard = Dashboard(service, Clock(datetime.now(UTC)))
        dashboard.add("sari", Role.PANITIA)
        sari = dashboard.browser("sari").in_english()

        someone = next(iter(service.roster().values()))["participant_id"]
        sari.get(f"/people/{someone}")
        to_approve = sari.links("/roster?")
        asked = sari.get(to_approve[0])
        done = sari.post(f"{HOME}/approve", angkatan="1")
        service.run()
        roster = service.roster().values()
        service.database.close()

    assert "4 people wait for approval." in asked
    assert "4 approved; the next run enrols them." in done
    assert {(row["state"], row["approved_by"]) for row in roster} == {("confirmed", "sari")}
    noted = [(each.action, each.people) for each in dashboard.accesses() if each.action != "roster"]
    assert sorted(noted) == [("approve", 4), ("person", 1)]


def test_a_run_that_no_guard_held_cannot_be_accepted(dashboard: Dashboard, sari: Browser) -> None:
    sari.get(f"{HOME}/runs")

    sari.post(f"{HOME}/accept", run="1")

    assert sari.page.status_code == 400
    assert "hanya menerima formulir" in sari.get(f"{HOME}/accept")  # its address, opened anew
    assert requests_of(dashboard.service.database) == []
