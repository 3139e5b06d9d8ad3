"""Two people at one form while a run is under way: every form by ``every_form.py``, the second of them in Chromium.

Both open it. The first sends it, and is heard, run or no run. Then the second does, before whom stands what is no more.
With ``LATSAR_EVERY_WAY=1`` the first has a window of Chromium too, and forms are tried that nothing makes stale.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pytest
from acting_office import FilledForm, Office, Post
from argon2 import PasswordHasher
from browsing import PATIENCE
from dashboard import HOME
from dashboard import Browser as InProcess
from every_form import BECAME, BESIDE, NEVER_STALE, forms_of, routes_of_forms
from hands import ByTouch
from playwright.sync_api import Browser, Page
from service import PROGRAMME

from latsar_sync.service import chase_mail
from latsar_sync.store import accounts
from latsar_sync.store.leases import Lease
from latsar_sync.web import certificates, setup
from latsar_sync.web.server import WebServer

EVERY_WAY = bool(os.environ.get("LATSAR_EVERY_WAY"))
SMALL: Any = {"width": 640, "height": 400}
"""Less of a page is painted: how they look is looked at elsewhere."""
IN_OWN_WORDS = ("reason", "why", "legal_basis", "sk")
"""What the first of the two types otherwise than the second."""
ONCE_ENOUGH = {"/accounts/sign-out": "0 sessions of budi have ended."}
"""Forms that take nothing away from what the first did, and what they say then."""
NEW = {
    "/accounts/invite": "budi was invited anew, or has chosen a password",
    "/accounts/rights": "The rights of budi are now: administrator, everything.",
    "/accounts/remove": "There is no account budi any more.",
    "/accounts/token": "The token of budi is another one now",
    "/accounts/token/end": "The token of budi is another one now, or works no more.",
    "/accounts": "There is an account Dewi Lestari already.",
    "/programmes/{name}/clearances": "This very document is on record already.",
    "/programmes/{name}/imports/layouts/forget": "somebody has let it be forgotten",
    "/programmes/{name}/imports/{number}/columns": "Somebody has told the columns of this file meanwhile.",
    "/programmes/{name}/letters/chase": "Nothing is left to be mailed for this occasion.",
}
"""What is new, where a refusal does not tell who did it."""
WAITS = "A run is under way: it"
AT_ONCE = (
    *("/programmes/{name}/accept", "/programmes/{name}/imports/{number}/columns", "/programmes/{name}/letters/chase"),
    *("/programmes/{name}/imports/layouts/forget", "/programmes/{name}/imports/{number}/dismiss"),
    *("/programmes/{name}/certificates/{number}/reject", "/privacy/destroy"),
)
"""Of the forms of programmes and their people: those that a run under way does not keep waiting."""
FILL_IN = """([to, fields]) => {
  const wanted = Object.entries(fields).map(([name, value]) => [name, [value].flat()]);
  const named = (form, name) => [...form.elements].filter((each) => each.name === name);
  const is_meant = (form) => form.getAttribute("action") === to && wanted.every(([name, values]) =>
    named(form, name).every((each) => each.type !== "hidden" || values.includes(each.value)));
  const form = [...document.querySelectorAll("form[method=post]")].find(is_meant);
  if (!form) return `no form goes to ${to}`;
  let pressed = [...form.elements].find((each) => each.type === "submit");
  for (const [name, values] of wanted) {
    if (!named(form, name).length) return `it has no ${name}`;
    for (const each of named(form, name)) {
      if (each.type === "submit") pressed = values.includes(each.value) ? each : pressed;
      else if (each.type === "checkbox") each.checked = values.includes(each.value);
      else if (each.type !== "hidden") each.value = values[0];
    }
  }
  const refused = [...form.elements].find((each) => !each.checkValidity());
  if (refused) return `the browser refuses ${refused.name}`;
  pressed.click();
  return "";
}"""
"""Fills in the form that goes to an address, of several that with these hidden values, and presses its button."""
STANDS = """[...document.querySelectorAll("main input, main textarea, dd.typed")]
  .map((each) => each.value ?? each.textContent)"""


class Seat(Protocol):
    """Somebody who is signed in, with one form before them."""

    def open(self) -> None:
        """Open the page of the form."""

    def send(self, **fields: Any) -> int:
        """Fill the form in and send it; return the status of the page that follows."""

    def confirm(self) -> int:
        """Send what is shown once more."""

    def said(self) -> str:
        """Return what can be read on the page."""


@dataclass
class WithoutWindow:
    """Somebody whose pages nobody looks at."""

    browser: InProcess
    asked: FilledForm

    def open(self) -> None:
        self.browser.get(self.asked.page)

    def send(self, **fields: Any) -> int:
        self.browser.post(self.asked.to, **fields)
        return self.browser.page.status_code

    def confirm(self) -> int:
        self.browser.confirm()
        return self.browser.page.status_code

    def said(self) -> str:
        return self.browser.text


@dataclass
class AtAWindow:
    """Somebody at a window of Chromium."""

    page: Page
    asked: FilledForm

    def open(self) -> None:
        self.page.goto(self.asked.page, wait_until="domcontentloaded")

    def send(self, **fields: Any) -> int:
        if self.asked.file:
            name, content = self.asked.file
            file: Any = {"name": name, "mimeType": "application/octet-stream", "buffer": content}
            self.page.locator(f"form[action='{self.asked.to}'] [type=file]").set_input_files([file])
        with self.page.expect_navigation(wait_until="domcontentloaded") as following:
            amiss = self.page.evaluate(FILL_IN, [self.asked.to, fields])
            assert not amiss, f"{self.asked.page}: {amiss}"
        assert following.value is not None
        return following.value.status

    def confirm(self) -> int:
        assert "Check it once more" in self.said(), self.said()
        return self.send(checked="yes")

    def said(self, part: str = "main") -> str:
        """Return what can be read on a part of the page."""
        return " ".join((self.page.locator(part).first.text_content() or "").split())


@pytest.fixture(scope="module")
def office(one_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """Give the office with something to act upon for each form."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(accounts, "_HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        patch.setattr(chase_mail.smtplib, "SMTP", Post)
        patch.setattr(setup, "examine", lambda *_: [])
        patch.setattr(certificates, "pictures_of", lambda *_: ([], 0))
        office = Office(one_run, tmp_path_factory.mktemp("office"))
        yield office
        office.close()


