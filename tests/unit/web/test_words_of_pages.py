"""What pages say instead of codes and of what a browser calls itself."""

import re
from pathlib import Path

import latsar_sync
from latsar_sync.domain import language
from latsar_sync.web.access_log_words import TEXTS, access_text
from latsar_sync.web.committee_words import for_a_committee, why_it_broke_off
from latsar_sync.web.words import browser_name

PACKAGE = Path(latsar_sync.__file__).parent
NOTED = re.compile(r'\.note\(\s*account,\s*f?"([a-z]+)|note_view\(\s*[\w.]+,\s*f?"([a-z]+)')


def test_whatever_is_noted_of_a_view_is_told_in_words() -> None:
    """Once the page of personal data told an Indonesian admin of a *threshold preview*."""
    files = [*PACKAGE.glob("web/*.py"), *PACKAGE.glob("cli/*.py")]
    noted = {first or second for each in files for first, second in NOTED.findall(each.read_text(encoding="utf-8"))}

    assert len(noted) > 20
    assert noted <= {code.split()[0] for code in TEXTS}
    with language.speaking("id"):
        assert access_text("export chase xlsx") == "mengunduh berkas"
        assert access_text("something else") == "something else"


def test_a_browser_is_called_what_its_owner_calls_it() -> None:
    phone = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Mobile Safari/537.36"
    mac = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Safari/605.1.15"

    assert browser_name(phone) == "Chrome, Android"
    assert browser_name(phone + " Edg/126.0") == "Edge, Android"
    assert browser_name(mac) == "Safari, macOS"
    with language.speaking("en"):
        assert browser_name("") == "not known"


def test_a_committee_reads_the_page_for_a_command_and_nothing_of_what_only_the_terminal_does() -> None:
    """Once a decree was refused with nothing but *The admin of this service sees the details.*"""
    told = {
        "Run latsar-sync sync, approve or hold them first. Look at latsar-sync roster --angkatan I.":
            "Run “Sync now”, approve or hold them first. Look at the page “Roster”.",
        "Run latsar-sync sync --full first.": "Run “Read everything again” first.",
        "Run latsar-sync sync once, then merge them.": "Run “Sync now” once, then merge them.",
        "Confirm the newer one; see latsar-sync import list.": "Confirm the newer one; see the page “Imports”.",
        "Let somebody else look at them: latsar-sync import show 3":
            "Let somebody else look at them: the page “Imports”",
        "Try again. See latsar-sync db upgrade.": "Try again. The admin of this service sees the details.",
        "Name one with --sheet.": "The admin of this service sees the details.",
        "The token is refused.": "The token is refused.",
    }  # fmt: skip
    with language.speaking("en"):
        assert {text: for_a_committee(text) for text in told} == told
    with language.speaking("id"):
        assert for_a_committee("Lihat latsar-sync clearance list.") == "Lihat halaman “Dokumen”."


def test_a_committee_reads_which_site_broke_a_run_off_and_the_admin_how_to_mend_it() -> None:
    error = "mooc: core_webservice_get_site_info: no connection to http://127.0.0.1:9/mooc (refused). Make a new token."
    with language.speaking("en"):
        assert why_it_broke_off(error) == (
            "The site mooc does not answer as it should. The admin of this service sees the details."
        )
        assert why_it_broke_off("The run was broken off from outside.") == "The run was broken off from outside."
