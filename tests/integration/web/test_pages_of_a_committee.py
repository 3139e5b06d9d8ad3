"""What a committee sees on its pages: counts, filters, lists, files, what waits for it."""

import re
from datetime import UTC, datetime
from io import BytesIO
from itertools import groupby
from operator import itemgetter
from typing import Any

from dashboard import COMMITTEE_PAGES, HOME, MISSED, PASSED, Browser, Dashboard
from openpyxl import load_workbook
from service import PROGRAMME
from sqlalchemy import literal, select, update

from latsar_sync.domain.request import RunOutcome
from latsar_sync.domain.spelling import sort_form
from latsar_sync.exports import Paper
from latsar_sync.shapes.status import programme_status
from latsar_sync.store import overrides
from latsar_sync.store.runs import ProgrammeRun, finish_programme, start_run
from latsar_sync.store.tables import decisions, participants, roster_entries, run_programmes, runs
from latsar_sync.web.assets import FOR_GOOD

LINKS = re.compile(r'href="([^"]+)"')


def counts_of(text: str) -> dict[str, int]:
    """Return the counts of a roster's page by their labels."""
    return {label: int(number) for label, number in re.findall(r"(Di kelas|Tindak lanjut|Daftar tunggu): (\d+)", text)}


def test_a_run_that_was_done_in_part_is_not_called_healthy_whatever_plan_or_run_about_one_person_came_after(
    dashboard: Dashboard, sari: Browser
) -> None:
    """Once a programme read as healthy of which an in-class course could not be filled, run after run."""
    with dashboard.service.database.writing() as connection:
        row = connection.execute(run_programmes.select()).mappings().one()
        connection.execute(update(run_programmes).values(outcome="partial"))
        for later, kind in enumerate(("participant", "plan"), row["run_id"] + 1):
            connection.execute(runs.insert().from_select(runs.c.keys(), copied(later)))
            connection.execute(
                run_programmes.insert().values({**row, "id": row["id"] + later, "run_id": later, "kind": kind})
            )
    pages = [sari.get("/programmes"), sari.get(HOME)]
    with dashboard.service.database.reading() as connection:
        own = dashboard.service.settings.programme(PROGRAMME)
        told = programme_status(connection, dashboard.service.settings, own, (), None, None, None)

    assert all("Sehat" not in page and "Putaran terakhir selesai sebagian." in page for page in pages)
    assert f"{HOME}/runs/{row['run_id']}" in sari.links("/runs/")
    assert told["last_run"] is not None
    assert told["last_run"]["kind"] == "participant"  # a plan is none


def test_what_somebody_must_look_at_stands_above_the_other_programmes(dashboard: Dashboard) -> None:
    rina, service = dashboard.browser("rina"), dashboard.service

    def listed() -> list[str]:
        rina.get("/programmes")
        return re.findall(r'<th scope="row"><a href="/programmes/([^"]+)">', rina.page.text)

    before = listed()
    with service.database.writing() as connection:
        number = start_run(connection, "sync", "host", 1, datetime.now(UTC))
        failed = ProgrammeRun(before[-1], "full", RunOutcome.FAILED, {}, error="x")
        finish_programme(connection, number, failed, datetime.now(UTC))

    assert before == [each.id for each in service.settings.programmes]
    assert listed() == [before[-1], *before[:-1]]


def copied(run_id: int) -> Any:
    """Select the first run under another number."""
    return select(*(literal(run_id) if each.name == "id" else each for each in runs.c)).limit(1)


def test_an_angkatan_counts_the_same_on_the_overview_the_roster_and_in_the_list(
    dashboard: Dashboard, sari: Browser
) -> None:
    """Once an angkatan was 26 of 40 here and 25 people there."""
    rows = list(dashboard.service.roster().values())
    for angkatan in ("I", "II", "III"):
        mine = [row for row in rows if row["angkatan"] == angkatan]
        told = counts_of(sari.get(f"{HOME}/roster?angkatan={angkatan}"))
        listed = sari.get(f"{HOME}/people?angkatan={angkatan}&place=confirmed")

        assert told["Di kelas"] == sum(row["state"] == "confirmed" for row in mine)
        assert told["Tindak lanjut"] == sum(row["state"] == "review" for row in mine)
        assert f"{told['Di kelas']} orang" in listed


