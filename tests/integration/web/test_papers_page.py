"""The page of documents: what is missing to enter, by angkatan, person and kind."""

import re
from datetime import timedelta

from dashboard import HOME, PASSED, Browser, Dashboard
from service import PROGRAMME, Command

from latsar_sync.settings.judging import ClearanceSettings


def wanting(dashboard: Dashboard) -> None:
    """Let the programme require documents."""
    settings = dashboard.service.settings
    required = ClearanceSettings(participant=("surat_sehat",), angkatan=("rekomendasi_satgas",))
    wanted = [each.model_copy(update={"clearances": required}) for each in settings.programmes]
    dashboard.app.state.context.settings = settings.model_copy(update={"programmes": tuple(wanted)})


def test_the_documents_of_an_angkatan_stand_by_person_and_kind(
    dashboard: Dashboard, sari: Browser, command: Command
) -> None:
    wanting(dashboard)
    row = dashboard.service.roster()[PASSED]
    page = f"{HOME}/clearances?angkatan={row['angkatan']}"
    sari.in_english().get(page)
    before = sari.page.text.count('class="paper paper-missing"')
    angkatan = dashboard.service.settings.programme(PROGRAMME).angkatan[0]
    today = dashboard.clock().date()
    until = (angkatan.ends or today) + timedelta(days=60)
    paper = {"kind": "surat_sehat", "number": "RS/1", "issuer": "RSUD", "issued": str(today), "valid_until": str(until)}
    sari.post(f"{HOME}/clearances", nip=PASSED, **paper)
    text = sari.get(page)
    lacking = sari.get(f"{page}&only=missing")
    noted = dashboard.accesses()[0]
    others = dashboard.service.roster().values()
    other = next(each for each in others if each["angkatan"] == row["angkatan"] and each["nip"] != PASSED)
    why = ("--although-different", "--reason", "satu orang", "--by", "Rina")
    assert command(dashboard.service, "identity", "merge", other["nip"], PASSED, *why)[0] == 0
    of_both = sari.get(f"{HOME}/clearances?angkatan={other['angkatan']}")

    assert re.search(rf"{re.escape(str(other['name']))}.{{0,200}}until ", of_both)
    assert "of the whole angkatan" in text
    assert before > 20
    assert re.search(rf"{re.escape(str(row['name']))}.{{0,200}}until ", text)
    assert f">{row['name']}</a>" not in sari.page.text.split("On record")[0]
    assert "1 of " in lacking
    assert noted.action == "clearances"
    assert noted.people >= before - 1


def test_a_document_is_recorded_of_whose_whole_nip_is_typed_and_of_nobody_by_a_part_of_it_or_a_name(
    dashboard: Dashboard, sari: Browser
) -> None:
    wanting(dashboard)
    row, today = dashboard.service.roster()[PASSED], dashboard.clock().date()
    paper = {"kind": "surat_sehat", "number": "RS/1", "issuer": "RSUD", "issued": today, "valid_until": today}
    full_width = "".join(chr(ord(digit) + 0xFEE0) for digit in PASSED)
    for typed in (PASSED[:-1], PASSED[1:], str(row["name"]), "O".join(PASSED.split("0")), " "):
        sari.in_english().get(f"{HOME}/clearances")
        assert "Exactly one" in sari.post(f"{HOME}/clearances", nip=typed, **paper) or not typed.strip()
    assert dashboard.service.count("clearances") == 0

    sari.get(f"{HOME}/clearances")
    sari.post(f"{HOME}/clearances", nip=f"'{full_width[:8]}\u00a0{full_width[8:]}", **paper)

    asked_for = sari.text
    sari.post(f"{HOME}/clearances", nip=PASSED, **{**paper, "kind": "surat_tugas"})

    assert dashboard.service.count("clearances") == 2
    assert "Recorded. The next run acts on it." in asked_for
    assert "Recorded. This programme does not require it." in sari.text


def test_a_list_of_documents_is_sent_from_where_they_are_missing(dashboard: Dashboard, sari: Browser) -> None:
    sari.get(f"{HOME}/clearances")
    hidden = {**sari.hidden(f"{HOME}/imports"), "csrf": sari.token}
    sari.page = sari.client.post(f"{HOME}/imports", data=hidden, files={"file": ("d.csv", b"NIP\n1\n")})

    assert sari.page.url.path == f"{HOME}/imports/1"
