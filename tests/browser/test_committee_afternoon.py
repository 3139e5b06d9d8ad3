"""A committee's whole afternoon on pages (docs/committee-afternoon.md), by two accounts: with JavaScript and without.

The steps are told once. One pair of hands is Chromium; the other knows HTML alone, and sends the forms as they stand.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from html import unescape
from typing import Protocol

import pytest
from argon2 import PasswordHasher
from browsing import PASSWORD, PATIENCE, Dashboard, grave_findings, open_dashboard
from httpx2 import Client
from playwright.sync_api import Browser, Page, expect
from service import PROGRAMME
from unattended import requests_of, wait_for

from latsar_sync.demo import CASES
from latsar_sync.domain.account import Account, Role
from latsar_sync.domain.request import RunOutcome
from latsar_sync.service import daemon as daemon_module
from latsar_sync.store import accounts, queue

HOME = f"/programmes/{PROGRAMME}"
SARI, BUDI = "sari", "budi"
"""Two members of the committee."""
FORM = re.compile(r'<form method="post" action="([^"]+)".*?</form>', re.DOTALL)
BUTTON = re.compile(r"<button([^>]*)>\s*(.*?)\s*</button>", re.DOTALL)


class Hands(Protocol):
    """Somebody at a page."""

    def open(self, path: str) -> None:
        """Open a page by its address, or load it again."""

    def follow(self, text: str) -> None:
        """Follow the first link whose text has this in it."""

    def press(self, button: str, **fields: str | tuple[str, bytes]) -> None:
        """Fill in the form of a button, with the content of a file by its name, and press it."""

    def read(self) -> str:
        """Return what can be read."""

    def save(self, address: str) -> bytes:
        """Download what the first link whose address has this in it leads to."""

    def grave_findings(self) -> list[str]:
        """Return what axe minds about the page, where it can look."""


class InChromium:
    """Somebody at a real browser."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def open(self, path: str) -> None:
        self.page.goto(path)

    def follow(self, text: str) -> None:
        self.page.locator("main a", has_text=text).first.click()

    def press(self, button: str, **fields: str | tuple[str, bytes]) -> None:
        pressed = self.page.get_by_role("button", name=button, exact=True).first
        form = self.page.locator("form", has=pressed).first
        for name, value in fields.items():
            field = form.locator(f"[name='{name}']")
            if isinstance(value, tuple):
                field.set_input_files({"name": value[0], "mimeType": "text/csv", "buffer": value[1]})
            elif field.evaluate("field => field.tagName") == "SELECT":
                field.select_option(value)
            else:
                field.fill(value)
        pressed.click()

    def read(self) -> str:
        return self.page.locator("body").inner_text()

    def save(self, address: str) -> bytes:
        with self.page.expect_download() as begun:
            self.page.locator(f"a[href*='{address}']").first.click()
        return begun.value.path().read_bytes()

    def grave_findings(self) -> list[str]:
        return grave_findings(self.page)


