"""What people do on each page, told once: by keyboard or on a phone, with scripts or without.

Each flow does the main actions of its page to the end and sees what came of them.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from acting_office import certificate
from browsing import LEFT_ALONE, NEXT, PASSWORD, RATNA, TITLE, WALI, Dashboard
from dashboard import OTHER
from hands import Hand
from service import PROGRAMME

from latsar_sync.demo import CASES

HOME = f"/programmes/{PROGRAMME}"
SARI, BUDI, DEWI = "sari", "budi", "dewi"
"""Two of the committee, and somebody who is invited."""
CHOSEN = "ikan paus biru"  # made up
ON_PAPER, CERTIFIED = map(str, CASES["attempt_in_progress"])
TO_ERASE = str(CASES["score_zero"][0])
FOUND = "Désirée Zoë Müller-Sitompul, S.Si."
WHY = "Surat 7/2026"
A4_IN_PRINT = 718
"""Pixels between the margins that Chromium leaves on a sheet of A4."""


@dataclass
class Visit:
    """A dashboard, and a device at which one after the other sits down."""

    dashboard: Dashboard
    by: Callable[..., Hand]
    """Lets the owner of an account sit down, signed in as they were, or somebody who is not; ``left_by`` is who has
    signed in at it meanwhile.
    """

    let_go: Callable[[], None]
    """Lets the run that is under way go on, and waits for the end of all that were asked for."""

    def id_of(self, nip: str) -> str:
        """Return the internal id of somebody."""
        return str(self.dashboard.service.participants()[nip]["participant_id"])


@dataclass(frozen=True)
class Flow:
    """What is done on a page: the routes of the pages that it shows; ``alone``: no run is under way meanwhile.

    Where not every way is tried, it is done by the keyboard, or by ``touch`` on a phone without scripts.
    """

    go: Callable[[Visit], None]
    shows: tuple[str, ...]
    alone: bool = False
    touch: bool = False


def programmes(visit: Visit) -> None:
    """See whether anything is on fire, and go where it is."""
    sari = visit.by(SARI)
    said = sari.open("/")
    assert all(each in said for each in ("Qualified", "Needs somebody", "Not yet", "Next start", "Last good run"))
    assert "A run is under way" in said
    assert "Needs you today" in sari.follow(TITLE)


def overview(visit: Visit) -> None:
    """See what needs somebody today, and be led to exactly those people, by the bars too."""
    sari = visit.by(SARI)
    [number] = re.findall(r"(\d+) waiting for approval", sari.open(HOME))
    assert f" {number} people" in sari.follow("waiting for approval")
    for bars in range(2):
        sari.open(HOME)
        bar = sari.page.locator("ul.bars").nth(bars).locator("li").first
        text, number = (str(bar.locator(part).text_content()).strip() for part in ("a", ".bar-number"))
        assert f" {number} people" in sari.follow(text)


def participants(visit: Visit) -> None:
    """Find somebody without typing accents, hold them by a selection, and take the list along."""
    sari = visit.by(SARI)
    turn_the_page_with_ticks(sari)
    sari.open(f"{HOME}/people")
    assert "1 person" in sari.press("Search", text="muller", decision="qualified")
    assert "muller" not in sari.page.url
    assert sari.save("/people.xlsx").startswith(b"PK")
    sari.tick(f"Select {FOUND}")
    checked = sari.press("Check", action="hold", why=WHY)
    assert "Check it once more" in checked
    assert FOUND in checked
    assert "Hold back: recorded for 1 person." in sari.press("Hold back")
    sari.follow("Back to the list")
    sari.tick(f"Select {FOUND}")
    sari.press("Check", action="release", why="Sembuh")
    assert "Release: recorded for 1 person." in sari.press("Release")


def turn_the_page_with_ticks(sari: Hand) -> None:
    """Tick somebody on each of two pages, and see both before anything is done, also when coming back; then neither."""
    sari.open(f"{HOME}/people?size=25")
    names = []
    for way_on in ("Next", ""):
        name = str(sari.page.locator("tbody .name a").first.text_content())
        sari.tick(f"Select {name}")
        names.append(name)
        if way_on:
            sari.follow(way_on)
    checked = sari.press("Check", action="hold", why=WHY)
    kept = names if sari.scripts else names[1:]
    assert f"Selected: {len(kept)} " in checked
    assert all(name in checked for name in kept)
    again = sari.press("Back, change nothing")
    assert not sari.scripts or "2 ticked" in again


def person(visit: Visit) -> None:
    """Hold somebody, see it in the five steps, let the rule decide again, and record a document of theirs."""
    sari = visit.by(SARI)
    said = sari.open(f"/people/{visit.id_of(LEFT_ALONE)}")
    assert "Judged stopped here" in said
    assert "Open in Moodle" in said.partition("What must be done")[2]
    assert "69.996" in said
    assert f"Held by {SARI}: {WHY}" in sari.press("Hold back", reason=WHY)
    assert "Held by" not in sari.press("Release", reason="Sembuh")
    paper = {"number": "RS 4", "issuer": "RSUD Kudus", "issued": "2026-01-05", "valid_until": "2027-01-05"}
    assert "RS 4 (RSUD Kudus): valid until 5 Jan 2027" in sari.press("Record", kind="surat_sehat", **paper)


def roster(visit: Visit) -> None:
    """Approve one who is ticked, and take the list of another angkatan along."""
    sari = visit.by(SARI)
    assert re.search(r"\d+ people wait for approval", sari.open(f"{HOME}/roster?angkatan=III"))
    waiting = next(
        row
        for row in visit.dashboard.service.roster().values()
        if (row["angkatan"], row["roster_reason"]) == ("III", "awaiting_approval")
    )
    assert sari.page.locator("tbody tr").first.get_by_role("checkbox").count()
    sari.page.wait_for_load_state()
    box, window = sari.page.get_by_role("button", name="Approve them all").bounding_box(), sari.page.viewport_size
    assert box is not None
    assert window is not None
    assert box["y"] + box["height"] <= window["height"]  # in view however long the list is
    sari.tick(f"Select {waiting['name']}")
    assert "1 approved" in sari.press("Approve those ticked")
    assert "Waiting list" in sari.press("Show", angkatan="I")
    assert sari.save("/documents/roster.pdf").startswith(b"%PDF")


def imports(visit: Visit) -> None:
    """Send a file that is wrong and have its lines back; send it right, import it; another account confirms."""
    sari = visit.by(SARI)
    sari.open(f"{HOME}/imports")
    said = sari.press("Look at it", file=("salah.csv", f"NIP;Nama;Nilai\r\n{ON_PAPER};;seratus\r\n".encode()))
    assert "Lines that are wrong" in said
    assert sari.save("/rejected.xlsx").startswith(b"PK")
    sari.open(f"{HOME}/imports")
    said = sari.press("Look at it", file=("nilai.csv", f"NIP;Nama;Nilai\r\n{ON_PAPER};;82,5\r\n".encode()))
    assert "82.5" in said
    assert "Imported; the scores wait for another account." in sari.press("Import it")
    assert "Confirm the scores" not in sari.follow("Look at them, and confirm")
    address = sari.page.url
    ratna = visit.by(RATNA)
    ratna.open(address)
    assert "Confirmed. The next run judges by these scores." in ratna.press("Confirm the scores")
    assert re.search(rf"nilai\.csv .*{SARI}", ratna.open(f"{HOME}/imports"))


def runs(visit: Visit) -> None:
    """See the run that is under way step by step, ask for an angkatan's, stop the first, and read what it did."""
    sari = visit.by(SARI)
    sari.open(f"{HOME}/runs")
    sari.watch("make a group")
    assert "Asked for. The service begins in a moment." in sari.press("Sync now")
    assert "It ends at the next step." in sari.press("Stop this run")
    visit.let_go()
    sari.watch("Done. Load the page again" if sari.scripts else "Nothing is under way.")
    sari.open(f"{HOME}/runs")
    stopped = sari.page.locator("tbody.run", has_text=SARI).last.locator("a").get_attribute("href")
    assert SARI in sari.open(str(stopped)).partition("Notes")[2].partition("Steps")[0]


