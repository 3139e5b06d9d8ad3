"""The dashboard as somebody sees it in Chromium: a campus, one run behind it, a daemon, accounts, and their windows."""

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from threading import Event
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright
from playwright.sync_api import Error as PlaywrightError
from service import PROGRAMME, SEATS, KnownCampus, Service, default_angkatan
from unattended import daemon_at_work, open_service, urls_of, write_config

from latsar_sync.demo import CASES, Campus
from latsar_sync.demo.campus import Seed
from latsar_sync.demo.seed import seed_programme
from latsar_sync.domain import language
from latsar_sync.domain.account import Account, Role
from latsar_sync.domain.request import RunOutcome
from latsar_sync.settings import Settings
from latsar_sync.store import accounts
from latsar_sync.web.app import add_dashboard
from latsar_sync.web.context import PageContext
from latsar_sync.web.health import bare_app
from latsar_sync.web.server import WebServer

PASSWORD = "kuda laut biru"  # made up
RATNA, KEPALA, WALI = "ratna", "kepala", "wali"
"""An administrator; somebody who may only look; and the course manager of one in-class course."""
FAILED, NEXT = (str(CASES["evaluation_failed"][place]) for place in (1, 5))
"""Two of angkatan I who have studied everything and did not pass."""
ALMOST = str(CASES["score_69_99999"][0])
"""Somebody in angkatan I who misses the limit by one unit of Moodle's last decimal."""
LEFT_ALONE = str(CASES["score_69_996"][0])
"""Somebody in angkatan II whose 69.996 Moodle shows as 70.00, and whom no test changes."""
PATIENCE = 30.0
TITLE = "Latsar CPNS Golongan III 2026"
GRAVE = ("serious", "critical")
ALL_RULES: dict[str, Any] = {"resultTypes": ["violations"]}
COLOURS = ("color-contrast", "link-in-text-block")
COLOUR_RULES = {**ALL_RULES, "runOnly": {"type": "rule", "values": COLOURS}}
OTHER_RULES = {**ALL_RULES, "rules": {name: {"enabled": False} for name in COLOURS}}
"""Axe is to spare itself the account of what is in order; colours take it nine tenths of its time."""
ALIKE = 3
"""Of how many texts in the very same colours and type axe looks at the colours, for one of them may be covered; and how
many rows that are built alike it finds on a page, for they may share what only one may have.
"""
Looks = dict[str, int]
"""How many texts were looked at in some colours and type, by these."""
MARK_ALIKE = """([most, seen]) => {
  const grounds = new Map();
  const ground = (element) => {
    if (!element) return "";
    if (!grounds.has(element)) {
      const { backgroundColor, backgroundImage, opacity } = getComputedStyle(element);
      grounds.set(element, [ground(element.parentElement), backgroundColor, backgroundImage, opacity].join());
    }
    return grounds.get(element);
  };
  for (const each of document.querySelectorAll("body *")) {
    each.removeAttribute("data-alike");
    const control = each.closest("label")?.control;
    if (each.childElementCount || !each.textContent.trim()) continue;
    if (!each.checkVisibility({ visibilityProperty: true })) continue;
    if (each.closest("select, :disabled, [aria-disabled=true]") || control?.disabled) continue;
    const { color, fontSize, fontWeight, textShadow, textDecoration } = getComputedStyle(each);
    const beside = getComputedStyle(each.parentElement).color;
    const looks = [each.tagName, ground(each), beside, color, fontSize, fontWeight, textShadow, textDecoration].join();
    seen[looks] = (seen[looks] ?? 0) + 1;
    if (seen[looks] > most) each.setAttribute("data-alike", "");
  }
  return seen;
}"""
"""Marks texts that look as so many others do, here or on pages before, which axe looks at."""
LEAVE_A_FEW = """(most) => {
  const seen = new Map();
  const told = (each) => [each.tagName, each.className, each.getAttributeNames(), !each.textContent.trim()].join();
  for (const each of document.querySelectorAll("main tr, main li")) {
    const built = [each, ...each.querySelectorAll("*")].map(told).join(";");
    seen.set(built, (seen.get(built) ?? 0) + 1);
    if (seen.get(built) > most) each.remove();
  }
}"""
"""Takes rows away that are built as so many others are: of elements, styles and attributes, with text or without."""
PHONE = {"width": 390, "height": 844}
PROJECTOR = {"width": 1920, "height": 1080}


PROGRAMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""The first of them is Chromium without windows of its own, which nobody would see here: it takes a quarter less."""


def find_chromium() -> str | None:
    """Return the path of this system's Chromium, None where it has none."""
    return next(filter(None, map(shutil.which, PROGRAMS)), None)


@contextmanager
def open_chromium(program: str) -> Iterator[Browser]:
    """Open the browser until the block ends; no other code of this thread may use asyncio meanwhile."""
    with sync_playwright() as playwright:
        # there is no graphics processor: it would only be imitated, and by one more process
        browser = playwright.chromium.launch(executable_path=program, args=["--disable-gpu", "--in-process-gpu"])
        yield browser
        browser.close()


@dataclass
class Dashboard:
    """A served dashboard: its address, and what is behind it."""

    url: str
    service: Service
    campus: KnownCampus
    cookies: dict[str, Any] = field(default_factory=dict)
    """What the browser keeps of those who signed in once, by name."""

    def person(self, nip: str) -> str:
        """Return the path of somebody's page."""
        return f"/people/{self.service.participants()[nip]['participant_id']}"

    def window(self, chromium: Browser, name: str | None = None, **how: Any) -> Page:
        """Open a window of its own, signed in if a name is given; ``how`` goes to the browser's context."""
        known = self.cookies.get(name or "")
        context = chromium.new_context(base_url=self.url, storage_state=known, reduced_motion="reduce", **how)
        context.set_default_timeout(PATIENCE * 1000)
        page = context.new_page()
        if known is not None:
            page.goto("/")
        if name is not None and (known is None or "/sign-in" in page.url):  # a test may have signed out
            sign_in(page, name)
            self.cookies[name] = context.storage_state()
        return page

    def let_pass(self, nip: str) -> None:
        """Let somebody who has studied everything reach the limit."""
        mooc = self.campus.mooc
        mooc.set_grade(mooc.user_id(nip), mooc.module_named("EVAL-AKADEMIK").cmid, Decimal(90))

    def let_a_guard_hold_a_run(self, moment: datetime | None = None) -> None:
        """Change what Moodle takes for a pass, which a guard minds, and run."""
        quiz = self.campus.mooc.module_named("EVAL-AKADEMIK").quiz
        assert quiz is not None
        quiz.grade_to_pass = Decimal(65)
        assert self.service.run(moment, full=True, programmes=(PROGRAMME,)).run.outcome is RunOutcome.GUARDED

    @contextmanager
    def held_up_at_a_write(self, patience: float = PATIENCE) -> Iterator[Callable[[], None]]:
        """Hold the first write to the LMS up until the function given is called, or the block ends."""
        go_on = Event()

        def hold(_function: str, _parameters: Mapping[str, Any]) -> None:
            assert go_on.wait(patience)

        self.campus.before_write = hold
        try:
            yield go_on.set
        finally:
            self.campus.before_write = None
            go_on.set()


def sign_in(page: Page, name: str, password: str = PASSWORD) -> None:
    """Sign in by the form."""
    page.goto("/sign-in")
    page.locator("#name").fill(name)
    page.locator("#password").fill(password)
    page.locator("main button").first.click()


