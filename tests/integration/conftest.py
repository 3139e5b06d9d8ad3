"""Shared ground of the tests of the daemon in this process: a clock that they move, what is logged, and haste."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from structlog.testing import capture_logs
from unattended import Clock

from latsar_sync import daemon as daemon_room


@pytest.fixture
def look_often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the daemon look more often than in life."""
    monkeypatch.setattr(daemon_room, "LOOK_EVERY_SECONDS", 0.01)
    monkeypatch.setattr(daemon_room, "DATABASE_PAUSE_SECONDS", 0.01)


@pytest.fixture
def clock() -> Clock:
    """Give a clock that shows noon in Jakarta."""
    return Clock()


@pytest.fixture
def events() -> Iterator[list[Mapping[str, Any]]]:
    """Give what is logged."""
    with capture_logs() as captured:
        yield captured
