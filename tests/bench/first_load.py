"""Opens pages in Chromium as on a cheap phone with a slow line, with nothing kept of a visit before."""

from __future__ import annotations

import shutil
import sys
from datetime import UTC, datetime

from playwright.sync_api import Browser, sync_playwright

from latsar_sync.domain.account import Account, Role
from latsar_sync.settings import Settings
from latsar_sync.store import accounts
from latsar_sync.store.database import Database
from latsar_sync.web.app import add_dashboard
from latsar_sync.web.context import PageContext
from latsar_sync.web.health import bare_app
from latsar_sync.web.server import WebServer

PASSWORD = "kuda laut biru"  # made up
PATHS = ("/sign-in", "/programmes/p0", "/programmes/p0/people", "/programmes/p0/roster")
BYTES_A_SECOND = 400_000 / 8
ROUND_TRIP_MILLISECONDS = 100
SLOWER = 4
TIMES = 3
LONGEST, MOST = 3.0, 150_000
"""Seconds until a page is usable, and bytes over the wire."""


def show_first_loads(settings: Settings, database: Database) -> int:
    """Print a line for each page; return how many are above their limits."""
    now = datetime.now(UTC)
    with database.writing() as connection:
        account = Account("admin", Role.ADMIN, None, None, "bench", now, has_password=True, has_token=False)
        accounts.add_account(connection, account, PASSWORD)
    context = PageContext(settings, database, lambda: datetime.now(UTC))
    app = add_dashboard(bare_app(settings, database, context.clock), context)
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    sys.stdout.write(f"{'seconds':>8}{'bytes':>10}{'requests':>10}  page\n")
    above = 0
    with WebServer(app, "127.0.0.1", 0) as served, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program)
        url = f"http://127.0.0.1:{served.port}"
        for path in PATHS:
            seconds, size, requests = min(first_load(browser, url, path) for _ in range(TIMES))
            is_too_much = seconds > LONGEST or size > MOST
            above += is_too_much
            sys.stdout.write(f"{seconds:>8.2f}{size:>10,}{requests:>10}  {path}{'  ABOVE' if is_too_much else ''}\n")
        browser.close()
    return above


def first_load(browser: Browser, url: str, path: str) -> tuple[float, int, int]:
    """Return the seconds until a page stands there whole, the bytes over the wire, and the requests."""
    context = browser.new_context(base_url=url)
    if path != "/sign-in":  # signed in before, with nothing kept but the cookie
        context.request.post("/sign-in", form={"name": "admin", "password": PASSWORD})
    page = context.new_page()
    line = context.new_cdp_session(page)
    line.send("Network.enable")
    line.send("Network.setCacheDisabled", {"cacheDisabled": False})
    speed = {"downloadThroughput": BYTES_A_SECOND, "uploadThroughput": BYTES_A_SECOND}
    line.send("Network.emulateNetworkConditions", {"offline": False, "latency": ROUND_TRIP_MILLISECONDS, **speed})
    line.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    sizes: list[int] = []
    line.on("Network.loadingFinished", lambda told: sizes.append(int(told["encodedDataLength"])))
    page.goto(path, wait_until="load")
    milliseconds = page.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd || performance.now()")
    context.close()
    return milliseconds / 1000, sum(sizes), len(sizes)
