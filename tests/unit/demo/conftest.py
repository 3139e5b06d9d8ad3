"""A running campus for the tests of the campus itself, and a way to ask it things."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from campus_client import Asking

from latsar_sync.demo import Campus

NOW = 1_796_000_000


@pytest.fixture
def campus() -> Iterator[Campus]:
    with Campus(now=NOW) as campus:
        yield campus


@pytest.fixture
def mooc(campus: Campus) -> Iterator[Asking]:
    asking = Asking(campus.mooc)
    yield asking
    asking.connection.close()


@pytest.fixture
def kelas(campus: Campus) -> Iterator[Asking]:
    asking = Asking(campus.kelas)
    yield asking
    asking.connection.close()
