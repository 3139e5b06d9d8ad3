"""The pages of imports: a list of the office is sent, looked at line by line, taken or handed back."""

import re
from datetime import UTC, datetime, timedelta
from io import BytesIO

from dashboard import HOME, MISSED, PASSED, Browser, Dashboard
from openpyxl import load_workbook
from programs import HERE, Program
from service import PROGRAMME, Service
from unattended import Clock, open_service

from latsar_sync.domain.records import Finding
from latsar_sync.domain.request import RunOutcome
from latsar_sync.store import received
from latsar_sync.store.entries import load_entries
from latsar_sync.store.housekeeping import forget_what_passes
from latsar_sync.store.identities import chosen_accounts
from latsar_sync.store.moves import move_history
from latsar_sync.store.runs import ProgrammeRun, finish_programme, finish_run, start_run

BY_FILES = """
[[programmes]]
id = "berkas"
title = "Latsar menurut berkas"
[programmes.source]
kind = "import"
[programmes.evaluation]
maximum = 100
[[programmes.angkatan]]
id = "I"
"""
SCORES = f"NIP;Nama;Nilai\r\n{PASSED};;88,5\r\n{MISSED};;71\r\n"


def send(browser: Browser, text: str, name: str = "daftar.csv") -> str:
    """Send a file by the form of the page, and return the text of the page that follows."""
    browser.get(f"{HOME}/imports")
    hidden = {**browser.hidden(f"{HOME}/imports"), "csrf": browser.token}
    browser.page = browser.client.post(f"{HOME}/imports", data=hidden, files={"file": (name, text.encode())})
    return browser.text


def papers(dashboard: Dashboard, *people: str) -> str:
    today = dashboard.clock().date()
    days = f"{today:%d/%m/%Y};{today + timedelta(days=90):%d/%m/%Y}"
    lines = [f"{nip};;surat_sehat;RS/{number};RSUD;{days}" for number, nip in enumerate(people, start=1)]
    return "NIP;Angkatan;Jenis;Nomor;Penerbit;Tanggal;Berlaku sampai\r\n" + "\r\n".join(lines) + "\r\n"


def sheet_of(content: bytes) -> list[tuple[object, ...]]:
    return list(load_workbook(BytesIO(content)).worksheets[0].values)


def test_a_list_of_documents_is_looked_at_line_by_line_and_taken_once(dashboard: Dashboard, sari: Browser) -> None:
    shown = send(sari.in_english(), papers(dashboard, PASSED, MISSED))
    before = dashboard.service.count("clearances")
    sari.post(f"{HOME}/imports/1/take")
    again = send(sari, papers(dashboard, PASSED, MISSED) + "\r\n")

    assert "documents" in shown
    assert "RS/1, valid until" in shown
    assert before == 0
    assert dashboard.service.count("clearances") == 2
    assert "new: 0" in again


def test_a_programme_by_files_in_which_nobody_is_yet_sends_for_the_list(
    after_one_run: Service, quick_hashes: None
) -> None:
    config = after_one_run.config
    config.write_text(config.read_text(encoding="utf-8") + BY_FILES, encoding="utf-8")
    dashboard = Dashboard(open_service(config), Clock(datetime.now(UTC)))
    dashboard.add("rina")
    rina = dashboard.browser("rina").in_english()

    told = [rina.get(f"/programmes/berkas{page}") for page in ("", "/people")]

    assert all("Nobody is known yet: import the list of participants." in page for page in told)
    assert 'href="/programmes/berkas/imports">Imports' in rina.page.text
    assert "no list that was imported names anybody for it" in rina.get("/programmes/berkas/roster?angkatan=I")
    assert "Nothing waits for anybody." in told[0]
    with dashboard.service.database.writing() as connection:
        held = ProgrammeRun("berkas", "full", RunOutcome.GUARDED, {}, (Finding("too_many_pushes", "", "1000", "1224"),))
        number = start_run(connection, "sync", "host", 1, datetime.now(UTC))
        finish_programme(connection, number, held, datetime.now(UTC))
        finish_run(connection, number, RunOutcome.GUARDED, datetime.now(UTC))
    assert "Nothing but the held run." in rina.get("/programmes/berkas")


