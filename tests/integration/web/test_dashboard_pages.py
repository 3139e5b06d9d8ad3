"""What each page tells, and what somebody decides there."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from dashboard import HOME, MISSED, PAGES, PASSED, Browser, Dashboard
from service import PROGRAMME
from unattended import (
    requests_of,
)

from latsar_sync.actions import identity
from latsar_sync.store import accounts, overrides, queue
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


# threshold


# runs


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
