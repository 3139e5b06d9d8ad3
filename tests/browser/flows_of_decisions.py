"""What else people do on the pages that ``flows.py`` goes through: many at once, one person's identity, rights."""

import re
from collections.abc import Mapping

from browsing import FAILED, KEPALA, RATNA
from every_form import FREE_NIP
from flows import BUDI, FOUND, HOME, OF_A_PROGRAMME, SARI, WHY, Flow, Visit

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
    ):
        sari.follow("Back to the list")
        sari.tick(f"Select {FOUND}")
        assert FOUND in sari.press("Check", action=action, why=WHY, **more)
        said = sari.press(button)
        assert f"{button}: recorded for 1 person." in said
        assert WAITS in said
    sari.follow("Back to the list")
    sari.tick(f"Select {FOUND}")
    assert f"Waiting for the service; asked for by {SARI}." in sari.press("Check", action="sync")


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


PEOPLE, PERSON, RUNS = f"{OF_A_PROGRAMME}/people", "/people/{participant_id}", f"{OF_A_PROGRAMME}/runs"
DECISIONS: Mapping[str, Flow] = {
    "Many at once": Flow(many_at_once, (PEOPLE, RUNS), touch=True),
    "Decisions about one": Flow(decisions_about_one, (PEOPLE, PERSON), touch=True),
    "An angkatan at once": Flow(angkatan_at_once, (f"{OF_A_PROGRAMME}/roster", RUNS)),
    "Keys of an account": Flow(keys_of_an_account, ("/accounts",), touch=True),
    "Own sessions": Flow(own_sessions, ("/me",)),
}