def test_a_file_that_holds_nothing_is_called_empty_and_not_unchosen(sari: Browser) -> None:
    empty = send(sari.in_english(), "", "kosong.csv")
    unchosen = send(sari, "", "")

    assert "kosong.csv was not taken: it is empty." in empty
    assert "No file was chosen. Choose it, then send the form again." in unchosen


def test_a_placement_list_moves_whom_it_names_and_says_whom_it_passed_over(dashboard: Dashboard, sari: Browser) -> None:
    rows = dashboard.service.roster()
    seated = [nip for nip, row in rows.items() if row["angkatan"] == "I" and row["state"] == "confirmed"][:2]
    text = "NIP;Angkatan;Lokasi\r\n" + "".join(f"{nip};II;Timur\r\n" for nip in seated)
    shown = send(sari.in_english(), text)
    nothing = sari.post(f"{HOME}/imports/1/take")
    refused = sari.page.status_code
    sari.post(f"{HOME}/imports/1/take", why="Surat BKD 9")
    with dashboard.service.database.reading() as connection:
        moved = [(each.angkatan, each.reason, each.by) for each in move_history(connection, PROGRAMME)]

    assert shown.count("angkatan I → II") == 2
    assert refused == 400
    assert "Reason is empty" in nothing
    assert moved == [("II", "Surat BKD 9", "sari")] * 2
    assert shown.count("place – → Timur") == 2
    assert {dashboard.service.participants()[nip]["place"] for nip in seated} == {"Timur"}


def test_the_lines_that_are_wrong_are_handed_back_with_the_reason_in_the_last_column_for_a_week(
    dashboard: Dashboard, sari: Browser
) -> None:
    text = send(sari.in_english(), SCORES.replace("88,5", "88,5 baik").replace(MISSED, "1995"), "nilai.csv")
    content = sari.client.get(f"{HOME}/imports/1/rejected.xlsx").content
    noted = dashboard.accesses()[0]
    header, *lines = sheet_of(content)
    forget_what_passes(dashboard.service.database, dashboard.clock() + timedelta(days=8))
    sari.sign_in("sari")
    after = sari.get(f"{HOME}/imports/1")

    assert "Download these lines" in text
    assert header == ("NIP", "Nama", "Nilai", "What is wrong")
    assert [line[0] for line in lines] == [PASSED, "1995"]
    assert "is no score" in str(lines[0][3])
    assert "This is no NIP" in str(lines[1][3])
    assert (noted.action, noted.people) == ("file rejected", 2)
    assert "This is no NIP" in after
    assert "Download these lines" not in after
    assert sari.client.get(f"{HOME}/imports/1/rejected.xlsx").status_code == 404
    with dashboard.service.database.reading() as connection:
        assert received.content_of(connection, 1) is None


def test_wrong_lines_come_back_below_their_own_titles_whatever_stands_above_them_and_in_their_cells(
    sari: Browser,
) -> None:
    above = "REKAPITULASI; GELOMBANG I,,\r\nNama;gelar,,\r\n"
    text = above + f'NIP,Nama,Nilai\r\n{PASSED},"Uji; S.Kom.",#N/A\r\n{MISSED},"Coba; S.T.",#REF!\r\n'
    send(sari.in_english(), text, "nilai.csv")

    header, *lines = sheet_of(sari.client.get(f"{HOME}/imports/1/rejected.xlsx").content)

    assert header == ("NIP", "Nama", "Nilai", "What is wrong")
    assert [line[:3] for line in lines] == [(PASSED, "Uji; S.Kom.", "#N/A"), (MISSED, "Coba; S.T.", "#REF!")]
    assert "The cell shows the error #N/A" in str(lines[0][3])


def test_whoever_confirms_scores_sees_them_by_name_and_is_another_account(dashboard: Dashboard, sari: Browser) -> None:
    send(sari.in_english(), SCORES, "nilai.csv")
    sari.post(f"{HOME}/imports/1/take")
    own = sari.get(f"{HOME}/imports/recorded/1")
    rina = dashboard.browser("rina").in_english()
    rina.get(f"{HOME}/imports")
    [link, *_others] = rina.links("/imports/recorded/")
    shown = rina.get(link)
    done = rina.post(f"{HOME}/imports/1/confirm")

    assert "Confirm the scores" not in own
    assert "88.5" in shown
    assert str(dashboard.service.participants()[PASSED]["name"]) in shown
    assert "Confirmed" in done
    assert "import show" in [each.action for each in dashboard.accesses()]


