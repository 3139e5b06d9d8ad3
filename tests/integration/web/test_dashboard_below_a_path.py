"""The dashboard below a path of an existing host: every link, form, asset, redirect and cookie stays below it."""

import json
import re
from dataclasses import replace
from html import unescape

import pytest
from dashboard import HOME, PAGES, PASSED, Browser, Dashboard
from service import PROGRAMME, Service
from starlette.testclient import TestClient
from starlette.types import ASGIApp, Receive, Scope, Send
from unattended import Clock

from latsar_sync.settings.addresses import PAGES as OWN

PREFIX = "/latsar"
PUBLIC = f"https://sdm.example.go.id{PREFIX}"


class Proxy:
    """What stands before the dashboard on the host: below its path it passes on, with or without the path."""

    def __init__(self, app: ASGIApp, strips: bool) -> None:
        self._app, self.strips = app, strips

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what belongs to the dashboard; the rest of the host is somebody else's."""
        path = scope["path"]
        assert path == PREFIX or path.startswith(PREFIX + "/"), f"{path} is not the dashboard's"
        inner = path.removeprefix(PREFIX) or "/" if self.strips else path
        await self._app({**scope, "path": inner, "raw_path": inner.encode()}, receive, send)


@pytest.fixture(params=[True, False], ids=["stripped", "passed on"])
def rina(request: pytest.FixtureRequest, after_one_run: Service, quick_hashes: None) -> Browser:
    """Give an admin's browser before the dashboard below a path."""
    service = after_one_run.settings.service.model_copy(update={"public_url": PUBLIC})
    settings = after_one_run.settings.model_copy(update={"service": service})
    dashboard = Dashboard(replace(after_one_run, settings=settings), Clock())
    dashboard.add("rina")
    browser = Browser(TestClient(Proxy(dashboard.app, request.param), base_url=PUBLIC))
    browser.sign_in("rina")
    return browser


def addresses_on(page: str) -> set[str]:
    found = {unescape(each) for each in re.findall(r'(?:href|src|action|data-progress)="([^"#]+)"', page)}
    return {each for each in found if not each.startswith("http://127.0.0.1:")}  # the campus


def kind_of(address: str) -> str:
    """Return an address without the person or place in a list that it is about: of one kind one is followed."""
    return re.sub(r"(?<=/people/)\w{32}|(?<=at=)[0-9]+", "", address)


def test_every_address_on_every_page_leads_below_the_path_and_somewhere(rina: Browser) -> None:
    """Every filter and every part of a list is followed by way of one proxy: to the other they are the same."""
    assert isinstance(rina.client.app, Proxy)
    seen: dict[str, int] = {}
    followed = set[str]()
    person = next(each for each in addresses_on(rina.client.get(f"{HOME}/people").text) if "/people/" in each)
    for page in [*(HOME + page for page in PAGES), "/programmes", "/classes", person.removeprefix(PREFIX)]:
        answer = rina.client.get(page)
        assert answer.status_code == 200, page
        for address in addresses_on(answer.text):
            if address.startswith("http"):
                continue  # the way into Moodle
            assert address.startswith(f"{PREFIX}/"), f"{address} on {page}"
            if f'action="{address}"' in answer.text or ("data-progress" in answer.text and "progress" in address):
                continue
            kind = kind_of(address) if rina.client.app.strips else kind_of(address).partition("?")[0]
            if kind not in followed:
                followed.add(kind)
                seen[address] = rina.client.get(f"https://sdm.example.go.id{address}").status_code

    assert len(seen) > (60 if rina.client.app.strips else 40)
    assert {address: status for address, status in seen.items() if status != 200 and "/documents/" not in address} == {}


def test_redirects_forms_cookies_and_the_way_back_stay_below_the_path(rina: Browser) -> None:
    stranger = TestClient(rina.client.app, base_url=PUBLIC)
    asked = stranger.get(HOME, follow_redirects=False)
    slash = rina.client.get("/programmes/", follow_redirects=False)
    rina.get(f"{HOME}/people")
    looked = rina.client.post(
        "/look", data={"language": "en", "back": f"{HOME}/people?state=review"}, follow_redirects=False
    )
    refused = rina.client.get("/programmes/nobody", headers={"referer": f"{PUBLIC}{HOME}/runs"})
    from_nowhere = rina.client.get("/programmes/nobody", headers={"referer": "http://[x/runs"})
    synced = rina.post(f"{HOME}/sync", scope="incremental")

    assert asked.headers["location"] == f"{PREFIX}/sign-in?to=%2Fprogrammes%2F{PROGRAMME}"
    assert slash.headers["location"] == f"{PREFIX}/programmes"
    assert looked.headers["location"] == f"{PREFIX}{HOME}/people?state=review"
    assert "path=/latsar;" in looked.headers["set-cookie"].lower()
    assert f'href="{PREFIX}{HOME}/runs"' in refused.text
    assert from_nowhere.status_code == refused.status_code == 404
    assert str(rina.page.url) == f"{PUBLIC}{HOME}/runs"
    assert "Asked for" in synced


def test_the_api_says_where_it_is(rina: Browser) -> None:
    assert json.loads(rina.client.get("/api/v1/openapi.json").text)["servers"] == [{"url": f"{PREFIX}/api/v1"}]


def test_at_the_top_of_a_host_nothing_changes(dashboard: Dashboard) -> None:
    browser = dashboard.browser("rina")

    assert all(each.startswith(("/", "?")) for each in addresses_on(browser.client.get(HOME).text))
    listed = addresses_on(browser.client.get(f"{HOME}/people?size=200").text)
    assert any(each.startswith(f"/people/{dashboard.id_of(PASSED)}?") for each in listed)
    # not by the host, and by http where a proxy before it speaks TLS: passwords and tokens would go there in clear
    for address in ("/programmes", "/api/v1/"):
        almost = address.removesuffix("/") if address.endswith("/") else f"{address}/"
        assert browser.client.get(almost, follow_redirects=False).headers["location"] == address


def test_no_path_can_be_configured_that_the_dashboard_has_itself(dashboard: Dashboard) -> None:
    routes = {getattr(each, "path", "") for each in dashboard.app.routes}

    assert {each.split("/")[1] for each in routes if each.strip("/")} <= OWN