def test_of_very_many_angkatan_some_are_listed_at_a_time_and_one_is_chosen_without_a_wall_of_links(
    dashboard: Dashboard, sari: Browser
) -> None:
    """Once an overview of 2,500 angkatan was 5.4 MB, and 50 were as many pills on the page of the roster."""
    context = dashboard.app.state.context
    own = context.settings.programme(PROGRAMME)
    more = (own.angkatan[0].model_copy(update={"id": f"A{number}", "source_group": None}) for number in range(400))
    many = own.model_copy(update={"angkatan": (*own.angkatan, *more)})
    others = (each for each in context.settings.programmes if each.id != PROGRAMME)
    context.settings = context.settings.model_copy(update={"programmes": (many, *others)})
    text = sari.get(HOME)

    assert "Halaman 1 dari 5" in text
    assert len(sari.page.content) < 100_000
    assert len(sari.links("/roster?angkatan=")) == 100
    sari.get(f"{HOME}/roster?angkatan=I")
    assert sari.links("/roster?angkatan=") == []
    assert len(sari.page.content) < 100_000


def test_people_without_an_angkatan_stand_on_a_roster_page_of_their_own(dashboard: Dashboard, sari: Browser) -> None:
    lost = [row for row in dashboard.service.roster().values() if row["angkatan"] is None]
    text = sari.get(f"{HOME}/roster?angkatan=-")

    assert lost
    assert "Tanpa angkatan" in text
    assert all(str(row["name"]) in text for row in lost)


A_PAGE = 25
"""As few people as somebody may choose to see at once."""


def test_whoever_waits_for_approval_is_told_on_the_overview_and_approved_all_at_once(
    dashboard: Dashboard, sari: Browser
) -> None:
    """Once 1,220 people waited and no page said so, and approval went page by page."""
    with dashboard.service.database.writing() as connection:
        connection.execute(
            update(roster_entries)
            .where(roster_entries.c.state == "confirmed")
            .values(state="planned", reason="awaiting_approval")
        )
    number = sum(row["roster_reason"] == "awaiting_approval" for row in dashboard.service.roster().values())
    overview = sari.get(HOME)
    [link] = [f"{each}&size={A_PAGE}" for each in sari.links("need=") if "approval" in each]
    sari.get(link)
    sent = {"action": "approve", "everybody": "yes", "need": "approval", "here": link}
    checked = sari.post(f"{HOME}/selected", **sent)
    done = sari.post(f"{HOME}/selected", **sent, checked="yes", key="a", seen=seen_on(sari))

    assert number > A_PAGE
    assert f"{number} menunggu persetujuan" in overview
    assert f"Terpilih: {number}" in checked
    assert f"tercatat untuk {number} orang" in done
    assert "menunggu persetujuan" not in sari.get(HOME)


def test_whoever_is_on_hold_and_in_class_shows_no_row_of_ticks(dashboard: Dashboard, sari: Browser) -> None:
    """Once every step had its tick."""
    person = dashboard.id_of(PASSED)
    sari.get(f"/people/{person}")
    set_held(dashboard, person)
    text = sari.get(f"/people/{person}")

    assert re.findall(r'<li class="step-(\w+)"', sari.page.text) == ["done", "done", "stopped", "still", "still"]
    assert "Ditangguhkan, tetapi masih di kelas" in text
    assert "1 ditangguhkan tetapi masih di kelas" in sari.get(HOME)


def test_whoever_has_a_seat_and_waits_to_be_sent_is_stopped_by_nothing(dashboard: Dashboard, sari: Browser) -> None:
    person = dashboard.id_of(PASSED)
    with dashboard.service.database.writing() as connection:
        connection.execute(
            update(roster_entries).where(roster_entries.c.participant_id == person).values(state="planned")
        )

    sari.get(f"/people/{person}")

    assert re.findall(r'<li class="step-(\w+)"', sari.page.text) == ["done", "done", "done", "done", "waiting"]


