"""The dashboard for everybody: axe's rules on every page in both colourings, what has the focus, how wide it is."""

from typing import Literal

import pytest
from acting_office import certificate
from browsing import (
    ALMOST,
    OTHER_RULES,
    PHONE,
    PROJECTOR,
    RATNA,
    Dashboard,
    Looks,
    every_page,
    grave_colours,
    grave_findings,
    leave_a_few_rows,
)
from playwright.sync_api import Browser, Page, expect
from service import PROGRAMME
from sqlalchemy import text

HOME = f"/programmes/{PROGRAMME}"
NARROWEST = 320
"""A small phone, or 1280 at 400 %."""
AT_200 = 640
"""What a window of 1280 shows at 200 %."""
Colouring = Literal["light", "dark"]
COLOURINGS: tuple[Colouring, ...] = ("light", "dark")
MAIN_PAGES = ("programme", "participants", "person", "roster", "run")

RINGS = """() => {
  const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = (colour) => numbers(colour).slice(0, 3).map((each) => each / 255)
    .map((each) => each <= .03928 ? each / 12.92 : ((each + .055) / 1.055) ** 2.4)
    .reduce((sum, each, at) => sum + each * [.2126, .7152, .0722][at], 0);
  const contrast = (one, other) => {
    const [more, less] = [light(one), light(other)].sort((a, b) => b - a);
    return (more + .05) / (less + .05);
  };
  const ground = (element) => {
    for (let each = element; each; each = each.parentElement) {
      const colour = getComputedStyle(each).backgroundColor;
      if (numbers(colour).length < 4 || numbers(colour)[3] > .9) return colour;
    }
    return "rgb(255, 255, 255)";
  };
  const found = [];
  for (const each of document.querySelectorAll("a[href], button, input:not([type=hidden]), select, summary")) {
    each.focus({ focusVisible: true });
    if (!each.offsetParent || document.activeElement !== each) continue;
    const { outlineStyle, outlineColor } = getComputedStyle(each);
    const ring = outlineStyle === "none" ? 0 : contrast(outlineColor, ground(each.parentElement));
    const { width, height } = each.getBoundingClientRect();
    if (ring < 3) found.push(`${each.outerHTML.slice(0, 120)}: its ring has a contrast of ${ring.toFixed(1)}`);
    if (each.tagName !== "A" && Math.min(width, height) < 24) found.push(`${each.outerHTML.slice(0, 120)}: too small`);
  }
  return found;
}"""
"""What can have the focus and has a ring below 3:1 then, or is smaller than 24 pixels (links in texts may be)."""


def colour(page: Page, colours: Colouring) -> None:
    """Show the page in a colouring."""
    page.emulate_media(color_scheme=colours)
    expect(page.locator("html")).to_have_attribute("data-bs-theme", colours)


def in_both_colours(page: Page, seen: Looks) -> list[str]:
    """Return what axe finds by all its rules, and once more by those of colours in the dark."""
    colour(page, "light")
    found = grave_findings(page, OTHER_RULES) + grave_colours(page, seen)
    colour(page, "dark")
    return found + [f"dark: {line}" for line in grave_colours(page, seen)]


def wider_than(page: Page, width: int) -> list[str]:
    """Return what of the page is wider than a window of so many pixels."""
    page.set_viewport_size({"width": width, "height": 800})
    tables = "Array.from(document.querySelectorAll('main table')).some(t => t.offsetWidth > innerWidth)"
    too_wide = {"page": page.evaluate("document.documentElement.scrollWidth") > width, "table": page.evaluate(tables)}
    return [f"the {what} is wider than {width}" for what, is_so in too_wide.items() if is_so]


def type_long_words(page: Page) -> None:
    """Let an account, a document and two files be called by one very long word, as people do."""
    page.goto("/accounts")
    page.locator("summary", has_text="Add an account").click()
    page.locator("#name").fill("panitia-" * 7)
    page.get_by_role("button", name="Add and invite").click()
    page.goto(f"{HOME}/clearances")
    page.locator("summary", has_text="Record a document").click()
    page.locator("#nip").fill(ALMOST)
    page.locator("#number").fill("440/" * 20)
    page.locator("#issuer").fill("RumahSakit" * 12)
    page.locator("#issued").fill("2026-11-02")
    page.locator("#valid_until").fill("2026-12-31")
    page.get_by_role("button", name="Record", exact=True).click()
    for where, name, content in (
        ("imports", "NilaiMOOC" * 20 + ".csv", f"NIP;Nilai\n{ALMOST};{'delapanpuluh' * 12}\n".encode()),
        ("certificates", "Sertifikat" * 18 + ".pdf", certificate(ALMOST)),
    ):
        page.goto(f"{HOME}/{where}")
        expect(page.locator("#refusal")).to_have_count(0)
        page.locator("#file").set_input_files(
            [{"name": name, "mimeType": "application/octet-stream", "buffer": content}]
        )
        page.locator("form:has(#file) button").click()