@pytest.fixture(scope="module")
def windows(chromium: Browser, office: Office) -> Iterator[dict[str, Page]]:
    """Give each account a window of its own, in which it is signed in."""
    with WebServer(office.dashboard.app, "127.0.0.1", 0) as server:
        url, found = f"http://127.0.0.1:{server.port}", {}
        for name in ("sari", "rina", "wati"):
            context = chromium.new_context(base_url=url, viewport=SMALL, has_touch=True, reduced_motion="reduce")
            context.set_default_timeout(PATIENCE * 1000)
            kept = office.browsers[name].client.cookies.items()
            context.add_cookies([{"name": key, "value": value, "url": url} for key, value in kept])
            found[name] = context.new_page()
        yield found
        for page in found.values():
            page.context.close()


FORMS = [each for each in routes_of_forms() if each not in BESIDE and (EVERY_WAY or each not in NEVER_STALE)]


@pytest.mark.parametrize("route", FORMS)
def test_of_two_at_a_form_the_first_is_heard_during_a_run_and_the_second_reads_what_is_new(
    office: Office, windows: dict[str, Page], route: str
) -> None:
    asked = forms_of(office)[route]
    office.put_back()
    if asked.first:
        asked.first(office)
    second = AtAWindow(windows[asked.by], asked)
    first: Seat = AtAWindow(windows["wati"], asked) if EVERY_WAY else WithoutWindow(office.browsers["wati"], asked)
    otherwise = {name: BECAME for name in IN_OWN_WORDS if asked.fields.get(name) in asked.typed}
    with Lease(office.service.database, PROGRAMME, office.dashboard.clock):
        second.open()
        first.open()
        if asked.checked:
            second.send(**asked.fields)
        before = office.state()
        status = first.send(**asked.fields | otherwise)
        status = first.confirm() if asked.checked else status
        heard = office.state()
        assert (status, heard != before) == (200, asked.records), first.said()
        if asked.meanwhile and route.startswith("/p"):
            assert (WAITS in first.said()) is (route not in AT_ONCE)

        status = second.confirm() if asked.checked else second.send(**asked.fields)

        if asked.meanwhile and route not in ONCE_ENOUGH:
            assert status in (400, 409), second.said()
            said = second.said("#refusal")
            assert NEW.get(route, "wati") in said, said
            assert set(asked.typed) <= set(second.page.evaluate(STANDS))
            assert office.state() == heard
        else:
            assert status == 200, second.said()
            assert ONCE_ENOUGH.get(route, "") in second.said()


def test_who_lacks_a_document_stands_in_the_list_of_an_angkatan_until_it_is_recorded(
    office: Office, windows: dict[str, Page]
) -> None:
    office.put_back()
    sari = ByTouch(windows["sari"])
    assert "lack nothing" in sari.open(f"{HOME}/clearances")
    said = sari.press("Show", angkatan="I", only="missing")
    assert "\u2715 missing" in said
    name = sari.page.locator("tbody .name a").first.inner_text()
    nip = "".join(sari.page.locator("tbody [data-label=NIP]").first.inner_text().split())[-18:]
    paper = {"number": "RS 5", "issuer": "RSUD Pati", "issued": "2026-01-05", "valid_until": "2027-01-05"}
    assert "RS 5" in sari.press("Record", kind="surat_sehat", nip=nip, **paper)

    sari.press("Show", angkatan="I", only="")
    row = sari.page.locator("tbody tr", has_text=name).first.inner_text()
    assert "\u2713 until 5 Jan 2027" in " ".join(row.split())
