"""What holds for every form of an action, told once as a table: nothing typed is lost, stale forms do nothing, once."""

from collections.abc import Callable
from dataclasses import dataclass
from html import unescape
from typing import Any

import pytest
from dashboard import HOME, MISSED, PASSED, PASSWORD, Browser, Dashboard
from service import PROGRAMME

from latsar_sync.store.leases import Lease

REASON = "Surat dr. Sjaiful 7/2026"
RECORDED = (
    "overrides",
    "angkatan_moves",
    "clearances",
    "identity_actions",
    "finalisations",
    "thresholds",
    "place_choices",
)
"""What the actions below record; a row too many is an action that should not have been done."""
OTHER_NIP = "199001012025031001"


@dataclass(frozen=True)
class FilledForm:
    """A form: the page on which it stands, where it goes, what somebody fills in, and what another did meanwhile."""

    page: str
    form: str
    fields: dict[str, Any]
    meanwhile: str = "held"

    @property
    def typed(self) -> list[str]:
        """The texts that must stand in the form again."""
        return [value for name, value in self.fields.items() if isinstance(value, str) and name not in ("kind", "to")]


def forms_of(dashboard: Dashboard) -> dict[str, FilledForm]:
    """Return the forms by name."""
    one, person = f"/people/{dashboard.id_of(MISSED)}", {"nip": OTHER_NIP, "why": REASON}
    paper = {"kind": "surat_sehat", "nip": PASSED, "number": "N 12", "issuer": REASON}
    dates = {"issued": "2026-01-05", "valid_until": "2027-01-05"}
    decree = {"sk": "SK 9/2026", "dated": "2026-11-20"}
    many = {"who": [dashboard.id_of(PASSED)], "action": "hold", "why": REASON}
    return {
        "decide": FilledForm(one, f"{one}/decide", {"kind": "hold", "reason": REASON, "until": "2027-01-31"}),
        "move": FilledForm(one, f"{one}/move", {"to": "II", "why": REASON}),
        "nip": FilledForm(one, f"{one}/nip", person),
        "account": FilledForm(one, f"{one}/account", {"user": "4711", "why": REASON}),
        "selected": FilledForm(f"{HOME}/people", f"{HOME}/selected", many, ""),
        "clearances": FilledForm(f"{HOME}/clearances", f"{HOME}/clearances", {**paper, **dates}, ""),
        "finalise": FilledForm(f"{HOME}/roster?angkatan=I", f"{HOME}/finalise", decree, ""),
        "threshold": FilledForm(
            f"{HOME}/threshold?value=81", f"{HOME}/threshold", {"legal_basis": REASON}, "threshold"
        ),
    }


NAMES = ("decide", "move", "nip", "account", "selected", "clearances", "finalise", "threshold")


def another_decides(dashboard: Dashboard, what: str) -> None:
    """Let a second account do something about what the form has shown."""
    rina = dashboard.browser("rina")
    if what == "threshold":
        rina.get(f"{HOME}/threshold?value=82")
        rina.post(f"{HOME}/threshold", legal_basis="Rapat")
        rina.confirm()
    for nip in (MISSED, PASSED) if what == "held" else ():
        person = f"/people/{dashboard.id_of(nip)}"
        rina.get(person)
        rina.post(f"{person}/decide", kind="hold", reason="Rapat panitia")


def recorded(dashboard: Dashboard) -> list[int]:
    """Count what is recorded."""
    return [dashboard.service.count(each) for each in RECORDED]


def filled_in(browser: Browser, asked: FilledForm) -> dict[str, Any]:
    """Open the page of a form, and return what is sent with it."""
    browser.get(asked.page)
    return {**browser.hidden(asked.form), "csrf": browser.token, **asked.fields}


def lost(browser: Browser, asked: FilledForm) -> list[str]:
    """Return what was typed and stands in no field of the page."""
    page = unescape(browser.page.text)
    return [each for each in asked.typed if f'value="{each}"' not in page and f">{each}</textarea>" not in page]


def older_session(_dashboard: Dashboard, browser: Browser, asked: FilledForm) -> Browser:
    """Send a form of the session before this one."""
    form = filled_in(browser, asked)
    browser.sign_in("sari")
    browser.page = browser.client.post(asked.form, data=form)
    assert browser.page.status_code == 403
    return browser


def session_over(dashboard: Dashboard, browser: Browser, asked: FilledForm) -> Browser:
    """Send a form after the session has ended, and sign in again where that is asked for."""
    form = filled_in(browser, asked)
    dashboard.clock.go_on(hours=3)
    browser.page = browser.client.post(asked.form, data=form)
    assert browser.page.status_code == 401
    hidden = browser.hidden("/sign-in")
    browser.page = browser.client.post("/sign-in", data={**hidden, "name": "sari", "password": PASSWORD})
    return browser


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("way", [older_session, session_over])
def test_nothing_typed_is_lost_and_nothing_is_done(
    dashboard: Dashboard, sari: Browser, name: str, way: Callable[[Dashboard, Browser, FilledForm], Browser]
) -> None:
    asked, before = forms_of(dashboard)[name], recorded(dashboard)

    sari = way(dashboard, sari, asked)

    assert lost(sari, asked) == []
    assert recorded(dashboard) == before


@pytest.mark.parametrize("name", ["decide", "move", "nip", "account", "threshold"])
def test_a_form_about_something_else_by_now_does_nothing_says_what_and_keeps_what_was_typed(
    dashboard: Dashboard, sari: Browser, name: str
) -> None:
    asked = forms_of(dashboard)[name]
    form = filled_in(sari, asked)
    another_decides(dashboard, asked.meanwhile)
    before = recorded(dashboard)

    sari.page = sari.client.post(asked.form, data=form)
    if 'name="checked"' in sari.page.text:
        sari.confirm()

    assert sari.page.status_code == 409, sari.text[:300]
    assert "rina" in sari.text or "Rapat" in sari.text
    assert lost(sari, asked) == []
    assert recorded(dashboard) == before


def test_a_run_under_way_refuses_no_form_and_each_is_taken_once_however_often_it_is_sent(
    dashboard: Dashboard, sari: Browser
) -> None:
    """A double click, and the same form sent again from the page before, record nothing more."""
    refused, twice = {}, {}
    with Lease(dashboard.service.database, PROGRAMME, dashboard.clock):
        for name, asked in forms_of(dashboard).items():
            form = filled_in(sari, asked)
            sari.page = sari.client.post(asked.form, data=form)
            if 'name="checked"' in sari.page.text:
                form = {**sari.hidden(asked.form), "csrf": sari.token}
                sari.page = sari.client.post(asked.form, data=form)
            if sari.page.status_code != 200:
                refused[name] = sari.text[:200]
            once = recorded(dashboard)
            sari.page = sari.client.post(asked.form, data=form)
            if recorded(dashboard) != once or sari.page.status_code != 200:
                twice[name] = sari.text[:200]

    assert (refused, twice) == ({}, {})
    assert sum(recorded(dashboard)) == len(NAMES) + 1  # the threshold of the configuration was there before
