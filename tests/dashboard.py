"""The dashboard as its tests use it: a service with one run behind it, accounts, and somebody at a browser."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import unescape
from typing import Any

from fastapi import FastAPI
from httpx2 import Response
from service import PROGRAMME, Service
from starlette.testclient import TestClient
from unattended import Clock

from latsar_sync.demo import CASES
from latsar_sync.domain.account import Account, Role
from latsar_sync.store import accounts, listings
from latsar_sync.store.access import Access, recorded_accesses
from latsar_sync.web.app import add_dashboard
from latsar_sync.web.context import PageContext
from latsar_sync.web.health import bare_app

PASSWORD = "kuda laut biru"  # made up
ADDRESS = "http://127.0.0.1:8750"
OTHER = "latsar-2026-ii"
"""A programme beside the one of the tests, in which nothing has happened."""
COMMITTEE_PAGES = [
    "",
    "/people",
    "/roster",
    "/roster?angkatan=-",
    "/clearances",
    "/imports",
    "/certificates",
    "/letters",
    "/priority",
    "/messages",
    "/runs",
    "/runs/1",
    "/threshold",
]
"""Those of one programme, below ``HOME``."""
HOME = f"/programmes/{PROGRAMME}"
PAGES = ["", "/people", "/roster", "/runs", "/threshold", "/threshold?value=99"]
PASSED, MISSED = str(CASES["passed"][0]), str(CASES["score_69_99999"][0])


@dataclass
class Browser:
    """Somebody at a browser without JavaScript: opens pages, fills in the forms that stand there."""

    client: TestClient
    page: Response = field(init=False)

    def get(self, address: str, **how: Any) -> str:
        """Open a page and return its text."""
        self.page = self.client.get(address, **how)
        return self.text

    def post(self, address: str, csrf: str | None = None, **fields: Any) -> str:
        """Send a form as it stands on the page that is open, filled in, and return the text of the page that follows.

        Of a form that does not stand there only the token is known.
        """
        token = self.token if csrf is None else csrf
        data: dict[str, Any] = {**self.hidden(address, fields), "csrf": token, **fields}
        self.page = self.client.post(address, data=data)
        return self.text

    def hidden(self, address: str, fields: Mapping[str, Any] | None = None) -> dict[str, list[str]]:
        """Return what the form on the open page that goes to an address carries along unseen.

        Of several it is the one that carries what ``fields`` says, else the first.
        """
        forms = re.findall(rf'<form method="post" action="{re.escape(address)}".*?</form>', self.page.text, re.DOTALL)
        carried = [self._carried_by(each) for each in forms]
        told = {name: [value] for name, value in (fields or {}).items()}
        fitting = (each for each in carried if all(each[name] == told.get(name, each[name]) for name in each))
        return next(fitting, carried[0] if carried else {})

    @staticmethod
    def _carried_by(form: str) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for name, value in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', form):
            found.setdefault(name, []).append(unescape(value))
        return found

    def confirm(self) -> str:
        """Send the form on the page where an answer is checked, and return the text of the page that follows."""
        [address] = re.findall(r'<form method="post" action="([^"]+)"(?=[^>]*>(?:(?!</form>).)*name="checked")',
                               self.page.text, re.DOTALL)  # fmt: skip
        return self.post(unescape(address))

    def sign_in(self, name: str, password: str = PASSWORD) -> str:
        """Sign in and return the text of the first page."""
        self.page = self.client.post("/sign-in", data={"name": name, "password": password})
        return self.text

    @property
    def text(self) -> str:
        """What can be read on the page."""
        return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", self.page.text)))

    @property
    def token(self) -> str:
        """The token that the forms of the page carry; empty where there is none."""
        found = re.search(r'name="csrf" value="([^"]+)"', self.page.text)
        return found[1] if found else ""

    def in_english(self) -> "Browser":
        """Choose English, and return itself."""
        self.client.post("/look", data={"language": "en"})
        return self

    def links(self, part: str) -> list[str]:
        """Return the addresses on the page that have this part."""
        return [unescape(each) for each in re.findall(r'href="([^"]+)"', self.page.text) if part in each]


@dataclass
class Dashboard:
    """The pages over a service, by a clock that a test moves."""

    service: Service
    clock: Clock
    app: FastAPI = field(init=False)

    def __post_init__(self) -> None:
        settings, database = self.service.settings, self.service.database
        self.app = add_dashboard(bare_app(settings, database, self.clock), PageContext(settings, database, self.clock))

    def add(self, name: str, role: Role = Role.ADMIN, **bounds: tuple[str, ...]) -> None:
        """Add an account; ``programmes`` and ``courses`` bind it."""
        account = Account(
            name,
            role,
            bounds.get("programmes"),
            bounds.get("courses"),
            "uji",
            self.clock(),
            has_password=True,
            has_token=False,
        )
        with self.service.database.writing() as connection:
            assert accounts.add_account(connection, account, PASSWORD)

    def browser(self, name: str | None = None, **how: Any) -> Browser:
        """Return a new browser, signed in if a name is given."""
        browser = Browser(TestClient(self.app, **{"base_url": ADDRESS, "raise_server_exceptions": True, **how}))
        if name is not None:
            browser.sign_in(name)
        return browser

    def id_of(self, nip: str) -> str:
        """Return the internal id of a participant."""
        programmes = [each.id for each in self.service.settings.programmes]
        with self.service.database.reading() as connection:
            [row] = listings.participant_rows(connection, programmes, nip)
        return str(row["participant_id"])

    def accesses(self) -> list[Access]:
        """Return the access log, newest first."""
        with self.service.database.reading() as connection:
            return recorded_accesses(connection, [], 1000)