class WithoutScripts:
    """Somebody whose browser shows HTML and sends forms, and nothing else."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def open(self, path: str) -> None:
        self.page = self.client.get(path)

    def follow(self, text: str) -> None:
        links = re.findall(r'<a[^>]*href="([^"]+)"[^>]*>(.*?)</a>', self.page.text, re.DOTALL)
        shown = [address for address, said in links if text in _shown(said)]
        assert shown, f"no link says {text}: {self.read()}"
        self.open(unescape(shown[0]))

    def press(self, button: str, **fields: str | tuple[str, bytes]) -> None:
        pressed = [
            (form, attributes)
            for form in FORM.finditer(self.page.text)
            for attributes, text in BUTTON.findall(form[0])
            if _shown(text) == button
        ]
        assert pressed, f"no button says {button}: {self.read()}"
        form, attributes = pressed[0]
        sent = [each for each in re.findall(r"<input ([^>]+)>", form[0]) if 'type="hidden"' in each]
        data = {_attribute(each, "name"): _attribute(each, "value") for each in sent}
        if 'name="' in attributes:
            data[_attribute(attributes, "name")] = _attribute(attributes, "value")
        files = {name: value for name, value in fields.items() if isinstance(value, tuple)}
        data |= {name: value for name, value in fields.items() if isinstance(value, str)}
        self.page = self.client.post(unescape(form[1]), data=data, files=files or None)

    def read(self) -> str:
        return _shown(self.page.text)

    def save(self, address: str) -> bytes:
        [link, *_others] = [each for each in re.findall(r'href="([^"]+)"', self.page.text) if address in each]
        return self.client.get(unescape(link)).content

    def grave_findings(self) -> list[str]:
        return []


def _shown(html: str) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", html))).strip()


def _attribute(tag: str, name: str) -> str:
    found = re.search(rf'\b{name}="([^"]*)"', tag)
    return unescape(found[1]) if found else ""


def by_hand(hands: Hands, name: str) -> Hands:
    """Sign in by the form, in English as the configuration has it."""
    hands.open("/sign-in")
    hands.press("Sign in", name=name, password=PASSWORD)
    assert "Programmes" in hands.read()
    return hands


def wait_to_read(hands: Hands, path: str, text: str) -> str:
    """Load a page until it says something, and return what it says."""

    def look() -> str:
        hands.open(path)
        read = hands.read()
        return read if text in read else ""

    return wait_for(look, f"a page that says {text!r}")


@contextmanager
def until_the_run_has_ended(dashboard: Dashboard) -> Iterator[None]:
    """Wait, after the block that asks for a run, until that is done."""
    before = len(requests_of(dashboard.service.database, queue.DONE))
    yield
    wait_for(lambda: len(requests_of(dashboard.service.database, queue.DONE)) > before, "the end of the run")


@pytest.fixture(scope="module")
def dashboard(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    """Give a dashboard on which every seat waits for approval, with two members of the committee."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(daemon_module, "LOOK_EVERY_SECONDS", 0.05)
        patch.setattr(accounts, "_HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        folder = tmp_path_factory.mktemp("afternoon")
        with open_dashboard(folder, more='push = "confirmed"') as dashboard:
            with dashboard.service.database.writing() as connection:
                for name in (SARI, BUDI):
                    account = Account(
                        name,
                        Role.PANITIA,
                        (PROGRAMME,),
                        None,
                        "uji",
                        datetime.now(UTC),
                        has_password=True,
                        has_token=False,
                    )
                    accounts.add_account(connection, account, PASSWORD)
            yield dashboard


def afternoon(dashboard: Dashboard, sari: Hands, budi: Hands, angkatan: str, astray: str, on_paper: str) -> None:
    """Go through it: ``astray`` is in no angkatan of the MOOC or in two, ``on_paper`` has no grade there."""
    people = dashboard.service.participants()
    by_hand(sari, SARI)
    sari.follow("Latsar CPNS Golongan III 2026")
    assert "Held: " in sari.read()
    for needed in ("wait for approval", "need follow-up for another reason", "belong to no angkatan"):
        assert needed in sari.read()

    # whoever needs somebody
    sari.open(HOME)
    sari.follow("need follow-up for another reason")
    sari.follow(str(people[astray]["name"]))
    sari.press("Move", to=angkatan, why="Surat BKD 9/2026")
    assert "Recorded." in sari.read()

    # scores on paper, by two
    sari.follow("Latsar CPNS Golongan III 2026")
    sari.open(f"{HOME}/imports")
    sari.press("Look at it", file=("nilai.csv", f"NIP;Nilai\r\n{on_paper};82,5\r\n".encode()))
    assert "82.5" in sari.read()
    sari.press("Import it")
    sari.open(f"{HOME}/imports")
    sari.follow("Look at them, and confirm")
    assert "Confirm the scores" not in sari.read()
    by_hand(budi, BUDI)
    budi.open(HOME)
    budi.follow("imported file waits for a second person")
    budi.follow("Look at them, and confirm")
    budi.press("Confirm the scores")
    assert "Confirmed. The next run judges by these scores." in budi.read()

    # the run that a guard held: it takes what was decided, too
    sari.open(HOME)
    sari.follow("Look at it")
    assert "Accept these findings" not in sari.read()
    sari.press("Show what would be sent")
    assert "Nobody would be enrolled." in wait_to_read(sari, f"{HOME}/runs", "Accept these findings")
    assert sari.grave_findings() == []
    with until_the_run_has_ended(dashboard):
        sari.press("Accept these findings")
    assert f"accepted by {SARI}" in wait_to_read(sari, f"{HOME}/runs", "Nothing is under way.")
    assert dashboard.service.participants()[on_paper]["outcome"] == "qualified"

    assert dashboard.service.roster()[astray]["angkatan"] == angkatan

    # the roster: approved, sent, then fixed by a decree
    sari.open(HOME)
    sari.follow("wait for approval")
    sari.open(f"{HOME}/roster?angkatan={angkatan}")
    sari.press("Approve them all")
    assert "Check it once more" in sari.read()
    sari.press("Approve")
    sari.press("Check the decree", sk="800/117/BKD/2026", dated="2026-11-24")
    assert "wait for approval. Run “Sync now”" in " ".join(sari.read().split())
    sari.open(f"{HOME}/runs")
    with until_the_run_has_ended(dashboard):
        sari.press("Sync now")
    assert dashboard.service.roster()[astray]["state"] == "confirmed"
    sari.open(f"{HOME}/roster?angkatan={angkatan}")
    sari.press("Check the decree", sk="800/117/BKD/2026", dated="2026-11-24")
    assert "Check it once more" in sari.read()
    sari.press("Record the decree")
    assert "SK 800/117/BKD/2026" in sari.read()

    # what leaves the office
    assert sari.save("/documents/roster.pdf").startswith(b"%PDF")
    sari.open(f"{HOME}/people?decision=not_yet")
    assert sari.save("/chase.xlsx").startswith(b"PK")
    sari.open(f"{HOME}/letters")
    assert sari.save(".zip?institution=").startswith(b"PK")
    sari.press("Sign out")
    sari.open(HOME)
    assert "Password" in sari.read()


def hold_a_run(dashboard: Dashboard, to_pass: int) -> None:
    """Change what Moodle takes for a pass, which a guard minds, and run."""
    quiz = dashboard.campus.mooc.module_named("EVAL-AKADEMIK").quiz
    assert quiz is not None
    quiz.grade_to_pass = Decimal(to_pass)
    assert dashboard.service.run(full=True).run.outcome is RunOutcome.GUARDED


def test_a_committee_s_afternoon_in_a_browser(chromium: Browser, dashboard: Dashboard) -> None:
    hold_a_run(dashboard, 65)
    sari, budi = (dashboard.window(chromium) for _ in range(2))

    afternoon(dashboard, InChromium(sari), InChromium(budi), "I", str(CASES["no_angkatan"][0]),
              str(CASES["attempt_in_progress"][0]))  # fmt: skip
    for page in (sari, budi):
        page.context.close()


def test_the_same_afternoon_without_javascript(dashboard: Dashboard) -> None:
    hold_a_run(dashboard, 64)
    with (
        Client(base_url=dashboard.url, follow_redirects=True, timeout=PATIENCE) as sari,
        Client(base_url=dashboard.url, follow_redirects=True, timeout=PATIENCE) as budi,
    ):
        afternoon(dashboard, WithoutScripts(sari), WithoutScripts(budi), "II", str(CASES["two_angkatan"][0]),
                  str(CASES["attempt_in_progress"][1]))  # fmt: skip


def test_of_two_people_at_one_form_the_second_reads_what_is_new_and_keeps_what_they_typed(
    chromium: Browser, dashboard: Dashboard
) -> None:
    """The same person, the roster that holds them, and an import; each opened by both before one of them decides."""
    whom = str(CASES["name_multibyte"][0])
    sari, budi = (dashboard.window(chromium, name) for name in (SARI, BUDI))
    sari.goto(f"{HOME}/imports")
    moved = f"NIP;Angkatan\r\n{whom};II\r\n".encode()
    InChromium(sari).press("Look at it", file=("pindah.csv", moved))
    of_the_import = sari.url
    open_to_budi = {each: budi.context.new_page() for each in (f"{HOME}/roster?angkatan=III", of_the_import)}
    for address, page in open_to_budi.items():
        page.goto(address)
    of_roster, of_import = open_to_budi.values()
    for page in (sari, budi):
        page.goto(dashboard.person(whom))

    InChromium(sari).press("Hold back", reason="Sedang sakit")
    expect(sari.get_by_text(f"Held by {SARI}: Sedang sakit")).to_be_visible()
    InChromium(budi).press("Admit against the rule", reason="Putusan rapat")
    expect(budi.get_by_role("alert")).to_contain_text(f"{SARI}")
    expect(budi.locator("#why")).to_have_value("Putusan rapat")

    InChromium(of_roster).press("Check the decree", sk="800/9/BKD/2026", dated="2026-11-24")
    expect(of_roster.get_by_role("alert")).to_contain_text("Désirée")
    expect(of_roster.locator("#sk")).to_have_value("800/9/BKD/2026")

    sari.goto(of_the_import)
    InChromium(sari).press("Set it aside", why="Salah berkas")
    InChromium(of_import).press("Import it", why="Surat 9/2026")
    expect(of_import.get_by_role("alert")).to_contain_text("does not wait any more")
    expect(of_import.get_by_text("Surat 9/2026")).to_be_visible()  # the form is gone: what was typed is not
    for page in (sari, budi):
        page.context.close()
