"""What each page tells, and what somebody decides there."""

import json
import re
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from dashboard import HOME, MISSED, PAGES, PASSED, Browser, Dashboard
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

from latsar_sync.actions import identity
from latsar_sync.domain.account import Role
from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.request import RunOutcome
from latsar_sync.store import accounts, overrides, queue, thresholds
from latsar_sync.web import run_progress

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


def test_people_are_filtered_by_state_angkatan_institution_and_reason_page_by_page(
    dashboard: Dashboard, sari: Browser
) -> None:
    everybody = dashboard.service.participants()
    missed = everybody[MISSED]
    rows = list(everybody.values())

    def shown(**wanted: str) -> tuple[int, list[str]]:
        sari.get(f"{HOME}/people")
        text = sari.post(f"{HOME}/people", **wanted)
        count = re.search(r"([\d.]+) orang", text)
        return int(count[1]) if count else -1, re.findall(r'href="/people/(\w+)', sari.page.text)

    by_state = shown(state="not_yet")
    by_institution = shown(state="not_yet", institution=str(missed["institution"]))
    by_reason = shown(reason="score_below_threshold")
    by_angkatan = shown(angkatan="II")

    assert by_state[0] == sum(row["outcome"] == "not_yet" for row in rows)
    assert by_institution[0] == sum(
        (row["outcome"], row["institution"]) == ("not_yet", missed["institution"]) for row in rows
    )
    assert missed["participant_id"] in by_institution[1]
    assert by_reason[0] == sum("score_below_threshold" in dict(row["reasons"]) for row in rows)
    assert by_angkatan[0] == sum(
        row["angkatan"] == "II" if row["state"] else "Angkatan II" in row["groups"] for row in rows
    )
    first, second = (
        set(re.findall(r'href="/people/(\w+)', (sari.get(f"{HOME}/people?page={page}"), sari.page.text)[1]))
        for page in (1, 2)
    )
    assert len(first) == 50
    assert not first & second


def test_one_persons_page_tells_the_five_steps_with_their_values(dashboard: Dashboard) -> None:
    sari = dashboard.browser("sari").in_english()

    passed = sari.get(f"/people/{dashboard.id_of(PASSED)}")
    missed = sari.get(f"/people/{dashboard.id_of(MISSED)}")

    for step in ("Matched", "Seen", "Judged", "Placed", "Confirmed in the course"):
        assert step in passed
    assert "against 70 (Uji)" in passed
    assert "12 / 12" in passed
    assert "KLS-II" in passed
    assert "69.99999" in missed
    assert "Not on the roster." in missed


def test_a_hold_an_admission_and_a_release_are_recorded_with_the_accounts_name(
    dashboard: Dashboard, sari: Browser
) -> None:
    person = dashboard.id_of(MISSED)
    page, decide = f"/people/{person}", f"/people/{person}/decide"

    sari.get(page)
    held = sari.post(decide, kind="hold", reason="Cuti melahirkan", until="")
    sari.post(decide, kind="release", reason="Sudah kembali")
    sari.post(decide, kind="admit", reason="SK 7/2026", until=f"{dashboard.clock().date() + timedelta(9)}")
    admitted = sari.confirm()
    with dashboard.service.database.reading() as connection:
        history = overrides.override_history(connection, PROGRAMME, person)

    assert "Ditangguhkan oleh sari: Cuti melahirkan" in held
    assert "Diterima oleh sari: SK 7/2026" in admitted
    assert [(str(each.kind), each.by) for each in history] == [("hold", "sari"), ("release", "sari"), ("admit", "sari")]
    actions = [each.action for each in dashboard.accesses() if each.action != "person"]
    assert actions == ["admit", "release", "hold"]


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
    page = f"/people/{dashboard.id_of(MISSED)}"
    sari.get(page)

    answer = sari.post(f"{page}/decide", **fields)

    assert sari.page.status_code == 400
    assert said in answer
    assert dashboard.service.count("overrides") == 0


def test_a_persons_page_tells_what_was_said_of_who_they_are(dashboard: Dashboard) -> None:
    service = dashboard.service
    rows = service.participants()
    tools, two = (service.settings, service.database, lambda: datetime.now(UTC)), (rows[PASSED], rows[MISSED])
    said = identity.merge(*tools, *two, "SK 3", "Ratna", although_different=True)
    sari = dashboard.browser("sari").in_english()

    counting = sari.get(f"/people/{dashboard.id_of(PASSED)}")
    merged = sari.get(f"/people/{said.action.participant_id}")

    assert f"The same person in the MOOC: account {rows[MISSED]['source_user_id']}, score 69.99999" in counting
    assert "merged into account" in counting
    assert "SK 3 · Ratna" in counting
    assert "that account counts" in merged


def test_sync_now_puts_the_programme_or_the_person_into_the_queue_in_the_accounts_name(
    dashboard: Dashboard, sari: Browser
) -> None:
    person = f"/people/{dashboard.id_of(PASSED)}"
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

    monkeypatch.setattr(run_progress.asyncio, "sleep", account_goes)
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


# threshold


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


# runs


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


# languages


def test_the_pages_speak_indonesian_until_english_is_chosen_and_keep_to_it_after_signing_out(
    dashboard: Dashboard, sari: Browser
) -> None:
    indonesian = sari.get("/programmes")
    sari.in_english()
    english = sari.get("/programmes")
    sari.post("/sign-out")

    assert "Kelas klasikal" in indonesian
    assert "Programmes" in english
    assert "Password" in sari.text


def test_every_heading_label_and_button_is_said_in_both_languages(dashboard: Dashboard, sari: Browser) -> None:
    pages = [*(HOME + page for page in PAGES), f"/people/{dashboard.id_of(MISSED)}", f"/classes/{PROGRAMME}/I"]
    said: dict[str, list[list[str]]] = {"id": [], "en": []}
    for chosen, texts in said.items():
        sari.client.post("/look", data={"language": chosen})
        for page in pages:
            sari.get(page)
            texts.append(re.findall(r"<(?:th|h2|label|button)\b[^>]*>\s*([^<]+)", sari.page.text))

    for indonesian, english in zip(said["id"], said["en"], strict=True):
        alike = {each.strip() for each in indonesian} & {each.strip() for each in english}
        assert len(indonesian) == len(english) > 3
        assert alike <= {"", "NIP", "No.", "Angkatan", "Angkatan ▾"}, alike
