"""What the committee does at the dashboard, in real Chromium."""

from collections.abc import Iterator

import pytest
from browsing import ALMOST, KEPALA, RATNA, TITLE, WALI, Dashboard, sign_in
from playwright.sync_api import Browser, Page, expect
from service import PROGRAMME

HOME = f"/programmes/{PROGRAMME}"


@pytest.fixture
def ratna(chromium: Browser, dashboard: Dashboard) -> Iterator[Page]:
    """Give the window of an administrator who has just signed in."""
    page = dashboard.window(chromium, RATNA)
    yield page
    page.context.close()


def test_a_wrong_password_is_said_and_the_right_one_opens_the_programmes(
    chromium: Browser, dashboard: Dashboard
) -> None:
    page = dashboard.window(chromium)
    page.goto(HOME)
    expect(page).to_have_url(f"{dashboard.url}/sign-in")

    sign_in(page, RATNA, "salah")
    expect(page.get_by_role("alert")).to_have_text("Name or password is wrong.")
    expect(page.get_by_label("Name")).to_have_value(RATNA)

    sign_in(page, RATNA)
    expect(page.get_by_role("link", name=TITLE)).to_be_visible()
    expect(page.get_by_role("img", name=TITLE)).to_be_visible()

    page.get_by_role("button", name="Sign out").click()
    page.goto(HOME)
    expect(page).to_have_url(f"{dashboard.url}/sign-in")
    page.context.close()