def held_run(visit: Visit) -> None:
    """See by name whom a held run would send, leave it, and accept what the guard found when one comes back."""
    visit.dashboard.let_a_guard_hold_a_run()
    sari = visit.by(SARI)
    assert "Accept these findings" not in sari.open(f"{HOME}/runs")
    sari.press("Show what would be sent")
    visit.let_go()
    assert "would be enrolled" in sari.open(f"{HOME}/runs")
    sent = visit.dashboard.service.count("pushes")
    assert "Held: " in sari.open(HOME)
    assert "Nothing was sent." in sari.open(f"{HOME}/runs")
    assert visit.dashboard.service.count("pushes") == sent
    assert "Accepted." in sari.press("Accept these findings")
    visit.let_go()
    said = sari.open(f"{HOME}/runs")
    assert f"accepted by {SARI}" in said
    assert "Accept these findings" not in said
    notes, table = (sari.page.locator(each).first.bounding_box() for each in (".run-notes td", "main table"))
    assert notes is not None
    assert table is not None
    assert notes["width"] > 0.9 * table["width"]  # once they were squeezed into a column


def threshold(visit: Visit) -> None:
    """Try another limit, take the list of whom it would move, look once more, and record it."""
    sari = visit.by(SARI)
    assert "How the scores lie" in sari.open(f"{HOME}/threshold")
    assert "Not done" in sari.press("Show who would move", value="170")
    said = sari.press("Show who would move", value="75")
    assert re.search(r"With 75: \d+ of \d+ decisions would change", said)
    assert sari.save("/threshold.xlsx").startswith(b"PK")
    assert "Check it once more" in sari.press("Check and record", legal_basis="SK Kepala 9/2026")
    assert "yes 75 points SK Kepala 9/2026" in sari.press("Record it")


