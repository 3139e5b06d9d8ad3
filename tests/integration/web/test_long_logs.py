"""Lists that are longer than a page go on on the next one; nothing of them is left out without a word."""

import re
from datetime import timedelta
from html import unescape

import pytest
from dashboard import HOME, Browser, Dashboard
from service import PROGRAMME
from sqlalchemy import literal, select

from latsar_sync.store.tables import messages, run_programmes, runs
from latsar_sync.web import clearances as papers_page
from latsar_sync.web import imports as imports_page
from latsar_sync.web import messages as messages_page
from latsar_sync.web import privacy
from latsar_sync.web import runs as runs_page

TWO = 2


def test_older_runs_stand_on_the_next_page(
    dashboard: Dashboard, sari: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once fifty runs were shown, which is half a day, and no page led to the others."""
    monkeypatch.setattr(runs_page, "RUNS_SHOWN", TWO)
    with dashboard.service.database.writing() as connection:
        row = connection.execute(run_programmes.select()).mappings().one()
        for later in (1, 2):
            number = row["run_id"] + later
            copied = select(*(literal(number) if each.name == "id" else each for each in runs.c)).limit(1)
            connection.execute(runs.insert().from_select(runs.c.keys(), copied))
            connection.execute(run_programmes.insert().values({**row, "id": row["id"] + later, "run_id": number}))
    found = []
    for address in (f"{HOME}/runs", f"{HOME}/runs?page=2"):
        sari.get(address)
        found += re.findall(rf'href="{HOME}/runs/(\d+)"', sari.page.text)

    assert found == [str(row["run_id"] + later) for later in (2, 1, 0)]


def test_messages_that_did_not_arrive_are_found_however_many_came_after_them(
    dashboard: Dashboard, sari: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once the newest messages were taken first, and those of a state were looked for among them."""
    monkeypatch.setattr(messages_page, "SHOWN", TWO)
    now = dashboard.clock()
    with dashboard.service.database.writing() as connection:
        for number, state in enumerate(("rejected", "sent", "sent", "sent")):
            connection.execute(
                messages.insert().values(
                    programme=PROGRAMME, event="admitted", recipient=f"p{number}", occasion="", site="kelas",
                    user_id=number, covers=[], state=state, attempts=1, written_at=now + timedelta(minutes=number),
                )
            )  # fmt: skip
    rejected = sari.get(f"{HOME}/messages?state=rejected")
    sari.get(f"{HOME}/messages?state=sent")

    assert rejected.count("tidak tersampaikan") == TWO  # the filter, and the line
    assert "Halaman 1 dari 2" in sari.text


def test_the_access_log_goes_back_as_far_as_it_reaches(dashboard: Dashboard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(privacy, "ACCESSES", TWO)
    rina = dashboard.browser("rina")
    for page in ("/people", "/roster", "/threshold?value=71"):
        rina.get(f"{HOME}{page}")

    assert "melihat daftar orang" not in rina.get("/privacy")
    assert "melihat daftar orang" in rina.get("/privacy?page=2")


def people_on_every_page(browser: Browser, address: str) -> set[str]:
    """Follow a list from its first page to its last, and return whose page anything on them leads to."""
    found, now = set[str](), address
    while now:
        browser.get(now)
        found |= set(re.findall(r'href="/people/(\w+)"', browser.page.text))
        following = re.search(r'href="([^"]*page=\d+)">(?:Berikutnya|Next)', browser.page.text)
        now = unescape(following[1]) if following else ""
    return found


def test_every_line_of_a_file_is_seen_before_it_is_imported_and_every_score_before_it_is_confirmed(
    dashboard: Dashboard, sari: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once five hundred lines were shown of any file: a second account confirmed scores that nobody could look at."""
    monkeypatch.setattr(imports_page, "LINES_SHOWN", TWO)
    chosen = {nip: row["participant_id"] for nip, row in list(dashboard.service.participants().items())[:5]}
    sari.get(f"{HOME}/imports")
    hidden = {**sari.hidden(f"{HOME}/imports"), "csrf": sari.token}
    lines = "".join(f"{nip};71\r\n" for nip in chosen)
    sari.client.post(f"{HOME}/imports", data=hidden, files={"file": ("n.csv", f"NIP;Nilai\r\n{lines}".encode())})

    looked_at = people_on_every_page(sari, f"{HOME}/imports/1")
    sari.post(f"{HOME}/imports/1/take")  # on its last page
    to_confirm = people_on_every_page(dashboard.browser("rina"), f"{HOME}/imports/recorded/1")

    assert looked_at == to_confirm == set(chosen.values())


def test_everybody_whom_a_run_moved_and_every_document_is_found_on_some_page(
    dashboard: Dashboard, sari: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs_page, "RUN_PEOPLE_SHOWN", 50)
    monkeypatch.setattr(papers_page, "SHOWN", TWO)
    everybody = {row["participant_id"] for row in dashboard.service.participants().values()}
    sari.get(f"{HOME}/clearances")
    for number, nip in enumerate(list(dashboard.service.participants())[:3]):
        dates = {"issued": "2026-01-05", "valid_until": "2027-01-05"}
        sari.post(f"{HOME}/clearances", kind="surat_sehat", nip=nip, number=f"RS/{number}", issuer="RSUD", **dates)

    assert everybody <= people_on_every_page(sari, f"{HOME}/runs/1")
    assert len(people_on_every_page(sari, f"{HOME}/clearances")) == 3
