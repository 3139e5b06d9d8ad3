"""Shared ground of the tests in real Chromium: one browser, and one served dashboard a file."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import few_people
import pytest
from browsing import PATIENCE, Dashboard, find_chromium, open_chromium, open_dashboard
from playwright.sync_api import Browser, expect

HERE = Path(__file__).parent
pytest.register_assert_rewrite("flows", "flows_of_decisions", "hands")
expect.set_options(timeout=PATIENCE * 1000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip these tests where there is no browser, and say so aloud, once a file."""
    if find_chromium() is None:
        absent = pytest.mark.skip(reason="NO CHROMIUM: install chromium-headless-shell to test the dashboard in it")
        for item in items:
            if item.path.parent == HERE:
                item.add_marker(absent)


OPEN = ExitStack()
BROWSERS: list[Browser] = []
"""The one that is open, if it is."""


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """Close the browser after the last of these tests: no other test of the process may find its event loop."""
    if item.path.parent == HERE and (nextitem is None or nextitem.path.parent != HERE):
        BROWSERS.clear()
        OPEN.close()


@pytest.fixture(scope="module")
def chromium() -> Browser:
    """Give this system's Chromium, which all files share."""
    program = find_chromium()
    assert program is not None
    if not BROWSERS:
        BROWSERS.append(OPEN.enter_context(open_chromium(program)))
    return BROWSERS[0]


@pytest.fixture(scope="module")
def dashboard(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    """Give a dashboard after one run, which the tests of a file share."""
    few = few_people.seed_few, few_people.SEATS
    with open_dashboard(tmp_path_factory.mktemp("dashboard"), people=few) as dashboard:
        yield dashboard