def test_whoever_confirms_scores_reads_how_many_a_newer_file_replaced(dashboard: Dashboard, sari: Browser) -> None:
    send(sari.in_english(), SCORES, "nilai.csv")
    sari.post(f"{HOME}/imports/1/take")
    send(sari, f"NIP;Nama;Nilai\r\n{MISSED};;72\r\n", "nilai susulan.csv")
    sari.post(f"{HOME}/imports/2/take")
    rina = dashboard.browser("rina").in_english()
    rina.get(f"{HOME}/imports/recorded/1")
    done = rina.post(f"{HOME}/imports/1/confirm")

    assert "1 of its scores were replaced by a newer file before and do not count." in done


def test_a_spreadsheet_to_fill_in_is_handed_out_for_each_kind(dashboard: Dashboard, sari: Browser) -> None:
    sari.get(f"{HOME}/imports")
    links = sari.links("/imports/examples/")
    heads = {link.rpartition("/")[2]: sheet_of(sari.client.get(link).content)[0] for link in links}

    assert heads.keys() == {"scores.xlsx", "clearances.xlsx", "placement.xlsx", "accounts.xlsx"}
    assert heads["placement.xlsx"] == ("NIP", "Angkatan")
    assert sari.client.get(f"{HOME}/imports/examples/none.xlsx").status_code == 404


def test_columns_that_nobody_knows_are_told_once_and_the_next_file_is_read_by_them(
    dashboard: Dashboard, sari: Browser
) -> None:
    head = "Nomor Pegawai;Hasil Akhir (%)"
    shown = send(sari.in_english(), f"REKAP;\r\n{head}\r\n{PASSED};88,5\r\n", "lan.csv")
    options = sari.page.text
    address = f"{HOME}/imports/1/columns"
    lacking = sari.post(address, kind="scores", nip="Nomor Pegawai", layout="LAN 2026")
    refused = sari.page
    sari.get(f"{HOME}/imports/1")
    sari.post(address, kind="scores", nip="Nomor Pegawai", score="Hasil Akhir (%)", layout="LAN 2026", percent="yes")
    told = sari.get(f"{HOME}/imports/1")
    later = send(sari, f"{head}\r\n{MISSED};71\r\n", "lan-2.csv")
    listed = sari.get(f"{HOME}/imports")
    checked = sari.post(f"{HOME}/imports/layouts/forget", layout="LAN 2026")
    forgotten = sari.confirm()

    assert "do not tell which column is which" in shown
    assert "Which column is which?" in shown
    assert "Download these lines" not in shown
    assert " 0 lines" not in shown  # nobody has counted them yet
    assert '<option value="Hasil Akhir (%)"' in options
    assert "Not told which column is: Score." in lacking
    assert "FIELD=TITLE" not in lacking
    assert refused.status_code == 400
    assert 'value="LAN 2026"' in refused.text  # what was typed still stands there
    assert "new: 1" in told
    assert "new: 1" in later
    assert "LAN 2026: NIP = “Nomor Pegawai”, Score = “Hasil Akhir (%)”" in listed
    assert "Every programme uses it" in checked
    assert "“Hasil Akhir (%)”" not in forgotten
    about = {(each.action, each.about) for each in dashboard.accesses() if each.action.startswith("layout")}
    assert about == {("layout learned", "LAN 2026"), ("layout forgotten", "LAN 2026")}
    assert "Which column is which?" in send(sari, f"{head}\r\n{MISSED};72\r\n", "lan-3.csv")


def test_which_of_two_scores_counts_is_asked_and_what_is_not_used_of_a_file_is_named(sari: Browser) -> None:
    asked = send(sari.in_english(), f"NIP;Nilai;Nilai Remedial;No HP\r\n{MISSED};61;75\r\n", "remedial.csv")
    choices = re.findall(r'<select[^>]*name="score".*?</select>', sari.page.text, re.DOTALL)[-1]
    sari.post(f"{HOME}/imports/1/columns", kind="scores", nip="NIP", score="Nilai Remedial", layout="Remedial")
    told = sari.get(f"{HOME}/imports/1")

    assert 'more than one column for Score: "Nilai", "Nilai Remedial"' in asked
    assert "Which column is which?" in asked
    assert "docs/" not in asked
    assert "selected" not in choices
    assert "new · 75" in told
    assert "Columns not used: Nilai, No HP" in told