def test_axe_finds_nothing_serious_on_any_page_in_either_colouring_and_none_is_wider_than_its_window(
    chromium: Browser, dashboard: Dashboard
) -> None:
    """Each page is loaded once, and looked at in every colouring and width: loading takes longer than looking.

    Some people and their institutions have names of one very long word.
    """
    with dashboard.service.database.writing() as connection:
        named = "UPDATE identities SET name = :name, institution = :institution WHERE nip = :almost OR nip LIKE '1998%'"
        connection.execute(text(named), {"name": "Abd" * 60, "institution": "Badan" * 30, "almost": ALMOST})
    page = dashboard.window(chromium, RATNA)
    type_long_words(page)
    usual = page.viewport_size
    assert usual is not None
    found: list[str] = []
    seen: Looks = {}
    for name, path in {**every_page(dashboard), "import": f"{HOME}/imports/1"}.items():
        page.goto(path)
        here = []
        for width in (NARROWEST, PHONE["width"], AT_200, 768, 1024, 1280):
            here += wider_than(page, width)
        leave_a_few_rows(page)
        page.set_viewport_size(usual)
        here += in_both_colours(page, seen)
        if name in MAIN_PAGES:
            page.set_viewport_size({"width": PHONE["width"], "height": 900})
            here += [f"{line} at {PHONE['width']}" for line in in_both_colours(page, seen)]
            colour(page, "light")
            for width in (AT_200, 1024, PROJECTOR["width"]):
                page.set_viewport_size({"width": width, "height": 900})
                here += [f"{line} at {width}" for line in grave_findings(page, OTHER_RULES) + grave_colours(page, seen)]
        found += [f"{name}: {line}" for line in here]
    page.goto("/")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_label("Password")).to_be_visible()
    found += [f"sign-in: {line}" for line in in_both_colours(page, seen)]
    page.context.close()
    if found:
        pytest.fail("\n".join(found))


def test_the_focus_is_seen_on_every_kind_of_control_and_each_is_large_enough(
    chromium: Browser, dashboard: Dashboard
) -> None:
    page, paths = dashboard.window(chromium, RATNA), every_page(dashboard)
    found: list[str] = []
    for name in (*MAIN_PAGES, "threshold", "own-account"):
        page.goto(paths[name])
        leave_a_few_rows(page)
        for colours in COLOURINGS:
            colour(page, colours)
            found += [f"{name}, {colours}: {each}" for each in page.evaluate(RINGS)]
    page.context.close()
    assert found == []


def test_the_colours_are_those_of_the_system_until_somebody_chooses(chromium: Browser, dashboard: Dashboard) -> None:
    page = dashboard.window(chromium, RATNA, color_scheme="dark")
    html = page.locator("html")

    expect(html).to_have_attribute("data-bs-theme", "dark")
    page.emulate_media(color_scheme="light")
    expect(html).to_have_attribute("data-bs-theme", "light")
    page.emulate_media(color_scheme="dark")
    page.reload()
    page.get_by_role("button", name="Light").click()
    expect(html).to_have_attribute("data-bs-theme", "light")
    page.get_by_role("button", name="As the system").click()
    expect(html).to_have_attribute("data-bs-theme", "dark")
    page.context.close()


def test_what_is_ticked_and_which_page_is_open_is_seen_in_the_colours_of_the_system_too(
    chromium: Browser, dashboard: Dashboard
) -> None:
    """Once a ticked box was white on white for whoever has the contrast theme of Windows, and all tabs were alike."""
    page = dashboard.window(chromium, RATNA, forced_colors="active")
    page.goto(every_page(dashboard)["participants"])
    tick = page.locator("td.tick input").first
    empty = tick.screenshot()
    tick.check()
    page.mouse.move(0, 0)
    tick.blur()
    tabs = [page.locator(f".nav-tabs .nav-link{each}").first for each in (".active", ":not(.active)")]

    assert tick.screenshot() != empty
    assert len({each.evaluate("it => getComputedStyle(it).borderBottomWidth") for each in tabs}) == 2
    page.context.close()


def test_whoever_may_tick_people_prints_their_list_named_and_nothing_to_press(
    chromium: Browser, dashboard: Dashboard
) -> None:
    page = dashboard.window(chromium, RATNA)
    page.emulate_media(media="print")
    paths = every_page(dashboard)
    for name, heading in {"participants": "Participants", "roster": "Roster · Angkatan I", "person": None}.items():
        page.goto(paths[name])
        if heading is not None:
            assert page.locator("main tbody a[href*='/people/']").first.is_visible()
            assert heading in page.inner_text("main")
        for pressed in page.locator("main :is(button, input, select, textarea, summary)").all():
            assert not pressed.is_visible()
    page.context.close()


def test_the_overview_fits_a_projector_without_scrolling_however_many_angkatan_there_are(
    chromium: Browser, dashboard: Dashboard
) -> None:
    page = dashboard.window(chromium, RATNA, viewport=PROJECTOR)
    page.goto(HOME)
    for more in (0, 50):
        page.evaluate(
            """(more) => { for (let each = 0; each < more; each++) {
                const row = document.querySelector(".angkatan-list tbody tr");
                row.after(row.cloneNode(true));
            } }""",
            more,
        )
        assert page.evaluate("document.documentElement.scrollHeight") <= PROJECTOR["height"]
    page.context.close()
