"""What the committee does at the dashboard, in real Chromium."""

import re
from collections.abc import Iterator

import pytest
from browsing import (
    ALMOST,
    FAILED,
    KEPALA,
    LEFT_ALONE,
    RATNA,
    TITLE,
    WALI,
    Dashboard,
    runs_on,
    sign_in,
)
from playwright.sync_api import Browser, Page, expect
from service import PROGRAMME

from latsar_sync.demo import CASES

HOME = f"/programmes/{PROGRAMME}"
CONNECTIONS_OF_A_BROWSER = 6
"""That it opens to one host; live progress keeps one of them."""
TO_HOLD = str(CASES["name_multibyte"][0])
"""Somebody of angkatan III who has passed."""


@pytest.fixture
def ratna(chromium: Browser, dashboard: Dashboard) -> Iterator[Page]:
    """Give the window of an administrator who has just signed in."""
    page = dashboard.window(chromium, RATNA)
    yield page
    page.context.close()


def rows(page: Page) -> int:
    """Count the people in the table of a page."""
    return page.locator("tbody tr").count()


def look_for(page: Page, text: str) -> None:
    """Search for words of a name, digits of a NIP, or an institution."""
    page.get_by_label("Name, NIP or institution").fill(text)
    page.get_by_role("button", name="Search").click()
    expect(page).to_have_url(re.compile("find="))


def test_a_wrong_password_is_said_and_the_right_one_opens_the_programmes(
    chromium: Browser, dashboard: Dashboard
) -> None:
    page = dashboard.window(chromium)
    page.goto(HOME)
    expect(page).to_have_url(re.compile("/sign-in"))

    sign_in(page, RATNA, "salah")
    expect(page.get_by_role("alert")).to_have_text("Name or password is wrong.")
    expect(page.get_by_label("Name")).to_have_value(RATNA)

    sign_in(page, RATNA)
    expect(page.get_by_role("link", name=TITLE)).to_be_visible()

    page.get_by_role("button", name="Sign out").click()
    page.goto(HOME)
    expect(page).to_have_url(re.compile("/sign-in"))
    page.context.close()


def test_language_and_colours_are_chosen_and_kept(ratna: Page) -> None:
    ratna.get_by_role("button", name="Bahasa Indonesia").click()
    expect(ratna.locator("html")).to_have_attribute("lang", "id")

    ratna.get_by_role("button", name="Gelap").click()
    ratna.goto(HOME)
    expect(ratna.locator("html")).to_have_attribute("data-bs-theme", "dark")
    expect(ratna.get_by_role("button", name="Keluar")).to_be_visible()


def test_people_are_found_by_name_by_nip_and_by_what_they_lack(ratna: Page) -> None:
    ratna.goto(f"{HOME}/people")
    look_for(ratna, "müller")
    expect(ratna.get_by_role("link", name="Müller-Sitompul")).to_be_visible()
    assert rows(ratna) == 1

    look_for(ratna, LEFT_ALONE)
    expect(ratna.get_by_role("cell", name="69.996", exact=True)).to_be_visible()
    assert rows(ratna) == 1
    assert LEFT_ALONE not in ratna.url  # addresses stand in histories and logs

    ratna.get_by_role("link", name="Clear").click()
    ratna.get_by_label("Decision").select_option("not_yet")
    ratna.get_by_label("Angkatan").select_option("II")
    ratna.get_by_role("button", name="Search").click()
    expect(ratna).to_have_url(re.compile("decision=not_yet"))
    assert 0 < rows(ratna) < 30


def test_a_person_s_page_tells_the_five_steps_and_the_row_of_the_threshold(ratna: Page, dashboard: Dashboard) -> None:
    ratna.goto(f"{HOME}/people")
    look_for(ratna, LEFT_ALONE)
    ratna.locator("tbody a").click()
    expect(ratna).to_have_url(re.compile(dashboard.person(LEFT_ALONE)))
    assert ratna.locator("ol.steps h2").all_inner_texts() == [
        "Matched done",
        "Seen done",
        "Judged stopped here",
        "Placed waiting",
        "Confirmed in the course waiting",
    ]
    judged = ratna.locator("ol.steps > li", has=ratna.get_by_role("heading", name="Judged"))
    expect(judged).to_contain_text("Perkalan LAN 1/2021")
    expect(judged).to_contain_text("69.996")