def test_a_layout_that_every_programme_uses_is_changed_by_who_learned_it_or_decides_everywhere(
    dashboard: Dashboard, sari: Browser
) -> None:
    rina, head = dashboard.browser("rina").in_english(), "Nomor Pegawai;Hasil"
    columns = {"kind": "scores", "nip": "Nomor Pegawai", "score": "Hasil", "layout": "LAN 2026"}
    send(rina, f"{head}\r\n{PASSED};88,5\r\n", "lan.csv")
    rina.post(f"{HOME}/imports/1/columns", **columns)
    send(sari.in_english(), f"Pegawai;Angka\r\n{PASSED};88,5\r\n", "lain.csv")
    overwritten = sari.post(f"{HOME}/imports/2/columns", **{**columns, "nip": "Pegawai", "score": "Angka"})
    listed = sari.get(f"{HOME}/imports")
    offered = "layouts/forget" in sari.page.text
    here = Program(dashboard, "sari")
    forgotten = here.post(f"{HERE}/column-profiles/forgetting", {"name": "LAN 2026"})
    seen = here.get(f"{HERE}/column-profiles/seen?name=LAN 2026").json()["seen"]
    by_admin = Program(dashboard, "rina").post(
        f"{HERE}/column-profiles/forgetting", {"name": "LAN 2026"}, If_Match=seen
    )

    assert "was learned by rina, and every programme uses it" in overwritten
    assert "LAN 2026: NIP = “Nomor Pegawai”" in listed
    assert not offered
    assert (forgotten.status_code, by_admin.status_code) == (409, 201)
    assert here.get(f"{HERE}/column-profiles/seen?name=LAN 2026").status_code == 404


def test_a_list_of_accounts_in_class_is_looked_at_and_recorded_for_a_reason_but_of_whom_an_account_is_taken(
    dashboard: Dashboard, sari: Browser
) -> None:
    rows = dashboard.service.roster()
    other = next(row for nip, row in rows.items() if nip != PASSED and row["state"] == "confirmed")
    with dashboard.service.database.reading() as connection:
        taken = load_entries(connection, PROGRAMME)[other["participant_id"]].target_user_id
    wrong = send(sari.in_english(), f"NIP;ID akun\r\n{PASSED};satu\r\n{MISSED};7\r\n", "salah.csv")
    twice = send(sari, f"NIP;ID akun\r\n{PASSED};7\r\n{MISSED};7\r\n", "dua.csv")
    shown = send(sari, f"NIP;Nama;ID akun\r\n{PASSED};;4711\r\n{MISSED};;{taken}\r\n", "akun.csv")
    sari.post(f"{HOME}/imports/3/take")
    nothing = sari.page.status_code
    done = sari.post(f"{HOME}/imports/3/take", why="Surat BKD 10")
    with dashboard.service.database.reading() as connection:
        chosen = chosen_accounts(connection, PROGRAMME)

    assert 'satu" is no user id' in wrong
    assert "The same account stands in line 3" in twice
    assert "→ 4711" in shown
    assert "accounts in class" in shown
    assert nothing == 400
    assert chosen == {dashboard.id_of(PASSED): ("kelas", 4711)}
    assert "This account is another participant's" in done


def test_scores_to_be_confirmed_stand_by_name_whatever_title_comes_before_it(
    dashboard: Dashboard, sari: Browser
) -> None:
    """Once dr. Baso stood behind Zulkifli, where nobody looks for him."""
    nips = {str(row["name"]): nip for nip, row in dashboard.service.participants().items()}
    doctor = next(name for name in nips if name.startswith("dr. B"))
    last = max(name for name in nips if name[0].isupper() and name > "C")
    send(sari, f"NIP;Nilai\r\n{nips[last]};71\r\n{nips[doctor]};71\r\n", "nilai.csv")
    sari.post(f"{HOME}/imports/1/take")
    told = sari.get(f"{HOME}/imports/recorded/1")

    assert told.index(doctor) < told.index(last)
