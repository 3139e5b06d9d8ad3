"""Somebody at a page in Chromium: by the keyboard alone, or by touch on a phone."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Protocol

from playwright.sync_api import FileChooser, Locator, Page, expect
from unattended import wait_for

File = tuple[str, bytes]
"""The name of a file and what stands in it."""
ANYWHERE = "main"
WAY_BY_TAB = """(wanted) => {
  const stops = [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex]")]
    .filter((each) => each.tabIndex >= 0 && !each.disabled && each.type !== "hidden" && each.checkVisibility());
  const [from, to] = [document.activeElement, wanted].map((each) => stops.indexOf(each));
  if (to < 0) return null;
  if (document.activeElement === wanted) {
    const { outlineStyle, boxShadow } = getComputedStyle(wanted);
    return outlineStyle !== "none" || boxShadow !== "none" ? 0 : "unseen";
  }
  return from < 0 && to > stops.length / 2 ? to - stops.length : to - from;
}"""
"""How often Tab, or with Shift where it is less than 0, is pressed at least to come to an element; null: none does.
"unseen": it has the focus, and nothing shows it.
"""
MANY_TABS = 400
CLOSED = "xpath=ancestor::details[not(@open)]"


class Hand(Protocol):
    """What somebody can do at a page, however they do it."""

    page: Page
    scripts: bool
    """Whether the pages may run scripts."""

    def open(self, path: str) -> str:
        """Open a page by its address, and return what can be read there."""

    def follow(self, text: str) -> str:
        """Follow the first link whose text has this in it, and return what can be read where it leads."""

    def press(self, button: str, within: str = ANYWHERE, **fields: str | bool | File) -> str:
        """Fill in the form of a button by the names of its fields, press it, and return what can be read then."""

    def take(self, button: str, **fields: str | bool | File) -> bytes:
        """Fill in the form of a button and press it; return the file that comes of it."""

    def tick(self, label: str) -> None:
        """Tick the box of this name."""

    def save(self, address: str) -> bytes:
        """Download what the first link whose address has this in it leads to."""

    def read(self) -> str:
        """Return what can be read."""

    def watch(self, text: str) -> str:
        """Wait until the page says something by itself; what takes scripts is waited for by loading it again."""


class _AtAPage:
    """What all have in common: where things stand on a page, and when the next one is there."""

    def __init__(self, page: Page, scripts: bool = True) -> None:
        self.page = page
        self.scripts = scripts

    def open(self, path: str) -> str:
        self.page.goto(path, wait_until="domcontentloaded")
        return self.read()

    def follow(self, text: str) -> str:
        with self._next_page():
            self._use(self.page.locator(f"{ANYWHERE} a", has_text=text).first)
        return self.read()

    def press(self, button: str, within: str = ANYWHERE, **fields: str | bool | File) -> str:
        pressed = self._filled_in(button, within, fields)
        with self._next_page():
            self._use(pressed)
        return self.read()

    def take(self, button: str, **fields: str | bool | File) -> bytes:
        pressed = self._filled_in(button, ANYWHERE, fields)
        with self.page.expect_download() as begun:
            self._use(pressed)
        return begun.value.path().read_bytes()

    def tick(self, label: str) -> None:
        self._fill(self.page.get_by_label(label, exact=True).first, True)

    def save(self, address: str) -> bytes:
        with self.page.expect_download() as begun:
            self._use(self.page.locator(f"a[href*='{address}']").first)
        return begun.value.path().read_bytes()

    def read(self) -> str:
        return " ".join(self.page.locator("body").inner_text().split())

    def watch(self, text: str) -> str:
        if not self.scripts and self.page.locator("[data-progress]").count():
            return wait_for(lambda: text in self.open(self.page.url) and self.read(), f"a page that says {text!r}")
        expect(self.page.locator("body")).to_contain_text(text)
        return self.read()

    @contextmanager
    def _next_page(self) -> Iterator[None]:
        with self.page.expect_navigation(wait_until="domcontentloaded"):
            yield

    def _filled_in(self, button: str, within: str, fields: Mapping[str, str | bool | File]) -> Locator:
        pressed = self.page.locator(within).get_by_role("button", name=button, exact=True, include_hidden=True).first
        form = pressed.locator("xpath=ancestor::form")
        for name, value in fields.items():
            self._fill(form.locator(f"[name='{name}']").first, value)
        self._bring_out(pressed)
        return pressed

    def _bring_out(self, wanted: Locator) -> None:
        """Open what is folded around it, from without to within."""
        while (folded := wanted.locator(CLOSED)).count():
            self._use(folded.first.locator("summary").first)

    def _fill(self, field: Locator, value: str | bool | File) -> None:
        self._bring_out(field)
        kind = field.evaluate("field => field.type")
        if isinstance(value, tuple):
            with self.page.expect_file_chooser() as begun:
                self._use(field)
            self._choose_file(begun.value, value)
        elif isinstance(value, bool):
            if field.is_checked() is not value:
                self._use(field)
            expect(field).to_be_checked(checked=value)
        elif kind == "select-one":
            self._choose(field, value)
        elif kind == "date":
            self._date(field, value)
        else:
            self._type(field, value)

    @staticmethod
    def _choose_file(chooser: FileChooser, value: File) -> None:
        chooser.set_files({"name": value[0], "mimeType": "application/octet-stream", "buffer": value[1]})

    def _use(self, wanted: Locator) -> None:
        raise NotImplementedError

    def _type(self, field: Locator, value: str) -> None:
        raise NotImplementedError

    def _choose(self, field: Locator, value: str) -> None:
        raise NotImplementedError

    def _date(self, field: Locator, value: str) -> None:
        raise NotImplementedError


class ByKeyboard(_AtAPage):
    """Somebody who has no mouse; the focus is seen wherever it comes to rest."""

    def _reach(self, wanted: Locator) -> None:
        for _ in range(MANY_TABS):
            tabs = wanted.evaluate(WAY_BY_TAB)
            assert tabs is not None, f"no key brings the focus to {wanted}"
            assert tabs != "unseen", f"nobody sees the focus on {wanted}"
            if not tabs:
                return
            for _tab in range(abs(tabs)):
                self.page.keyboard.press("Tab" if tabs > 0 else "Shift+Tab")
        raise AssertionError(f"the focus does not come to {wanted}")

    def _use(self, wanted: Locator) -> None:
        self._reach(wanted)
        is_box = wanted.evaluate("element => element.matches('[type=checkbox], [type=file]')")
        self.page.keyboard.press("Space" if is_box else "Enter")

    def _type(self, field: Locator, value: str) -> None:
        self._reach(field)
        self.page.keyboard.press("ControlOrMeta+A")
        self.page.keyboard.insert_text(value)

    def _choose(self, field: Locator, value: str) -> None:
        self._reach(field)
        way = field.evaluate(
            "(field, value) => [...field.options].findIndex(each => each.value === value) - field.selectedIndex", value
        )
        for _ in range(abs(way)):
            self.page.keyboard.press("ArrowDown" if way > 0 else "ArrowUp")
        expect(field).to_have_value(value)

    def _date(self, field: Locator, value: str) -> None:
        self._reach(field)
        year, month, day = value.split("-")
        self.page.keyboard.type(f"{month}{day}{year}")  # as a browser in English asks for it
        expect(field).to_have_value(value)


class ByTouch(_AtAPage):
    """Somebody with a phone; no page is wider than it."""

    def read(self) -> str:
        width = self.page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        assert width[0] <= width[1], f"{self.page.url} is wider than the phone: {width}"
        return super().read()

    def _use(self, wanted: Locator) -> None:
        wanted.tap()

    def _type(self, field: Locator, value: str) -> None:
        field.tap()
        field.fill(value)

    def _choose(self, field: Locator, value: str) -> None:
        field.select_option(value)

    def _date(self, field: Locator, value: str) -> None:
        field.fill(value)
