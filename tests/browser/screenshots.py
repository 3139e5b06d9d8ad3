"""Takes the pictures of the dashboard in docs/screenshots: every page, on a phone and on a projector."""

import argparse
import io
import sys
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

from browsing import (
    ALMOST,
    FAILED,
    NEXT,
    PHONE,
    PROJECTOR,
    RATNA,
    Dashboard,
    every_page,
    find_chromium,
    open_chromium,
    open_dashboard,
    runs_on,
)
from PIL import Image
from playwright.sync_api import Browser, Page
from service import PROGRAMME
from unattended import wait_for

from latsar_sync.domain import language

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "screenshots"
MOMENT = datetime(2026, 11, 20, 9, 0, tzinfo=ZoneInfo("Asia/Jakarta"))
SCHEDULE = 'schedule = "*/15 6-21 * * *"'
COLOURS = 64
"""Of a picture's palette: enough for text and charts, and a third of the bytes."""
SIZES = {"phone": PHONE, "projector": PROJECTOR}
SHOWN_IN_THE_DARK = ("programmes", "programme")


def main() -> None:
    """Take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--language", choices=("id", "en"), default="id")
    parser.add_argument("--folder", type=Path, default=FOLDER)
    parser.add_argument("--whole", action="store_true", help="each page at its whole length, not what is seen at first")
    wanted = parser.parse_args()
    program = find_chromium()
    if program is None:
        sys.exit("no Chromium was found: install the package chromium")
    language.choose(wanted.language)  # what a run says is kept in the language in use
    wanted.folder.mkdir(parents=True, exist_ok=True)
    with (
        TemporaryDirectory() as folder,
        open_chromium(program) as chromium,
        open_dashboard(Path(folder), wanted.language, lambda: MOMENT, SCHEDULE) as dashboard,
    ):
        for size in SIZES:
            take_every_page(chromium, dashboard, size, wanted)
        take_a_held_run(chromium, dashboard, wanted)


def take_every_page(chromium: Browser, dashboard: Dashboard, size: str, wanted: argparse.Namespace) -> None:
    """Take the pages at one size; in the dark only those that are shown to a room."""
    page = dashboard.window(chromium, viewport=SIZES[size])
    page.goto("/sign-in")
    keep(page, f"sign-in-{size}", wanted)
    page.context.close()
    page = dashboard.window(chromium, RATNA, viewport=SIZES[size], locale="id-ID")
    pages = every_page(dashboard)
    for name, path in {**pages, "participants-found": f"{pages['participants']}?state=not_yet"}.items():
        page.goto(path)
        keep(page, f"{name}-{size}", wanted)
    page.locator("button[name=theme]").click()
    for name in SHOWN_IN_THE_DARK:
        page.goto(pages[name])
        keep(page, f"{name}-dark-{size}", wanted)
    page.context.close()


def take_a_held_run(chromium: Browser, dashboard: Dashboard, wanted: argparse.Namespace) -> None:
    """Take the page of runs while a guard holds one, with the list of whom it would send."""
    for nip in (ALMOST, FAILED, NEXT):
        dashboard.let_pass(nip)
    dashboard.let_a_guard_hold_a_run(MOMENT)
    page = dashboard.window(chromium, RATNA)
    page.goto(f"/programmes/{PROGRAMME}/runs")
    page.locator("form[action$='/preview'] button").click()
    accept = page.locator("form[action$='/accept']")
    wait_for(lambda: runs_on(page) and accept.count(), "the list of whom the run would send")
    for size, viewport in SIZES.items():
        page.set_viewport_size(viewport)
        keep(page, f"held-run-{size}", wanted)
    page.context.close()


def keep(page: Page, name: str, wanted: argparse.Namespace) -> None:
    """Write a picture with a small palette."""
    picture = Image.open(io.BytesIO(page.screenshot(full_page=wanted.whole)))
    small = picture.convert("RGB").quantize(COLOURS, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    small.save(wanted.folder / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main()
