"""What else people do on the pages that ``flows.py`` goes through: many at once, one person's identity, rights."""

import re
from collections.abc import Mapping
from io import BytesIO
from itertools import takewhile

from browsing import ALMOST, FAILED, KEPALA, NEXT, RATNA
from dashboard import OTHER
from every_form import FREE_NIP
from flows import BUDI, FOUND, HOME, OF_A_PROGRAMME, SARI, WHY, Flow, Visit
from openpyxl import load_workbook
from service import PROGRAMME

from latsar_sync.store import versions

PAPERS = (
    f"{ALMOST};;surat_sehat;RS/8;RSUD;kemarin;5/1/2027",
    f"{ALMOST};;surat_sehat;RS/8;RSUD;5/1/2026;5/1/2027",
    "RS/8, valid until",
)
WAITS = "A run is under way: it takes effect when that has ended"


def many_at_once(visit: Visit) -> None:
    """Show the NIPs of all who are found; move and admit those ticked, each checked first; sync them now."""
    sari = visit.by(SARI)
    sari.open(f"{HOME}/people")
    said = sari.press("Search", text="muller", sort="score", size="25")
    assert re.search(r"1 person \S*muller\S* × leave out this filter", said)
    assert "NIPs of those selected: 1" in sari.press("Check", everybody=True, action="nips")
    for action, button, more in (
        ("move", "Move to another angkatan", {"to": "II"}),
        ("admit", "Admit against the rule", {}),
        ("place", "Give a place", {"at": "Timur"}),
    ):
        sari.follow("Back to the list")
        sari.tick(f"Select {FOUND}")
        assert FOUND in sari.press("Check", action=action, why=WHY, **more)
        said = sari.press(button)
        assert f"{button}: recorded for 1 person." in said
        assert WAITS in said
    sari.follow("Back to the list")
    sari.tick(f"Select {FOUND}")
    rows = rows_of(sari.take("Check", action="export"))
    head = next(number for number, row in enumerate(rows) if "NIP" in row)
    assert [FOUND in row for row in takewhile(any, rows[head + 1 :])] == [True]
    assert f"Waiting for the service; asked for by {SARI}." in sari.press("Check", action="sync")
    sari.open(f"{HOME}/people")
    sari.press("Search", text=waiting(visit, "II"))
    sari.press("Check", everybody=True, action="approve")
    assert "Approve: recorded for 1 person." in sari.press("Approve")


def decisions_about_one(visit: Visit) -> None:
    """Go from one found to the next; admit somebody, move them, correct their NIP and take that back, sync them."""
    sari = visit.by(SARI)
    sari.open(f"{HOME}/people")
    sari.press("Search", text="", decision="not_yet")
    first, second = sari.page.locator("tbody .name a").all_text_contents()[:2]
    assert first in sari.follow(first)
    assert second in sari.follow("Next person")
    said = sari.open(f"/people/{visit.id_of(FAILED)}")
    assert "What must be done" in said
    assert "Check it once more" in sari.press("Admit against the rule", reason=WHY)
    said = sari.press("Admit against the rule")
    assert WAITS in said
    assert f"Admitted by {SARI}: {WHY}" in said
    said = sari.press("Move", to="II", why="Pindah tugas")
    assert "Pindah tugas" in said.partition("History")[2]
    assert WAITS in sari.press("Correct", nip=FREE_NIP, why="Salah ketik")
    assert f"{FREE_NIP[:8]} {FREE_NIP[8:14]}" in sari.read()
    assert "Ternyata benar" in sari.press("Undo the correction", nip="", why="Ternyata benar")
    assert "Asked for. The service begins in a moment." in sari.press("Sync this person now")


def angkatan_at_once(visit: Visit) -> None:
    """Approve all of an angkatan after a check, and have it read anew."""
    sari = visit.by(SARI)
    [number] = re.findall(r"(\d+) people wait for approval", sari.open(f"{HOME}/roster?angkatan=III"))
    said = sari.press("Approve them all")
    assert "Check it once more" in said
    said = sari.press("Approve")
    assert f"{number} approved" in said
    assert WAITS in said
    assert f"asked for by {SARI}" in sari.press("Sync this angkatan now")