def papers(visit: Visit) -> None:
    """Record a document that was checked, and revoke it."""
    sari = visit.by(SARI)
    sari.open(f"{HOME}/clearances")
    paper = {"number": "RS 9", "issuer": "RSUD Demak", "issued": "2026-01-05", "valid_until": "2027-01-05"}
    assert "RS 9" in sari.press("Record", kind="surat_sehat", nip=NEXT, **paper)
    assert f"Palsu · {SARI}" in sari.press("Revoke", why="Palsu")


def messages(visit: Visit) -> None:
    """Remind somebody of what is missing, read what will be written, and see that it was."""
    sari = visit.by(SARI)
    assert "Nothing was sent yet." in sari.open(f"{HOME}/messages")
    sari.follow("Find whom to remind")
    name = str(sari.page.locator("tbody .name a").first.text_content())
    sari.tick(f"Select {name}")
    sari.press("Check", action="remind")
    assert "Remind through Moodle: recorded for 1 person." in sari.press("Remind through Moodle")
    assert name in sari.open(f"{HOME}/messages/next")
    visit.let_go()
    assert f"{name} reminder sent" in sari.open(f"{HOME}/messages")


def course(visit: Visit) -> None:
    """As a course manager, see who came, when and why."""
    wali = visit.by(WALI)
    wali.open("/classes")
    said = wali.follow("KLS-I")
    assert "Seen in the course" in said
    assert wali.page.locator("tbody tr").count()
    usual = wali.page.viewport_size
    assert usual is not None
    wali.page.set_viewport_size({"width": 1024, "height": 768})
    assert wali.page.evaluate("document.documentElement.scrollWidth") <= 1024
    wali.page.set_viewport_size({"width": A4_IN_PRINT, "height": 1000})
    wali.page.emulate_media(media="print")
    assert wali.page.evaluate("document.documentElement.scrollWidth") <= A4_IN_PRINT
    assert wali.page.locator("main thead").is_visible()
    assert wali.page.locator(".name").first.evaluate("name => name.offsetWidth") > 130  # a name is not broken in a word
    assert wali.page.locator(".badge").first.evaluate("badge => getComputedStyle(badge).color") == "rgb(0, 0, 0)"
    for hidden in ("header", "footer", ".btn"):
        assert not wali.page.locator(hidden).first.is_visible()
    wali.page.emulate_media(media="screen")
    wali.page.set_viewport_size(usual)


def accounts(visit: Visit) -> None:
    """Invite somebody, who chooses a password and sees one programme; let them only look, and they are signed out."""
    ratna = visit.by(RATNA)
    ratna.open("/accounts")
    said = ratna.press("Add and invite", name=DEWI, role="panitia", bound=True)
    dewi = visit.by(None)
    dewi.open(re.findall(r"http\S+(/invitation/\S+)", said)[0])
    assert "The password is chosen" in dewi.press("Choose it", password=CHOSEN, again=CHOSEN)
    assert TITLE in dewi.press("Sign in", name=DEWI, password=CHOSEN)
    ratna = visit.by(RATNA, left_by=DEWI)
    assert f"{DEWI} committee {TITLE} 1" in ratna.open("/accounts")
    row = f"tbody tr:has(th:text('{DEWI}'))"
    assert "looks only" in ratna.press("Change the rights", row, role="viewer")
    assert "Password" in visit.by(DEWI).open(HOME)


def personal_data(visit: Visit) -> None:
    """Give out what is held about somebody, erase them after a check, and destroy what is due, with its report."""
    ratna = visit.by(RATNA)
    assert "Who looked at whose data" in ratna.open("/privacy")
    ratna.press("Show this person", nip=TO_ERASE)
    assert TO_ERASE in ratna.save("/export.json").decode()
    assert "cannot be undone" in ratna.press("Erase this person …", reason=WHY)
    assert "Erased." in ratna.press("Erase")
    assert "a report is kept" in ratna.press("Destroy what is due …")
    assert "Report 1" in ratna.press("Destroy")
    assert OTHER in ratna.save("/privacy/reports/1").decode()