def test_a_person_is_held_with_a_reason_until_released(ratna: Page, dashboard: Dashboard) -> None:
    ratna.goto(dashboard.person(TO_HOLD))
    reason = ratna.locator("#why")

    ratna.get_by_role("button", name="Hold back").click()
    assert reason.evaluate("field => field.validity.valueMissing")  # nothing was sent

    reason.fill("Menunggu surat sehat")
    ratna.get_by_role("button", name="Hold back").click()
    expect(ratna.get_by_role("status").filter(has_text="Recorded")).to_be_visible()
    expect(ratna.get_by_text(f"Held by {RATNA}: Menunggu surat sehat")).to_be_visible()

    dashboard.service.run()
    assert dashboard.service.participants()[TO_HOLD]["outcome"] == "held"
    ratna.reload()
    expect(ratna.locator(".badge.outcome-held").first).to_be_visible()

    reason.fill("Surat sehat sudah diterima")
    ratna.get_by_role("button", name="Release").click()
    expect(ratna.get_by_role("button", name="Release")).to_have_count(0)


def test_sync_now_shows_each_step_as_it_begins_and_says_when_it_is_done(ratna: Page, dashboard: Dashboard) -> None:
    dashboard.let_pass(ALMOST)
    ratna.goto(f"{HOME}/runs")
    before = runs_on(ratna)
    line = ratna.locator("[data-progress]")

    with dashboard.held_up_at_a_write() as let_go:
        ratna.get_by_role("button", name="Sync now").click()
        expect(ratna.get_by_text("Asked for. The service begins in a moment.")).to_be_visible()
        expect(line).to_contain_text("Step 11 of 14: enrol")
        let_go()
        expect(line).to_contain_text("Done")
    ratna.reload()
    assert runs_on(ratna) == before + 1
    assert dashboard.service.roster()[ALMOST]["state"] == "confirmed"


def test_any_number_of_pages_may_lie_open_behind_the_one_that_is_looked_at(ratna: Page) -> None:
    for _ in range(CONNECTIONS_OF_A_BROWSER):
        behind = ratna.context.new_page()
        behind.goto(f"{HOME}/runs")
        behind.evaluate("""() => {
            Object.defineProperty(document, "hidden", { value: true });
            document.dispatchEvent(new Event("visibilitychange"));
        }""")
    ratna.goto(f"{HOME}/runs")
    expect(ratna.get_by_role("heading", name="Past runs")).to_be_visible()


def test_one_person_is_synced_alone(ratna: Page, dashboard: Dashboard) -> None:
    dashboard.let_pass(FAILED)
    ratna.goto(dashboard.person(FAILED))
    expect(ratna.locator(".badge").first).to_have_text("not yet")
    with dashboard.held_up_at_a_write() as let_go:
        ratna.get_by_role("button", name="Sync this person now").click()
        expect(ratna.locator("[data-progress]")).to_contain_text("enrol")
        let_go()
        expect(ratna.locator("[data-progress]")).to_contain_text("Done")
    ratna.reload()
    expect(ratna.locator(".badge").first).to_have_text("qualified")
    expect(ratna.get_by_text("kelas: KLS-I, group Angkatan I.")).to_be_visible()


def test_who_may_only_look_finds_no_button_and_is_refused_by_hand(chromium: Browser, dashboard: Dashboard) -> None:
    page = dashboard.window(chromium, KEPALA)
    person = dashboard.person(ALMOST)
    for path in (HOME, f"{HOME}/runs", f"{HOME}/roster", f"{HOME}/threshold?value=75", person):
        page.goto(path)
        expect(page.locator("main form[method=post]")).to_have_count(0)

    page.goto(HOME)
    token = page.locator("form[action='/sign-out'] input[name=csrf]").input_value()
    for path, fields in {
        f"{HOME}/sync": {},
        f"{HOME}/accept": {"run": "1"},
        f"{HOME}/approve": {"angkatan": "I"},
        f"{person}/decide": {"kind": "admit", "reason": "coba"},
        f"{person}/sync": {},
    }.items():
        answer = page.request.post(path, form={"csrf": token, **fields}, headers={"Origin": dashboard.url})
        assert answer.status == 403, path
    page.context.close()


def test_a_course_manager_sees_who_came_into_the_course_and_nothing_else(
    chromium: Browser, dashboard: Dashboard
) -> None:
    page = dashboard.window(chromium, WALI)
    expect(page).to_have_url(f"{dashboard.url}/classes")
    page.get_by_role("link", name="KLS-I").click()
    expect(page.get_by_role("heading", name="KLS-I")).to_be_visible()
    expect(page.get_by_role("columnheader", name="Why")).to_be_visible()
    assert rows(page) > 10
    for path in (HOME, f"{HOME}/people", f"/classes/{PROGRAMME}/II", dashboard.person(ALMOST)):
        page.goto(path)
        expect(page.get_by_role("heading", name=re.compile("Not (done|found)"))).to_be_visible()
    page.context.close()
