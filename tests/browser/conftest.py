"""Shared ground of the tests in real Chromium: one browser and one served dashboard a file."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from browsing import PATIENCE, Dashboard, find_chromium, open_chromium, open_dashboard
from playwright.sync_api import Browser, expect

from latsar_sync.service import daemon as daemon_module

HERE = Path(__file__).parent
pytest.register_assert_rewrite("flows", "hands")
expect.set_options(timeout=PATIENCE * 1000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip these tests where there is no browser, and say so aloud, once a file."""
    if find_chromium() is None:
        absent = pytest.mark.skip(reason="NO CHROMIUM: install the package chromium to test the dashboard in a browser")
        for item in items:
            if item.path.parent == HERE:
                item.add_marker(absent)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Give this system's Chromium."""
    program = find_chromium()
    assert program is not None
    with open_chromium(program) as browser:
        yield browser


@pytest.fixture(scope="module")
def dashboard(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    """Give a dashboard after one run, which the tests of a file share."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(daemon_module, "LOOK_EVERY_SECONDS", 0.05)
        with open_dashboard(tmp_path_factory.mktemp("dashboard")) as dashboard:
            yield dashboard