def set_up(visit: Visit) -> None:
    """Examine sites and set-up, and make a copy of the database."""
    ratna = visit.by(RATNA)
    said = ratna.open("/setup")
    assert all(each in said for each in ("latsar-sync 0.", "Services that run", "Copies of the database"))
    ratna.press("Examine sites and set-up now")
    ratna.watch("Asked for by ratna")
    ratna.press("Make a copy now")
    ratna.watch("Newest in")


def certificates(visit: Visit) -> None:
    """Hand a certificate in, compare it with the person, and take it over, for another account to confirm."""
    sari = visit.by(SARI)
    sari.open(f"{HOME}/certificates")
    said = sari.press("Hand it in", file=("sertifikat.pdf", certificate(CERTIFIED)))
    assert "Whose it is" in said
    assert "Check it once more" in sari.press("Check", score="88,5")
    assert "taken over as import" in sari.press("Take it over")


def letters(visit: Visit) -> None:
    """Take an institution's letters, and mail the chase lists for an occasion."""
    sari = visit.by(SARI)
    sari.open(f"{HOME}/letters")
    assert sari.save(".zip?institution=").startswith(b"PK")
    sari.press("Check", occasion="Rapat 5 Desember")
    assert "Rapat 5 Desember" in sari.press("Send")


def own_account(visit: Visit) -> None:
    """Sign in, see where one is signed in, and choose another password, which ends all sessions."""
    budi = visit.by(None)
    budi.open("/me")
    assert "Where you are signed in" in budi.press("Sign in", name=BUDI, password=PASSWORD)
    assert "Password" in budi.press("Change the password", old=PASSWORD, password=CHOSEN)


def priority(visit: Visit) -> None:
    """See who is preferred."""
    assert "Who is preferred" in visit.by(SARI).open(f"{HOME}/priority")


OF_A_PROGRAMME = "/programmes/{name}"
ROWS: Mapping[str, Flow] = {
    "Programmes": Flow(programmes, ("/programmes", OF_A_PROGRAMME), touch=True),
    "Overview": Flow(overview, (OF_A_PROGRAMME, f"{OF_A_PROGRAMME}/people")),
    "Participants": Flow(participants, (f"{OF_A_PROGRAMME}/people",)),
    "One person": Flow(person, ("/people/{participant_id}",)),
    "Roster": Flow(roster, (f"{OF_A_PROGRAMME}/roster",), touch=True),
    "Imports": Flow(
        imports,
        (
            f"{OF_A_PROGRAMME}/imports",
            f"{OF_A_PROGRAMME}/imports/{{number}}",
            f"{OF_A_PROGRAMME}/imports/recorded/{{number}}",
        ),
    ),
    "Threshold": Flow(threshold, (f"{OF_A_PROGRAMME}/threshold",)),
    "Papers": Flow(papers, (f"{OF_A_PROGRAMME}/clearances",), touch=True),
    "Page of a course": Flow(course, ("/classes", "/classes/{name}/{angkatan}"), touch=True),
    "Accounts": Flow(accounts, ("/accounts", "/invitation/{token}", "/sign-in")),
    "Runs": Flow(runs, (f"{OF_A_PROGRAMME}/runs", f"{OF_A_PROGRAMME}/runs/{{number}}")),
    "Messages": Flow(messages, (f"{OF_A_PROGRAMME}/messages", f"{OF_A_PROGRAMME}/messages/next"), touch=True),
    "Held run": Flow(held_run, (f"{OF_A_PROGRAMME}/runs",), alone=True, touch=True),
    "Personal data": Flow(personal_data, ("/privacy", "/privacy/people/{participant_id}"), alone=True, touch=True),
    "Set-up and health": Flow(set_up, ("/setup",), alone=True),
}
"""The rows of the first table of the contract of the pages, in an order in which one run is under way first."""
BESIDE: Mapping[str, Flow] = {
    "Certificates": Flow(certificates, (f"{OF_A_PROGRAMME}/certificates", f"{OF_A_PROGRAMME}/certificates/{{number}}")),
    "Letters": Flow(letters, (f"{OF_A_PROGRAMME}/letters",), touch=True),
    "Priority": Flow(priority, (f"{OF_A_PROGRAMME}/priority",), touch=True),
    "Own account": Flow(own_account, ("/me",)),
}
"""Pages that came later."""