def test_whoever_decides_on_the_way_through_a_list_keeps_their_place_in_it(dashboard: Dashboard, sari: Browser) -> None:
    person, stood_at = dashboard.id_of(PASSED), "?decision=qualified&at=3"
    sari.get(f"/people/{person}{stood_at}")

    sari.post(f"/people/{person}/decide", kind="hold", reason="sakit")
    decided = str(sari.page.url)
    sari.post(f"/people/{person}/decide", kind="release", reason="sembuh", here="//example.org/")

    assert decided.endswith(f"/people/{person}{stood_at}")
    assert str(sari.page.url).endswith(f"/people/{person}")


def seen_on(browser: Browser) -> str:
    found = re.search(r'name="seen" value="([^"]+)"', browser.page.text)
    return found[1] if found else ""


def set_held(dashboard: Dashboard, participant_id: str) -> None:
    """Let the decision be what the next run makes of the hold."""
    with dashboard.service.database.writing() as connection:
        row = (
            connection.execute(decisions.select().where(decisions.c.participant_id == participant_id))
            .mappings()
            .first()
        )
        assert row is not None
        connection.execute(decisions.insert().values({**row, "version": row["version"] + 1, "outcome": "held"}))
        connection.execute(
            update(participants)
            .where(participants.c.id == participant_id)
            .values(decision_version=row["version"] + 1, reason_codes=" held_by_override ")
        )


def test_the_file_beside_a_filter_holds_exactly_whom_it_shows(dashboard: Dashboard, sari: Browser) -> None:
    """Once the file beside a filter of 6 people held 35."""
    query = "decision=not_yet&angkatan=II"
    sari.get(f"{HOME}/people?{query}&size=75")
    shown = re.findall(r'<tr id="(\w+)"', sari.page.text)
    content = sari.client.get(f"{HOME}/people.xlsx?{query}").content
    cells = [
        str(cell) for line in load_workbook(BytesIO(content)).worksheets[0].iter_rows(values_only=True) for cell in line
    ]

    assert 1 < len(shown) < 35
    assert [
        cell
        for cell in cells
        if cell in {str(row["participant_id"]) for row in dashboard.service.participants().values()}
    ] == shown


def test_filters_combine_show_as_chips_and_list_only_what_occurs(dashboard: Dashboard, sari: Browser) -> None:
    text = sari.get(f"{HOME}/people?decision=not_yet&angkatan=II&reason=no_grade")
    rows = dashboard.service.participants().values()
    mine = [
        row
        for row in rows
        if row["outcome"] == "not_yet" and "Angkatan II" in row["groups"] and "no_grade" in dict(row["reasons"] or [])
    ]
    reasons = re.search(r'<select[^>]*id="reason".*?</select>', sari.page.text, re.S)

    assert f"{len(mine)} orang" in text
    chips = [each for each in sari.links("?") if each.startswith(f"{HOME}/people?") and "page" not in each]
    assert [each.count("&") for each in chips].count(1) >= 3
    assert reasons is not None
    assert 2 < reasons[0].count("<option") < 10
    assert "{" not in reasons[0]
    assert f"evaluasi belum bernilai ({len(mine)})" in reasons[0]


def test_a_selection_is_held_and_says_whom_it_passed_over_and_why(dashboard: Dashboard, sari: Browser) -> None:
    who = [dashboard.id_of(PASSED), dashboard.id_of(MISSED)]
    sent = {"who": who, "action": "hold", "why": "Rapat panitia", "here": f"{HOME}/people"}
    sari.get(f"{HOME}/people")
    sari.post(f"{HOME}/selected", **sent)
    sari.post(f"{HOME}/selected", **sent, checked="yes", key="one", seen=seen_on(sari))
    sari.get(f"{HOME}/people")
    sari.post(f"{HOME}/selected", **sent)
    again = sari.post(f"{HOME}/selected", **sent, checked="yes", key="two", seen=seen_on(sari))
    with dashboard.service.database.reading() as connection:
        held = [overrides.override_history(connection, PROGRAMME, each) for each in who]

    assert [len(each) for each in held] == [1, 1]
    assert "Dilewati: 2" in again
    assert "sudah menangguhkan" in again or "sari" in again


