"""What holds for every form, told once as a table: nothing typed is lost, a stale one does nothing, each is once.

The table is made from the routes of the pages: a form that is new stands in it, or it is said why not.
"""

from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from acting_office import FilledForm, Office, Post
from dashboard import PASSWORD, Browser
from every_form import BESIDE, NEVER_STALE, forms_of, routes_of_forms
from service import PROGRAMME

from latsar_sync.service import chase_mail
from latsar_sync.store.leases import Lease
from latsar_sync.web import certificates, setup


@pytest.fixture(scope="module")
def furnished(one_run: Path, tmp_path_factory: pytest.TempPathFactory, cheap_hashes: None) -> Iterator[Office]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chase_mail.smtplib, "SMTP", Post)
        patch.setattr(setup, "examine", lambda *_: [])
        patch.setattr(certificates, "pictures_of", lambda *_: ([], 0))  # what they look like: another test
        office = Office(one_run, tmp_path_factory.mktemp("office"))
        yield office
        office.close()


@pytest.fixture
def office(furnished: Office) -> Office:
    """Give the office with something to act upon for each form, as it was furnished."""
    furnished.put_back()
    return furnished


BAD = {
    " ": "{what} is empty.",
    "x" * 5000: "{what} is longer than",
    "a\x00b": "{what} holds characters that cannot be printed.",
}
WHOLLY = ("/people/{participant_id}/decide", "/programmes/{name}/letters/chase")
"""Forms that are tried with each of these; where the last two are refused is one place for all."""
FORMS = [each for each in routes_of_forms() if each not in BESIDE]
SHOWS_ANEW = {
    *("/programmes/{name}/selected", "/programmes/{name}/letters/chase"),
    *("/privacy/destroy", "/people/{participant_id}/merge"),
}
"""Forms of which what is checked is shown as it stands by then, and is what counts."""
every_form = pytest.mark.parametrize("route", FORMS)


def test_every_form_of_the_pages_stands_in_the_table(office: Office) -> None:
    assert set(routes_of_forms()) == forms_of(office).keys() | BESIDE.keys()
    assert {name for name, each in forms_of(office).items() if each.stale} == NEVER_STALE
    assert {name for name, each in forms_of(office).items() if not each.meanwhile} == NEVER_STALE


def opened(office: Office, asked: FilledForm) -> tuple[Browser, dict[str, Any]]:
    """Open the page of a form, and return the browser and what is sent with the form."""
    if asked.first:
        asked.first(office)
    browser = office.browsers[asked.by]
    browser.get(asked.page)
    hidden = browser.hidden(asked.to, asked.fields)
    assert hidden, f"no form to {asked.to} stands on {asked.page}"
    return browser, {**hidden, "csrf": browser.token, **asked.fields}


def post(browser: Browser, asked: FilledForm, form: dict[str, Any]) -> None:
    """Send a form."""
    browser.page = browser.client.post(asked.to, data=form, files={"file": asked.file} if asked.file else None)


def lost(browser: Browser, typed: list[str]) -> list[str]:
    """Return what was typed and stands nowhere on the page, to be sent again or copied."""
    page = unescape(browser.page.text)
    return [each for each in typed if f'value="{each}"' not in page and f'typed">{each}</dd>' not in page]


@every_form
def test_what_cannot_be_taken_does_nothing_and_comes_back_with_what_was_typed(office: Office, route: str) -> None:
    """By a field that cannot be kept, by an account that may only look, in another session, and after it is over."""
    asked = forms_of(office)[route]
    browser, form = opened(office, asked)
    before = office.state()

    name, what = asked.said or ("", "")
    for bad, said in list(BAD.items())[: 0 if not name else None if route in WHOLLY else 1]:
        post(browser, asked, {**form, name: bad})
        others = [each for each in asked.typed if each != asked.fields[name]]
        assert browser.page.status_code in (400, 422)
        assert said.format(what=what) in browser.text
        assert lost(browser, others) == []

    budi = office.browsers["budi"]
    post(budi, asked, {**form, "csrf": office.tokens["budi"]})
    assert (budi.page.status_code, lost(budi, asked.typed)) == (403, []), budi.text[:500]

    post(browser, asked, {**form, "csrf": "of another session"})
    assert (browser.page.status_code, lost(browser, asked.typed)) == (403, []), browser.text[:500]

    if asked.typed or asked.file:
        come_back_after_the_end(office, browser, asked, form)
    assert office.state() == before


def come_back_after_the_end(office: Office, browser: Browser, asked: FilledForm, form: dict[str, Any]) -> None:
    """Send a form when the session is over, sign in where that is asked for, and find it again."""
    office.dashboard.clock.go_on(hours=13)
    post(browser, asked, form)
    hidden = browser.hidden("/sign-in")
    assert hidden["to"] == [asked.page]
    browser.page = browser.client.post("/sign-in", data={**hidden, "name": asked.by, "password": PASSWORD})
    assert browser.page.url.path == asked.page.partition("?")[0]
    assert lost(browser, asked.typed) == []


@every_form
def test_a_stale_form_does_nothing_and_each_is_taken_once_also_while_a_run_is_under_way(
    office: Office, route: str
) -> None:
    """Stale: what it was about is another thing by now. Once: a double click, or the page before sent again."""
    asked = forms_of(office)[route]
    if asked.meanwhile and asked.checked and route not in SHOWS_ANEW:
        browser, form = opened(office, asked)
        asked.meanwhile(office)
        before = office.state()
        post(browser, asked, form)
        assert browser.page.status_code in (400, 409), browser.text[:500]
        assert lost(browser, asked.typed) == []
        assert office.state() == before
        office.put_back()
    if asked.meanwhile:
        browser, form = opened(office, asked)
        if asked.checked:
            post(browser, asked, form)
            form = {**browser.hidden(asked.to), "csrf": browser.token}
        asked.meanwhile(office)
        before = office.state()
        post(browser, asked, form)
        assert browser.page.status_code in (400, 409), browser.text[:500]
        assert lost(browser, asked.typed) == []
        assert office.state() == before
        office.put_back()

    browser, form = opened(office, asked)
    before = office.state()
    with Lease(office.service.database, PROGRAMME, office.dashboard.clock):
        post(browser, asked, form)
        if asked.checked:
            assert office.state() == before
            form = {**browser.hidden(asked.to), "csrf": browser.token}
            post(browser, asked, form)
        assert browser.page.status_code == 200, browser.text[:500]
        once = office.state()
        post(browser, asked, form)

        assert bool(once.items() - before.items()) is asked.records, once.items() - before.items()
        assert (office.state() != once) is bool(asked.again), browser.text[:500]
        assert browser.page.status_code == 200, browser.text[:500]


def test_two_thousand_pasted_nips_outlast_their_session_too(office: Office) -> None:
    asked = forms_of(office)["/programmes/{name}/selected"]
    browser, form = opened(office, asked)
    pasted = "\r\n".join(f"19850101 201001 1 {number:03}" for number in range(2000))

    come_back_after_the_end(office, browser, asked, {**form, "nips": pasted})

    assert pasted in unescape(browser.page.text)