def decree_and_amendment(visit: Visit) -> None:
    """Finalise a roster: check, then sign; have a newcomer wait, and take them in by an amendment."""
    sari = visit.by(SARI)
    roster = f"{HOME}/roster?angkatan=I"
    sari.open(roster)
    said = sari.press("Check the decree", sk="800/115/BKD/2026", dated="2026-11-20")
    assert "Check it once more" in said
    assert "SK 800/115/BKD/2026 of 20 Nov 2026" in sari.press("Record the decree")
    sari.open(f"/people/{visit.id_of(NEXT)}")
    sari.press("Admit against the rule", reason=WHY)
    sari.press("Admit against the rule")
    visit.dashboard.service.run(programmes=(PROGRAMME,))
    newcomer = visit.dashboard.service.roster()[NEXT]
    assert newcomer["roster_reason"] == "awaiting_amendment"
    assert "waits for an amendment" in sari.open(roster)
    said = sari.press("Check the decree", sk="800/121/BKD/2026", dated="2026-11-28")
    assert "Amend the finalised roster?" in said
    assert newcomer["name"] in said.partition("Taken in")[2]
    assert "Recorded: 1 person taken in." in sari.press("Record the decree")
    assert "SK 800/121/BKD/2026 of 28 Nov 2026: 1 person taken in" in sari.read()


def lists_of_the_office(visit: Visit) -> None:
    """Have the wrong lines of each kind of list back; send it right, see what it would change, and import it."""
    ratna = visit.by(RATNA)
    for programme, title, wrong, right, would, more in (
        (OTHER, "NIP;Nama;Instansi;Angkatan", "1995;Ani;Kudus;I", f"{ALMOST};Ani;Kudus;I", "new: 1", {}),
        (PROGRAMME, "NIP;Angkatan;Jenis;Nomor;Penerbit;Tanggal;Berlaku sampai", *PAPERS, {}),
        (PROGRAMME, "NIP;Angkatan", f"{ALMOST};IX", f"{ALMOST};II", "angkatan I → II", {"why": WHY}),
        (PROGRAMME, "NIP;ID akun", f"{ALMOST};satu", f"{ALMOST};4711", "→ 4711", {"why": "Surat BKD"}),
    ):
        page = f"/programmes/{programme}/imports"
        if not ratna.page.url.endswith(page):  # where one stands after an import
            ratna.open(page)
        said = ratna.press("Look at it", file=("salah.csv", f"{title}\r\n{wrong}\r\n".encode()))
        assert "Lines that are wrong" in said
        [head, line] = rows_of(ratna.save("/rejected.xlsx"))
        assert head[-1] == "What is wrong"
        assert (str(line[0]), bool(line[-1])) == (wrong.partition(";")[0], True)
        ratna.open(page)
        said = ratna.press("Look at it", file=("benar.csv", f"{title}\r\n{right}\r\n".encode()))
        assert would in said
        assert "Imported. The next run acts on it." in ratna.press("Import it", **more)


def rows_of(file: bytes) -> list[tuple[object, ...]]:
    """Return what stands in the first sheet of a spreadsheet."""
    return list(load_workbook(BytesIO(file)).worksheets[0].values)


def waiting(visit: Visit, angkatan: str) -> str:
    """Return the NIP of one who waits for approval, and whom nobody has approved yet."""
    with visit.dashboard.service.database.reading() as connection:
        who = set(versions.awaiting_approval(connection, PROGRAMME, angkatan))
    roster = visit.dashboard.service.roster().items()
    return next(nip for nip, row in roster if row["participant_id"] in who)


def keys_of_an_account(visit: Visit) -> None:
    """Invite somebody anew, give them a token and end it, and end their sessions."""
    ratna = visit.by(RATNA)
    row = f"tbody tr:has(th:text('{KEPALA}'))"
    ratna.open("/accounts")
    assert f"Invitation for {KEPALA}" in ratna.press("New invitation", row)
    ratna.follow("Back")
    assert "latsar_" in ratna.press("New token", row)
    ratna.follow("Back")
    assert f"The token of {KEPALA} works no more." in ratna.press("End the token", row)
    assert f"0 sessions of {KEPALA} have ended." in ratna.press("End the sessions", row)


def own_sessions(visit: Visit) -> None:
    """End the session in which one is signed in."""
    budi = visit.by(BUDI)
    assert "Where you are signed in" in budi.open("/me")
    assert "Password" in budi.press("End it")


IMPORTS = f"{OF_A_PROGRAMME}/imports"
PEOPLE, PERSON, RUNS = f"{OF_A_PROGRAMME}/people", "/people/{participant_id}", f"{OF_A_PROGRAMME}/runs"
DECISIONS: Mapping[str, Flow] = {
    "Many at once": Flow(many_at_once, (PEOPLE, RUNS), touch=True),
    "Decisions about one": Flow(decisions_about_one, (PEOPLE, PERSON), touch=True),
    "An angkatan at once": Flow(angkatan_at_once, (f"{OF_A_PROGRAMME}/roster", RUNS)),
    "Lists of the office": Flow(lists_of_the_office, (IMPORTS, f"{IMPORTS}/{{number}}"), touch=True),
    "Decree and amendment": Flow(decree_and_amendment, (f"{OF_A_PROGRAMME}/roster", PERSON), alone=True),
    "Keys of an account": Flow(keys_of_an_account, ("/accounts",), touch=True),
    "Own sessions": Flow(own_sessions, ("/me",)),
}