def test_an_attendance_sheet_without_days_is_not_offered_and_its_address_answers_with_a_page(
    dashboard: Dashboard, sari: Browser
) -> None:
    """Once the browser saved the refusal as attendance.html."""
    angkatan = dashboard.service.settings.programme(PROGRAMME).angkatan[1]
    angkatan.__dict__["starts"] = None
    text = sari.get(f"{HOME}/roster?angkatan={angkatan.id}")
    links = sari.links("/documents/")
    sari.get(f"{HOME}/documents/attendance.xlsx?angkatan={angkatan.id}")

    assert "Tanpa daftar hadir" in text
    assert links
    assert not any("attendance" in each for each in links)
    assert "download" not in sari.page.text
    assert sari.page.status_code == 400
    assert sari.page.headers["content-type"].startswith("text/html")


def test_what_pages_are_drawn_with_is_compressed_kept_for_good_and_small_on_the_wire(sari: Browser) -> None:
    """Once 232 kB of Bootstrap came unpacked and were never kept."""
    sari.get(HOME)
    assets = set(re.findall(r'(?:href|src)="(/assets/[^"]+)"', sari.page.text))
    sent = 0
    for address in assets:
        with sari.client.stream("GET", address, headers={"Accept-Encoding": "gzip"}) as answer:
            sent += len(b"".join(answer.iter_raw()))
        assert answer.headers["cache-control"] == FOR_GOOD
        assert answer.headers["content-encoding"] == "gzip"
        assert re.search(r"\.[0-9a-f]{16}\.", address)

    assert len(assets) == 5
    assert sent + len(sari.page.content) < 150_000
    assert sari.client.get("/assets/bootstrap.0000000000000000.css").status_code == 404


"""Commands without a page, and why."""
"""The address that does, or shows, what a command does; those of a programme from there on."""


def test_each_document_of_the_office_is_led_to_from_some_page(sari: Browser) -> None:
    """Once recap and ledger could be had by whoever knew their address."""
    links = {each for page in COMMITTEE_PAGES for each in LINKS.findall(sari.get(HOME + page) and sari.page.text)}
    led_to = {each for each in Paper if any(f"/documents/{each}." in link for link in links)}

    assert led_to == {*Paper} - {Paper.ATTENDANCE}  # that wants days, which this programme has not yet


def test_a_chase_list_has_people_by_their_names_and_its_file_is_called_as_the_document_is(sari: Browser) -> None:
    """Once an office that works in Indonesian saved attendance.pdf, and all with a title stood apart."""
    answer = sari.client.get(f"{HOME}/documents/chase.xlsx")
    rows = list(load_workbook(BytesIO(answer.content)).worksheets[0].values)
    first = next(number for number, row in enumerate(rows) if "Nama" in row)
    name, institution = (rows[first].index(title) for title in ("Nama", "Instansi"))
    listed = [row for row in rows[first + 1 :] if len(row) > name and row[institution]]
    by_office = [[sort_form(str(row[name])) for row in part] for _, part in groupby(listed, itemgetter(institution))]

    assert 'filename="daftar-peserta-yang-belum-lengkap-' in answer.headers["content-disposition"]
    assert len(by_office) > 1
    assert all(names == sorted(names) for names in by_office)


def test_a_button_sends_along_what_it_is_about(dashboard: Dashboard) -> None:
    """Once the button of a held run said nothing of its run, and nobody could look at what it would send."""
    rina = dashboard.browser("rina")
    rina.get("/accounts")

    assert 'name="name" value="budi"' in rina.page.text


def test_a_run_s_page_names_everybody_whose_place_changed_once_and_where_they_came_to(
    dashboard: Dashboard, sari: Browser
) -> None:
    roster = list(dashboard.service.roster().values())
    text = sari.get(f"{HOME}/runs/1")
    seen = dashboard.accesses()[0]

    assert f"Yang tempatnya di daftar berubah: {len(roster)} " in text
    assert all(str(row["name"]) in text for row in roster)
    assert "terkirim" not in text.split("Yang tempatnya")[1].split("Yang diputuskan")[0]
    everybody = dashboard.service.count("participants")
    assert (seen.action, seen.people) == ("run 1", everybody)  # whoever was placed and judged is one person