@contextmanager
def open_dashboard(
    folder: Path,
    tongue: str = language.ENGLISH,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    more: str = "",
    furnished: Callable[[Settings], Settings] = lambda settings: settings,
    with_daemon: bool = True,
    changes: Sequence[Callable[[Campus], None]] = (),
    people: tuple[Seed, Mapping[str, int]] = (seed_programme, SEATS),
) -> Iterator[Dashboard]:
    """Serve the dashboard of a freshly seeded campus after one run of the main job, with a daemon, until the end.

    ``more`` is TOML added to the programme, ``furnished`` completes the settings, ``changes`` are made on the campus,
    ``people`` says with whom it begins and how many seats each angkatan has.
    """
    with ExitStack() as stack:
        campus = stack.enter_context(KnownCampus(int(clock().timestamp()), people[0]))
        campus.begin_with(*changes)
        programme = f"""
[[programmes]]
id = "{PROGRAMME}"
title = "{TITLE}"
{more}
[programmes.source]
kind = "moodle"
site = "mooc"
course = "MOOC-LATSAR"
[programmes.evaluation]
item = "EVAL-AKADEMIK"
threshold = {{ value = 70, scale = "points", legal_basis = "Perkalan LAN 1/2021" }}
[programmes.materials]
{default_angkatan(people[1])}"""
        service = open_service(
            write_config(folder / "latsar.toml", programme, urls_of(campus), top=f'language = "{tongue}"')
        )
        stack.callback(service.database.close)
        service.settings = furnished(service.settings)
        service.run(clock(), programmes=(PROGRAMME,))
        add_accounts(service, clock())
        app = add_dashboard(
            bare_app(service.settings, service.database, clock), PageContext(service.settings, service.database, clock)
        )
        server = stack.enter_context(WebServer(app, "127.0.0.1", 0))
        if with_daemon:
            stack.enter_context(daemon_at_work(service, clock))
        yield Dashboard(f"http://127.0.0.1:{server.port}", service, campus)


def add_accounts(service: Service, now: datetime) -> None:
    """Add the three accounts."""
    bounds = {
        RATNA: (Role.ADMIN, None),
        KEPALA: (Role.VIEWER, None),
        WALI: (Role.VIEWER, ("kelas/KLS-I",)),
    }
    with service.database.writing() as connection:
        for name, (role, courses) in bounds.items():
            account = Account(name, role, None, courses, "uji", now, has_password=True, has_token=False)
            assert accounts.add_account(connection, account, PASSWORD)


def runs_on(page: Page) -> int:
    """Load the page of runs again and count them; a page that loads itself again just then is asked once more."""
    try:
        page.reload()
    except PlaywrightError:
        page.wait_for_load_state()
    return page.locator("tbody.run").count()


def every_page(dashboard: Dashboard) -> dict[str, str]:
    """Return the path of every page that an administrator sees, by the name of what it shows."""
    home = f"/programmes/{PROGRAMME}"
    return {
        "programmes": "/programmes",
        "programme": home,
        "participants": f"{home}/people",
        "person": dashboard.person(ALMOST),
        "roster": f"{home}/roster?angkatan=I",
        "documents": f"{home}/clearances",
        "imports": f"{home}/imports",
        "certificates": f"{home}/certificates",
        "letters": f"{home}/letters",
        "priority": f"{home}/priority",
        "messages": f"{home}/messages",
        "messages-next": f"{home}/messages/next",
        "runs": f"{home}/runs",
        "run": f"{home}/runs/1",
        "threshold": f"{home}/threshold?value=75",
        "accounts": "/accounts",
        "own-account": "/me",
        "set-up": "/setup",
        "personal-data": "/privacy",
        "personal-data-of-one": f"/privacy{dashboard.person(ALMOST)}",
        "in-class-courses": "/classes",
        "in-class-course": f"/classes/{PROGRAMME}/I",
        "no-such-page": "/nothing-here",
    }


def grave_colours(page: Page, seen: Looks) -> list[str]:
    """Return what axe finds serious or critical in the colours of the open page.

    Of texts that look alike it takes a few, of all pages together: ``seen`` holds how each looks that it has taken.
    """
    seen.update(page.evaluate(MARK_ALIKE, [ALIKE, seen]))
    return grave_findings(page, COLOUR_RULES, "[data-alike]")


def leave_a_few_rows(page: Page) -> None:
    """Leave of rows that are built alike only a few on the open page: axe would find the same in each."""
    page.evaluate(LEAVE_A_FEW, ALIKE)


def grave_findings(page: Page, rules: Mapping[str, Any] = ALL_RULES, without: str = "") -> list[str]:
    """Return what axe finds serious or critical on the page that is open, a line each; a page takes axe in once."""
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(Axe().axe_script)
    where = {"include": [["html"]], "exclude": [[without]] if without else []}
    run = "([where, rules]) => axe.run(where, rules).then(({ violations }) => violations)"
    violations = page.evaluate(run, [where, rules])
    return [
        f"{each['id']} ({each['impact']}): {node['html'][:160]} {node['failureSummary']}"
        for each in violations
        if each["impact"] in GRAVE
        for node in each["nodes"]
    ]
