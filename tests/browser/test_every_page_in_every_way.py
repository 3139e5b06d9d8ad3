"""Every page by the keyboard alone or by touch on a phone without scripts, while a run is under way.

``LATSAR_EVERY_WAY=1`` tries each in all four ways: by keyboard and by touch, with scripts and without. The flows
(``flows.py``) are told once; a page without one is refused.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from acting_office import Post
from argon2 import PasswordHasher
from browsing import ALMOST, PASSWORD, PATIENCE, PHONE, RATNA, Dashboard, open_dashboard
from dashboard import OTHER
from dashboard import Dashboard as InProcess
from fastapi.routing import APIRoute
from flows import BESIDE, BUDI, HOME, ROWS, SARI, Visit
from flows_of_decisions import DECISIONS
from hands import ByKeyboard, ByTouch, Hand
from playwright.sync_api import Browser, expect
from service import PROGRAMME, may_write_to_anybody
from unattended import daemon_at_work, requests_of, wait_for

from latsar_sync.actions import overrides
from latsar_sync.demo import CASES
from latsar_sync.demo.cases import people
from latsar_sync.domain.account import Role
from latsar_sync.service import chase_mail
from latsar_sync.service import daemon as daemon_module
from latsar_sync.settings import RetentionSettings, Settings
from latsar_sync.settings.angkatan import PlaceSettings
from latsar_sync.settings.institutions import InstitutionSettings, MailSettings
from latsar_sync.settings.judging import SourceSettings
from latsar_sync.settings.programmes import MessageSettings
from latsar_sync.store import accounts, queue
from latsar_sync.web.app import PAGES

MANY_FLOWS = 600.0
"""Seconds that a run may be held up while all go through their pages; more than they ever take."""
FLOWS = {**ROWS, **DECISIONS, **BESIDE}
BEFORE = "Decree and amendment"
IN_TURN = sorted(FLOWS, key=lambda name: (name != BEFORE, FLOWS[name].alone, name in ("Messages", "Runs")))
"""One before any run is under way, then those that go while one is; two of them let it end."""
WITHOUT_SCRIPTS = {"java_script_enabled": False}
ON_A_PHONE = {"viewport": PHONE, "has_touch": True, "is_mobile": True}
WAYS: dict[str, tuple[Callable[..., Hand], dict[str, Any]]] = {
    "keyboard": (ByKeyboard, {}),
    "phone without scripts": (ByTouch, ON_A_PHONE | WITHOUT_SCRIPTS),
    "keyboard without scripts": (ByKeyboard, WITHOUT_SCRIPTS),
    "phone": (ByTouch, ON_A_PHONE),
}
KEYBOARD, TOUCH, *_OTHERS = WAYS
"""These two have everything between them: scripts and none, keyboard and touch, a screen and a phone."""
USUAL = [(TOUCH if FLOWS[name].touch else KEYBOARD, name) for name in IN_TURN]
TRIED = [(way, name) for way in WAYS for name in IN_TURN if os.environ.get("LATSAR_EVERY_WAY") or (way, name) in USUAL]
ROWS_OF_THE_CONTRACT = [
    "Programmes",
    "Overview",
    "Participants",
    "One person",
    "Roster",
    "Imports",
    "Runs",
    "Held run",
    "Threshold",
    "Papers",
    "Messages",
    "Page of a course",
    "Accounts",
    "Personal data",
    "Set-up and health",
]
CONNECTIONS_OF_A_BROWSER = 6
"""That it opens to one host; live progress keeps one of them."""
FOUND_NIP = str(CASES["name_multibyte"][0])
NO_PAGE = {
    "/": "leads to the first page of an account",
    "/programmes/{name}/progress": "what the page of runs listens to",
    "/programmes/{name}/certificates/{number}/document": "a file",
    "/privacy/reports/{number}": "a file",
    "/assets/{name}": "how a page looks",
}
"""Routes that are asked for by an address, and show no page."""


@dataclass
class Office:
    """A dashboard with something to do on every page, which each way of going through it finds as it was."""

    dashboard: Dashboard
    chromium: Browser
    hand: Hand | None = None
    at_it: str | None = None
    cookies: dict[str | None, Any] = field(default_factory=dict)
    held_up: AbstractContextManager[Any] | None = None
    campus: bytes | None = None
    way: str | None = None
    at_work: ExitStack = field(default_factory=ExitStack)
    shown: set[str] = field(default_factory=set)
    """The routes of the pages that were opened since the last flow."""

    def go_by(self, way: str) -> None:
        """Go through the pages in a way from now on: all is put back to what it was, and a daemon works."""
        if way != self.way:
            self.leave()
            self.begin()
            self.at_work.enter_context(daemon_at_work(self.dashboard.service, lambda: datetime.now(UTC)))
            self.sit_down(way)
            self.way = way

    def leave(self) -> None:
        """Let everything come to its end that a way had begun."""
        if self.way is not None:
            assert self.hand is not None
            self.let_go()
            self.hand.page.context.close()
            self.at_work.close()
            self.way = None

    def sit_down(self, way: str) -> None:
        """Open a window at a device."""
        kind, how = WAYS[way]
        context = self.chromium.new_context(base_url=self.dashboard.url, reduced_motion="reduce", **how)
        context.set_default_timeout(PATIENCE * 1000)
        page = context.new_page()
        page.on("framenavigated", lambda frame: self.shown.add(route_of(frame.url)))
        self.at_it, self.cookies, self.hand = None, {}, kind(page, scripts=how.get("java_script_enabled", True))

    def by(self, name: str | None, left_by: str | None = None) -> Hand:
        """Let somebody else sit down at the device, in a session of their own: signed in, or not yet."""
        assert self.hand is not None
        context = self.hand.page.context
        if name == self.at_it and name is not None:
            return self.hand
        self.cookies[left_by or self.at_it] = context.cookies()
        context.clear_cookies()
        self.at_it = name
        if name in self.cookies and name is not None:
            context.add_cookies(self.cookies[name])  # type: ignore[arg-type]
        elif name is not None:
            assert context.request.post("/sign-in", form={"name": name, "password": PASSWORD}).ok
        return self.hand

    def begin(self) -> None:
        """Put database and campus back to what they were when the office was furnished."""
        dashboard = self.dashboard
        dashboard.service.begin_after(f"furnished in {dashboard.url}", lambda _service: furnish(dashboard))
        if self.campus is None:
            self.campus = dashboard.campus.saved()
        dashboard.campus.put_back(self.campus)

    def let_a_run_be_under_way(self) -> None:
        """Let a run come as far as its first write, and hold it up there until it is let go."""
        if self.held_up is not None:
            return
        self.held_up = self.dashboard.held_up_at_a_write(MANY_FLOWS)
        self.held_up.__enter__()
        settings, database = self.dashboard.service.settings, self.dashboard.service.database
        rows = self.dashboard.service.roster().values()
        who = next(row["participant_id"] for row in rows if row["roster_reason"] == "awaiting_approval")
        overrides.approve(settings, database, lambda: datetime.now(UTC), PROGRAMME, None, RATNA, [who])
        queue.ask(database, PROGRAMME, "incremental", "", RATNA, datetime.now(UTC))
        wait_for(lambda: requests_of(database, queue.RUNNING), "a run that is under way")

    def let_go(self) -> None:
        """Let the run that is under way go on, and wait for the end of all that were asked for."""
        if self.held_up is not None:
            self.held_up.__exit__(None, None, None)
            self.held_up = None
        database = self.dashboard.service.database
        wait_for(lambda: not requests_of(database, queue.QUEUED, queue.RUNNING), "the end of the runs")


def page_routes() -> list[APIRoute]:
    """Return the routes of all that is asked for by an address."""
    routes = [route for group in PAGES for route in group.router.routes if isinstance(route, APIRoute)]
    return [route for route in routes if "GET" in route.methods and "." not in route.path]


def route_of(url: str) -> str:
    """Return the route of an address; empty for what is none of ours."""
    path = "/" + url.partition("://")[2].partition("/")[2].partition("?")[0].partition("#")[0]
    return next((each.path for each in page_routes() if each.path_regex.match(path)), "")


def furnished(settings: Settings, folder: Path) -> Settings:
    """Return settings with everything that a page may need, and a programme of files beside that ended long ago."""
    [own] = settings.programmes
    sends = next(each.identity.institution for each in people() if each.identity.nip == ALMOST)
    over = tuple(each.model_copy(update={"ends": date(2020, 1, 31)}) for each in own.angkatan)
    own = own.model_copy(
        update={
            "messages": MessageSettings(reminders=(3,)),
            "places": (PlaceSettings(name="Barat"), PlaceSettings(name="Timur")),
        }
    )
    by_files = {"id": OTHER, "title": "Latsar 2020", "angkatan": over, "source": SourceSettings(kind="import")}
    return settings.model_copy(
        update={
            "sites": {
                name: each.model_copy(update={"read_timeout": MANY_FLOWS}) for name, each in settings.sites.items()
            },
            "programmes": (own, own.model_copy(update=by_files)),
            "service": settings.service.model_copy(update={"backup_folder": folder / "copies"}),
            "retention": RetentionSettings(access_log=12, legal_basis="UU 27/2022"),
            "institutions": (InstitutionSettings(name=sends, email="diklat@uji.example.go.id"),),
            "mail": MailSettings(host="smtp.uji.example.go.id", sender="latsar@uji.example.go.id"),
        }
    )


def furnish(dashboard: Dashboard) -> None:
    """Let angkatan I be in class, one of II have a seat that was not sent yet, and the rest wait for approval."""
    at_work = InProcess(dashboard.service, lambda: datetime.now(UTC))
    for name in (SARI, BUDI):
        at_work.add(name, Role.PANITIA, programmes=(PROGRAMME,))
    sari, ratna = at_work.browser(SARI), at_work.browser(RATNA)
    sari.get(f"{HOME}/roster?angkatan=I")
    sari.post(f"{HOME}/approve", everybody="yes")
    dashboard.service.run(programmes=(PROGRAMME,))
    ratna.get(f"/programmes/{OTHER}/roster")


@pytest.fixture(scope="module")
def ready(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """Give the office as it was furnished, and what it then looked like."""
    folder = tmp_path_factory.mktemp("office")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(daemon_module, "LOOK_EVERY_SECONDS", 0.2)
        patch.setattr(accounts, "_HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        patch.setattr(chase_mail.smtplib, "SMTP", Post)
        complete = partial(furnished, folder=folder)
        with open_dashboard(
            folder,
            more='push = "confirmed"',
            furnished=complete,
            with_daemon=False,
            changes=[may_write_to_anybody],
        ) as dashboard:
            office = Office(dashboard, chromium)
            yield office
            office.leave()


@pytest.mark.parametrize(("way", "name"), TRIED)
def test_what_a_page_is_for_is_done_to_the_end(ready: Office, way: str, name: str) -> None:
    flow = FLOWS[name]
    ready.go_by(way)
    ready.let_go() if flow.alone else ready.let_a_run_be_under_way()
    ready.shown.clear()

    flow.go(Visit(ready.dashboard, ready.by, ready.let_go))

    assert set(flow.shows) <= ready.shown


def test_every_row_of_the_contract_and_every_page_has_its_flow() -> None:
    routes = {route.path for route in page_routes()}

    assert sorted(ROWS) == sorted(ROWS_OF_THE_CONTRACT)
    assert routes == {each for flow in FLOWS.values() for each in flow.shows} | set(NO_PAGE)


def test_any_number_of_pages_may_lie_open_behind_the_one_that_is_looked_at(ready: Office) -> None:
    page = ready.dashboard.window(ready.chromium, RATNA)
    for _ in range(CONNECTIONS_OF_A_BROWSER):
        behind = page.context.new_page()
        behind.goto(f"{HOME}/runs")
        behind.evaluate("""() => {
            Object.defineProperty(document, "hidden", { value: true });
            document.dispatchEvent(new Event("visibilitychange"));
        }""")
    page.goto(f"{HOME}/runs")
    expect(page.get_by_role("heading", name="Past runs")).to_be_visible()
    page.context.close()
