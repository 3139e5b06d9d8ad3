"""Somebody who types commands about what the database keeps, in English, and a service that has run once."""

from collections.abc import Iterator

import pytest
from personal_data import Shell
from service import Service, ServiceFactory

from latsar_sync.domain import language


@pytest.fixture
def in_english() -> Iterator[None]:
    """Let the service speak English, as the commands of these tests do."""
    with language.speaking("en"):
        yield


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    """Give somebody who types commands."""
    return Shell(monkeypatch, capsys)


@pytest.fixture
def either(make_service: ServiceFactory, database_url: str) -> Service:
    """Give the service after its first run, once on SQLite and once on PostgreSQL."""
    service = make_service(database_url)
    service.first_run()
    return service
