"""The dashboard for everybody: axe's rules on every page in both colourings, the keyboard alone, and no JavaScript."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from browsing import RATNA, Dashboard, every_page
from playwright.sync_api import Browser, Page, expect
from service import PROGRAMME

HOME = f"/programmes/{PROGRAMME}"
GRAVE = ("serious", "critical")


@pytest.fixture(scope="module", params=["light", "dark"])
def colouring(request: pytest.FixtureRequest, chromium: Browser, dashboard: Dashboard) -> Iterator[Page]:
    """Give a window in each of the colourings."""
    page = dashboard.window(chromium, RATNA)
    if request.param == "dark":
        page.get_by_role("button", name="Dark").click()
        expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    yield page
    page.context.close()


def grave_findings(page: Page) -> list[str]:
    """Return what axe finds serious or critical on the page that is open, a line each."""
    found = Axe().run(page).response["violations"]
    return [
        f"{each['id']} ({each['impact']}): {node['html'][:160]} {node['failureSummary']}"
        for each in found
        if each["impact"] in GRAVE
        for node in each["nodes"]
    ]


def test_axe_finds_nothing_serious_on_any_page(colouring: Page, dashboard: Dashboard) -> None:
    found = []
    for name, path in every_page(dashboard).items():
        colouring.goto(path)
        found += [f"{name}: {line}" for line in grave_findings(colouring)]
    if found:
        pytest.fail("\n".join(found))
